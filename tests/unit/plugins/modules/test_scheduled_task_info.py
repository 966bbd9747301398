# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real ``main()``: what it returns, what counts as not set, and what it refuses before any request."""

from __future__ import annotations

import json
import shlex
import sys
import time

import pytest

from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task_query import ARGUMENT_SPEC
from ansible_collections.huaweicloud.coc.tests.coc_simulator import ACCESS_KEY, SECRET_KEY, status
from ansible_collections.huaweicloud.coc.tests.unit.conftest import ids_of, queries, run_module, run_python
from ansible_collections.huaweicloud.coc.tests.unit.wrong_options import REFUSED

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
    python = shlex.quote(sys.executable)
    assert f"{python} cannot import the Python library requests" in result["msg"]
    assert result["msg"].endswith(f" {python} -m pip install requests")


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

START = "last_execution_start_time"


def test_numbers_and_times_pass_as_numbers_and_as_text(simulator, connection):
    for options, sent in (
        ({"limit": "7"}, "limit=7"),
        ({"offset": "3"}, "limit=1000&offset=3"),
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


def test_what_cannot_be_right_is_refused_and_named(simulator, connection):
    for options, words in REFUSED:
        error = run_module({**connection, **options}).error
        assert error.startswith(words), options
    assert simulator.requests == []


def test_an_unknown_option_is_refused(simulator, connection):
    error = run_module({**connection, "tsk_name": "nightly-backup"}).error
    assert "tsk_name" in error and "task_name" in error
    assert simulator.requests == []
