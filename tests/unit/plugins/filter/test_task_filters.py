# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the filters make of listings: artifacts, and the health with its sentences."""

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
LIMITED = "ansible_huaweicloud_limit was reached: there may be more tasks"
CLEAN = "a b c d [31me f g h i"
SITE = "or the account is of another site: see region and endpoint"


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
        [listing(task("rejected", approve_status="REJECTED"), name="A"), listing(name="A")],
    ],
)
@pytest.mark.parametrize("task_filter", [task_artifacts, task_health, task_table, task_report])
def test_what_is_no_list_of_listings_is_refused(task_filter, value):
    with pytest.raises(AnsibleFilterError, match=f"^{task_filter.__name__}: must be the list that the lookup huawei"):
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


def test_never_ran_is_a_check_of_its_own():
    listings = [listing(task("late", **LATE), task("never", **NEVER, enabled=True), FAILED)]
    for checks, failures, ids in (
        ("overdue", {"late": "overdue"}, ["ST-late"]),
        (["never_ran"], {"never": "never_ran"}, ["ST-never"]),
        ("never_ran , overdue,", {"late": "overdue", "never": "never_ran"}, ["ST-late", "ST-never"]),
        (" ", {"late": "overdue", "never": "never_ran", "failed": "abnormal"}, ["ST-late", "ST-never"]),
        ("abnormal", {"failed": "abnormal"}, []),
    ):
        found = task_health(listings, 25, checks, now=NOW)
        assert found["artifacts"]["coc_overdue_task_ids"] == ids
        assert [line.partition(" (")[0] for line in found["lines"]] == [f"{kind}: {n}" for n, kind in failures.items()]
        assert found["msg"].startswith("Of 3 tasks: 1 ")


def test_a_line_says_who_has_to_look_where():
    known = {"region_id": "cn-north-4", "created_user_name": "Li Lei", "created_by": "0a1f"}
    both = task("a", last_execution_status="ABNORMAL", approve_status="REJECTED", modified_time=NOW * 1000, **known)
    new = {**NEVER, "id": "ST-n", "enabled": True, "created_by": "0a1f\u202e"}
    assert task_health([listing(both, new, name="A")], 25, timezone="Asia/Shanghai", now=NOW)["lines"] == [
        "abnormal, rejected: a (ST-a), account A, region cn-north-4, owner Li Lei, "
        "last ran 2026-01-01 07:00 Asia/Shanghai, last changed 2026-01-01 08:00 Asia/Shanghai",
        "never_ran: - (ST-n), account A, region -, owner 0a1f , created -",
    ]
    late = task_health([listing(task(NASTY, **LATE))], 25, now=NOW)["lines"]
    assert late == [f"overdue: a b c d [31me f g h i (ST-{CLEAN}), region -, owner -, last ran 2025-12-30 22:00 UTC"]


@pytest.mark.parametrize(
    "options,message",
    [
        ({"checks": "abnormal,ABNORML"}, "checks: ABNORML is unknown. Did you mean abnormal?"),
        ({"checks": ["x"]}, "checks: x is unknown. It takes abnormal, rejected, overdue, never_ran."),
        ({"checks": []}, "checks: is empty. Leave it out, or choose from abnormal, rejected, overdue, never_ran."),
        ({"checks": {"a": 1}}, "checks: must be a list, or text with commas, of abnormal, rejected, "),
        ({"checks": "never_ran"}, "checks: never_ran needs max_age_hours. Set it, or leave out never_ran."),
        ({"checks": "overdue", "max_age_hours": 0}, "checks: overdue needs max_age_hours. Set it, or leave out ov"),
        ({"min_tasks": -1}, "min_tasks: -1 is out of range; it takes 0 to 100000."),
        ({"min_tasks": "some"}, "min_tasks: 'some' is not a whole number."),
        ({"now": "today"}, "now: must be a number of seconds since the epoch."),
        ({"timezone": "Asia/Shangai"}, "timezone: there is no time zone Asia/Shangai. Did you mean Asia/Shanghai?"),
    ],
)
def test_a_wrong_option_is_refused_without_any_listing(options, message):
    with pytest.raises(AnsibleFilterError) as caught:
        task_health([], **options)
    assert caught.value.message.startswith(message)


FEW = "nothing was checked (coc_min_tasks: 1)"


@pytest.mark.parametrize(
    "listings,least,health",
    [
        ([listing(risk_level="HIGH")], None, FEW),
        ([listing(risk_level="HIGH")], "0", "nothing wrong"),
        ([listing(last_execution_status="ABNORMAL")], " ", "nothing wrong"),
        ([listing(approve_status="PENDING")], None, "nothing wrong"),
        ([listing(approve_status="PENDING")], 1, FEW),
        ([listing(WELL, risk_level="LOW")], 2, "only 1 task (coc_min_tasks: 2)"),
        ([listing(limit=5, offset=0, marker="x")], None, f"{FEW}, {SITE}"),
        ([listing()], 0, "nothing wrong"),
        ([{**listing(name="A"), "min_tasks": 0}, listing(WELL, name="B")], 1, "nothing wrong"),
        ([{**listing(name="A"), "min_tasks": 1}, listing(name="B", task_id="x")], 0, f"A: {FEW}, {SITE}"),
        ([{**listing(name="A"), "min_tasks": 0}, listing(WELL, name="B")], 2, "B: only 1 task (coc_min_tasks: 2)"),
    ],
)
def test_each_account_must_have_as_many_tasks_as_expected(listings, least, health):
    found = task_health(listings, min_tasks=least)
    assert (found["artifacts"]["coc_health"], found["healthy"]) == (health, health == "nothing wrong")


def test_the_filters_that_were_used_are_named():
    listings = [listing(WELL, name="A", risk_level="HIGH"), listing(WELL, name="B")]
    assert task_health(listings)["msg"] == "Of 2 tasks: nothing wrong. A: only tasks with risk_level HIGH."


@pytest.mark.parametrize("age", [-1, "9" * 400, "soon", [25], True, "nan", 1_000_000])
def test_an_age_that_is_no_number_of_hours_is_refused_without_any_listing(age):
    with pytest.raises(AnsibleFilterError) as caught:
        task_health([], age)
    message = caught.value.message
    assert message.startswith(f"max_age_hours: {str(age)[:40]}") and len(message) < 140
    assert message.endswith(" is not a number of hours below 1000000. Use a number such as 25, or leave it out.")


MANY = [task(f"n{number}", last_execution_status="ABNORMAL") for number in range(52)]


@pytest.mark.parametrize(
    "listings,msg,health",
    [
        ([listing(WELL)], "Of 1 tasks: nothing wrong.", "nothing wrong"),
        (
            [listing(FAILED, task(NASTY, approve_status="REJECTED"), task("late", **LATE), task("never", **NEVER))],
            "Of 4 tasks: 1 ABNORMAL; 1 REJECTED; 1 enabled, but not run for 25 hours; 1 enabled, but never run.",
            f"1 ABNORMAL: failed (ST-failed); 1 REJECTED: a b c d [31me f g h i (ST-{NASTY}); "
            "1 enabled, but not run for 25 hours: late (ST-late); 1 enabled, but never run: never (ST-never)",
        ),
        ([listing(task(None, approve_status="REJECTED"))], "Of 1 tasks: 1 REJECTED.", "1 REJECTED: - (ST-None)"),
        ([listing(*MANY)], "Of 52 tasks: 52 ABNORMAL.", "52 ABNORMAL: n0 (ST-n0), …n49 (ST-n49) and 2 more"),
        (
            [listing(WELL, limit="1")],
            f"Of 1 tasks: nothing wrong; {LIMITED}.",
            f"nothing wrong; {LIMITED}",
        ),
        ([listing(failed=True, risk_level="LOW")], f"COC could not be queried: {REASON}", None),
        (
            [listing(FAILED, name="A\n"), listing(FAILED, name="B"), listing(name="C"), listing(name="D", failed=True)],
            f"Of 2 tasks: 2 ABNORMAL; C: {FEW}, {SITE}; 1 of 4 accounts could not be queried: D: {REASON}",
            f"2 ABNORMAL: failed (ST-failed, A ), failed (ST-failed, B); C: {FEW}, {SITE}; 1 of 4 …ried: D: {REASON}",
        ),
        (
            [listing(name="C", failed=True)],
            f"Of 0 tasks: 1 of 1 accounts could not be queried: C: {REASON}",
            None,
        ),
    ],
)
def test_health(listings, msg, health):
    found = task_health(listings, 25, now=NOW)
    artifacts = found["artifacts"]
    start, omitted, end = (health or artifacts["coc_health"]).partition("…")
    assert (found["msg"], found["healthy"]) == (msg, "nothing wrong" in msg)
    assert artifacts["coc_health"].startswith(start) and artifacts["coc_health"].endswith(end)
    assert omitted or artifacts["coc_health"] == start
    assert artifacts["coc_asked"] == any(not one["failed"] for one in listings)
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


def test_samples_of_the_service_are_taken_by_all():
    tasks = coc_simulator.sample_tasks(5000)  # with fields left out
    listings = [listing(*tasks)]
    assert task_artifacts(listings)["coc_task_count"] == len(task_report(listings)["rows"]) == 5000
    assert len(task_table(listings).splitlines()) == 5002
    assert task_health(listings, 25)["msg"].startswith("Of 5000 tasks: ")
