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


# Wherever the lookup stands in a play, and in whatever words it asks for the same
KEYS = {"access_key": coc_simulator.ACCESS_KEY, "secret_key": coc_simulator.SECRET_KEY}
EVERYWHERE = [
    COUNT,
    {**COUNT, "run_once": True},
    {**COUNT, "loop": [1, 2, 3]},
    {**count("[1]"), "loop": "{{ found }}", "loop_control": {"label": "{{ item.id }}"}},
    {**COUNT, "when": "found | length > 0"},
    {**COUNT, "until": "found | length == 0", "retries": 2, "delay": 0, "ignore_errors": True},
    {"ansible.builtin.include_tasks": "included.yml"},
    {"ansible.builtin.set_fact": {"kept": "{{ found }}"}},
    count(lookup(cache_timeout="60", **KEYS)),
    count(lookup(cache_timeout=120, risk_level="")),
]
PLAYS = {
    "everywhere": [{"tasks": EVERYWHERE}],
    "free": [{"tasks": [COUNT, COUNT], "strategy": "free"}, {"tasks": [COUNT], "strategy": "free"}],
    "serial": [{"tasks": [COUNT, COUNT], "serial": 2}, {"tasks": [COUNT], "serial": 2}],
}


@pytest.mark.parametrize("plays", PLAYS.values(), ids=PLAYS)
def test_one_request_does(plays, play, simulator, tmp_path):
    (tmp_path / "included.yml").write_text(yaml.safe_dump([COUNT]))
    assert play(*plays).count("60 found") >= 15
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


OF_EACH_HOST = count("query('huaweicloud.coc.scheduled_task', created_by=inventory_hostname)")


def test_a_service_that_is_away_is_waited_for_together(play, simulator):
    simulator.faults += [coc_simulator.status(503)] * 100
    options = {"ansible_huaweicloud_max_retries": 1}  # 20 requests if each sent for itself
    output = play({"tasks": [OF_EACH_HOST], "vars": options}, hosts=10, forks=10, fails=True)
    assert output.count("HTTP 503") >= 10
    assert len(simulator.requests) < 10


def test_a_wrong_key_is_sent_once_whatever_the_hosts_look_for(play, simulator):
    output = play({"tasks": [OF_EACH_HOST, COUNT], "vars": WRONG}, hosts=12, forks=12, fails=True)
    assert output.count("APIGW.0301 (the secret key probably does not belong to this access key)") >= 12
    assert len(simulator.requests) == 1


def test_a_rescue_sends_anew_unless_it_has_the_refused_key(play, simulator):
    simulator.faults.append(coc_simulator.status(404))
    once = {"block": [COUNT], "rescue": [COUNT]}
    assert play({"tasks": [once]}, hosts=1).count("60 found") == 1
    assert len(simulator.requests) == 2
    other_key = {**COUNT, "vars": {"ansible_huaweicloud_secret_key": coc_simulator.SECRET_KEY}}
    assert play({"tasks": [{"block": [once], "rescue": [other_key]}], "vars": WRONG}).count("60 found") == 5
    assert len(simulator.requests) == 4


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
    names = ("urllib3", "ssl", "ansible.module_utils.basic")
    assert [name for name in names if name in set(sys.modules) - before] == wanted, wanted
    os._exit(0)
for wanted in (["urllib3", "ssl"], []):
    if not os.fork():
        use(wanted)
    assert os.wait()[1] == 0
"""
    done = run_python("-c", code)
    assert done.returncode == 0, done.stderr
    assert len(simulator.requests) == 1
