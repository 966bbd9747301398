# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may ask: the credentials, the lock after too many failures, and the ECS metadata service.

Signatures (SDK-HMAC-SHA256) are checked with a canonicaliser of its own.
"""

from __future__ import annotations

import collections
import hashlib
import hmac
import re
import threading
import urllib.parse
import uuid
from datetime import datetime, timezone

from .messages import ERRORS, ApiError, decode_query, unauthorized

# The only credentials that are accepted, beside those that the metadata service hands out. All are fakes.
ACCESS_KEY = "FAKEACCESSKEY0000001"
SECRET_KEY = "FakeSecretKeyOfTheSimulator0000000000001"
SECURITY_TOKEN = "FakeSecurityToken+of/the+simulator/0001=="
AUTH_TOKEN = "FakeIamToken+of/the+simulator/0001=="
METADATA_ACCESS_KEY = "FAKEACCESSKEY0000002"
METADATA_SECRET_KEY = "FakeSecretKeyOfTheSimulator0000000000002"
# What temporary credentials have, beside a security token: those of the metadata service, an agency, an identity token,
# and a pod.
TEMPORARY = {
    METADATA_ACCESS_KEY: METADATA_SECRET_KEY,
    **{f"FAKEACCESSKEY000000{n}": f"FakeSecretKeyOfTheSimulator000000000000{n}" for n in (3, 4, 5)},
}
_METADATA, AGENCY_ACCESS_KEY, IDENTITY_ACCESS_KEY, POD_ACCESS_KEY = TEMPORARY

SIGNATURE = re.compile("SDK-HMAC-SHA256 Access=([^ ,]+), SignedHeaders=([^ ,]+), Signature=([0-9a-f]{64})")
DATE = "%Y%m%dT%H%M%SZ"
MOST_FAILURES = 5  # signatures in a row that may be wrong
LOCK = 5 * 60  # seconds
MOST_SKEW = 15 * 60  # seconds between the date of a signature and the time


class Authentication:
    """The credentials that are valid. Times (``now``) are the simulator's, in seconds since the epoch (float)."""

    def __init__(self):
        self._lock = threading.Lock()
        self._failures: collections.Counter[str] = collections.Counter()  # access key -> failed signatures in a row
        self._locked_until = {}  # access key -> time
        self._metadata_tokens = set()
        self._temporary = {}  # security token -> access key, time of expiry

    def check(self, request, now):
        """Raise ApiError unless the request (Request) has a valid token or signature; returns its access key (str)."""
        token = request.header("X-Auth-Token")
        if token is not None:
            if token != AUTH_TOKEN:
                raise ERRORS[401]
            return None
        authorization = SIGNATURE.fullmatch(request.header("Authorization") or "")
        if not authorization:
            raise unauthorized("no token and no valid signature in the request")
        access_key, signed_names, signature = authorization.groups()
        with self._lock:
            if self._locked_until.get(access_key, 0) > now:
                raise unauthorized(f"AK access failed to reach the limit, forbidden for five minutes: {access_key}")
            try:
                secret_key = self._secret_key(access_key, request.header("X-Security-Token"), now)
                check_signature(request, secret_key, signed_names.split(";"), signature, now)
            except ApiError:
                self._failures[access_key] += 1
                if self._failures[access_key] > MOST_FAILURES:
                    self._locked_until[access_key] = now + LOCK
                    del self._failures[access_key]
                raise
            del self._failures[access_key]
        return access_key

    def _secret_key(self, access_key, security_token, now):
        if access_key in TEMPORARY:
            owner, expiry = self._temporary.get(security_token, (None, 0))
            if owner != access_key or expiry <= now:
                raise unauthorized("the security token is missing, unknown or expired")
            return TEMPORARY[access_key]
        if access_key != ACCESS_KEY:
            raise unauthorized(f"Get secretKey failed,ak:{access_key},err:ak not exist")
        if security_token not in (None, SECURITY_TOKEN):
            raise unauthorized("the security token is not that of the access key")
        return SECRET_KEY

    def metadata_token(self, request, behavior):
        """The token (str) that the metadata service gives, with which its credentials can be asked for."""
        if behavior.metadata_token_status != 200:
            raise ApiError(behavior.metadata_token_status, "ECS.0000", "No token.")
        lifetime = "X-Metadata-Token-Ttl-Seconds"
        if not (request.header(lifetime) or "").isdigit():
            raise ApiError(400, "ECS.0001", f"{lifetime} is missing.")
        token = "FakeMetadataToken-" + uuid.uuid4().hex
        self._metadata_tokens.add(token)
        return token

    def metadata_credentials(self, request, behavior, now):
        """The document (dict) with credentials that the metadata service gives."""
        demands_token = behavior.metadata_token_status == 200
        if demands_token and request.header("X-Metadata-Token") not in self._metadata_tokens:
            raise ApiError(401, "ECS.0002", "X-Metadata-Token is missing or unknown.")
        return {"credential": self.issue(METADATA_ACCESS_KEY, behavior.metadata_expires_in, now)}

    def issue(self, access_key, lifetime, now, names=("access", "secret", "securitytoken", "expires_at")):
        """Temporary credentials (dict, with these names) that are valid for lifetime (float, seconds)."""
        with self._lock:
            kind = "Metadata" if access_key == METADATA_ACCESS_KEY else "Temporary"
            token = f"Fake{kind}SecurityToken+{len(self._temporary) + 1:04d}/=="
            self._temporary[token] = access_key, now + lifetime
        time = datetime.fromtimestamp(now + lifetime, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return dict(zip(names, (access_key, TEMPORARY[access_key], token, time)))


# Signatures


def _canonical_query(raw):
    """The one spelling of a query string that a signature is made over."""
    pairs = [[urllib.parse.quote(text, safe="-_.~") for text in pair] for pair in sorted(decode_query(raw))]
    return "&".join(map("=".join, pairs))


def _canonical_request(request, signed_names):
    """The text whose digest is signed."""
    names = sorted(signed_names)
    lines = [request.method, request.path + "/", request.raw_query]
    lines += [f"{name}:{(request.header(name) or '').strip()}" for name in names]
    return "\n".join([*lines, "", ";".join(names), hashlib.sha256(request.content).hexdigest()])


def check_signature(request, secret_key, signed_names, signature, now):
    """Raise ApiError unless the request (Request) as it arrived is signed with the secret key, and not long ago.

    :param signed_names: (list of str) the headers that the client says it signed, in lower case
    """
    missing = [name for name in ("host", "x-sdk-date") if name not in signed_names]
    missing += [name for name in signed_names if request.header(name) is None]
    if missing:
        raise unauthorized("signed header missing: " + ", ".join(missing))
    date = request.header("X-Sdk-Date")
    try:
        signed_at = datetime.strptime(date, DATE).replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        raise unauthorized("X-Sdk-Date has no valid value") from None
    if abs(signed_at - now) > MOST_SKEW:
        ours = datetime.fromtimestamp(now, timezone.utc).strftime(DATE)
        raise unauthorized(f"signature expired, signature time:{date},server time:{ours}")
    if request.raw_query != _canonical_query(request.raw_query):
        raise unauthorized("the query string is not the canonical one: " + request.raw_query)
    canonical = _canonical_request(request, signed_names)
    to_sign = f"SDK-HMAC-SHA256\n{date}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    expected = hmac.new(secret_key.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, signature):
        # The real gateway, too, repeats the canonical request, the values of signed headers included.
        raise unauthorized("verify aksk signature fail, canonicalRequest:" + canonical)
