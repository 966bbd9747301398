# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples for the jobs of an operations team: each short, and each does its job."""

from __future__ import annotations

import http.server
import json
import os
import sys
import threading
from pathlib import Path

import pytest

from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.docs.conftest import CHECKOUT

EXAMPLES = CHECKOUT / "docs/examples"
ABNORMAL = {"last_execution_status": "ABNORMAL"}


def play(run, name: str, *arguments: str, returncode: int = 0) -> str:
    done = run("ansible-playbook", EXAMPLES / name, *arguments)
    assert (done.returncode, done.stderr) == (returncode, ""), done.stdout + done.stderr
    return done.stdout


def names(simulator: coc_simulator.Simulator, **fields: str) -> list[str]:
    return [task["name"] for task in simulator.tasks if fields.items() <= task.items()]


@pytest.mark.parametrize("job", ["stale_tasks", "prometheus_textfile", "compare_accounts", "ticket_per_failure"])
def test_is_short(job: str) -> None:
    text = (EXAMPLES / f"{job}.yml").read_text("utf-8")
    assert "{%" not in text
    lines = [line for line in text.splitlines() if line.strip(" -") and not line.startswith("#")]
    assert len(lines) <= 10
    assert max(map(len, lines)) <= 100


def test_nightly_mail(simulator: coc_simulator.Simulator, run) -> None:
    """cron gives each line to sh and takes a percent sign for a line break."""
    text = (EXAMPLES / "nightly_mail.crontab").read_text("utf-8")
    check, listing = [line.split(maxsplit=5)[5] for line in text.splitlines() if line[:1].isdigit()]
    assert "%" not in check + listing
    mail = run("sh", "-c", check).stdout
    assert all(f" {name} (" in mail for name in names(simulator, **ABNORMAL))
    assert "last_execution_start_time" in run("sh", "-c", listing).stdout
    assert dict(simulator.requests[-1].query)["last_execution_status"] == "ABNORMAL"
    for task in simulator.tasks:
        task.update(last_execution_status="FINISHED", approve_status="PASSED", enabled=False)
    assert run("sh", "-c", check).stdout == ""


def test_stale_tasks(simulator: coc_simulator.Simulator, run) -> None:
    for task in simulator.tasks:
        task["enabled"] = False
    simulator.tasks[1].update(enabled=True, approve_status="PASSED", last_execution_time=1769817600000)
    output = play(run, "stale_tasks.yml", returncode=2)
    assert output.count("overdue: ") == 1
    assert f"overdue: {simulator.tasks[1]['name']} (" in output
    assert "2026-01-31 08:00 Asia/Shanghai" in output


def test_prometheus_textfile(simulator: coc_simulator.Simulator, run, tmp_path: Path) -> None:
    play(run, "prometheus_textfile.yml", "-e", f"folder={tmp_path}")
    assert (tmp_path / "coc.prom").read_text("utf-8") == f"coc_failed {len(names(simulator, **ABNORMAL))}\n"


def test_compare_accounts(simulator: coc_simulator.Simulator, run, tmp_path: Path) -> None:
    with coc_simulator.Simulator(tasks=3) as other:
        simulator.tasks = [*other.tasks[1:], {**other.tasks[0], "name": "renamed"}]
        accounts = [{"name": "production"}, {"name": "branch", "endpoint": other.endpoint}]
        (tmp_path / "accounts.yml").write_text(json.dumps({"coc_accounts": accounts}), "utf-8")
        arguments = ("-e", f"@{tmp_path}/accounts.yml")
        found = play(run, "compare_accounts.yml", *arguments).partition("    msg:\n")[2].partition("\n\n")[0]
        assert found.split() == ["-", "renamed"]
        assert len(other.requests) == 1
        other.faults.append(coc_simulator.status(403))
        assert "branch: " in play(run, "compare_accounts.yml", *arguments, returncode=2)


class Tickets(http.server.BaseHTTPRequestHandler):
    """What stands in for a ticket system."""

    opened: list[dict[str, str]]

    def do_POST(self) -> None:
        self.opened.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        pass


def test_ticket_per_failure(simulator: coc_simulator.Simulator, run) -> None:
    Tickets.opened = []
    simulator.tasks = simulator.tasks[:12]
    now = max(task.get("last_execution_time") or 0 for task in simulator.tasks)
    failed = [task for task in simulator.tasks if task.get("last_execution_status") == "ABNORMAL"]
    for task in failed:
        task["last_execution_time"] = now
    failed[0]["name"] = "{{ 40 + 2 }}"  # as somebody may name a task
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Tickets) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        play(run, "ticket_per_failure.yml", "-e", f"desk=http://127.0.0.1:{server.server_port}")
        server.shutdown()
    assert Tickets.opened == [{"key": f"{task['id']} {now}", "title": f"{task['name']} failed"} for task in failed]


JQ = """
import jq, pathlib, sys
option, program, file = sys.argv[1:]
assert option == "-r"
print(*jq.compile(program).input_text(pathlib.Path(file).read_text("utf-8")), sep="\\n")
"""


def test_one_line_with_jq(simulator: coc_simulator.Simulator, run, tmp_path: Path) -> None:
    """jq is the library that the program of this name is made of, since an index has no programs."""
    (tmp_path / "run_jq.py").write_text(JQ, "utf-8")
    program = tmp_path / "bin/jq"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{tmp_path}/run_jq.py" "$@"\n', "utf-8")
    program.chmod(0o755)
    done = run("sh", EXAMPLES / "failed_names.sh", TMPDIR=str(tmp_path), PATH=f"{program.parent}:{os.environ['PATH']}")
    assert done.stdout.splitlines() == names(simulator, **ABNORMAL)
