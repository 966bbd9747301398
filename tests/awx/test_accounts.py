# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several accounts in one job, each from a credential of its own, on a simulator of its own."""

from __future__ import annotations

import contextlib
import threading
import typing as t

import pytest

from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.awx.conftest import KEYS, WRONG_KEY, credential_type, inject, leaked


@pytest.fixture
def branch():
    """The simulator of a second account."""
    with coc_simulator.Simulator(coc_simulator.sample_tasks(2)) as running:
        yield running


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


@pytest.mark.parametrize("newer", [False, True], ids=["execution environment", "newer"])
@pytest.mark.parametrize("playbook", ["list_tasks.yml", "assert_healthy.yml", "report.yml"])
def test_one_that_fails_hides_no_other(run_job, monkeypatch, two, simulator, branch, playbook, newer):
    monkeypatch.setenv("ANSIBLE_VERBOSITY", "4")
    monkeypatch.setenv("ANSIBLE_ANY_ERRORS_FATAL", "1")  # as an ansible.cfg may say
    survey = {"ansible_huaweicloud_auth_token": coc_simulator.AUTH_TOKEN, "ansible_huaweicloud_project_id": "P-common"}
    job = run_job(playbook, survey, kind=None, handed_on=two, newer=newer)
    assert job.runner.status == "failed"
    ids = [task["id"] for task in simulator.tasks]

    failed = job.artifacts["coc_failed_accounts"]
    assert set(failed) == {"分公司"} and "returned HTTP 401" in failed["分公司"]
    assert failed["分公司"].startswith(f"GET {branch.endpoint}/")
    end = "Judge" if playbook == "assert_healthy.yml" else "Fail for accounts that could not be asked"
    assert f"1 of 2 accounts could not be asked: 分公司: {failed['分公司']}" in job.message(end)

    if playbook == "list_tasks.yml":
        shown = job.message("Show the tasks")
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
        ("[]", "coc_accounts: has no account."),
    ],
)
def test_what_is_wrong_is_refused_before_any_request(run_job, simulator, accounts, message):
    if isinstance(accounts, list):
        accounts = [{**KEYS, **one} if "name" in one else one for one in accounts]
    job = run_job("list_tasks.yml", {"coc_accounts": accounts})  # whose credential has the simulator's endpoint
    assert job.runner.status == "failed"
    assert message in job.message("Check the accounts")
    assert simulator.requests == []


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
    lock = threading.Lock()
    at_once: list[int] = []
    running = 0

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


def test_page_filters_by_account(run_job, look_at, simulator, branch):
    accounts = [
        {"name": "Production", "endpoint": simulator.endpoint, **KEYS},
        {"name": "Branch & <co>", "endpoint": branch.endpoint, **KEYS},
    ]
    job = run_job("report.yml", {"coc_accounts": accounts}, kind=None)
    assert job.successful, job.stdout
    page = look_at(job.folder / "project/coc-report.html", width=1400)
    page.locator("button[data-filter=account]", has_text="Branch & <co>").click()
    assert page.locator("output").inner_text() == "2 of 62 tasks: Branch & <co>"
    cells = page.locator("tbody tr:visible td:nth-child(12)")
    assert cells.all_inner_texts() == ["Branch & <co>"] * 2
    page.set_viewport_size({"width": 600, "height": 900})
    assert cells.first.evaluate("cell => getComputedStyle(cell, '::before').content") == '"Account"'
