# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check a signature (SDK-HMAC-SHA256) with a canonicaliser of its own."""

from __future__ import annotations

import hashlib
import hmac
import urllib.parse
from datetime import datetime, timezone

from .messages import decode_query
from .refusals import unauthorized


def _encode(text):
    return urllib.parse.quote(text, safe="-_.~")


def canonical_query(raw):
    """The one spelling of a query string that a signature is made over."""
    return "&".join(f"{_encode(name)}={_encode(value)}" for name, value in sorted(decode_query(raw)))


def canonical_request(request, signed_names):
    """The text whose digest is signed (SDK-HMAC-SHA256), made from a request as it arrived.

    :param request: (Request)
    :param signed_names: (list of str) the headers that the client says it signed, in lower case
    """
    uri = "/".join(_encode(urllib.parse.unquote(segment)) for segment in request.path.split("/"))
    names = sorted(signed_names)
    return "\n".join(
        [request.method, uri if uri.endswith("/") else uri + "/", canonical_query(request.raw_query)]
        + ["{}:{}".format(name, (request.header(name) or "").strip()) for name in names]
        + ["", ";".join(names), hashlib.sha256(request.content).hexdigest()]
    )


def check_signature(request, secret_key, signed_names, signature, now):
    """Raise ApiError unless the request is signed with the secret key, its date within 15 minutes of ``now``.

    :param request: (Request)
    :param now: (float) the simulator's time, seconds since the epoch
    """
    date = request.header("X-Sdk-Date") or ""
    missing = [name for name in ("host", "x-sdk-date") if name not in signed_names]
    missing += [name for name in signed_names if request.header(name) is None]
    if missing:
        raise unauthorized("signed header missing: " + ", ".join(missing), "缺少签名头：" + ", ".join(missing))
    try:
        signed_at = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        raise unauthorized("X-Sdk-Date has no valid value", "X-Sdk-Date取值无效") from None
    if abs(signed_at - now) > 15 * 60:
        clocks = (date, datetime.fromtimestamp(now, timezone.utc).strftime("%Y%m%dT%H%M%SZ"))
        raise unauthorized(
            "signature expired, signature time:{},server time:{}".format(*clocks),
            "签名已过期，签名时间：{}，服务器时间：{}".format(*clocks),
        )
    if request.raw_query != canonical_query(request.raw_query):
        raise unauthorized(
            "the query string is not the canonical one: " + request.raw_query, "查询字符串不规范：" + request.raw_query
        )
    canonical = canonical_request(request, signed_names)
    to_sign = f"SDK-HMAC-SHA256\n{date}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    expected = hmac.new(secret_key.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, signature):
        # The real gateway, too, repeats the canonical request, the values of signed headers included.
        raise unauthorized(
            "verify aksk signature fail, canonicalRequest:" + canonical,
            "AK/SK签名校验失败，canonicalRequest：" + canonical,
        )
