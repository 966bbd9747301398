# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sample tasks: believable, and the same ones each time."""

from __future__ import annotations

import re
import time

import pytest

from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import FIELDS
from ansible_collections.huaweicloud.coc.tests.coc_simulator import PARAMETERS, resource_ids, sample_tasks
from ansible_collections.huaweicloud.coc.tests.coc_simulator.samples import MAY_BE_EMPTY
from ansible_collections.huaweicloud.coc.tests.unit.coc_simulator.conftest import NOW_MS, TASKS


def test_tasks_have_the_fields_of_the_reference():
    for task in TASKS:
        filled = {field: type(value) for field, value in task.items() if value not in (None, "")}
        assert set(FIELDS) - set(MAY_BE_EMPTY) <= set(filled)
        assert filled.items() <= FIELDS.items()
    for field in MAY_BE_EMPTY:
        assert {repr(task.get(field, "absent")) for task in TASKS} >= {"None", "''", "'absent'"}


def test_ids_are_unique_and_of_the_reference_s_form():
    ids = {task["id"] for task in sample_tasks(20000)}
    assert len(ids) == 20000
    assert not [task_id for task_id in ids if not re.fullmatch("ST.{24}", task_id)]


def test_every_value_occurs_by_default():
    tasks = sample_tasks()
    patterns = {name: allowed.pattern for name, allowed in PARAMETERS.items() if isinstance(allowed, re.Pattern)}
    for name, pattern in patterns.items():
        if "|" in pattern:
            assert {task.get(name) for task in tasks} - {None, ""} == set(pattern.split("|"))
    assert {task["enabled"] for task in tasks} == {True, False}


def test_default_tasks_are_believable():
    now = time.time() * 1000
    tasks = sample_tasks()
    names = {task["name"] for task in tasks}
    assert len(names) == len(tasks) == 60
    assert all(3 <= len(name) <= 100 for name in names)
    assert {name.isascii() for name in names} == {True, False}
    assert len({task["region_id"] for task in tasks}) >= 3
    assert len({task["enterprise_project_id"] for task in tasks}) >= 3
    for task in tasks:
        ran = task.get("last_execution_time")
        assert task["created_time"] <= task["modified_time"] <= now
        assert bool(ran) == bool(task.get("last_execution_status")) == bool(task["execution_count"])
        assert not ran or task["created_time"] < ran <= now
        assert task["approve_status"] == "PASSED" or not (ran or task["enabled"])
    assert [task for task in tasks if task["approve_status"] == "PASSED" and not task.get("last_execution_time")]


@pytest.mark.parametrize("count", [1, 60, 1000])
def test_one_task_is_the_reference_s_example(count):
    kinds = [(task["scheduled_type"], task.get("last_execution_status")) for task in sample_tasks(count)]
    assert kinds.count(("ONCE", "FINISHED")) == 1


def test_tasks_follow_from_the_arguments():
    assert sample_tasks(100, 3, NOW_MS) == sample_tasks(100, 3, NOW_MS) != sample_tasks(100, 4, NOW_MS)
    assert [task["id"] for task in sample_tasks(9)] == [task["id"] for task in sample_tasks(9, now_ms=NOW_MS)]
    assert sample_tasks(1, None, NOW_MS)[0]["id"] != sample_tasks(1, None, NOW_MS)[0]["id"]


def test_resources_are_shared_by_several_tasks():
    resources = [resource for task in TASKS for resource in resource_ids(task)]
    assert 20 < len(set(resources)) < len(resources)
