# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rule fires once for each failed execution, in the real ansible-rulebook."""

from __future__ import annotations

import json
import time

from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.eda.conftest import NEEDS_RULEBOOK, OPTIONS

pytestmark = NEEDS_RULEBOOK

WRONG_SECRET_KEY = "FakeWrongSecretKey0000000000000000000001"


def fail(simulator, index):
    """Let a task fail; returns what a rule should tell of it."""
    task = simulator.change(task=index, run="ABNORMAL")
    return task["id"], task["execution_count"]


def listings(simulator):
    return len(simulator.requests)


def wait_for_listing(rulebook, simulator):
    """Wait until a listing that began after this call is over: when the one after it has begun."""
    seen = listings(simulator)
    rulebook.wait_until(lambda: listings(simulator) >= seen + 2)


def test_through_an_outage_and_a_short_answer(simulator, start):
    rulebook = start()
    rulebook.wait_until(lambda: listings(simulator))
    wait_for_listing(rulebook, simulator)
    failures = [fail(simulator, 0)]
    rulebook.wait_until(lambda: rulebook.fired == failures)
    failures.append(fail(simulator, 0))  # a second time in a row
    wait_for_listing(rulebook, simulator)
    simulator.faults += [coc_simulator.status(503), coc_simulator.cut_body()]
    failures.append(fail(simulator, 1))
    rulebook.wait_until(lambda: rulebook.told == ["failure", "recovery"] and rulebook.fired == failures)
    wait_for_listing(rulebook, simulator)
    assert rulebook.fired == failures
    assert rulebook.told == ["failure", "recovery"]


def test_since_loses_nothing_and_persistence_repeats_nothing(simulator, start, tmp_path):
    variables = tmp_path / "variables.yml"
    settings = {"drools_db_file_path": str(tmp_path / "state"), "drools_deduplication_window_size": 100}
    variables.write_text(json.dumps(settings), encoding="utf-8")
    persistence = ("--vars", str(variables), "--persistence-id", "coc", "--id", "1")
    since = int(time.time() * 1000) - 1

    first = start(*persistence, since=since)
    first.wait_until(lambda: listings(simulator))
    failures = [fail(simulator, index) for index in (0, 1)]
    first.wait_until(lambda: sorted(first.fired) == sorted(failures))
    first.stop()

    missed = fail(simulator, 2)
    second = start(*persistence, since=since)
    second.wait_until(lambda: second.fired)
    wait_for_listing(second, simulator)
    assert second.fired == [missed]
    second.stop()

    without_persistence = start(since=since)
    without_persistence.wait_until(lambda: len(without_persistence.fired) >= 3)
    wait_for_listing(without_persistence, simulator)
    assert sorted(without_persistence.fired) == sorted([*failures, missed])


def test_a_wrong_key_is_sent_once_and_the_rulebook_stays_alive(simulator, start):
    rulebook = start("-vv", environment={"HUAWEICLOUD_SDK_SK": WRONG_SECRET_KEY})
    rulebook.wait_until(lambda: rulebook.told == ["failure"])
    time.sleep(3)  # three intervals
    assert rulebook.process.poll() is None
    assert listings(simulator) == 1
    assert "Nothing more is asked until this rulebook is started again" in rulebook.output
    (request,) = simulator.requests
    signature = request.header("Authorization").rpartition("Signature=")[2]
    assert not [secret for secret in (WRONG_SECRET_KEY, signature) if secret in rulebook.output]


def test_a_wrong_option_ends_the_rulebook_with_a_message(simulator, start):
    rulebook = start(tsk_name="nightly-backup")
    rulebook.ends_with(1)
    assert "tsk_name: the event source huaweicloud.coc.scheduled_task has no such option." in rulebook.output
    assert "Did you mean task_name?" in rulebook.output
    assert listings(simulator) == 0


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
    rulebook.wait_until(lambda: listings(simulator) >= 4 and "TICK" in rulebook.output)
    low, high = (
        next(index for index, task in enumerate(simulator.tasks) if task["risk_level"] == risk)
        for risk in ("LOW", "HIGH")
    )
    failure = fail(simulator, low)
    rulebook.wait_until(lambda: rulebook.fired == [failure])

    simulator.faults.append(coc_simulator.hang())
    rulebook.wait_until(lambda: not simulator.faults)
    seen = rulebook.output.count("TICK")
    rulebook.wait_until(lambda: rulebook.output.count("TICK") >= seen + 2)  # it holds nobody up
    simulator.change(task=high, set={"approve_status": "REJECTED"})  # which the one that does not hang sees
    rulebook.ends_with(0)  # and the other does not hold up the end
    assert rulebook.fired == [failure]
