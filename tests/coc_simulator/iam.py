# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IAM and STS, as far as they exchange credentials for temporary ones, and the agent that gives a pod its own."""

from __future__ import annotations

import json

from .authentication import AGENCY_ACCESS_KEY, IDENTITY_ACCESS_KEY, POD_ACCESS_KEY
from .messages import ERRORS, ApiError, Created, unauthorized

# The one agency of another account, and who is trusted. All are fakes.
AGENCY, DOMAIN_NAME, DOMAIN_ID = "coc-reader", "branch", "0123456789abcdef0123456789abcdef"
IDP_ID, IDENTITY_TOKEN = "my-provider", "Fake.Identity.Token0000000001"
IAM_TOKEN = "FakeIamToken+of/an+identity+token/0001=="
POD_TOKEN = "FakePodToken0000000001"

V5_NAMES = ("access_key_id", "secret_access_key", "security_token", "expiration")
NO_SUCH_AGENCY = ApiError(404, "STS5.1106", "The agency does not exist.")


def assume_v5(request, authentication, lifetime, now):
    """``POST /v5/agencies/assume``: an agency by the ID of its account, for a signed request."""
    if authentication.check(request, now) is None:
        raise unauthorized("no signature")
    wanted = json.loads(request.content)
    if wanted["agency_urn"] != f"iam::{DOMAIN_ID}:agency:{AGENCY}":
        raise NO_SUCH_AGENCY
    if not 2 <= len(wanted["agency_session_name"]) <= 128:
        raise ERRORS[400]
    return {
        "credentials": authentication.issue(AGENCY_ACCESS_KEY, lifetime, now, V5_NAMES),
        "assumed_agency": {"urn": f"sts::{DOMAIN_ID}:assumed-agency:{AGENCY}", "id": "fake"},
    }


def security_tokens(request, authentication, lifetime, now):
    """``POST /v3.0/OS-CREDENTIAL/securitytokens``: an agency, or temporary credentials for an IAM token."""
    identity = json.loads(request.content)["auth"]["identity"]
    if identity["methods"] == ["token"]:
        if identity["token"]["id"] != IAM_TOKEN:
            raise ERRORS[401]
        return Created({"credential": authentication.issue(IDENTITY_ACCESS_KEY, lifetime, now)})
    authentication.check(request, now)
    wanted = identity["assume_role"]
    if wanted not in (
        {"agency_name": AGENCY, **account} for account in ({"domain_id": DOMAIN_ID}, {"domain_name": DOMAIN_NAME})
    ):
        raise NO_SUCH_AGENCY
    return Created({"credential": authentication.issue(AGENCY_ACCESS_KEY, lifetime, now)})


def id_token(request, _authentication, _lifetime, _now):
    """``POST /v3.0/OS-AUTH/id-token/tokens``: an IAM token for an identity token."""
    given = request.header("X-Idp-Id"), json.loads(request.content)["auth"]["id_token"]["id"]
    if given != (IDP_ID, IDENTITY_TOKEN) or request.header("Authorization"):
        raise unauthorized(f"the identity token is not valid: {given[1]}")
    return Created({"token": {"methods": ["mapped"]}}, {"X-Subject-Token": IAM_TOKEN})


def pod(request, authentication, lifetime, now):
    """The credentials of a pod, at any URL that its agent likes."""
    if request.header("Authorization") != POD_TOKEN or request.content != b"{}":
        raise ERRORS[401]
    names = ("accessKeyId", "secretAccessKey", "securityToken", "expiration")
    return {"credentials": authentication.issue(POD_ACCESS_KEY, lifetime, now, names)}


OPERATIONS = {
    ("POST", "/v5/agencies/assume"): assume_v5,
    ("POST", "/v3.0/OS-CREDENTIAL/securitytokens"): security_tokens,
    ("POST", "/v3.0/OS-AUTH/id-token/tokens"): id_token,
    ("POST", "/v1/pod-identity"): pod,
}
