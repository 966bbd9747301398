# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The profiles of KooCLI, in a JSON file that Terraform reads too."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError

# What it calls the fields of credentials.
KEYS = {
    "access_key": "accessKeyId",
    "secret_key": "secretAccessKey",
    "security_token": "securityToken",
    "domain_id": "domainId",
    "project_id": "projectId",
    "agency_name": "agencyName",
    "agency_domain_name": "agencyDomainName",
    "agency_domain_id": "agencyDomainId",
}
# The modes that have keys in the file, those of SSO below ssoAuth.stsToken. Where AssumeRole has them is not known.
MODES = ("AKSK", "AKSKToken", "agency", "AgencyToken", "SSO")


def find_profile(text: str, path: str, name: str) -> tuple[str, dict[str, t.Any]]:
    """Return a profile in ``text``, which ``path`` has, in words, and what it has for :data:`KEYS`.

    ``name`` is '' for the current one. Raises :class:`CocError` for a file, a profile or a mode that cannot be used.
    """
    if not text:
        raise CocError(f"The profile file {path} does not exist or is empty. Name another with credentials_file.")
    try:
        document = json.loads(text)
        profiles = {str(profile["name"]): dict(profile) for profile in document["profiles"]}
    except (ValueError, LookupError, TypeError, RecursionError):
        raise CocError(f"The profile file {path} is not a JSON file with profiles, as KooCLI writes it.") from None
    if str(document.get("authEncrypt")).lower() == "true":
        raise CocError(
            f"The keys in the profile file {path} are encrypted, and only KooCLI can read them. To have it store them "
            "in plain text, run: hcloud configure set --cli-auth-encrypt=false"
        )
    name = name or str(document.get("current") or "")
    words = f"profile {name!r} of {path}"
    if name not in profiles:
        raise CocError(f"There is no {words}. Its profiles are {', '.join(map(repr, profiles)) or 'none'}.")
    profile = profiles[name]
    mode = str(profile.get("mode") or MODES[0])
    if mode.lower() not in map(str.lower, MODES):
        hint = " For the agency of an ECS, use auth_source=ecs_metadata." if mode.lower() == "ecsagency" else ""
        raise CocError(f"The mode {mode!r} of {words} cannot be used; it can be {', '.join(MODES)}.{hint}")
    if mode.lower() == "sso":
        sso = profile.get("ssoAuth")
        sts_token = sso.get("stsToken") if isinstance(sso, dict) else None
        profile.update({**dict.fromkeys(("accessKeyId", "secretAccessKey", "securityToken")), **(sts_token or {})})
    if not profile.get("accessKeyId"):
        raise CocError(f"Credentials in {words}, of mode {mode!r}, are incomplete: accessKeyId is missing.")
    return words, profile
