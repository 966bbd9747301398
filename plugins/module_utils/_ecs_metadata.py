# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The temporary credentials of an ECS agency, from the metadata service of the ECS that this runs on.

Paths, headers and responses are those that the vendor's SDK uses.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone

from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._transport import Transport, TransportError

ADDRESS = "169.254.169.254"  # tests replace it; nothing else may
TIMEOUT = 3.0  # seconds, for each attempt of the two requests
PAUSE = 0.5  # seconds, before the second attempt
MAY_PASS = (429, 500, 502, 503, 504)
SOURCE = "the ECS metadata service"
KEYS = {"access_key": "access", "secret_key": "secret", "security_token": "securitytoken"}

ECS_ONLY = "Use auth_source=ecs_metadata on a Huawei Cloud ECS only."


def fetch() -> tuple[dict[str, str], datetime]:
    """Return access key, secret key and security token, and when they expire (UTC).

    Raises :class:`CocError` if the service does not give all three, or they have expired.
    """
    status, body = _send("GET", "/openstack/latest/securitykey", _token_header())
    if status != 200:
        raise CocError(
            f"{SOURCE} returned HTTP {status} to a request for credentials. Check that this ECS has an agency."
        )
    try:
        credential = json.loads(body)["credential"]
        end = re.sub(r"\.\d+", "", credential["expires_at"])
        expires_at = datetime.strptime(end, "%Y-%m-%dT%H:%M:%S%z")  # it takes Z and +00:00
        values = {field: credential.get(key) for field, key in KEYS.items()}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise CocError(f"{SOURCE} returned something other than credentials. {ECS_ONLY}") from None
    found = {field: value.strip() for field, value in values.items() if isinstance(value, str) and value.strip()}
    missing = [key for field, key in KEYS.items() if field not in found]
    if missing:
        raise CocError(f"{SOURCE} returned credentials without {' and '.join(missing)}. {ECS_ONLY}")
    if expires_at <= datetime.now(timezone.utc):
        raise CocError(
            f"{SOURCE} returned credentials that expired at {expires_at:%Y-%m-%dT%H:%M:%SZ}. Set the clock of this ECS."
        )
    return found, expires_at


def _token_header() -> dict[str, str]:
    """Return the header that a request for metadata needs, none if this ECS asks for none."""
    status, body = _send("PUT", "/meta-data/latest/api/token", {"X-Metadata-Token-Ttl-Seconds": "21600"})
    if status in (404, 405, 503):  # there are no tokens here
        return {}
    if status != 200:
        raise CocError(
            f"{SOURCE} returned HTTP {status} to a request for a token. Check that this ECS may ask for metadata."
        )
    token = body.strip()
    if not re.fullmatch(r"[!-~]+", token):
        raise CocError(f"{SOURCE} returned something other than a token. {ECS_ONLY}")
    return {"X-Metadata-Token": token}


def _send(method: str, path: str, headers: dict[str, str], retries: int = 1) -> tuple[int, str]:
    """Return status and text of a response; tries again what may pass. For plain http, the transport uses no proxy."""
    url = f"http://{ADDRESS}{path}"
    transport = Transport(url, TIMEOUT)
    try:
        response = transport.send(method, url, headers)
    except TransportError as error:
        if not (retries and error.transient):
            raise CocError(f"{SOURCE} did not respond: {method} {url} {error}. {ECS_ONLY}") from None
    else:
        if not (retries and response.status in MAY_PASS):
            return response.status, (response.body or b"").decode(errors="replace")
    finally:
        transport.close()
    transport.pause(PAUSE)
    return _send(method, path, headers, retries - 1)
