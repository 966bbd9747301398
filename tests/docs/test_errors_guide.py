# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of the guide to errors wait for what may pass, and send a wrong key once."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest
import yaml

from ansible_collections.huaweicloud.coc.tests import coc_simulator

GUIDE = Path(__file__).parents[2] / "docs/docsite/rst/errors_and_retries.rst"
BLOCK = re.compile(r"^\.\. code-block:: yaml\+jinja\n((?:\n|^ +.*\n)+)", re.MULTILINE)


AWAY = coc_simulator.reset()


def example_with(key):
    """Return the tasks of the guide's example whose first task has ``key``."""
    examples = (yaml.safe_load(textwrap.dedent(block)) for block in BLOCK.findall(GUIDE.read_text("utf-8")))
    return next(tasks for tasks in examples if key in tasks[0])


@pytest.fixture
def play(run, simulator, tmp_path):
    """Run tasks while the service answers with these faults or statuses, and right after; return how that ended."""

    def play_tasks(tasks, *faults):
        simulator.faults += [coc_simulator.status(fault) if isinstance(fault, int) else fault for fault in faults]
        defaults = {"group/huaweicloud.coc.coc": {"max_retries": 0}}
        plays = [{"hosts": "localhost", "gather_facts": False, "module_defaults": defaults, "tasks": tasks}]
        (tmp_path / "playbook.yml").write_text(yaml.safe_dump(plays))
        return run("ansible-playbook", tmp_path / "playbook.yml")

    return play_tasks


@pytest.mark.parametrize(
    "faults, requests, succeeds",
    [([], 1, True), ([503, AWAY, 429], 4, True), ([503] * 7, 7, False), ([401], 1, False), ([503, 401], 2, False)],
    ids=["well", "comes back", "stays away", "refused", "refused later"],
)
def test_until_ends_at_what_cannot_pass(play, simulator, faults, requests, succeeds):
    tasks = example_with("until")
    tasks[0]["delay"] = 0
    done = play(tasks, *faults)
    assert (done.returncode == 0) == succeeds, done.stdout
    assert len(simulator.requests) == requests


@pytest.mark.parametrize(
    "fault, words, succeeds",
    [(503, "HTTP 503", True), (AWAY, "Connection reset by peer", True), (403, "HTTP 403", False)],
    ids=["503", "reset", "403"],
)
def test_rescue_goes_on_only_without_what_may_come_back(play, simulator, fault, words, succeeds):
    done = play(example_with("block"), fault)
    assert (done.returncode == 0) == succeeds, done.stdout
    assert ("There is no list of scheduled tasks." in done.stdout) == succeeds
    assert words in done.stdout
    assert len(simulator.requests) == 1
