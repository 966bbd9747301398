# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real ``main()``: what it returns, what counts as not set, and what it refuses before any request."""

from __future__ import annotations

import json
import sys
import time

import pytest

from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task_query import ARGUMENT_SPEC
from ansible_collections.huaweicloud.coc.tests.coc_simulator import ACCESS_KEY, AUTH_TOKEN, SECRET_KEY, status
from ansible_collections.huaweicloud.coc.tests.unit.conftest import ids_of, queries, run_module, run_python

# What it returns


def test_every_task_has_all_fields_and_null_for_what_the_service_does_not_say(simulator, connection):
    fields = set().union(*simulator.tasks)  # by the API reference
    assert len(fields) == 22
    assert run_module(connection).tasks == [
        {**dict.fromkeys(fields), **{name: value for name, value in task.items() if value != ""}}
        for task in simulator.tasks
    ]


def test_values_come_back_as_they_are(simulator, connection):
    odd = {
        "name": '{{ 1 + 1 }} <b>"数据库"</b> \u2028\U0001f600',
        "created_time": 2**53 + 1,
        "tags": [{"key": "a", "value": None}],  # new in the service, as is the next
        "empty": "",
    }
    simulator.tasks = [{**simulator.tasks[0], **odd}]
    [task] = run_module(connection).tasks
    assert {name: task[name] for name in odd} == odd


def test_check_mode_returns_the_same(simulator, connection):
    options = {**connection, "limit": 5}
    normal, check = run_module(options), run_module(options, check_mode=True)
    assert normal.result == check.result
    assert (len(check.tasks), check.result["changed"], queries(simulator)) == (5, False, ["limit=5"] * 2)


def test_a_refusal_says_what_was_asked_and_what_to_do(simulator, connection):
    simulator.faults.append(status(403))
    failure = run_module(connection).result
    assert failure["msg"] == (
        f"GET {simulator.endpoint}/v1/schedule/task?limit=1000 returned HTTP 403, APIGW.0302: The IAM user is not "
        f"authorized to access the API (request ID {failure['request_id']}). The user needs the IAM permission "
        "coc:schedule:list, with the scope of all resources."
    )


def test_a_missing_requests_library_is_reported():
    """In a process where requests cannot be imported, as on a target that does not have it."""
    code = (
        "import sys; sys.modules['requests'] = None\n"
        "from ansible.module_utils import basic\n"
        "basic._ANSIBLE_ARGS = b'{\"ANSIBLE_MODULE_ARGS\": {}}'; basic._ANSIBLE_PROFILE = 'legacy'\n"
        "from ansible_collections.huaweicloud.coc.plugins.modules import scheduled_task_info\n"
        "scheduled_task_info.main()\n"
    )
    run = run_python("-c", code)
    result = json.loads(run.stdout)
    assert (run.returncode, result["failed"], run.stderr) == (1, True, "")
    assert f"{sys.executable} cannot import the Python library requests" in result["msg"]
    assert result["msg"].endswith(f" {sys.executable} -m pip install requests")


# Not set


@pytest.mark.parametrize("blank", [None, "", "  "], ids=repr)
def test_what_is_blank_is_not_set(blank, simulator, connection, monkeypatch):
    """AWX and surveys send an empty string for what was not filled in, for choices, numbers and booleans too."""
    monkeypatch.setenv("HUAWEICLOUD_COC_ENDPOINT", simulator.endpoint)
    monkeypatch.setenv("HUAWEICLOUD_SDK_AK", ACCESS_KEY)
    monkeypatch.setenv("HUAWEICLOUD_SDK_SK", SECRET_KEY)
    assert run_module(dict.fromkeys([*ARGUMENT_SPEC, "ak", "sk"], blank)).ids == ids_of(simulator.tasks)
    assert queries(simulator) == ["limit=1000"]


# What passes

START, END = "last_execution_start_time", "last_execution_end_time"


def test_numbers_and_times_pass_as_numbers_and_as_text(simulator, connection):
    for options, sent in (
        ({"limit": "7"}, "limit=7"),
        ({"offset": "3"}, "limit=1000&offset=3"),
        ({"enterprise_project_id": 0}, "enterprise_project_id=0&limit=1000"),
        ({"task_name": 404}, "limit=1000&task_name=404"),
        ({"task_name": " padded "}, "limit=1000&task_name=%20padded%20"),
        ({START: 0}, f"{START}=0&limit=1000"),
        ({START: 1767225600000}, f"{START}=1767225600000&limit=1000"),
        ({"timeout": "5", "max_retries": "0", "validate_certs": "yes"}, "limit=1000"),
    ):
        simulator.requests.clear()
        assert run_module({**connection, **options}).msg == "", options
        assert queries(simulator) == [sent]


def test_an_age_counts_from_now(simulator, connection):
    before = time.time()
    outcome = run_module({**connection, START: "-1d12h"})
    start = int(dict(simulator.requests[0].query)[START])
    assert int((before - 36 * 3600) * 1000) <= start <= (time.time() - 36 * 3600) * 1000
    assert outcome.ids == ids_of(task for task in simulator.tasks if (task.get("last_execution_time") or 0) >= start)


# What is refused before any request

OPTIONS = "Credentials in the options: "
CHOICES = {name: spec["choices"] for name, spec in ARGUMENT_SPEC.items() if "choices" in spec}

# What cannot be right, and how the message begins; Ansible's own messages name the option in quotes.
REFUSED: list[tuple[dict, str]] = [
    ({"limit": 0}, "limit: 0 is too small; it takes 1 or more. Leave it out to get every task."),
    ({"limit": "ten"}, ""),
    ({"limit": 1.5}, ""),
    ({"offset": -1}, "offset: -1 is out of range; it takes 0 to 2147483647."),
    ({"offset": 2**31}, "offset: 2147483648 is out of range"),
    ({"offset": "x"}, ""),
    ({"task_id": "42"}, "task_id: '42' is not a task ID, which has 26 characters and starts with ST."),
    ({"enterprise_project_id": 129 * "0"}, "enterprise_project_id: 129 characters are too many; it takes at most 128."),
    ({START: "yesterday"}, f"{START}: 'yesterday' is not a time"),
    ({START: "2026-01-01T00:00:00"}, f"{START}: "),
    ({"timeout": 0}, "timeout: 0.0 is out of range; it takes 0.001 to 3600 seconds."),
    ({"timeout": 3601}, "timeout: 3601.0 is out of range"),
    ({"timeout": "soon"}, ""),
    ({"max_retries": -1}, "max_retries: -1 is out of range; it takes 0 to 20 retries."),
    ({"max_retries": 21}, "max_retries: 21 is out of range"),
    ({"validate_certs": "maybe"}, ""),
    ({"ca_path": "/does/not/exist"}, "ca_path: /does/not/exist does not exist."),
    ({"endpoint": "ftp://127.0.0.1"}, "endpoint: "),
    ({"endpoint": "http://192.0.2.1"}, "endpoint: 'http://192.0.2.1' would send credentials unencrypted."),
    ({"auth_token": AUTH_TOKEN}, OPTIONS + "auth_token excludes "),
    ({"security_token": "line\nbreak"}, OPTIONS + "security_token has characters"),
    ({"domain_id": "line\nbreak"}, OPTIONS + "domain_id has characters"),
    ({"project_id": "项目"}, OPTIONS + "project_id has characters"),
    ({"auth_source": "ecs_metadata"}, "auth_source=ecs_metadata excludes access_key, secret_key."),
    *(
        ({name: wrong}, f"value of {name} must be one of: {', '.join(choices)}, got: {wrong}")
        for name, choices in CHOICES.items()
        for wrong in (choices[0].swapcase(), "ALL", 1)
    ),
    ({"limit": "ten", "risk_level": "high"}, ""),
    ({START: "-1h", END: "-2h"}, f"{START}: -1h is after {END}, -2h. Fix one of them."),
    ({"access_key": ""}, "Credentials in the options are incomplete: secret_key given, access_key missing."),
    ({"secret_key": ""}, "Credentials in the options are incomplete: access_key given, secret_key missing."),
    ({"endpoint": ""}, "No site is given"),
    ({"endpoint": "", "region": "nowhere"}, "region: COC has no site for 'nowhere'."),
]


def test_what_cannot_be_right_is_refused_and_named(simulator, connection):
    for options, words in REFUSED:
        error = run_module({**connection, **options}).error
        assert error.startswith(words) if words else f"'{next(iter(options))}'" in error, options
    assert simulator.requests == []


def test_an_unknown_option_is_refused(simulator, connection):
    error = run_module({**connection, "tsk_name": "nightly-backup"}).error
    assert "tsk_name" in error and "task_name" in error
    assert simulator.requests == []
