# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup, as ``lookup_loader`` finds it and as a playbook calls it: terms, variables, keywords, errors."""

from __future__ import annotations

import contextlib
import json
import re

import pytest
from ansible.errors import AnsibleLookupError

from ansible_collections.huaweicloud.coc.plugins.plugin_utils._lookup_options import LOOKUP_SPEC
from ansible_collections.huaweicloud.coc.tests.coc_simulator import ACCESS_KEY, SECRET_KEY, sample_tasks, status
from ansible_collections.huaweicloud.coc.tests.unit.conftest import (
    WRONG_SECRET_KEY,
    ids_of,
    queries,
    run_lookup,
    run_module,
    run_python,
)
from ansible_collections.huaweicloud.coc.tests.unit.wrong_options import REFUSED

TASKS = sample_tasks()
IDS = ids_of(TASKS)
A, B, LAST = IDS[7], IDS[3], IDS[-1]
RISKY = ids_of(task for task in TASKS if task["risk_level"] == "HIGH")
NO_SUCH_ID = "ST00000000000000000000none"

# Terms


@pytest.mark.parametrize(
    "terms, options, found, requested",
    [
        ([], {}, IDS, ["limit=1000"]),
        ([], {"risk_level": "HIGH"}, RISKY, ["limit=1000&risk_level=HIGH"]),
        # one is queried by itself; several take one request and keep their order
        ([A, A], {}, [A, A], [f"limit=1000&task_id={A}"]),
        ([A, B, A, LAST], {}, [A, B, A, LAST], ["limit=1000"]),
        ([A, [B, LAST], []], {}, [A, B, LAST], ["limit=1000"]),
        ([[]], {}, [], []),
        # filters hold for each term
        (
            [IDS[0], RISKY[0]],
            {"risk_level": "HIGH", "on_missing": "skip"},
            [RISKY[0]],
            ["limit=1000&risk_level=HIGH", f"limit=1000&risk_level=HIGH&task_id={IDS[0]}"],
        ),
        # with a position, each is queried by itself
        ([A, B], {"limit": 1}, [A, B], [f"limit=1&task_id={A}", f"limit=1&task_id={B}"]),
        ([A, B], {"offset": 0}, [A, B], [f"limit=1000&offset=0&task_id={task_id}" for task_id in (A, B)]),
        # a keyword that with_ adds before ansible-core 2.19
        ([], {"wantlist": True}, IDS, ["limit=1000"]),
    ],
)
def test_what_is_returned_and_which_requests_that_takes(simulator, connection, terms, options, found, requested):
    assert run_lookup({**connection, **options}, terms).ids == found
    assert queries(simulator) == requested


def test_terms_that_the_first_page_does_not_show_are_queried_one_by_one_on_one_connection(simulator, connection):
    simulator.tasks = sample_tasks(1002)
    *_rest, first, second = ids_of(simulator.tasks)
    assert run_lookup(connection, [first, A, second]).ids == [first, A, second]
    assert queries(simulator) == ["limit=1000", f"limit=1000&task_id={first}", f"limit=1000&task_id={second}"]
    assert simulator.connections == 1


# What is refused before any request


def no_task_id(shown):
    return f"term: {shown} is not a task ID, which has 26 characters and starts with ST. Give options as keywords."


def no_option(name, meant):
    return f"{name}: the lookup huaweicloud.coc.scheduled_task has no such option. Did you mean {meant}?"


@pytest.mark.parametrize(
    "terms, options, error",
    [
        *(([A, term], {}, no_task_id(repr(str(term).strip()))) for term in ("", "  ", None, 42, "nightly-backup")),
        ([A, 41 * "x"], {}, no_task_id(f"'{40 * 'x'}…'")),
        ([TASKS[0]], {}, no_task_id("this")),
        ([A], {"task_id": B}, "task_id: give the IDs as terms or this option, not both."),
        ([], {"tsk_name": "x"}, no_option("tsk_name", "task_name")),
        ([], {"cache_timeout": "1.5"}, "cache_timeout: '1.5' is not a whole number."),
        ([], {"cache_timeout": -1}, "cache_timeout: -1 is too small; it takes 0 or more seconds."),
        ([], {"on_missing": "ignore"}, "value of on_missing must be one of: error, warn, skip, got: ignore"),
    ],
)
def test_what_cannot_be_right_is_refused(simulator, connection, terms, options, error):
    outcome = run_lookup({**connection, **options}, terms)
    assert outcome.error == error
    assert isinstance(outcome.result["exception"], AnsibleLookupError)
    assert simulator.requests == []


# A task that is missing

NOT_FOUND = status(400, {"error_code": "COC.00014102", "error_msg": "The task does not exist."})


@pytest.mark.parametrize("fault", [None, NOT_FOUND], ids=["nothing found", "COC.00014102"])
@pytest.mark.parametrize("policy", [None, "error", "warn", "skip"])
def test_a_missing_task_fails_unless_that_is_allowed(simulator, connection, policy, fault):
    simulator.faults += [None, fault]
    outcome = run_lookup({**connection, "on_missing": policy}, [A, NO_SUCH_ID, B])
    missing = f"{NO_SUCH_ID}: {simulator.endpoint} has no such task, or the other filters exclude it."
    if policy in ("warn", "skip"):
        assert (outcome.ids, outcome.warnings) == ([A, B], [missing] if policy == "warn" else [])
    else:
        assert outcome.error == f"{missing} To continue without it, use on_missing=warn or on_missing=skip."
    assert queries(simulator) == ["limit=1000", f"limit=1000&task_id={NO_SUCH_ID}"]


def test_another_refusal_is_not_a_missing_task(simulator, connection):
    simulator.faults.append(status(400, {"error_code": "COC.00014121", "error_msg": "Not yours."}))
    assert "COC.00014121: Not yours" in run_lookup({**connection, "on_missing": "skip"}, [NO_SUCH_ID]).error


# Keywords and variables


def as_variables(options):
    return {f"ansible_huaweicloud_{name}": value for name, value in options.items()}


def test_options_come_from_variables_and_others_are_left_alone(simulator, connection):
    others = {"bucket": "x", "regions": "x"}
    variables = as_variables({**connection, "risk_level": "HIGH", "limit": "2", "validate_certs": "no", **others})
    assert len(run_lookup({}, variables=variables).ids) == 2
    assert queries(simulator) == ["limit=2&risk_level=HIGH"]


def test_a_keyword_or_its_short_name_wins_over_a_variable(simulator, endpoint):
    variables = as_variables({"risk_level": "HIGH", "access_key": "none", "secret_key": "none", "limit": 1})
    given = {**endpoint, "ak": ACCESS_KEY, "sk": SECRET_KEY, "risk_level": "LOW", "limit": 2}
    assert len(run_lookup(given, variables=variables).ids) == 2
    assert queries(simulator) == ["limit=2&risk_level=LOW"]


def test_credentials_of_a_keyword_are_taken_whole(simulator, endpoint, tmp_path):
    file = tmp_path / "credentials"
    file.write_text(f"[basic]\nak = {ACCESS_KEY}\nsk = {SECRET_KEY}\n")
    file.chmod(0o600)
    variables = as_variables({**endpoint, "access_key": "none", "secret_key": "none", "security_token": "none"})
    assert run_lookup({"credentials_file": str(file)}, variables=variables).ids == IDS
    assert run_lookup({"ak": ACCESS_KEY, "sk": SECRET_KEY}, variables=variables).ids == IDS


def test_each_list_is_warned_of_once_in_a_run(simulator, connection, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.TemporaryDirectory", lambda: contextlib.nullcontext(str(tmp_path)))  # of the run
    simulator.tasks = []
    others: list[dict] = [{}, {}, {"limit": 5}, {"project_id": "other"}, {"limit": 5}]
    assert [len(run_lookup({**connection, **options}).warnings) for options in others] == [1, 0, 1, 1, 0]


@pytest.mark.parametrize("blank", [None, "", "  "], ids=repr)
def test_what_is_blank_is_not_set(blank, simulator, connection):
    """Neither as a variable nor as a keyword, for which the variable counts."""
    nothing = dict.fromkeys(LOOKUP_SPEC, blank)
    assert run_lookup(nothing, variables=as_variables({**nothing, **connection})).ids == IDS
    assert queries(simulator) == ["limit=1000"]


# The same as the module

VARYING = re.compile(r"[0-9a-f]{32}|\d{8}T\d{6}Z")  # the request ID, and the time of the signature


def test_it_fails_as_the_module_does_with_the_very_message(connection):
    reach_the_service: list[dict] = [{"secret_key": WRONG_SECRET_KEY}, {"marker": "unknown"}]
    for options in reach_the_service + [options for options, _words in REFUSED]:
        module, lookup = run_module({**connection, **options}), run_lookup({**connection, **options})
        assert VARYING.sub("(varies)", lookup.error) == VARYING.sub("(varies)", module.error), options
        assert isinstance(lookup.result["exception"], AnsibleLookupError)


# In a playbook

PLAYBOOK = """
- hosts: localhost
  connection: local
  gather_facts: false
  vars:
    ansible_huaweicloud_endpoint: "{{ my_connection.endpoint }}"
    ansible_huaweicloud_access_key: "{{ my_connection.access_key }}"
    ansible_huaweicloud_secret_key: "{{ my_connection.secret_key }}"
    ansible_huaweicloud_max_retries: "{{ 1 + 1 }}"
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
    - ansible.builtin.set_fact:
        results:
          query: "{{ query('huaweicloud.coc.scheduled_task', limit=2) }}"
          wantlist: "{{ lookup('huaweicloud.coc.scheduled_task', limit=2, wantlist=true) }}"
          several: "{{ lookup('huaweicloud.coc.scheduled_task', limit=2) }}"
          one: "{{ lookup('huaweicloud.coc.scheduled_task', ids[0]) }}"
          none: "{{ query('huaweicloud.coc.scheduled_task', []) }}"
          terms: "{{ query('huaweicloud.coc.scheduled_task', ids[1], ids, on_missing=policy | default('')) }}"
          names: "{{ query('huaweicloud.coc.scheduled_task', limit=2) | map(attribute='name') }}"
    - huaweicloud.coc.scheduled_task_info:
        limit: 2
      module_defaults:
        group/huaweicloud.coc.coc: "{{ my_connection }}"
      register: module
    - ansible.builtin.copy:
        content: "{{ dict(results, module=module.scheduled_tasks) | to_json }}"
        dest: "{{ target }}"
        mode: "0600"
    - ansible.builtin.debug:
        msg: "{{ query('huaweicloud.coc.scheduled_task', tsk_name='x') }}"
      ignore_errors: true
"""


def test_a_playbook_gets_lists_that_nothing_templates_and_no_warning(simulator, connection, tmp_path):
    simulator.tasks[0]["name"] = "{{ 1 + 1 }}"
    playbook, target = tmp_path / "playbook.yml", tmp_path / "results.json"
    playbook.write_text(PLAYBOOK)
    variables = json.dumps({"my_connection": connection, "ids": IDS[:2], "target": str(target)})
    run = run_python("-m", "ansible.cli.playbook", "-i", "localhost,", "-e", variables, str(playbook))
    output = run.stdout + run.stderr
    assert run.returncode == 0, output
    results = json.loads(target.read_text())
    two = IDS[:2]
    found = {name: ids_of(results[name]) for name in ("query", "wantlist", "several", "terms")}
    assert found == {"query": two, "wantlist": two, "several": two, "terms": [two[1], *two]}
    assert (results["one"]["id"], results["none"], results["module"]) == (two[0], [], results["query"])
    assert results["names"] == ["{{ 1 + 1 }}", TASKS[1]["name"]]
    assert "Did you mean task_name?" in output
    assert "WARNING" not in output and "Traceback" not in output
