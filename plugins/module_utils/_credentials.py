# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where credentials come from, one whole source at a time.

The key of one source and the security token of another make a request that fails, and more than five failures in a
row lock the key for five minutes (field report): the first source that has anything must be complete.
"""

from __future__ import annotations

import os
import re
import stat
import typing as t
from datetime import datetime, timedelta, timezone

from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError

DEFAULT_FILE = "~/.huaweicloud/credentials"
FILE_VARIABLE = "HUAWEICLOUD_SDK_CREDENTIALS_FILE"


class Credentials(t.NamedTuple):
    """One complete set: an IAM token, or an access key with its secret. ``source`` says in words where it is from."""

    source: str
    access_key: str | None = None
    secret_key: str | None = None
    security_token: str | None = None
    auth_token: str | None = None
    domain_id: str | None = None
    project_id: str | None = None

    def __repr__(self) -> str:
        return f"Credentials({self.source!r})"  # without the secrets


# What each source calls these fields.
OPTIONS = {field: field for field in Credentials._fields[1:]}
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

KEY_FIELDS = ("access_key", "secret_key", "security_token")
SCOPE_FIELDS = ("domain_id", "project_id")
RENEW_BEFORE = timedelta(seconds=60)


class Source(t.NamedTuple):
    """A place where credentials can be: in words, what it calls the fields, and the fields that it has."""

    words: str
    names: t.Mapping[str, str]
    fields: dict[str, str]


def find_credentials(
    options: t.Mapping[str, t.Any],
    warn: t.Callable[[str, str], None],
    environ: t.Mapping[str, str] | None = None,
) -> t.Callable[[], Credentials]:
    """Return a function that returns the credentials to use now; it renews those that expire.

    The sources, in order: the options, the file that the option ``credentials_file`` names, the environment variables
    of the vendor's SDK, those of its Terraform provider, the profile file. ``auth_source=ecs_metadata`` uses the agency
    of the ECS and looks at nothing else. ``domain_id`` and ``project_id`` given as options win over the source's.
    ``warn`` takes a warning's key and its text; ``environ`` replaces this process's environment.
    Raises :class:`CocError` if a source is incomplete or cannot be read, or if none has anything.
    """
    given = _read_fields(options, OPTIONS)
    scope = {name: given[name] for name in SCOPE_FIELDS if name in given}
    _check_characters(Source("the options", OPTIONS, scope))  # sent whatever the source of the credentials is
    if options.get("auth_source") == "ecs_metadata":
        return _find_agency(options, scope)
    environ = os.environ if environ is None else environ
    for source in _sources(options, environ, warn):
        if _is_complete(source):
            credentials = Credentials(source.words, **{**source.fields, **scope})
            return lambda: credentials
    path = profile_path(options, environ)
    variables = (
        "the environment variables HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK; HW_ACCESS_KEY and HW_SECRET_KEY, or "
        "HW_AUTH_TOKEN; "
    )
    raise CocError(
        "No credentials found. Looked at the options access_key and secret_key, or auth_token; "
        f"{'' if options.get('credentials_file') else variables}the sections [global] and [basic] of the profile file "
        f"{path}{'' if os.path.exists(path) else ', which does not exist'}. "
        "Set one of them on the host that runs this, or auth_source=ecs_metadata on an ECS that has an agency. "
        "Variables ansible_huaweicloud_* count for lookups and playbooks only; for modules, use module_defaults."
    )


def _sources(
    options: t.Mapping[str, t.Any], environ: t.Mapping[str, str], warn: t.Callable[[str, str], None]
) -> t.Iterator[Source]:
    """Yield the sources in the order of precedence.

    The profile file is opened only if nothing before it has anything, or if the option names that file.
    """
    yield Source("the options", OPTIONS, _read_fields(options, OPTIONS))
    if not options.get("credentials_file"):
        for prefix, names in (("HUAWEICLOUD_SDK_", SDK_ENVIRONMENT), ("HW_", TERRAFORM_ENVIRONMENT)):
            yield Source(f"the environment variables {prefix}*", names, _read_fields(environ, names))
    path = profile_path(options, environ)
    profile = _read_profile(path, warn)
    for section in FILE_SECTIONS:
        if profile.has_section(section):
            yield Source(f"section [{section}] of {path}", FILE_KEYS, _read_fields(profile[section], FILE_KEYS))


def _read_fields(values: t.Mapping[str, t.Any], names: t.Mapping[str, str]) -> dict[str, str]:
    """Return by field what ``values`` has under its ``names``, without blanks: AWX sends '' for an unfilled field."""
    fields = {field: str(values.get(name) or "").strip() for field, name in names.items()}
    return {field: value for field, value in fields.items() if value}


def _is_complete(source: Source) -> bool:
    """Return whether a source has credentials. Raises :class:`CocError` if what it has cannot be used."""
    _check_characters(source)
    _check_decoration(source)
    given = [source.names[field] for field in KEY_FIELDS if field in source.fields]
    missing = [source.names[field] for field in ("access_key", "secret_key") if field not in source.fields]
    has_token = "auth_token" in source.fields
    if given and has_token:
        raise CocError(
            f"Credentials in {source.words}: {source.names['auth_token']} excludes {' and '.join(given)}. "
            "Give an IAM token or an access key with its secret, not both."
        )
    if given and missing:
        raise CocError(
            f"Credentials in {source.words} are incomplete: {' and '.join(given)} given, {' and '.join(missing)} "
            "missing. Sources are never mixed: complete this one, or empty it to use the next."
        )
    return bool(given) or has_token


def _check_characters(source: Source) -> None:
    """Raise for characters that cannot be in a header: the error of the HTTP library would quote the secret."""
    for field, value in source.fields.items():
        if not (value.isascii() and value.isprintable()):
            raise CocError(
                f"Credentials in {source.words}: {source.names[field]} has characters that credentials never have (a "
                "line break, a control character, or one outside ASCII). Copy it again."
            )


def _check_decoration(source: Source) -> None:
    """Raise for quotes and comments, which neither ``docker run --env-file`` nor an INI file takes away."""
    for field, value in source.fields.items():
        if re.search(r"""^(["']).*\1$|\s[#;]""", value):
            raise CocError(
                f"Credentials in {source.words}: {source.names[field]} has quotes around it or a comment behind it, "
                "which would be sent as a part of it. Remove them."
            )


def profile_path(options: t.Mapping[str, t.Any], environ: t.Mapping[str, str]) -> str:
    """Return the path of the profile file, which may not exist."""
    return os.path.expanduser(options.get("credentials_file") or environ.get(FILE_VARIABLE, "").strip() or DEFAULT_FILE)


def _read_profile(path: str, warn: t.Callable[[str, str], None]) -> t.Any:
    """Return what the profile file has, nothing if there is none. Warns if others may read it."""
    import configparser  # only here: most users give the credentials in another way

    profile = configparser.ConfigParser(interpolation=None)
    if not os.path.exists(path):
        return profile
    try:
        with open(path, encoding="utf-8-sig") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            profile.read_file(file)
    except (OSError, UnicodeError, configparser.Error) as error:
        # the parser's own text quotes the line, which may have the secret in it
        reason = "it is not an INI file with sections and key = value"
        if isinstance(error, OSError):
            reason = error.strerror or type(error).__name__
        elif isinstance(error, (configparser.DuplicateOptionError, configparser.DuplicateSectionError)):
            reason = f"line {error.lineno} repeats a section or a key"
        raise CocError(
            f"The profile file {path} cannot be read: {reason}. Fix it, or name another with credentials_file."
        ) from None
    if mode & 0o077:
        warn(
            f"mode {path}",
            f"The profile file {path} contains secrets and others may read it (mode {mode:04o}). Run: chmod 600 {path}",
        )
    return profile


def _find_agency(options: t.Mapping[str, t.Any], scope: dict[str, str]) -> t.Callable[[], Credentials]:
    """Return a function that returns the credentials of this ECS's agency, and renews them before they expire."""
    # imported here, since it imports ssl, which a lookup that has its result already does not need
    from ansible_collections.huaweicloud.coc.plugins.module_utils import _ecs_metadata

    excluded = [name for name in (*KEY_FIELDS, "auth_token", "credentials_file") if options.get(name)]
    if excluded:
        raise CocError(f"auth_source=ecs_metadata excludes {', '.join(excluded)}. Remove one or the other.")
    current: Credentials | None = None
    expires_at = datetime.min.replace(tzinfo=timezone.utc)

    def credentials() -> Credentials:
        nonlocal current, expires_at
        if current is None or expires_at - datetime.now(timezone.utc) < RENEW_BEFORE:
            fields, expires_at = _ecs_metadata.fetch()
            _check_characters(Source(_ecs_metadata.SOURCE, _ecs_metadata.KEYS, fields))
            current = Credentials(_ecs_metadata.SOURCE, **{**fields, **scope})
        return current

    return credentials
