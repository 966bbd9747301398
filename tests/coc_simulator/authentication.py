# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may ask: the credentials, the lock after too many failures, and the ECS metadata service."""

from __future__ import annotations

import re
import threading
import uuid
from datetime import datetime, timezone

from .refusals import ERRORS, ApiError, unauthorized
from .signature import check_signature

# The only credentials that are accepted, beside those that the metadata service hands out. All are fakes.
ACCESS_KEY = "FAKEACCESSKEY0000001"
SECRET_KEY = "FakeSecretKeyOfTheSimulator0000000000001"
SECURITY_TOKEN = "FakeSecurityToken+of/the+simulator/0001=="
AUTH_TOKEN = "FakeIamToken+of/the+simulator/0001=="
METADATA_ACCESS_KEY = "FAKEACCESSKEY0000002"
METADATA_SECRET_KEY = "FakeSecretKeyOfTheSimulator0000000000002"


class Authentication:
    """The credentials that are valid. Times (``now``) are the simulator's, in seconds since the epoch (float)."""

    def __init__(self):
        self._lock = threading.Lock()
        self._failures = {}  # access key -> failed signatures in a row
        self._locked_until = {}  # access key -> time
        self._metadata_tokens = set()
        self._temporary = {}  # security token of the metadata service -> time of expiry

    def check(self, request, now):
        """Raise ApiError unless the request (Request) has a valid token or signature."""
        token = request.header("X-Auth-Token")
        if token is not None:
            if token != AUTH_TOKEN:
                raise ERRORS[401]
            return
        authorization = re.fullmatch(
            "SDK-HMAC-SHA256 Access=([^ ,]+), SignedHeaders=([^ ,]+), Signature=([0-9a-f]{64})",
            request.header("Authorization") or "",
        )
        if not authorization:
            raise unauthorized("no token and no valid signature in the request", "请求中没有令牌或有效签名")
        access_key, signed_names, signature = authorization.groups()
        with self._lock:
            if self._locked_until.get(access_key, 0) > now:
                raise unauthorized(
                    "AK access failed to reach the limit, forbidden for five minutes: " + access_key,
                    "AK认证失败次数过多，锁定五分钟：" + access_key,
                )
            try:
                secret_key = self._secret_key(access_key, request.header("X-Security-Token"), now)
                check_signature(request, secret_key, signed_names.split(";"), signature, now)
                self._failures[access_key] = 0
            except ApiError:
                self._count_failure(access_key, now)
                raise

    def _count_failure(self, access_key, now):
        self._failures[access_key] = self._failures.get(access_key, 0) + 1
        if self._failures[access_key] > 5:
            self._failures[access_key] = 0
            self._locked_until[access_key] = now + 300

    def _secret_key(self, access_key, security_token, now):
        if access_key not in (ACCESS_KEY, METADATA_ACCESS_KEY):
            raise unauthorized(f"Get secretKey failed,ak:{access_key},err:ak not exist", "AK不存在：" + access_key)
        if access_key == METADATA_ACCESS_KEY:
            if self._temporary.get(security_token, 0) <= now:
                raise unauthorized("the security token is missing, unknown or expired", "安全令牌缺失、未知或已过期")
            return METADATA_SECRET_KEY
        if security_token not in (None, SECURITY_TOKEN):
            raise unauthorized("the security token is not that of the access key", "安全令牌与AK不匹配")
        return SECRET_KEY

    def metadata_token(self, request, behaviour):
        """The token (str) that the metadata service gives, with which its credentials can be asked for.

        :raises ApiError: the request does not say how long it is to be valid, or ``behaviour`` refuses it
        """
        if behaviour.metadata_token_status != 200:
            raise ApiError(behaviour.metadata_token_status, "ECS.0000", "No token.", "没有令牌。")
        if not (request.header("X-Metadata-Token-Ttl-Seconds") or "").isdigit():
            raise ApiError(
                400, "ECS.0001", "X-Metadata-Token-Ttl-Seconds is missing.", "缺少X-Metadata-Token-Ttl-Seconds。"
            )
        token = "FakeMetadataToken-" + uuid.uuid4().hex
        self._metadata_tokens.add(token)
        return token

    def metadata_credentials(self, request, behaviour, now):
        """The document (dict) with credentials that the metadata service gives.

        :raises ApiError: the request has no token, and ``behaviour`` demands one
        """
        demands_token = behaviour.metadata_token_status == 200
        if demands_token and request.header("X-Metadata-Token") not in self._metadata_tokens:
            raise ApiError(401, "ECS.0002", "X-Metadata-Token is missing or unknown.", "X-Metadata-Token缺失或未知。")
        with self._lock:
            token = f"FakeMetadataSecurityToken+{len(self._temporary) + 1:04d}/=="
            expiry = self._temporary[token] = now + behaviour.metadata_expires_in
        return {
            "credential": {
                "access": METADATA_ACCESS_KEY,
                "secret": METADATA_SECRET_KEY,
                "securitytoken": token,
                "expires_at": datetime.fromtimestamp(expiry, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            }
        }


SCOPES = {"none": None, "domain": "X-Domain-Id", "project": "X-Project-Id"}


def check_scope(request, required):
    """Raise ApiError if the request (Request) lacks the header of the scope (str, a key of SCOPES) that is required."""
    header = SCOPES[required]
    if header and not request.header(header):
        raise ApiError(
            400, "COC.00011013", f"Login user is null: {header} is missing.", f"登录用户为空：缺少{header}。"
        )
