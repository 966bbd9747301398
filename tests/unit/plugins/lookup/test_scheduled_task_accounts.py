# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup for several accounts: which there are, what each is requested with, and what is returned for each."""

from __future__ import annotations

import contextlib
import json
import signal
import threading

import pytest

pytest.importorskip("ansible.plugins.lookup", reason="targets have no controller code")

from ansible.plugins.loader import fragment_loader, lookup_loader
from ansible.utils.plugin_docs import get_plugin_docs

from ansible_collections.huaweicloud.coc.plugins.module_utils._endpoint import SITES
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._accounts import find_accounts
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._lookup_options import (
    ACCOUNTS_SPEC,
    COMMON_SPEC,
    merge_options,
)
from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.unit.conftest import (
    WRONG_SECRET_KEY,
    connection_to,
    ids_of,
    queries,
    refusal,
    run_lookup,
    run_python,
)

REASON = "It was refused in the job before."


def run(options, variables=None):
    return run_lookup(options, variables=variables, name="scheduled_task_accounts")


def entries(options, variables=None):
    """Return what the lookup returns, which is a success whatever happened to the accounts."""
    outcome = run(options, variables)
    assert not outcome.failed, outcome.msg
    return outcome.tasks


# Which accounts there are


def names(variables, listed=None):
    return [account.name for account in find_accounts(listed, variables, {})]


def test_accounts_come_from_the_list_and_from_one_variable_each():
    variables = {
        "coc_account_b": {"name": 4},
        "coc_account_a": '{"name": "three"}',
        "coc_account_id": "0123456789",
        "coc_account_names": ["x"],
        "coc_account_list": '["x"]',
        "coc_account_owner": "nobody",
        "coc_account_": None,
    }
    assert names(variables, '[{"name": "one"}, {"name": " two "}]') == ["one", "two", "three", "4"]
    assert names({}) == names({}, "null") == [None]


FIRST = "coc_accounts, entry 1, account 'a':"
NO_JSON = "looks like an account in JSON but is not valid JSON."
BOTH = "access_key and its short name are both set. Remove one of them."
A_LIST = "takes one value, not a list. Leave it out and select from the result, or query once for each value."


@pytest.mark.parametrize(
    "listed, variables, message",
    [
        ([], {}, "coc_accounts: has no account. Add one, or leave it out."),
        ("[]", {"coc_account_x": {"name": "a"}}, "coc_accounts: has no account. Add one, or leave it out."),
        ({}, {}, "coc_accounts: must be a list of dictionaries, each with a name."),
        ({"name": "a"}, {}, "coc_accounts: must be a list of dictionaries, each with a name."),
        ('[{"sk": "FakeSecret"}', {}, "coc_accounts: is a string, but not valid JSON."),
        (["FakeSecret"], {}, "coc_accounts, entry 1: is not a dictionary with name and options."),
        ([{"name": True}], {}, "coc_accounts, entry 1: name must be a string."),
        ([{"name": " "}], {}, "coc_accounts, entry 1: has no name. Add one."),
        ([{"nmae": "a"}], {}, "coc_accounts, entry 1: has no name. Is nmae a typo of name?"),
        (None, {"coc_account_x": {}}, "coc_account_x: has no name. Add one."),
        (None, {"coc_account_x": "{'sk': 'FakeSecret'}"}, f"coc_account_x: {NO_JSON}"),
        ([{"name": "a", "ak": "x", "access_key": "y"}], {}, f"{FIRST} access_key: {BOTH}"),
        ([{"name": "a", "region": ["cn-north-4"]}], {}, f"{FIRST} region: {A_LIST}"),
        (
            [{"name": "a"}],
            {"coc_account_x": {"name": "A"}},
            "coc_account_x: coc_accounts, entry 1 already has the name 'A'; upper and lower case are the same. "
            "Give each account a name of its own.",
        ),
        (
            None,
            {"coc_account_x": {"name": "a", "secret-key": "FakeSecret"}},
            "coc_account_x, account 'a': secret-key: an account has no such option. Did you mean secret_key?",
        ),
        *(
            (
                [{"name": "a", key: ""}],
                {},
                f"coc_accounts, entry 1, account 'a': {key}: is blank. Fill it in, or leave it out to use the "
                "credentials for all accounts.",
            )
            for key in ("access_key", "ak", "secret_key", "auth_token", "credentials_file")
        ),
    ],
)
def test_what_is_no_account_is_named_without_its_value(listed, variables, message):
    assert refusal(find_accounts, listed, variables, {}) == message


# What each is requested with

COMMON = {
    "region": "eu-west-101",
    "endpoint": "https://common.example.com",
    "iam_endpoint": "https://iam.example.com",
    "auth_token": "FakeCommonToken",
    "domain_id": "D-common",
    "project_id": "P-common",
    "risk_level": "HIGH",
}
NO_CREDENTIALS = {"region", "endpoint", "iam_endpoint", "risk_level"}


@pytest.mark.parametrize(
    "own, inherited",
    [
        ({}, COMMON.keys()),
        ({"project_id": "P1"}, COMMON.keys()),  # which goes with the common credentials
        ({"endpoint": "https://own.example.com"}, COMMON.keys() - {"region", "iam_endpoint"}),
        ({"access_key": "FakeKey"}, NO_CREDENTIALS),  # incomplete, and nothing fills it up
        ({"auth_token": "FakeToken"}, NO_CREDENTIALS),
        ({"security_token": "FakeToken"}, NO_CREDENTIALS),
        ({"credentials_file": "~/a"}, NO_CREDENTIALS),
        ({"auth_source": "ecs_metadata"}, NO_CREDENTIALS),
    ],
)
def test_credentials_and_site_are_taken_whole(own, inherited):
    assert merge_options(own, COMMON) == {**{name: COMMON[name] for name in inherited}, **own}


def test_a_region_of_its_own_wins_over_every_common_endpoint(monkeypatch):
    monkeypatch.setenv("HUAWEICLOUD_COC_ENDPOINT", "https://environment.example.com")
    (account,) = find_accounts([{"name": "a", "region": "cn-north-4"}], {}, COMMON)
    assert account.options["endpoint"] == SITES["cn-north-4"][1]


# What is returned


def test_one_account_without_a_name_is_what_the_module_returns(simulator, connection):
    (entry,) = entries({**connection, "created_by": " ", "risk_level": "HIGH", "limit": "2"})
    tasks = [task for task in simulator.tasks if task["risk_level"] == "HIGH"]
    assert ids_of(entry["scheduled_tasks"]) == ids_of(tasks[:2])
    assert "account" not in entry["scheduled_tasks"][0]
    del entry["scheduled_tasks"]
    assert entry == {
        "name": None,
        "count": len(tasks),
        "next_marker": tasks[1]["id"],
        "min_tasks": None,
        "filters": {"risk_level": "HIGH", "limit": 2},
        "failed": False,
    }


def test_one_that_fails_hides_no_other_and_the_order_stays(simulator, connection):
    accounts = [
        {"name": "slow", "limit": 1, "min_tasks": "3"},
        {"name": "wrong key", "min_tasks": 0, "ak": connection["access_key"], "sk": WRONG_SECRET_KEY, "task_name": ""},
        {"name": "no file", "credentials_file": "~/missing"},
        {"name": "skipped"},
        {"name": "away", "endpoint": "http://127.0.0.1:9", "max_retries": 0},
    ]
    simulator.latency = 0.3
    slow, wrong, missing, skipped, away = entries(
        {**connection, "accounts": accounts, "skip_accounts": {"skipped": REASON, "another": "x"}}
    )
    assert [task["account"] for task in slow["scheduled_tasks"]] == ["slow"]
    assert [entry["min_tasks"] for entry in (slow, wrong, missing)] == [3, 0, None]
    failures: dict[str, object] = {
        "scheduled_tasks": [],
        "count": None,
        "next_marker": None,
        "filters": {},
        "failed": True,
    }
    for name, entry in zip(("wrong key", "no file", "skipped", "away"), (wrong, missing, skipped, away)):
        assert entry.items() >= {"name": name, **failures}.items()
        assert {"msg", "status", "error_code", "request_id", "transient", "retry_after"} <= entry.keys()
    assert (wrong["status"], wrong["error_code"], away["transient"]) == (401, "APIGW.0301", True)
    assert missing["msg"].startswith("No credentials found.") and skipped["msg"] == REASON
    assert len(simulator.requests) == 2


@pytest.mark.parametrize(
    "options, message",
    [
        ({"tsk_name": "x"}, "tsk_name: the lookup huaweicloud.coc.scheduled_task_accounts has no such option. Did you"),
        ({"on_missing": "skip"}, "on_missing: the lookup huaweicloud.coc.scheduled_task_accounts has no such option."),
        ({"forks": 0}, "forks: 0 is out of range; it takes 1 to 100."),
        ({"forks": "101"}, "forks: 101 is out of range; it takes 1 to 100."),
        ({"forks": "many"}, "forks: 'many' is not a whole number."),
        ({"skip_accounts": ["b"]}, "skip_accounts: must be a dictionary of account names and reasons."),
        (
            {"accounts": [{"name": "a"}, {"name": "b", "risk_level": "high"}]},
            "account 'b': value of risk_level must",
        ),
        ({"accounts": [{"name": "b", "min_tasks": -1}]}, "coc_accounts, entry 1, account 'b': min_tasks: -1 is out of"),
        ({"accounts": [{"name": "a"}, {"name": "b", "timeout": 0}]}, "account 'b': timeout: 0.0 is out of range"),
        (
            {"accounts": [{"name": "a"}, {"name": "b", "ak": "x"}]},
            "account 'b': Credentials in the options are inc",
        ),
    ],
)
def test_wrong_input_is_refused_before_anything_is_sent(simulator, connection, options, message):
    assert run({**connection, **options}).error.startswith(message)
    assert simulator.requests == []


def test_accounts_with_one_wrong_key_send_it_once_whatever_they_look_for(simulator, connection):
    accounts = [{"name": name, "created_by": name, "project_id": name} for name in "abcdefghijkl"]
    found = entries({**connection, "secret_key": WRONG_SECRET_KEY, "accounts": accounts, "forks": 12})
    assert [entry["status"] for entry in found] == [401] * 12
    assert len(simulator.requests) == 1


# Secrets


def test_no_account_gets_anything_of_another(simulator, connection):
    """Neither in a request, nor in its error, which the gateway's message would bring along."""
    with coc_simulator.Simulator() as other:
        accounts = [
            {"name": "a", **connection, "secret_key": WRONG_SECRET_KEY},
            {"name": "b", **connection_to(other), "access_key": "FakeOtherKey00000000"},
        ]
        outcome = run({"auth_token": coc_simulator.AUTH_TOKEN, "project_id": "P-common", "accounts": accounts})
        for service, mine in ((simulator, connection["access_key"]), (other, "FakeOtherKey00000000")):
            (request,) = service.requests
            assert f"Access={mine}," in request.header("Authorization")
            assert (request.header("X-Auth-Token"), request.header("X-Project-Id")) == (None, None)
    assert [entry["failed"] for entry in outcome.tasks] == [True, True]
    for secret in (WRONG_SECRET_KEY, coc_simulator.SECRET_KEY, coc_simulator.AUTH_TOKEN):
        assert secret not in outcome.output


# Side by side


@pytest.mark.parametrize("forks", [4, 2])
def test_accounts_are_requested_side_by_side_up_to_a_bound(forks):
    """Each request waits until as many as allowed have come; more at a time would break the count."""
    barrier, lock, running, at_once = threading.Barrier(forks), threading.Lock(), [], []

    def together(exchange, answer):
        with lock:
            running.append(exchange)
            at_once.append(len(running))
        barrier.wait(60)
        with lock:
            running.pop()
        exchange.deliver(answer)

    with contextlib.ExitStack() as stack:
        services = [stack.enter_context(coc_simulator.Simulator()) for _account in range(2 * forks)]
        for service in services:
            service.faults.append(together)
        accounts = [{"name": number, **connection_to(service)} for number, service in enumerate(services)]
        found = entries({"accounts": accounts, "forks": str(forks)})
    assert not [entry["msg"] for entry in found if entry["failed"]]
    assert max(at_once) == forks


def test_an_agency_without_a_key_to_use_fails_by_itself(simulator, endpoint, connection):
    agency = {"name": "by agency", "agency_name": "a", "agency_domain_id": "b"}
    good, missing = entries({**endpoint, "accounts": [{"name": "good", **connection}, agency]})
    assert not good["failed"] and missing["msg"].startswith("No credentials found.")


def test_warnings_are_shown_in_the_order_of_the_accounts_and_name_them(simulator, connection):
    simulator.tasks = []
    simulator.latency = 0.1
    accounts = [{"name": name, "project_id": name} for name in "cab"]
    warnings = run({**connection, "accounts": accounts}).warnings
    assert [text.partition(" has no scheduled tasks.")[0] for text in warnings] == [
        f"{name}: {simulator.endpoint}" for name in "cab"
    ]


class Interrupted(Exception):
    """What the task's timeout raises."""


@pytest.mark.parametrize("error", [KeyboardInterrupt, Interrupted])
def test_threads_end_with_the_lookup_when_it_is_interrupted(simulator, connection, monkeypatch, error):
    """Two accounts are never answered in time, the others wait for the first, or for a thread."""

    def interrupt(*_arguments):
        raise error

    simulator.latency = 20
    before = signal.signal(signal.SIGALRM, interrupt)
    accounts = [{"name": number, "endpoint": simulator.endpoint, "timeout": 5} for number in range(9)]
    keys = {name: value for name, value in connection.items() if name != "endpoint"}
    accounts[0].update(keys, access_key="FakeOtherKey00000000")
    signal.setitimer(signal.ITIMER_REAL, 1)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            outcome = run({**keys, "accounts": accounts, "forks": 4})
            assert isinstance(outcome.result["exception"], Interrupted)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("ThreadPoolExecutor")]
    assert len(simulator.requests) <= 2


# Documentation

FACTS = ("type", "default", "choices", "aliases")


def test_options_and_fields_are_documented(simulator, connection):
    name = "huaweicloud.coc.scheduled_task_accounts"
    documentation, _examples, returned, _metadata = get_plugin_docs(
        name, "lookup", lookup_loader, fragment_loader, False
    )
    documented, coded = (
        {option: {fact: facts[fact] for fact in FACTS if facts.get(fact) is not None} for option, facts in spec.items()}
        for spec in (documentation["options"], ACCOUNTS_SPEC)
    )
    assert documented == coded
    variables = {name: facts["vars"][0]["name"] for name, facts in documentation["options"].items() if "vars" in facts}
    common = {name: f"ansible_huaweicloud_{name}" for name in COMMON_SPEC}
    assert variables == {**common, "accounts": "coc_accounts", "forks": "coc_forks"}
    fields = returned["_raw"]["contains"]
    success, failure = entries({**connection, "accounts": [{"name": "a"}, {"name": "b", "sk": "x", "ak": "x"}]})
    assert set(success) == {name for name, facts in fields.items() if facts["returned"] == "always"}
    assert list(failure) == list(fields)


# In a playbook

PLAYBOOK = """
- hosts: localhost
  connection: local
  gather_facts: false
  vars:
    coc_accounts: "{{ [{'name': 'play'}, {'name': imported}] }}"
    ansible_huaweicloud_risk_level: "{{ 'HIGH' }}"
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
    - ansible.builtin.set_fact:
        coc_account_fact: {name: "{{ 'fact' }}", endpoint: "{{ my_keys.endpoint }}", limit: "{{ 1 + 1 }}"}
    - ansible.builtin.copy:
        content: "{{ query('huaweicloud.coc.scheduled_task_accounts', forks=2) | to_json }}"
        dest: "{{ target }}"
        mode: "0600"
"""


def test_variables_count_wherever_they_are_defined_templates_and_vault_included(simulator, connection, tmp_path):
    imported, playbook, target = (tmp_path / name for name in ("imported.yml", "playbook.yml", "results.json"))
    imported.write_text(PLAYBOOK)
    password = tmp_path / "password"
    password.write_text("FakePassword")
    vaulted = run_python(
        "-m", "ansible.cli.vault", "encrypt_string", "--vault-password-file", str(password), "-n",
        "ansible_huaweicloud_secret_key", connection["secret_key"],
    )  # fmt: skip
    lines = [
        "- import_playbook: imported.yml",
        "  vars:",
        "    imported: import",
        "    ansible_huaweicloud_endpoint: '{{ my_keys.endpoint }}'",
        "    ansible_huaweicloud_access_key: '{{ my_keys.access_key }}'",
        *("    " + line for line in vaulted.stdout.splitlines()),
    ]
    playbook.write_text("\n".join(lines))
    inventory = tmp_path / "inventory"
    inventory.write_text("""localhost coc_account_inventory='{"name": "inventory"}' coc_account_number=4711""")
    extra = {"my_keys": connection, "target": str(target), "coc_account_extra": '{"name": "extra"}'}
    options = ("-i", str(inventory), "--vault-password-file", str(password), "-e", json.dumps(extra))
    done = run_python("-m", "ansible.cli.playbook", *options, str(playbook))
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    found = json.loads(target.read_text())
    assert [entry.get("msg") for entry in found] == [None] * 5
    assert [entry["name"] for entry in found] == ["play", "import", "extra", "fact", "inventory"]
    assert [entry["filters"].get("limit") for entry in found] == [None, None, None, 2, None]
    assert {entry["filters"]["risk_level"] for entry in found} == {"HIGH"}
    assert sorted(queries(simulator))[-1] == "limit=2&risk_level=HIGH"
    assert "WARNING" not in output and connection["secret_key"] not in output
