# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup asks the service as often as its guide says."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from ansible_collections.huaweicloud.coc.tests import coc_simulator

LOOKUP = "query('huaweicloud.coc.scheduled_task', limit=2, offset={offset})"  # the offset tells the plays apart


def show(text, **keywords):
    return {"ansible.builtin.debug": {"msg": text}, **keywords}


COUNT = show("{{ found | length }}")
KEEP = {"ansible.builtin.set_fact": {"kept": "{{ LOOKUP }}"}}
COUNT_KEPT = show("{{ kept | length }}")

# Where the lookup stands, and for how many requests of all hosts. Each play has it in a variable, too: found.
PLAYS = [
    ("a variable that nobody uses", 0, [show("nothing")]),
    (
        "a variable that two expressions use, one of them twice",
        4,
        [show("{{ found | length }} {{ found | selectattr('enabled') | length }}"), COUNT],
    ),
    ("an argument", 2, [show("{{ LOOKUP | length }}")]),
    ("an argument in a loop over three items", 6, [show("{{ LOOKUP | length }}", loop=[1, 2, 3])]),
    ("a loop over the two tasks that are found", 2, [show("{{ item.name }}", loop="{{ LOOKUP }}")]),
    ("a condition in a loop over three items", 6, [show("some", when="LOOKUP | length > 0", loop=[1, 2, 3])]),
    (
        "a condition that is tried three times",
        6,
        [show("some", until="LOOKUP | length == 0", retries=2, delay=0, ignore_errors=True)],
    ),
    ("set_fact", 2, [KEEP, COUNT_KEPT, COUNT_KEPT]),
    ("set_fact, once for all hosts", 1, [{**KEEP, "run_once": True}, COUNT_KEPT]),
]


def test_requests(simulator: coc_simulator.Simulator, run, tmp_path: Path) -> None:
    common = {"hosts": "all", "gather_facts": False, "vars": {"found": "{{ LOOKUP }}"}}
    plays = [
        json.dumps({"name": name, "tasks": tasks, **common}).replace("LOOKUP", LOOKUP.format(offset=offset))
        for offset, (name, _requests, tasks) in enumerate(PLAYS, 1)
    ]
    (tmp_path / "playbook.yml").write_text(f"[{', '.join(plays)}]")

    # one host after the other: two at the same time would share a request
    done = run("ansible-playbook", "-f", "1", "-i", "one,two", tmp_path / "playbook.yml")

    assert done.returncode == 0, done.stdout + done.stderr
    sent = Counter(int(dict(request.query)["offset"]) for request in simulator.requests)
    assert [sent[offset] for offset in range(1, len(PLAYS) + 1)] == [requests for _name, requests, _tasks in PLAYS]
