# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks as jobs of AWX: what a credential and a survey make of them, what they leave behind, and no secret."""

from __future__ import annotations

import http.server
import json
import shutil
import threading
import time
import typing as t

import pytest
import yaml

from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import FIELDS
from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.awx.conftest import (
    GUIDE,
    KEYS,
    LOCALHOST,
    SETUP,
    SIGNATURE,
    WRONG_KEY,
    credential_type,
    inject,
)
from ansible_collections.huaweicloud.coc.tests.awx.controller import check_paths
from ansible_collections.huaweicloud.coc.tests.docs.test_examples import blocks

# Each question of the set-up's surveys that may be answered with nothing: AWX refuses that for a number.
TEMPLATES = SETUP["vars"]["coc_job_templates"]
QUESTIONS = SETUP["vars"]["coc_questions"] + [question for template in TEMPLATES for question in template["questions"]]
BLANK = {question["variable"]: "" for question in QUESTIONS if question["type"] != "integer"}
NULL = {question["variable"]: None for question in QUESTIONS}  # by "Prompt on launch" beside Variables alone
TEMPORARY_KEY = {**KEYS, "security_token": coc_simulator.SECURITY_TOKEN}
HANDED_ON_IDS = ("coc_abnormal_task_ids", "coc_rejected_task_ids", "coc_overdue_task_ids")
LATER_JOB = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Look
      ansible.builtin.debug:
        msg: "{{ ansible_facts.coc_scheduled_tasks | default([]) | map(attribute='id') }}"
"""


def assert_lists_all(job, simulator, *headers: str) -> None:
    """Assert that a job of list_tasks with a blank survey got every task, by the access key or these headers alone."""
    assert job.successful, job.stdout
    assert job.artifacts["coc_task_count"] == len(simulator.tasks)
    (request,) = simulator.requests
    assert request.query == [("limit", "1000")]
    optional = ("X-Security-Token", "X-Auth-Token", "X-Domain-Id")
    assert {name for name in optional if request.header(name)} == set(headers)
    assert ("X-Auth-Token" in headers) != (coc_simulator.ACCESS_KEY in (request.header("Authorization") or ""))


@pytest.mark.parametrize(
    "kind,filled,headers",
    [
        ("environment", {**TEMPORARY_KEY, "domain_id": "D1"}, ["X-Security-Token", "X-Domain-Id"]),
        ("environment", {"auth_token": coc_simulator.AUTH_TOKEN, "domain_id": "D1"}, ["X-Auth-Token", "X-Domain-Id"]),
        ("profile", {**TEMPORARY_KEY, "domain_id": "D1"}, ["X-Security-Token", "X-Domain-Id"]),
        ("profile", KEYS, []),
    ],
)
def test_credential_with_blank_survey_lists_every_task(run_job, simulator, monkeypatch, kind, filled, headers):
    for name in ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK", "HW_AUTH_TOKEN"):
        monkeypatch.setenv(name, WRONG_KEY)  # of the image; what else it may have is tested without a job
    assert_lists_all(run_job("list_tasks.yml", BLANK, filled, kind), simulator, *headers)


def test_list_prints_a_table_and_leaves_facts_and_artifacts(run_job, simulator):
    simulator.tasks[0].update(name="任务 {{ 7 * 7 }} <b>", last_execution_time=1767225600000)
    simulator.tasks[1].update(last_execution_time=9_000_000_000_000_000)  # the greatest that the API knows
    simulator.tasks[2].update(name="a\nb\u2028c\x85d\x1b[31me\u202ef\u200eg\u200fh\u061ci")
    job = run_job("list_tasks.yml", BLANK)
    assert_lists_all(job, simulator)
    heading, *lines, total = job.message("Show the tasks")
    columns = ("ID", "STATUS", "LAST RUN (UTC)", "SCHEDULE", "TYPE", "RISK", "APPROVAL", "ENABLED", "REGION", "NAME")
    assert heading.split() == " ".join(columns).split()
    assert total == "60 tasks"
    assert [line[:26] for line in lines] == [task["id"] for task in simulator.tasks]
    assert lines[0].endswith("  任务 {{ 7 * 7 }} <b>")
    assert "  2026-01-01 00:00  " in lines[0]
    assert "  9999-12-31 23:59  " in lines[1]
    assert lines[2].endswith("  a b c d [31me f g h i")
    never = next(number for number, task in enumerate(simulator.tasks) if not task.get("last_execution_time"))
    assert lines[never].split()[1:3] == ["-", "never"]

    assert job.artifacts == {
        "coc_task_count": 60,
        "coc_task_ids": [task["id"] for task in simulator.tasks],
        "coc_task_names": [task["name"] for task in simulator.tasks],
    }
    tasks = job.facts["coc_scheduled_tasks"]
    assert all(set(task) == set(FIELDS) for task in tasks)
    assert tasks[0]["name"] == "任务 {{ 7 * 7 }} <b>"

    later = run_job("later.yml", kind=None, text=LATER_JOB, stored=job.facts)
    assert later.message("Look") == [task["id"] for task in simulator.tasks]
    assert later.facts == job.facts
    simulator.tasks = simulator.tasks[:5]
    assert len(run_job("list_tasks.yml", BLANK, stored=job.facts).facts["coc_scheduled_tasks"]) == 5


def test_awx_keeps_no_fact_of_a_newer_ansible_core(run_job, simulator):
    """As the guide says. When this fails, the execution environment can have the newer ansible-core."""
    job = run_job("list_tasks.yml", BLANK, newer=True)
    assert_lists_all(job, simulator)
    assert job.facts == {}
    assert set(job.cache) == {"s1_localhost"}
    assert "coc_scheduled_tasks" in json.loads(job.cache["s1_localhost"])["__payload__"]

    stale = {"coc_scheduled_tasks": [{"id": "ST-stale"}]}
    assert run_job("list_tasks.yml", BLANK, stored=stale, newer=True).facts == stale
    later = run_job("later.yml", kind=None, text=LATER_JOB, stored=stale, newer=True)
    assert later.message("Look") == []


@pytest.mark.parametrize(
    "blank",
    [{}, BLANK, NULL, {"coc_max_age_hours": 0}, {"coc_max_age_hours": "0"}],
    ids=["not answered", "empty", "null", "zero", "zero as text"],
)
def test_a_blank_filters_nothing_and_checks_no_age(run_job, simulator, blank):
    simulator.tasks = [{**task, "last_execution_status": None, "approve_status": "PASSED"} for task in simulator.tasks]
    job = run_job("assert_healthy.yml", blank)
    assert job.successful, job.stdout
    assert job.message("Judge") == "Of 60 tasks: nothing wrong."
    assert [request.query for request in simulator.requests] == [[("limit", "1000")]]


def test_answers_filter_and_an_earlier_list_does_not_hide_the_new_one(run_job, simulator):
    simulator.tasks[0].update(risk_level="HIGH", name="数据库巡检", last_execution_status="ABNORMAL")
    answers = {
        **BLANK,
        "ansible_huaweicloud_task_name": "数据库",
        "ansible_huaweicloud_risk_level": "HIGH",
        "ansible_huaweicloud_last_execution_status": "ABNORMAL",
    }
    old = {"coc_task_count": 2, "coc_task_ids": ["ST-old"], "coc_task_names": ["old"]}
    job = run_job("list_tasks.yml", answers, handed_on=old)
    assert job.artifacts["coc_task_count"] == 1
    assert job.artifacts["coc_task_ids"] == [simulator.tasks[0]["id"]]
    sent = {name.partition("huaweicloud_")[2]: value for name, value in answers.items() if value}
    assert dict(simulator.requests[0].query) == {**sent, "limit": "1000"}


@pytest.mark.parametrize(
    "survey,filled,message,requests",
    [
        (
            {"ansible_huaweicloud_risk_levl": "HIGH"},
            KEYS,
            "ansible_huaweicloud_risk_levl: the lookup huaweicloud.coc.scheduled_task has no such option. "
            "Did you mean ansible_huaweicloud_risk_level?",
            0,
        ),
        (
            BLANK,
            {**KEYS, "auth_token": coc_simulator.AUTH_TOKEN},
            "Credentials in the environment variables HW_*: HW_AUTH_TOKEN excludes HW_ACCESS_KEY and HW_SECRET_KEY.",
            0,
        ),
        (BLANK, {"region": "ap-southeast-3"}, "No credentials found.", 0),
        # the service echoes what was signed; one try, for five failures lock the key
        (BLANK, {**TEMPORARY_KEY, "secret_key": WRONG_KEY}, "HW_*. Check them before trying again", 1),
    ],
)
def test_failure_says_what_to_do_and_no_secret(run_job, simulator, survey, filled, message, requests):
    job = run_job("list_tasks.yml", survey, filled)
    assert job.runner.status == "failed"
    assert message in job.message("Ask COC")
    assert message in " ".join(job.stdout.split())
    assert len(simulator.requests) == requests


def test_a_refused_key_is_sent_once_in_a_workflow(run_job, simulator):
    filled = {**KEYS, "secret_key": WRONG_KEY}
    check = run_job("assert_healthy.yml", BLANK, filled)
    assert check.runner.status == "failed"
    handed_on = check.artifacts
    health = handed_on["coc_health"]
    assert health.startswith("COC could not be asked: ") and "returned HTTP 401, APIGW.0301" in health
    assert handed_on == {"coc_asked": False, "coc_health": health, **dict.fromkeys(HANDED_ON_IDS, [])}
    assert check.message("Stop") == health

    for playbook in ("list_tasks.yml", "report.yml"):
        after = run_job(playbook, BLANK, filled, handed_on=handed_on)
        assert after.runner.status == "failed"
        assert after.message("Do not ask where a check before could not").endswith(health)
    assert len(simulator.requests) == 1

    handed_on = run_job("assert_healthy.yml", BLANK, handed_on=handed_on).artifacts
    assert handed_on["coc_asked"] is True
    assert handed_on["coc_overdue_task_ids"] == []  # a blank age checks none
    for playbook in ("list_tasks.yml", "report.yml"):
        assert run_job(playbook, BLANK, handed_on=handed_on).successful


def test_unhealthy_tasks_fail_the_job_and_are_handed_on(run_job, simulator):
    hour = 3600 * 1000
    now = int(time.time() * 1000)
    well = {
        "last_execution_status": "FINISHED",
        "last_execution_time": now - hour,
        "approve_status": "PASSED",
        "enabled": True,
        "scheduled_type": "CRON",
        "created_time": now - 1000 * hour,
    }
    late = {"last_execution_time": now - 30 * hour}
    never = {"last_execution_time": None, "last_execution_status": None}
    unwell: dict[str, dict[str, t.Any]] = {
        "failed": {"last_execution_status": "ABNORMAL"},
        "refused": {"approve_status": "REJECTED", **late},
        "late": late,
        "never ran": never,
        "unknown age": {**never, "created_time": None},
    }
    healthy: dict[str, dict[str, t.Any]] = {
        "well": {},
        "late but off": {**late, "enabled": False},
        "late but once": {**late, "scheduled_type": "ONCE"},
        "new": {**never, "created_time": now - hour},
        "due": {**never, "scheduled_type": "ONCE"},
        "waits": {**never, "approve_status": "PENDING"},
    }
    simulator.tasks = [
        {**task, **well, **changed, "name": name}
        for task, (name, changed) in zip(coc_simulator.sample_tasks(11), {**unwell, **healthy}.items())
    ]
    # what an earlier check left behind must not count, nor what other nodes call something
    others = dict.fromkeys(
        ("health", "enabled_tasks", "abnormal_tasks", "overdue_tasks", "due_since", "max_age_hours"), 0
    )
    old = {**dict.fromkeys(HANDED_ON_IDS, ["ST-old"]), "coc_health": "old"}
    job = run_job("assert_healthy.yml", {**BLANK, "coc_max_age_hours": 25}, handed_on={**others, **old})
    assert job.runner.status == "failed"
    ids = {task["name"]: task["id"] for task in simulator.tasks}
    health = (
        f"1 ABNORMAL: failed ({ids['failed']}); 1 REJECTED: refused ({ids['refused']}); "
        f"3 enabled, but not run for 25 hours: late ({ids['late']}), unknown age ({ids['unknown age']}), "
        f"never ran ({ids['never ran']})"
    )
    assert job.artifacts == {
        "coc_asked": True,
        "coc_abnormal_task_ids": [ids["failed"]],
        "coc_rejected_task_ids": [ids["refused"]],
        "coc_overdue_task_ids": [ids["late"], ids["unknown age"], ids["never ran"]],
        "coc_health": health,
    }
    assert job.message("Judge") == f"Of 11 tasks: {health}."
    assert len(job.facts["coc_scheduled_tasks"]) == 11

    simulator.tasks = simulator.tasks[len(unwell) :]
    job = run_job("assert_healthy.yml", {**BLANK, "coc_max_age_hours": "25"})
    assert job.successful, job.stdout
    assert job.message("Judge") == "Of 6 tasks: nothing wrong."


def test_of_many_unwell_tasks_the_first_are_named(run_job, simulator):
    simulator.tasks = [
        {**task, "last_execution_status": "ABNORMAL", "name": f"task\n{number}"}
        for number, task in enumerate(coc_simulator.sample_tasks(200))
    ]
    job = run_job("assert_healthy.yml", BLANK)
    assert job.artifacts["coc_overdue_task_ids"] == []
    judged = job.message("Judge")
    assert judged.startswith(f"Of 200 tasks: 200 ABNORMAL: task 0 ({simulator.tasks[0]['id']}), task 1 (")
    assert f"task 49 ({simulator.tasks[49]['id']}) and 150 more; " in judged
    assert "task 50 " not in judged
    assert len(job.artifacts["coc_abnormal_task_ids"]) == 200


def test_no_task_at_all_is_a_failure_unless_filters_are_given(run_job, simulator):
    simulator.tasks = []
    job = run_job("assert_healthy.yml", BLANK)
    assert job.runner.status == "failed"
    assert job.message("Judge").startswith("Of 0 tasks: nothing was checked. The account may belong to another")
    assert job.artifacts["coc_health"].startswith("nothing was checked.")
    assert run_job("assert_healthy.yml", {**BLANK, "ansible_huaweicloud_risk_level": "HIGH"}).successful


@pytest.mark.parametrize("age", ["-1", "9" * 400, "1e3", [25]])
def test_age_that_is_none_is_refused(run_job, simulator, age):
    job = run_job("assert_healthy.yml", {**BLANK, "coc_max_age_hours": age})
    message = job.message("Check the variables")
    assert message.startswith(f"coc_max_age_hours: {str(age)[:30]}")
    assert "is not a number of hours below 1000000." in message and len(message) < 200
    assert simulator.requests == []


@pytest.mark.parametrize(
    "given,path", [("", "project/coc-report.html"), (" ~/tasks of COC.html ", "tasks of COC.html")]
)
def test_report_is_written(run_job, simulator, monkeypatch, tmp_path, given, path):
    monkeypatch.setenv("HOME", str(tmp_path))
    job = run_job("report.yml", {**BLANK, "coc_report_path": given}, handed_on={"path": "/old", "filters": ["old"]})
    assert job.successful, job.stdout
    written = tmp_path / ("" if given else "private") / path
    assert job.message("Say where it is") == f"Report of 60 tasks: {written}"
    assert simulator.tasks[0]["id"] in written.read_text("utf-8")
    if not given:
        assert len(job.facts["coc_scheduled_tasks"]) == 60


@pytest.mark.parametrize("path", ["~/", "~/missing/report.html", ["a"], 7])
def test_report_to_no_file_is_refused(run_job, simulator, path):
    job = run_job("report.yml", {**BLANK, "coc_report_path": path}, newer=True)  # for an older one 7 is a name
    message = job.message("Check the variables")
    assert message == f"coc_report_path: {path} is not the path of a file in a folder that exists."
    assert simulator.requests == []


def test_report_on_an_exposed_path_outlives_the_job(run_job, simulator, tmp_path):
    """As the guide shows it; the folder stands for the one of the execution node that the setting mounts."""
    setting = json.loads(block("/srv/coc", "json"))
    check_paths(setting)
    host, container, _options = setting[0].split(":")
    path = block("coc_report_path: ").partition("coc_report_path: ")[2].strip()
    assert path.startswith(f"{container}/") and host == container
    exposed = tmp_path / "exposed"
    exposed.mkdir()
    job = run_job("report.yml", {**BLANK, "coc_report_path": path.replace(container, str(exposed))})
    assert job.successful, job.stdout
    shutil.rmtree(job.folder)
    (page,) = exposed.iterdir()
    assert simulator.tasks[0]["id"] in page.read_text("utf-8")


class Storage(http.server.BaseHTTPRequestHandler):
    """An object storage that answers a PUT request with ``status``, and keeps it: path, content type and body."""

    status: int
    kept: tuple[str, str | None, str]

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).kept = (self.path, self.headers["Content-Type"], body.decode())
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments):
        """Say nothing."""


@pytest.mark.parametrize(
    "status,message", [(200, "The report was uploaded."), (403, "The report was not uploaded: HTTP status 403")]
)
def test_report_is_uploaded(run_job, simulator, tmp_path, status, message):
    Storage.status = status
    path = f"/reports/coc.html?Signature={SIGNATURE}"
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Storage) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}{path}"
        variables = inject(credential_type("upload")[1], {"url": url}, tmp_path)
        job = run_job("upload_report.yml", BLANK, handed_on=variables)
        server.shutdown()
    page = (job.folder / "project/coc-report.html").read_text("utf-8")
    assert simulator.tasks[0]["id"] in page
    assert Storage.kept == (path, "text/html", page)
    assert job.successful == (status == 200)
    assert job.message("Check the upload").startswith(message)


def test_upload_without_an_answer_says_so(run_job):
    url = f"http://127.0.0.1:9/coc.html?Signature={SIGNATURE}"  # where nobody listens
    job = run_job("upload_report.yml", BLANK, handed_on={"coc_report_url": url})
    assert "HTTP status -1" in job.message("Check the upload")


def block(words: str, kind: str = "yaml") -> str:
    """Return the one block of a language in the guide that has these words."""
    (found,) = (code for language, code in blocks(GUIDE) if language.startswith(kind) and words in code)
    return found


def test_the_guides_host_is_that_of_the_set_up():
    assert yaml.safe_load(block("ansible_connection")) == LOCALHOST


def test_the_guides_play_for_other_hosts_asks_from_the_execution_environment(run_job, simulator):
    job = run_job("bastion.yml", text=block("hosts: bastion"))
    assert job.successful, job.stdout
    failed = [task for task in simulator.tasks if task.get("last_execution_status") == "ABNORMAL"]
    assert job.message("Use it on the host") == f"{len(failed)} tasks have failed"


def test_what_runs_twice_in_a_job_hands_on_what_it_found_last(run_job, simulator):
    """Ansible would add up the numbers, and join the texts and lists."""
    plays = [
        {"ansible.builtin.import_playbook": f"huaweicloud.coc.{name}", "vars": {"ansible_huaweicloud_limit": limit}}
        for name in ("list_tasks", "assert_healthy")
        for limit in (2, 3)
    ]
    simulator.tasks = [
        {**task, "last_execution_status": "FINISHED", "approve_status": "PASSED"}
        for task in coc_simulator.sample_tasks(5)
    ]
    job = run_job("twice.yml", text=json.dumps(plays))
    assert (job.artifacts["coc_task_count"], len(job.artifacts["coc_task_ids"])) == (3, 3)
    assert job.artifacts["coc_asked"] is True
    assert job.artifacts["coc_health"].count("nothing wrong") == 1
