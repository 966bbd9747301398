# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What both plugins request, and that they list every task once, however oddly the service pages."""

from __future__ import annotations

import base64
import itertools
import re
import typing as t

import pytest
import yaml

from ansible_collections.huaweicloud.coc.plugins.module_utils import _scheduled_task
from ansible_collections.huaweicloud.coc.plugins.module_utils._client import Client
from ansible_collections.huaweicloud.coc.plugins.module_utils._credentials import find_credentials
from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._options import CONNECTION
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task_query import QUERY_PARAMETERS, TIMES
from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.coc_simulator import MARKERS, body, mutate
from ansible_collections.huaweicloud.coc.tests.unit.conftest import COLLECTION, ids_of, no_warning, queries

TASKS = coc_simulator.sample_tasks(2500)
IDS = ids_of(TASKS)

# Pages


def list_tasks(connection, query):
    """Return what the client makes of ``query``, without a warning."""
    options = {**{name: spec.get("default") for name, spec in CONNECTION.items()}, **connection}
    with Client(options, find_credentials(options, no_warning), no_warning) as client:
        return _scheduled_task.list_tasks(client, query)


@pytest.mark.parametrize("total", [0, 1, 60, 999, 1000, 1001, 2500])
@pytest.mark.parametrize("markers", ["always", "until_last", "null_at_end", "empty_at_end", "never"])
def test_everything_takes_as_few_requests_as_can_be(ask, plugin, simulator, total, markers):
    simulator.tasks, simulator.markers = TASKS[:total], markers
    outcome = ask()
    assert outcome.ids == IDS[:total]
    is_marked = markers == "always" or (markers != "never" and total > 1000)
    later = [f"&marker={IDS[at]}" for at in (999, 1999)] if is_marked else ["&offset=999", "&offset=1998"]
    # one more after 1000, since the count may be capped
    assert queries(simulator) == ["limit=1000" + start for start in ["", *later][: total // 1000 + 1]]
    assert simulator.connections == 1
    assert plugin == "lookup" or (outcome.result["count"], outcome.result["next_marker"]) == (total, None)


def after(index, limit=1000):
    """Return the query that goes on after the task at ``index``."""
    return f"limit={limit}&marker={IDS[index]}"


@pytest.mark.parametrize(
    "options, found, wanted",
    [
        ({"limit": 7}, IDS[:7], ["limit=7"]),
        ({"limit": 1000}, IDS[:1000], ["limit=1000"]),
        ({"limit": 1500}, IDS[:1500], ["limit=1000", after(999, 500)]),
        ({"limit": 5000, "offset": 2000}, IDS[2000:], ["limit=1000&offset=2000"]),
        ({"offset": 0}, IDS, ["limit=1000&offset=0", after(999), after(1999)]),
        ({"offset": 1400}, IDS[1400:], ["limit=1000&offset=1400", after(2399)]),
        ({"offset": 2500}, [], ["limit=1000&offset=2500"]),
        ({"marker": IDS[2399]}, IDS[2400:], [after(2399), after(2499)]),
        ({"marker": IDS[99], "limit": 1200}, IDS[100:1300], [after(99), after(1099, 200)]),
        # whatever the service makes of both, both are sent, once
        ({"marker": IDS[99], "offset": 2300}, IDS[2400:], [after(99) + "&offset=2300"]),
        (
            {"risk_level": "HIGH", "limit": 1, "offset": 1},
            ids_of(task for task in TASKS if task["risk_level"] == "HIGH")[1:2],
            ["limit=1&offset=1&risk_level=HIGH"],
        ),
    ],
)
def test_the_start_is_sent_once_and_the_markers_are_followed(ask, simulator, options, found, wanted):
    simulator.tasks = TASKS
    outcome = ask(**options)
    assert (outcome.ids, outcome.warnings) == (found, [])
    assert queries(simulator)[: len(wanted)] == wanted
    rest = [] if options.get("limit") else [after(-1)]  # where no count tells the end
    assert queries(simulator)[len(wanted) :] in ([], rest)


@pytest.mark.parametrize("markers", MARKERS)
def test_no_oddity_of_paging_loses_or_doubles_a_task(simulator, connection, monkeypatch, markers):
    """Every oddity with every other one: the list is whole, in order, each task once; or an error says so, soon."""
    total, place = 20, 5
    simulator.tasks, simulator.markers = TASKS[:total], markers
    marker = base64.b64encode(IDS[place - 1].encode()).decode() if markers == "opaque" else IDS[place - 1]
    starts = [{}, {"limit": 12}, {"offset": place}, {"offset": place, "limit": 12}, {"marker": marker, "limit": 12}]
    # tasks on a page: the client asks for so many, the service returns at most so many, and counts at most so many
    sizes = [(1000, 0, 0), (1000, 7, 0), (7, 0, 0), (7, 0, 7), (7, 0, 15), (20, 0, 20)]
    every: list[list[t.Any]] = [sizes, [False, True], [False, True], [False, True], starts]
    wrong = []
    for settings in itertools.product(*every):
        size, simulator.repeat, simulator.ignore_offset, simulator.ignore_limit, query = settings
        asked, simulator.page_cap, simulator.count_cap = size
        if "offset" in query and (simulator.ignore_offset or simulator.count_cap):
            continue  # see the next test
        monkeypatch.setattr(_scheduled_task, "PAGE_SIZE", asked)
        simulator.requests.clear()
        start = place if "offset" in query or "marker" in query else 0
        whole = IDS[start : min(total, start + query.get("limit", total))]
        try:
            outcome: list[str] | str = ids_of(list_tasks(connection, query)["scheduled_tasks"])
        except CocError as error:
            is_unmarked = markers == "never" or (simulator.count_cap and markers not in ("always", "opaque"))
            expected = markers == "stuck" or (is_unmarked and simulator.ignore_offset)
            outcome = whole if expected and "does not advance" in error.msg else error.msg
        if outcome != whole or len(simulator.requests) > 6:
            wrong.append((settings, outcome, queries(simulator)))
    assert wrong == []


@pytest.mark.parametrize("page_cap", [None, 7])
def test_an_offset_that_is_ignored_is_noticed(ask, simulator, page_cap):  # if more tasks come than can
    simulator.tasks, simulator.page_cap, simulator.ignore_offset = TASKS[:20], page_cap, True
    for markers in MARKERS:
        simulator.markers = markers
        error = ask(offset=5).error
        assert "ignores offset=5" in error or "does not advance" in error, markers


@pytest.mark.parametrize("markers", ["always", "never"])
@pytest.mark.parametrize("count, page_cap", [(61, 0), (120, 0), (25, 10), (0, 10)])
def test_a_count_that_is_not_that_of_the_tasks(ask, simulator, markers, count, page_cap):
    def change(document):
        times = 2 if count == 120 else 1  # it counts what it repeats
        return {**document, "count": count, "scheduled_tasks": document["scheduled_tasks"] * times}

    simulator.markers, simulator.page_cap = markers, page_cap
    simulator.faults += [mutate(change)] * 9
    outcome = ask()
    if count == 61:
        assert "returned 60 tasks but counts 61" in outcome.error
    else:
        repeated = (
            "COC counts 120 tasks but repeated some: 60 different ones are returned. Run again if one is missing."
        )
        assert (outcome.ids, outcome.warnings) == (IDS[:60], [repeated] if count == 120 else [])


BEFORE, NEW = TASKS[:20], TASKS[200:205]
# What the tasks are after the first page of BEFORE, and what comes of it if the service marks its pages. If it does
# not, the list is read again.
CHANGES = {
    "made at the end": (BEFORE + NEW, "whole"),
    "made at the front": (NEW + BEFORE, "but counts 25|after 20 of 25 tasks"),
    "removed from the first page": (BEFORE[6:], "whole"),
    "removed where the first page ends": (BEFORE[:6] + BEFORE[7:], "marker is not that of a matching task"),
    "replaced": (BEFORE[1:] + NEW[:1], "whole"),
}


def change_after_a_page(simulator, *changes):
    """Let the tasks become those of each change in turn, always after the response to a first page."""
    left = [*changes]

    def deliver_and_change(exchange, answer):
        if left and exchange.path.endswith("?limit=1000"):
            simulator.tasks = left.pop(0)
        exchange.deliver(answer)

    simulator.tasks, simulator.page_cap = BEFORE, 7
    simulator.faults += [deliver_and_change] * 9


@pytest.mark.parametrize("after, marked", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("markers", ["always", "until_last", "never"])
def test_tasks_that_come_and_go_while_they_are_listed(ask, simulator, markers, after, marked):
    simulator.markers = markers
    change_after_a_page(simulator, after)
    outcome = ask()
    if markers == "never" or marked == "whole":
        stayed = ids_of(task for task in BEFORE if task in after)
        assert [task_id for task_id in outcome.ids if task_id in stayed] == stayed
    else:
        assert re.search(marked, outcome.error) and re.search("No tasks are returned|are not returned", outcome.msg)


def test_a_list_that_changes_twice_fails(ask, simulator):
    simulator.markers = "never"
    change_after_a_page(simulator, BEFORE[1:] + NEW[:1], BEFORE)
    assert "changed twice while it was read" in ask().error
    assert queries(simulator) == ["limit=1000", "limit=1000&offset=6"] * 2


# Answers and filters


@pytest.mark.parametrize(
    "name, value, others, requests",
    [("risk_level", "LOW", "HIGH and LOW and MEDIUM", 1), ("approve_status", "PASSED", "PASSED and PENDING", 2)],
)
def test_an_answer_that_contradicts_a_filter_fails(ask, simulator, name, value, others, requests):
    simulator.ignored_filter = name
    assert ask(**{name: value, "limit": 5}).error == (
        f"GET {simulator.endpoint}/v1/schedule/task: the service does not filter by {name}: it returned {others}. "
        f"Leave {name} out and select from the result."
    )
    assert len(simulator.requests) == requests


def test_a_status_that_changes_while_it_is_answered_is_asked_for_again(ask, simulator):
    running = {**TASKS[0], "last_execution_status": "PROCESSING"}
    simulator.faults.append(body({"count": 1, "scheduled_tasks": [running]}))
    assert ask(last_execution_status="FINISHED", scheduled_type="ONCE").ids == IDS[:1]
    assert len(simulator.requests) == 2


@pytest.mark.parametrize("option", TIMES)
def test_times_of_other_executions_are_warned_of(ask, simulator, option):
    assert ask(**{option: "-1d"}).warnings == []
    simulator.ignored_filter = option
    [warning] = ask(**{option: "-1d"}).warnings
    assert warning.startswith("COC returned tasks whose last_execution_time is not within last_execution_start_time")


# Parts


@pytest.mark.parametrize("markers", MARKERS)
def test_next_marker_followed_by_hand_lists_everything_once(simulator, connection, markers):
    for settings in itertools.product((False, True), (None, 4), (False, True)):
        simulator.repeat, simulator.page_cap, simulator.ignore_limit = settings
        simulator.tasks, simulator.markers = TASKS[:20], markers
        parts, query = [], {"limit": 6}
        try:
            while query.get("marker", "") is not None:
                listing = list_tasks(connection, query)
                parts.append(ids_of(listing["scheduled_tasks"]))
                query["marker"] = listing["next_marker"]
        except CocError as error:
            # where the service gave more than was asked for, and that was cut, nobody knows an opaque marker
            is_unknown = markers == "opaque" and simulator.ignore_limit and error.error_code == "COC.00010002"
            assert is_unknown or (markers == "stuck" and "does not advance" in error.msg), settings
            continue
        assert max(map(len, parts)) <= 6, settings
        if markers == "opaque" and simulator.repeat:  # only the run before could know that a task came again
            parts[1:] = [ids[1:] for ids in parts[1:]]
        assert list(itertools.chain(*parts)) == IDS[:20], settings


# Parameters

# One value for each query parameter, and what is sent if that is something else.
PARAMETERS = {
    "enterprise_project_id": "0",
    "task_id": IDS[0],
    "task_name": "备份 a+b*c~d/e%2F&=;?#:@i'j\"k<l>",
    "scheduled_type": "CRON",
    "task_type": "RUNBOOK",
    "associated_task_type": "COMMUNAL",
    "risk_level": "HIGH",
    "created_by": "李娜",
    "reviewer": "0a1f5c3e9b7d4826a1c0e4f7b9d25638",
    "reviewer_user_name": "zhang.wei",
    "approve_status": "PENDING",
    "last_execution_status": "ABNORMAL",
    "last_execution_start_time": "2026-01-31T08:00:00+08:00",
    "last_execution_end_time": "9000000000000000",
    "marker": IDS[0],
    "region_id": "cn-north-4",
    "resource_id": "5e0d7c2a-91b4-4f3e-8a6c-000000000001",
    "offset": 2147483647,
    "limit": 1000,
}
ENCODED = {
    "task_name": "%E5%A4%87%E4%BB%BD%20a%2Bb%2Ac~d%2Fe%252F%26%3D%3B%3F%23%3A%40i%27j%22k%3Cl%3E",
    "created_by": "%E6%9D%8E%E5%A8%9C",
    "last_execution_start_time": "1769817600000",
}
SENT = {name: f"{name}={ENCODED.get(name, value)}" for name, value in PARAMETERS.items()}


def test_the_example_of_the_api_reference_returns_what_it_shows(ask, plugin, simulator):
    outcome = ask(offset=0, limit=10, scheduled_type="ONCE", last_execution_status="FINISHED")
    assert queries(simulator) == ["last_execution_status=FINISHED&limit=10&offset=0&scheduled_type=ONCE"]
    [task] = outcome.tasks
    assert (task["id"], task["scheduled_type"], task["last_execution_status"]) == (IDS[0], "ONCE", "FINISHED")
    # the reference shows a marker with this only, last page: nothing follows it
    assert plugin == "lookup" or (outcome.result["count"], outcome.result["next_marker"]) == (1, None)


def test_each_parameter_is_sent_under_its_own_name_and_alone(ask, simulator):
    assert sorted(PARAMETERS) == sorted(QUERY_PARAMETERS) and len(PARAMETERS) == 19
    for name, value in PARAMETERS.items():
        simulator.requests.clear()
        assert ask(**{name: value}).msg == "", name
        assert queries(simulator)[0] == "&".join(sorted({"limit=1000", SENT[name]}))


def test_all_parameters_are_sent_together_in_the_order_of_the_signature(ask, simulator):
    simulator.faults.append(body({"count": 0, "scheduled_tasks": []}))
    assert ask(**PARAMETERS).ids == []
    assert queries(simulator) == ["&".join(sorted(SENT.values()))]


# Headers

VERSION = yaml.safe_load((COLLECTION / "galaxy.yml").read_text(encoding="utf-8"))["version"]
ALWAYS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "User-Agent": f"huaweicloud.coc/{VERSION} (Ansible collection)",
    "X-Language": "en-us",
}
OPTION_HEADERS = {
    "domain_id": "X-Domain-Id",
    "project_id": "X-Project-Id",
    "security_token": "X-Security-Token",
    "auth_token": "X-Auth-Token",
}


@pytest.mark.parametrize(
    "token",
    [{}, {"security_token": coc_simulator.SECURITY_TOKEN}, {"auth_token": coc_simulator.AUTH_TOKEN}],
    ids=["keys", "temporary keys", "token"],
)
@pytest.mark.parametrize("scope", [{}, {"domain_id": "d"}, {"project_id": "p"}, {"domain_id": "d", "project_id": "p"}])
def test_a_request_has_these_headers_and_no_other(ask, connection, endpoint, simulator, token, scope):
    options = {**scope, **token}
    assert len(ask(endpoint if "auth_token" in token else connection, **options).ids) == 60
    [request] = simulator.requests
    sent = {name: value for name, value in request.headers if name not in ("Host", "Connection")}
    given = {OPTION_HEADERS[name]: value for name, value in options.items()}
    if "auth_token" not in token:
        assert re.fullmatch(r"\d{8}T\d{6}Z", sent.pop("X-Sdk-Date"))
        signed = ";".join(sorted(name.lower() for name in (*given, "Host", "X-Sdk-Date")))
        start = f"SDK-HMAC-SHA256 Access={coc_simulator.ACCESS_KEY}, SignedHeaders={signed}, Signature="
        assert re.fullmatch(start + "[0-9a-f]{64}", sent.pop("Authorization"))
    assert sent == {**ALWAYS, **given}


# Nothing


@pytest.mark.parametrize("tasks", [[], None], ids=str)
def test_an_account_without_tasks_is_warned_of_the_other_sites(ask, simulator, tasks):
    warning = (
        f"{simulator.endpoint} has no scheduled tasks. If there should be some, set region or endpoint to the site of "
        "the account: the wrong one returns an empty list too. The others are https://coc.myhuaweicloud.com, "
        "https://coc-intl.myhuaweicloud.com, https://coc-eu-west-101-open-api.myhuaweicloud.eu."
    )
    everything: list[dict] = [{}, {"limit": 10}, {"offset": 5}]
    selected = [{"task_name": "none such"}, {"enterprise_project_id": "0"}, {"marker": IDS[0]}, {"risk_level": "HIGH"}]
    for options in everything + selected:  # the latter may well find nothing
        simulator.faults.append(body({"count": 0, "scheduled_tasks": tasks}))
        outcome = ask(**options)
        assert (outcome.ids, outcome.warnings) == ([], [warning] if options in everything else []), options
