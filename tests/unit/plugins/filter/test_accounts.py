# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which options each account is asked with: its own and the common ones, but no credentials or site from two places."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.huaweicloud.coc.plugins.filter.accounts import accounts
from ansible_collections.huaweicloud.coc.plugins.lookup.scheduled_task import ONLY_KEYWORDS
from ansible_collections.huaweicloud.coc.plugins.module_utils._endpoint import SITES

COMMON = {
    "region": "eu-west-101",
    "endpoint": "https://common.example.com",
    "auth_token": "FakeCommonToken",
    "domain_id": "D-common",
    "project_id": "P-common",
    "risk_level": "HIGH",
    "limit": " ",
}


def options(**own):
    """Return the options of an account beside the common ones."""
    variables = {f"ansible_huaweicloud_{name}": value for name, value in COMMON.items()}
    (account,) = accounts({**variables, "ansible_huaweicloud_log_level": "x", "coc_accounts": [{"name": "a", **own}]})
    assert account["name"] == "a"
    assert account["options"].pop(ONLY_KEYWORDS) is True
    return account["options"]


ALL = COMMON.keys() - {"limit"}  # which is blank
NO_CREDENTIALS = {"region", "endpoint", "risk_level"}


@pytest.mark.parametrize(
    "own, inherited",
    [
        ({}, ALL),
        ({"project_id": "P1"}, ALL),  # which goes with the common credentials
        ({"endpoint": "https://own.example.com"}, ALL - {"region"}),
        ({"access_key": "FakeKey", "secret_key": "FakeSecret"}, NO_CREDENTIALS),
        ({"access_key": "FakeKey"}, NO_CREDENTIALS),  # incomplete: the lookup says so, and nothing fills it up
        ({"auth_token": "FakeToken"}, NO_CREDENTIALS),
        ({"security_token": "FakeToken"}, NO_CREDENTIALS),
        ({"credentials_file": "~/a"}, NO_CREDENTIALS),
        ({"auth_source": "ecs_metadata"}, NO_CREDENTIALS),
    ],
)
def test_credentials_and_site_are_taken_whole(own, inherited):
    assert options(**own) == {**{name: COMMON[name] for name in inherited}, **own}


def test_blanks_do_not_count_and_short_names_are_those_of_options():
    assert options(region="", security_token=None, limit=" ") == options()
    keys = {"access_key": "FakeKey", "secret_key": "FakeSecret"}
    assert options(ak="FakeKey", sk="FakeSecret", access_key="", auth_token="") == options(**keys)


def test_an_account_whose_keys_are_blank_is_not_asked_with_others():
    for name in ("access_key", "ak", "secret_key", "auth_token", "credentials_file"):
        with pytest.raises(AnsibleFilterError, match=f"{name}: is blank. Fill it in, or leave it out"):
            options(**{name: ""})


def test_a_region_of_its_own_wins_over_every_common_endpoint(monkeypatch):
    monkeypatch.setenv("HUAWEICLOUD_COC_ENDPOINT", "https://environment.example.com")
    site = {"region": "cn-north-4", "endpoint": SITES["cn-north-4"][1]}
    assert options(region="cn-north-4") == {**options(), **site}


def test_accounts_come_from_the_list_and_from_one_variable_each():
    found = accounts(
        {
            "coc_account_b": {"name": 4},
            "coc_accounts": '[{"name": "one"}, {"name": " two "}]',
            "coc_account_a": '{"name": "three", "risk_level": "LOW"}',
            "coc_account_blank": "",
            "coc_account_": "not one of them",
        }
    )
    assert [account["name"] for account in found] == ["one", "two", "three", "4"]
    assert found[2]["options"]["risk_level"] == "LOW"


@pytest.mark.parametrize("given", [{}, {"coc_accounts": ""}, {"coc_accounts": None}, {"coc_accounts": []}])
def test_there_may_be_none(given):
    assert accounts(given) == []


@pytest.mark.parametrize(
    "variables,message",
    [
        ({"coc_accounts": {"name": "a"}}, "coc_accounts: takes a list of dictionaries, each with a name."),
        ({"coc_accounts": [{"name": True}]}, "coc_accounts, entry 1: name must be a string."),
        ({"coc_accounts": [{"name": " "}]}, "coc_accounts, entry 1: has no name. Add one."),
        ({"coc_account_x": '{"name": "a", "sk": "FakeSecret"'}, "coc_account_x: is a string, but not valid JSON."),
        (
            {"coc_accounts": [{"name": "a"}], "coc_account_x": {"name": "A"}},
            "coc_account_x: coc_accounts, entry 1 already has the name 'A'; case does not count. "
            "Give each account a name of its own.",
        ),
        (
            {"coc_account_x": {"name": "a", "secret-key": "FakeSecret"}},
            "coc_account_x, account 'a': secret-key: an account has no such option. Did you mean secret_key?",
        ),
    ],
)
def test_what_is_wrong_is_named_without_its_value(variables, message):
    with pytest.raises(AnsibleFilterError) as error:
        accounts(variables)
    assert str(error.value) == message
