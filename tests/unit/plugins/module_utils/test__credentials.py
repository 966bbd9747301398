# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where credentials come from, and what is refused. The ECS metadata service is not asked here."""

from __future__ import annotations

import itertools
import os
import typing as t
from pathlib import Path

import pytest

from ansible_collections.huaweicloud.coc.plugins.module_utils._credentials import (
    DEFAULT_FILE,
    FILE_KEYS,
    FILE_SECTIONS,
    FILE_VARIABLE,
    OPTIONS,
    SDK_ENVIRONMENT,
    TERRAFORM_ENVIRONMENT,
    Credentials,
    find_credentials,
)
from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError

SECRET = "FakeSecretKey/+=0001"


class Source(t.NamedTuple):
    """A source: its place in messages, and what it calls the fields of Credentials."""

    words: str
    names: dict[str, str]
    kind: str  # options, environment, or the section of the file


SOURCES = [
    Source("the options", OPTIONS, "options"),
    Source("the environment variables HUAWEICLOUD_SDK_*", SDK_ENVIRONMENT, "environment"),
    Source("the environment variables HW_*", TERRAFORM_ENVIRONMENT, "environment"),
    Source("section [global] of {file}", FILE_KEYS, "global"),
    Source("section [basic] of {file}", FILE_KEYS, "basic"),
]
SOURCE_NAMES = ["options", "SDK environment", "Terraform environment", "[global]", "[basic]"]
PAIRS = list(itertools.combinations(range(len(SOURCES)), 2))  # an earlier source and a later one
TOKEN_SOURCES = [source for source in SOURCES if "auth_token" in source.names]


@pytest.fixture
def profile(tmp_path):
    """The path of the default profile file, which does not exist yet; HOME is a folder of the test."""
    path = tmp_path / ".huaweicloud" / "credentials"
    path.parent.mkdir()
    assert os.path.expanduser(DEFAULT_FILE) == str(path)
    return path


def write(path: Path, content: str, mode: int = 0o600) -> None:
    path.write_bytes(content.encode())
    path.chmod(mode)


def find(path: Path, *given: tuple[Source, dict[str, str]], **options: t.Any) -> Credentials:
    """Return the credentials found where each source has these fields, and the file at ``path`` holds its sections."""
    environ: dict[str, str] = {}
    sections: dict[str, dict[str, str]] = {}
    for source, fields in given:
        named = {source.names[field]: value for field, value in fields.items()}
        if source.kind == "options":
            options.update(named)
        elif source.kind == "environment":
            environ.update(named)
        else:
            sections[source.kind] = named
    if sections:
        lines = (
            f"[{section}]\n" + "".join(f"{key} = {value}\n" for key, value in named.items())
            for section, named in sections.items()
        )
        write(path, "".join(lines))
    return find_credentials(options, pytest.fail, environ)()


def own_set(source: Source) -> dict[str, str]:
    """Return a complete set of all fields that the source has, but no token, each with a value of its own."""
    index = SOURCES.index(source)
    return {field: f"{field}-{index}" for field in source.names if field != "auth_token"}


# What each source gives, and in which order


def test_names_are_those_of_the_vendor():
    """Those that its SDK and its Terraform provider read."""
    assert set(SDK_ENVIRONMENT.values()) == {
        "HUAWEICLOUD_SDK_AK",
        "HUAWEICLOUD_SDK_SK",
        "HUAWEICLOUD_SDK_SECURITY_TOKEN",
        "HUAWEICLOUD_SDK_DOMAIN_ID",
        "HUAWEICLOUD_SDK_PROJECT_ID",
    }
    assert set(TERRAFORM_ENVIRONMENT.values()) == {
        "HW_ACCESS_KEY",
        "HW_SECRET_KEY",
        "HW_SECURITY_TOKEN",
        "HW_AUTH_TOKEN",
        "HW_DOMAIN_ID",
        "HW_PROJECT_ID",
    }
    assert FILE_SECTIONS == ("global", "basic")
    assert set(FILE_KEYS.values()) == {"ak", "sk", "security_token", "domain_id", "project_id"}
    assert (FILE_VARIABLE, DEFAULT_FILE) == ("HUAWEICLOUD_SDK_CREDENTIALS_FILE", "~/.huaweicloud/credentials")


@pytest.mark.parametrize("source", SOURCES, ids=SOURCE_NAMES)
def test_source_gives_each_of_its_fields(source, profile):
    found = find(profile, (source, own_set(source)))
    assert vars(found) == {
        **vars(Credentials("")),
        **own_set(source),
        "source": source.words.format(file=profile),
    }


@pytest.mark.parametrize("source", SOURCES, ids=SOURCE_NAMES)
def test_key_and_secret_are_enough(source, profile):
    found = find(profile, (source, {"access_key": "AK", "secret_key": SECRET}))
    assert (found.access_key, found.secret_key, found.security_token) == ("AK", SECRET, None)


@pytest.mark.parametrize("source", TOKEN_SOURCES, ids=["options", "Terraform environment"])
def test_token_is_enough(source, profile):
    found = find(profile, (source, {"auth_token": "T"}))
    assert vars(found) == {**vars(Credentials("")), "auth_token": "T", "source": source.words}


@pytest.mark.parametrize("first, later", PAIRS)
def test_earlier_source_wins_whole(first, later, profile):
    """Nothing of the later source is mixed in, not even what the earlier one lacks."""
    found = find(
        profile,
        (SOURCES[later], own_set(SOURCES[later])),
        (SOURCES[first], {"access_key": "AK", "secret_key": SECRET}),
    )
    assert vars(found) == {
        **vars(Credentials("")),
        "source": SOURCES[first].words.format(file=profile),
        "access_key": "AK",
        "secret_key": SECRET,
    }


@pytest.mark.parametrize("first, later", PAIRS)
def test_ids_alone_are_no_credentials(first, later, profile):
    """A source with nothing but an account's or project's ID is passed over; only the options' IDs count anyway."""
    field = "domain_id" if "domain_id" in SOURCES[first].names else "project_id"
    found = find(
        profile, (SOURCES[first], {field: "mine"}), (SOURCES[later], {"access_key": "AK", "secret_key": SECRET})
    )
    assert found.source == SOURCES[later].words.format(file=profile)
    assert getattr(found, field) == ("mine" if first == 0 else None)


@pytest.mark.parametrize("source", SOURCES[1:], ids=SOURCE_NAMES[1:])
def test_options_ids_win(source, profile):
    found = find(profile, (source, own_set(source)), domain_id="d", project_id="p")
    assert (found.domain_id, found.project_id) == ("d", "p")
    assert found.access_key == own_set(source)["access_key"]


def test_function_gives_the_same_credentials_each_time():
    credentials = find_credentials({"auth_token": "T"}, pytest.fail, {})
    assert credentials() is credentials()


# Half a set


@pytest.mark.parametrize("source", SOURCES, ids=SOURCE_NAMES)
@pytest.mark.parametrize(
    "given, missing",
    [
        (("access_key",), ("secret_key",)),
        (("secret_key",), ("access_key",)),
        (("security_token",), ("access_key", "secret_key")),
        (("access_key", "security_token"), ("secret_key",)),
        (("secret_key", "security_token"), ("access_key",)),
    ],
)
def test_half_a_set_names_its_source_and_the_other_half(source, given, missing, profile):
    """Another source that is complete does not help: which one was meant is not for us to guess."""
    others = [(other, own_set(other)) for other in SOURCES[SOURCES.index(source) + 1 :]]
    with pytest.raises(CocError) as refusal:
        find(profile, (source, dict.fromkeys(given, SECRET)), *others)
    assert refusal.value.msg == (
        f"Credentials in {source.words.format(file=profile)} are incomplete: "
        f"{' and '.join(source.names[field] for field in given)} given, "
        f"{' and '.join(source.names[field] for field in missing)} missing. "
        "A source is used whole: complete it, or empty it to use the next one."
    )


@pytest.mark.parametrize("source", TOKEN_SOURCES, ids=["options", "Terraform environment"])
@pytest.mark.parametrize(
    "given", [("access_key",), ("access_key", "secret_key"), ("access_key", "secret_key", "security_token")]
)
def test_token_excludes_keys(source, given, profile):
    with pytest.raises(CocError) as refusal:
        find(profile, (source, {"auth_token": SECRET, **dict.fromkeys(given, SECRET)}))
    assert refusal.value.msg == (
        f"Credentials in {source.words}: {source.names['auth_token']} excludes "
        f"{' and '.join(source.names[field] for field in given)}. "
        "Give an IAM token or an access key with its secret, not both."
    )


def test_token_and_keys_of_different_sources_do_not_meet(profile):
    found = find(profile, (SOURCES[0], {"auth_token": "T"}), (SOURCES[1], own_set(SOURCES[1])))
    assert (found.auth_token, found.access_key) == ("T", None)


# Nothing


def test_nothing_found_lists_what_was_looked_at(profile):
    with pytest.raises(CocError) as refusal:
        find(profile)
    assert refusal.value.msg == (
        "No credentials found. Looked at the options access_key and secret_key, or auth_token; the environment "
        "variables HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK; HW_ACCESS_KEY and HW_SECRET_KEY, or HW_AUTH_TOKEN; the "
        f"sections [global] and [basic] of the profile file {profile}, which does not exist. Set one of them on the "
        "host that runs this, or auth_source=ecs_metadata on an ECS that has an agency."
    )


def test_nothing_found_says_when_the_file_is_there(profile):
    write(profile, "[other]\nak = AK\nsk = SK\n")
    with pytest.raises(CocError) as refusal:
        find(profile)
    assert f"the profile file {profile}. Set one" in refusal.value.msg


def test_nothing_found_does_not_claim_to_have_looked_at_the_environment(profile):
    """A file that is asked for is the last source: its lack must not let another identity in."""
    with pytest.raises(CocError) as refusal:
        find(profile, (SOURCES[1], own_set(SOURCES[1])), credentials_file=str(profile))
    assert "environment" not in refusal.value.msg
    assert f"{profile}, which does not exist" in refusal.value.msg


@pytest.mark.parametrize("blank", ["", " ", "\t"])
@pytest.mark.parametrize("source", SOURCES, ids=SOURCE_NAMES)
def test_blank_is_not_set(source, blank, profile):
    nothing = dict.fromkeys(source.names, blank)
    with pytest.raises(CocError, match="^No credentials found"):
        find(profile, (source, nothing))
    last = SOURCES[-1] if source != SOURCES[-1] else SOURCES[0]
    assert find(profile, (source, nothing), (last, own_set(last))).access_key == own_set(last)["access_key"]


def test_blank_beside_a_token_is_not_set(profile):
    """AWX sets what is not filled in to ''."""
    found = find(profile, (SOURCES[2], {**dict.fromkeys(TERRAFORM_ENVIRONMENT, ""), "auth_token": "T"}))
    assert vars(found) == {**vars(Credentials("")), "auth_token": "T", "source": SOURCES[2].words}


@pytest.mark.parametrize("source", SOURCES, ids=SOURCE_NAMES)
def test_blanks_around_a_value_are_not_part_of_it(source, profile):
    found = find(profile, (source, {"access_key": " AK ", "secret_key": f"\t{SECRET} "}))
    assert (found.access_key, found.secret_key) == ("AK", SECRET)


# What no header can carry


@pytest.mark.parametrize("source", SOURCES, ids=SOURCE_NAMES)
@pytest.mark.parametrize("field", ["access_key", "secret_key", "security_token"])
def test_impossible_characters_are_refused_and_not_shown(source, field, profile):
    for wrong in ("中文", "\u00e9", "\x00", "\x7f", "\u2028", "\n\tb"):
        secret = f"{SECRET[:10]}{wrong}{SECRET[10:]}"
        with pytest.raises(CocError) as refusal:
            find(profile, (source, {**own_set(source), field: secret}))
        assert refusal.value.msg == (
            f"Credentials in {source.words.format(file=profile)}: {source.names[field]} has characters that "
            "credentials never have (a line break, a control character, or one outside ASCII). Copy it again."
        )


@pytest.mark.parametrize("auth_source", ["auto", "ecs_metadata"])
@pytest.mark.parametrize("field", ["domain_id", "project_id"])
def test_impossible_characters_in_an_id_are_refused_for_every_source(auth_source, field):
    with pytest.raises(CocError) as refusal:
        find_credentials({"auth_source": auth_source, field: "a\r\nX-Evil: b"}, pytest.fail, {})
    assert refusal.value.msg.startswith(f"Credentials in the options: {field} has characters")


@pytest.mark.parametrize("source", TOKEN_SOURCES, ids=["options", "Terraform environment"])
def test_impossible_characters_in_a_token_are_refused_and_not_shown(source, profile):
    with pytest.raises(CocError) as refusal:
        find(profile, (source, {"auth_token": f"{SECRET}\r\nX-Evil: {SECRET}"}))
    assert f"{source.names['auth_token']} has characters" in refusal.value.msg
    assert SECRET not in refusal.value.msg


# The profile file


def test_global_comes_before_basic(profile):
    write(profile, "[basic]\nak = B\nsk = S\nproject_id = P\n[global]\nak = G\nsk = S\ndomain_id = D\n")
    found = find(profile)
    assert (found.access_key, found.domain_id, found.project_id) == ("G", "D", None)


def test_basic_serves_where_global_is_empty(profile):
    write(profile, "[global]\nak =\nsk =\n[basic]\nak = B\nsk = S\nproject_id = P\n")
    found = find(profile)
    assert (found.access_key, found.domain_id, found.project_id) == ("B", None, "P")


def test_file_may_be_written_on_windows(profile):
    write(profile, "\ufeff[global]\r\nAK = G\r\nSK : S\r\n; a comment\r\n")
    found = find(profile)
    assert (found.access_key, found.secret_key) == ("G", "S")


def test_values_are_taken_as_they_are(profile):
    secret = "%(ak)s%%$=:#/+ x;y'\""
    write(profile, f"[global]\nak = G\nsk = {secret}\n")
    assert find(profile).secret_key == secret


@pytest.mark.parametrize(
    "content",
    [
        f"{SECRET}\n",
        f"ak = AK\nsk = {SECRET}\n",
        f"[global]\nak\n{SECRET}\n",
        f"[global\nsk = {SECRET}\n",
    ],
    ids=["one word", "no section", "no equals sign", "broken section"],
)
def test_other_format_is_refused_without_showing_its_text(profile, content):
    write(profile, content)
    with pytest.raises(CocError) as refusal:
        find(profile)
    assert refusal.value.msg == (
        f"The profile file {profile} cannot be read: it is not an INI file with sections and key = value. "
        "Fix it, or name another with credentials_file."
    )
    assert refusal.value.__cause__ is None and refusal.value.__suppress_context__  # the parser's text quotes the line


@pytest.mark.parametrize("again", ["sk", "[global]\nsk"], ids=["key", "section"])
def test_what_is_there_twice_is_refused_with_its_line(profile, again):
    write(profile, f"[global]\nsk = {SECRET}\n{again} = {SECRET}\n")
    with pytest.raises(CocError) as refusal:
        find(profile)
    reason = "line 3 repeats a section or a key"
    assert f"The profile file {profile} cannot be read: {reason}. Fix it" in refusal.value.msg
    assert refusal.value.__cause__ is None and refusal.value.__suppress_context__


def test_other_encoding_is_refused(profile):
    profile.write_bytes(f"[global]\nsk = {SECRET}é\n".encode("latin-1"))
    with pytest.raises(CocError) as refusal:
        find(profile)
    assert refusal.value.msg.startswith(f"The profile file {profile} cannot be read: it is not an INI file")
    assert SECRET not in refusal.value.msg


def test_unreadable_file_says_why(profile):
    profile.mkdir()  # what a test can rely on even where it runs as root
    with pytest.raises(CocError) as refusal:
        find(profile)
    assert f"The profile file {profile} cannot be read: Is a directory. Fix it" in refusal.value.msg


def test_file_is_not_opened_when_it_is_not_needed(profile):
    write(profile, "no INI file", 0o644)
    assert find(profile, (SOURCES[2], own_set(SOURCES[2]))).source == SOURCES[2].words


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_private_file_is_read_in_silence(profile, mode):
    write(profile, "[global]\nak = G\nsk = S\n", mode)
    warnings: list[str] = []
    find_credentials({}, warnings.append, {})
    assert warnings == []


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o777, 0o602])
def test_file_that_others_may_read_gives_a_warning(profile, mode):
    write(profile, "[global]\nak = G\nsk = S\n", mode)
    warnings: list[str] = []
    assert find_credentials({}, warnings.append, {})().access_key == "G"
    assert warnings == [
        f"The profile file {profile} contains secrets and others may read it (mode {mode:04o}). "
        f"Run: chmod 600 {profile}"
    ]


def test_variable_names_the_file(profile, tmp_path):
    write(profile, "[global]\nak = G\nsk = S\n")
    write(tmp_path / "other", "[global]\nak = O\nsk = S\n")
    found = find_credentials({}, pytest.fail, {FILE_VARIABLE: "~/other"})()
    assert (found.access_key, found.source) == ("O", f"section [global] of {tmp_path}/other")


@pytest.mark.parametrize("blank", ["", "  "])
def test_blank_variable_names_no_file(profile, blank):
    write(profile, "[global]\nak = G\nsk = S\n")
    assert find_credentials({}, pytest.fail, {FILE_VARIABLE: blank})().access_key == "G"


def test_file_of_the_variable_comes_after_the_other_variables(tmp_path):
    write(tmp_path / "other", "[global]\nak = O\nsk = S\n")
    environ = {FILE_VARIABLE: str(tmp_path / "other"), "HW_ACCESS_KEY": "H", "HW_SECRET_KEY": "S"}
    assert find_credentials({}, pytest.fail, environ)().access_key == "H"


def test_file_of_the_option_comes_before_all_variables(profile, tmp_path):
    write(profile, "[global]\nak = G\nsk = S\n")
    write(tmp_path / "other", "[basic]\nak = O\nsk = S\n")
    given = [(source, own_set(source)) for source in SOURCES[1:3]]
    found = find(profile, *given, credentials_file="~/other")
    assert (found.access_key, found.source) == ("O", f"section [basic] of {tmp_path}/other")


def test_other_options_come_before_the_file_of_the_option(tmp_path):
    write(tmp_path / "other", "[basic]\nak = O\nsk = S\n")
    options = {"credentials_file": str(tmp_path / "other"), "auth_token": "T"}
    assert find_credentials(options, pytest.fail, {})().source == "the options"


# What is shown


def test_neither_repr_nor_str_shows_a_secret():
    credentials = Credentials("the test", *[SECRET] * 6)
    assert SECRET not in f"{credentials!r} {credentials!s} {[credentials]}"
