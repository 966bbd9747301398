# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The listing: parameters, filters, pages, and everything that the real service may do differently."""

from __future__ import annotations

import re
import typing as t

import pytest

from ansible_collections.huaweicloud.coc.tests.coc_simulator import (
    PARAMETERS,
    USERS,
    ApiError,
    Simulator,
    read_parameters,
    resource_ids,
)
from ansible_collections.huaweicloud.coc.tests.coc_simulator.samples import ENTERPRISE_PROJECTS
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
FILTERS = {name: value for name, (_wrong, value) in EACH.items() if value is not None}
# How they compare, where they do not compare with the field of the same name.
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


WRONG = [([(name, value)], f"{name} ") for name, (wrong, _value) in EACH.items() for value in wrong]
UNKNOWN = [
    ([("tsk_name", "a")], "tsk_name is unknown or repeated."),
    ([("limit", "1"), ("limit", "2")], "limit is unknown or repeated."),
    ([("", "")], " is unknown or repeated."),
]


@pytest.mark.parametrize("query, message", WRONG + UNKNOWN)
def test_wrong_parameter_is_refused(query, message):
    with pytest.raises(ApiError, match=f"^Invalid parameter: {message}") as refusal:
        read_parameters(query)
    assert (refusal.value.status, refusal.value.code) == (400, "COC.00010002")


def test_every_parameter_is_tested():
    assert list(EACH) == list(PARAMETERS)


@pytest.mark.parametrize("name", FILTERS)
def test_filter_counts_or_is_ignored(name, large):
    query = {name: FILTERS[name], "limit": 1000}
    wanted = [task["id"] for task in filter(MATCHES[name], TASKS)] if name in MATCHES else ids(**{name: FILTERS[name]})
    reply = ask(large, query)
    assert 0 < len(wanted) < len(TASKS)
    assert (reply.ids, reply.document["count"]) == (wanted, len(wanted))
    with Simulator(TASKS, ignored_filters=[name]) as simulator:
        assert ask(simulator, query).ids == IDS
        assert ask(simulator, {name: EACH[name][0][0]}).status == 400


# Pages, and what the settings change


NAMED = ids(name="nightly-backup")
PART = [task["id"] for task in TASKS if "nightly" in task["name"]]
BY_TIME = [task["id"] for task in sorted(TASKS, key=lambda task: task["created_time"])]
BOTH = {"marker": IDS[2], "offset": 10, "limit": 2}
HIGH_SCRIPTS = {"task_type": "SCRIPT", "risk_level": "HIGH", "limit": 1000}


@pytest.mark.parametrize(
    "settings, query, wanted",
    [
        ({}, {}, IDS[:10]),
        ({}, {"limit": 1000}, IDS),
        ({}, {"limit": 1}, IDS[:1]),
        ({}, {"limit": 3, "offset": 198}, IDS[198:]),
        ({}, {"offset": 5}, IDS[5:15]),
        ({}, {"offset": 200}, []),
        ({}, {"offset": 2147483647}, []),
        ({}, {"marker": IDS[20], "limit": 2}, IDS[21:23]),
        ({}, {"marker": IDS[199]}, []),
        ({}, BOTH, IDS[13:15]),
        ({"marker_and_offset": "marker"}, BOTH, IDS[3:5]),
        ({"marker_and_offset": "offset"}, BOTH, IDS[10:12]),
        ({"marker_and_offset": "refused"}, BOTH, None),
        ({"marker_and_offset": "refused"}, {"marker": IDS[2], "limit": 2}, IDS[3:5]),
        ({}, {"marker": "ST"}, None),
        ({}, {"tsk_name": "a"}, None),
        ({}, {"marker": IDS[0], "task_id": IDS[1]}, None),
        ({"page_cap": 7}, {"limit": 30}, IDS[:7]),
        ({"page_cap": 7}, {"limit": 3}, IDS[:3]),
        ({"page_cap": 7}, {"limit": 30, "marker": IDS[6]}, IDS[7:14]),
        ({"ignore_offset": True, "ignore_limit": True}, {"offset": 5, "limit": 1}, IDS),
        ({"large_limit": "clamped"}, {"limit": 1001}, IDS),
        ({"large_limit": "clamped"}, {"limit": 0}, None),
        ({"order": "oldest_first"}, {"limit": 1000}, BY_TIME),
        ({"order": "newest_first"}, {"limit": 1000}, BY_TIME[::-1]),
        ({"order": "newest_first"}, {"marker": BY_TIME[100], "limit": 2}, BY_TIME[99:97:-1]),
        ({"order": "id"}, {"limit": 1000}, sorted(IDS)),
        ({}, HIGH_SCRIPTS, ids(task_type="SCRIPT", risk_level="HIGH")),
        ({"ignored_filters": ["task_type"]}, HIGH_SCRIPTS, ids(risk_level="HIGH")),
        ({}, {"created_by": USERS[1][0], "limit": 1000}, ids(created_user_name=USERS[1][1])),
        ({}, {"task_name": "nightly", "limit": 1000}, PART),
        ({}, {"task_name": "NIGHTLY"}, []),
        ({"name_match": "exact"}, {"task_name": "nightly"}, []),
        ({"name_match": "exact"}, {"task_name": "nightly-backup"}, NAMED),
        ({"ignore_case": True}, {"task_name": "NIGHTLY", "limit": 1000}, PART),
        ({"name_match": "exact", "ignore_case": True}, {"task_name": "Nightly-Backup"}, NAMED),
        ({"default_project": "0"}, {"limit": 1000}, ids(enterprise_project_id="0")),
        (
            {"default_project": "0"},
            {"enterprise_project_id": ENTERPRISE_PROJECTS[1], "limit": 1000},
            ids(enterprise_project_id=ENTERPRISE_PROJECTS[1]),
        ),
    ],
)
def test_page(settings, query, wanted):
    """What a query returns; None stands for an error."""
    with Simulator(TASKS, **settings) as simulator:
        reply = ask(simulator, query)
    if wanted is None:
        assert (reply.status, reply.document["error_code"]) == (400, "COC.00010002")
    else:
        assert reply.ids == wanted
        assert reply.document.get("next_maker") == (wanted[-1] if wanted else None)


def test_no_page_has_more_than_1000_tasks():
    with Simulator(1001, large_limit="clamped") as simulator:
        assert len(ask(simulator, {"limit": 2147483647}).ids) == 1000


@pytest.mark.parametrize("time_bounds, counts", [("inclusive", [1, 1]), ("exclusive", [0, 0]), ("half_open", [1, 0])])
def test_bounds_of_a_time(time_bounds, counts):
    with Simulator(TASKS[:1], time_bounds=time_bounds) as simulator:
        for name, at_bound, inside in zip(("start", "end"), counts, (-1, 1)):
            times = [EDGE - inside, EDGE, EDGE + inside]
            found = [ask(simulator, {f"last_execution_{name}_time": time}).document["count"] for time in times]
            assert found == [0, at_bound, 1]


def pages(simulator: Simulator, limit: int = 30, most: int = 9) -> list[dict[str, t.Any]]:
    """Return the documents of a listing that follows the marker."""
    documents: list[dict[str, t.Any]] = []
    query: dict[str, t.Any] = {"limit": limit}
    while len(documents) < most:
        documents.append(ask(simulator, query).document)
        if not documents[-1].get("next_maker") or not documents[-1]["scheduled_tasks"]:
            break
        query["marker"] = documents[-1]["next_maker"]
    return documents


ABSENT = "absent"


@pytest.mark.parametrize(
    "markers, sizes, last",
    [
        ("always", [30, 30, 0], ABSENT),
        ("until_last", [30, 30], ABSENT),
        ("null_at_end", [30, 30], None),
        ("empty_at_end", [30, 30], ""),
        ("never", [30], ABSENT),
        ("opaque", [30, 30, 0], ABSENT),
        ("inclusive", [30, 30, 2], ABSENT),
        ("stuck", [30] * 9, IDS[29]),
    ],
)
def test_markers(simulator, markers, sizes, last):
    simulator.markers = markers
    documents = pages(simulator)
    ids = [task["id"] for document in documents for task in document["scheduled_tasks"]]
    assert [len(document["scheduled_tasks"]) for document in documents] == sizes
    assert documents[-1].get("next_maker", ABSENT) == last
    if markers in ("always", "until_last", "null_at_end", "empty_at_end", "opaque"):
        assert ids == [task["id"] for task in simulator.tasks]
    if markers == "opaque":
        assert documents[0]["next_maker"] not in ids
    if markers == "inclusive":
        assert ids[29] == ids[30] == documents[0]["next_maker"]


def test_marker_can_be_missing_where_an_offset_is_sent(simulator):
    simulator.offset_markers = False
    assert [list(ask(simulator, query).document) for query in ({"offset": 5}, {})] == [
        ["count", "scheduled_tasks"],
        ["count", "scheduled_tasks", "next_maker"],
    ]


def test_repeat(simulator):
    simulator.repeat = True
    first, second = pages(simulator, 30, 2)
    assert second["scheduled_tasks"][0] == first["scheduled_tasks"][-1]
    assert second["scheduled_tasks"][1] == simulator.tasks[30]


@pytest.mark.parametrize("empty_fields, shown", [("null", {None}), ("empty", {""}), ("absent", {ABSENT})])
def test_fields_without_a_value(empty_fields, shown):
    with Simulator(TASKS, empty_fields=empty_fields) as simulator:
        tasks = ask(simulator, {"limit": 1000}).document["scheduled_tasks"]
    for field in ("last_execution_time", "last_execution_status", "reviewer", "reviewer_user_name"):
        without = [task for task, original in zip(tasks, TASKS) if not original.get(field)]
        assert {task.get(field, ABSENT) for task in without} == shown
    filled = [{field: value for field, value in task.items() if value not in (None, "")} for task in tasks]
    assert filled == [{field: value for field, value in task.items() if value not in (None, "")} for task in TASKS]


def test_reference_example(simulator):
    query = {"offset": 0, "limit": 10, "scheduled_type": "ONCE", "last_execution_status": "FINISHED"}
    document = ask(simulator, query).document
    (task,) = document["scheduled_tasks"]
    assert (document["count"], document["next_maker"]) == (1, task["id"])
    assert (task["scheduled_type"], task["last_execution_status"]) == ("ONCE", "FINISHED")


@pytest.mark.parametrize(
    "settings, error, message",
    [
        ({"markers": "sometimes"}, ValueError, "markers='sometimes' is none of always, until_last, "),
        ({"ignored_filters": ["limit"]}, ValueError, "ignored_filters=['limit'] is none of enterprise_project_id, "),
        ({"page_size": 5}, TypeError, "unexpected keyword argument 'page_size'"),
    ],
)
def test_unknown_setting_is_a_mistake_in_the_test(settings, error, message):
    with pytest.raises(error, match=re.escape(message)):
        Simulator(**settings)


def test_setting_is_checked_when_it_is_assigned(simulator):
    with pytest.raises(ValueError):
        simulator.markers = "sometimes"
    assert simulator.markers == "always"
