# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The set-up of AWX creates what the guide says, once, with the real modules of awx.awx."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import urllib.error
import urllib.request

import pytest

from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task_query import ARGUMENT_SPEC
from ansible_collections.huaweicloud.coc.tests.awx.conftest import (
    COLLECTION,
    LOCALHOST,
    SETUP,
    WRONG_KEY,
    credential_type,
    leaked,
)
from ansible_collections.huaweicloud.coc.tests.awx.controller import (
    ADMINISTRATOR,
    MANAGER,
    PASSWORD,
    Controller,
    Refusal,
    check_answers,
    check_rrule,
    check_survey,
    credential_form,
    make_question,
    open_question,
    scheduled_answers,
)

SURVEYS = {
    template["name"]: {"name": "", "description": "", "spec": SETUP["vars"]["coc_questions"] + template["questions"]}
    for template in SETUP["vars"]["coc_job_templates"]
}
PLAYBOOKS = sorted(path.name for path in (COLLECTION / "docs/awx/project").glob("*.yml"))
SECRET_KEY = "FakeSecretKeyForTheSetup000000000000001"
REPLACED = {"access_key": "FAKEACCESSKEY0000004", "secret_key": "FakeSecretKeyThatWasReplaced000000000001"}
INPUTS = ("-e", "coc_project_url=https://git.example.com/ops/coc.git", "-e", "coc_image=registry.example.com/coc-ee:1")


@pytest.fixture
def controller():
    with Controller(PLAYBOOKS) as running:
        yield running


def set_up(controller, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "CONTROLLER_HOST": controller.url,
        "CONTROLLER_USERNAME": ADMINISTRATOR,
        "CONTROLLER_PASSWORD": PASSWORD,
        "HW_ACCESS_KEY": "FAKEACCESSKEY0000003",
        "HW_SECRET_KEY": SECRET_KEY,
        "HW_REGION_NAME": "ap-southeast-3",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "SSL_CERT_FILE": os.devnull,  # quicker: the modules read the certificates for every request, even one by http
    }
    command = ["ansible-playbook", str(COLLECTION / "docs/awx/setup.yml"), *arguments]
    return subprocess.run(
        command, env={**os.environ, **environment, **variables}, capture_output=True, text=True, check=False
    )


def edit_credential(controller, **filled: str) -> None:
    """Edit the credential of the first organization as people do in the user interface."""
    item = controller.named("credentials", "COC", 1)
    path = f"credentials/{item['id']}"
    shown = controller.answer(ADMINISTRATOR, "GET", path, {}, {})[1]
    inputs = controller.named("credential_types", "Huawei Cloud")["inputs"]
    controller.answer(ADMINISTRATOR, "PATCH", path, {}, {"inputs": credential_form(inputs, shown, filled)})


def check_second_organization(controller):
    """Assert that what was set up for the second organization is its own, and that it works with nothing else."""
    own = {
        collection: {key for key, item in controller.items[collection].items() if item["organization"] == 2}
        for collection in ("credentials", "execution_environments", "inventories", "projects", "job_templates")
    }
    assert [len(ids) for ids in own.values()] == [1, 1, 1, 1, 3]
    for template in own["job_templates"]:
        assert set(controller.associations[f"job_templates/{template}/credentials/"]) == own["credentials"]
        item = controller.items["job_templates"][template]
        assert {item["inventory"]} == own["inventories"]
        assert {item["project"]} == own["projects"]
        assert {item["execution_environment"]} == own["execution_environments"]
    assert {item["inventory"] for item in controller.items["hosts"].values()} > own["inventories"]
    workflow = controller.named("workflow_job_templates", "COC watch", 2)["id"]
    nodes = [
        node
        for node in controller.items["workflow_job_template_nodes"].values()
        if node["workflow_job_template"] == workflow
    ]
    assert {node["unified_job_template"] for node in nodes} < own["job_templates"]
    assert workflow in [item["unified_job_template"] for item in controller.items["schedules"].values()]


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
    assert {*(template["playbook"] for template in templates), "upload_report.yml"} == set(PLAYBOOKS)
    for template in templates:
        assert template["execution_environment"] == image["id"]
        assert (template["inventory"], template["project"]) == (named("inventories", "COC")["id"], project["id"])
        switches = ("survey_enabled", "use_fact_cache", "ask_credential_on_launch")
        assert [template.get(name) for name in switches] == [True, True, True]
        assert controller.associations[f"job_templates/{template['id']}/credentials/"] == [credential["id"]]
        questions = controller.surveys[template["id"]]["spec"]
        assert not any(question["required"] for question in questions)
        offered = {question["variable"]: question["choices"] for question in questions if "choices" in question}
        assert len(offered) == 3
        for variable, (blank, *choices) in offered.items():
            assert blank == ""
            assert set(choices) == set(ARGUMENT_SPEC[variable.replace("ansible_huaweicloud_", "")]["choices"])

    check, failed = (named("workflow_job_template_nodes", name) for name in ("check", "failed"))
    assert check["unified_job_template"] == named("job_templates", "COC check tasks")["id"]
    assert check["extra_data"] == {"coc_max_age_hours": 25}
    assert failed["unified_job_template"] == named("job_templates", "COC list tasks")["id"]
    assert failed["extra_data"] == {"ansible_huaweicloud_last_execution_status": "ABNORMAL"}
    assert controller.associations[f"workflow_job_template_nodes/{check['id']}/failure_nodes/"] == [failed["id"]]
    schedule = named("schedules", "COC watch")
    assert schedule["unified_job_template"] == named("workflow_job_templates", "COC watch")["id"]

    assert len(controller.changes) > 15
    another = set_up(controller, *INPUTS, "-e", "coc_organization=Second", CONTROLLER_USERNAME=MANAGER)
    assert another.returncode == 0, another.stdout + another.stderr
    check_second_organization(controller)

    edit_credential(controller, **REPLACED)
    done = len(controller.changes)
    extra = ("-e", "coc_max_age_hours=25", "-e", "coc_update_secrets=false")
    second = set_up(controller, *INPUTS, *extra, HW_REGION_NAME="cn-north-4")
    assert (second.returncode, controller.changes[done:]) == (0, []), second.stdout + second.stderr
    assert "changed=0 " in second.stdout
    filled = {name: value for name, value in credential["inputs"].items() if value}
    assert filled == {**REPLACED, "region": "ap-southeast-3"}

    weekly = "DTSTART:20260101T060000Z RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO"
    last = ("--start-at-task", "Create the credential", "-e", "coc_update_secrets=true")
    third = set_up(controller, *INPUTS, *last, "-e", json.dumps({"coc_schedule": weekly}))  # and without the age
    assert third.returncode == 0, third.stdout + third.stderr
    assert credential["inputs"] == given
    (check,) = (node for node in controller.items["workflow_job_template_nodes"].values() if node["id"] == check["id"])
    assert check["extra_data"] == {"coc_max_age_hours": 0}
    assert controller.items["schedules"][schedule["id"]]["rrule"] == weekly
    assert len(controller.changes) == done + 3


def test_credential_types_take_an_administrator_of_the_system(controller):
    done = set_up(controller, *INPUTS, "-e", "coc_organization=Second", CONTROLLER_USERNAME=MANAGER)
    assert (done.returncode, controller.changes) == (2, [])
    assert "You don't have permission" in done.stdout


@pytest.mark.parametrize("name", SURVEYS)
def test_survey_can_be_edited_and_scheduled_on_screen(controller, name):
    survey = SURVEYS[name]
    check_survey(survey)
    check_survey({**survey, "spec": [open_question(question) for question in survey["spec"]]})
    check_answers(scheduled_answers(survey, {}), survey)

    template = {"id": 1}
    controller.surveys[1] = survey
    choices = {question["variable"]: "" for question in survey["spec"] if "choices" in question}
    assert len(choices) == 3
    assert controller.launch(template, {}) == choices
    answers = {"ansible_huaweicloud_risk_level": "HIGH", "ansible_huaweicloud_task_name": ""}
    assert controller.launch(template, answers) == {**choices, **answers}


def test_survey_made_on_screen_can_be_scheduled_with_an_answer_only():
    """As the guide warns."""
    questions = [
        make_question(question_name="Risk", variable="risk", type="multiplechoice", required=False, choices=["HIGH"]),
        make_question(question_name="Age", variable="age", type="integer", required=False),
        make_question(question_name="Name", variable="name", type="text", required=False),
    ]
    for question in questions[:2]:
        survey = {"name": "", "description": "", "spec": [question]}
        check_survey(survey)
        with pytest.raises(Refusal):
            check_answers(scheduled_answers(survey, {}), survey)
    survey = {"name": "", "description": "", "spec": questions}
    check_answers(scheduled_answers(survey, {"risk": "HIGH", "age": 25}), survey)


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


def test_each_account_gets_a_type_and_a_credential(controller, tmp_path):
    keys = {"access_key": "FAKEACCESSKEY0000005", "secret_key": WRONG_KEY, "region": "cn-north-4"}
    names = ("production", "分公司")
    file = tmp_path / "accounts.yml"
    file.write_text(json.dumps({"coc_accounts": [{"name": name, **keys} for name in names]}))
    arguments = (*INPUTS, "-e", f"@{file}", "-vvv")
    first = set_up(controller, *arguments)
    assert first.returncode == 0, first.stdout + first.stderr
    assert leaked(first.stdout + first.stderr) == []
    inputs, injectors = credential_type("account")
    ((_name, text),) = injectors["extra_vars"].items()
    types = [controller.named("credential_types", f"Huawei Cloud account {name}") for name in names]
    variables = [one["injectors"]["extra_vars"] for one in types]
    assert variables[0] == injectors["extra_vars"]
    ((variable, same),) = variables[1].items()
    assert re.fullmatch("coc_account_[0-9a-f]{12}", variable) and same == text
    assert [one["inputs"] for one in types] == [inputs, inputs]
    credentials = [controller.named("credentials", f"COC {name}") for name in names]
    assert [one["inputs"] for one in credentials] == [{**keys, "account": name} for name in names]
    for template in controller.items["job_templates"].values():
        attached = controller.associations[f"job_templates/{template['id']}/credentials/"]
        assert sorted(attached) == sorted(one["id"] for one in credentials)

    controller.changes.clear()
    second = set_up(controller, *arguments)
    assert (second.returncode, controller.changes) == (0, []), second.stdout + second.stderr


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
        ({"risk": "high"}, "is no choice"),
        ({"risk": ""}, "is no choice"),
        ({"age": ""}, "of another type"),
        ({"age": None}, "of another type"),
        ({"name": None}, "of another type"),
        ({"risk": None}, "of another type"),
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
    check_answers({"name": ""}, survey)
    with pytest.raises(Refusal, match=problem):
        check_answers(answers, survey)


@pytest.mark.parametrize(
    "spec",
    [
        [],
        [{"question_name": "Age", "variable": "age", "type": "integer", "required": False, "default": "25"}],
        [{"question_name": "Age", "variable": "age", "type": "integer", "required": "no"}],
        [{"question_name": "Risk", "variable": "risk", "type": "multiplechoice", "required": False}],
        [{"question_name": "Key", "variable": "key", "type": "secret", "required": False}],
    ],
)
def test_stand_in_refuses_surveys_that_awx_refuses(spec):
    password = {"question_name": "Key", "variable": "key", "type": "password", "required": False, "min": None}
    check_survey({"name": "", "description": "", "spec": [password]})
    with pytest.raises(Refusal):
        check_survey({"name": "", "description": "", "spec": spec})


START = "DTSTART:20260101T060000Z"


@pytest.mark.parametrize(
    "rrule",
    [
        SETUP["vars"]["coc_schedule"],
        f"{START}\nRRULE:FREQ=DAILY;INTERVAL=1",
        f"{START} RRULE:FREQ=DAILY;INTERVAL=1 EXRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=SU",
        f"{START} RRULE:FREQ=DAILY;INTERVAL=1 RRULE:FREQ=WEEKLY;INTERVAL=1",
        f"{START} RRULE:FREQ=YEARLY;INTERVAL=1;BYEASTER=0",
        f"{START} RRULE:FREQ=DAILY;INTERVAL=1;UNTIL=20270101T000000Z",
        "DTSTART;TZID=Asia/Shanghai:20260101T060000 RRULE:FREQ=DAILY;INTERVAL=1;UNTIL=20270101T000000",
    ],
)
def test_stand_in_takes_rules_that_awx_takes(rrule):
    check_rrule(rrule)


@pytest.mark.parametrize(
    "rrule",
    [
        "RRULE:FREQ=DAILY;INTERVAL=1",
        "DTSTART:20260101T060000 RRULE:FREQ=DAILY;INTERVAL=1",
        "DTSTART;TZID=No/Where:20260101T060000 RRULE:FREQ=DAILY;INTERVAL=1",
        START,
        f"{START} RRULE:FREQ=DAILY",
        f"{START} RRULE:FREQ=SECONDLY;INTERVAL=1",
        f"{START} RRULE:FREQ=NEVER;INTERVAL=1",
        f"{START} RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=2MO",
        f"{START} RRULE:FREQ=DAILY;INTERVAL=1;COUNT=1000",
        f"{START} RRULE:FREQ=DAILY;INTERVAL=1;COUNT=2;UNTIL=20270101T000000Z",
        f"{START} RRULE:FREQ=DAILY;INTERVAL=1;UNTIL=20270101",
        f"{START} RRULE:FREQ=DAILY;INTERVAL=1 EXDATE:20260102T060000Z",
    ],
)
def test_stand_in_refuses_rules_that_awx_refuses(rrule):
    with pytest.raises(Refusal):
        check_rrule(rrule)


def test_stand_in_launches_as_awx_does(controller):
    """It saves a credential without a required field, and refuses its job; it exchanges one for another of its type."""
    inputs = {"fields": [{"id": "key", "label": "Key"}], "required": ["key"]}
    controller.items["credential_types"] = {3: {"id": 3, "inputs": inputs}, 4: {"id": 4, "inputs": inputs}}
    filled = [(3, {}), (3, {"key": "FAKE"}), (3, {"key": "FAKE"}), (4, {"key": "FAKE"})]
    ids = []
    for number, (kind, given) in enumerate(filled):
        data = {"name": f"{number}", "organization": 1, "credential_type": kind, "inputs": given}
        ids.append(controller.answer(ADMINISTRATOR, "POST", "credentials", {}, data)[1]["id"])
    empty, own, same, other = ids
    template = {"id": 9}
    controller.surveys[9] = {"spec": [{"variable": "needed", "type": "text", "required": True}]}
    controller.associations["job_templates/9/credentials/"] = [own]
    answers = {"needed": "yes"}
    assert controller.launch(template, {**answers, "not asked": 1}) == answers
    assert controller.launch(template, answers, [same, other]) == answers
    prompted = {**answers, "null": None}
    assert controller.launch({**template, "ask_variables_on_launch": True}, prompted) == prompted
    for wrong, credentials, problem in (
        ({}, None, "variables_needed_to_start"),
        (answers, [other], "without one of the same type"),
        (answers, [empty], "has no"),
    ):
        with pytest.raises(Refusal, match=problem):
            controller.launch(template, wrong, credentials)
