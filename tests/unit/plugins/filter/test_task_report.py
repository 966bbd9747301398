# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a report counts, and in which order it shows tasks."""

from __future__ import annotations

import collections

import pytest

from ansible_collections.huaweicloud.coc.plugins.filter.task_report import SPANS, task_report
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import ABSENT
from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.unit.plugins.filter.conftest import NOW, REASON, listing

AGO = 1000 * NOW - 60000  # a minute before the report, in milliseconds


def task(name, status=None, ran=None, approval=None, **fields):
    times = {"last_execution_time": ran, "last_execution_status": status}
    return {**ABSENT, "id": f"ST-{name}", "name": name, "approve_status": approval, **times, **fields}


TASKS = [
    task("new"),
    task("late", "FINISHED", AGO - 5000, "PASSED", risk_level="LOW", region_id="cn-north-4"),
    task("pending", None, None, "PENDING", risk_level="HIGH", region_id="CN-North-4"),
    task("good", "FINISHED", AGO, "PASSED", risk_level="unheard of", execution_count=7),
    task("odd", None, AGO - 4000, "PASSED"),  # the service says when it ran, but not how
    task("refused", "FINISHED", AGO - 9000, "REJECTED", enabled=True),
    task("bad", "ABNORMAL", AGO - 9000, "REJECTED", task_type="RUNBOOK"),
    task("bad too", "ABNORMAL", AGO, "PASSED", created_by="0a1f", associated_task_name="脚本"),
]


def test_rows_that_need_attention_come_first_then_those_that_ran_last():
    rows = task_report([listing(*TASKS)], NOW)["rows"]
    assert [row["name"] for row in rows] == ["bad too", "bad", "refused", "pending", "good", "odd", "late", "new"]
    shown = {row["name"]: row for row in rows}
    assert [shown[name]["status"] for name in ("bad", "odd", "new")] == ["ABNORMAL", "unknown", "never ran"]
    assert [shown[name]["executed"] for name in ("good", "new")] == ["2025-12-31 23:59", ""]
    assert (shown["bad too"]["creator"], shown["bad too"]["script"]) == ("0a1f", "脚本")
    assert [shown[name]["risk_key"] for name in ("pending", "late", "good", "new")] == [0, 2, "", ""]
    assert (shown["good"]["runs"], shown["new"]["runs"], shown["refused"]["enabled"]) == (7, "", "yes")


def test_numbers_and_charts_count_every_task():
    report = task_report([listing(*TASKS)], NOW)
    assert {number["label"]: number["count"] for number in report["numbers"]} == {
        "last run failed": 2,
        "rejected": 2,
        "waiting for approval": 1,
        "never ran": 2,
        "enabled": 1,
    }
    assert {chart["filter"]: [(bar["value"], bar["count"]) for bar in chart["bars"]] for chart in report["charts"]} == {
        "status": [("ABNORMAL", 2), ("FINISHED", 3), ("never ran", 2), ("unknown", 1)],
        "region": [("CN-North-4", 1), ("cn-north-4", 1), ("unknown", 6)],
        "risk": [("HIGH", 1), ("LOW", 1), ("unheard of", 1), ("unknown", 5)],
        "type": [("RUNBOOK", 1), ("unknown", 7)],
    }
    (status, *_others) = report["charts"]
    assert [bar["percent"] for bar in status["bars"]] == [66.67, 100.0, 66.67, 33.33]
    assert [bar["tone"] for bar in status["bars"]] == ["bad", "good", "never", ""]


def test_timeline_stacks_by_status():
    timeline = task_report([listing(*TASKS)], NOW)["timeline"]
    (bar,) = timeline["bars"]
    assert bar["title"] == "2025-12-31 23:00 to 2026-01-01 00:00, 2 ABNORMAL, 3 FINISHED, 1 unknown"
    assert (bar["column"], bar["value"], timeline["count"], timeline["top"]) == (24, 1, 25, 6)
    assert [status["value"] for status in timeline["legend"]] == ["ABNORMAL", "FINISHED", "unknown"]
    assert [date["text"] for date in timeline["dates"]] == ["12-31", "06:00", "12:00", "18:00"]
    assert timeline["older"]["count"] == 0


@pytest.mark.parametrize("span", SPANS)
def test_timeline_has_the_shortest_span_with_95_in_100_executions(span):
    ran = [task(str(number), "FINISHED", 1000 * (NOW - span.length)) for number in range(95)]
    older = [task(f"older {number}", "READY", 1000 * (NOW - 2 * SPANS[-1].length)) for number in range(5)]
    report = task_report([listing(*ran, *older)], NOW)
    timeline = report["timeline"]
    assert timeline["bar_name"] == span.bar_name
    assert timeline["count"] == span.length // span.bar + 1
    assert timeline["older"]["count"] == 5 and timeline["older"]["value"] == timeline["count"]
    assert collections.Counter(row["bar"] for row in report["rows"]) == {
        timeline["count"]: 5,
        timeline["bars"][0]["value"]: 95,
    }
    assert all(date["text"] for date in timeline["dates"]) and len(timeline["dates"]) >= 2


def test_times_that_no_calendar_has():
    report = task_report([listing(task("far", "FINISHED", 9_000_000_000_000_000))], NOW)
    assert [(row["executed"], row["bar"]) for row in report["rows"]] == [("9999-12-31 23:59", 0)]
    assert task_report([listing(task("never"))], NOW)["timeline"] is None


@pytest.mark.parametrize(
    "listings,told",
    [
        (
            [listing(*TASKS[:2], risk_level="HIGH", task_type="RUNBOOK", offset=5, limit="2")],
            ({"risk_level": "HIGH", "task_type": "RUNBOOK"}, {}, {"offset": 5}, True),
        ),
        ([listing(*TASKS[:2], limit=3)], ({}, {}, {}, False)),
        (
            [
                listing(name="A", risk_level="HIGH", region_id="x"),
                listing(name="B", risk_level="LOW", region_id="x", failed=True),
                listing(TASKS[0], name="C", region_id="x", marker="m", limit=1),
            ],
            (
                {"region_id": "x"},
                {"A": {"risk_level": "HIGH"}, "B": {"risk_level": "LOW"}, "C": {"marker": "m"}},
                {},
                True,
            ),
        ),
    ],
)
def test_report_tells_what_it_leaves_out(listings, told):
    report = task_report(listings, NOW)
    assert tuple(report[name] for name in ("filters", "own_filters", "starts", "limit_reached")) == told


def test_accounts_are_a_column_a_chart_and_those_that_failed_a_warning():
    listings = [listing(*TASKS[:2], name="A"), listing(name="B"), listing(name="C", failed=True)]
    report = task_report(listings, NOW)
    assert (report["accounts"], report["counts"]) == (["A", "B", "C"], {"A": 2, "B": 0})
    assert report["failures"] == {"C": REASON}
    assert [row["account"] for row in report["rows"]] == ["A", "A"]
    assert report["columns"][-1]["heading"] == report["charts"][-1]["title"] == "Account"
    alone = task_report([listing(*TASKS)], NOW)
    assert (alone["accounts"], alone["counts"], len(alone["columns"]), len(alone["charts"])) == ([], {}, 11, 4)


def test_samples_are_counted_once_each():
    tasks = coc_simulator.sample_tasks(1000, now_ms=1000 * NOW)
    report = task_report([listing(*tasks)], NOW)
    ran = sum(bool(one.get("last_execution_time")) for one in tasks)
    bars = [sum(int(part.split()[0]) for part in bar["title"].split(", ")[1:]) for bar in report["timeline"]["bars"]]
    assert sum(bars) + report["timeline"]["older"]["count"] == ran > 600
    assert all(sum(bar["count"] for bar in chart["bars"]) == 1000 for chart in report["charts"])
