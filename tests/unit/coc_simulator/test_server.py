# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The server: connections, the log, settings, and tasks that change while it runs."""

from __future__ import annotations

import errno
import http.client
import json
import re
import socket
import ssl
import sys
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.coc_simulator import SCHEDULED_TASKS, Simulator
from ansible_collections.huaweicloud.coc.tests.unit.coc_simulator.conftest import (
    LONGEST,
    TASKS,
    ask,
    connect,
    metadata,
    send,
    sign,
)


@pytest.mark.parametrize("method, path", [("POST", SCHEDULED_TASKS), ("GET", "/v1/schedule"), ("GET", "/")])
def test_only_one_operation_is_known(simulator, method, path):
    reply = send(simulator, path, method=method)
    assert reply.refusal[:2] == (404, "APIGW.0101")
    assert reply.document["request_id"] == reply.headers["X-Request-Id"]


def test_headers_that_tell_of_a_rate_limit(simulator):
    assert ask(simulator).headers["X-Apig-Ratelimit-User"] is None
    simulator.rate_limit = 3
    told = [ask(simulator).headers["X-Apig-Ratelimit-User"] for _turn in range(3)]
    assert told == [f"remain:{remaining},limit:3,time:5 minute" for remaining in (1, 0, 0)]


def test_answer_is_packed_for_who_accepts_it(simulator):
    packed, plain = ask(simulator, {}, {"Accept-Encoding": "gzip"}), ask(simulator)
    simulator.gzip = False
    off = ask(simulator, {}, {"Accept-Encoding": "gzip"})
    assert [reply.headers["Content-Encoding"] for reply in (packed, plain, off)] == ["gzip", None, None]
    assert len(packed.content) < len(plain.content)
    assert packed.document == plain.document == off.document


def test_one_that_never_shakes_hands_keeps_nobody_waiting(authority):
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(client)
    with Simulator(tls=server) as simulator, socket.create_connection(("127.0.0.1", simulator.port)):
        connection = http.client.HTTPSConnection("127.0.0.1", simulator.port, timeout=LONGEST, context=client)
        assert send(simulator, *sign(simulator), connection=connection).status == 200


def test_latency(simulator, waits):
    simulator.latency = 5
    assert ask(simulator).status == 200
    assert waits[-1] == 5


@pytest.mark.parametrize(
    "setting, value, error",
    [
        ("markers", "sometimes", "markers='sometimes' is none of always, until_last, "),
        ("ignored_filters", ["limit"], "ignored_filters=['limit'] is none of enterprise_project_id, "),
        ("page_size", 5, "unexpected keyword argument 'page_size'"),
    ],
)
def test_unknown_setting_is_a_mistake_in_the_test(simulator, setting, value, error):
    with pytest.raises((TypeError, ValueError), match=re.escape(error)):
        Simulator(**{setting: value})
    if hasattr(simulator, setting):
        with pytest.raises(ValueError, match=re.escape(error)):
            setattr(simulator, setting, value)


def test_log_has_no_secret(tmp_path):
    log = tmp_path / "log"
    with Simulator(log=log) as simulator:
        ask(simulator, {"task_name": "日志"}, headers={"X-Security-Token": coc_simulator.SECURITY_TOKEN})
        send(simulator, SCHEDULED_TASKS, {"X-Auth-Token": coc_simulator.AUTH_TOKEN})
        metadata(simulator)
        sent = [simulator.requests[0].header("Authorization"), simulator.requests[3].header("X-Metadata-Token")]
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    metadata_paths = [coc_simulator.METADATA_TOKEN, coc_simulator.METADATA_SECURITY_KEY]
    assert [line["path"] for line in lines] == [SCHEDULED_TASKS, SCHEDULED_TASKS, *metadata_paths]
    assert [line["connection"] for line in lines] == [1, 2, 3, 4]
    assert lines[0]["query"] == [["task_name", "日志"]]
    assert ["X-Auth-Token", "***"] in lines[1]["headers"]
    secrets = [coc_simulator.SECURITY_TOKEN, coc_simulator.AUTH_TOKEN, coc_simulator.SECRET_KEY, *sent]
    assert not [secret for secret in secrets if secret in log.read_text()]


def test_leaving_it_ends_every_connection():
    with Simulator() as simulator:
        simulator.faults.append(coc_simulator.hang())
        connection = connect(simulator)
        connection.request("GET", SCHEDULED_TASKS)
        while not simulator.requests:
            time.sleep(0.01)
    with pytest.raises(ConnectionError):
        connection.getresponse()
    with socket.socket() as later:
        assert later.connect_ex(("127.0.0.1", simulator.port)) == errno.ECONNREFUSED


# Tasks that change


@pytest.mark.parametrize("which", [2, -198, TASKS[2]["id"], "same name"])
def test_a_task_is_changed_by_index_id_or_name(which):
    tasks = [*TASKS[:2], {**TASKS[2], "name": "same name"}, *TASKS[3:]]
    with Simulator(list(tasks)) as simulator:
        before = simulator.tasks
        changed = simulator.change(task=which, set={"approve_status": "REJECTED"})
        assert changed == {**tasks[2], "approve_status": "REJECTED"} != tasks[2]
        assert simulator.tasks == [*tasks[:2], changed, *tasks[3:]]
        assert before == tasks, "what was listed before stays as it was"
        assert simulator.change(remove=which) == changed
        assert simulator.tasks == tasks[:2] + tasks[3:]


def test_tasks_are_added(simulator):
    fields = set().union(*simulator.tasks)
    added = [simulator.change(add={"risk_level": "HIGH"}), simulator.change(add={"id": "ST", "name": "mine"})]
    assert simulator.tasks[60:] == added
    assert (added[0]["risk_level"], added[1]["id"], added[1]["name"]) == ("HIGH", "ST", "mine")
    assert {(task["execution_count"], task["last_execution_time"]) for task in added} == {(0, None)}
    assert set(added[0]) <= fields
    assert [simulator.change(remove=-1), simulator.change(remove=-1)] == added[::-1]
    assert simulator.change(add={})["id"] != added[0]["id"]


WRONG_CHANGES: list[dict[str, t.Any]] = [
    *({}, {"task": 0}, {"task": 0, "set": 1}, {"add": "name"}, {"task": 0, "set": {}, "run": "READY"}),
    *({"task": 60, "run": "READY"}, {"task": "no such task", "run": "READY"}, {"remove": "twice"}),
]


@pytest.mark.parametrize("change", WRONG_CHANGES, ids=str)
def test_wrong_change_is_refused(simulator, change):
    tasks = simulator.tasks = [{**task, "name": "twice"} for task in simulator.tasks]
    with pytest.raises(ValueError):
        simulator.change(**change)
    assert simulator.tasks is tasks


def test_no_change_is_lost_among_threads(simulator):
    count, interval = simulator.tasks[0]["execution_count"], sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # they interrupt each other as often as can be
    try:
        with ThreadPoolExecutor(4) as threads:
            threads.map(lambda _turn: simulator.change(task=0, run="READY"), range(800))
    finally:
        sys.setswitchinterval(interval)
    assert simulator.tasks[0]["execution_count"] == count + 800


def test_script_changes_tasks_in_the_order_of_time():
    late = {"after": 600, "remove": 0}
    script = [late, {"after": 0.1, "task": "new", "run": "PAUSED"}, {"after": 0, "add": {"name": "new"}}]
    start = time.monotonic()
    with Simulator(3, changes=script) as simulator:
        while simulator.tasks[-1].get("last_execution_status") != "PAUSED" and time.monotonic() < start + 20:
            time.sleep(0.01)
    assert time.monotonic() >= start + 0.1
    assert [task["execution_count"] for task in simulator.tasks if task["name"] == "new"] == [1]
    assert len(simulator.tasks) == 4


@pytest.mark.parametrize(
    "step", [{"remove": 0}, {"after": "1", "remove": 0}, {"after": -1, "remove": 0}, {"after": 0}, 1]
)
def test_wrong_script_is_refused_before_it_starts(step):
    with pytest.raises(ValueError):
        Simulator(3, changes=[step])
    with pytest.raises(ValueError, match="0 of 0 tasks"):
        Simulator(1, changes=[{"after": 2, "remove": 0}, {"after": 1, "remove": 0}])
