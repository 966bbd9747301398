# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks, as jobs of AWX and on a command line: what they ask, show and hand on, and when they fail.

What their filters compute is tested with the filters.
"""

from __future__ import annotations

import base64
import ctypes
import hashlib
import http.server
import json
import os
import re
import shutil
import subprocess
import threading
import time
import typing as t
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import FIELDS
from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.awx.conftest import (
    COLLECTION,
    GUIDE,
    KEYS,
    LOCALHOST,
    SETUP,
    SIGNATURE,
    WRONG_KEY,
    credential_type,
    inject,
    leaked,
    render_report,
)
from ansible_collections.huaweicloud.coc.tests.awx.controller import check_paths
from ansible_collections.huaweicloud.coc.tests.docs.test_examples import blocks

# Each question of the set-up's surveys that may be answered with nothing: AWX refuses that for a number.
TEMPLATES = SETUP["vars"]["coc_job_templates"]
QUESTIONS = SETUP["vars"]["coc_questions"] + [question for template in TEMPLATES for question in template["questions"]]
BLANK = {question["variable"]: "" for question in QUESTIONS if question["type"] != "integer"}
NULL = {question["variable"]: None for question in QUESTIONS}  # by "Prompt on launch" beside Variables alone
TEMPORARY_KEY = {**KEYS, "security_token": coc_simulator.SECURITY_TOKEN, "domain_id": "D1"}
IDS = ("coc_abnormal_task_ids", "coc_rejected_task_ids", "coc_overdue_task_ids")
OLD = {"coc_task_count": 2, "coc_task_ids": ["ST-old"], **dict.fromkeys(IDS, ["ST-old"]), "coc_health": "old"}
ASK, STOP = "Query COC", "Stop if the only account could not be queried"
SAID = "Show where and how many they are"
CHECK, CHECK_PATH = "Check the variables", "Check coc_report_path and coc_timezone"
REFUSED = "Stop if an earlier check could not query COC"
PLAYBOOKS = COLLECTION / "playbooks"
MARKUP = """</td></script><img src=x onerror="document.title='broken'">{{ 7 * 7 }}&amp;'"数据库"""


UMASK = os.umask(0o022)
os.umask(UMASK)


@pytest.fixture
def branch():
    """The simulator of a second account."""
    with coc_simulator.Simulator(coc_simulator.sample_tasks(2)) as running:
        yield running


def well(count: int) -> list[dict[str, t.Any]]:
    fine = {"last_execution_status": "FINISHED", "approve_status": "PASSED"}
    return [{**task, **fine} for task in coc_simulator.sample_tasks(count)]


# One account


@pytest.mark.parametrize("kind", ["environment", "profile"])
def test_list_shows_hands_on_and_keeps_every_task(run_job, simulator, monkeypatch, kind):
    for name in ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK", "HW_AUTH_TOKEN"):
        monkeypatch.setenv(name, WRONG_KEY)  # of the image; what else it may have is tested without a job
    simulator.tasks[0].update(name="任务 {{ 7 * 7 }} <b>\u202e", risk_level="HIGH")
    job = run_job("list_tasks.yml", BLANK, TEMPORARY_KEY, kind, handed_on={**OLD, "tasks": 1, "report": 2})
    assert job.successful, job.stdout
    _heading, first, *_others, total = job.message("Show the tasks")
    assert first.endswith("  任务 {{ 7 * 7 }} <b>") and total == "60 tasks"
    assert job.artifacts == {
        "coc_task_count": 60,
        "coc_task_ids": [task["id"] for task in simulator.tasks],
        "coc_task_names": [task["name"] for task in simulator.tasks],
    }
    (request,) = simulator.requests
    assert request.query == [("limit", "1000")]
    sent = {name for name in ("X-Security-Token", "X-Auth-Token", "X-Domain-Id") if request.header(name)}
    assert sent == {"X-Security-Token", "X-Domain-Id"}

    # Since ansible-core 2.19 the file has a name and a form that AWX does not know, as the guide says.
    ((name, text),) = job.cache.items()
    facts = json.loads(json.loads(text)["__payload__"] if name == "s1_localhost" else text)
    assert set(facts) == {"coc_scheduled_tasks"}
    tasks = facts["coc_scheduled_tasks"]["value"] if name == "s1_localhost" else facts["coc_scheduled_tasks"]
    assert (len(tasks), {name for task in tasks for name in task}) == (60, set(FIELDS))
    assert (job.facts == {}) == (name == "s1_localhost")


def test_answers_filter(run_job, simulator):
    simulator.tasks[0].update(risk_level="HIGH", name="数据库巡检", last_execution_status="ABNORMAL")
    answers = {"task_name": "数据库", "risk_level": "HIGH", "last_execution_status": "ABNORMAL"}
    variables = {f"ansible_huaweicloud_{name}": value for name, value in answers.items()}
    job = run_job("list_tasks.yml", {**BLANK, **variables})
    assert job.artifacts["coc_task_ids"] == [simulator.tasks[0]["id"]]
    assert dict(simulator.requests[0].query) == {**answers, "limit": "1000"}


def test_unhealthy_tasks_fail_the_job_and_are_handed_on(run_job, simulator):
    simulator.tasks = well(3)
    for task in simulator.tasks:
        task.update(last_execution_time=int(time.time() * 1000) - 5000, scheduled_type="CRON", enabled=True)
        task.update(risk_level="HIGH")
    bad, refused, late = simulator.tasks
    bad["last_execution_status"] = "ABNORMAL"
    refused["approve_status"] = "REJECTED"
    late["last_execution_time"] -= 26 * 3600 * 1000
    variables = {"coc_max_age_hours": 25, "coc_timezone": "Asia/Shanghai", "ansible_huaweicloud_risk_level": "HIGH"}
    job = run_job("assert_healthy.yml", {**BLANK, **variables}, handed_on={**OLD, "health": 0})
    assert job.runner.status == "failed"
    lines = job.message("Show the tasks with a failure")
    assert [line.partition(f" ({task['id']})")[0] for line, task in zip(lines, simulator.tasks)] == [
        f"{check}: {task['name']}" for check, task in zip(("abnormal", "rejected", "overdue"), simulator.tasks)
    ]
    assert all(line.endswith(" Asia/Shanghai") for line in lines)
    health = (
        f"1 ABNORMAL: {bad['name']} ({bad['id']}); 1 REJECTED: {refused['name']} ({refused['id']}); "
        f"1 enabled, but not run for 25 hours: {late['name']} ({late['id']})"
    )
    ids = dict(zip(IDS, [[bad["id"]], [refused["id"]], [late["id"]]]))
    assert job.artifacts == {"coc_asked": True, **ids, "coc_health": health}
    numbers = "1 ABNORMAL; 1 REJECTED; 1 enabled, but not run for 25 hours"
    assert job.message("Fail if something is wrong") == f"Of 3 tasks: {numbers}. Only tasks with risk_level HIGH."
    assert "coc_scheduled_tasks" in "".join(job.cache.values())


def test_each_account_must_have_as_many_tasks_as_expected(run_job, simulator):
    simulator.tasks = well(2)
    answers = {"coc_min_tasks": 2, "coc_checks": "abnormal,rejected", "ansible_huaweicloud_created_by": "nobody"}
    accounts = [{"name": "A"}, {"name": "B", "created_by": ""}, {"name": "C", "min_tasks": 0}]
    job = run_job("assert_healthy.yml", {**BLANK, **answers}, handed_on={"coc_accounts": accounts})
    few = "A: nothing was checked (coc_min_tasks: 2); B: nothing was checked (coc_min_tasks: 2)"
    assert job.message("Fail if something is wrong") == f"Of 0 tasks: {few}. Only tasks with created_by nobody."
    assert job.artifacts["coc_task_counts"] == {"A": 0, "B": 0, "C": 0}


@pytest.mark.parametrize("blank", [BLANK, NULL])
def test_a_blank_filters_nothing_and_checks_no_age(run_job, simulator, blank):
    simulator.tasks = well(60)
    job = run_job("assert_healthy.yml", blank, handed_on={"coc_accounts": " ", "coc_forks": "", "coc_account_x": None})
    assert job.message("Fail if something is wrong") == "Of 60 tasks: nothing wrong."
    assert (job.successful, job.artifacts[IDS[2]]) == (True, [])
    assert [request.query for request in simulator.requests] == [[("limit", "1000")]]


# ansible-core 2.21 writes a file without any fact.
NOTHING_KEPT: tuple[dict[str, str], ...] = ({}, {"s1_localhost": '{"__payload__": "{}"}'})


def test_a_refused_key_is_sent_once_in_a_workflow(run_job, simulator):
    filled = {**TEMPORARY_KEY, "secret_key": WRONG_KEY}  # the service echoes what was signed
    check = run_job("assert_healthy.yml", BLANK, filled)
    health = check.artifacts["coc_health"]
    assert health.startswith("COC could not be queried: GET ") and "returned HTTP 401, APIGW.0301" in health
    handed_on = check.artifacts
    assert handed_on == {"coc_asked": False, "coc_health": health, **dict.fromkeys(IDS, [])}
    assert check.message("Fail if something is wrong") == health and check.cache in NOTHING_KEPT
    for playbook in ("list_tasks.yml", "report.yml"):
        after = run_job(playbook, BLANK, filled, handed_on=handed_on)
        assert after.message(REFUSED).endswith(health)
    assert len(simulator.requests) == 1
    alone = run_job("list_tasks.yml", BLANK, filled)
    assert alone.message(STOP).startswith("GET ") and "returned HTTP 401" in alone.message(STOP)
    assert alone.artifacts == {} and alone.cache in NOTHING_KEPT

    simulator.tasks = well(2)
    again = run_job("assert_healthy.yml", BLANK, handed_on=handed_on)
    assert again.successful and again.artifacts["coc_asked"] is True


@pytest.mark.parametrize(
    "playbook,variables,task,message",
    [
        ("assert_healthy", {"coc_max_age_hours": "soon"}, "Check the variables", "soon is not a number of hours"),
        ("assert_healthy", {"coc_checks": ["abnorml"]}, "Check the variables", "Did you mean abnormal?"),
        ("assert_healthy", {"coc_max_age_hour": 25}, ASK, "Did you mean coc_max_age_hours?"),
        ("list_tasks", {"coc_format": "html"}, CHECK, "format: there is no format html."),
        ("list_tasks", {"coc_columns": ["risk_levl"]}, CHECK, "Did you mean risk_level?"),
        ("list_tasks", {"coc_timezone": "Asia/Shangai"}, CHECK, "Did you mean Asia/Shanghai?"),
        ("list_tasks", {"coc_output_path": "/dev/stdout"}, CHECK, "coc_output_path: /dev/stdout is a symbolic link"),
        ("list_tasks", {"coc_formt": "csv"}, ASK, "Did you mean coc_format?"),
        ("report", {"coc_report_path": f"{PLAYBOOKS}/a.html"}, CHECK_PATH, "is inside the installed collection."),
        ("report", {"coc_report_path": "a", "awx_job_id": 1}, CHECK_PATH, "Give the absolute path"),
        ("report", {"coc_timezone": "Asia/Shanghia"}, CHECK_PATH, "Did you mean Asia/Shanghai?"),
        ("list_tasks", {"ansible_huaweicloud_risk_levl": "HIGH"}, ASK, "Did you mean ansible_huaweicloud_risk_level?"),
        ("list_tasks", {"coc_accounts": []}, ASK, "coc_accounts"),
        ("assert_healthy", {"coc_accounts": "{}"}, ASK, "coc_accounts"),
        ("report", {"coc_account_a": {"nmae": "a"}}, ASK, "coc_account_a"),
        ("list_tasks", {"coc_account_a": "{'name'"}, ASK, "coc_account_a: looks like an account in JSON but is not"),
        ("list_tasks", {"coc_accounts_main": {"name": "a"}}, ASK, "Did you mean coc_account_main?"),
    ],
)
def test_what_is_wrong_is_refused_before_anything_is_asked(run_job, simulator, playbook, variables, task, message):
    job = run_job(f"{playbook}.yml", {**BLANK, **variables})
    assert job.runner.status == "failed"
    assert message in job.message(task)
    assert simulator.requests == []


# The report


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
def test_report_is_written_and_uploaded(run_job, simulator, tmp_path, status, message):
    simulator.tasks[0].update({field: MARKUP for field, kind in FIELDS.items() if kind is str})
    Storage.status = status
    path = f"/reports/coc.html?Signature={SIGNATURE}"
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Storage) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}{path}"
        variables = inject(credential_type("upload")[1], {"url": url}, tmp_path)
        job = run_job("upload_report.yml", handed_on={**variables, "awx_job_id": 1})
        server.shutdown()
    *where, page = Storage.kept
    assert where == [path, "text/html"]
    assert job.successful == (status == 200)
    assert job.message("Check the upload").startswith(message)
    said, _colon, written = job.message("Show where the page is").partition(": ")
    assert (said, Path(written).is_absolute(), Path(written).exists()) == ("Report of 60 tasks", True, False)
    assert job.artifacts == {}

    assert page.count('<tr role="row">') == 61 and page.rstrip().endswith("</html>")
    assert ("<img" in page, page.count("<script"), page.count("{{ 7 * 7 }}") > 10) == (False, 1, True)
    script = page.partition("<script>")[2].partition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'\"" in page, "report.html.j2 must have this digest of report.js"
    assert re.findall(r"""\b(?:src|href|action|data|poster)="([^"]*)""", page) == ["data:,", "#tasks"]


def test_a_page_that_was_not_written_is_not_uploaded(run_job):
    survey = {"coc_report_path": "", "coc_report_url": "http://127.0.0.1:9/"}  # an extra variable wins
    job = run_job("upload_report.yml", survey, handed_on={"awx_job_id": 1})
    assert job.message("Check that this job wrote the page").startswith("The report was not uploaded: /")
    assert job.message("Show where the page is").endswith(
        "/project/coc-report.html. The file is deleted with this job."
    )


def test_a_check_run_says_what_it_would_write(simulator, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run_playbooks(simulator, {}, "report", arguments=["--check"])
    assert (done.returncode, list(tmp_path.iterdir())) == (0, []), done.stdout
    assert f"nothing was written. Would write a report of 60 tasks: {tmp_path}/coc-report.html" in done.stdout


def test_report_without_tasks_says_so():
    nothing: dict[str, t.Any] = {"name": None, "scheduled_tasks": [], "failed": False}
    page = render_report({**nothing, "filters": {"risk_level": "<b>", "limit": 9}})
    assert "<p>Only tasks with risk_level <b>&lt;b&gt;</b>.</p>" in page
    assert "No scheduled task matches." in page and "<table" not in page and "<details" not in page


def block(words: str, kind: str = "yaml") -> str:
    """Return the one block of a language in the guide that has these words."""
    (found,) = (code for language, code in blocks(GUIDE) if language.startswith(kind) and words in code)
    return found


def test_report_of_two_accounts_on_an_exposed_path_outlives_the_job(run_job, two, simulator, tmp_path):
    """As the guide shows it; the folder stands for the one of the execution node that the setting mounts."""
    setting = json.loads(block("/srv/coc", "json"))
    check_paths(setting)
    host, container, _options = setting[0].split(":")
    path = block("coc_report_path: ").partition("coc_report_path: ")[2].strip()
    assert path.startswith(f"{container}/") and host == container
    exposed = tmp_path / "exposed"
    exposed.mkdir()
    place = {"coc_report_path": f" {path.replace(container, str(exposed))} ", "coc_timezone": "Asia/Shanghai"}
    survey = {**BLANK, **place, "awx_job_id": 1}
    job = run_job("report.yml", survey, kind=None, handed_on=two)
    assert job.runner.status == "failed"
    assert set(job.artifacts) == {"coc_failed_accounts"}
    shutil.rmtree(job.folder)
    (written,) = exposed.iterdir()
    page = written.read_text("utf-8")
    assert "<b>1 of 2 accounts is missing</b>" in page and "<p><b>分公司</b>: GET " in page
    assert page.count('<td role="cell">Production &lt;1&gt;</td>') == len(simulator.tasks)
    assert "All times are in Asia/Shanghai." in page
    assert leaked(page) == []


# The list as a file


def test_list_is_written_whole_in_the_wanted_form(run_job, simulator, tmp_path):
    first, last = simulator.tasks = [{**task, "risk_level": "LOW", "name": "数据库"} for task in well(2)]
    first.update(name="=1+1 {{ 7 * 7 }}", last_execution_time=1745396100000)
    last["risk_level"] = "HIGH"
    (tmp_path / "old.json").write_text("old")
    (tmp_path / "old.json").chmod(0o640)
    wishes: list[dict[str, object]] = [
        {"coc_format": "csv", "coc_columns": "name, last_execution_time", "coc_output_path": f" {tmp_path}/a.csv "},
        {"coc_format": "json", "coc_output_path": f"{tmp_path}/old.json"},
        {"coc_format": "markdown", "coc_columns": ["risk_level"], "coc_output_path": "a.md"},
        {"coc_format": "json", "coc_columns": ["id"], "ansible_huaweicloud_limit": 1},
        {"coc_format": "csv", "coc_columns": "risk_level"},
    ]
    listed: dict[str, object] = {"ansible.builtin.import_playbook": "huaweicloud.coc.list_tasks"}
    plays = [{**listed, "vars": {**wish, "coc_timezone": "Asia/Shanghai"}} for wish in wishes]
    job = run_job("forms.yml", text=json.dumps(plays))
    assert job.successful, job.stdout
    rows = ["\ufeffname,last_execution_time", "'=1+1 {{ 7 * 7 }},2025-04-23 16:15", "数据库,"]
    assert (tmp_path / "a.csv").read_bytes().startswith("\r\n".join(rows).encode())
    assert (tmp_path / "a.csv").stat().st_mode & 0o777 == 0o666 & ~UMASK
    text = (tmp_path / "old.json").read_text("utf-8")
    found = [(task["id"], task["last_execution_time"], set(task)) for task in json.loads(text)]
    assert found == [(task["id"], task["last_execution_time"], set(FIELDS)) for task in simulator.tasks]
    assert text.count('"name": "数据库"') == 1
    assert (tmp_path / "old.json").stat().st_mode & 0o777 == 0o640
    written = job.folder / "project/a.md"
    assert written.read_text() == "| RISK |\n| --- |\n| LOW |\n| HIGH |\n\n- 2 tasks\n"
    data = [event.get("event_data", {}) for event in job.runner.events]
    assert [one["res"]["msg"] for one in data if one.get("task") == SAID and "msg" in one.get("res", {})] == [
        [f"Wrote to {tmp_path}/a.csv:", "2 tasks"],
        [f"Wrote to {tmp_path}/old.json:", "2 tasks"],
        [f"Wrote to {written}:", "2 tasks"],
        ["1 of 2 tasks"],
        ["2 tasks"],
    ]
    shown = [one["res"]["msg"] for one in data if one.get("task") == "Show the tasks" and "msg" in one.get("res", {})]
    assert json.loads("".join(shown[0])) == [{"id": first["id"]}]
    assert shown[1] == ["risk_level", "LOW", "HIGH"]  # without what a spreadsheet wants at the beginning


def test_check_mode_writes_nothing_and_says_so(simulator, tmp_path):
    done = run_playbooks(simulator, {"coc_output_path": f"{tmp_path}/a"}, "list_tasks", arguments=["--check"])
    assert done.returncode == 0 and f"Would write to {tmp_path}/a:" in done.stdout and '"60 tasks"' in done.stdout
    assert not list(tmp_path.iterdir())


# Several accounts


@pytest.fixture
def two(tmp_path, simulator, branch):
    """Two accounts, of which the second has a wrong key; each is a credential of a copy of the type."""
    simulator.tasks = coc_simulator.sample_tasks(3)
    injectors = credential_type("account")[1]
    (text,) = injectors["extra_vars"].values()
    variables = {}
    for copy, filled in {
        "production": {"account": "Production <1>", "endpoint": simulator.endpoint, **KEYS},
        "second": {"account": "分公司", "endpoint": branch.endpoint, **KEYS, "secret_key": WRONG_KEY},
    }.items():
        (tmp_path / copy).mkdir()
        variables.update(inject({**injectors, "extra_vars": {f"coc_account_{copy}": text}}, filled, tmp_path / copy))
    return variables


def test_an_account_that_fails_hides_no_other_and_is_not_asked_again(run_job, monkeypatch, two, simulator, branch):
    monkeypatch.setenv("ANSIBLE_VERBOSITY", "4")
    monkeypatch.setenv("ANSIBLE_ANY_ERRORS_FATAL", "1")  # as an ansible.cfg may say
    survey = {"ansible_huaweicloud_auth_token": coc_simulator.AUTH_TOKEN, "ansible_huaweicloud_project_id": "P-common"}
    check = run_job("assert_healthy.yml", survey, kind=None, handed_on=two)
    assert (check.runner.status, check.artifacts["coc_asked"]) == ("failed", True)
    failed = check.artifacts["coc_failed_accounts"]
    assert set(failed) == {"分公司"} and failed["分公司"].startswith(f"GET {branch.endpoint}/")
    assert f"1 of 2 accounts could not be queried: 分公司: {failed['分公司']}" in check.message(
        "Fail if something is wrong"
    )
    for one in (simulator, branch):  # each with its own key, and nothing that is common to all
        (request,) = one.requests
        assert coc_simulator.ACCESS_KEY in request.header("Authorization")
        assert (request.header("X-Auth-Token"), request.header("X-Project-Id")) == (None, None)

    after = run_job("list_tasks.yml", survey, kind=None, handed_on={**two, **check.artifacts})
    assert after.runner.status == "failed"
    assert (len(simulator.requests), len(branch.requests)) == (2, 1)
    assert after.artifacts["coc_failed_accounts"] == failed
    assert f"1 of 2 accounts could not be queried: 分公司: {failed['分公司']}" in after.message(
        "Fail if an account could not be queried"
    )
    shown = after.message("Show the tasks")
    assert all("  Production <1>  " in line for line in shown[1:4])
    assert shown[4:] == ["3 tasks", "Production <1>: 3", f"分公司: NOT LISTED. {failed['分公司']}"]
    ids = [task["id"] for task in simulator.tasks]
    assert after.artifacts["coc_task_counts"] == {"Production <1>": 3}
    assert after.artifacts["coc_task_ids"] == {"Production <1>": ids}
    assert after.cache and all('"account": "Production <1>"' in text.replace("\\", "") for text in after.cache.values())
    run_job("report.yml", survey, kind=None, handed_on={**two, **check.artifacts})
    assert (len(simulator.requests), len(branch.requests)) == (3, 1)


def test_variables_count_wherever_they_are_given(run_job, simulator, branch):
    """With import_playbook, as a fact and in a play; the shell's key is the wrong one in all of them."""
    accounts = [
        {"name": "first", "endpoint": simulator.endpoint, **KEYS},
        {"name": "second", "endpoint": "{{ second_endpoint }}", **KEYS, "risk_level": "LOW"},
    ]
    listed: dict[str, object] = {"ansible.builtin.import_playbook": "huaweicloud.coc.list_tasks"}
    play = {"hosts": "localhost", "gather_facts": False}
    shown = "{{ query('huaweicloud.coc.scheduled_task_accounts', limit=1) | huaweicloud.coc.task_artifacts }}"
    second, third = {"second_endpoint": branch.endpoint}, {"name": "third", "endpoint": branch.endpoint, **KEYS}
    plays = [
        {**listed, "vars": {"coc_accounts": accounts, "ansible_huaweicloud_risk_level": "HIGH", **second}},
        {**play, "vars": {"coc_accounts": accounts, **second}, "tasks": [{"name": "Own", "debug": {"msg": shown}}]},
        {**play, "tasks": [{"set_fact": {"coc_account_third": third}, "no_log": True}]},
        listed,
    ]
    job = run_job("own.yml", filled={**KEYS, "secret_key": WRONG_KEY}, text=json.dumps(plays))
    assert job.successful, job.stdout
    assert job.message("Own")["coc_task_counts"] == {"first": 1, "second": 1}
    assert job.artifacts["coc_task_counts"] == {"third": 2}
    first, own = (dict(request.query) for request in simulator.requests)
    assert (first["risk_level"], "risk_level" in own, own["limit"]) == ("HIGH", False, "1")
    assert [dict(request.query).get("risk_level") for request in branch.requests] == ["LOW", "LOW", None]


# Settings of the user


def lose_dac_override():
    """Let the program that comes next write only where its user may, even if that user is root."""
    if not os.geteuid():
        pr_capbset_drop, cap_dac_override = 24, 1
        ctypes.CDLL(None).prctl(pr_capbset_drop, cap_dac_override)


def run_playbooks(simulator, variables, *playbooks, arguments=(), **environment):
    names = [f"huaweicloud.coc.{name}" for name in playbooks]
    command = ["ansible-playbook", *names, "-e", json.dumps(variables), *arguments]
    keys = {"HW_ACCESS_KEY": coc_simulator.ACCESS_KEY, "HW_SECRET_KEY": coc_simulator.SECRET_KEY}
    environment = {**os.environ, **keys, "HUAWEICLOUD_COC_ENDPOINT": simulator.endpoint, **environment}
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, preexec_fn=lose_dac_override
    )


@pytest.mark.parametrize("strategy", ["free", "host_pinned"])
def test_other_strategies_and_connections_do_not_matter(simulator, tmp_path, strategy):
    inventory = tmp_path / "hosts"
    settings = {"ansible_connection": "no.such.plugin", "ansible_user": "nobody"}
    inventory.write_text(yaml.safe_dump({"all": {"hosts": {"localhost": {}}, "vars": settings}}))
    simulator.tasks = well(5)
    task = {"id": "ST-1", "region_id": "x", "last_execution_status": None, "approve_status": "PASSED"}
    event = {"type": "created", "scheduled_task": {**task, "name": "a\x9b31m\u202e\nb {{ 7 * 7 }}"}}
    variables = {
        "coc_accounts": [{"name": "A"}],
        "coc_report_path": f"{tmp_path}/a.html",
        "coc_event": quote(json.dumps(event)),
    }
    playbooks = ("list_tasks", "assert_healthy", "report", "describe_event")
    done = run_playbooks(simulator, variables, *playbooks, ANSIBLE_STRATEGY=strategy, ANSIBLE_INVENTORY=str(inventory))
    assert done.returncode == 0, done.stdout + done.stderr
    described = r"\"a\\u009b31m\\u202e\\nb {{ 7 * 7 }}\" (ST-1) in x: created, last execution never, approval PASSED"
    for said in ("A: 5", "Of 5 tasks: nothing wrong.", f"Report of 5 tasks: {tmp_path}/a.html", described):
        assert said in done.stdout
    assert (tmp_path / "a.html").stat().st_mode & 0o777 == 0o644


def test_nothing_done_is_no_success(simulator, tmp_path):
    """With tags that no task has, everything is done all the same; without localhost, nothing can be."""
    simulator.tasks = well(5)
    variables = {"coc_report_path": f"{tmp_path}/a.html"}
    playbooks = ("list_tasks", "assert_healthy", "report")
    inventory = ("-i", "localhost,web,", "-c", "local", "--limit")
    done = run_playbooks(simulator, variables, *playbooks, arguments=(*inventory, "all", "--tags", "x"))
    for said in ('"5 tasks"', "Of 5 tasks: nothing wrong.", f"Report of 5 tasks: {tmp_path}/a.html"):
        assert said in done.stdout
    asked = len(simulator.requests)
    for playbook in playbooks:
        done = run_playbooks(simulator, variables, playbook, arguments=(*inventory, "web"))
        assert done.returncode and len(simulator.requests) == asked
        assert "Nothing was done: --limit web leaves out localhost, where this playbook runs." in done.stderr


def test_a_folder_that_cannot_be_written_is_refused_before_coc_is_asked(simulator, tmp_path):
    tmp_path.chmod(0o555)
    done = run_playbooks(simulator, {"coc_report_path": f"{tmp_path}/a.html"}, "report")
    assert (done.returncode, simulator.requests) == (2, [])
    assert f"coc_report_path: {tmp_path}/a.html is in a folder that the user of this playbook cannot" in done.stdout


def test_what_runs_twice_hands_on_what_it_found_last(run_job, simulator):
    """Ansible would add up the numbers, and join the texts and lists."""
    plays = [
        {"ansible.builtin.import_playbook": f"huaweicloud.coc.{name}", "vars": {"ansible_huaweicloud_limit": limit}}
        for name in ("list_tasks", "assert_healthy")
        for limit in (2, 3)
    ]
    simulator.tasks = well(5)
    job = run_job("twice.yml", text=json.dumps(plays))
    assert (job.artifacts["coc_task_count"], len(job.artifacts["coc_task_ids"])) == (3, 3)
    assert job.artifacts["coc_asked"] is True
    assert job.artifacts["coc_health"].count("nothing wrong") == 1
    report = yaml.safe_load((PLAYBOOKS / "report.yml").read_text("utf-8"))[0]["tasks"]
    assert [
        task["ansible.builtin.set_stats"]["aggregate"] for task in report if "ansible.builtin.set_stats" in task
    ] == [False]


# The guide


def test_the_guides_host_is_that_of_the_set_up():
    assert yaml.safe_load(block("ansible_connection")) == LOCALHOST


def test_the_guides_play_for_other_hosts_asks_from_the_execution_environment(run_job, simulator):
    job = run_job("bastion.yml", text=block("hosts: bastion"))
    assert job.successful, job.stdout
    failed = [task for task in simulator.tasks if task.get("last_execution_status") == "ABNORMAL"]
    assert job.message("Use it on the host") == f"{len(failed)} tasks have failed"
