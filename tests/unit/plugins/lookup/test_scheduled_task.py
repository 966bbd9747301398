# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup, as ``lookup_loader`` finds it and as a playbook calls it: terms, variables, keywords, errors."""

from __future__ import annotations

import contextlib
import json
import os
import re
import string
import subprocess
import sys

import ansible.template
import pytest
from ansible.errors import AnsibleLookupError

from ansible_collections.huaweicloud.coc.plugins.lookup.scheduled_task import ALIASES, OPTIONS
from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._validation import refuse_typos
from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.unit.conftest import run_lookup, run_module


def template(text):
    """Mark a text as one that Ansible may template. Before ansible-core 2.19 it templates every text."""
    return getattr(ansible.template, "trust_as_template", str)(text)


NO_SUCH_ID = "ST00000000000000000000none"


@pytest.fixture
def ids(simulator):
    return [task["id"] for task in simulator.tasks]


def listed(outcome):
    assert not outcome.failed, outcome.msg
    return [task["id"] for task in outcome.tasks]


def asked_for(simulator):
    """The task IDs of all requests, in order."""
    return [dict(request.query).get("task_id") for request in simulator.requests]


# ---------------------------------------------------------------------------------------------------------------------
# Terms


def test_without_terms_everything_that_matches_comes(simulator, connection, ids):
    assert listed(run_lookup(connection)) == ids
    risky = [task["id"] for task in simulator.tasks if task["risk_level"] == "HIGH"]
    assert listed(run_lookup({**connection, "risk_level": "HIGH"})) == risky


def test_several_terms_take_one_request_and_keep_their_order(simulator, connection, ids):
    wanted = [ids[7], ids[3], ids[7], ids[59]]
    assert listed(run_lookup(connection, wanted)) == wanted
    assert [request.raw_query for request in simulator.requests] == ["limit=1000"]


def test_one_term_is_asked_for_by_itself(simulator, connection, ids):
    assert listed(run_lookup(connection, [ids[7], ids[7]])) == [ids[7], ids[7]]
    assert asked_for(simulator) == [ids[7]]


def test_terms_that_the_first_page_does_not_show_are_asked_for_one_by_one_on_one_connection(simulator, connection, ids):
    simulator.page_cap = 5
    wanted = [ids[7], ids[3], ids[59]]
    assert listed(run_lookup(connection, wanted)) == wanted
    assert asked_for(simulator) == [None, ids[7], ids[59]]
    assert simulator.connections == 1


@pytest.mark.parametrize("option", [{"limit": 1}, {"offset": 0}], ids=str)
def test_terms_with_a_position_are_asked_for_one_by_one(option, simulator, connection, ids):
    run_lookup({**connection, **option, "on_missing": "skip"}, ids[:2])
    assert asked_for(simulator) == ids[:2]


def test_lists_among_the_terms_are_flattened(connection, ids):
    assert listed(run_lookup(connection, [ids[4], [ids[2], ids[0]], []])) == [ids[4], ids[2], ids[0]]


def test_an_empty_list_as_term_returns_nothing_and_asks_for_nothing(simulator, connection):
    assert listed(run_lookup(connection, [[]])) == []
    assert simulator.requests == []


def test_filters_hold_for_each_term(simulator, connection, ids):
    risky, other = [next(t["id"] for t in simulator.tasks if t["risk_level"] == risk) for risk in ("HIGH", "LOW")]
    outcome = run_lookup({**connection, "risk_level": "HIGH", "on_missing": "skip"}, [other, risky])
    assert listed(outcome) == [risky]
    assert [request.raw_query for request in simulator.requests] == [
        "limit=1000&risk_level=HIGH",
        f"limit=1000&risk_level=HIGH&task_id={other}",
    ]


@pytest.mark.parametrize("term", ["", "  ", None, 42, "nightly-backup", {"id": NO_SUCH_ID}], ids=repr)
def test_a_term_that_is_no_id_is_refused_before_any_request(term, simulator, connection, ids):
    outcome = run_lookup(connection, [ids[0], term])
    assert outcome.failed
    assert outcome.msg == f"term: {str(term)!r} is not a task ID, which has 26 characters and starts with ST."
    assert simulator.requests == []


def test_terms_exclude_the_option_task_id(simulator, connection, ids):
    outcome = run_lookup({**connection, "task_id": ids[0]}, [ids[1]])
    assert outcome.failed and outcome.msg == "task_id: give the IDs as terms or this option, not both."
    assert simulator.requests == []


def test_no_later_term_tries_credentials_that_were_refused(simulator, connection, ids):
    outcome = run_lookup({**connection, "secret_key": "wrong"}, ids[:5])
    assert outcome.failed and "returned HTTP 401" in outcome.msg
    assert len(simulator.requests) == 1


# ---------------------------------------------------------------------------------------------------------------------
# A task that is missing

REFUSED = coc_simulator.status(400, {"error_code": "COC.00014102", "error_msg": "The task does not exist."})
ANSWERS = pytest.mark.parametrize("answer", [None, REFUSED], ids=["nothing found", "COC.00014102"])


@ANSWERS
def test_a_missing_task_fails_by_default(answer, simulator, connection, ids):
    simulator.faults += [None, answer]
    outcome = run_lookup(connection, [ids[0], NO_SUCH_ID, ids[1]])
    assert outcome.failed
    assert outcome.msg == (
        f"{NO_SUCH_ID}: {simulator.endpoint} has no such task, or the other filters exclude it. "
        "To continue without it, use on_missing=warn or on_missing=skip."
    )
    assert asked_for(simulator) == [None, NO_SUCH_ID]


@ANSWERS
@pytest.mark.parametrize("on_missing", ["warn", "skip"])
def test_a_missing_task_is_left_out_where_that_is_wanted(on_missing, answer, simulator, connection, ids):
    simulator.faults += [None, answer]
    outcome = run_lookup({**connection, "on_missing": on_missing}, [ids[0], NO_SUCH_ID, ids[1]])
    assert listed(outcome) == [ids[0], ids[1]]
    said = f"{NO_SUCH_ID}: {simulator.endpoint} has no such task, or the other filters exclude it."
    assert outcome.warnings == ([said] if on_missing == "warn" else [])


def test_another_refusal_is_no_missing_task(simulator, connection):
    simulator.faults.append(coc_simulator.status(400, {"error_code": "COC.00014121", "error_msg": "Not yours."}))
    outcome = run_lookup({**connection, "on_missing": "skip"}, [NO_SUCH_ID])
    assert outcome.failed and "COC.00014121: Not yours" in outcome.msg


@pytest.mark.parametrize(
    "value, said",
    [
        (-1, "cache_timeout: -1 is too small; it takes 0 or more seconds."),
        ("1.5", "'cache_timeout' is of type "),
    ],
)
def test_cache_timeout_takes_whole_seconds(value, said, simulator, connection):
    outcome = run_lookup({**connection, "cache_timeout": value})
    assert outcome.failed and said in outcome.msg
    assert simulator.requests == []


def test_on_missing_takes_three_values(simulator, connection):
    outcome = run_lookup({**connection, "on_missing": "ignore"})
    assert outcome.failed and outcome.msg == "value of on_missing must be one of: error, warn, skip, got: ignore"
    assert simulator.requests == []


# ---------------------------------------------------------------------------------------------------------------------
# Keywords and variables


@pytest.mark.parametrize(
    "keyword, hint",
    [
        ("tsk_name", "Did you mean task_name?"),
        ("risklevel", "Did you mean risk_level?"),
        ("secretkey", "Did you mean secret_key?"),
        ("Region", "Did you mean region?"),
        ("errors_only", "It takes region, endpoint, "),
    ],
)
def test_an_unknown_keyword_is_refused_and_names_the_nearest(keyword, hint, simulator, connection):
    outcome = run_lookup({**connection, keyword: "x"})
    assert outcome.failed and isinstance(outcome.result["exception"], AnsibleLookupError)
    start = f"{keyword}: the lookup huaweicloud.coc.scheduled_task has no such option. {hint}"
    assert outcome.msg.startswith(start)
    assert simulator.requests == []


def test_the_keys_have_short_names_too(simulator):
    keys = {"ak": coc_simulator.ACCESS_KEY, "sk": coc_simulator.SECRET_KEY}
    assert ALIASES == {"ak": "access_key", "sk": "secret_key"}
    assert len(listed(run_lookup({"endpoint": simulator.endpoint, **keys}))) == 60


def test_an_unknown_variable_of_that_kind_is_refused_too(simulator, connection):
    outcome = run_lookup(connection, variables={"ansible_huaweicloud_tsk_name": "x"})
    assert outcome.failed and "Did you mean ansible_huaweicloud_task_name?" in outcome.msg
    assert simulator.requests == []


@pytest.mark.parametrize(
    "name, option",
    [
        ("ak", "access_key"),
        ("riskLevel", "risk_level"),
        ("risk-level", "risk_level"),
        ("Limit", "limit"),
        ("limt", "limit"),
        ("limmit", "limit"),
        ("limti", "limit"),
        ("linit", "limit"),
    ],
)
def test_a_variable_that_is_a_typo_of_an_option_names_it(name, option, simulator, connection):
    outcome = run_lookup(connection, variables={f"ansible_huaweicloud_{name}": "x"})
    assert outcome.msg.endswith(f" has no such option. Did you mean ansible_huaweicloud_{option}?")
    assert simulator.requests == []


def test_nearly_every_typo_of_an_option_is_refused():
    typos, refused = 0, 0
    for option in OPTIONS:
        places = range(len(option))
        wrong = {option[:i] + option[i + 1 :] for i in places}  # a letter lost
        wrong |= {option[:i] + option[i] + option[i:] for i in places}  # doubled
        wrong |= {option[:i] + option[i + 1 : i + 2] + option[i : i + 1] + option[i + 2 :] for i in places}  # swapped
        wrong |= {option[:i] + letter + option[i + 1 :] for i in places for letter in string.ascii_lowercase}
        for typo in wrong - set(OPTIONS):
            typos += 1
            with contextlib.suppress(CocError):
                refuse_typos([f"ansible_huaweicloud_{typo}"], OPTIONS, "it")
                continue
            refused += 1
    assert typos > 10000
    assert refused / typos > 0.99


# Variables that a role for another product of the vendor may have.
INNOCENT = re.findall(
    r"\w+",
    """
    account account_id agency_name api_id app_key app_secret auth auth_type auth_url availability_zone backup_id
    bandwidth bucket bucket_name ca_cert cce_cluster cluster_id created_at cts_tracker db_name db_user debug delay
    disk_size disk_type dms_id dns_zone domain domain_name eip elb_id endpoints enterprise_project eps_id
    execution_id execution_status file_path filters flavor flavor_id function_name http_proxy iam_endpoint iam_user
    image_id insecure instance_id job_id key_name keypair kafka_topic level limits listener_id log_level lts_group
    max_items max_results mode name namespace network node_pool obs_bucket obs_endpoint page_size password port
    project project_ids project_name protocol proxy rds_id record_name region_ids regions repository resource_group
    resource_ids resource_name resource_type retries role role_name schedule_id script_id secret secret_name
    security_group server_name site snapshot_id source start_time state status subnet_id tags task_ids task_status
    timeouts token topic_urn type user_id username vault_name verify volume_type vpc_id zone zone_id
    """,
)


def test_a_variable_for_something_else_is_left_alone(simulator, connection):
    assert len(INNOCENT) > 100
    variables = {f"ansible_huaweicloud_{name}": "x" for name in INNOCENT}
    assert len(listed(run_lookup(connection, variables=variables))) == 60


def test_with_adds_a_keyword_of_its_own(simulator, connection):
    outcome = run_lookup({**connection, "wantlist": True}, terms=[simulator.tasks[3]["id"]])
    assert listed(outcome) == [simulator.tasks[3]["id"]]


def test_a_term_that_is_a_whole_task_is_refused_in_few_words(simulator, connection):
    outcome = run_lookup(connection, terms=[simulator.tasks[0]])
    assert outcome.msg.startswith("term: ") and "is not a task ID" in outcome.msg and len(outcome.msg) < 130
    assert simulator.requests == []


def as_variables(options):
    return {f"ansible_huaweicloud_{name}": value for name, value in options.items()}


def test_options_come_from_variables(simulator, connection):
    variables = as_variables({**connection, "risk_level": "HIGH", "limit": "2", "validate_certs": "no"})
    assert len(listed(run_lookup({}, variables=variables))) == 2
    assert simulator.requests[0].raw_query == "limit=2&risk_level=HIGH"


def test_variables_are_templated(simulator, connection):
    variables = {
        **as_variables({name: template("{{ my." + name + " }}") for name in connection}),
        **as_variables({"limit": template("{{ 1 + 1 }}"), "on_missing": template("{{ undecided | default('skip') }}")}),
        "my": connection,
    }
    assert len(listed(run_lookup({}, variables=variables))) == 2
    assert listed(run_lookup({}, [NO_SUCH_ID], variables=variables)) == []


def test_a_keyword_wins_over_a_variable(simulator, connection):
    variables = as_variables({"risk_level": "HIGH", "access_key": "none", "secret_key": "none", "limit": 1})
    given = {"endpoint": simulator.endpoint, "ak": coc_simulator.ACCESS_KEY, "sk": coc_simulator.SECRET_KEY}
    assert len(listed(run_lookup({**given, "risk_level": "LOW", "limit": 2}, variables=variables))) == 2
    assert simulator.requests[0].raw_query == "limit=2&risk_level=LOW"


@pytest.mark.parametrize("blank", [None, "", "  "], ids=repr)
def test_what_is_blank_is_not_set(blank, simulator, connection):
    others = [name for name in OPTIONS if name not in connection]
    for options, variables in [
        ({**connection, **dict.fromkeys(others, blank)}, {}),
        (connection, as_variables(dict.fromkeys(others, blank))),
        # a keyword that is blank leaves the word to the variable
        (dict.fromkeys(OPTIONS, blank), as_variables(connection)),
    ]:
        assert len(listed(run_lookup(options, variables=variables))) == 60
    assert {request.raw_query for request in simulator.requests} == {"limit=1000"}


# ---------------------------------------------------------------------------------------------------------------------
# The same as the module

VARYING = re.compile(r"[0-9a-f]{32}|\d{8}T\d{6}Z")  # the request ID, and the time of the signature


@pytest.mark.parametrize(
    "options",
    [
        {"risk_level": "high"},
        {"limit": "ten"},
        {"limit": 0},
        {"offset": -1},
        {"task_id": "42"},
        {"validate_certs": "maybe"},
        {"timeout": "soon"},
        {"timeout": 0},
        {"max_retries": 21},
        {"last_execution_start_time": "yesterday"},
        {"created_by": 33 * "a"},
        {"endpoint": "http://192.0.2.1"},
        {"endpoint": "", "region": "nowhere"},
        {"endpoint": ""},
        {"secret_key": ""},
        {"secret_key": "wrong"},
        {"auth_token": coc_simulator.AUTH_TOKEN},
        {"auth_source": "ecs_metadata"},
        {"ca_path": "/does/not/exist"},
        {"marker": "unknown"},
        {"limit": "ten", "risk_level": "high"},
    ],
    ids=str,
)
def test_it_fails_as_the_module_does_with_the_very_message(options, connection):
    module, lookup = run_module({**connection, **options}), run_lookup({**connection, **options})
    assert module.failed and lookup.failed
    assert isinstance(lookup.result["exception"], AnsibleLookupError)
    assert VARYING.sub("(varies)", lookup.msg) == VARYING.sub("(varies)", module.msg)


def test_it_returns_the_tasks_that_the_module_returns(simulator, connection):
    options = {**connection, "scheduled_type": "CRON", "limit": 8, "offset": 1}
    module, lookup = run_module(options), run_lookup(options)
    assert lookup.tasks == module.tasks and len(lookup.tasks) == 8
    first, second = simulator.requests
    assert first.raw_query == second.raw_query


# ---------------------------------------------------------------------------------------------------------------------
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
    variables = {
        "url": simulator.endpoint,
        "keys": {"access": coc_simulator.ACCESS_KEY, "secret": coc_simulator.SECRET_KEY},
        "ids": ids[:2],
        "target": str(target),
    }
    run = subprocess.run(
        [sys.executable, "-m", "ansible.cli.playbook", "-i", "localhost,", "-e", json.dumps(variables), str(playbook)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([os.environ["PYTHONPATH"], *filter(None, sys.path)])},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    output = run.stdout + run.stderr
    assert run.returncode == 0, output
    results = json.loads(target.read_text())
    found = {name: [task["id"] for task in results[name]] for name in ("query", "wantlist", "several", "terms")}
    assert found == {"query": ids[:2], "wantlist": ids[:2], "several": ids[:2], "terms": [ids[1], *ids[:2]]}
    assert results["one"]["id"] == ids[0]
    assert results["none"] == []
    assert results["module"] == results["query"]
    assert results["names"] == ["{{ 1 + 1 }}", *(task["name"] for task in simulator.tasks[1:])]
    assert "Did you mean task_name?" in output
    assert "WARNING" not in output and "Traceback" not in output
