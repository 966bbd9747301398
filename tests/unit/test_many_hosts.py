# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many requests real plays cost: hosts × uses, with ``cache_timeout`` and without, with good and wrong keys."""

from __future__ import annotations

from collections import Counter

import pytest
import yaml

pytest.importorskip("ansible.cli", reason="targets have no controller code")

from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.unit.conftest import run_python


def lookup(*terms, **options):
    """Return the expression that calls the lookup so."""
    arguments = [*map(repr, ("huaweicloud.coc.scheduled_task", *terms)), *(f"{k}={v!r}" for k, v in options.items())]
    return f"query({', '.join(arguments)})"


def count(expression):
    """Return a task that shows how many tasks an expression has."""
    return {"ansible.builtin.debug": {"msg": "{{ " + expression + " | length }} found"}}


FOUND = {"found": "{{ " + lookup(cache_timeout=60) + " }}"}
COUNT = count("found")
WRONG = {"ansible_huaweicloud_secret_key": "FakeWrongSecretKey"}


@pytest.fixture
def play(connection, tmp_path):
    """Run tasks on so many hosts, as ``ansible-playbook`` does; return what it printed."""

    def run_play(*plays, hosts=5, forks=5, fails=False):
        keys = {f"ansible_huaweicloud_{name}": value for name, value in connection.items()}
        common = {"hosts": "all", "gather_facts": False}
        playbook = [{**common, **one, "vars": {**keys, **FOUND, **one.get("vars", {})}} for one in plays]
        (tmp_path / "playbook.yml").write_text(yaml.safe_dump(playbook))
        names = [f"host{number} ansible_connection=local" for number in range(hosts)]
        (tmp_path / "inventory").write_text("\n".join(names))
        temporary = tmp_path / "tmp"
        command = ("ansible.cli.playbook", "-i", "inventory", "-f", str(forks), "playbook.yml")
        done = run_python("-m", *command, ANSIBLE_LOCAL_TEMP=str(temporary))
        output = done.stdout + done.stderr
        assert (done.returncode != 0) == fails, output
        assert "Traceback" not in output
        assert not list(temporary.glob("*")), "nothing outlives the run"
        return output

    return run_play


@pytest.mark.parametrize("forks, hosts", [(1, 3), (5, 10), (20, 30)])
def test_hosts_times_uses_cost_one_request(forks, hosts, play, simulator):
    output = play({"tasks": [COUNT] * 3}, hosts=hosts, forks=forks)
    assert output.count("60 found") == hosts * 3
    assert len(simulator.requests) == 1


# Plays that cost one request, wherever in them the lookup stands and however they run.
KEYS = {"access_key": coc_simulator.ACCESS_KEY, "secret_key": coc_simulator.SECRET_KEY}
OTHER_WORDS = [count(lookup(cache_timeout="60", **KEYS)), count(lookup(cache_timeout=120, risk_level=""))]
OVER_IT = {**count("[1]"), "loop": "{{ found }}", "loop_control": {"label": "{{ item.id }}"}}
UNTIL = {**COUNT, "until": "found | length == 0", "retries": 2, "delay": 0, "ignore_errors": True}
PLAYS = {
    "loop": [{"tasks": [{**COUNT, "loop": [1, 2, 3]}]}],
    "loop over it": [{"tasks": [OVER_IT]}],
    "when": [{"tasks": [{**COUNT, "when": "found | length > 0"}]}],
    "until": [{"tasks": [UNTIL]}],
    "include_tasks": [{"tasks": [{"ansible.builtin.include_tasks": "included.yml"}]}],
    "set_fact": [{"tasks": [{"ansible.builtin.set_fact": {"kept": "{{ found }}"}}, count("kept")]}],
    "run_once": [{"tasks": [{**COUNT, "run_once": True}, COUNT]}],
    "other words": [{"tasks": [COUNT, *OTHER_WORDS]}],
    "free": [{"tasks": [COUNT, COUNT], "strategy": "free"}, {"tasks": [COUNT], "strategy": "free"}],
    "serial": [{"tasks": [COUNT, COUNT], "serial": 2}, {"tasks": [COUNT], "serial": 2}],
}


@pytest.mark.parametrize("plays", PLAYS.values(), ids=PLAYS)
def test_one_request_does(plays, play, simulator, tmp_path):
    (tmp_path / "included.yml").write_text(yaml.safe_dump([COUNT]))
    play(*plays)
    assert len(simulator.requests) == 1


def test_another_question_or_another_identity_asks_for_itself(play, simulator):
    tasks = [
        COUNT,
        count(lookup(cache_timeout=60, risk_level="HIGH")),
        count(lookup(cache_timeout=60, project_id="another")),
        count(lookup(cache_timeout=60, ak="x", sk="y", errors="ignore")),
        count(lookup(cache_timeout=60, last_execution_start_time="-24h")),
    ]
    play({"tasks": tasks}, hosts=3)
    assert len(simulator.requests) == len(tasks)


def test_an_expired_result_is_fetched_anew(play, simulator):
    short = count(lookup(cache_timeout=1))
    wait = {"ansible.builtin.pause": {"seconds": 2}}
    play({"tasks": [short, wait, short, short]}, hosts=2)
    assert len(simulator.requests) in (2, 3)  # on a slow machine the last comes too late


def test_a_service_that_is_away_is_waited_for_once(play, simulator):
    simulator.faults += [coc_simulator.status(503)] * 100
    output = play({"tasks": [COUNT], "vars": {"ansible_huaweicloud_max_retries": 1}}, hosts=10, forks=10, fails=True)
    assert output.count("HTTP 503") >= 10
    assert len(simulator.requests) < 10


@pytest.mark.parametrize("cache_timeout", [0, 60])
def test_a_wrong_key_is_refused_once(cache_timeout, play, simulator):
    task = count(lookup(cache_timeout=cache_timeout))
    output = play({"tasks": [task], "vars": WRONG}, hosts=30, forks=10, fails=True)
    assert len(simulator.requests) == 1
    assert output.count("APIGW.0301 (the secret key is probably not that of this access key)") >= 30
    assert "It was refused earlier in this run, so it was not sent again." in output


@pytest.mark.parametrize("first, requests", [(lookup([]), 1), (lookup(max_retries=0), 2)], ids=["no IDs", "503"])
def test_a_use_that_says_nothing_about_the_key_does_not_let_the_others_go(first, requests, play, simulator):
    simulator.faults += [coc_simulator.status(503)] * (requests - 1)
    early = {**count(first), "run_once": True, "ignore_errors": True}
    play({"tasks": [early, count(lookup())], "vars": WRONG}, hosts=12, forks=12, fails=True)
    assert len(simulator.requests) == requests


def test_another_key_in_a_rescue_works(play, simulator):
    rescue = {**COUNT, "vars": {"ansible_huaweicloud_secret_key": coc_simulator.SECRET_KEY}}
    output = play({"tasks": [{"block": [COUNT], "rescue": [rescue]}], "vars": WRONG})
    assert output.count("60 found") == 5
    assert len(simulator.requests) == 2


def test_a_skewed_clock_is_corrected_and_warned_of_once(play, simulator):
    """If each of these forks found out for itself, their refused requests would lock the key."""
    simulator.clock_offset, simulator.latency = 3600, 0.3
    output = play({"tasks": [count(lookup())]}, hosts=24, forks=12)
    assert output.count("60 found") == 24
    assert len(simulator.requests) == 1 + 24
    assert " ".join(output.split()).count("Set the clock of this machine.") == 1  # ansible-core wraps it


def test_many_ids_take_one_request_and_those_that_are_missing_one_more(play, simulator):
    ids = [task["id"] for task in simulator.tasks[:40]]
    missing = "ST00000000000000000000none"
    tasks = [count(lookup(ids)), count(lookup([*ids, missing], on_missing="skip"))]
    play({"tasks": tasks}, hosts=1)
    assert Counter(dict(request.query).get("task_id") for request in simulator.requests) == {None: 2, missing: 1}


def test_a_kept_result_needs_no_library(simulator, connection):
    """Neither requests, urllib3 and ssl, nor what ansible-core has for modules, is imported for it."""
    code = f"""
import os, sys
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader, lookup_loader
from ansible.template import Templar
init_plugin_loader()
def use(wanted):
    before = set(sys.modules)
    templar = Templar(loader=DataLoader())
    plugin = lookup_loader.get("huaweicloud.coc.scheduled_task", loader=DataLoader(), templar=templar)
    assert len(plugin.run([], variables={{}}, cache_timeout=60, **{connection!r})) == 60
    names = ("requests", "urllib3", "ssl", "ansible.module_utils.basic")
    assert [name for name in names if name in set(sys.modules) - before] == wanted, wanted
    os._exit(0)
for wanted in (["requests", "urllib3", "ssl"], []):
    if not os.fork():
        use(wanted)
    assert os.wait()[1] == 0
"""
    done = run_python("-c", code)
    assert done.returncode == 0, done.stderr
    assert len(simulator.requests) == 1
