# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What both plugins ask for, and that they list every task once, however oddly the service pages."""

from __future__ import annotations

import base64
import itertools
import re
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import QUERY_PARAMETERS
from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.unit.conftest import PLUGINS, run_plugin as ask, run_module

both = pytest.mark.parametrize("plugin", PLUGINS)

TASKS = coc_simulator.sample_tasks(2500)
IDS = [task["id"] for task in TASKS]

# One value for each query parameter, and what goes over the wire for it.
PARAMETERS = {
    "enterprise_project_id": ("0", "0"),
    "task_id": (IDS[0], IDS[0]),
    "task_name": ("备份 a+b*c~d/e%", "%E5%A4%87%E4%BB%BD%20a%2Bb%2Ac~d%2Fe%25"),
    "scheduled_type": ("CRON", "CRON"),
    "task_type": ("RUNBOOK", "RUNBOOK"),
    "associated_task_type": ("COMMUNAL", "COMMUNAL"),
    "risk_level": ("HIGH", "HIGH"),
    "created_by": ("李娜", "%E6%9D%8E%E5%A8%9C"),
    "reviewer": ("0a1f5c3e9b7d4826a1c0e4f7b9d25638", "0a1f5c3e9b7d4826a1c0e4f7b9d25638"),
    "reviewer_user_name": ("zhang.wei", "zhang.wei"),
    "approve_status": ("PENDING", "PENDING"),
    "last_execution_status": ("ABNORMAL", "ABNORMAL"),
    "last_execution_start_time": ("2026-01-31T08:00:00+08:00", "1769817600000"),
    "last_execution_end_time": ("9000000000000000", "9000000000000000"),
    "marker": (IDS[0], IDS[0]),
    "region_id": ("cn-north-4", "cn-north-4"),
    "resource_id": ("5e0d7c2a-91b4-4f3e-8a6c-000000000001", "5e0d7c2a-91b4-4f3e-8a6c-000000000001"),
    "offset": (2147483647, "2147483647"),
    "limit": (1000, "1000"),
}


def listed(outcome):
    assert not outcome.failed, outcome.msg
    return [task["id"] for task in outcome.tasks]


def queries(simulator):
    return [request.raw_query for request in simulator.requests]


# ---------------------------------------------------------------------------------------------------------------------
# Pages


@both
@pytest.mark.parametrize(
    "total, markers",
    [
        *itertools.product([0, 1, 60, 999, 1000, 1001, 2500], ["always", "never"]),
        *itertools.product([60, 1001], ["until_last", "null_at_end", "empty_at_end"]),
    ],
)
def test_everything_takes_as_few_requests_as_can_be(plugin, total, markers, simulator, connection):
    simulator.tasks, simulator.markers = TASKS[:total], markers
    outcome = ask(plugin, connection)
    assert listed(outcome) == IDS[:total]
    later = [f"&marker={IDS[999]}", f"&marker={IDS[1999]}"] if markers != "never" else ["&offset=1000", "&offset=2000"]
    assert queries(simulator) == ["limit=1000" + position for position in ["", *later][: max(1, -(-total // 1000))]]
    assert simulator.connections == 1
    if plugin == "module":
        assert (outcome.result["count"], outcome.result["next_marker"]) == (total, None)


@both
@pytest.mark.parametrize(
    "options, first, last, wanted",
    [
        ({"limit": 7}, 0, 7, ["limit=7"]),
        ({"limit": 1000}, 0, 1000, ["limit=1000"]),
        ({"limit": 1500}, 0, 1500, ["limit=1000", f"limit=500&marker={IDS[999]}"]),
        ({"limit": 5000, "offset": 2000}, 2000, 2500, ["limit=1000&offset=2000"]),
        ({"offset": 0}, 0, 2500, ["limit=1000&offset=0", *(f"limit=1000&marker={IDS[at]}" for at in (999, 1999))]),
        ({"offset": 1400}, 1400, 2500, ["limit=1000&offset=1400", f"limit=1000&marker={IDS[2399]}"]),
        ({"offset": 2500}, 2500, 2500, ["limit=1000&offset=2500"]),
        ({"marker": IDS[2399]}, 2400, 2500, [f"limit=1000&marker={IDS[at]}" for at in (2399, 2499)]),
        (
            {"marker": IDS[99], "limit": 1200},
            100,
            1300,
            [f"limit=1000&marker={IDS[99]}", f"limit=200&marker={IDS[1099]}"],
        ),
        # whatever the service makes of both, both are sent, once
        ({"marker": IDS[99], "offset": 2300}, 2400, 2500, [f"limit=1000&marker={IDS[99]}&offset=2300"]),
        ({"risk_level": "HIGH", "limit": 1, "offset": 1}, None, None, ["limit=1&offset=1&risk_level=HIGH"]),
    ],
    ids=str,
)
def test_where_to_start_is_sent_once_and_the_markers_followed(
    plugin, options, first, last, wanted, simulator, connection
):
    simulator.tasks = TASKS
    found = listed(ask(plugin, {**connection, **options}))
    risky = [task["id"] for task in TASKS if task["risk_level"] == "HIGH"]
    assert found == (risky[1:2] if first is None else IDS[first:last])
    assert queries(simulator)[: len(wanted)] == wanted
    assert queries(simulator)[len(wanted) :] in ([], [f"limit=1000&marker={IDS[-1]}"])  # where no count tells the end
    assert simulator.connections == 1


@both
def test_later_pages_go_on_by_offset_from_the_offset_that_was_given(plugin, simulator, connection):
    simulator.tasks, simulator.markers = TASKS, "never"
    assert listed(ask(plugin, {**connection, "offset": 400, "limit": 2050})) == IDS[400:2450]
    assert queries(simulator) == ["limit=1000&offset=400", "limit=1000&offset=1400", "limit=50&offset=2400"]


@both
@pytest.mark.parametrize("markers", coc_simulator.MARKERS)
def test_no_oddity_of_paging_loses_or_doubles_a_task(plugin, markers, simulator, connection):
    """Every oddity with every other one: the list is whole, in order, each task once; or an error says so, soon."""
    total, place = 20, 5
    simulator.tasks, simulator.markers = TASKS[:total], markers
    marker = base64.b64encode(IDS[place - 1].encode()).decode() if markers == "opaque" else IDS[place - 1]
    wrong = []
    for page_cap, repeat, ignore_offset, ignore_limit, options in itertools.product(
        (None, 7),
        (False, True),
        (False, True),
        (False, True),
        ({}, {"limit": 12}, {"offset": place}, {"offset": place, "limit": 12}, {"marker": marker, "limit": 12}),
    ):
        if "offset" in options and ignore_offset:
            continue  # see the next test
        simulator.page_cap, simulator.repeat = page_cap, repeat
        simulator.ignore_offset, simulator.ignore_limit = ignore_offset, ignore_limit
        simulator.requests.clear()
        outcome = ask(plugin, {**connection, **options})
        start = place if "offset" in options or "marker" in options else 0
        stop = start + options.get("limit", total)
        if outcome.failed:
            expected = markers == "stuck" or (markers == "never" and ignore_offset)
            good = expected and "does not advance" in outcome.msg and not outcome.tasks
        else:
            good = [task["id"] for task in outcome.tasks] == IDS[:total][start:stop] and not outcome.warnings
        if not good or len(simulator.requests) > 6:
            wrong.append((page_cap, repeat, ignore_offset, ignore_limit, options, outcome.msg, queries(simulator)))
    assert not wrong


@both
@pytest.mark.parametrize("page_cap", [None, 7])
def test_an_offset_that_is_ignored_is_noticed(plugin, page_cap, simulator, connection):
    """Where more tasks come than can: a list with a limit below that does not show it."""
    simulator.tasks, simulator.page_cap, simulator.ignore_offset = TASKS[:20], page_cap, True
    for markers in coc_simulator.MARKERS:
        simulator.markers = markers
        outcome = ask(plugin, {**connection, "offset": 5})
        assert outcome.failed and not outcome.tasks, markers
        assert "ignores offset=5" in outcome.msg or "does not advance" in outcome.msg


@both
@pytest.mark.parametrize("settings", [{"markers": "stuck"}, {"markers": "never", "ignore_offset": True}], ids=str)
def test_a_listing_that_does_not_advance_ends_after_two_requests(plugin, settings, simulator, connection):
    simulator.tasks, simulator.page_cap = TASKS, 100
    for name, value in settings.items():
        setattr(simulator, name, value)
    outcome = ask(plugin, connection)
    assert outcome.failed and not outcome.tasks
    assert re.fullmatch(
        rf"GET {re.escape(simulator.endpoint)}/v1/schedule/task does not advance: after \d+ of 2500 tasks it returns "
        "the same ones again. No tasks are returned. Try again, or filter for fewer tasks.",
        outcome.msg,
    )
    assert len(simulator.requests) == 2


@both
@pytest.mark.parametrize("markers", ["always", "never"])
def test_fewer_tasks_than_the_service_counts_are_no_success(plugin, markers, simulator, connection):
    simulator.markers = markers
    lie = coc_simulator.mutate(lambda document: {**document, "count": 61})
    simulator.faults += [lie, lie]
    outcome = ask(plugin, connection)
    assert outcome.failed and not outcome.tasks
    assert "returned 60 tasks but counts 61" in outcome.msg and "No tasks are returned" in outcome.msg


@both
def test_rows_that_the_service_counts_twice_are_told_of(plugin, simulator, connection):
    def double(document):
        return {**document, "count": 120, "scheduled_tasks": document["scheduled_tasks"] * 2}

    simulator.faults += [coc_simulator.mutate(double)] * 2
    outcome = ask(plugin, connection)
    assert listed(outcome) == IDS[:60]
    assert outcome.warnings == [
        "COC counts 120 tasks but repeated some: 60 different ones are returned. Run again if one is missing."
    ]


FRONT, END = TASKS[100:105], TASKS[200:205]  # tasks that are made while others are listed
CHANGES = {
    "made at the end": lambda tasks: tasks + END,
    "made at the front": lambda tasks: FRONT + tasks,
    "removed from the first page": lambda tasks: tasks[6:],
    "removed from a later page": lambda tasks: tasks[:10] + tasks[13:],
    "removed where the first page ends": lambda tasks: tasks[:6] + tasks[7:],
    "replaced": lambda tasks: tasks[3:] + TASKS[200:203],
}
# What comes of them where the service marks its pages (always, until_last), and where it does not: a whole list, or an
# error that says why there is none.
WITH_MARKERS = {
    "made at the end": "whole",
    "made at the front": "but counts 25|after 20 of 25 tasks",
    "removed from the first page": "whole",
    "removed from a later page": "whole",
    "removed where the first page ends": "marker is not that of a matching task",
    "replaced": "whole",
}
WITHOUT_MARKERS = {
    "made at the end": "whole",
    "made at the front": "does not advance",
    "removed from the first page": "counted 20 tasks, then 14",
    "removed from a later page": "counted 20 tasks, then 17",
    "removed where the first page ends": "counted 20 tasks, then 19",
}


@both
@pytest.mark.parametrize(
    "markers, change, expected",
    [(markers, *case) for markers in ("always", "until_last") for case in WITH_MARKERS.items()]
    + [("never", *case) for case in WITHOUT_MARKERS.items()],
)
def test_tasks_that_come_and_go_while_they_are_listed(plugin, markers, change, expected, simulator, connection):
    before = TASKS[:20]
    simulator.tasks, simulator.markers, simulator.page_cap = before, markers, 7
    after = CHANGES[change](before)

    def deliver_and_change(exchange, answer):
        simulator.tasks = after
        exchange.deliver(answer)

    simulator.faults.append(deliver_and_change)
    outcome = ask(plugin, connection)
    if expected == "whole":
        found = listed(outcome)
        stayed = [task["id"] for task in before if task in after]
        assert [task_id for task_id in found if task_id in stayed] == stayed
    else:
        assert outcome.failed and not outcome.tasks
        assert re.search(expected, outcome.msg) and re.search("No tasks are returned|are not returned", outcome.msg)


@pytest.mark.parametrize("ignore_limit", [False, True])
@pytest.mark.parametrize("page_cap", [None, 4])
@pytest.mark.parametrize("repeat", [False, True])
@pytest.mark.parametrize("markers", [markers for markers in coc_simulator.MARKERS if markers != "stuck"])
def test_next_marker_followed_by_hand_lists_everything_once(
    markers, repeat, page_cap, ignore_limit, simulator, connection
):
    simulator.tasks, simulator.markers, simulator.repeat = TASKS[:20], markers, repeat
    simulator.page_cap, simulator.ignore_limit = page_cap, ignore_limit
    found: list[str] = []
    options = {**connection, "limit": 6}
    for _part in range(20):
        outcome = run_module(options)
        if markers == "opaque" and outcome.failed:
            # it gave more than was asked for, and where that was cut off it has no marker that could be known
            assert ignore_limit and outcome.result["error_code"] == "COC.00010002"
            return
        part = listed(outcome)
        if markers == "opaque" and repeat and found:
            part = part[1:]  # only the run before could know that this task came with it
        assert len(part) <= 6
        found += part
        options["marker"] = outcome.result["next_marker"]
        if options["marker"] is None:
            break
    assert found == IDS[:20]


def test_a_marker_that_stays_the_same_cannot_be_followed_for_ever(simulator, connection):
    simulator.tasks, simulator.markers = TASKS[:20], "stuck"
    first = run_module({**connection, "limit": 6})
    second = run_module({**connection, "limit": 6, "marker": first.result["next_marker"]})
    assert listed(first) == IDS[:6]
    assert second.failed and "does not advance" in second.msg


# ---------------------------------------------------------------------------------------------------------------------
# What is asked for


@both
def test_the_example_of_the_api_reference_returns_what_it_shows(plugin, simulator, connection):
    options = {"offset": 0, "limit": 10, "scheduled_type": "ONCE", "last_execution_status": "FINISHED"}
    outcome = ask(plugin, {**connection, **options})
    assert queries(simulator) == ["last_execution_status=FINISHED&limit=10&offset=0&scheduled_type=ONCE"]
    [task] = outcome.tasks
    assert (task["id"], task["scheduled_type"], task["last_execution_status"]) == (IDS[0], "ONCE", "FINISHED")
    if plugin == "module":
        # the reference shows a marker with this only, last page: nothing follows it
        assert (outcome.result["count"], outcome.result["next_marker"]) == (1, None)


def test_the_table_below_names_every_parameter():
    assert sorted(PARAMETERS) == sorted(QUERY_PARAMETERS) and len(PARAMETERS) == 19


@both
def test_each_parameter_is_sent_under_its_own_name_and_alone(plugin, simulator, connection):
    for name, (value, sent) in PARAMETERS.items():
        simulator.requests.clear()
        outcome = ask(plugin, {**connection, name: value})
        assert not outcome.failed, outcome.msg
        assert queries(simulator)[0] == "&".join(sorted({"limit=1000", f"{name}={sent}"}))


@both
def test_all_parameters_are_sent_together_in_the_order_of_the_signature(plugin, simulator, connection):
    simulator.tasks = []
    simulator.faults.append(coc_simulator.body({"count": 0, "scheduled_tasks": []}))
    outcome = ask(plugin, {**connection, **{name: value for name, (value, sent) in PARAMETERS.items()}})
    assert listed(outcome) == []
    assert queries(simulator) == ["&".join(sorted(f"{name}={sent}" for name, (value, sent) in PARAMETERS.items()))]


@both
@pytest.mark.parametrize("field", ["task_name", "created_by", "region_id", "resource_id", "marker", "reviewer"])
def test_what_is_given_arrives_as_it_is(plugin, field, simulator, connection):
    value = "a b&c=d;e?f#g:h@i'j\"k<l>m%2Fñ 中"
    ask(plugin, {**connection, field: value})
    assert dict(simulator.requests[0].query)[field] == value
    assert f"{field}={quote(value, safe='~')}" in queries(simulator)[0].split("&")


# ---------------------------------------------------------------------------------------------------------------------
# The headers

VERSION = yaml.safe_load((Path(__file__).parents[2] / "galaxy.yml").read_text(encoding="utf-8"))["version"]
ALWAYS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "User-Agent": f"huaweicloud.coc/{VERSION} (Ansible collection)",
    "X-Language": "en-us",
}
SCOPE = {"domain_id": ("X-Domain-Id", "d0main"), "project_id": ("X-Project-Id", "pr0ject")}


def headers(simulator):
    """The one request's headers, named as they were sent, without those of the connection."""
    [request] = simulator.requests
    return {name: value for name, value in request.headers if name not in ("Host", "Connection")}


@both
@pytest.mark.parametrize("scope", [(), ("domain_id",), ("project_id",), ("domain_id", "project_id")], ids=str)
@pytest.mark.parametrize("security_token", [None, coc_simulator.SECURITY_TOKEN], ids=["lasting", "temporary"])
def test_a_signed_request_has_these_headers_and_no_other(plugin, security_token, scope, simulator, connection):
    expected = {SCOPE[name][0]: SCOPE[name][1] for name in scope}
    options = {name: SCOPE[name][1] for name in scope}
    if security_token:
        options["security_token"] = expected["X-Security-Token"] = security_token
    outcome = ask(plugin, {**connection, **options})
    assert len(listed(outcome)) == 60
    sent = headers(simulator)
    assert re.fullmatch(r"\d{8}T\d{6}Z", sent.pop("X-Sdk-Date"))
    signed = ";".join(sorted(name.lower() for name in ["Host", "X-Sdk-Date", *expected]))
    pattern = rf"SDK-HMAC-SHA256 Access={coc_simulator.ACCESS_KEY}, SignedHeaders={signed}, Signature=[0-9a-f]{{64}}"
    assert re.fullmatch(pattern, sent.pop("Authorization"))
    assert sent == {**ALWAYS, **expected}


@both
@pytest.mark.parametrize("scope", [(), ("domain_id",), ("project_id",)], ids=str)
def test_a_request_with_a_token_has_these_headers_and_no_other(plugin, scope, simulator):
    options = {SCOPE[name][0]: SCOPE[name][1] for name in scope}
    given = {name: SCOPE[name][1] for name in scope}
    token = coc_simulator.AUTH_TOKEN
    outcome = ask(plugin, {"endpoint": simulator.endpoint, "auth_token": token, **given})
    assert len(listed(outcome)) == 60
    assert headers(simulator) == {**ALWAYS, **options, "X-Auth-Token": token}


# ---------------------------------------------------------------------------------------------------------------------
# The wrong site


@both
@pytest.mark.parametrize("options", [{}, {"limit": 10}, {"offset": 5}], ids=str)
def test_an_account_without_tasks_is_warned_of_the_other_sites(plugin, options, simulator, connection):
    simulator.tasks = []
    outcome = ask(plugin, {**connection, **options})
    assert listed(outcome) == []
    assert outcome.warnings == [
        f"{simulator.endpoint} has no scheduled tasks. If there should be some, set region or endpoint to the site of "
        "the account: the wrong one returns an empty list too. The others are https://coc.myhuaweicloud.com, "
        "https://coc-intl.myhuaweicloud.com, https://coc-eu-west-101-open-api.myhuaweicloud.eu."
    ]


@both
@pytest.mark.parametrize(
    "options", [{"task_name": "none such"}, {"enterprise_project_id": "0"}, {"marker": IDS[0]}, {"offset": 60}], ids=str
)
def test_a_query_that_may_well_find_nothing_warns_of_nothing(plugin, options, simulator, connection):
    if "offset" not in options:
        simulator.faults.append(coc_simulator.body({"count": 0, "scheduled_tasks": []}))
    outcome = ask(plugin, {**connection, **options})
    assert listed(outcome) == []
    assert outcome.warnings == []


@both
def test_null_in_place_of_an_empty_list_is_one(plugin, simulator, connection):
    simulator.faults.append(coc_simulator.body({"count": 0, "scheduled_tasks": None}))
    assert listed(ask(plugin, {**connection, "risk_level": "HIGH"})) == []


@both
@pytest.mark.parametrize("markers", ["always", "until_last", "never"])
@pytest.mark.parametrize("count", [0, 5, 25])
def test_a_count_that_is_too_small_ends_nothing(plugin, markers, count, simulator, connection):
    simulator.tasks, simulator.markers, simulator.page_cap = TASKS[:60], markers, 10
    simulator.faults += [coc_simulator.mutate(lambda document: {**document, "count": count})] * 9
    outcome = ask(plugin, connection)
    assert listed(outcome) == [task["id"] for task in TASKS[:60]]
    assert outcome.warnings == []


@both
@pytest.mark.parametrize("option", ["region_id", "task_name", "resource_id", "last_execution_start_time"])
@pytest.mark.parametrize("value", [["cn-north-4", "cn-east-3"], {"a": 1}], ids=["list", "dict"])
def test_a_list_for_a_filter_is_refused_before_any_request(plugin, option, value, simulator, connection):
    outcome = ask(plugin, {**connection, option: value})
    assert outcome.failed
    assert outcome.msg.startswith(f"{option}: takes one value, not a {type(value).__name__}.")
    assert simulator.requests == []
