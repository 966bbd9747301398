# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a report counts, and in which order it shows tasks."""

from __future__ import annotations

import pytest

from ansible_collections.huaweicloud.coc.plugins.filter.task_report import task_report
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import ABSENT
from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.unit.plugins.filter.conftest import NOW, REASON, listing

HOUR = 3600
AGO = 1000 * (NOW - 60)  # a minute before the report, in milliseconds


def task(name, status=None, ran=None, approval=None, **fields):
    times = {"last_execution_time": ran, "last_execution_status": status}
    return {**ABSENT, "id": f"ST-{name}", "name": name, "approve_status": approval, **times, **fields}


TASKS = [
    task("new"),
    task("late", "FINISHED", AGO - 5000, "PASSED", risk_level="LOW", region_id="cn-north-4", execution_count=0),
    task("pending", None, None, "PENDING", region_id="CN-North-4"),
    task("good", "FINISHED", AGO, "PASSED", risk_level="unheard of", execution_count=7),
    task("odd", None, AGO - 4000, "PASSED", enabled=False),  # the service says when it ran, but not how
    task("refused", "FINISHED", AGO - 9000, "REJECTED", enabled=True),
    task("bad", "ABNORMAL", AGO, "PASSED", created_by="0a1f", associated_task_name="脚本"),
    task("high", "FINISHED", AGO - 9000, "PASSED", risk_level="HIGH", task_type="RUNBOOK"),
    {
        **task("bad and high", "ABNORMAL", AGO - 9000, risk_level="HIGH", created_by="0a1f"),
        **{"associated_task_name": "脚本", "associated_task_name_en": "script"},
        "name": "a\u202eb\nc",
        "created_user_name": "李",
    },
]


def test_rows_that_failed_or_are_high_come_first_then_those_that_ran_last():
    rows = {row["id"].removeprefix("ST-"): row for row in task_report([listing(*TASKS)], NOW)["rows"]}
    assert list(rows) == ["bad and high", "bad", "refused", "high", "pending", "good", "odd", "late", "new"]
    assert [rows[name]["status"] for name in ("bad", "odd", "new")] == ["ABNORMAL", "unknown", "never ran"]
    assert [rows[name]["executed"] for name in ("good", "new")] == ["2025-12-31 23:59", ""]
    assert [rows[name]["owner"] for name in ("bad", "bad and high", "new")] == ["0a1f", "李", ""]
    assert [rows[name]["script"] for name in ("bad", "bad and high", "new")] == ["脚本", "script", ""]
    assert rows["bad and high"]["name"] == "a b c"
    assert [rows[name]["runs"] for name in ("good", "late", "new")] == ["7", "0", ""]
    assert [rows[name]["enabled"] for name in ("refused", "odd", "new")] == ["yes", "no", ""]


def test_numbers_and_charts_count_every_task():
    report = task_report([listing(*TASKS)], NOW)
    assert {number["label"]: number["count"] for number in report["numbers"]} == {
        "last run failed": 2,
        "rejected": 1,
        "pending approval": 1,
        "high risk": 2,
        "never ran": 2,
        "enabled": 1,
    }
    assert {chart["filter"]: [(one["value"], one["count"]) for one in chart["bars"]] for chart in report["charts"]} == {
        "status": [("ABNORMAL", 2), ("FINISHED", 4), ("never ran", 2), ("unknown", 1)],
        "age": [("never ran", 2), ("within the last hour", 7)],
        "risk": [("HIGH", 2), ("LOW", 1), ("unknown", 5), ("unheard of", 1)],
        "type": [("RUNBOOK", 1), ("unknown", 8)],
        "region": [("unknown", 7), ("CN-North-4", 1), ("cn-north-4", 1)],
    }
    assert [one["percent"] for one in report["charts"][0]["bars"]] == [50.0, 100.0, 50.0, 25.0]
    samples = task_report([listing(*coc_simulator.sample_tasks(1000))])
    assert all(sum(one["count"] for one in chart["bars"]) == 1000 for chart in samples["charts"])


def test_a_chart_has_the_most_frequent_values_only():
    tasks = [task(str(number), region_id=f"region {number}") for number in range(1000)]
    (region,) = (chart for chart in task_report([listing(*tasks, tasks[7])])["charts"] if chart["filter"] == "region")
    assert region["bars"][0] == {"value": "region 7", "count": 2, "percent": 100.0}
    assert (len(region["bars"]), region["more"]) == (50, 950)


@pytest.mark.parametrize(
    "hours,age",
    [
        (-9, "within the last hour"),
        (1, "1 to 24 hours ago"),
        (24, "1 to 7 days ago"),
        (168, "7 to 30 days ago"),
        (720, "over 30 days ago"),
    ],
)
def test_a_task_is_as_old_as_its_last_execution(hours, age):
    (row,) = task_report([listing(task("a", "FINISHED", 1000 * (NOW - hours * HOUR)))], NOW)["rows"]
    assert row["age"] == age


def test_times_are_those_of_a_zone():
    tasks = task("late", ran=AGO), task("far", ran=9_000_000_000_000_000)
    report = task_report([listing(*tasks)], NOW, "Asia/Shanghai")
    assert (report["as_of"], report["timezone"]) == ("2026-01-01 08:00", "Asia/Shanghai")
    assert [row["executed"] for row in report["rows"]] == ["9999-12-31 23:59", "2026-01-01 07:59"]
    assert task_report([], NOW)["timezone"] == "UTC"


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


def test_accounts_are_a_column_and_a_chart_and_those_without_tasks_are_named():
    listings = [listing(*TASKS[:2], name="A"), listing(name="B"), listing(name="C", failed=True)]
    report = task_report(listings, NOW)
    assert (report["accounts"], report["empty_accounts"]) == (["A", "B", "C"], ["B"])
    assert report["failures"] == {"C": REASON}
    assert [row["account"] for row in report["rows"]] == ["A", "A"]
    assert "Account" in [column["heading"] for column in report["columns"]]
    assert report["charts"][-1]["bars"] == [{"value": "A", "count": 2, "percent": 100.0}]
    alone = task_report([listing()], NOW)
    assert (alone["accounts"], alone["empty_accounts"], len(alone["columns"]), len(alone["charts"])) == ([], [], 10, 5)
