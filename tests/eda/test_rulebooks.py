# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rulebooks of the collection, that of the guide and the demo do what they say, in the real ansible-rulebook."""

from __future__ import annotations

import http.server
import json
import queue
import re
import subprocess
import sys
import threading
import typing as t

import pytest
from ansible_rulebook.condition_parser import parse_condition
from ansible_rulebook.condition_types import Condition
from ansible_rulebook.validators import Validate

from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.eda.conftest import CHECKOUT, GUIDE, PATIENCE, RULEBOOKS, Rulebook

TEMPLATE = "{{ 40 + 2 }}"  # a name that must not be evaluated


@pytest.mark.parametrize("rulebook", RULEBOOKS.values(), ids=RULEBOOKS)
def test_is_valid(rulebook):
    Validate.rulebook(rulebook)  # raises what is wrong, and so does parse_condition
    conditions = [rule["condition"] for ruleset in rulebook for rule in ruleset["rules"]]
    assert conditions and {type(parse_condition(condition)) for condition in conditions} == {Condition}


@pytest.fixture
def start(run, simulator, tmp_path):
    """Start a rulebook; it is running, and has listed all tasks, when this returns."""
    (tmp_path / "inventory").write_text("localhost ansible_connection=local\n", "utf-8")
    (tmp_path / "variables.yml").write_text("coc_interval: 1\n", "utf-8")

    def start(name: str, *arguments: str) -> Rulebook:
        rulebook = run("--rulebook", name, "--inventory", "inventory", "--vars", "variables.yml", *arguments)
        rulebook.wait_until(lambda: len(simulator.requests) >= 2)
        return rulebook

    return start


def test_a_playbook_names_failed_tasks_and_outages(simulator, start):
    rulebook = start("huaweicloud.coc.failed_tasks")
    simulator.change(task=0, set={"name": TEMPLATE})
    failed = simulator.change(task=0, run="ABNORMAL")
    finished = simulator.change(task=1, run="FINISHED")
    said = f'"msg": "{TEMPLATE} ({failed["id"]}) in {failed["region_id"]}: execution, last execution ABNORMAL, '
    assert finished["id"] not in rulebook.wait_for(said)
    simulator.faults.append(coc_simulator.status(403))
    output = rulebook.wait_for("coc:schedule:list", "TASK [Say whether COC can be queried]")
    assert output.count(said) == 1


def test_a_playbook_names_pending_approvals(simulator, start):
    rulebook = start("huaweicloud.coc.pending_approvals")
    simulator.change(add={"name": "approved", "approve_status": "PASSED"})
    simulator.change(add={"name": "new", "approve_status": "PENDING"})
    rulebook.wait_for("created, last execution never, approval PENDING")
    simulator.change(task="approved", set={"approve_status": "PENDING"})
    output = rulebook.wait_for("approval, last execution never, approval PENDING")
    assert re.findall(r'"msg": "(\w+) .*: (\w+), last execution never, approval PENDING"', output) == [
        ("new", "created"),
        ("approved", "approval"),
    ]


class Controller(http.server.BaseHTTPRequestHandler):
    """What run_job_template asks a controller: a job template, to launch it, and whether the job has ended."""

    launched: queue.Queue[t.Any]

    def do_GET(self) -> None:
        template = {
            "id": 7,
            "type": "job_template",
            "name": "COC list tasks",
            "summary_fields": {"organization": {"name": "Default"}},
            "related": {"launch": "/api/v2/job_templates/7/launch/"},
            **{f"ask_{what}_on_launch": False for what in ("limit", "labels", "inventory", "variables")},
        }
        job = {"id": 1, "status": "successful"}
        results = {"unified_job_templates": [template], "jobs": [job]}.get(self.path.split("/")[3], [])
        self._answer({"version": "1", "results": results})

    def do_POST(self) -> None:
        self.launched.put((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
        self._answer({"url": "/api/v2/jobs/1/"})

    def _answer(self, document: dict[str, t.Any]) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(document).encode())

    def log_message(self, *_arguments: t.Any) -> None:
        pass


# Names that native templates make something else of, and one that pprint breaks into lines.
NAMES = ("20260101", "None", "'1_000' {{ 40 + 2 }}", "𠮷", "nightly backup, " * 6)


def test_a_job_template_is_started_with_the_name_as_it_is(simulator, start, tmp_path):
    (tmp_path / "variables.yml").write_text("coc_interval: 1\ncoc_filters: {risk_level: MEDIUM}\n", "utf-8")
    for number in range(len(NAMES)):
        simulator.change(task=number, set={"risk_level": "MEDIUM"})
    Controller.launched = queue.Queue()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Controller) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        start("huaweicloud.coc.failed_tasks_job_template", "--controller-url", url, "--controller-token", "fake")
        failed = {}
        for number, name in enumerate(NAMES):
            simulator.change(task=number, set={"name": name})
            failed[simulator.change(task=number, run="ABNORMAL")["id"]] = name
        launches = [Controller.launched.get(timeout=PATIENCE) for _name in NAMES]
        server.shutdown()
    assert {dict(request.query)["risk_level"] for request in simulator.requests} == {"MEDIUM"}
    assert {path for path, _sent in launches} == {"/api/v2/job_templates/7/launch/"}
    variables = [sent["extra_vars"] for _path, sent in launches]
    assert failed == {
        one["ansible_eda"]["event"]["scheduled_task"]["id"]: one["ansible_huaweicloud_task_name"] for one in variables
    }


@pytest.mark.usefixtures("java")
def test_the_demo_shows_each_failure(environment):
    command = [sys.executable, str(CHECKOUT / "utils/demo_events.py")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    names = [change["task"] for change in json.loads((CHECKOUT / "docs/examples/changes.json").read_text("utf-8"))]
    assert sorted(re.findall(r"^(\S+) failed in \S+$", done.stdout, re.MULTILINE)) == sorted(names)
    shown = re.search(r"^\$ python (.+)$", done.stdout, re.MULTILINE)
    assert shown and shown[1] in re.sub(r"\\\n +", "", GUIDE.read_text("utf-8")), "the guide has another one"
