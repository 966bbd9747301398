# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the filters make of listings: artifacts, the health with its sentences, and the lines of the table."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.huaweicloud.coc.plugins.filter.task_artifacts import task_artifacts
from ansible_collections.huaweicloud.coc.plugins.filter.task_health import task_health
from ansible_collections.huaweicloud.coc.plugins.filter.task_report import task_report
from ansible_collections.huaweicloud.coc.plugins.filter.task_table import task_table
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import ABSENT
from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.unit.plugins.filter.conftest import NOW, REASON, listing

HOUR = 3600 * 1000  # milliseconds
NASTY = "a\nb\u2028c\x85d\x1b[31me\u202ef\u200eg\u200fh\u061ci"  # lines, control characters, directions of writing
SITE = "The account may belong to another site: see region and endpoint"


def task(name, **fields):
    well = {"last_execution_status": "FINISHED", "approve_status": "PASSED", "enabled": True, "scheduled_type": "CRON"}
    times = {"last_execution_time": (NOW * 1000) - HOUR, "created_time": (NOW * 1000) - 1000 * HOUR}
    return {**ABSENT, "id": f"ST-{name}", "name": name, **well, **times, **fields}


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        "text",
        [task("a")],
        [{**listing(), "scheduled_tasks": [{}]}],
        [{**listing(), "failed": 0}],
        [listing(), listing()],
    ],
)
@pytest.mark.parametrize("task_filter", [task_artifacts, task_health, task_table, task_report])
def test_what_is_no_list_of_listings_is_refused(task_filter, value):
    with pytest.raises(AnsibleFilterError, match=f"^{task_filter.__name__}: takes the list that the lookup huawei"):
        task_filter(value)


WELL, FAILED = task("well"), task("failed", last_execution_status="ABNORMAL")


def test_artifacts():
    assert task_artifacts([listing(WELL, FAILED)]) == {
        "coc_task_count": 2,
        "coc_task_ids": ["ST-well", "ST-failed"],
        "coc_task_names": ["well", "failed"],
    }
    assert task_artifacts([listing(failed=True)]) == {}
    assert task_artifacts([listing(WELL, name="A"), listing(name="B"), listing(name="C", failed=True)]) == {
        "coc_task_count": 1,
        "coc_task_counts": {"A": 1, "B": 0},
        "coc_task_ids": {"A": ["ST-well"], "B": []},
        "coc_task_names": {"A": ["well"], "B": []},
        "coc_failed_accounts": {"C": REASON},
    }


LATE = {"last_execution_time": (NOW * 1000) - 26 * HOUR}
NEVER = {"last_execution_time": None, "last_execution_status": None}
NEW = {**NEVER, "created_time": (NOW * 1000) - HOUR}


@pytest.mark.parametrize(
    "is_overdue,fields",
    [
        (False, {}),
        (True, LATE),
        (True, NEVER),
        (False, NEW),
        (True, {**NEVER, "created_time": None}),
        (False, {**LATE, "enabled": False}),
        (False, {**LATE, "scheduled_type": "ONCE"}),
        (False, {**NEVER, "approve_status": "PENDING"}),
        (False, {**LATE, "approve_status": "REJECTED"}),
    ],
)
@pytest.mark.parametrize("age,is_checked", [(25, True), ("25.0", True), (None, False), (" ", False), (0, False)])
def test_an_enabled_task_that_has_not_run_for_too_long_is_overdue(is_overdue, fields, age, is_checked):
    found = task_health([listing(task("a", **fields))], age, now=NOW)
    assert found["artifacts"]["coc_overdue_task_ids"] == (["ST-a"] if is_overdue and is_checked else [])


@pytest.mark.parametrize("age", [-1, "9" * 400, "soon", [25], True, "nan", 1_000_000])
def test_an_age_that_is_no_number_of_hours_is_refused_without_any_listing(age):
    with pytest.raises(AnsibleFilterError) as caught:
        task_health([], age)
    message = caught.value.message
    assert message.startswith(f"max_age_hours: {str(age)[:40]}") and len(message) < 140
    assert message.endswith(" is not a number of hours below 1000000. Give one such as 25, or leave it out.")


MANY = [task(f"n{number}", last_execution_status="ABNORMAL") for number in range(52)]


@pytest.mark.parametrize(
    "listings,healthy,msg",
    [
        ([listing(WELL)], True, "Of 1 tasks: nothing wrong."),
        (
            [listing(FAILED, task(NASTY, approve_status="REJECTED"), task("late", **LATE))],
            False,
            "Of 3 tasks: 1 ABNORMAL: failed (ST-failed); "
            f"1 REJECTED: a b c d [31me f g h i (ST-{NASTY}); 1 enabled, but not run for 25 hours: late (ST-late).",
        ),
        ([listing(task(None, approve_status="REJECTED"))], False, "Of 1 tasks: 1 REJECTED: - (ST-None)."),
        ([listing(*MANY)], False, "Of 52 tasks: 52 ABNORMAL: n0 (ST-n0), …n49 (ST-n49) and 2 more."),
        ([listing(limit=5, offset=0, marker="x")], False, f"Of 0 tasks: nothing was checked. {SITE}."),
        ([listing(risk_level="HIGH")], True, "Of 0 tasks: nothing wrong."),
        (
            [listing(WELL, limit="1")],
            True,
            "Of 1 tasks: nothing wrong; ansible_huaweicloud_limit was reached: there may be more tasks.",
        ),
        ([listing(failed=True)], False, f"COC could not be asked: {REASON}"),
        (
            [listing(FAILED, name="A\n"), listing(FAILED, name="B"), listing(name="C"), listing(name="D", failed=True)],
            False,
            "Of 2 tasks: 2 ABNORMAL: failed (ST-failed, A ), failed (ST-failed, B); "
            f"nothing was checked in C. {SITE}; 1 of 4 accounts could not be asked: D: {REASON}",
        ),
        (
            [listing(name="C", failed=True)],
            False,
            f"Of 0 tasks: nothing was checked; 1 of 1 accounts could not be asked: C: {REASON}",
        ),
        ([listing(WELL, name="A"), listing(name="B", risk_level="HIGH")], True, "Of 1 tasks: nothing wrong."),
    ],
)
def test_health(listings, healthy, msg):
    found = task_health(listings, 25, now=NOW)
    start, _omitted, end = msg.partition("…")
    assert found["msg"].startswith(start) and found["msg"].endswith(end)
    assert (found["msg"] == msg) != ("…" in msg)
    assert found["healthy"] == healthy
    artifacts = found["artifacts"]
    assert artifacts["coc_asked"] == any(not one["failed"] for one in listings)
    assert artifacts["coc_health"] in found["msg"]
    asked = [one["name"] for one in listings if not one["failed"]]
    for field, value in (("abnormal", "ABNORMAL"), ("rejected", "REJECTED")):
        by_account = {
            one["name"]: [each["id"] for each in one["scheduled_tasks"] if value in each.values()] for one in listings
        }
        named = {name: by_account[name] for name in asked}
        assert artifacts[f"coc_{field}_task_ids"] == by_account.get(None, named)
    if listings[0]["name"]:
        assert artifacts["coc_task_counts"] == {name: len(one["scheduled_tasks"]) for name, one in zip(asked, listings)}
        assert artifacts["coc_failed_accounts"] == {one["name"]: REASON for one in listings if one["failed"]}
    else:
        assert not {"coc_task_counts", "coc_failed_accounts"} & set(artifacts)


HEADINGS = "ID STATUS LAST RUN (UTC) SCHEDULE TYPE RISK APPROVAL ENABLED REGION"


def test_table():
    heading, far, never, total = task_table(
        [
            listing(
                task(NASTY, last_execution_time=9_000_000_000_000_000, task_type="SCRIPT", risk_level="LOW"),
                {**ABSENT, "id": "ST-n", "name": None},
            )
        ]
    )
    assert " ".join(heading.split()) == f"{HEADINGS} NAME"
    assert far.partition("  FINISHED    ")[2] == (
        "9999-12-31 23:59  CRON      SCRIPT   LOW     PASSED    yes      -               a b c d [31me f g h i"
    )
    assert never.split() == ["ST-n", "-", "never", "-", "-", "-", "-", "no", "-", "-"]
    assert total == "2 tasks"


def test_table_of_accounts():
    listings = [listing(WELL, name="a long\nname"), listing(name="B"), listing(name="C", failed=True)]
    heading, line, *end = task_table(listings)
    assert heading.endswith("  REGION          ACCOUNT      NAME")
    assert line.endswith("  -               a long name  well")
    assert end == ["1 task", "a long name: 1", "B: 0", f"C: MISSING. {REASON}"]
    assert task_table([listing(failed=True)])[1:] == ["0 tasks", f"The account: MISSING. {REASON}"]


def test_samples_of_the_service_are_taken_by_all():
    tasks = coc_simulator.sample_tasks(5000)  # with fields left out
    listings = [listing(*tasks)]
    assert task_artifacts(listings)["coc_task_count"] == len(task_report(listings)["rows"]) == 5000
    assert len(task_table(listings)) == 5002
    assert task_health(listings, 25)["msg"].startswith("Of 5000 tasks: ")
