# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where credentials come from, and what is refused. The ECS metadata service has tests of its own."""

from __future__ import annotations

import itertools
import json
import typing as t

import pytest

from ansible_collections.huaweicloud.coc.plugins.module_utils._credentials import find_credentials
from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._signer import Credentials
from ansible_collections.huaweicloud.coc.tests.unit.conftest import NO_CLIENT, no_warning, refusal

SECRET = "FakeSecretKey/+=0001"
KEYS = {"access_key": "AK", "secret_key": SECRET}
GLOBAL = "[global]\nak = G\nsk = S\n"
NO_INI_FILE = "it is not an INI file with sections and key = value"
REPEATED = "line 3 repeats a section or a key"
SIGNS = "%(ak)s%%$=:#/+ x;y'\""

FIELDS = ("access_key", "secret_key", "security_token", "domain_id", "project_id", "auth_token")
# What the vendor's SDK calls them. It knows no IAM token.
SDK = dict(zip(FIELDS, ("AK", "SK", "SECURITY_TOKEN", "DOMAIN_ID", "PROJECT_ID")))
IN_FILE = {field: name.lower() for field, name in SDK.items()}


class Source(t.NamedTuple):
    """A source: its place in messages, what it calls the fields of Credentials, and where a test puts them."""

    words: str
    names: dict[str, str]
    kind: str  # options, environment, or the section of the file


SOURCES = {
    "options": Source("the options", {field: field for field in FIELDS}, "options"),
    "SDK": Source(
        "the environment variables HUAWEICLOUD_SDK_*",
        {field: f"HUAWEICLOUD_SDK_{name}" for field, name in SDK.items()},
        "environment",
    ),
    "Terraform": Source(
        "the environment variables HW_*", {field: f"HW_{field.upper()}" for field in FIELDS}, "environment"
    ),
    "[global]": Source("section [global] of {file}", IN_FILE, "global"),
    "[basic]": Source("section [basic] of {file}", IN_FILE, "basic"),
}
by_source = pytest.mark.parametrize("source", list(SOURCES.values()), ids=list(SOURCES))
by_token_source = pytest.mark.parametrize("source", [SOURCES["options"], SOURCES["Terraform"]], ids=lambda s: s.kind)
by_pair = pytest.mark.parametrize(  # an earlier source and a later one
    "first, later", list(itertools.combinations(SOURCES.values(), 2)), ids=lambda source: source.words
)


@pytest.fixture
def profile(tmp_path):
    """The path of the default profile file, which does not exist yet; HOME is a folder of the test."""
    path = tmp_path / ".huaweicloud" / "credentials"
    path.parent.mkdir()
    return path


def write(path, content, mode=0o600):
    path.write_bytes(content.encode())
    path.chmod(mode)


@pytest.fixture
def find(profile):
    """A function that finds credentials where each source has the fields that are given with it.

    It returns the fields that are set, with ``{file}`` for the path of the profile file in ``source``.
    """

    def find_in(*given: tuple[Source, dict[str, str]], **options: t.Any) -> dict[str, str]:
        environ: dict[str, str] = {}
        sections = ""
        for source, fields in given:
            named = {source.names[field]: value for field, value in fields.items()}
            if source.kind in ("options", "environment"):
                (options if source.kind == "options" else environ).update(named)
            else:
                sections += f"[{source.kind}]\n" + "".join(f"{key} = {value}\n" for key, value in named.items())
        if sections:
            write(profile, sections)
        found = find_credentials(options, no_warning, environ)(NO_CLIENT)._asdict()
        return {name: value.replace(str(profile), "{file}") for name, value in found.items() if value is not None}

    return find_in


def whole(source: Source) -> dict[str, str]:
    """Return a complete set of all fields that the source has, but no token, each with a value of its own."""
    return {field: f"{field} of {source.words}" for field in source.names if field != "auth_token"}


# What each source gives, and in which order


@by_source
def test_a_source_gives_each_of_its_fields_but_the_options_ids_win(source, find):
    fields = whole(source)
    assert find((source, fields)) == {"source": source.words, **fields}
    ids = {"domain_id": "d", "project_id": "p"}
    assert find((source, fields), (SOURCES["options"], ids)) == {"source": source.words, **fields, **ids}


@by_token_source
def test_a_token_is_enough(source, find):
    """AWX sends '' for a field that was not filled in."""
    fields = {**dict.fromkeys(source.names, ""), "auth_token": "T"}
    assert find((source, fields)) == {"source": source.words, "auth_token": "T"}


@by_pair
def test_an_earlier_source_wins_whole(first, later, find):
    """Nothing of the later source is mixed in, not even what the earlier one lacks."""
    for own in (KEYS, {"auth_token": "T"}):
        if set(own) <= set(first.names):
            assert find((later, whole(later)), (first, own)) == {"source": first.words, **own}


@by_pair
def test_ids_alone_are_not_credentials(first, later, find):
    """A source that has nothing but an ID of an account or project is skipped; only the options' IDs count anyway."""
    ids = {"domain_id": "mine"}
    counting = ids if first.kind == "options" else {}
    assert find((first, ids), (later, KEYS)) == {"source": later.words, **KEYS, **counting}


# Half a set


@by_source
def test_half_a_set_names_its_source_and_the_other_half(source, find, profile):
    """Another source that is complete does not help: which one was meant is not for us to guess."""
    later = list(SOURCES.values())
    others = [(other, whole(other)) for other in later[later.index(source) + 1 :]]
    for given, missing in (
        (["access_key"], ["secret_key"]),
        (["secret_key"], ["access_key"]),
        (["security_token"], ["access_key", "secret_key"]),
        (["access_key", "security_token"], ["secret_key"]),
        (["secret_key", "security_token"], ["access_key"]),
    ):
        assert refusal(find, (source, dict.fromkeys(given, SECRET)), *others) == (
            f"Credentials in {source.words.format(file=profile)} are incomplete: "
            f"{' and '.join(source.names[field] for field in given)} given, "
            f"{' and '.join(source.names[field] for field in missing)} missing. "
            "Sources are never mixed: complete this one, or empty it to use the next."
        )


@by_token_source
def test_a_token_excludes_keys(source, find):
    for given in (["access_key"], ["access_key", "secret_key"], ["access_key", "secret_key", "security_token"]):
        assert refusal(find, (source, dict.fromkeys(["auth_token", *given], SECRET))) == (
            f"Credentials in {source.words}: {source.names['auth_token']} excludes "
            f"{' and '.join(source.names[field] for field in given)}. "
            "Give an IAM token or an access key with its secret, not both."
        )


# Nothing


def test_the_error_lists_what_was_searched(find, profile):
    assert refusal(find) == (
        "No credentials found. Looked at the options access_key, auth_token, idp_id and profile; the environment "
        "variables HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_IDP_ID, HW_SHARED_CONFIG_FILE, HW_PROFILE, HW_ACCESS_KEY, "
        "HW_AUTH_TOKEN, HW_ASSUME_ROLE_IDP_ID and HC_CONTAINER_CREDENTIALS_FULL_URI; the sections [global] and [basic] "
        f"of the profile file {profile}, which does not exist. Set one of them, with what belongs to it such as "
        "secret_key, on the host that runs this, or auth_source=ecs_metadata on an ECS that has an agency. "
        "Variables ansible_huaweicloud_* count for lookups and playbooks only; for modules, use module_defaults."
    )
    write(profile, "[other]\nak = AK\nsk = SK\n")
    assert f"the profile file {profile}. Set one" in refusal(find)


def test_variables_are_not_searched_if_an_option_names_a_file(profile):
    """Such a file is the last source: its lack must not let another identity in."""
    environ = {"HUAWEICLOUD_SDK_AK": "AK", "HUAWEICLOUD_SDK_SK": "SK"}
    error = refusal(find_credentials, {"credentials_file": str(profile)}, no_warning, environ)
    assert "environment" not in error
    assert f"{profile}, which does not exist" in error


@by_source
@pytest.mark.parametrize("blank", ["", " ", "\t"])
def test_blank_is_not_set(source, blank, find):
    nothing = dict.fromkeys(source.names, blank)
    assert refusal(find, (source, nothing)).startswith("No credentials found")
    other = SOURCES["options"] if source.kind == "basic" else SOURCES["[basic]"]
    assert find((source, nothing), (other, KEYS)) == {"source": other.words, **KEYS}


@by_source
def test_blanks_around_a_value_are_not_part_of_it(source, find):
    padded = {"access_key": " AK ", "secret_key": f"\t{SECRET} "}
    assert find((source, padded)) == {"source": source.words, **KEYS}


# What no header can carry


@by_source
def test_impossible_characters_are_refused_and_not_shown(source, find, profile):
    wrong = ("中文", "\u00e9", "\x00", "\x7f", "\u2028", "\n\tb", "\r\n X-Evil: b")
    for field, characters in itertools.product(source.names, wrong):
        others = {} if field == "auth_token" else KEYS
        assert refusal(find, (source, {**others, field: f"{SECRET[:10]}{characters}{SECRET[10:]}"})) == (
            f"Credentials in {source.words.format(file=profile)}: {source.names[field]} has characters that "
            "credentials never have (a line break, a control character, or one outside ASCII). Copy it again."
        )


@pytest.mark.parametrize("field", ["domain_id", "project_id"])
def test_they_are_refused_in_an_id_that_goes_with_the_credentials_of_an_ecs_too(field):
    options = {"auth_source": "ecs_metadata", field: "a\r\nX-Evil: b"}
    error = refusal(find_credentials, options, no_warning)
    assert error.startswith(f"Credentials in the options: {field} has characters")


# The profile file


@pytest.mark.parametrize(
    "content, secret_key",
    [("\ufeff[global]\r\nAK = G\r\nSK : S\r\n; a comment\r\n", "S"), (f"[global]\nak = G\nsk = {SIGNS}\n", SIGNS)],
    ids=["written on Windows", "special characters"],
)
def test_a_profile(find, profile, content, secret_key):
    write(profile, content)
    assert find() == {"source": "section [global] of {file}", "access_key": "G", "secret_key": secret_key}


@pytest.mark.parametrize(
    "content, reason",
    [
        (f"{SECRET}\n", NO_INI_FILE),
        (f"ak = AK\nsk = {SECRET}\n", NO_INI_FILE),
        (f"[global]\nak\n{SECRET}\n", NO_INI_FILE),
        (f"[basic]\nsk\n= {SECRET}\n", NO_INI_FILE),
        (f"[global\nsk = {SECRET}\n", NO_INI_FILE),
        (f"[global]\nsk = {SECRET}é\n", NO_INI_FILE),
        (f"[global]\nsk = {SECRET}\nsk = {SECRET}\n", REPEATED),
        (f"[global]\nsk = {SECRET}\n[global]\nsk = {SECRET}\n", REPEATED),
        (None, "Is a directory"),  # what a test can rely on even where it runs as root
    ],
)
def test_a_file_that_cannot_be_read_is_refused_without_showing_its_text(find, profile, content, reason):
    if content is None:
        profile.mkdir()
    else:
        profile.write_bytes(content.encode("latin-1"))
        profile.chmod(0o600)
    with pytest.raises(CocError) as raised:
        find()
    assert raised.value.msg == (
        f"The profile file {profile} cannot be read: {reason}. Fix it, or name another with credentials_file."
    )
    assert raised.value.__cause__ is None and raised.value.__suppress_context__  # the parser's text quotes the line


def test_the_file_is_not_opened_when_it_is_not_needed(find, profile):
    write(profile, "not an INI file", 0o644)
    source = SOURCES["Terraform"]
    assert find((source, KEYS)) == {"source": source.words, **KEYS}


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700, 0o644, 0o640, 0o604, 0o660, 0o777, 0o602])
def test_a_file_that_others_may_read_gives_a_warning(profile, mode):
    write(profile, GLOBAL, mode)
    warnings: list[str] = []
    assert find_credentials({}, lambda _key, text: warnings.append(text), {})(NO_CLIENT).access_key == "G"
    text = f"The profile file {profile} contains secrets and others may read it (mode {mode:04o})."
    assert warnings == ([] if mode in (0o600, 0o400, 0o700) else [f"{text} Run: chmod 600 {profile}"])


def test_a_variable_or_an_option_names_the_file(profile, tmp_path):
    """The option comes before all variables, the variable after the other variables."""
    write(profile, GLOBAL)
    write(tmp_path / "other", "[basic]\nak = O\nsk = S\n")
    keys = {"HW_ACCESS_KEY": "H", "HW_SECRET_KEY": "S", "HUAWEICLOUD_SDK_AK": "H", "HUAWEICLOUD_SDK_SK": "S"}
    variable, basic = "HUAWEICLOUD_SDK_CREDENTIALS_FILE", f"section [basic] of {tmp_path}/other"
    in_awx = f"of the AWX credential that sets {variable}"
    for options, environ, source in (
        ({}, {variable: "~/other"}, basic),
        ({}, {variable: ""}, f"section [global] of {profile}"),
        ({}, {variable: "  "}, f"section [global] of {profile}"),
        ({}, {variable: str(tmp_path / "other"), **keys}, "the environment variables HUAWEICLOUD_SDK_*"),
        ({}, {variable: "~/other", "AWX_HOST": "x"}, f"section [basic] of the profile file {in_awx}"),
        ({"credentials_file": "~/other"}, keys, basic),
    ):
        assert find_credentials(options, no_warning, environ)(NO_CLIENT).source == source
    write(tmp_path / "other", "no section")
    error = refusal(find_credentials, {}, no_warning, {variable: "~/other", "AWX_HOST": "x"})
    assert error.startswith(f"The profile file {in_awx} cannot be read: ")


# The profiles of KooCLI and Terraform

KOOCLI: dict[str, t.Any] = {
    "current": "main",
    "authEncrypt": "false",
    "profiles": [
        {"name": "main", "mode": "AKSK", "accessKeyId": "M", "secretAccessKey": SECRET, "domainId": "d", "region": ""},
        {"name": "other", "accessKeyId": "O", "secretAccessKey": SECRET, "securityToken": "T", "projectId": "p"},
        {
            "name": "sso",
            "mode": "SSO",
            "accessKeyId": "not this one",
            "ssoAuth": {"stsToken": {"accessKeyId": "S", "secretAccessKey": SECRET, "securityToken": "T"}},
        },
        {"name": "no login", "mode": "SSO", "accessKeyId": "old", "secretAccessKey": SECRET, "ssoAuth": None},
        {"name": "half", "accessKeyId": "H"},
        {"name": "ecs", "mode": "ecsAgency"},
        {"name": "new", "mode": "AssumeRole", "sourceProfile": "main"},
    ],
}
NAMES = "'main', 'other', 'sso', 'no login', 'half', 'ecs', 'new'"
FILE, NAME = "HW_SHARED_CONFIG_FILE", "HW_PROFILE"


@pytest.fixture
def koocli(tmp_path):
    """The default path of KooCLI's file, where it has such profiles."""
    path = tmp_path / ".hcloud" / "config.json"
    path.parent.mkdir()
    write(path, json.dumps(KOOCLI))
    return path


@pytest.mark.parametrize(
    "options, environ, found",
    [
        ({"profile": "main"}, {}, "M"),
        ({"credentials_file": "{}"}, {NAME: "other"}, "M"),  # whose keys they are is not for the environment to say
        ({"credentials_file": "{}", "profile": "other"}, {}, "O"),
        ({"profile": "sso"}, {FILE: "{}", NAME: "other"}, "S"),
        ({}, {FILE: "{}"}, "M"),
        ({}, {NAME: "other"}, "O"),
        ({}, {FILE: "{}", NAME: "sso", "HW_ACCESS_KEY": "A", "HW_SECRET_KEY": "B"}, "S"),
        ({}, {NAME: "main", "HUAWEICLOUD_SDK_AK": "A", "HUAWEICLOUD_SDK_SK": "B"}, "A"),
        ({}, {FILE: " ", NAME: "", "HW_ACCESS_KEY": "A", "HW_SECRET_KEY": "B"}, "A"),
    ],
)
def test_which_profile_is_used(koocli, options, environ, found):
    options, environ = ({name: value.format(koocli) for name, value in given.items()} for given in (options, environ))
    credentials = find_credentials(options, no_warning, environ)(NO_CLIENT)
    assert credentials.access_key == found
    profile = {"M": "main", "O": "other", "S": "sso"}.get(found)
    if profile:
        ids = {"M": ("d", None, None), "O": (None, "p", "T"), "S": (None, None, "T")}[found]
        assert credentials.source == f"profile {profile!r} of {koocli}"
        assert (credentials.domain_id, credentials.project_id, credentials.security_token) == ids


def test_an_agency_in_a_profile_goes_with_its_keys(koocli):
    agency: dict[str, object] = {"agencyName": "a", "agencyDomainName": "b"}
    write(koocli, json.dumps({"current": "x", "profiles": [{**KOOCLI["profiles"][0], "name": "x", **agency}]}))
    warnings: list[str] = []
    environ = {"HW_ASSUME_ROLE_AGENCY_NAME": "other", "HW_ASSUME_ROLE_DOMAIN_NAME": "other"}
    options = {"profile": "x", "region": "cn-north-4"}
    identity = find_credentials(options, lambda key, _text: warnings.append(key), environ)
    assert identity.key[1:] == [{}, {"agency_name": "a", "agency_domain_name": "b"}]
    assert warnings == ["agency"]
    options.update(agency_name="c", agency_domain_id="d")
    assert find_credentials(options, no_warning, {}).key[2] == {"agency_name": "c", "agency_domain_id": "d"}


@pytest.mark.parametrize(
    "change, name, words",
    [
        ({}, "nobody", f"There is no profile 'nobody' of {{file}}. Its profiles are {NAMES}."),
        ({"current": None}, "", f"There is no profile '' of {{file}}. Its profiles are {NAMES}."),
        (
            {},
            "ecs",
            "The mode 'ecsAgency' of profile 'ecs' of {file} cannot be used; it can be AKSK, AKSKToken, agency, ",
        ),
        ({}, "new", "The mode 'AssumeRole' of profile 'new' of {file} cannot be used; it can be AKSK"),
        ({}, "no login", "Credentials in profile 'no login' of {file}, of mode 'SSO', are incomplete: accessKeyId is"),
        ({}, "half", "Credentials in profile 'half' of {file} are incomplete: accessKeyId given, secretAccessKey miss"),
        ({"authEncrypt": "true"}, "main", "The keys in the profile file {file} are encrypted"),
        ({"profiles": {"main": SECRET}}, "main", "The profile file {file} is not a JSON file with profiles"),
        (f"[global]\nak = {SECRET}", "main", "The profile file {file} is not a JSON file with profiles"),
        (f'{{"profiles": "{SECRET}', "main", "The profile file {file} is not a JSON file with profiles"),
        ("", "main", "The profile file {file} does not exist or is empty."),
    ],
)
def test_what_a_profile_lacks_is_said(koocli, change, name, words):
    write(koocli, json.dumps({**KOOCLI, **change}) if isinstance(change, dict) else change)
    for options, environ in (
        ({"profile": name, "credentials_file": str(koocli)}, {}),
        ({}, {NAME: name, FILE: str(koocli)}),
    ):
        environ.update(HW_ACCESS_KEY="A", HW_SECRET_KEY="B")  # a profile that was chosen is not replaced
        error = refusal(find_credentials, options, no_warning, environ)
        assert error.startswith(words.format(file=koocli))
        assert SECRET not in error
    if change == {"authEncrypt": "true"}:
        assert "hcloud configure set --cli-auth-encrypt=false" in error


def test_neither_repr_nor_str_shows_a_secret():
    credentials = Credentials("the test", *[SECRET] * 6)
    assert SECRET not in f"{credentials!r} {credentials!s} {[credentials]}"
