# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The listing: what it refuses, what its filters match, and its pages."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.huaweicloud.coc.tests.coc_simulator import USERS, Simulator, messages, resource_ids, service
from ansible_collections.huaweicloud.coc.tests.unit.coc_simulator.conftest import IDS, TASKS, ask

# Parameters and filters

# For each parameter: values that are refused, and for each filter one that matches some of the tasks.
EDGE = TASKS[0]["last_execution_time"]
RESOURCE = resource_ids(TASKS[3])[0]
EACH: dict[str, tuple[list[str], t.Any]] = {
    "enterprise_project_id": (["", "a" * 129], "0"),
    "task_id": (["", "ST" + "0" * 23, "ST" + "0" * 25, "TS" + "0" * 24], IDS[7]),
    "task_name": (["", "a" * 101], "日志"),
    "scheduled_type": (["", "once", "DAILY"], "CRON"),
    "task_type": (["", "JOB"], "RUNBOOK"),
    "associated_task_type": (["PUBLIC"], "COMMUNAL"),
    "risk_level": (["NONE"], "HIGH"),
    "created_by": (["", "a" * 33], "李娜"),
    "reviewer": (["a" * 129], USERS[0][0]),
    "reviewer_user_name": (["a" * 33], "李娜"),
    "approve_status": (["APPROVED"], "PENDING"),
    "last_execution_status": (["FAILED"], "ABNORMAL"),
    "last_execution_start_time": (["", "-1", "9000000000000001", "1.5", "2026-01-31T08:00:00Z"], EDGE),
    "last_execution_end_time": (["-24h"], EDGE),
    "marker": (["a" * 129], None),
    "region_id": (["a" * 129], "cn-north-4"),
    "resource_id": (["a" * 129], RESOURCE),
    "offset": (["-1", "2147483648", "x"], None),
    "limit": (["0", "1001", "-1", "+1", "٣"], None),
}
# How the filters compare, where they do not compare with the field of the same name.
MATCHES: dict[str, t.Callable[[dict[str, t.Any]], bool]] = {
    "task_id": lambda task: task is TASKS[7],
    "task_name": lambda task: task["name"].startswith("日志清理"),
    "created_by": lambda task: task["created_user_name"] == "李娜",
    "last_execution_start_time": lambda task: (task.get("last_execution_time") or 0) >= EDGE,
    "last_execution_end_time": lambda task: 0 < (task.get("last_execution_time") or 0) <= EDGE,
    "resource_id": lambda task: RESOURCE in resource_ids(task),
}


def ids(**fields: t.Any) -> list[str]:
    """Return the IDs of the tasks that have these values."""
    return [task["id"] for task in TASKS if all(task.get(name) == value for name, value in fields.items())]


@pytest.mark.parametrize(
    "query, message",
    [
        *([[(name, value)], f"{name} "] for name, (wrong, _value) in EACH.items() for value in wrong),
        ([("tsk_name", "a")], "tsk_name is unknown or repeated."),
        ([("limit", "1"), ("limit", "2")], "limit is unknown or repeated."),
        ([("", "")], " is unknown or repeated."),
    ],
)
def test_wrong_parameter_is_refused(query, message):
    with pytest.raises(messages.ApiError, match=f"^Invalid parameter: {message}") as refusal:
        service.read_parameters(query)
    assert (refusal.value.status, refusal.value.code) == (400, "COC.00010002")


def test_every_parameter_is_tested():
    assert list(EACH) == list(service.PARAMETERS)


@pytest.mark.parametrize("name", [name for name, (_wrong, value) in EACH.items() if value is not None])
def test_filter(name, simulator):
    wrong, value = EACH[name]
    wanted = [task["id"] for task in filter(MATCHES[name], TASKS)] if name in MATCHES else ids(**{name: value})
    simulator.tasks = TASKS
    reply = ask(simulator, {name: value, "limit": 1000})
    assert 0 < len(wanted) < len(TASKS)
    assert (reply.ids, reply.document["count"]) == (wanted, len(wanted))
    simulator.ignored_filters = [name]
    assert ask(simulator, {name: wrong[0]}).status == 400


# Pages


BOTH = {"marker": IDS[2], "offset": 10, "limit": 2}


@pytest.mark.parametrize(
    "settings, query, wanted",
    [
        ({}, {}, IDS[:10]),
        ({}, {"limit": 1000}, IDS),
        ({}, {"limit": 3, "offset": 198}, IDS[198:]),
        ({}, {"offset": 200}, []),
        ({}, {"offset": 2147483647}, []),
        ({}, {"marker": IDS[20], "limit": 2}, IDS[21:23]),
        ({}, {"marker": IDS[199]}, []),
        ({}, BOTH, IDS[13:15]),
        ({"marker_and_offset": "refused"}, {"marker": IDS[2], "limit": 2}, IDS[3:5]),
        ({}, {"marker": "ST"}, None),
        ({}, {"marker": IDS[0], "task_id": IDS[1]}, None),
        ({"page_cap": 7}, {"limit": 3}, IDS[:3]),
        ({"page_cap": 7}, {"limit": 30, "marker": IDS[6]}, IDS[7:14]),
        ({"large_limit": "clamped"}, {"limit": 0}, None),
        ({}, {"task_type": "SCRIPT", "risk_level": "HIGH"}, ids(task_type="SCRIPT", risk_level="HIGH")[:10]),
        ({}, {"created_by": USERS[1][0], "limit": 1000}, ids(created_user_name=USERS[1][1])),
        ({}, {"task_name": "NIGHTLY"}, []),
        ({"name_match": "exact"}, {"task_name": "nightly-backup"}, ids(name="nightly-backup")),
        ({"name_match": "exact", "ignore_case": True}, {"task_name": "Nightly-Backup"}, ids(name="nightly-backup")),
    ],
)
def test_page(settings, query, wanted):
    """What a query returns; None stands for an error."""
    with Simulator(TASKS, **settings) as simulator:
        reply = ask(simulator, query)
    if wanted is None:
        assert reply.refusal[:2] == (400, "COC.00010002")
    else:
        assert reply.ids == wanted
        assert reply.document.get("next_maker") == (wanted[-1] if wanted else None)


def test_no_page_has_more_than_1000_tasks():
    with Simulator(1001, large_limit="clamped") as simulator:
        assert len(ask(simulator, {"limit": 2147483647}).ids) == 1000


ABSENT = "absent"


@pytest.mark.parametrize(
    "markers, last",
    [("always", IDS[199]), ("until_last", ABSENT), ("null_at_end", None), ("empty_at_end", ""), ("stuck", IDS[99])],
)
def test_next_maker_of_the_last_page(markers, last):
    with Simulator(TASKS, markers=markers) as simulator:
        document = ask(simulator, {"limit": 100, "marker": IDS[99]}).document
    assert (len(document["scheduled_tasks"]), document.get("next_maker", ABSENT)) == (100, last)


@pytest.mark.parametrize("empty_fields, shown", [("null", {None}), ("empty", {""}), ("absent", {ABSENT})])
def test_fields_without_a_value(empty_fields, shown):
    with Simulator(TASKS, empty_fields=empty_fields) as simulator:
        tasks = ask(simulator, {"limit": 1000}).document["scheduled_tasks"]
    for task, original in zip(tasks, TASKS):
        filled = {field: value for field, value in original.items() if value not in (None, "")}
        assert task.items() >= filled.items()
        others = {"last_execution_time", "last_execution_status", "reviewer", "reviewer_user_name"} - set(filled)
        assert {task.get(field, ABSENT) for field in others} <= shown
