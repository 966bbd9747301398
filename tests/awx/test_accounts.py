# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several accounts in one job, each from a credential of its own, on a simulator of its own."""

from __future__ import annotations

import contextlib
import json
import re
import threading
import typing as t
from urllib.parse import quote

import pytest
from playwright import sync_api

from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.awx.conftest import credential_type, inject
from ansible_collections.huaweicloud.coc.tests.awx.controller import Controller, check_injectors, check_inputs
from ansible_collections.huaweicloud.coc.tests.awx.test_report import CHROMIUM, IN_A_BROWSER
from ansible_collections.huaweicloud.coc.tests.awx.test_setup import INPUTS, PLAYBOOKS, set_up

WRONG_KEY = "FakeSecretKeyOfTheBranch/+=000000000002"
COMMON_TOKEN = "FakeTokenThatIsCommonToAll+/0000000001"
SECRETS = (coc_simulator.SECRET_KEY, WRONG_KEY, COMMON_TOKEN, coc_simulator.SECURITY_TOKEN)
KEYS = {"access_key": coc_simulator.ACCESS_KEY, "secret_key": coc_simulator.SECRET_KEY}


@pytest.fixture
def branch():
    """The simulator of a second account."""
    with coc_simulator.Simulator(coc_simulator.sample_tasks(2)) as running:
        yield running


@pytest.fixture
def attach(tmp_path):
    """Return the variables that a credential of a copy of the type gives a job."""

    def attach(copy: str, **filled: str) -> dict[str, str]:
        injectors = credential_type("account")[1]
        ((_name, text),) = injectors["extra_vars"].items()
        injectors["extra_vars"] = {f"coc_account_{copy}": text}
        folder = tmp_path / copy
        folder.mkdir(exist_ok=True)
        return inject(injectors, filled, folder)

    return attach


@pytest.fixture
def two(attach, simulator, branch):
    """Two accounts, of which the second has a wrong key; each variable comes from a credential."""
    simulator.tasks = coc_simulator.sample_tasks(3)
    return {
        **attach("production", account="Production <1>", endpoint=simulator.endpoint, **KEYS),
        **attach("second", account="分公司", endpoint=branch.endpoint, **{**KEYS, "secret_key": WRONG_KEY}),
    }


def leaked(text: str) -> list[str]:
    """Return the secrets that ``text`` has, as they are or as in a URL."""
    return [secret for secret in SECRETS for form in (secret, quote(secret, safe="")) if form in text]


def test_awx_saves_the_type():
    inputs, injectors = credential_type("account")
    check_inputs(inputs)
    check_injectors(injectors, inputs)
    secret = {field["id"] for field in inputs["fields"] if field.get("secret")}
    assert secret == {"secret_key", "security_token"}


@pytest.mark.parametrize("newer", [False, True], ids=["execution environment", "newer"])
@pytest.mark.parametrize("playbook", ["list_tasks.yml", "assert_healthy.yml", "report.yml"])
def test_one_that_fails_hides_no_other(run_job, monkeypatch, two, simulator, branch, playbook, newer):
    monkeypatch.setenv("ANSIBLE_VERBOSITY", "4")
    survey = {"ansible_huaweicloud_auth_token": COMMON_TOKEN, "ansible_huaweicloud_project_id": "P-common"}
    job = run_job(playbook, survey, kind=None, handed_on=two, newer=newer)
    assert job.runner.status == "failed"
    ids = [task["id"] for task in simulator.tasks]

    failed = job.artifacts["coc_failed_accounts"]
    assert set(failed) == {"分公司"} and "returned HTTP 401" in failed["分公司"]
    assert failed["分公司"].startswith(f"GET {branch.endpoint}/")
    ends = ("Fail for accounts that could not be asked", "Judge")
    (end,) = (result for task in ends for result in job.results(task))
    assert f"1 of 2 accounts could not be asked: 分公司: {failed['分公司']}" in end["msg"]

    if playbook == "list_tasks.yml":
        shown = job.results("Show the tasks")[0]["msg"]
        assert [line[:26] for line in shown[1:4]] == ids
        assert all("  Production <1>  " in line for line in shown[1:4])
        assert shown[4:6] == ["3 tasks", "Production <1>: 3"] and shown[6].startswith("分公司: MISSING. GET ")
        assert job.artifacts["coc_task_count"] == 3
        assert job.artifacts["coc_task_counts"] == {"Production <1>": 3}
        assert job.artifacts["coc_task_ids"] == {"Production <1>": ids}
    elif playbook == "assert_healthy.yml":
        abnormal = [task["id"] for task in simulator.tasks if task["last_execution_status"] == "ABNORMAL"]
        assert job.artifacts["coc_asked"] is True
        assert job.artifacts["coc_abnormal_task_ids"] == {"Production <1>": abnormal}
        assert f"({abnormal[0]}, Production <1>)" in job.artifacts["coc_health"]
    else:
        page = (job.folder / "project/coc-report.html").read_text("utf-8")
        assert "<b>1 of 2 accounts is missing</b>" in page and "<p><b>分公司</b>: GET " in page
        assert page.count('<td role="cell">Production &lt;1&gt;</td>') == 3
        assert leaked(page) == []
    if not newer:
        tasks = job.facts["coc_scheduled_tasks"]
        assert [(task["id"], task["account"]) for task in tasks] == [(one, "Production <1>") for one in ids]
        assert set(job.cache) == {"localhost"}
        assert set(job.facts) == {"coc_scheduled_tasks"}

    # each got its own request, with its own key and nothing that is common to all
    for one in (simulator, branch):
        (request,) = one.requests
        assert coc_simulator.ACCESS_KEY in request.header("Authorization")
        assert (request.header("X-Auth-Token"), request.header("X-Project-Id")) == (None, None)
    assert leaked(job.kept + json.dumps(job.cache)) == []


def test_a_refused_account_is_not_asked_again_in_a_workflow(run_job, two, simulator, branch):
    check = run_job("assert_healthy.yml", kind=None, handed_on=two)
    for playbook in ("list_tasks.yml", "report.yml"):
        after = run_job(playbook, kind=None, handed_on={**two, **check.artifacts})
        assert after.runner.status == "failed"
        assert after.artifacts["coc_failed_accounts"] == check.artifacts["coc_failed_accounts"]
    assert (len(simulator.requests), len(branch.requests)) == (3, 1)


def test_one_refused_key_stops_the_accounts_of_this_key_only(run_job, simulator, branch):
    refused = {**KEYS, "secret_key": WRONG_KEY, "endpoint": branch.endpoint}
    accounts = [
        {"name": "first", **refused},
        {"name": "of another project", "project_id": "P2", **refused},
        {"name": "well", "endpoint": branch.endpoint, **KEYS},
    ]
    job = run_job("list_tasks.yml", {"coc_accounts": accounts}, kind=None)
    failed = job.artifacts["coc_failed_accounts"]
    assert set(failed) == {"first", "of another project"}
    assert sum("was not sent again" in reason for reason in failed.values()) == 1
    assert len(branch.requests) == 2 and job.artifacts["coc_task_counts"] == {"well": 2}


@pytest.mark.parametrize(
    "accounts,message",
    [
        ([{"name": "a"}, {"name": "A "}], "coc_accounts, entry 2: coc_accounts, entry 1 already has the name 'A'"),
        ([{"name": "a", "regoin": "x"}], "account 'a': regoin: an account has no such option. Did you mean region?"),
        ([{"name": "a"}, {"region": "x"}], "coc_accounts, entry 2: has no name."),
        ([{"nmae": "a"}], "coc_accounts, entry 1: has no name. Is nmae a typo of name?"),
        ([{"name": "a", "region": "mars"}], "account 'a': region: COC has no site for 'mars'."),
        ([WRONG_KEY], "coc_accounts, entry 1: is not a dictionary with name and options."),
        (WRONG_KEY, "coc_accounts: is a string, but not valid JSON."),
    ],
)
def test_what_is_wrong_is_refused_before_any_request(run_job, simulator, accounts, message):
    if isinstance(accounts, list):
        accounts = [{**KEYS, **one} if "name" in one else one for one in accounts]
    job = run_job("list_tasks.yml", {"coc_accounts": accounts})  # whose credential has the simulator's endpoint
    assert job.runner.status == "failed"
    assert message in job.results("Check the accounts")[0]["msg"]
    assert simulator.requests == []
    assert leaked(job.kept) == []


@pytest.mark.parametrize("blank", ["", " ", None, []])
def test_blank_accounts_are_one_account(run_job, simulator, blank):
    job = run_job("list_tasks.yml", {"coc_accounts": blank, "coc_forks": blank})
    assert job.successful, job.stdout
    assert set(job.artifacts) == {"coc_task_count", "coc_task_ids", "coc_task_names"}
    assert "account" not in job.facts["coc_scheduled_tasks"][0]
    assert job.stdout.count("PLAY [") == 1


@pytest.mark.parametrize("forks", [5, 2])
def test_accounts_are_asked_side_by_side_up_to_a_bound(run_job, forks):
    """Each request waits until as many as allowed have come; more at a time would break the count."""
    barrier = threading.Barrier(forks)
    at_once: list[int] = []
    running = 0
    lock = threading.Lock()

    def together(exchange: t.Any, answer: t.Any) -> None:
        nonlocal running
        with lock:
            running += 1
            at_once.append(running)
        barrier.wait(60)
        with lock:
            running -= 1
        exchange.deliver(answer)

    number = 2 * forks
    with contextlib.ExitStack() as stack:
        accounts = []
        for name in range(number):
            one = stack.enter_context(coc_simulator.Simulator(coc_simulator.sample_tasks(1)))
            one.faults.append(together)
            accounts.append({"name": name, "endpoint": one.endpoint, **KEYS})
        job = run_job("list_tasks.yml", {"coc_accounts": accounts, "coc_forks": str(forks)}, kind=None)
    assert job.successful, job.stdout
    assert max(at_once) == forks
    assert len(at_once) == number and job.artifacts["coc_task_count"] == number


@IN_A_BROWSER
def test_page_filters_by_account(run_job, simulator, branch):
    accounts = [
        {"name": "Production", "endpoint": simulator.endpoint, **KEYS},
        {"name": "Branch & <co>", "endpoint": branch.endpoint, **KEYS},
    ]
    job = run_job("report.yml", {"coc_accounts": accounts}, kind=None)
    assert job.successful, job.stdout
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto((job.folder / "project/coc-report.html").as_uri())
        button = page.locator("button[data-filter=account]", has_text="Branch & <co>")
        button.click()
        assert page.locator("tbody tr:visible").count() == 2
        assert page.locator("output").inner_text() == "2 of 62 tasks: Branch & <co>"
        assert page.locator("tbody tr:visible td:nth-child(12)").all_inner_texts() == ["Branch & <co>"] * 2
        page.set_viewport_size({"width": 600, "height": 900})
        heading = (
            "getComputedStyle(document.querySelector('tbody tr:not([hidden]) td:nth-child(12)'), '::before').content"
        )
        assert page.evaluate(heading) == '"Account"'
        assert errors == []
        browser.close()


def test_set_up_gives_each_account_a_type_and_a_credential(tmp_path):
    keys = {"access_key": "FAKEACCESSKEY0000005", "secret_key": WRONG_KEY, "region": "cn-north-4"}
    file = tmp_path / "accounts.yml"
    file.write_text(json.dumps({"coc_accounts": [{"name": name, **keys} for name in ("production", "分公司")]}))
    arguments = (*INPUTS, "-e", f"@{file}", "-vvv")
    with Controller(PLAYBOOKS) as controller:
        done = set_up(controller, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        inputs, injectors = credential_type("account")
        ((_name, text),) = injectors["extra_vars"].items()
        types = [controller.named("credential_types", f"Huawei Cloud account {n}") for n in ("production", "分公司")]
        variables = [one["injectors"]["extra_vars"] for one in types]
        assert variables[0] == injectors["extra_vars"]
        ((variable, same),) = variables[1].items()
        assert re.fullmatch("coc_account_[0-9a-f]{12}", variable) and same == text
        assert [one["inputs"] for one in types] == [inputs, inputs]
        credentials = [controller.named("credentials", f"COC {name}") for name in ("production", "分公司")]
        assert [one["inputs"] for one in credentials] == [
            {**keys, "account": "production"},
            {**keys, "account": "分公司"},
        ]
        for template in controller.items["job_templates"].values():
            attached = controller.associations[f"job_templates/{template['id']}/credentials/"]
            assert sorted(attached) == sorted(one["id"] for one in credentials)
        assert leaked(done.stdout + done.stderr) == []

        controller.changes.clear()
        again = set_up(controller, *arguments)
        assert again.returncode == 0 and controller.changes == [], again.stdout
