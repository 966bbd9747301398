# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SDK-HMAC-SHA256, the signature of Huawei Cloud's APIs: request, keys and clock in, headers out.

The rules are those of the vendor's SDK (huaweicloudsdkcore 3.1.219).
"""

from __future__ import annotations

import hashlib
import hmac
import typing as t
from datetime import datetime
from urllib.parse import quote, unquote, urlsplit

ALGORITHM = "SDK-HMAC-SHA256"


class Credentials(t.NamedTuple):
    """One complete set: an IAM token, or an access key with its secret. ``source`` says in words where it is from.

    One with neither is for requests that are not signed.
    """

    source: str
    access_key: str | None = None
    secret_key: str | None = None
    security_token: str | None = None
    auth_token: str | None = None
    domain_id: str | None = None
    project_id: str | None = None

    def __repr__(self) -> str:
        return f"Credentials({self.source!r})"  # without the secrets


def canonical_query(parameters: t.Mapping[str, object]) -> str:
    """Return the query string of ``parameters``, encoded and sorted as the signature wants it.

    The gateway compares the string that was sent with its own, so this very string must go over the wire.
    Raises ``UnicodeEncodeError`` for text that UTF-8 cannot express (lone surrogates).
    """
    pairs = sorted((name, str(value)) for name, value in parameters.items())
    return "&".join(quote(name, safe="~") + "=" + quote(value, safe="~") for name, value in pairs)


def sign(
    method: str,
    url: str,
    headers: t.Mapping[str, str],
    access_key: str,
    secret_key: str,
    now: datetime,
    body: bytes = b"",
) -> dict[str, str]:
    """Return the headers that sign a request: ``Host``, ``X-Sdk-Date`` and ``Authorization``.

    ``url`` is the whole URL as it will be sent, its query made by :func:`canonical_query`. ``headers`` are further
    headers for the signature to cover; they are not returned. ``now`` is a time in UTC: the service refuses a
    signature that is more than 15 minutes old or ahead (vendor's SDK).
    """
    parts = urlsplit(url)
    date = now.strftime("%Y%m%dT%H%M%SZ")
    own = {"Host": parts.netloc, "X-Sdk-Date": date}
    covered = sorted((name.lower(), value.strip()) for name, value in {**headers, **own}.items() if "_" not in name)
    names = ";".join(name for name, value in covered)
    path = quote(unquote(parts.path), safe="/~")
    canonical_request = "\n".join(
        [
            method,
            path if path.endswith("/") else path + "/",
            parts.query,
            *(name + ":" + value for name, value in covered),
            "",
            names,
            hashlib.sha256(body).hexdigest(),
        ]
    )
    string_to_sign = "\n".join([ALGORITHM, date, hashlib.sha256(canonical_request.encode()).hexdigest()])
    signature = hmac.new(secret_key.encode(), string_to_sign.encode(), hashlib.sha256).hexdigest()
    return {**own, "Authorization": f"{ALGORITHM} Access={access_key}, SignedHeaders={names}, Signature={signature}"}
