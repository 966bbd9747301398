# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where credentials come from, one whole source at a time.

The key of one source and the security token of another make a request that fails, and more than five failures in a
row lock the key for five minutes (field report): the first source that has anything must be complete.
"""

from __future__ import annotations

import configparser
import http.client
import json
import os
import re
import stat
import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from ansible_collections.huaweicloud.coc.plugins.module_utils._client import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._transport import within

ARGUMENT_SPEC: dict[str, dict[str, t.Any]] = {
    "auth_source": {"type": "str", "choices": ["auto", "ecs_metadata"], "default": "auto"},
    "access_key": {"type": "str", "aliases": ["ak"], "no_log": False},
    "secret_key": {"type": "str", "aliases": ["sk"], "no_log": True},
    "security_token": {"type": "str", "no_log": True},
    "auth_token": {"type": "str", "no_log": True},
    "domain_id": {"type": "str"},
    "project_id": {"type": "str"},
    "credentials_file": {"type": "path"},
}

DEFAULT_FILE = "~/.huaweicloud/credentials"
FILE_VARIABLE = "HUAWEICLOUD_SDK_CREDENTIALS_FILE"

# What each source calls the fields of Credentials.
OPTIONS = {
    "access_key": "access_key",
    "secret_key": "secret_key",
    "security_token": "security_token",
    "auth_token": "auth_token",
    "domain_id": "domain_id",
    "project_id": "project_id",
}
SDK_ENVIRONMENT = {
    "access_key": "HUAWEICLOUD_SDK_AK",
    "secret_key": "HUAWEICLOUD_SDK_SK",
    "security_token": "HUAWEICLOUD_SDK_SECURITY_TOKEN",
    "domain_id": "HUAWEICLOUD_SDK_DOMAIN_ID",
    "project_id": "HUAWEICLOUD_SDK_PROJECT_ID",
}
TERRAFORM_ENVIRONMENT = {
    "access_key": "HW_ACCESS_KEY",
    "secret_key": "HW_SECRET_KEY",
    "security_token": "HW_SECURITY_TOKEN",
    "auth_token": "HW_AUTH_TOKEN",
    "domain_id": "HW_DOMAIN_ID",
    "project_id": "HW_PROJECT_ID",
}
FILE_KEYS = {
    "access_key": "ak",
    "secret_key": "sk",
    "security_token": "security_token",
    "domain_id": "domain_id",
    "project_id": "project_id",
}
FILE_SECTIONS = ("global", "basic")

# The metadata service of an ECS (vendor's SDK). Tests replace the address; nothing else may.
METADATA_ADDRESS = "169.254.169.254"
METADATA_TIMEOUT = 3.0  # seconds, each request
METADATA_SOURCE = "the ECS metadata service"
ECS_ONLY = "Use auth_source=ecs_metadata on a Huawei Cloud ECS only."
METADATA_FIELDS = {"access_key": "access", "secret_key": "secret", "security_token": "securitytoken"}
RENEW_BEFORE = timedelta(seconds=60)


@dataclass(frozen=True, repr=False)  # no repr: it would show the secrets
class Credentials:
    """One complete set: an IAM token, or an access key with its secret. ``source`` says in words where it is from."""

    source: str
    access_key: str | None = None
    secret_key: str | None = None
    security_token: str | None = None
    auth_token: str | None = None
    domain_id: str | None = None
    project_id: str | None = None


def find_credentials(
    options: t.Mapping[str, t.Any],
    warn: t.Callable[[str], None],
    environ: t.Mapping[str, str] | None = None,
) -> t.Callable[[], Credentials]:
    """Return a function that gives the credentials to use now; it renews those that expire.

    ``options`` are those of :data:`ARGUMENT_SPEC`. The sources, in order: the options, the file that the option
    ``credentials_file`` names, the environment variables of the vendor's SDK, those of its Terraform provider, the
    profile file. ``auth_source=ecs_metadata`` uses the agency of the ECS and looks at nothing else. ``domain_id`` and
    ``project_id`` given as options win over the source's. ``environ`` replaces this process's environment.
    Raises :class:`CocError` where a source is incomplete, unreadable, or none has anything.
    """
    scope = {name: value for name, value in _given(options, OPTIONS).items() if name in ("domain_id", "project_id")}
    _complete("the options", OPTIONS, scope)  # every source sends it
    if options.get("auth_source") == "ecs_metadata":
        return _ecs_agency(options, scope)
    environ = os.environ if environ is None else environ
    for source, names, values in _sources(options, environ, warn):
        found = _complete(source, names, values)
        if found:
            credentials = Credentials(source, **{**found, **scope})
            return lambda: credentials
    path = _profile_path(options, environ)
    variables = (
        "the environment variables HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK; HW_ACCESS_KEY and HW_SECRET_KEY, or "
        "HW_AUTH_TOKEN; "
    )
    raise CocError(
        "No credentials found. Looked at the options access_key and secret_key, or auth_token; "
        f"{'' if options.get('credentials_file') else variables}the sections [global] and [basic] of the profile file "
        f"{path}{'' if os.path.exists(path) else ', which does not exist'}. "
        "Set one of them, on the host that runs this, or auth_source=ecs_metadata on an ECS that has an agency."
    )


def _sources(
    options: t.Mapping[str, t.Any], environ: t.Mapping[str, str], warn: t.Callable[[str], None]
) -> t.Iterator[tuple[str, dict[str, str], dict[str, str]]]:
    """Yield each source's description, its names of the fields, and what it has, in the order of precedence.

    The profile file is opened only when nothing before it had anything, or when the option asks for that file.
    """
    yield "the options", OPTIONS, _given(options, OPTIONS)
    if not options.get("credentials_file"):
        yield "the environment variables HUAWEICLOUD_SDK_*", SDK_ENVIRONMENT, _given(environ, SDK_ENVIRONMENT)
        yield "the environment variables HW_*", TERRAFORM_ENVIRONMENT, _given(environ, TERRAFORM_ENVIRONMENT)
    path = _profile_path(options, environ)
    profile = _read_profile(path, warn)
    for section in FILE_SECTIONS:
        if profile.has_section(section):
            yield f"section [{section}] of {path}", FILE_KEYS, _given(profile[section], FILE_KEYS)


def _given(values: t.Mapping[str, t.Any], names: t.Mapping[str, str]) -> dict[str, str]:
    """Return what ``values`` has under its own ``names``. Blank is not given: AWX sets what is unfilled to ''."""
    given = {field: str(values.get(name) or "").strip() for field, name in names.items()}
    return {field: value for field, value in given.items() if value}


def _complete(source: str, names: t.Mapping[str, str], values: dict[str, str]) -> dict[str, str]:
    """Return ``values`` if they are a complete set, nothing if the source has no credentials at all."""
    keys = [field for field in ("access_key", "secret_key", "security_token") if field in values]
    for field, value in values.items():
        # requests would refuse such a header with a message that quotes it, the secret included
        if not (value.isascii() and value.isprintable()):
            raise CocError(
                f"Credentials in {source}: {names[field]} holds characters that no credential has (a line break, a "
                "control character or one outside ASCII). Copy it again."
            )
    if "auth_token" in values:
        if keys:
            raise CocError(
                f"Credentials in {source}: {names['auth_token']} excludes "
                f"{' and '.join(names[field] for field in keys)}. "
                "Give an IAM token or an access key with its secret, not both."
            )
        return values
    missing = [names[field] for field in ("access_key", "secret_key") if field not in values]
    if keys and missing:
        raise CocError(
            f"Credentials in {source} are incomplete: {' and '.join(names[field] for field in keys)} given, "
            f"{' and '.join(missing)} missing. A source is used whole: complete it, or remove it to use the next one."
        )
    return values if keys else {}


def _profile_path(options: t.Mapping[str, t.Any], environ: t.Mapping[str, str]) -> str:
    return os.path.expanduser(options.get("credentials_file") or environ.get(FILE_VARIABLE, "").strip() or DEFAULT_FILE)


def _read_profile(path: str, warn: t.Callable[[str], None]) -> configparser.ConfigParser:
    profile = configparser.ConfigParser(interpolation=None)
    if not os.path.exists(path):
        return profile
    try:
        with open(path, encoding="utf-8-sig") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            profile.read_file(file)
    except (OSError, UnicodeError, configparser.Error) as error:
        # the parser's own text quotes the line, which may hold the secret
        reason = "it is not an INI file with sections and key = value"
        if isinstance(error, OSError):
            reason = error.strerror or type(error).__name__
        elif isinstance(error, (configparser.DuplicateOptionError, configparser.DuplicateSectionError)):
            reason = f"line {error.lineno} has a section or key for the second time"
        raise CocError(
            f"The profile file {path} cannot be read: {reason}. Correct it, or name another with credentials_file."
        ) from None
    if mode & 0o077:
        warn(f"The profile file {path} holds secrets and others may read it (mode {mode:04o}). Run: chmod 600 {path}")
    return profile


def _ecs_agency(options: t.Mapping[str, t.Any], scope: dict[str, str]) -> t.Callable[[], Credentials]:
    """Return a function that gives the temporary credentials of this ECS's agency, anew before they expire."""
    excluded = [
        name
        for name in ("access_key", "secret_key", "security_token", "auth_token", "credentials_file")
        if options.get(name)
    ]
    if excluded:
        raise CocError(f"auth_source=ecs_metadata excludes {', '.join(excluded)}. Remove one or the other.")
    current: Credentials | None = None
    expires_at = datetime.min.replace(tzinfo=timezone.utc)

    def credentials() -> Credentials:
        nonlocal current, expires_at
        if current is None or expires_at - datetime.now(timezone.utc) < RENEW_BEFORE:
            current, expires_at = _ask_metadata(scope)
        return current

    return credentials


def _ask_metadata(scope: dict[str, str]) -> tuple[Credentials, datetime]:
    """Return the credentials that the metadata service hands out, and when they expire.

    Paths, headers and answers are those that the vendor's SDK uses.
    """
    status, body = _metadata("PUT", "/meta-data/latest/api/token", {"X-Metadata-Token-Ttl-Seconds": "21600"})
    headers = {}
    if status == 200:
        headers["X-Metadata-Token"] = body.strip()
        if not re.fullmatch(r"[!-~]+", headers["X-Metadata-Token"]):
            raise CocError(f"{METADATA_SOURCE} answered something else than a token. {ECS_ONLY}")
    elif status not in (404, 405, 503):  # these say that there is no such thing here: go on without
        raise CocError(
            f"{METADATA_SOURCE} answered {status} to a request for a token. Check that this ECS may ask for metadata."
        )
    status, body = _metadata("GET", "/openstack/latest/securitykey", headers)
    if status != 200:
        raise CocError(
            f"{METADATA_SOURCE} answered {status} to a request for credentials. Check that this ECS has an agency."
        )
    try:
        answer = json.loads(body)["credential"]
        expires_at = datetime.strptime(answer["expires_at"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
        given = _given({name: value for name, value in answer.items() if isinstance(value, str)}, METADATA_FIELDS)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise CocError(f"{METADATA_SOURCE} answered something else than credentials. {ECS_ONLY}") from None
    missing = [name for field, name in METADATA_FIELDS.items() if field not in given]
    if missing:
        raise CocError(f"{METADATA_SOURCE} gave credentials without {' and '.join(missing)}. {ECS_ONLY}")
    _complete(METADATA_SOURCE, METADATA_FIELDS, given)
    if expires_at <= datetime.now(timezone.utc):
        raise CocError(
            f"{METADATA_SOURCE} gave credentials that expired at {expires_at:%Y-%m-%dT%H:%M:%SZ}. Set the clock."
        )
    return Credentials(METADATA_SOURCE, **{**given, **scope}), expires_at


def _metadata(method: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
    """Return status and text of the metadata service's answer. http.client knows no proxy and follows no redirect."""

    def ask() -> tuple[int, str]:
        connection = http.client.HTTPConnection(METADATA_ADDRESS, timeout=METADATA_TIMEOUT)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            body = answer.read(65536)
            if answer.length:  # of what is missing; reading so many bytes at most does not tell
                raise http.client.IncompleteRead(body)
            return answer.status, body.decode()
        finally:
            connection.close()

    try:
        return within(METADATA_TIMEOUT, ask)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise CocError(f"{METADATA_SOURCE} did not answer ({type(error).__name__}). {ECS_ONLY}") from None
