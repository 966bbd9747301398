# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source as ansible-rulebook runs it, but for its engine: ``main()`` with a queue, on the simulator.

What becomes of each fault of a response is in tests/unit/test_faults.py; random histories of an account are in the
test of plugin_utils/_scheduled_task_events.py.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import subprocess
import sys
import threading
import time
import typing as t
import unittest.mock
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from ansible.plugins.loader import fragment_loader
from ansible.utils.plugin_docs import add_fragments

from ansible_collections.huaweicloud.coc.extensions.eda.plugins.event_source import scheduled_task as plugin
from ansible_collections.huaweicloud.coc.plugins.module_utils import (
    _scheduled_task_query,
    _sts,
    _transport,
)
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import ABSENT, FIELDS
from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.coc_simulator import iam
from ansible_collections.huaweicloud.coc.tests.unit.conftest import (
    WRONG_SECRET_KEY,
    ids_of,
    queries,
    refusal,
    run_module,
)
from ansible_collections.huaweicloud.coc.tests.unit.fault_table import RETRIES
from ansible_collections.huaweicloud.coc.tests.unit.leaks import FORMS, PLACES, echo, leaks, secrets_sent
from ansible_collections.huaweicloud.coc.tests.unit.wrong_options import REFUSED as WRONG_OPTIONS

PATH = Path(plugin.__file__)
INTERVAL = 60
SECRETS = [coc_simulator.SECRET_KEY, coc_simulator.AUTH_TOKEN, coc_simulator.SECURITY_TOKEN]
sleep = asyncio.sleep


class Source:
    """The source, which runs only within these methods. ``pauses`` are those that it would make."""

    def __init__(self, options):
        self.pauses = []
        self.queue: asyncio.Queue[t.Any] = asyncio.Queue()
        self._idle, self._due = asyncio.Event(), asyncio.Event()
        self.loop = asyncio.new_event_loop()
        self._task = self.loop.create_task(plugin.main(self.queue, {"interval": INTERVAL, **options}))
        self._task.add_done_callback(lambda _task: self._idle.set())
        self._patch = unittest.mock.patch.object(asyncio, "sleep", self._pause)

    async def _pause(self, seconds):
        if not seconds:
            return await sleep(0)
        self.pauses.append(seconds)
        self._due.clear()
        self._idle.set()
        await self._due.wait()

    def __enter__(self):
        self._patch.start()
        return self

    def __exit__(self, *_exception):
        self._task.cancel()
        self.run(asyncio.wait({self._task}, timeout=1))
        assert self._task.cancelled()
        self.run(self.loop.shutdown_default_executor())  # as asyncio.run() does: it waits for the threads
        self.loop.close()
        self._patch.stop()

    def run(self, coroutine):
        return self.loop.run_until_complete(asyncio.wait_for(coroutine, 60))

    def taken(self):
        return [self.queue.get_nowait() for _event in range(self.queue.qsize())]

    def poll(self):
        """Let it list once; returns the events that this brings."""
        self.run(self._idle.wait())
        if self._task.done():
            self._task.result()
        self._idle.clear()
        self._due.set()  # it goes on when it runs next
        return self.taken()


@pytest.fixture
def source(connection):
    with Source(connection) as running:
        yield running


def types(events):
    return [event["type"] for event in events]


def shown(task):
    """A task of the simulator as plugins return it."""
    return {name: None if value == "" else value for name, value in {**ABSENT, **task}.items()}


def ends_with(options):
    """The message with which options end the source."""
    return refusal(asyncio.run, asyncio.wait_for(plugin.main(asyncio.Queue(), options), 30))


# Types


def test_each_type(simulator, source):
    assert source.poll() + source.poll() == []
    new = "ST00000000000000000000new"
    for expected, change in (
        ("execution", {"task": 0, "run": "ABNORMAL"}),
        ("execution", {"task": 0, "run": "ABNORMAL"}),
        ("approval", {"task": 1, "set": {"approve_status": "REJECTED"}}),
        ("definition", {"task": 1, "set": {"name": "renamed"}}),
        ("created", {"add": {"id": new}}),
        ("removed", {"remove": new}),
    ):
        before = {task["id"]: shown(task) for task in simulator.tasks}
        task = shown(simulator.change(**change))
        (event,) = source.poll()
        assert event.pop("meta").keys() == {"uuid"}
        assert event == {"type": expected, "scheduled_task": task, "previous": before.get(task["id"])}
        assert event["scheduled_task"].keys() == FIELDS.keys()
    assert source.poll() == []


def test_filters_are_sent_with_each_listing_and_ages_count_from_it(simulator, connection, monkeypatch):
    filters = {"risk_level": "LOW", "last_execution_start_time": " -1h ", "task_name": ""}
    with Source({**connection, "risk_level": "HIGH", "filters": filters}) as source:
        source.poll()
        now = time.time()
        monkeypatch.setattr(_scheduled_task_query, "time", SimpleNamespace(time=lambda: now + 7200))
        source.poll()
    first, second = (dict(request.query) for request in simulator.requests)
    assert first["risk_level"] == second["risk_level"] == "HIGH"
    since = [int(query["last_execution_start_time"]) for query in (first, second)]
    assert 7_200_000 <= since[1] - since[0] < 7_260_000


def test_a_filter_by_status_lets_no_failure_slip(simulator, connection):
    with Source({**connection, "last_execution_status": "ABNORMAL"}) as source:
        assert source.poll() == []
        for status, expected in (
            ("ABNORMAL", ["created", "execution"]),
            ("FINISHED", ["removed"]),
            ("ABNORMAL", ["created", "execution"]),
        ):
            simulator.change(task=0, run=status)
            assert types(source.poll()) == expected


# since


@pytest.mark.parametrize(
    ("since", "told"),
    [("-1h", [1, 2]), (0, [0, 1, 2]), ("2026-01-01T00:00:00Z", [0, 1, 2]), ("", []), (None, [])],
)
def test_since_brings_executions_of_the_first_listing(simulator, connection, since, told):
    simulator.tasks = simulator.tasks[:3]
    now = int(time.time() * 1000)
    for index, age in enumerate((10**9, 3_000_000, 60_000)):
        simulator.change(task=index, set={"last_execution_time": now - age, "last_execution_status": "ABNORMAL"})

    def events():
        with Source({**connection, "since": since}) as source:
            found = source.poll()
            assert source.poll() == []
        return found

    first = events()
    assert [(event["type"], event["scheduled_task"], event["previous"]) for event in first] == [
        ("execution", shown(simulator.tasks[index]), None) for index in told
    ]
    assert events() == first  # the same UUIDs


# Faults


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("pages", [0, 1])  # how many pages of the listing come before the fault
@pytest.mark.parametrize(
    ("fault", "times", "status", "retry_after"),
    [
        (coc_simulator.reset("body"), RETRIES + 1, None, None),
        (coc_simulator.status(400), 1, 400, None),
        (coc_simulator.status(429, headers={"Retry-After": "3600"}), 1, 429, 3600),
        (coc_simulator.body(b"<html>"), 1, 200, None),
    ],
    ids=["reset", "400", "429", "HTML"],
)
def test_nothing_is_lost_through_a_fault(
    simulator, connection, pauses, is_first, pages, fault, times, status, retry_after
):
    simulator.page_cap = 40
    faults = [None] * pages + [fault] * times
    simulator.faults[:] = faults if is_first else []
    simulator.tasks = [{**task, "last_execution_time": 1} for task in simulator.tasks]
    with Source(connection) as source:
        if is_first:
            source.run(sleep(0.002))  # what changes from now on is after its start
        else:
            assert source.poll() == []
            simulator.faults += faults
        before, ran = shown(simulator.tasks[0]), shown(simulator.change(task=0, run="ABNORMAL"))
        (failure,) = source.poll()
        facts = failure.pop("failure")
        assert failure.pop("type") == "failure" and failure.pop("meta")["uuid"] and not failure
        assert set(facts) == {"msg", "status", "error_code", "request_id", "transient", "retry_after"}
        assert (facts["status"], facts["retry_after"]) == (status, retry_after)
        simulator.faults += faults
        assert source.poll() == []  # it is not told again
        assert source.pauses[-2:] == [max(INTERVAL, retry_after or 0), max(2 * INTERVAL, retry_after or 0)]
        recovery, execution = source.poll()
        assert recovery["type"] == "recovery"
        assert (execution["type"], execution["scheduled_task"]) == ("execution", ran)
        assert execution["previous"] == (None if is_first else before)
        assert source.poll() == []
        assert 0 < source.pauses[-1] < INTERVAL


@pytest.mark.parametrize("place", ["variable", "file"])
def test_a_refused_key_is_not_sent_again_until_it_is_another(simulator, endpoint, caplog, monkeypatch, tmp_path, place):
    profile = tmp_path / ".huaweicloud" / "credentials"
    profile.parent.mkdir()

    def put(secret_key):
        if place == "file":
            profile.write_text(f"[basic]\nak = {coc_simulator.ACCESS_KEY}\nsk = {secret_key}\n")
        else:
            monkeypatch.setenv("HW_ACCESS_KEY", coc_simulator.ACCESS_KEY)
            monkeypatch.setenv("HW_SECRET_KEY", secret_key)

    def refused(source):
        (event,) = source.poll()
        failure = event["failure"]
        assert (event["type"], failure["status"], failure["transient"]) == ("failure", 401, False)
        assert failure["msg"].endswith(plugin.STOPPED) and failure["msg"] in caplog.messages
        return failure

    put(WRONG_SECRET_KEY)
    simulator.faults.append(coc_simulator.status(503))
    with Source({**endpoint, "max_retries": 0}) as source:
        assert types(source.poll()) == ["failure"]
        refused(source)  # although a failure has been told of already
        put("")  # while it is replaced, it is not whole
        assert [source.poll() for _interval in range(9)] == [[]] * 9
        put(WRONG_SECRET_KEY)
        assert source.poll() == []
        assert (len(simulator.requests), source.pauses) == (2, [INTERVAL] * 12)
        put(WRONG_SECRET_KEY + "2")
        failure = refused(source)
        put(coc_simulator.SECRET_KEY)
        (recovery,) = source.poll()
    assert (recovery["type"], recovery["failure"], len(simulator.requests)) == ("recovery", failure, 4)


def test_a_refused_identity_token_is_not_sent_again_until_the_file_has_another(simulator, endpoint, tmp_path):
    file = tmp_path / "token"
    file.write_text("FakeExpiredToken")
    options = {**endpoint, "iam_endpoint": simulator.endpoint, "idp_id": iam.IDP_ID, "id_token_file": str(file)}
    with Source(options) as source:
        (event,) = source.poll()
        assert event["failure"]["status"] == 401
        assert [source.poll() for _interval in range(3)] == [[]] * 3
        assert len(simulator.requests) == 1
        file.write_text(iam.IDENTITY_TOKEN)
        assert types(source.poll()) == ["recovery"]


def test_what_locks_no_key_is_asked_again(simulator, connection):
    simulator.faults += map(coc_simulator.status, (500, 403, 403, 500, 403))
    with Source({**connection, "max_retries": 0}) as source:
        statuses = [[event["failure"]["status"] for event in source.poll()] for _poll in range(5)]
        assert statuses == [[500], [403], [], [], []]
        assert source.pauses == [60, 120, 240, 480, 600]
        (recovery,) = source.poll()
    assert (recovery["type"], recovery["failure"]["status"]) == ("recovery", 403)


def test_a_recovery_says_how_long_it_took(simulator, source, monkeypatch):
    assert source.poll() == []
    simulator.faults += [coc_simulator.status(400)] * 2
    (failure,) = source.poll()
    now = time.monotonic
    monkeypatch.setattr("time.monotonic", lambda: now() + 7000)
    assert source.poll() == []
    (recovery,) = source.poll()
    assert recovery.pop("meta")["uuid"]
    assert 7000 <= recovery.pop("duration") < 7060
    assert recovery == {"type": "recovery", "failure": failure["failure"]}


def test_an_outage_loses_nothing_and_repeats_nothing(simulator, source, pauses):
    assert source.poll() == []
    simulator.refuse()
    assert types(source.poll()) == ["failure"]
    changes: list[dict[str, t.Any]] = [
        *({"task": index, "run": "ABNORMAL"} for index in range(5)),
        {"task": 5, "set": {"approve_status": "REJECTED"}},
        {"task": 6, "set": {"name": "renamed"}},
        {"add": {"name": "new"}},
        {"remove": 20},
    ]
    changed = ids_of(simulator.change(**change) for change in changes)
    for _poll in range(9):
        assert source.poll() == []
    simulator.listen()
    recovery, *events = source.poll()
    assert recovery["type"] == "recovery"
    assert types(events) == ["execution"] * 5 + ["approval", "definition", "created", "removed"]
    assert ids_of(event["scheduled_task"] for event in events) == changed
    assert source.poll() == []


def test_a_listing_that_may_not_be_whole_is_not_compared(simulator, source):
    """A page repeats a task in place of another, so that as many came as the service counts."""
    simulator.page_cap = 40

    def repeat(document):
        tasks = document["scheduled_tasks"]
        return {**document, "scheduled_tasks": [tasks[0], *tasks[:-1]]}

    assert source.poll() == []
    simulator.faults += [None, coc_simulator.mutate(repeat)]
    (failure,) = source.poll()
    assert failure["failure"]["msg"].startswith(
        f"{simulator.endpoint} counts 60 tasks, but repeated some and returned 59 different ones."
    )
    assert types(source.poll()) == ["recovery"]


@pytest.mark.parametrize(
    ("interval", "pauses"),
    [(1, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]), (60, [60, 120, 240, 480, 600]), (86400, [86400, 172800])],
)
def test_pauses_grow_to_ten_intervals_or_five_minutes(interval, pauses):
    assert [plugin.pause_after_failure(interval, n + 1, None) for n in range(len(pauses))] == pauses
    assert plugin.pause_after_failure(interval, 10**6, None) == max(10 * interval, 300)
    assert plugin.pause_after_failure(interval, 1, 10**18) == 86400


# Clocks


@pytest.mark.parametrize("offset", [-86400, -600, 600, 86400])
def test_since_is_a_time_of_the_service(simulator, connection, offset):
    simulator.tasks = [{**task, "last_execution_time": 1} for task in simulator.tasks]
    simulator.clock_offset = offset
    simulator.faults.append(coc_simulator.status(503))
    keys = dict.fromkeys(("access_key", "secret_key"), "")  # a token does not depend on the clock
    with Source({**connection, **keys, "auth_token": coc_simulator.AUTH_TOKEN, "max_retries": 0}) as source:
        assert types(source.poll()) == ["failure"]
        simulator.change(task=0, run="ABNORMAL")
        assert types(source.poll()) == ["recovery", "execution"]


@pytest.mark.parametrize("offset", [-3600, 3600])
def test_it_asks_again_once_the_clock_is_set(simulator, source, monkeypatch, offset):
    simulator.clock_offset = offset
    (failure,) = source.poll()
    assert "Set the clock of this machine." in failure["failure"]["msg"]
    assert failure["failure"]["msg"].endswith(plugin.STOPPED_BY_CLOCK)
    assert source.poll() + source.poll() == []
    assert len(simulator.requests) == 1
    now = time.time
    monkeypatch.setattr("time.time", lambda: now() + offset)
    simulator.clock_offset = -offset  # it, too, runs in this process; signatures do not use this clock
    assert types(source.poll()) == ["recovery"]
    assert len(simulator.requests) == 2


def test_an_execution_from_before_the_start_is_not_told_when_the_task_comes_into_sight(simulator, connection):
    yesterday = int(time.time() - 86400) * 1000
    simulator.tasks = [{**simulator.tasks[0], "risk_level": "LOW", "last_execution_time": yesterday}]
    with Source({**connection, "risk_level": "HIGH"}) as source:
        assert source.poll() == []
        simulator.change(task=0, set={"risk_level": "HIGH"})
        assert types(source.poll()) == ["created"]
        simulator.change(add={"risk_level": "HIGH", "last_execution_time": int(time.time() + 1) * 1000})
        assert types(source.poll()) == ["created", "execution"]


def test_a_warning_is_logged_once(simulator, connection, caplog):
    simulator.tasks = []
    with Source(connection) as source:
        assert source.poll() + source.poll() == []
    assert len([message for message in caplog.messages if "has no scheduled tasks" in message]) == 1


# Credentials and options


def test_credentials_are_read_for_each_listing(simulator, tmp_path):
    profile, aside = tmp_path / "credentials", tmp_path / "aside"
    profile.write_text(f"[basic]\nak = {coc_simulator.ACCESS_KEY}\nsk = {coc_simulator.SECRET_KEY}\n")
    profile.chmod(0o600)
    with Source({"endpoint": simulator.endpoint, "credentials_file": str(profile)}) as source:
        assert source.poll() == []
        profile.rename(aside)
        (failure,) = source.poll()
        assert "No credentials found." in failure["failure"]["msg"] and failure["failure"]["status"] is None
        aside.rename(profile)
        assert types(source.poll()) == ["recovery"]


@pytest.mark.parametrize("lifetime, exchanges", [(3600, 1), (30, 3)])
def test_temporary_credentials_are_kept_until_they_end(simulator, monkeypatch, lifetime, exchanges):
    monkeypatch.setattr(_sts, "ADDRESS", simulator.endpoint.partition("//")[2])
    simulator.metadata_expires_in = lifetime
    with Source({"endpoint": simulator.endpoint, "auth_source": "ecs_metadata"}) as source:
        assert source.poll() == source.poll() == source.poll() == []
    paths = [request.path for request in simulator.requests]
    assert paths.count(coc_simulator.METADATA_SECURITY_KEY) == exchanges


def test_environment_variables_serve(simulator, monkeypatch):
    monkeypatch.setenv("HUAWEICLOUD_COC_ENDPOINT", simulator.endpoint)
    monkeypatch.setenv("HW_ACCESS_KEY", coc_simulator.ACCESS_KEY)
    monkeypatch.setenv("HW_SECRET_KEY", coc_simulator.SECRET_KEY)
    with Source({}) as source:
        assert source.poll() == []


def test_what_the_module_refuses_ends_it_with_the_very_message(simulator, connection):
    for options, _words in WRONG_OPTIONS:
        if not {"limit", "offset", "marker"} & set(options):
            given = {**connection, **options}
            assert ends_with(given) == run_module(given).error, options
    assert simulator.connections == 0


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
        ({"filters": {"risk_levl": "HIGH"}}, "risk_levl: the option filters of .* Did you mean risk_level\\?"),
        ({"filters": {"limit": 5}}, "limit: the option filters of .* has no such option."),
        ({"filters": ["HIGH"]}, "filters: takes a dictionary"),
        ({"interval": 0}, "interval: 0 is out of range; it takes 1 to 86400 seconds."),
        ({"interval": 86401}, "interval: 86401 is out of range"),
        ({"interval": "often"}, "interval"),
        ({"interval": 1.5}, "interval"),
        ({"since": "yesterday"}, "since: 'yesterday' is not a valid time"),
        ({"since": "2026-01-01T00:00:00"}, "since: .* has no zone"),
        ({"since": ["-1h"]}, "since: takes one value, not a list"),
        ({"endpoint": " ", "region": "mars"}, "region: COC has no site for 'mars'"),
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
    blanks = {**dict.fromkeys(plugin.SOURCE_SPEC, ""), "limit": " "}
    keys = {"ak": connection["access_key"], "sk": connection["secret_key"]}
    with Source({**blanks, **keys, "endpoint": connection["endpoint"], "interval": "60"}) as source:
        assert source.poll() == []
    assert queries(simulator) == ["limit=1000"]


def test_the_documented_options_are_those_of_the_code():
    documentation = yaml.safe_load(plugin.DOCUMENTATION)
    own = documentation["options"]
    assert list(own) == ["filters", "interval", "since"]
    assert f"V(1) to V({plugin.LONGEST_INTERVAL})" in own["interval"]["description"][0]
    add_fragments(documentation, plugin.__file__, fragment_loader)
    documented, coded = (
        {name: [facts.get(fact) for fact in ("type", "default", "choices")] for name, facts in options.items()}
        for options in (documentation["options"], plugin.SOURCE_SPEC)
    )
    assert documented == coded


# Secrets


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("form", ["raw", "percent-encoded", "HTML in numbers", "cut at the end"])
def test_no_secret_is_in_events_or_logs(simulator, source, caplog, capfd, place, form):
    caplog.set_level(logging.DEBUG)
    simulator.faults.append(echo(["Authorization"], place, FORMS[form], 400))
    events = source.poll()
    assert types(events) == ["failure"]
    shown_to_users = json.dumps(events) + caplog.text + "".join(capfd.readouterr())
    assert leaks(shown_to_users, [*SECRETS, *secrets_sent(simulator)]) == []


def test_no_secret_is_in_the_message_of_wrong_options(connection):
    for options in ({"tsk_name": 1}, {"security_token": ["x"]}, {"auth_token": coc_simulator.AUTH_TOKEN}):
        assert leaks(ends_with({**connection, **options}), SECRETS) == []


# Neighbours


@pytest.mark.parametrize("fault", [coc_simulator.hang(), coc_simulator.status(503)], ids=["hang", "pause"])
def test_it_ends_and_holds_nobody_up_whatever_it_waits_for(simulator, connection, fault):
    simulator.faults += [fault] * 3
    threads = set(threading.enumerate())
    with Source({**connection, "timeout": 5, "max_retries": 3}) as source:
        while not simulator.requests:
            source.run(sleep(0.001))  # others go on meanwhile
    assert [thread.name for thread in set(threading.enumerate()) - threads if "asyncio" in thread.name] == []
    assert len(simulator.requests) <= 2


def test_many_events_let_others_go_on(simulator, source):
    source.poll()
    turns, turns_at = [], []

    async def count():
        while True:
            turns.append(1)
            await asyncio.sleep(0)

    async def put(event):
        turns_at.append(len(turns))
        source.queue.put_nowait(event)

    simulator.tasks, source.queue.put = [], put
    counting = source.loop.create_task(count())
    assert len(source.poll()) == len(set(turns_at)) == 60
    counting.cancel()


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
