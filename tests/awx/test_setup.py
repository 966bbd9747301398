# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The set-up of AWX creates what the guide says, once, with the real modules of awx.awx, which must be installed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import typing as t

import pytest

from ansible_collections.huaweicloud.coc.tests.awx import controller as awx
from ansible_collections.huaweicloud.coc.tests.awx.conftest import (
    COLLECTION,
    LOCALHOST,
    SETUP,
    WRONG_KEY,
    credential_type,
    leaked,
)

PLAYBOOKS = sorted(path.name for path in (COLLECTION / "docs/awx/project").glob("*.yml"))
SECRET_KEY = "FakeSecretKeyForTheSetup000000000000001"
REPLACED = {"access_key": "FAKEACCESSKEY0000004", "secret_key": "FakeSecretKeyThatWasReplaced000000000001"}
INPUTS = ("-e", "coc_project_url=https://git.example.com/ops/coc.git", "-e", "coc_image=registry.example.com/coc-ee:1")


@pytest.fixture
def controller():
    with awx.Controller() as running:
        yield running


def set_up(controller: awx.Controller, *arguments: str, returncode: int = 0, **variables: str) -> str:
    """Run the playbook, which has to end with ``returncode``, and return what it prints."""
    environment = {
        "CONTROLLER_HOST": controller.url,
        "CONTROLLER_USERNAME": awx.ADMINISTRATOR,
        "CONTROLLER_PASSWORD": awx.PASSWORD,
        "HW_ACCESS_KEY": "FAKEACCESSKEY0000003",
        "HW_SECRET_KEY": SECRET_KEY,
        "HW_REGION_NAME": "ap-southeast-3",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "SSL_CERT_FILE": os.devnull,  # quicker: the modules read the certificates for every request, even one by http
    }
    command = ["ansible-playbook", str(COLLECTION / "docs/awx/setup.yml"), *arguments]
    environ = {**os.environ, **environment, **variables}
    done = subprocess.run(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == returncode, done.stdout
    return done.stdout


def assert_has(item: awx.Item, **fields: t.Any) -> None:
    assert {name: item.get(name) for name in fields} == fields


def assert_second_organization_is_complete(controller: awx.Controller) -> None:
    """Assert that what was set up for the second organization is its own, and that it works with nothing else."""
    credential, image, inventory, project, *templates = (
        key
        for collection in ("credentials", "execution_environments", "inventories", "projects", "job_templates")
        for key, item in controller.items[collection].items()
        if item["organization"] == 2
    )
    assert len(templates) == 3
    for template in templates:
        assert controller.related[f"job_templates/{template}/credentials/"] == [credential]
        own = {"inventory": inventory, "project": project, "execution_environment": image}
        assert_has(controller.items["job_templates"][template], **own)
    assert inventory in [item["inventory"] for item in controller.items["hosts"].values()]
    workflow = controller.named("workflow_job_templates", "COC watch", 2)["id"]
    nodes = controller.items["workflow_job_template_nodes"].values()
    assert {node["unified_job_template"] for node in nodes if node["workflow_job_template"] == workflow} < {*templates}
    assert workflow in [item["unified_job_template"] for item in controller.items["schedules"].values()]


def test_set_up_is_complete_and_idempotent(controller):
    assert SECRET_KEY not in set_up(controller, *INPUTS, "-e", "coc_max_age_hours=25")
    named = controller.named

    for name, kind in (("Huawei Cloud", "environment"), ("Huawei Cloud profile", "profile")):
        inputs, injectors = credential_type(kind)
        assert_has(named("credential_types", name), kind="cloud", inputs=inputs, injectors=injectors)
    given = {"access_key": "FAKEACCESSKEY0000003", "secret_key": SECRET_KEY, "region": "ap-southeast-3"}
    credential = named("credentials", "COC")
    kind = named("credential_types", "Huawei Cloud")["id"]
    assert_has(credential, organization=1, credential_type=kind, inputs=given)
    image = named("execution_environments", "COC")
    assert_has(image, organization=1, image="registry.example.com/coc-ee:1", pull="missing")
    project = named("projects", "COC")
    repository = {"scm_type": "git", "scm_url": "https://git.example.com/ops/coc.git", "scm_branch": "main"}
    assert_has(project, organization=1, **repository, scm_update_on_launch=True, default_environment=image["id"])
    inventory = named("inventories", "COC")
    assert_has(inventory, organization=1)
    host = named("hosts", "localhost")
    assert (host["inventory"], json.loads(host["variables"])) == (inventory["id"], LOCALHOST)
    assert LOCALHOST["ansible_python_interpreter"] == "{{ ansible_playbook_python }}"

    templates = list(controller.items["job_templates"].values())
    assert {*(template["playbook"] for template in templates), "upload_report.yml"} == set(PLAYBOOKS)
    for template in templates:
        assert_has(template, execution_environment=image["id"], inventory=inventory["id"], project=project["id"])
        assert_has(template, survey_enabled=True, use_fact_cache=True, ask_credential_on_launch=True)
        assert controller.related[f"job_templates/{template['id']}/credentials/"] == [credential["id"]]
        (questions,) = (
            one["questions"] for one in SETUP["vars"]["coc_job_templates"] if one["name"] == template["name"]
        )
        spec = [*SETUP["vars"]["coc_questions"], *questions]
        assert controller.related[f"job_templates/{template['id']}/survey_spec/"]["spec"] == spec

    check, failed = (named("workflow_job_template_nodes", name) for name in ("check", "failed"))
    check_tasks, list_tasks = (named("job_templates", name)["id"] for name in ("COC check tasks", "COC list tasks"))
    assert_has(check, unified_job_template=check_tasks, extra_data={"coc_max_age_hours": 25})
    abnormal = {"ansible_huaweicloud_last_execution_status": "ABNORMAL"}
    assert_has(failed, unified_job_template=list_tasks, extra_data=abnormal)
    assert controller.related[f"workflow_job_template_nodes/{check['id']}/failure_nodes/"] == [failed["id"]]
    schedule = named("schedules", "COC watch")
    assert schedule["unified_job_template"] == named("workflow_job_templates", "COC watch")["id"]

    assert len(controller.changes) > 15
    set_up(controller, *INPUTS, "-e", "coc_organization=Second", CONTROLLER_USERNAME=awx.MANAGER)
    assert_second_organization_is_complete(controller)

    credential["inputs"].update(REPLACED)  # as people do on screen
    survey = f"job_templates/{list_tasks}/survey_spec/"
    wanted = controller.related[survey]["spec"]
    edited = [{**wanted[0], "required": True}, *wanted[2:]]  # one changed, one removed
    controller.related[survey] = {"name": "", "description": "", "spec": edited}
    done = len(controller.changes)
    extra = ("-e", "coc_max_age_hours=25", "-e", "coc_update_secrets=false")
    output = set_up(controller, *INPUTS, *extra, HW_REGION_NAME="cn-north-4")
    assert "changed=0 " in output
    assert controller.changes[done:] == []
    assert output.count(" stays as it is.") == 1
    named_questions = re.search(r"The survey of COC list tasks stays as it is\. .*: ([\w, ]+)\.", output)
    assert named_questions and set(named_questions[1].split(", ")) == {one["variable"] for one in wanted[:2]}
    filled = {name: value for name, value in credential["inputs"].items() if value}
    assert filled == {**REPLACED, "region": "ap-southeast-3"}

    weekly = "DTSTART:20260101T060000Z RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO"
    last = ("--start-at-task", "Create the credential", "-e", "coc_update_secrets=true coc_update_surveys=true")
    set_up(controller, *INPUTS, *last, "-e", json.dumps({"coc_schedule": weekly}))  # and without the age
    assert credential["inputs"] == given
    assert controller.items["workflow_job_template_nodes"][check["id"]]["extra_data"] == {"coc_max_age_hours": 0}
    assert controller.items["schedules"][schedule["id"]]["rrule"] == weekly
    assert controller.related[survey]["spec"] == wanted
    assert len(controller.changes) == done + 4


AGE = "give a whole number of hours"
TWICE = json.dumps({"coc_accounts": [{"name": "branch"}, {"name": "Branch"}]})
SECOND = ("-e", "coc_organization=Second")


@pytest.mark.parametrize(
    "arguments,variables,message",
    [
        (INPUTS[:2], {}, "Missing: coc_image. Set"),
        (INPUTS[2:], {}, "Missing: coc_project_url. Set"),
        (INPUTS, {"HW_SECRET_KEY": ""}, "Missing: HW_SECRET_KEY. Set"),
        (INPUTS, {"HW_REGION_NAME": ""}, "Missing: HW_REGION_NAME or HUAWEICLOUD_COC_ENDPOINT. Set"),
        ((), {"HW_ACCESS_KEY": ""}, "Missing: coc_project_url, coc_image, HW_ACCESS_KEY or HW_AUTH_TOKEN. Set"),
        (INPUTS, {"HW_AUTH_TOKEN": "FakeToken", "HW_ACCESS_KEY": ""}, "HW_AUTH_TOKEN excludes HW_ACCESS_KEY"),
        ((*INPUTS, "-e", "coc_max_age_hours=0.5"), {}, AGE),
        ((*INPUTS, "-e", "coc_max_age_hours=100001"), {}, AGE),
        ((*INPUTS, "-e", "coc_max_age_hours="), {}, AGE),
        ((*INPUTS, "-e", TWICE), {}, "a name is there twice"),
        # the credential types take an administrator of the system
        ((*INPUTS, *SECOND), {"CONTROLLER_USERNAME": awx.MANAGER}, "You don't have permission"),
    ],
)
def test_wrong_inputs_are_refused(controller, arguments, variables, message):
    output = set_up(controller, *arguments, returncode=2, **variables)
    assert controller.changes == []
    assert message in output
    assert "FakeToken" not in output


def test_each_account_gets_a_type_and_a_credential(controller, tmp_path):
    keys = {"access_key": "FAKEACCESSKEY0000005", "secret_key": WRONG_KEY, "region": "cn-north-4"}
    names = ("production", "分公司")
    agency = {"agency_name": "coc-reader", "agency_domain_name": "example-subsidiary"}
    accounts = [*({"name": name, **keys} for name in names), {"name": "subsidiary", **agency}]
    file = tmp_path / "accounts.yml"
    file.write_text(json.dumps({"coc_accounts": accounts}))
    arguments = (*INPUTS, "-e", f"@{file}", "-vvv")
    assert leaked(set_up(controller, *arguments)) == []
    inputs, injectors = credential_type("account")
    types = [controller.named("credential_types", f"Huawei Cloud account {name}") for name in names]
    assert [one["inputs"] for one in types] == [inputs, inputs]
    own, other = (one["injectors"]["extra_vars"] for one in types)
    assert own == injectors["extra_vars"]
    assert list(other.values()) == list(own.values())
    assert re.fullmatch("coc_account_[0-9a-f]{12}", *other)
    credentials = [controller.named("credentials", f"COC {name}") for name in names]
    assert [one["inputs"] for one in credentials] == [{**keys, "account": name} for name in names]
    inputs, injectors = credential_type("agency")
    by_agency = controller.named("credential_types", "Huawei Cloud agency subsidiary")
    assert by_agency["inputs"] == inputs
    assert by_agency["injectors"]["extra_vars"] == {
        "coc_account_subsidiary": injectors["extra_vars"]["coc_account_branch"]
    }
    credentials += [controller.named("credentials", "COC subsidiary"), controller.named("credentials", "COC")]
    assert credentials[2]["inputs"] == {**agency, "account": "subsidiary"}
    for template in controller.items["job_templates"].values():
        attached = controller.related[f"job_templates/{template['id']}/credentials/"]
        assert sorted(attached) == sorted(one["id"] for one in credentials)

    controller.changes.clear()
    set_up(controller, *arguments)
    assert controller.changes == []
