# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What changed between two listings, and what of it is told."""

from __future__ import annotations

import copy
import itertools
import json

import pytest

from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import ABSENT
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._scheduled_task_events import ChangeTracker

ENDPOINT = "https://coc.example.com"
SINCE = 1000
OLD = {"last_execution_time": 500, "last_execution_status": "FINISHED", "execution_count": 7}
RUN = {"last_execution_time": 2000, "last_execution_status": "ABNORMAL", "execution_count": 8}


def task(task_id="A", **fields):
    return {**ABSENT, "id": task_id, "name": "a task", "approve_status": "PASSED", **OLD, **fields}


def told(*listings, since=SINCE):
    """The events of the last of these listings."""
    tracker = ChangeTracker(ENDPOINT, since)
    return [list(tracker.events(copy.deepcopy(tasks))) for tasks in listings][-1]


def types(events):
    return [event["type"] for event in events]


# Each type


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, []),
        ({"last_execution_time": 501}, ["execution"]),
        ({"last_execution_status": "ABNORMAL"}, ["execution"]),
        ({"last_execution_status": None}, ["execution"]),
        ({"execution_count": 8}, ["execution"]),
        (RUN, ["execution"]),
        ({"approve_status": "PENDING"}, ["approval"]),
        ({"name": "another"}, ["definition"]),
        ({"enabled": False}, ["definition"]),
        ({"modified_time": 3, "name": "another"}, ["definition"]),
        ({"new_in_the_service": None}, ["definition"]),
        ({**RUN, "approve_status": "PENDING", "name": "another"}, ["execution", "approval", "definition"]),
    ],
)
def test_each_kind_of_change_is_one_event(fields, expected):
    for before, after in itertools.permutations((task(), task(**fields))):
        events = told([before, task("B")], [task("B"), after])
        assert types(events) == expected
        for event in events:
            assert (event["scheduled_task"], event["previous"]) == (after, before)
        assert json.loads(json.dumps(events)) == events


def test_a_task_that_comes_and_one_that_goes():
    events = told([task("A")], [task("B", **dict.fromkeys(OLD))])
    assert types(events) == ["created", "removed"]
    assert [event["scheduled_task"]["id"] for event in events] == ["B", "A"]
    assert [event["previous"] for event in events] == [None, task("A")]


def test_the_first_listing_is_silent_but_for_executions_after_since():
    events = told([task("A"), task("B", **RUN), task("C", **dict.fromkeys(OLD))])
    assert [(event["type"], event["scheduled_task"]["id"], event["previous"]) for event in events] == [
        ("execution", "B", None)
    ]


LATER = task(last_execution_time=3000)
NONE_THEN_A_TASK_THAT_RAN = [[task()], [task(), task("B", **RUN)]]
RAN, AWAY = [task("B"), task(**RUN)], [task("B")]
RAN_AGAIN = [task("B"), task(**{**RUN, "execution_count": 9})]


@pytest.mark.parametrize(
    ("since", "listings", "expected"),
    [
        (SINCE, NONE_THEN_A_TASK_THAT_RAN, ["created", "execution"]),
        (SINCE, [[], [task("B", **RUN)]], ["created", "execution"]),
        # an old task that comes into sight
        (10**15, NONE_THEN_A_TASK_THAT_RAN, ["created"]),
        (SINCE, [[task(**RUN)], [task(**RUN), task("B", last_execution_time=SINCE)]], ["created"]),
        (SINCE, [[LATER], [LATER, task("B", **RUN)]], ["created", "execution"]),
        # one that leaves and comes back: no execution is told twice
        (SINCE, [RAN, AWAY, RAN], ["created"]),
        (SINCE, [RAN, AWAY, RAN, AWAY, RAN], ["created"]),
        (SINCE, [RAN, AWAY, RAN_AGAIN], ["created", "execution"]),
        (10**15, [RAN, AWAY, RAN_AGAIN], ["created", "execution"]),
    ],
)
def test_a_task_that_comes_into_sight_tells_its_execution_once(since, listings, expected):
    assert types(told(*listings, since=since)) == expected


def test_events_belong_to_whoever_gets_them():
    tracker = ChangeTracker(ENDPOINT, SINCE)
    tasks = [task(new_in_the_service={"list": [1]})]
    list(tracker.events(tasks))
    for event in tracker.events([task(new_in_the_service={"list": [2]})]):
        event["scheduled_task"]["new_in_the_service"]["list"].append(3)
        event["previous"]["name"] = "renamed"
    assert list(tracker.events([task(new_in_the_service={"list": [2]})])) == []


# UUIDs


def test_a_source_that_starts_again_gives_an_execution_the_same_uuid():
    (seen,) = told([task()], [task(**RUN)])
    (again,) = told([task(**RUN, name="renamed meanwhile")])
    assert again["previous"] is None
    assert again["meta"] == seen["meta"]


def test_uuids_differ_by_endpoint_task_type_and_state():
    other = ChangeTracker("https://coc.example.org", SINCE)
    events = [
        *told([task()], [task(**RUN, approve_status="PENDING", name="another")]),
        *told([task()], [task(**RUN, approve_status="REJECTED", name="yet another")])[1:],
        *told([task()], [task(**{**RUN, "last_execution_status": "FINISHED"})]),
        *told([task()], [task(**{**RUN, "execution_count": 9})]),  # failed twice in a row
        *told([task("B")], [task("B", **RUN)]),
        *told([], [task()]),
        *told([task()], []),
        *other.events([task(**RUN)]),
    ]
    assert len({event["meta"]["uuid"] for event in events}) == len(events) == 11


def test_a_state_that_comes_back_is_another_event():
    tracker = ChangeTracker(ENDPOINT, SINCE)
    states = [[task(last_execution_status=status)] for status in ("PAUSED", "PROCESSING") * 3]
    uuids = [event["meta"]["uuid"] for state in states for event in tracker.events(state)]
    assert len(set(uuids)) == len(uuids) == 5


def test_a_uuid_does_not_depend_on_the_order_of_fields():
    after = task(approve_status="PENDING")
    (one,) = told([task()], [after])
    (other,) = told([task()], [dict(reversed(after.items()))])
    assert one["meta"] == other["meta"]
