# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What changed between two listings, and what of it is told: by examples, and by random histories."""

from __future__ import annotations

import copy
import json
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import ABSENT
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._scheduled_task_events import Watch

ENDPOINT = "https://coc.example.com"
SINCE = 1000
OLD = {"last_execution_time": 500, "last_execution_status": "FINISHED", "execution_count": 7}
RUN = {"last_execution_time": 2000, "last_execution_status": "ABNORMAL", "execution_count": 8}


def task(task_id="A", **fields):
    return {**ABSENT, "id": task_id, "name": "a task", "approve_status": "PASSED", **OLD, **fields}


def told(*listings, since=SINCE):
    """The events of the last of these listings."""
    watch = Watch(ENDPOINT, since)
    return [list(watch.events(copy.deepcopy(tasks))) for tasks in listings][-1]


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
    before, after = task(), task(**fields)
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


def test_two_failures_in_a_row_are_two_events():
    events = [told([task(**RUN)], [task(**{**RUN, "execution_count": count})]) for count in (9, 10)]
    assert [types(each) for each in events] == [["execution"], ["execution"]]
    assert len({each[0]["meta"]["uuid"] for each in events}) == 2


def test_the_first_listing_is_silent_but_for_executions_after_since():
    events = told([task("A"), task("B", **RUN), task("C", **dict.fromkeys(OLD))])
    assert [(event["type"], event["scheduled_task"]["id"], event["previous"]) for event in events] == [
        ("execution", "B", None)
    ]


NONE_THEN_A_TASK_THAT_RAN = [[task()], [task(), task("B", **RUN)]]
RAN, AWAY = [task("B"), task(**RUN)], [task("B")]
RAN_AGAIN = [task("B"), task(**{**RUN, "execution_count": 9})]


@pytest.mark.parametrize(
    ("since", "listings", "expected"),
    [
        (SINCE, NONE_THEN_A_TASK_THAT_RAN, ["created", "execution"]),
        (SINCE, [[], [task("B", **RUN)]], ["created", "execution"]),
        # a clock that is off hides no execution
        (0, NONE_THEN_A_TASK_THAT_RAN, ["created", "execution"]),
        (10**15, NONE_THEN_A_TASK_THAT_RAN, ["created", "execution"]),
        # an old task that comes into sight
        (SINCE, [[task(**RUN)], [task(**RUN), task("B", last_execution_time=900)]], ["created"]),
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
    watch = Watch(ENDPOINT, SINCE)
    tasks = [task(new_in_the_service={"list": [1]})]
    list(watch.events(tasks))
    for event in watch.events([task(new_in_the_service={"list": [2]})]):
        event["scheduled_task"]["new_in_the_service"]["list"].append(3)
        event["previous"]["name"] = "renamed"
    assert list(watch.events([task(new_in_the_service={"list": [2]})])) == []


# UUIDs


def test_a_source_that_starts_again_gives_an_execution_the_same_uuid():
    (seen,) = told([task()], [task(**RUN)])
    (again,) = told([task(**RUN, name="renamed meanwhile")])
    assert again["previous"] is None
    assert again["meta"] == seen["meta"]


def test_uuids_differ_by_endpoint_task_type_and_state():
    other = Watch("https://coc.example.org", SINCE)
    events = [
        *told([task()], [task(**RUN, approve_status="PENDING", name="another")]),
        *told([task()], [task(**RUN, approve_status="REJECTED", name="yet another")])[1:],
        *told([task()], [task(**{**RUN, "last_execution_status": "FINISHED"})]),
        *told([task("B")], [task("B", **RUN)]),
        *told([], [task()]),
        *told([task()], []),
        *other.events([task(**RUN)]),
    ]
    assert len({event["meta"]["uuid"] for event in events}) == len(events) == 10


def test_a_uuid_does_not_depend_on_the_order_of_fields():
    after = task(approve_status="PENDING")
    (one,) = told([task()], [after])
    (other,) = told([task()], [dict(reversed(after.items()))])
    assert one["meta"] == other["meta"]


# Random histories

STATES: st.SearchStrategy[dict[str, t.Any]] = st.fixed_dictionaries(
    {
        "last_execution_time": st.sampled_from([None, 500, 2000, 3000]),
        "last_execution_status": st.sampled_from([None, "ABNORMAL", "FINISHED"]),
        "execution_count": st.integers(0, 2),
        "approve_status": st.sampled_from([None, "PENDING", "PASSED"]),
        "name": st.sampled_from("ab"),
        "enabled": st.sampled_from([True, False, None]),
        "modified_time": st.sampled_from([None, 0, 1]),
    },
    optional={"new": st.sampled_from([None, 1, [1], {"a": []}])},
)
LISTINGS = st.dictionaries(st.sampled_from("ABCD"), STATES).map(
    lambda states: {task_id: {**ABSENT, "id": task_id, **state} for task_id, state in states.items()}
)
EXECUTION = {"last_execution_time", "last_execution_status", "execution_count"}


def expected_types(before, after):
    """The types of events that the difference of two states of a task comes to."""
    if before is None or after is None:
        return {"created"} if before is None else {"removed"}
    changed = {
        name for name in {**before, **after} if (name in before, before.get(name)) != (name in after, after.get(name))
    }
    kinds = {"execution": EXECUTION, "approval": {"approve_status"}}
    kinds["definition"] = changed.difference(*kinds.values())
    return {kind for kind, fields in kinds.items() if changed & fields}


@settings(max_examples=1000)
@given(st.lists(LISTINGS, min_size=2, max_size=6), st.sampled_from([0, SINCE, 10**15]))
def test_events_tell_exactly_the_difference(history, since):
    watch = Watch(ENDPOINT, since)
    for event in watch.events(history[0].values()):
        assert (event["type"], event["previous"]) == ("execution", None)
        assert event["scheduled_task"]["last_execution_time"] > since
    for before, after in zip(history, history[1:]):
        originals = copy.deepcopy((before, after))
        events = list(watch.events(after.values()))
        assert (before, after) == originals
        by_task: dict[str, list[str]] = {task_id: [] for task_id in before.keys() | after.keys()}
        for event in events:
            task_id = event["scheduled_task"]["id"]
            assert event["scheduled_task"] == after.get(task_id, before.get(task_id))
            assert event["previous"] == before.get(task_id)
            by_task[task_id].append(event["type"])
        for task_id, seen in by_task.items():
            expected = expected_types(before.get(task_id), after.get(task_id))
            if expected == {"created"}:  # whether its execution is told, too, is for the test below
                expected |= set(seen) & {"execution"}
            assert sorted(seen) == sorted(expected)


class Account(RuleBasedStateMachine):
    """Tasks that run, change, come into sight of the filters and leave it, by a clock that only goes forward."""

    def __init__(self):
        super().__init__()
        self.clock = 1000
        self.tasks = {}
        self.used = set()  # names of all tasks that ever were: no ID is given twice
        self.hidden = set()
        self.before = {}
        self.known = {}  # the execution that a task had when it was listed last
        self.uuids = set()

    names = st.sampled_from("ABC")

    @initialize(created=st.lists(names, unique=True), ahead=st.sampled_from([0, 0, 0, 10**6]))
    def start(self, created, ahead):
        for name in created:
            self.create(name)
        self.clock += 1
        self.since = self.clock + ahead
        self.watch = Watch(ENDPOINT, self.since)

    @rule(name=names)
    def create(self, name):
        if name in self.used:
            return
        self.clock += 1
        self.used.add(name)
        self.tasks[name] = {**ABSENT, "id": name, "created_time": self.clock, "execution_count": 0}

    @rule(name=names, status=st.sampled_from(["ABNORMAL", "PROCESSING"]))
    def run(self, name, status):
        if name in self.tasks:
            self.clock += 1
            count = self.tasks[name]["execution_count"] + 1
            run = {"last_execution_time": self.clock, "last_execution_status": status, "execution_count": count}
            self.tasks[name] = {**self.tasks[name], **run}

    @rule(name=names)
    def remove(self, name):
        self.tasks.pop(name, None)

    @rule(name=names)
    def hide_or_show(self, name):
        self.hidden ^= {name}

    @rule(name=names, value=st.sampled_from(["PENDING", "PASSED"]))
    def approve(self, name, value):
        if name in self.tasks:
            self.tasks[name] = {**self.tasks[name], "approve_status": value}

    @rule()
    def poll(self):
        after = {name: state for name, state in self.tasks.items() if name not in self.hidden}
        times = [state["last_execution_time"] for state in self.before.values() if state["last_execution_time"]]
        bound = min(self.since, max(times, default=self.since))  # a task that never ran tells no time
        expected = []
        for name, state in after.items():
            execution = tuple(state[field] for field in sorted(EXECUTION))
            is_old = name not in self.known and (state["last_execution_time"] or 0) <= bound
            is_none = name not in self.before and state["last_execution_time"] is None
            if not is_old and not is_none and self.known.get(name) != execution:
                expected.append(name)
            self.known[name] = execution
        told = [event for event in self.watch.events(after.values()) if event["type"] == "execution"]
        assert [event["scheduled_task"]["id"] for event in told] == expected
        uuids = {event["meta"]["uuid"] for event in told}
        assert len(uuids) == len(told)
        assert not uuids & self.uuids
        self.uuids |= uuids
        self.before = after


TestEachExecutionIsToldOnce = Account.TestCase
TestEachExecutionIsToldOnce.settings = settings(max_examples=1000, stateful_step_count=15)
