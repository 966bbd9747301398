# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rule fires once for each failed execution, in the real ansible-rulebook."""

from __future__ import annotations

import json
import re
import time

import pytest

from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.eda.conftest import Rulebook

WRONG_SECRET_KEY = "FakeWrongSecretKey0000000000000000000001"
OPTIONS = {"interval": 1, "max_retries": 0}
RULES = [
    {
        "name": "A task failed",
        "condition": 'event.type == "execution" and event.scheduled_task.last_execution_status == "ABNORMAL"',
        "action": {"debug": {"msg": "FIRED {{ event.scheduled_task.id }} {{ event.scheduled_task.execution_count }}"}},
    },
    {
        "name": "Listing fails or works again",
        "condition": 'event.type == "failure" or event.type == "recovery"',
        "action": {"debug": {"msg": "TOLD {{ event.type }}"}},
    },
]


@pytest.fixture
def start(run, tmp_path):
    """Start a rulebook with RULES and further rules, on a source with OPTIONS and further options, and more sources."""

    def start(*arguments, more_sources=(), more_rules=(), variables=None, **options):
        ruleset = {
            "name": "Failed tasks",
            "hosts": "localhost",
            "sources": [{"huaweicloud.coc.scheduled_task": {**OPTIONS, **options}}, *more_sources],
            "rules": [*RULES, *more_rules],
        }
        file = tmp_path / "rulebook.json"
        file.write_text(json.dumps([ruleset]), encoding="utf-8")
        return run("--rulebook", str(file), *arguments, **(variables or {}))

    return start


def fired(rulebook: Rulebook) -> list[tuple[str, int]]:
    """Return the ID of each failed task, and which of its executions it was."""
    return [(task, int(count)) for task, count in re.findall("^FIRED (.+) (.+)$", rulebook.output, re.MULTILINE)]


def told(rulebook: Rulebook) -> list[str]:
    """Return the types of the events about listing itself."""
    return re.findall("^TOLD (.+)$", rulebook.output, re.MULTILINE)


def fail(simulator, index):
    """Let a task fail; returns what a rule should tell of it."""
    task = simulator.change(task=index, run="ABNORMAL")
    return task["id"], task["execution_count"]


def wait_for_listing(rulebook, simulator):
    """Wait until a listing that began after this call is over: when the one after it has begun."""
    seen = len(simulator.requests)
    rulebook.wait_until(lambda: len(simulator.requests) >= seen + 2)


def test_through_an_outage_and_a_short_answer(simulator, start):
    rulebook = start()
    rulebook.wait_until(lambda: len(simulator.requests))
    wait_for_listing(rulebook, simulator)
    failures = [fail(simulator, 0)]
    rulebook.wait_until(lambda: fired(rulebook) == failures)
    failures.append(fail(simulator, 0))  # a second time in a row
    wait_for_listing(rulebook, simulator)
    simulator.faults += [coc_simulator.status(503), coc_simulator.cut_body()]
    failures.append(fail(simulator, 1))
    rulebook.wait_until(lambda: told(rulebook) == ["failure", "recovery"] and fired(rulebook) == failures)
    wait_for_listing(rulebook, simulator)
    assert fired(rulebook) == failures
    assert told(rulebook) == ["failure", "recovery"]


def test_since_loses_nothing_and_persistence_repeats_nothing(simulator, start, tmp_path):
    variables = tmp_path / "variables.yml"
    settings = {"drools_db_file_path": str(tmp_path / "state"), "drools_deduplication_window_size": 100}
    variables.write_text(json.dumps(settings), encoding="utf-8")
    persistence = ("--vars", str(variables), "--persistence-id", "coc", "--id", "1")
    since = int(time.time() * 1000) - 1

    first = start(*persistence, since=since)
    first.wait_until(lambda: len(simulator.requests))
    failures = [fail(simulator, index) for index in (0, 1)]
    first.wait_until(lambda: sorted(fired(first)) == sorted(failures))
    first.stop()

    missed = fail(simulator, 2)
    second = start(*persistence, since=since)
    second.wait_until(lambda: fired(second))
    wait_for_listing(second, simulator)
    assert fired(second) == [missed]
    second.stop()

    without_persistence = start(since=since)
    without_persistence.wait_until(lambda: len(fired(without_persistence)) >= 3)
    wait_for_listing(without_persistence, simulator)
    assert sorted(fired(without_persistence)) == sorted([*failures, missed])


def test_a_wrong_key_is_sent_once_and_the_rulebook_stays_alive(simulator, start):
    rulebook = start("-vv", variables={"HUAWEICLOUD_SDK_SK": WRONG_SECRET_KEY})
    rulebook.wait_until(lambda: told(rulebook) == ["failure"])
    time.sleep(3)  # three intervals
    assert rulebook.process.poll() is None
    assert len(simulator.requests) == 1
    assert "Nothing more is sent with these credentials" in rulebook.output
    (request,) = simulator.requests
    signature = request.header("Authorization").rpartition("Signature=")[2]
    assert not [secret for secret in (WRONG_SECRET_KEY, signature) if secret in rulebook.output]


def test_a_wrong_option_ends_the_rulebook_with_a_message(simulator, start):
    rulebook = start(tsk_name="nightly-backup")
    rulebook.ends_with(1)
    assert "tsk_name: the event source huaweicloud.coc.scheduled_task has no such option." in rulebook.output
    assert "Did you mean task_name?" in rulebook.output
    assert len(simulator.requests) == 0


def test_beside_other_sources_and_itself(simulator, start):
    """Other sources, and filters, are loaded after this one; and it is loaded twice."""
    other = {
        "eda.builtin.generic": {"payload": [{"tick": 1}], "repeat_count": 1000, "repeat_delay": 0.5},
        "filters": [{"eda.builtin.json_filter": {"exclude_keys": ["nothing"]}}],
    }
    again = {"huaweicloud.coc.scheduled_task": {**OPTIONS, "timeout": 3600, "risk_level": "HIGH"}}
    rules = [
        {"name": "Tick", "condition": "event.tick == 1", "action": {"debug": {"msg": "TICK"}}},
        {"name": "End", "condition": 'event.type == "approval"', "action": {"shutdown": {"kind": "now"}}},
    ]
    rulebook = start(more_sources=[again, other], more_rules=rules, timeout=3600)
    rulebook.wait_until(lambda: len(simulator.requests) >= 4 and "TICK" in rulebook.output)
    low, high = (
        next(index for index, task in enumerate(simulator.tasks) if task["risk_level"] == risk)
        for risk in ("LOW", "HIGH")
    )
    failure = fail(simulator, low)
    rulebook.wait_until(lambda: fired(rulebook) == [failure])

    simulator.faults.append(coc_simulator.hang())
    rulebook.wait_until(lambda: not simulator.faults)
    seen = rulebook.output.count("TICK")
    rulebook.wait_until(lambda: rulebook.output.count("TICK") >= seen + 2)  # it holds nobody up
    simulator.change(task=high, set={"approve_status": "REJECTED"})  # which the one that does not hang sees
    rulebook.ends_with(0)  # and the other does not hold up the end
    assert fired(rulebook) == [failure]
