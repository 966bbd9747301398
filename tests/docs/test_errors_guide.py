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


def example_with(key):
    """Return the first task of the guide that has ``key``, with all tasks of its example."""
    for block in BLOCK.findall(GUIDE.read_text("utf-8")):
        tasks = yaml.safe_load(textwrap.dedent(block))
        if key in tasks[0]:
            return tasks
    raise LookupError(key)


@pytest.fixture
def play(run, simulator, tmp_path):
    """Run tasks while the service answers with these statuses, and right after them; return how that ended."""

    def play_tasks(tasks, *statuses):
        simulator.faults += [coc_simulator.status(code) for code in statuses]
        defaults = {"group/huaweicloud.coc.coc": {"max_retries": 0}}
        hosts = {"hosts": "localhost", "gather_facts": False, "module_defaults": defaults, "tasks": tasks}
        playbook = tmp_path / "playbook.yml"
        playbook.write_text(yaml.safe_dump([hosts]))
        return run("ansible-playbook", playbook)

    return play_tasks


@pytest.mark.parametrize(
    "statuses, requests, succeeds",
    [([], 1, True), ([503, 429], 3, True), ([503] * 7, 7, False), ([401], 1, False), ([503, 401], 2, False)],
)
def test_until_ends_at_what_cannot_pass(play, simulator, statuses, requests, succeeds):
    tasks = example_with("until")
    tasks[0]["delay"] = 0
    done = play(tasks, *statuses)
    assert (done.returncode == 0) == succeeds, done.stdout
    assert len(simulator.requests) == requests


@pytest.mark.parametrize("code, succeeds", [(503, True), (403, False)])
def test_rescue_goes_on_only_without_what_may_come_back(play, simulator, code, succeeds):
    done = play(example_with("block"), code)
    assert (done.returncode == 0) == succeeds, done.stdout
    assert ("There is no list of scheduled tasks." in done.stdout) == succeeds
    assert f"HTTP {code}" in done.stdout
    assert len(simulator.requests) == 1
