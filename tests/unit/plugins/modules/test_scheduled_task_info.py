# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real ``main()``: what it returns, what it takes for not set, and what it refuses before any request."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

import pytest

from ansible_collections.huaweicloud.coc.plugins.module_utils import _client, _scheduled_task_query
from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.unit.conftest import run_module

OPTIONS = _scheduled_task_query.ARGUMENT_SPEC
BLANK = [None, "", "  "]

# Of a task, by the API reference; the last five are those that a real answer may leave out.
FIELDS = {
    "id",
    "enterprise_project_id",
    "name",
    "scheduled_type",
    "task_type",
    "associated_task_type",
    "risk_level",
    "created_by",
    "created_user_name",
    "update_by",
    "approve_status",
    "execution_count",
    "enabled",
    "created_time",
    "modified_time",
    "region_id",
    "associated_task_name",
    "associated_task_name_en",
    "last_execution_time",
    "last_execution_status",
    "reviewer",
    "reviewer_user_name",
}


def queries(simulator):
    return [request.raw_query for request in simulator.requests]


def returned(outcome):
    """The result without what was asked for."""
    return {name: value for name, value in outcome.result.items() if name != "invocation"}


# ---------------------------------------------------------------------------------------------------------------------
# What it returns


def test_a_result_has_these_keys(simulator, connection):
    outcome = run_module(connection)
    assert set(returned(outcome)) == {"changed", "scheduled_tasks", "count", "next_marker"}
    assert outcome.result["changed"] is False
    assert (outcome.result["count"], outcome.result["next_marker"]) == (60, None)


def test_every_task_has_all_fields_and_null_for_what_the_service_does_not_say(simulator, connection):
    outcome = run_module(connection)
    assert len(FIELDS) == 22
    for task, original in zip(outcome.tasks, simulator.tasks):
        assert set(task) == FIELDS
        assert {name: value for name, value in task.items() if value is not None} == {
            name: value for name, value in original.items() if value not in (None, "")
        }
    never_ran = [task for task in outcome.tasks if task["last_execution_time"] is None]
    assert never_ran and all(task["last_execution_status"] is None for task in never_ran)


def test_a_field_that_is_new_in_the_service_is_kept(simulator, connection):
    new = {"tags": [{"key": "a", "value": None}], "empty": ""}
    simulator.tasks = [{**task, **new} for task in simulator.tasks]
    outcome = run_module(connection)
    assert len(outcome.tasks) == 60
    assert all({name: task[name] for name in new} == new for task in outcome.tasks)


def test_check_mode_returns_the_same(simulator, connection):
    options = {**connection, "risk_level": "HIGH", "limit": 5}
    normal, check = run_module(options), run_module(options, check_mode=True)
    assert returned(normal) == returned(check)
    assert len(check.tasks) == 5 and queries(simulator) == ["limit=5&risk_level=HIGH"] * 2


def test_values_come_back_as_they_are(simulator, connection):
    name = '{{ 1 + 1 }} <b>"数据库"</b> \u2028\U0001f600'
    simulator.tasks = [{**simulator.tasks[0], "name": name, "created_time": 2**53 + 1}]
    [task] = run_module(connection).tasks
    assert (task["name"], task["created_time"]) == (name, 2**53 + 1)


def test_a_refusal_has_message_status_code_and_request_id(simulator, connection):
    simulator.faults.append(coc_simulator.status(403))
    outcome = run_module(connection)
    failure = returned(outcome)
    assert (failure["failed"], failure["status"], failure["error_code"]) == (True, 403, "APIGW.0302")
    assert re.fullmatch("[0-9a-f]{32}", failure["request_id"])
    assert failure["msg"] == (
        f"GET {simulator.endpoint}/v1/schedule/task?limit=1000 returned HTTP 403, APIGW.0302: The IAM user is not "
        f"authorized to access the API (request ID {failure['request_id']}). The user needs the IAM permission "
        "coc:schedule:list, with the scope of all resources."
    )
    assert len(simulator.requests) == 1


def test_a_failure_without_an_answer_has_null_for_what_none_gave(connection):
    outcome = run_module({**connection, "task_id": "42"})
    assert outcome.failed
    assert [outcome.result[name] for name in ("status", "error_code", "request_id")] == [None, None, None]


def test_a_missing_requests_library_is_told_of(tmp_path):
    """In a process where requests cannot be imported, as on a target that does not have it."""
    code = (
        "import sys; sys.modules['requests'] = None\n"
        "from ansible.module_utils import basic\n"
        "basic._ANSIBLE_ARGS = b'{\"ANSIBLE_MODULE_ARGS\": {}}'; basic._ANSIBLE_PROFILE = 'legacy'\n"
        "from ansible_collections.huaweicloud.coc.plugins.modules import scheduled_task_info\n"
        "scheduled_task_info.main()\n"
    )
    path = os.pathsep.join([os.environ["PYTHONPATH"], str(Path(_client.__file__).parents[5]), *filter(None, sys.path)])
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path},
        cwd=tmp_path,
        capture_output=True,
        timeout=60,
        check=False,
    )
    result = json.loads(run.stdout)
    assert (run.returncode, result["failed"], run.stderr) == (1, True, b"")
    assert f"{sys.executable} cannot import the Python library requests" in result["msg"]
    assert result["msg"].endswith(f" {sys.executable} -m pip install requests")


# ---------------------------------------------------------------------------------------------------------------------
# Not set


@pytest.mark.parametrize("blank", BLANK, ids=repr)
def test_a_blank_option_is_not_set(blank, simulator, connection):
    """AWX and surveys send an empty string for what was not filled in, for choices, numbers and booleans too."""
    for name in sorted({*OPTIONS} - {*connection}):
        outcome = run_module({**connection, name: blank})
        assert not outcome.failed, f"{name}: {outcome.msg}"
        assert len(outcome.tasks) == 60 and queries(simulator)[-1] == "limit=1000"


@pytest.mark.parametrize("blank", BLANK, ids=repr)
def test_where_all_options_are_blank_the_environment_counts(blank, simulator, monkeypatch):
    monkeypatch.setenv("HUAWEICLOUD_COC_ENDPOINT", simulator.endpoint)
    monkeypatch.setenv("HUAWEICLOUD_SDK_AK", coc_simulator.ACCESS_KEY)
    monkeypatch.setenv("HUAWEICLOUD_SDK_SK", coc_simulator.SECRET_KEY)
    aliases = dict.fromkeys(["ak", "sk"], blank)
    outcome = run_module({**dict.fromkeys(OPTIONS, blank), **aliases})
    assert not outcome.failed, outcome.msg
    assert queries(simulator) == ["limit=1000"]


# ---------------------------------------------------------------------------------------------------------------------
# What passes


@pytest.mark.parametrize("names", [("ak", "sk"), ("access_key", "sk"), ("ak", "secret_key")], ids=str)
def test_the_keys_have_short_names_too(names, simulator):
    values = (coc_simulator.ACCESS_KEY, coc_simulator.SECRET_KEY)
    outcome = run_module({"endpoint": simulator.endpoint, **dict(zip(names, values))})
    assert len(outcome.tasks) == 60


@pytest.mark.parametrize(
    "options, sent",
    [
        ({"limit": 7}, "limit=7"),
        ({"limit": "7"}, "limit=7"),
        ({"offset": "3"}, "limit=1000&offset=3"),
        ({"enterprise_project_id": 0}, "enterprise_project_id=0&limit=1000"),
        ({"task_name": 404}, "limit=1000&task_name=404"),
        ({"task_name": " padded "}, "limit=1000&task_name=%20padded%20"),
        ({"last_execution_start_time": 0}, "last_execution_start_time=0&limit=1000"),
        ({"last_execution_start_time": 1767225600000}, "last_execution_start_time=1767225600000&limit=1000"),
        ({"last_execution_start_time": "1767225600000"}, "last_execution_start_time=1767225600000&limit=1000"),
        ({"last_execution_start_time": "2026-01-01T00:00:00Z"}, "last_execution_start_time=1767225600000&limit=1000"),
        ({"last_execution_end_time": "2026-01-01 08:00:00+08:00"}, "last_execution_end_time=1767225600000&limit=1000"),
        ({"last_execution_end_time": "2026-01-01T00:00:00.25Z"}, "last_execution_end_time=1767225600250&limit=1000"),
        ({"timeout": "5", "max_retries": "0", "validate_certs": "yes"}, "limit=1000"),
        ({"timeout": 5, "max_retries": 0, "validate_certs": False}, "limit=1000"),
    ],
    ids=str,
)
def test_numbers_and_times_pass_in_every_form(options, sent, simulator, connection):
    outcome = run_module({**connection, **options})
    assert not outcome.failed, outcome.msg
    assert queries(simulator) == [sent]


def test_an_age_counts_from_now(simulator, connection):
    before = datetime.now(timezone.utc).timestamp()
    outcome = run_module({**connection, "last_execution_start_time": "-1d12h"})
    after = datetime.now(timezone.utc).timestamp()
    start = int(dict(simulator.requests[0].query)["last_execution_start_time"])
    assert int((before - 36 * 3600) * 1000) <= start <= (after - 36 * 3600) * 1000
    recent = [task for task in simulator.tasks if (task.get("last_execution_time") or 0) >= start]
    assert [task["id"] for task in outcome.tasks] == [task["id"] for task in recent]


# ---------------------------------------------------------------------------------------------------------------------
# What is refused

CHOICES = {name: spec["choices"] for name, spec in OPTIONS.items() if "choices" in spec}


@pytest.mark.parametrize("name", CHOICES)
def test_a_value_that_is_no_choice_is_refused_before_any_request(name, simulator, connection):
    for value in [CHOICES[name][0].swapcase(), "ALL", 1]:
        outcome = run_module({**connection, name: value})
        assert outcome.failed
        assert outcome.msg == f"value of {name} must be one of: {', '.join(CHOICES[name])}, got: {value}"
    assert simulator.requests == []


@pytest.mark.parametrize(
    "name, value, said",
    [
        ("limit", 0, "limit: 0 is too small; it takes 1 or more. Leave it out to get every task."),
        ("limit", -1, "limit: -1 is too small"),
        ("limit", "ten", "limit"),
        ("limit", 1.5, "limit"),
        ("offset", -1, "offset: -1 is out of range; it takes 0 to 2147483647."),
        ("offset", 2147483648, "offset: 2147483648 is out of range"),
        ("offset", "x", "offset"),
        ("task_id", "42", "task_id: '42' is not a task ID, which has 26 characters and starts with ST."),
        ("task_id", "AB" + 24 * "0", "task_id: "),
        ("task_id", "ST" + 25 * "0", "task_id: "),
        ("task_id", "ST" + 23 * "0" + "\n", "task_id: "),
        (
            "enterprise_project_id",
            129 * "0",
            "enterprise_project_id: 129 characters are too many; it takes at most 128.",
        ),
        ("created_by", 33 * "a", "created_by: 33 characters"),
        ("reviewer", 129 * "a", "reviewer: 129 characters"),
        ("reviewer_user_name", 33 * "李", "reviewer_user_name: 33 characters"),
        ("marker", 129 * "a", "marker: 129 characters"),
        ("region_id", 129 * "a", "region_id: 129 characters"),
        ("resource_id", 129 * "a", "resource_id: 129 characters"),
        ("last_execution_start_time", "-1", "last_execution_start_time: '-1' is not a time"),
        ("last_execution_start_time", "yesterday", "last_execution_start_time: 'yesterday' is not a time"),
        ("last_execution_start_time", "2026-01-01T00:00:00", "last_execution_start_time: "),
        ("last_execution_end_time", 9000000000000001, "last_execution_end_time: '9000000000000001' is not a time"),
        ("last_execution_end_time", "-99999w", "last_execution_end_time: '-99999w' is not a time"),
        ("timeout", 0, "timeout: 0.0 is out of range; it takes 0.001 to 3600 seconds."),
        ("timeout", 3601, "timeout: 3601.0 is out of range"),
        ("timeout", "soon", "timeout"),
        ("max_retries", -1, "max_retries: -1 is out of range; it takes 0 to 20 retries."),
        ("max_retries", 21, "max_retries: 21 is out of range"),
        ("validate_certs", "maybe", "validate_certs"),
        ("ca_path", "/does/not/exist", "ca_path: /does/not/exist does not exist."),
        ("endpoint", "ftp://127.0.0.1", "endpoint: "),
        ("endpoint", "http://192.0.2.1", "endpoint: 'http://192.0.2.1' would send credentials unencrypted."),
        ("auth_token", coc_simulator.AUTH_TOKEN, "Credentials in the options: auth_token excludes "),
        ("security_token", "line\nbreak", "Credentials in the options: security_token has characters"),
        ("domain_id", "line\nbreak", "Credentials in the options: domain_id has characters"),
        ("project_id", "项目", "Credentials in the options: project_id has characters"),
        ("auth_source", "ecs_metadata", "auth_source=ecs_metadata excludes access_key, secret_key."),
    ],
)
def test_what_cannot_be_right_is_refused_before_any_request_and_named(name, value, said, simulator, connection):
    outcome = run_module({**connection, name: value})
    assert outcome.failed and not outcome.tasks
    assert outcome.msg.startswith(said) or (said == name and f"'{name}'" in outcome.msg)
    assert simulator.requests == []


def test_a_window_that_ends_before_it_starts_is_refused(simulator, connection):
    window = {"last_execution_start_time": "-1h", "last_execution_end_time": "-2h"}
    outcome = run_module({**connection, **window})
    assert outcome.msg == "last_execution_start_time: -1h is after last_execution_end_time, -2h. Fix one of them."
    assert simulator.requests == []


def test_half_a_key_is_refused(simulator):
    outcome = run_module({"endpoint": simulator.endpoint, "secret_key": coc_simulator.SECRET_KEY})
    assert outcome.msg.startswith("Credentials in the options are incomplete: secret_key given, access_key missing.")
    assert simulator.requests == []


def test_an_unknown_option_is_refused(simulator, connection):
    outcome = run_module({**connection, "tsk_name": "nightly-backup"})
    assert outcome.failed and "tsk_name" in outcome.msg and "task_name" in outcome.msg
    assert simulator.requests == []
