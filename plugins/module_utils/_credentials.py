# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where credentials come from, one whole source at a time.

The key of one source and the security token of another make a request that fails, and more than five failures in a
row lock the key for five minutes (field report): the first source that has anything must be complete. What it has may
then be exchanged for the credentials of an agency.
"""

from __future__ import annotations

import os
import re
import stat
import typing as t
from datetime import datetime, timedelta, timezone

from ansible_collections.huaweicloud.coc.plugins.module_utils._client import Client
from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._options import (
    AGENCY_FIELDS,
    CREDENTIAL_KINDS,
    CREDENTIAL_OPTIONS,
    SCOPE_FIELDS,
)
from ansible_collections.huaweicloud.coc.plugins.module_utils._signer import Credentials

DEFAULT_FILE = "~/.huaweicloud/credentials"
FILE_VARIABLE = "HUAWEICLOUD_SDK_CREDENTIALS_FILE"
SHARED_FILE = "~/.hcloud/config.json"
SHARED_VARIABLE = "HW_SHARED_CONFIG_FILE"
PROFILE_VARIABLE = "HW_PROFILE"
NO_INI_FILE = "it is not an INI file with sections and key = value"

KEY_FIELDS = ("access_key", "secret_key", "security_token")
IDENTITY_TOKEN_FIELDS = ("idp_id", "id_token_file", "id_token")
BASE_FIELDS = (*KEY_FIELDS, "auth_token", *IDENTITY_TOKEN_FIELDS, "container_uri", "container_token_file")

# What each source calls the fields of Credentials, and of an agency.
OPTION_NAMES = {
    field: field for field in (*KEY_FIELDS, "auth_token", "idp_id", "id_token_file", *SCOPE_FIELDS, *AGENCY_FIELDS)
}
SDK_ENVIRONMENT = {
    "access_key": "HUAWEICLOUD_SDK_AK",
    "secret_key": "HUAWEICLOUD_SDK_SK",
    "security_token": "HUAWEICLOUD_SDK_SECURITY_TOKEN",
    "domain_id": "HUAWEICLOUD_SDK_DOMAIN_ID",
    "project_id": "HUAWEICLOUD_SDK_PROJECT_ID",
    "idp_id": "HUAWEICLOUD_SDK_IDP_ID",
    "id_token_file": "HUAWEICLOUD_SDK_ID_TOKEN_FILE",
}
TERRAFORM_ENVIRONMENT = {
    "access_key": "HW_ACCESS_KEY",
    "secret_key": "HW_SECRET_KEY",
    "security_token": "HW_SECURITY_TOKEN",
    "auth_token": "HW_AUTH_TOKEN",
    "domain_id": "HW_DOMAIN_ID",
    "project_id": "HW_PROJECT_ID",
    "idp_id": "HW_ASSUME_ROLE_IDP_ID",
    "id_token_file": "HW_ASSUME_ROLE_ID_TOKEN_FILE",
    "id_token": "HW_ASSUME_ROLE_ID_TOKEN",
    "agency_name": "HW_ASSUME_ROLE_AGENCY_NAME",
    "agency_domain_name": "HW_ASSUME_ROLE_DOMAIN_NAME",
    "agency_domain_id": "HW_ASSUME_ROLE_DOMAIN_ID",
}
FILE_KEYS = {
    "access_key": "ak",
    "secret_key": "sk",
    "security_token": "security_token",
    "domain_id": "domain_id",
    "project_id": "project_id",
    "idp_id": "idp_id",
    "id_token_file": "id_token_file",
}
FILE_SECTIONS = ("global", "basic")
CONTAINER_ENVIRONMENT = {
    "container_uri": "HC_CONTAINER_CREDENTIALS_FULL_URI",
    "container_token_file": "HC_CONTAINER_AUTHORIZATION_TOKEN_FILE",
}

HEADER_FIELDS = (*KEY_FIELDS, "auth_token", "idp_id", *SCOPE_FIELDS)
# What is complete only together: the fields, and which of them there must be, some in place of others.
GROUPS = (
    (KEY_FIELDS, (("access_key",), ("secret_key",))),
    (AGENCY_FIELDS, (("agency_name",), ("agency_domain_name", "agency_domain_id"))),
    (IDENTITY_TOKEN_FIELDS, (("idp_id",), ("id_token_file", "id_token"))),
    (tuple(CONTAINER_ENVIRONMENT), (("container_uri",), ("container_token_file",))),
)
AGENCY_NAMES = {field: TERRAFORM_ENVIRONMENT[field] for field in AGENCY_FIELDS}

Fetch = t.Callable[[Client], t.Tuple[Credentials, datetime]]  # and when they expire
NEVER = datetime.max.replace(tzinfo=timezone.utc)
RENEW_BEFORE = timedelta(seconds=60)


class NoCredentials(CocError):
    """No source has credentials."""


class Source(t.NamedTuple):
    """A place where credentials can be: in words, what it calls the fields, and the fields that it has."""

    words: str
    names: t.Mapping[str, str]
    fields: dict[str, str]


class Identity:
    """As whom to send requests. Called with a client, it returns the credentials to use now; it renews those that end.

    ``base`` has what a service may refuse, and sets it apart from others. ``is_exchanged`` says whether that is sent to
    IAM or STS only, for the credentials of an agency. ``key`` is the same as long as the credentials come from the
    same place, whatever an exchange returns.
    """

    def __init__(
        self, base: list[str | None], fetch: Fetch, scope: t.Mapping[str, str], agency: t.Mapping[str, str]
    ) -> None:
        self.base = base
        self.is_exchanged = bool(agency)
        self.key = [base, dict(scope), dict(agency)]
        self._fetch = fetch
        self._scope = scope
        self._current: Credentials | None = None
        self._expires_at = NEVER

    def __call__(self, client: Client) -> Credentials:
        """Return the credentials. Raises :class:`CocError`."""
        if self._current is None or self._expires_at - datetime.now(timezone.utc) < RENEW_BEFORE:
            credentials, self._expires_at = self._fetch(client)
            self._current = credentials._replace(**self._scope)
        return self._current


def find_credentials(
    options: t.Mapping[str, t.Any],
    warn: t.Callable[[str, str], None],
    environ: t.Mapping[str, str] | None = None,
) -> Identity:
    """Return as whom to send requests.

    The sources, in order: the options, the file or profile that the options name, the environment variables of the
    vendor's SDK, the profile that those of its Terraform provider name, those with a key, the profile file, those of a
    pod of CCE. ``auth_source=ecs_metadata`` uses the agency of the ECS and looks at nothing else. ``domain_id`` and
    ``project_id`` given as options win over the source's, which are never used for an agency: that is of another
    account.
    ``warn`` takes a warning's key and its text; ``environ`` replaces this process's environment.
    Raises :class:`CocError` if a source is incomplete or cannot be read, or if none has anything.
    """
    scope = _select(_read_fields(options, OPTION_NAMES), SCOPE_FIELDS)
    _check_characters(Source("the options", OPTION_NAMES, scope))  # sent whatever the source of the credentials is
    environ = os.environ if environ is None else environ
    source = _find_source(options, environ, warn)
    base: list[str | None] = [source.fields.get(field) for field in BASE_FIELDS] if source.fields else [source.words]
    base += _read_tokens(source)
    fetch = _fetch_base(source, options, environ)
    agency = _find_agency(options, source, environ, warn)
    if not agency:
        if source.names is TERRAFORM_ENVIRONMENT and "idp_id" in source.fields:
            raise CocError("HW_ASSUME_ROLE_IDP_ID takes an agency: set agency_name or HW_ASSUME_ROLE_AGENCY_NAME too.")
        return Identity(base, fetch, {**_select(source.fields, SCOPE_FIELDS), **scope}, {})
    # imported here, since most users have no agency
    from ansible_collections.huaweicloud.coc.plugins.module_utils import _sts

    call = _sts.agency_call(agency, source.words, "auth_token" not in source.fields, options, environ)
    words = f"{_sts.describe_agency(agency)}, by those in {source.words}"
    return Identity(base, lambda client: _sts.exchange(client, call, fetch(client)[0], words), scope, agency)


def _find_source(
    options: t.Mapping[str, t.Any], environ: t.Mapping[str, str], warn: t.Callable[[str, str], None]
) -> Source:
    """Return the first source that has credentials. Raises :class:`CocError` if none has, or it is incomplete."""
    if options.get("auth_source") == "ecs_metadata":
        excluded = [name for name in CREDENTIAL_OPTIONS if options.get(name)]
        if excluded:
            raise CocError(f"auth_source=ecs_metadata excludes {', '.join(excluded)}. Remove one or the other.")
        return Source("the ECS metadata service", {}, {})
    kinds = [" and ".join(name for name in kind if options.get(name)) for kind in CREDENTIAL_KINDS]
    named = list(filter(None, kinds))
    if len(named) > 1:
        raise CocError(
            f"{named[0]} cannot be used with {named[1]}: each means credentials of its own. Remove one or the other."
        )
    for source in _sources(options, environ, warn):
        if _is_complete(source):
            return source
    path = profile_path(options, environ)
    variables = (
        "the environment variables HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_IDP_ID, HW_SHARED_CONFIG_FILE, HW_PROFILE, "
        "HW_ACCESS_KEY, HW_AUTH_TOKEN, HW_ASSUME_ROLE_IDP_ID and HC_CONTAINER_CREDENTIALS_FULL_URI; "
    )
    raise NoCredentials(
        "No credentials found. Looked at the options access_key, auth_token, idp_id and profile; "
        f"{'' if options.get('credentials_file') else variables}the sections [global] and [basic] of the profile file "
        f"{path}{'' if os.path.exists(path) else ', which does not exist'}. "
        "Set one of them, with what belongs to it such as secret_key, on the host that runs this, or "
        "auth_source=ecs_metadata on an ECS that has an agency. "
        "Variables ansible_huaweicloud_* count for lookups and playbooks only; for modules, use module_defaults."
    )


def _sources(
    options: t.Mapping[str, t.Any], environ: t.Mapping[str, str], warn: t.Callable[[str, str], None]
) -> t.Iterator[Source]:
    """Yield the sources in the order of precedence.

    A profile file is opened only if nothing before it has anything, or if it was named.
    """
    yield Source("the options", OPTION_NAMES, _read_fields(options, OPTION_NAMES))
    named = options.get("credentials_file") or options.get("profile")
    if not named:
        words, names = "the environment variables HUAWEICLOUD_SDK_*", SDK_ENVIRONMENT
        yield Source(words, names, _read_fields(environ, names))
        shared, profile = (environ.get(name, "").strip() for name in (SHARED_VARIABLE, PROFILE_VARIABLE))
        if shared or profile:
            yield from _file_sources(os.path.expanduser(shared or SHARED_FILE), profile, warn)
        words, names = "the environment variables HW_*", TERRAFORM_ENVIRONMENT
        yield Source(words, names, _read_fields(environ, names))
    path = profile_path(options, environ)
    is_of_awx = "AWX_HOST" in environ and not options.get("credentials_file") and environ.get(FILE_VARIABLE, "").strip()
    # AWX writes it to a temporary path, which would not tell anybody what to correct.
    name = f"of the AWX credential that sets {FILE_VARIABLE}" if is_of_awx else path
    yield from _file_sources(path, options.get("profile") or None, warn, name)
    if not named:
        words, names = "the environment variables HC_CONTAINER_*", CONTAINER_ENVIRONMENT
        yield Source(words, names, _read_fields(environ, names))


def _read_fields(values: t.Mapping[str, t.Any], names: t.Mapping[str, str]) -> dict[str, str]:
    """Return by field what ``values`` has under its ``names``, without blanks: AWX sends '' for an unfilled field."""
    fields = {field: str(values.get(name) or "").strip() for field, name in names.items()}
    return {field: value for field, value in fields.items() if value}


def _select(fields: t.Mapping[str, str], names: t.Iterable[str]) -> dict[str, str]:
    return {name: fields[name] for name in names if name in fields}


def _fetch_base(source: Source, options: t.Mapping[str, t.Any], environ: t.Mapping[str, str]) -> Fetch:
    """Return the function that returns the credentials in ``source``, without a scope.

    An identity token wins over a key beside it, as in the vendor's SDK.
    """
    keys = _select(source.fields, (*KEY_FIELDS, "auth_token"))
    if keys and "idp_id" not in source.fields:
        credentials = Credentials(source.words, **keys)
        return lambda _client: (credentials, NEVER)
    # imported here, since most users have a key
    from ansible_collections.huaweicloud.coc.plugins.module_utils import _sts

    if "idp_id" in source.fields:
        return _sts.fetch_for_identity_token(source.fields, source.words, options, environ)
    if "container_uri" in source.fields:
        return _sts.fetch_from_container(source.fields["container_uri"], source.fields["container_token_file"])
    return _sts.fetch_metadata


def _read_tokens(source: Source) -> list[str]:
    """Return the token in a file that ``source`` names: whoever replaces it changes the credentials."""
    paths = _select(source.fields, ("id_token_file", "container_token_file")).values()
    if not paths or "id_token" in source.fields:
        return []
    from ansible_collections.huaweicloud.coc.plugins.module_utils import _sts

    return [_sts.read_token(path) for path in paths]


def _find_agency(
    options: t.Mapping[str, t.Any], base: Source, environ: t.Mapping[str, str], warn: t.Callable[[str, str], None]
) -> dict[str, str]:
    """Return the agency to use on top of the credentials in ``base``, {} for none.

    One in the options goes on top of any, one in a source on top of those in it, and one in the environment on top of
    those that no option names: it never changes whose tasks a playbook lists.
    Raises :class:`CocError` for half of one.
    """
    environment = Source("the environment variables HW_*", TERRAFORM_ENVIRONMENT, _read_fields(environ, AGENCY_NAMES))
    is_named = options.get("auth_source") == "ecs_metadata" or any(options.get(name) for name in CREDENTIAL_OPTIONS)
    for source in (Source("the options", OPTION_NAMES, _read_fields(options, OPTION_NAMES)), base, environment):
        agency = _select(source.fields, AGENCY_FIELDS)
        if agency and (source is not environment or not is_named):
            _check_groups(source)
            break
        agency = {}
    if "agency_name" in environment.fields and agency != environment.fields and not options.get("agency_name"):
        used = f"the credentials in {base.words} are used"
        warn("agency", f"{AGENCY_NAMES['agency_name']} in the environment is left aside: {used}, as they are.")
    return agency


def _is_complete(source: Source) -> bool:
    """Return whether a source has credentials. Raises :class:`CocError` if what it has cannot be used."""
    _check_characters(source)
    _check_decoration(source)
    _check_one_kind(source)
    _check_groups(source)
    return any(field in source.fields for field in BASE_FIELDS)


def _check_characters(source: Source) -> None:
    """Raise for characters that cannot be in a header: the error of the HTTP library would quote the secret."""
    for field, value in _select(source.fields, HEADER_FIELDS).items():
        if not (value.isascii() and value.isprintable()):
            raise CocError(
                f"Credentials in {source.words}: {source.names[field]} has characters that credentials never have (a "
                "line break, a control character, or one outside ASCII). Copy it again."
            )


def _check_one_kind(source: Source) -> None:
    """Raise for a token and a key in one source."""
    keys = [source.names[field] for field in KEY_FIELDS if field in source.fields]
    if keys and "auth_token" in source.fields:
        raise CocError(
            f"Credentials in {source.words}: {source.names['auth_token']} excludes {' and '.join(keys)}. "
            "Give an IAM token or an access key with its secret, not both."
        )


def _check_decoration(source: Source) -> None:
    """Raise for quotes and comments, which neither ``docker run --env-file`` nor an INI file takes away."""
    for field, value in source.fields.items():
        if re.search(r"""^(["']).*\1$|\s[#;]""", value):
            raise CocError(
                f"Credentials in {source.words}: {source.names[field]} has quotes around it or a comment behind it, "
                "which would be sent as a part of it. Remove them."
            )


def _check_groups(source: Source) -> None:
    """Raise for a part of what is complete only together."""
    for group, needed in GROUPS:
        given = [source.names[field] for field in group if field in source.fields]
        missing = [
            " or ".join(source.names[field] for field in fields if field in source.names)
            for fields in needed
            if not any(field in source.fields for field in fields)
        ]
        if given and missing:
            raise CocError(
                f"Credentials in {source.words} are incomplete: {' and '.join(given)} given, {' and '.join(missing)} "
                "missing. Sources are never mixed: complete this one, or empty it to use the next."
            )


def profile_path(options: t.Mapping[str, t.Any], environ: t.Mapping[str, str]) -> str:
    """Return the path of the profile file, which may not exist."""
    variable, default = (SHARED_VARIABLE, SHARED_FILE) if options.get("profile") else (FILE_VARIABLE, DEFAULT_FILE)
    return os.path.expanduser(options.get("credentials_file") or environ.get(variable, "").strip() or default)


def _file_sources(
    path: str, profile: str | None, warn: t.Callable[[str, str], None], name: str = ""
) -> t.Iterator[Source]:
    """Yield what a profile file has: a profile of KooCLI, which it must be unless ``profile`` is None, or sections.

    Messages call it ``name``, if that is set, in place of its path.
    """
    name = name or path
    place = path if name == path else f"the profile file {name}"
    text = _read_file(path, name, warn)
    if profile is None and not text.lstrip().startswith("{"):
        sections = _parse_ini(text, name)
        for section in FILE_SECTIONS:
            if sections.has_section(section):
                yield Source(f"section [{section}] of {place}", FILE_KEYS, _read_fields(sections[section], FILE_KEYS))
        return
    # imported here, since most users have no such file
    from ansible_collections.huaweicloud.coc.plugins.module_utils import _hcloud_profile

    words, values = _hcloud_profile.find_profile(text, path, profile or "")
    yield Source(words, _hcloud_profile.KEYS, _read_fields(values, _hcloud_profile.KEYS))


def _read_file(path: str, name: str, warn: t.Callable[[str, str], None]) -> str:
    """Return the text of the profile file, '' if there is none. Warns if others may read it."""
    if not os.path.exists(path):
        return ""
    try:
        with open(path, encoding="utf-8-sig") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read()
    except (OSError, UnicodeError) as error:
        raise _unreadable(name, getattr(error, "strerror", None) or NO_INI_FILE) from None
    if mode & 0o077:
        warn(
            f"mode {path}",
            f"The profile file {path} contains secrets and others may read it (mode {mode:04o}). Run: chmod 600 {path}",
        )
    return text


def _parse_ini(text: str, name: str) -> t.Any:
    import configparser  # only here: most users give the credentials in another way

    profile = configparser.ConfigParser(interpolation=None)
    try:
        profile.read_string(text)
    except (configparser.DuplicateOptionError, configparser.DuplicateSectionError) as error:
        raise _unreadable(name, f"line {error.lineno} repeats a section or a key") from None
    except configparser.Error:  # its own text quotes the line, which may have the secret in it
        raise _unreadable(name, NO_INI_FILE) from None
    return profile


def _unreadable(name: str, reason: str) -> CocError:
    return CocError(f"The profile file {name} cannot be read: {reason}. Fix it, or name another with credentials_file.")
