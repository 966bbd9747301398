# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``make demo`` shows is what the simulator's tasks say, in tables that a person can read."""

from __future__ import annotations

import re
import sys
import time
import unicodedata
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ansible_collections.huaweicloud.coc.tests import coc_simulator

DAY = 24 * 60 * 60 * 1000  # milliseconds


def table(output: str, command: str) -> list[dict[str, str]]:
    """Return the rows of the table that ``command`` shows. The cells are those under their heading on a screen."""
    shown = output.partition(f"$ {command}\n")[2].partition("\n# ")[0]
    lines = [columns(line) for line in shown.partition("msg: |-\n")[2].partition("\n\n")[0].splitlines()]
    headings = [(found.group().lower(), found.start()) for found in re.finditer(r"\S+", lines[0])]
    ends = [start for _name, start in headings[1:]] + [None]
    return [
        {name: line[start:end].replace("\0", "").rstrip() for (name, start), end in zip(headings, ends)}
        for line in lines[1:]
    ]


def columns(line: str) -> str:
    """Return ``line`` with a NUL after each character that takes two columns of a screen."""
    return "".join(one + "\0" if unicodedata.east_asian_width(one) in "FW" else one for one in line)


def date(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds // 1000, timezone.utc):%Y-%m-%d %H:%MZ}"


def test_demo_shows_the_tasks_that_match(simulator: coc_simulator.Simulator, run) -> None:
    done = run(sys.executable, "utils/demo.py")
    assert (done.returncode, done.stderr) == (0, "")
    tasks = simulator.tasks

    all_failed = [task for task in tasks if task.get("last_execution_status") == "ABNORMAL"]
    failed = [task for task in all_failed if task["last_execution_time"] >= time.time() * 1000 - DAY]
    assert 2 < len(failed) < 20
    assert table(done.stdout, "ansible-playbook docs/examples/failed_tasks.yml") == [
        {
            "last_execution_time": date(task["last_execution_time"]),
            "risk_level": task["risk_level"],
            "region_id": task["region_id"],
            "name": task["name"],
        }
        for task in sorted(failed, key=lambda task: -task["last_execution_time"])
    ]

    pending = [task for task in tasks if task["approve_status"] == "PENDING"]
    assert any(task.get("reviewer_user_name") == "李娜" for task in pending), "a wide name before another column"
    assert table(done.stdout, "ansible-playbook docs/examples/pending_approvals.yml") == [
        {
            "created_time": date(task["created_time"]),
            "risk_level": task["risk_level"],
            "reviewer_user_name": task.get("reviewer_user_name") or "-",
            "name": task["name"],
        }
        for task in sorted(pending, key=lambda task: task["created_time"])
    ]

    assert table(done.stdout, "ansible-playbook docs/examples/finished_once.yml") == [
        {"id": tasks[0]["id"], "last_execution_status": "FINISHED", "name": tasks[0]["name"]}
    ]

    looked_up = [task for task in all_failed if task["risk_level"] == "HIGH"]
    sentences = re.findall(r"msg: (.*), please look into (.*) in (.*)\.", done.stdout)
    assert sentences == [(task["created_user_name"], task["name"], task["region_id"]) for task in looked_up]

    ad_hoc = done.stdout.partition("$ ansible localhost ")[2]
    assert "count: 1\n" in ad_hoc
    assert f"id: {tasks[0]['id']}\n" in ad_hoc

    sizes = re.findall(r"msg: (.*) has (\d+) tasks", done.stdout)
    assert sizes == [("Head office", str(len(tasks))), ("Branch", str(len(simulator.agency_tasks)))]

    address = done.stdout.splitlines()[-1]
    assert address.startswith("file:///")
    report = Path(unquote(urlsplit(address).path))
    assert report.read_text("utf-8").count("<tr ") == len(tasks) + 1  # with the row of the headings


def test_demo_stops_at_a_failure(simulator: coc_simulator.Simulator, run) -> None:
    simulator.faults.append(coc_simulator.status(403))
    done = run(sys.executable, "utils/demo.py")
    assert done.returncode == 2
    assert "coc:schedule:list" in done.stdout
    assert len(simulator.requests) == 1
