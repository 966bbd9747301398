# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The set-up of AWX creates what the guide says, once, with the real modules of awx.awx."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import urllib.error
import urllib.request

import pytest

from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import ARGUMENT_SPEC
from ansible_collections.huaweicloud.coc.tests.awx.conftest import COLLECTION, LOCALHOST, credential_type
from ansible_collections.huaweicloud.coc.tests.awx.controller import (
    PASSWORD,
    USERNAME,
    Controller,
    Refusal,
    check_answers,
)

SETUP = COLLECTION / "docs/awx/setup.yml"
PLAYBOOKS = sorted(path.name for path in (COLLECTION / "docs/awx/project").glob("*.yml"))
SECRET_KEY = "FakeSecretKeyForTheSetup000000000000001"
INPUTS = ("-e", "coc_project_url=https://git.example.com/ops/coc.git", "-e", "coc_image=registry.example.com/coc-ee:1")


@pytest.fixture
def controller():
    with Controller(PLAYBOOKS) as running:
        yield running


def set_up(controller, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "CONTROLLER_HOST": controller.url,
        "CONTROLLER_USERNAME": USERNAME,
        "CONTROLLER_PASSWORD": PASSWORD,
        "HW_ACCESS_KEY": "FAKEACCESSKEY0000003",
        "HW_SECRET_KEY": SECRET_KEY,
        "HW_REGION_NAME": "ap-southeast-3",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "SSL_CERT_FILE": os.devnull,  # quicker: the modules read the certificates for every request, even one by http
    }
    command = ["ansible-playbook", str(SETUP), *arguments]
    return subprocess.run(
        command, env={**os.environ, **environment, **variables}, capture_output=True, text=True, check=False
    )


def test_set_up_is_complete_and_idempotent(controller):
    first = set_up(controller, *INPUTS, "-e", "coc_max_age_hours=25")
    assert first.returncode == 0, first.stdout + first.stderr
    named = controller.named

    for name, kind in (("Huawei Cloud", "environment"), ("Huawei Cloud profile", "profile")):
        created = named("credential_types", name)
        assert (created["kind"], created["inputs"], created["injectors"]) == ("cloud", *credential_type(kind))

    credential = named("credentials", "COC")
    assert credential["credential_type"] == named("credential_types", "Huawei Cloud")["id"]
    given = {"access_key": "FAKEACCESSKEY0000003", "secret_key": SECRET_KEY, "region": "ap-southeast-3"}
    assert credential["inputs"] == given
    assert SECRET_KEY not in first.stdout + first.stderr

    image = named("execution_environments", "COC")
    assert (image["image"], image["pull"]) == ("registry.example.com/coc-ee:1", "missing")
    project = named("projects", "COC")
    repository = {"scm_type": "git", "scm_url": "https://git.example.com/ops/coc.git", "scm_branch": "main"}
    expected = {**repository, "scm_update_on_launch": True, "default_environment": image["id"]}
    assert {field: project.get(field) for field in expected} == expected
    assert {one["organization"] for one in (credential, image, project, named("inventories", "COC"))} == {1}
    host = named("hosts", "localhost")
    assert host["inventory"] == named("inventories", "COC")["id"]
    assert json.loads(host["variables"]) == LOCALHOST
    assert LOCALHOST["ansible_python_interpreter"] == "{{ ansible_playbook_python }}"

    templates = list(controller.items["job_templates"].values())
    assert sorted(template["playbook"] for template in templates) == PLAYBOOKS
    for template in templates:
        assert template["execution_environment"] == image["id"]
        assert (template["inventory"], template["project"]) == (named("inventories", "COC")["id"], project["id"])
        switches = ("survey_enabled", "use_fact_cache", "ask_credential_on_launch")
        assert [template.get(name) for name in switches] == [True, True, True]
        assert controller.associations[f"job_templates/{template['id']}/credentials/"] == [credential["id"]]
        questions = controller.surveys[template["id"]]["spec"]
        assert not any(question["required"] for question in questions)
        offered = {question["variable"]: set(question["choices"]) for question in questions if "choices" in question}
        assert len(offered) == 3
        for variable, choices in offered.items():
            assert choices == set(ARGUMENT_SPEC[variable.replace("ansible_huaweicloud_", "")]["choices"])

    check, failed = (named("workflow_job_template_nodes", name) for name in ("check", "failed"))
    assert check["unified_job_template"] == named("job_templates", "COC check tasks")["id"]
    assert check["extra_data"] == {"coc_max_age_hours": 25}
    assert failed["unified_job_template"] == named("job_templates", "COC list tasks")["id"]
    assert failed["extra_data"] == {"ansible_huaweicloud_last_execution_status": "ABNORMAL"}
    assert controller.associations[f"workflow_job_template_nodes/{check['id']}/failure_nodes/"] == [failed["id"]]
    schedule = named("schedules", "COC watch")
    assert schedule["unified_job_template"] == named("workflow_job_templates", "COC watch")["id"]

    done = len(controller.changes)
    assert done > 15
    second = set_up(controller, *INPUTS, "-e", "coc_max_age_hours=25")
    assert (second.returncode, controller.changes[done:]) == (0, []), second.stdout + second.stderr
    assert "changed=0 " in second.stdout

    weekly = "DTSTART:20260101T060000Z RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO"
    last = ("--start-at-task", "Create the workflow")
    third = set_up(controller, *INPUTS, *last, "-e", json.dumps({"coc_schedule": weekly}))  # and without the age
    assert third.returncode == 0, third.stdout + third.stderr
    assert named("workflow_job_template_nodes", "check")["extra_data"] == {"coc_max_age_hours": 0}
    assert named("schedules", "COC watch")["rrule"] == weekly
    assert len(controller.changes) == done + 2


INCOMPLETE = "Set coc_project_url and coc_image, and in the environment"


@pytest.mark.parametrize(
    "arguments,variables,message",
    [
        (INPUTS[:2], {}, INCOMPLETE),
        (INPUTS[2:], {}, INCOMPLETE),
        (INPUTS, {"HW_SECRET_KEY": ""}, INCOMPLETE),
        (INPUTS, {"HW_REGION_NAME": ""}, INCOMPLETE),
        (INPUTS, {"HW_AUTH_TOKEN": "FakeToken", "HW_ACCESS_KEY": ""}, "HW_AUTH_TOKEN excludes HW_ACCESS_KEY"),
        ((*INPUTS, "-e", "coc_max_age_hours=0.5"), {}, "give a whole number of hours"),
        ((*INPUTS, "-e", "coc_max_age_hours=100001"), {}, "give a whole number of hours"),
        ((*INPUTS, "-e", "coc_max_age_hours="), {}, "give a whole number of hours"),
    ],
)
def test_wrong_inputs_are_refused(controller, arguments, variables, message):
    done = set_up(controller, *arguments, **variables)
    assert (done.returncode, controller.changes) == (2, [])
    assert message in done.stdout
    assert "FakeToken" not in done.stdout + done.stderr


@pytest.mark.parametrize("credential", ["", "admin:wrong", f"other:{PASSWORD}"])
def test_stand_in_refuses_others(controller, credential):
    header = {"Authorization": f"Basic {base64.b64encode(credential.encode()).decode()}"} if credential else {}
    request = urllib.request.Request(f"{controller.url}/api/v2/organizations/", headers=header)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10)


@pytest.mark.parametrize(
    "answers,problem",
    [
        ({"other": 1}, "does not ask"),
        ({"age": "1"}, "of another type"),
        ({"age": True}, "of another type"),
        ({"age": 0}, "out of range"),
        ({"age": 11}, "out of range"),
        ({"name": "abcd"}, "out of range"),
        ({"risk": "SEVERE"}, "is no choice"),
    ],
)
def test_stand_in_refuses_answers_that_awx_refuses(answers, problem):
    survey = {
        "spec": [
            {"variable": "age", "type": "integer", "min": 1, "max": 10},
            {"variable": "name", "type": "text", "min": 0, "max": 3},
            {"variable": "risk", "type": "multiplechoice", "choices": ["HIGH", "LOW"]},
        ]
    }
    check_answers({"age": 1, "name": "abc", "risk": "LOW"}, survey)
    with pytest.raises(Refusal, match=problem):
        check_answers(answers, survey)
