# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup, as ``lookup_loader`` finds it and as a playbook calls it: terms, variables, keywords, errors."""

from __future__ import annotations

import json
import re

import ansible.template
import pytest
from ansible.errors import AnsibleLookupError

from ansible_collections.huaweicloud.coc.plugins.lookup.scheduled_task import OPTIONS
from ansible_collections.huaweicloud.coc.tests.coc_simulator import ACCESS_KEY, SECRET_KEY, status
from ansible_collections.huaweicloud.coc.tests.unit.conftest import (
    WRONG_SECRET_KEY,
    ids_of,
    queries,
    run_lookup,
    run_module,
    run_python,
)
from ansible_collections.huaweicloud.coc.tests.unit.plugins.modules.test_scheduled_task_info import REFUSED

NO_SUCH_ID = "ST00000000000000000000none"


def template(text):
    """Mark a text as one that Ansible may template. Before ansible-core 2.19 it templates every text."""
    return getattr(ansible.template, "trust_as_template", str)(text)


@pytest.fixture
def ids(simulator):
    return ids_of(simulator.tasks)


def task_ids(simulator):
    """Return the task IDs of all requests, in order."""
    return [dict(request.query).get("task_id") for request in simulator.requests]


# Terms


def test_without_terms_everything_that_matches_is_returned(simulator, connection, ids):
    assert run_lookup(connection).ids == ids
    risky = ids_of(task for task in simulator.tasks if task["risk_level"] == "HIGH")
    assert run_lookup({**connection, "risk_level": "HIGH"}).ids == risky


def test_several_terms_take_one_request_and_keep_their_order(simulator, connection, ids):
    wanted = [ids[7], ids[3], ids[7], ids[59]]
    assert run_lookup(connection, wanted).ids == wanted
    assert queries(simulator) == ["limit=1000"]


def test_one_term_is_queried_by_itself(simulator, connection, ids):
    assert run_lookup(connection, [ids[7], ids[7]]).ids == [ids[7], ids[7]]
    assert task_ids(simulator) == [ids[7]]


def test_terms_that_the_first_page_does_not_show_are_queried_one_by_one_on_one_connection(simulator, connection, ids):
    simulator.page_cap = 5
    wanted = [ids[7], ids[3], ids[59]]
    assert run_lookup(connection, wanted).ids == wanted
    assert task_ids(simulator) == [None, ids[7], ids[59]]
    assert simulator.connections == 1


@pytest.mark.parametrize("option", [{"limit": 1}, {"offset": 0}], ids=str)
def test_terms_with_a_position_are_queried_one_by_one(option, simulator, connection, ids):
    run_lookup({**connection, **option, "on_missing": "skip"}, ids[:2])
    assert task_ids(simulator) == ids[:2]


def test_lists_among_the_terms_are_flattened(connection, ids):
    assert run_lookup(connection, [ids[4], [ids[2], ids[0]], []]).ids == [ids[4], ids[2], ids[0]]


def test_an_empty_list_as_term_returns_nothing_and_requests_nothing(simulator, connection):
    assert run_lookup(connection, [[]]).ids == []
    assert simulator.requests == []


def test_filters_hold_for_each_term(simulator, connection):
    risky, other = (next(t["id"] for t in simulator.tasks if t["risk_level"] == risk) for risk in ("HIGH", "LOW"))
    outcome = run_lookup({**connection, "risk_level": "HIGH", "on_missing": "skip"}, [other, risky])
    assert outcome.ids == [risky]
    assert queries(simulator) == ["limit=1000&risk_level=HIGH", f"limit=1000&risk_level=HIGH&task_id={other}"]


@pytest.mark.parametrize("term", ["", "  ", None, 42, "nightly-backup", {"id": NO_SUCH_ID}], ids=repr)
def test_a_term_that_is_not_an_id_is_refused_before_any_request(term, simulator, connection, ids):
    error = run_lookup(connection, [ids[0], term]).error
    assert error == f"term: {str(term)!r} is not a task ID, which has 26 characters and starts with ST."
    assert simulator.requests == []


def test_a_term_that_is_a_whole_task_is_refused_in_few_words(simulator, connection):
    error = run_lookup(connection, [simulator.tasks[0]]).error
    assert error.startswith("term: ") and "is not a task ID" in error and len(error) < 130
    assert simulator.requests == []


def test_terms_exclude_the_option_task_id(simulator, connection, ids):
    error = run_lookup({**connection, "task_id": ids[0]}, [ids[1]]).error
    assert error == "task_id: give the IDs as terms or this option, not both."
    assert simulator.requests == []


# A task that is missing

NOT_FOUND = status(400, {"error_code": "COC.00014102", "error_msg": "The task does not exist."})
by_response = pytest.mark.parametrize("fault", [None, NOT_FOUND], ids=["nothing found", "COC.00014102"])


@by_response
def test_a_missing_task_fails_unless_that_is_allowed(simulator, connection, ids, fault):
    missing = f"{NO_SUCH_ID}: {simulator.endpoint} has no such task, or the other filters exclude it."
    for policy, warnings in ((None, None), ("error", None), ("warn", [missing]), ("skip", [])):
        simulator.requests.clear()
        simulator.faults += [None, fault]
        outcome = run_lookup({**connection, "on_missing": policy}, [ids[0], NO_SUCH_ID, ids[1]])
        if warnings is None:
            advice = "To continue without it, use on_missing=warn or on_missing=skip."
            assert outcome.error == f"{missing} {advice}"
            assert task_ids(simulator) == [None, NO_SUCH_ID]
        else:
            assert (outcome.ids, outcome.warnings) == ([ids[0], ids[1]], warnings)


def test_another_refusal_is_not_a_missing_task(simulator, connection):
    simulator.faults.append(status(400, {"error_code": "COC.00014121", "error_msg": "Not yours."}))
    assert "COC.00014121: Not yours" in run_lookup({**connection, "on_missing": "skip"}, [NO_SUCH_ID]).error


@pytest.mark.parametrize(
    "options, error",
    [
        ({"cache_timeout": -1}, "cache_timeout: -1 is too small; it takes 0"),
        ({"cache_timeout": "1.5"}, "is of type "),
        ({"on_missing": "ignore"}, "value of on_missing must be one of: error, warn, skip, got: ignore"),
    ],
    ids=str,
)
def test_its_own_options_are_checked(simulator, connection, options, error):
    assert error in run_lookup({**connection, **options}).error
    assert simulator.requests == []


# Keywords and variables


def as_variables(options):
    return {f"ansible_huaweicloud_{name}": value for name, value in options.items()}


@pytest.mark.parametrize("prefix", ["", "ansible_huaweicloud_"])
def test_an_unknown_keyword_and_a_typo_of_a_variable_are_refused(simulator, connection, prefix):
    typo = {f"{prefix}tsk_name": "x"}
    outcome = run_lookup(connection, variables=typo) if prefix else run_lookup({**connection, **typo})
    assert outcome.error == (
        f"{prefix}tsk_name: the lookup huaweicloud.coc.scheduled_task has no such option. "
        f"Did you mean {prefix}task_name?"
    )
    assert isinstance(outcome.result["exception"], AnsibleLookupError)
    assert simulator.requests == []


def test_with_adds_a_keyword_of_its_own(connection, ids):
    assert run_lookup({**connection, "wantlist": True}, terms=[ids[3]]).ids == [ids[3]]


def test_options_come_from_variables_and_others_are_left_alone(simulator, connection):
    others = {"bucket": "x", "regions": "x"}
    variables = as_variables({**connection, "risk_level": "HIGH", "limit": "2", "validate_certs": "no", **others})
    assert len(run_lookup({}, variables=variables).ids) == 2
    assert queries(simulator) == ["limit=2&risk_level=HIGH"]


def test_variables_are_templated(connection):
    variables = {
        **as_variables({name: template("{{ my." + name + " }}") for name in connection}),
        **as_variables({"limit": template("{{ 1 + 1 }}"), "on_missing": template("{{ undecided | default('skip') }}")}),
        "my": connection,
    }
    assert len(run_lookup({}, variables=variables).ids) == 2
    assert run_lookup({}, [NO_SUCH_ID], variables=variables).ids == []


def test_a_keyword_or_its_short_name_wins_over_a_variable(simulator, endpoint):
    variables = as_variables({"risk_level": "HIGH", "access_key": "none", "secret_key": "none", "limit": 1})
    given = {**endpoint, "ak": ACCESS_KEY, "sk": SECRET_KEY, "risk_level": "LOW", "limit": 2}
    assert len(run_lookup(given, variables=variables).ids) == 2
    assert queries(simulator) == ["limit=2&risk_level=LOW"]


@pytest.mark.parametrize("blank", [None, "", "  "], ids=repr)
def test_what_is_blank_is_not_set(blank, simulator, connection, ids):
    others = [name for name in OPTIONS if name not in connection]
    for options, variables in [
        ({**connection, **dict.fromkeys(others, blank)}, {}),
        (connection, as_variables(dict.fromkeys(others, blank))),
        (dict.fromkeys(OPTIONS, blank), as_variables(connection)),  # the variable counts if the keyword is blank
    ]:
        assert run_lookup(options, variables=variables).ids == ids
    assert set(queries(simulator)) == {"limit=1000"}


# The same as the module

VARYING = re.compile(r"[0-9a-f]{32}|\d{8}T\d{6}Z")  # the request ID, and the time of the signature


def test_it_fails_as_the_module_does_with_the_very_message(connection):
    reach_the_service: list[dict] = [{"secret_key": WRONG_SECRET_KEY}, {"marker": "unknown"}]
    for options in reach_the_service + [options for options, _words in REFUSED]:
        module, lookup = run_module({**connection, **options}), run_lookup({**connection, **options})
        assert VARYING.sub("(varies)", lookup.error) == VARYING.sub("(varies)", module.error), options
        assert isinstance(lookup.result["exception"], AnsibleLookupError)


def test_it_returns_the_tasks_that_the_module_returns(simulator, connection):
    options = {**connection, "scheduled_type": "CRON", "limit": 8, "offset": 1}
    module, lookup = run_module(options), run_lookup(options)
    assert lookup.tasks == module.tasks and len(lookup.tasks) == 8
    assert len(set(queries(simulator))) == 1


# In a playbook

PLAYBOOK = """
- hosts: localhost
  connection: local
  gather_facts: false
  vars:
    ansible_huaweicloud_endpoint: "{{ url }}"
    ansible_huaweicloud_access_key: "{{ keys.access }}"
    ansible_huaweicloud_secret_key: "{{ keys.secret }}"
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
          names: "{{ query('huaweicloud.coc.scheduled_task') | map(attribute='name') }}"
    - huaweicloud.coc.scheduled_task_info:
        limit: 2
      module_defaults:
        group/huaweicloud.coc.coc:
          endpoint: "{{ url }}"
          access_key: "{{ keys.access }}"
          secret_key: "{{ keys.secret }}"
      register: module
    - ansible.builtin.copy:
        content: "{{ dict(results, module=module.scheduled_tasks, hot=results.names[0] is search('1 . 1')) | to_json }}"
        dest: "{{ target }}"
        mode: "0600"
    - ansible.builtin.debug:
        msg: "{{ query('huaweicloud.coc.scheduled_task', tsk_name='x') }}"
      ignore_errors: true
"""


def test_a_playbook_gets_lists_that_nothing_templates_and_no_warning(simulator, tmp_path, ids):
    simulator.tasks[0]["name"] = "{{ 1 + 1 }}"
    simulator.tasks = simulator.tasks[:3]
    playbook, target = tmp_path / "playbook.yml", tmp_path / "results.json"
    playbook.write_text(PLAYBOOK)
    keys = {"access": ACCESS_KEY, "secret": SECRET_KEY}
    variables = json.dumps({"url": simulator.endpoint, "keys": keys, "ids": ids[:2], "target": str(target)})
    run = run_python("-m", "ansible.cli.playbook", "-i", "localhost,", "-e", variables, str(playbook))
    output = run.stdout + run.stderr
    assert run.returncode == 0, output
    results = json.loads(target.read_text())
    found = {name: ids_of(results[name]) for name in ("query", "wantlist", "several", "terms")}
    assert found == {"query": ids[:2], "wantlist": ids[:2], "several": ids[:2], "terms": [ids[1], *ids[:2]]}
    assert results["one"]["id"] == ids[0]
    assert results["none"] == []
    assert results["module"] == results["query"]
    assert results["names"] == ["{{ 1 + 1 }}", *(task["name"] for task in simulator.tasks[1:])]
    assert "Did you mean task_name?" in output
    assert "WARNING" not in output and "Traceback" not in output
