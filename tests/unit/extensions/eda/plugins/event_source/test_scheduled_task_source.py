# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source as ansible-rulebook runs it, but for its engine: ``main()`` with a queue, on the simulator."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import itertools
import json
import logging
import math
import os
import re
import subprocess
import sys
import time
import typing as t
import unittest.mock
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.huaweicloud.coc.extensions.eda.plugins.event_source import scheduled_task as plugin
from ansible_collections.huaweicloud.coc.plugins.module_utils import (
    _ecs_metadata,
    _scheduled_task_query,
    _transport,
)
from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import ABSENT, FIELDS
from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.unit.fault_table import HARMLESS, RECOVERS, ROWS
from ansible_collections.huaweicloud.coc.tests.unit.test_faults import PAGE, RETRIES, TASKS
from ansible_collections.huaweicloud.coc.tests.unit.test_secrets import FORMS, PLACES, echo, leaks, secrets_sent

PATH = Path(plugin.__file__)
INTERVAL = 60
LONG_AGO = int(time.time() * 1000) - 10**9
SECRETS = [coc_simulator.SECRET_KEY, coc_simulator.AUTH_TOKEN, coc_simulator.SECURITY_TOKEN]


class Source:
    """The source while it runs, with pauses that last until :meth:`poll`. ``pauses`` are how long they would last."""

    def __init__(self, options):
        self.options = {"interval": INTERVAL, **options}
        self.pauses = []

    async def __aenter__(self):
        self.real_sleep = asyncio.sleep
        self._due, self._idle = asyncio.Event(), asyncio.Event()
        self._patch = unittest.mock.patch.object(asyncio, "sleep", self._pause)
        self._patch.start()
        self.queue: asyncio.Queue[t.Any] = asyncio.Queue()
        self.task = asyncio.create_task(plugin.main(self.queue, self.options))
        self._is_first = True
        return self

    async def __aexit__(self, *_exception):
        self._patch.stop()
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task

    async def _pause(self, seconds):
        if not seconds:
            return await self.real_sleep(0)
        self.pauses.append(seconds)
        self._idle.set()
        await self._due.wait()
        self._due.clear()

    def go_on(self):
        """End its pause."""
        self._idle.clear()
        self._due.set()

    async def poll(self):
        """Let it list once; returns the events that this brings."""
        if not self._is_first:
            self.go_on()
        self._is_first = False
        idle = asyncio.create_task(self._idle.wait())
        await asyncio.wait({idle, self.task}, return_when=asyncio.FIRST_COMPLETED, timeout=60)
        idle.cancel()
        if self.task.done():
            self.task.result()
        assert self._idle.is_set(), "it does not pause"
        return self.taken()

    def taken(self):
        return [self.queue.get_nowait() for _event in range(self.queue.qsize())]

    async def stopped(self):
        """Wait for the event after which it asks no more; returns the events until then."""
        events = [await asyncio.wait_for(self.queue.get(), 60)]
        for _turn in range(5):
            await self.real_sleep(0.01)
        assert not self.task.done()
        return events + self.taken()


def run(options, scenario):
    """Run ``scenario``, a coroutine function of a :class:`Source`."""

    async def start():
        async with Source(options) as source:
            return await scenario(source)

    return asyncio.run(start())


def types(events):
    return [event["type"] for event in events]


def shown(task):
    """A task of the simulator as plugins return it."""
    return {name: None if value == "" else value for name, value in {**ABSENT, **task}.items()}


def ends_with(options):
    """The message with which options end the source."""
    with pytest.raises(CocError) as caught:
        asyncio.run(asyncio.wait_for(plugin.main(asyncio.Queue(), options), 30))
    return str(caught.value)


# ---------------------------------------------------------------------------------------------------------------------
# Types


def test_each_type(simulator, connection):
    async def scenario(source):
        before = simulator.tasks[0]
        nothing = await source.poll() + await source.poll()
        ran = simulator.change(task=0, run="ABNORMAL")
        execution = await source.poll()
        simulator.change(task=0, run="ABNORMAL")
        again = await source.poll()
        simulator.change(task=1, set={"approve_status": "REJECTED"})
        approval = await source.poll()
        simulator.change(task=1, set={"name": "renamed"})
        definition = await source.poll()
        new = simulator.change(add={"name": "new"})
        created = await source.poll()
        simulator.change(remove=new["id"])
        removed = await source.poll()
        assert nothing == []
        assert execution == [
            {
                "type": "execution",
                "scheduled_task": shown(ran),
                "previous": shown(before),
                "meta": {"uuid": execution[0]["meta"]["uuid"]},
            }
        ]
        assert types(again) == ["execution"] and again[0]["previous"] == shown(ran)
        assert types(approval) == ["approval"] and approval[0]["scheduled_task"]["approve_status"] == "REJECTED"
        assert types(definition) == ["definition"] and definition[0]["scheduled_task"]["name"] == "renamed"
        assert types(created) == ["created"] and created[0]["previous"] is None
        assert types(removed) == ["removed"] and removed[0]["scheduled_task"] == shown(new)
        assert set(removed[0]["scheduled_task"]) == set(FIELDS)
        assert await source.poll() == []

    run(connection, scenario)


def test_a_listing_of_several_pages(connection, simulator):
    simulator.page_cap = 7

    async def scenario(source):
        assert await source.poll() == []
        changed = [simulator.change(task=index, run="ABNORMAL")["id"] for index in (0, 33, -1)]
        events = await source.poll()
        assert [event["scheduled_task"]["id"] for event in events] == changed
        assert len(simulator.requests) == 2 * math.ceil(60 / 7)

    run(connection, scenario)


def test_filters_are_sent_with_each_listing_and_ages_count_from_it(simulator, connection, monkeypatch):
    async def scenario(source):
        await source.poll()
        now = time.time()
        monkeypatch.setattr(_scheduled_task_query, "time", SimpleNamespace(time=lambda: now + 7200))
        await source.poll()
        first, second = (dict(request.query) for request in simulator.requests)
        assert first["risk_level"] == second["risk_level"] == "HIGH"
        since = [int(query["last_execution_start_time"]) for query in (first, second)]
        assert 7_200_000 <= since[1] - since[0] < 7_260_000

    run({**connection, "risk_level": "HIGH", "last_execution_start_time": "-1h"}, scenario)


def test_a_filter_by_status_lets_no_failure_slip(simulator, connection):
    async def scenario(source):
        assert await source.poll() == []
        simulator.change(task=0, run="ABNORMAL")
        failed = await source.poll()
        simulator.change(task=0, run="FINISHED")
        repaired = await source.poll()
        simulator.change(task=0, run="ABNORMAL")
        assert (types(failed), types(repaired)) == (["created", "execution"], ["removed"])
        assert types(await source.poll()) == ["created", "execution"]

    run({**connection, "last_execution_status": "ABNORMAL"}, scenario)


# ---------------------------------------------------------------------------------------------------------------------
# since


@pytest.mark.parametrize(
    ("since", "told"),
    [("-1h", [1, 2]), (1, [0, 1, 2]), ("2026-01-01T00:00:00Z", [0, 1, 2]), ("", []), (None, [])],
)
def test_since_brings_executions_of_the_first_listing(simulator, connection, since, told):
    simulator.tasks = simulator.tasks[:3]
    now = int(time.time() * 1000)
    for index, when in enumerate((LONG_AGO, now - 3_000_000, now - 1000)):
        simulator.change(task=index, set={"last_execution_time": when, "last_execution_status": "ABNORMAL"})

    async def scenario(source):
        events = await source.poll()
        assert [event["scheduled_task"]["id"] for event in events] == [simulator.tasks[index]["id"] for index in told]
        assert {(event["type"], event["previous"]) for event in events} <= {("execution", None)}
        assert await source.poll() == []
        return events

    first = run({**connection, "since": since}, scenario)
    assert run({**connection, "since": since}, scenario) == first  # the same UUIDs


# ---------------------------------------------------------------------------------------------------------------------
# Faults


@pytest.fixture(scope="module")
def paged_simulator():
    with coc_simulator.Simulator(tasks=TASKS, page_cap=PAGE) as running:
        yield running


# Whether the first listing fails or a later one, and how many pages of it come before the fault. In one test, since
# ansible-test forks for each.
EVERYWHERE = list(itertools.product((True, False), (0, 1)))


def by_row(rows):
    return pytest.mark.parametrize("row", rows, ids=[row.name for row in rows])


REFUSED = [row for row in ROWS if row.status in (401, 403)]


def strike(simulator, row, pages, times):
    simulator.faults[:] = [None] * pages + [row.fault] * times


@by_row([row for row in ROWS if row.outcome is not HARMLESS and row not in REFUSED])
def test_nothing_is_lost_through_a_fault(paged_simulator, connection, pauses, row):
    for is_first, pages in EVERYWHERE:
        check_nothing_is_lost_through_a_fault(paged_simulator, connection, row, is_first, pages)


def check_nothing_is_lost_through_a_fault(paged_simulator, connection, row, is_first, pages):
    simulator = paged_simulator
    options = {**connection, "endpoint": simulator.endpoint, **row.options}
    times = 1 + row.options.get("max_retries", RETRIES) if row.outcome is RECOVERS else 1

    async def scenario(source):
        if not is_first:
            assert await source.poll() == []
            strike(simulator, row, pages, times)
        await source.real_sleep(0.002)  # to change something after the source was started
        before, ran = shown(simulator.tasks[0]), shown(simulator.change(task=0, run="ABNORMAL"))
        (failure,) = await source.poll()
        facts = failure.pop("failure")
        assert failure.pop("type") == "failure" and failure.pop("meta")["uuid"] and not failure
        assert [words for words in row.words if words not in facts["msg"]] == []
        assert (facts["status"], facts["error_code"]) == (row.status, row.error_code)
        assert facts["retry_after"] == row.retry_after
        assert set(facts) == {"msg", "status", "error_code", "request_id", "transient", "retry_after"}
        strike(simulator, row, pages, times)
        assert await source.poll() == []  # it is not told again
        asked = min(row.retry_after or 0, 86400)
        assert source.pauses[-2:] == [max(INTERVAL, asked), max(2 * INTERVAL, asked)]
        recovery, execution = await source.poll()
        assert recovery["type"] == "recovery"
        assert (execution["type"], execution["scheduled_task"]) == ("execution", ran)
        assert execution["previous"] == (None if is_first else before)
        assert await source.poll() == []
        assert 0 < source.pauses[-1] <= INTERVAL

    if is_first:
        strike(simulator, row, pages, times)
    run(options, scenario)


@by_row(REFUSED)
def test_a_refused_key_is_not_sent_again(paged_simulator, connection, pauses, caplog, row):
    for is_first, pages in EVERYWHERE:
        check_a_refused_key_is_not_sent_again(paged_simulator, connection, caplog, row, is_first, pages)


def check_a_refused_key_is_not_sent_again(paged_simulator, connection, caplog, row, is_first, pages):
    simulator = paged_simulator
    simulator.requests.clear()

    async def scenario(source):
        if not is_first:
            assert await source.poll() == []
            strike(simulator, row, pages, 1)
            source.go_on()
        (failure,) = await source.stopped()
        assert failure["type"] == "failure"
        assert failure["failure"]["status"] == row.status and failure["failure"]["transient"] is False
        assert failure["failure"]["msg"].endswith(plugin.STOPPED)
        assert failure["failure"]["msg"] in caplog.messages
        assert simulator.faults == []
        assert len(simulator.requests) == (0 if is_first else 3) + pages + 1
        assert len(source.pauses) == (0 if is_first else 1)  # it does not even wait for the next time

    if is_first:
        strike(simulator, row, pages, 1)
    run({**connection, "endpoint": simulator.endpoint, **row.options}, scenario)


def test_a_key_that_is_refused_during_an_outage_is_not_sent_again(simulator, connection, pauses):
    async def scenario(source):
        simulator.faults += [coc_simulator.status(503)] * (RETRIES + 1) + [coc_simulator.status(401)]
        assert types(await source.poll()) == ["failure"]
        source.go_on()
        (failure,) = await source.stopped()
        assert failure["failure"]["status"] == 401
        assert len(simulator.requests) == RETRIES + 2

    run(connection, scenario)


@by_row([row for row in ROWS if row.outcome is HARMLESS])
def test_an_oddity_is_no_failure(paged_simulator, connection, pauses, row):
    for is_first, pages in EVERYWHERE:
        check_an_oddity_is_no_failure(paged_simulator, connection, row, is_first, pages)


def check_an_oddity_is_no_failure(paged_simulator, connection, row, is_first, pages):
    simulator = paged_simulator
    simulator.faults.clear()

    async def scenario(source):
        for listing in (0, 1):
            if listing == (0 if is_first else 1):
                strike(simulator, row, pages, 1)
            if listing:
                ran = simulator.change(task=0, run="ABNORMAL")
            events = await source.poll()
            assert set(types(events)) <= {"execution", "definition"}  # some oddities are in the fields of tasks
        assert [e["scheduled_task"]["id"] for e in events if e["type"] == "execution"] == [ran["id"]]

    run({**connection, "endpoint": simulator.endpoint, **row.options}, scenario)


def test_an_outage_loses_nothing_and_repeats_nothing(simulator, connection, pauses):
    async def scenario(source):
        assert await source.poll() == []
        simulator.refuse()
        assert types(await source.poll()) == ["failure"]
        changed = [simulator.change(task=index, run="ABNORMAL")["id"] for index in range(5)]
        simulator.change(remove=20)
        for _poll in range(9):
            assert await source.poll() == []
        simulator.listen()
        recovery, *events = await source.poll()
        assert recovery["type"] == "recovery"
        assert types(events) == ["execution"] * 5 + ["removed"]
        assert [event["scheduled_task"]["id"] for event in events[:5]] == changed
        assert await source.poll() == []

    run(connection, scenario)


def test_a_listing_that_may_not_be_whole_is_not_compared(connection, simulator):
    """A page repeats a task in place of another, so that as many came as the service counts."""
    simulator.page_cap = 40

    def repeat(document):
        tasks = document["scheduled_tasks"]
        return {**document, "scheduled_tasks": [tasks[0], *tasks[:-1]]}

    async def scenario(source):
        assert await source.poll() == []
        simulator.faults += [None, coc_simulator.mutate(repeat)]
        (failure,) = await source.poll()
        assert failure["failure"]["msg"].startswith(
            f"{simulator.endpoint} counts 60 tasks, but repeated some and returned 59 different ones."
        )
        assert types(await source.poll()) == ["recovery"]

    run(connection, scenario)


@pytest.mark.parametrize(
    ("interval", "pauses"),
    [(1, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]), (60, [60, 120, 240, 480, 600]), (86400, [86400, 172800])],
)
def test_pauses_grow_to_ten_intervals_or_five_minutes(interval, pauses):
    assert [plugin.pause_after_failure(interval, n + 1, None) for n in range(len(pauses))] == pauses
    assert plugin.pause_after_failure(interval, 10**6, None) == max(10 * interval, 300)
    assert plugin.pause_after_failure(interval, 1, 10**18) == 86400


# ---------------------------------------------------------------------------------------------------------------------
# Clocks


@pytest.mark.parametrize("offset", [-86400, -3600, 3600, 86400])
def test_a_clock_that_is_off_is_warned_of_once(simulator, connection, caplog, offset):
    simulator.clock_offset = offset

    async def scenario(source):
        assert await source.poll() == []
        for _poll in range(3):
            simulator.change(task=0, run="ABNORMAL")
            assert types(await source.poll()) == ["execution"]

    run(connection, scenario)
    assert [message for message in caplog.messages if "minutes apart" in message] == [caplog.messages[0]]


def test_a_warning_is_logged_once_whatever_the_clocks_say(caplog):
    warn = plugin.WarnOnce()
    for minutes in (60, 61):
        warn(f"They are {minutes} minutes apart at 2026-11-24T08:{minutes - 60:02}:00Z.")
    for text in ["The file ~/1 contains secrets.", "The file ~/2 contains secrets."] * 2:
        warn(text)
    assert [record.message for record in caplog.records] == [
        "They are 60 minutes apart at 2026-11-24T08:00:00Z.",
        "The file ~/1 contains secrets.",
        "The file ~/2 contains secrets.",
    ]


# ---------------------------------------------------------------------------------------------------------------------
# Credentials and options


def test_credentials_are_read_for_each_listing(simulator, tmp_path):
    profile = tmp_path / "credentials"

    def write(access_key, secret_key):
        profile.write_text(f"[basic]\nak = {access_key}\nsk = {secret_key}\n")
        profile.chmod(0o600)

    async def scenario(source):
        assert await source.poll() == []
        profile.unlink()
        (failure,) = await source.poll()
        assert "No credentials found." in failure["failure"]["msg"] and failure["failure"]["status"] is None
        write(coc_simulator.ACCESS_KEY, coc_simulator.SECRET_KEY)
        assert types(await source.poll()) == ["recovery"]

    write(coc_simulator.ACCESS_KEY, coc_simulator.SECRET_KEY)
    run({"endpoint": simulator.endpoint, "credentials_file": str(profile)}, scenario)


def test_the_credentials_of_an_agency_are_renewed(simulator, monkeypatch):
    monkeypatch.setattr(_ecs_metadata, "ADDRESS", simulator.endpoint.partition("//")[2])

    async def scenario(source):
        assert await source.poll() == []
        simulator.change(task=0, run="ABNORMAL")
        assert types(await source.poll()) == ["execution"]
        paths = [request.path for request in simulator.requests]
        assert paths.count(coc_simulator.METADATA_SECURITY_KEY) == paths.count(coc_simulator.SCHEDULED_TASKS) == 2

    run({"endpoint": simulator.endpoint, "auth_source": "ecs_metadata"}, scenario)


def test_environment_variables_serve(simulator, monkeypatch):
    monkeypatch.setenv("HUAWEICLOUD_COC_ENDPOINT", simulator.endpoint)
    monkeypatch.setenv("HW_ACCESS_KEY", coc_simulator.ACCESS_KEY)
    monkeypatch.setenv("HW_SECRET_KEY", coc_simulator.SECRET_KEY)

    async def scenario(source):
        assert await source.poll() == []

    run({}, scenario)


@pytest.mark.parametrize(
    ("options", "msg"),
    [
        ({"tsk_name": "x"}, "tsk_name: .* has no such option. Did you mean task_name\\?"),
        ({"intervall": 5}, "intervall: .* Did you mean interval\\?"),
        ({"on_missing": "skip"}, "on_missing: .* has no such option. It takes "),
        ({"cache_timeout": 60}, "cache_timeout: .* has no such option."),
        ({"limit": 5}, "limit: .* always compares all tasks that match. Leave limit out."),
        ({"offset": 0}, "offset: .* Leave offset out."),
        ({"marker": "x"}, "marker: .* Leave marker out."),
        ({"interval": 0}, "interval: 0 is out of range; it takes 1 to 86400 seconds."),
        ({"interval": 86401}, "interval: 86401 is out of range"),
        ({"interval": "often"}, "interval"),
        ({"interval": 1.5}, "interval"),
        ({"since": "yesterday"}, "since: 'yesterday' is not a time"),
        ({"since": "2026-01-01T00:00:00"}, "since: .* has no zone"),
        ({"since": ["-1h"]}, "since: takes one value, not a list"),
        ({"risk_level": "high"}, "risk_level must be one of: HIGH, MEDIUM, LOW, got: high"),
        ({"risk_level": ["HIGH", "LOW"]}, "risk_level"),
        ({"timeout": 0}, "timeout: 0.0 is out of range"),
        ({"ca_path": "/does/not/exist"}, "ca_path"),
        ({"endpoint": "http://coc.example.com"}, "would send credentials unencrypted"),
        ({"endpoint": " ", "region": "mars"}, "region: COC has no site for 'mars'"),
        ({"endpoint": "", "region": None}, "No site is given"),
        ({"ak": " ", "access_key": ""}, "secret_key given, access_key missing"),
        ({"access_key": "", "secret_key": None}, "No credentials found."),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else "",
)
def test_wrong_options_end_it_before_any_request(simulator, connection, options, msg):
    assert re.search(msg, ends_with({**connection, **options}))
    assert simulator.connections == 0


def test_a_missing_library_ends_it(simulator, connection, monkeypatch):
    monkeypatch.setattr(_transport, "REQUESTS_IMPORT_ERROR", ImportError("No module"))
    assert "cannot import the Python library requests" in ends_with(connection)
    assert simulator.connections == 0


def test_blanks_aliases_and_numbers_as_text_are_taken(simulator, connection):
    options = {"ak": connection["access_key"], "sk": connection["secret_key"], "endpoint": connection["endpoint"]}
    blanks = {name: "" for name in plugin.OPTIONS if name not in options}
    given_as_text = {"interval": "60", "limit": " "}

    async def scenario(source):
        assert await source.poll() == []
        assert [request.raw_query for request in simulator.requests] == ["limit=1000"]

    run({**blanks, **options, **given_as_text}, scenario)


def test_the_documented_options_are_those_of_the_code():
    documentation = yaml.safe_load(plugin.DOCUMENTATION)
    own = documentation["options"]
    for name in documentation["extends_documentation_fragment"]:
        _namespace, _collection, file, *part = name.split(".")
        module = importlib.import_module(f"ansible_collections.huaweicloud.coc.plugins.doc_fragments.{file}")
        text = getattr(module.ModuleDocFragment, (part or ["documentation"])[0].upper())
        own.update(yaml.safe_load(text)["options"])
    assert set(own) == set(plugin.OPTIONS)
    for name, spec in plugin.OPTIONS.items():
        keys = ("type", "default", "choices")
        assert {key: own[name].get(key) for key in keys} == {key: spec.get(key) for key in keys}
    assert list(documentation["options"])[:2] == ["interval", "since"]
    assert f"V(1) to V({plugin.LONGEST_INTERVAL})" in documentation["options"]["interval"]["description"][0]


def test_the_options_of_the_examples_are_taken(connection):
    rulesets = yaml.safe_load(plugin.EXAMPLES)
    assert len(rulesets) == 2
    for ruleset in rulesets:
        for source in ruleset["sources"]:
            assert plugin.check_options(source["huaweicloud.coc.scheduled_task"])


# ---------------------------------------------------------------------------------------------------------------------
# Secrets


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("form", ["raw", "percent-encoded", "HTML in numbers", "cut at the end"])
def test_no_secret_is_in_events_or_logs(simulator, connection, caplog, capfd, place, form):
    caplog.set_level(logging.DEBUG)
    simulator.faults.append(echo(["Authorization"], place, FORMS[form], 400))

    async def scenario(source):
        return await source.poll()

    events = run(connection, scenario)
    assert types(events) == ["failure"]
    shown_to_users = json.dumps(events) + caplog.text + "".join(capfd.readouterr())
    assert leaks(shown_to_users, [*SECRETS, *secrets_sent(simulator)]) == []


def test_no_secret_is_in_the_message_of_wrong_options(connection):
    for options in ({"tsk_name": 1}, {"security_token": ["x"]}, {"auth_token": coc_simulator.AUTH_TOKEN}):
        assert leaks(ends_with({**connection, **options}), SECRETS) == []


# ---------------------------------------------------------------------------------------------------------------------
# Neighbours


def test_it_ends_at_once_and_holds_nobody_up_while_the_service_says_nothing(simulator, connection):
    """The process of a rulebook ends when its loop has: this test hangs if the loop waits for the request."""
    simulator.faults.append(coc_simulator.hang())

    async def start():
        task = asyncio.create_task(plugin.main(asyncio.Queue(), {**connection, "timeout": 3600}))
        while not simulator.requests:
            await asyncio.sleep(0.001)  # others go on meanwhile
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(start())
    assert len(simulator.requests) == 1


@pytest.mark.parametrize("asks_no_more", [False, True])
def test_it_ends_while_it_pauses_or_asks_no_more(simulator, connection, asks_no_more):
    async def scenario(source):
        await source.poll()
        if asks_no_more:
            simulator.faults.append(coc_simulator.status(403))
            source.go_on()
            assert types(await source.stopped()) == ["failure"]
        source.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(source.task, 1)

    run(connection, scenario)
    assert len(simulator.requests) == 1 + asks_no_more


def test_many_events_let_others_go_on(simulator, connection):
    turns = []

    async def count():
        while True:
            turns.append(1)
            await asyncio.sleep(0)

    async def scenario(source):
        await source.poll()
        put, turns_at = source.queue.put, []

        async def note(event):
            turns_at.append(len(turns))
            await put(event)

        source.queue.put = note
        simulator.tasks = []
        counting = asyncio.create_task(count())
        seen = await source.poll()
        counting.cancel()
        assert len(seen) == len(set(turns_at)) == 60

    run(connection, scenario)


def test_loading_leaves_no_hook_behind(tmp_path):
    """ansible-core's hook would take ansible_rulebook's files for its own."""
    code = """
import runpy, sys
hooks = sys.path_hooks[:]
for turn in range(2):
    runpy.run_path(sys.argv[1])
assert sys.path_hooks == hooks
assert not [finder for finder in sys.path_importer_cache.values() if "Ansible" in type(finder).__name__]
"""
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(PATH.parents[7])}
    command = [sys.executable, "-W", "error", "-c", code, str(PATH)]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# ---------------------------------------------------------------------------------------------------------------------
# Random histories

STEPS = st.one_of(
    st.tuples(st.just("run"), st.integers(0, 30), st.sampled_from(["ABNORMAL", "FINISHED"])),
    st.tuples(st.just("approve"), st.integers(0, 30), st.sampled_from(["PASSED", "REJECTED"])),
    st.tuples(st.just("add"), st.just(0), st.just("")),
    st.tuples(st.just("remove"), st.integers(0, 30), st.just("")),
    st.tuples(st.just("poll"), st.just(0), st.just("")),
    st.tuples(st.just("fault"), st.integers(0, 2), st.sampled_from(["503", "reset", "cut", "short"])),
)
FAULTS = {
    "503": coc_simulator.status(503),
    "reset": coc_simulator.reset("body"),
    "cut": coc_simulator.cut_body(),
    "short": coc_simulator.mutate(lambda document: {**document, "scheduled_tasks": document["scheduled_tasks"][:-1]}),
}


@settings(max_examples=50)
@given(st.lists(STEPS, max_size=25))
def test_whatever_happens_events_add_up_to_the_account(steps):
    async def scenario(source):
        await source.poll()
        known = {task["id"]: shown(task) for task in simulator.tasks}
        uuids: set[str] = set()
        for step, (kind, number, value) in enumerate([*steps, ("poll", 0, ""), ("poll", 0, "")]):
            count = len(simulator.tasks)
            if kind == "add":
                simulator.change(add={"id": f"ST{step:024}"})
            elif kind in ("run", "approve", "remove") and count:
                which = simulator.tasks[number % count]["id"]
                change = {"run": {"run": value}, "approve": {"set": {"approve_status": value}}}.get(kind)
                simulator.change(**({"task": which, **change} if change else {"remove": which}))
            elif kind == "fault":
                simulator.faults[:] = [None] * number + [FAULTS[value]]
            elif kind == "poll":
                for event in await source.poll():
                    if event["type"] in ("failure", "recovery"):
                        continue
                    task = event["scheduled_task"]
                    uuid = event["meta"]["uuid"]
                    assert uuid not in uuids or event["type"] == "approval"  # which may go back and forth
                    uuids.add(uuid)
                    assert event["previous"] == known.get(task["id"]) or event["type"] != "created"
                    if event["type"] == "removed":
                        assert known.pop(task["id"]) == task
                    else:
                        known[task["id"]] = task
                simulator.faults.clear()
        assert known == {task["id"]: shown(task) for task in simulator.tasks}

    with coc_simulator.Simulator(tasks=12, page_cap=5) as simulator:
        options = {"endpoint": simulator.endpoint, "max_retries": 0}
        keys = {"access_key": coc_simulator.ACCESS_KEY, "secret_key": coc_simulator.SECRET_KEY}
        run({**options, **keys}, scenario)
