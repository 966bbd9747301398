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
import typing as t
import urllib.error
import urllib.request

import pytest

from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task_query import ARGUMENT_SPEC
from ansible_collections.huaweicloud.coc.tests.awx import controller as awx
from ansible_collections.huaweicloud.coc.tests.awx.conftest import (
    COLLECTION,
    LOCALHOST,
    SETUP,
    WRONG_KEY,
    credential_type,
    leaked,
)


def survey_of(*questions: awx.Item) -> awx.Item:
    return {"name": "", "description": "", "spec": list(questions)}


SURVEYS = {
    template["name"]: survey_of(*SETUP["vars"]["coc_questions"], *template["questions"])
    for template in SETUP["vars"]["coc_job_templates"]
}
PLAYBOOKS = sorted(path.name for path in (COLLECTION / "docs/awx/project").glob("*.yml"))
SECRET_KEY = "FakeSecretKeyForTheSetup000000000000001"
REPLACED = {"access_key": "FAKEACCESSKEY0000004", "secret_key": "FakeSecretKeyThatWasReplaced000000000001"}
INPUTS = ("-e", "coc_project_url=https://git.example.com/ops/coc.git", "-e", "coc_image=registry.example.com/coc-ee:1")


@pytest.fixture
def controller():
    with awx.Controller(PLAYBOOKS) as running:
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


def edit_credential(controller: awx.Controller, **filled: str) -> None:
    """Edit the credential of the first organization as people do in the user interface."""
    path = f"credentials/{controller.named('credentials', 'COC', 1)['id']}"
    shown = controller.answer(awx.ADMINISTRATOR, "GET", path, {}, {})[1]
    inputs = controller.named("credential_types", "Huawei Cloud")["inputs"]
    controller.answer(awx.ADMINISTRATOR, "PATCH", path, {}, {"inputs": awx.credential_form(inputs, shown, filled)})


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
        assert controller.associations[f"job_templates/{template}/credentials/"] == [credential]
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
        assert controller.associations[f"job_templates/{template['id']}/credentials/"] == [credential["id"]]
        questions = controller.surveys[template["id"]]["spec"]
        assert not any(question["required"] for question in questions)
        offered = {question["variable"]: question["choices"] for question in questions if "choices" in question}
        assert len(offered) == 3
        for variable, (blank, *choices) in offered.items():
            assert blank == ""
            assert set(choices) == set(ARGUMENT_SPEC[variable.replace("ansible_huaweicloud_", "")]["choices"])

    check, failed = (named("workflow_job_template_nodes", name) for name in ("check", "failed"))
    check_tasks, list_tasks = (named("job_templates", name)["id"] for name in ("COC check tasks", "COC list tasks"))
    assert_has(check, unified_job_template=check_tasks, extra_data={"coc_max_age_hours": 25})
    abnormal = {"ansible_huaweicloud_last_execution_status": "ABNORMAL"}
    assert_has(failed, unified_job_template=list_tasks, extra_data=abnormal)
    assert controller.associations[f"workflow_job_template_nodes/{check['id']}/failure_nodes/"] == [failed["id"]]
    schedule = named("schedules", "COC watch")
    assert schedule["unified_job_template"] == named("workflow_job_templates", "COC watch")["id"]

    assert len(controller.changes) > 15
    set_up(controller, *INPUTS, "-e", "coc_organization=Second", CONTROLLER_USERNAME=awx.MANAGER)
    assert_second_organization_is_complete(controller)

    edit_credential(controller, **REPLACED)
    done = len(controller.changes)
    extra = ("-e", "coc_max_age_hours=25", "-e", "coc_update_secrets=false")
    assert "changed=0 " in set_up(controller, *INPUTS, *extra, HW_REGION_NAME="cn-north-4")
    assert controller.changes[done:] == []
    filled = {name: value for name, value in credential["inputs"].items() if value}
    assert filled == {**REPLACED, "region": "ap-southeast-3"}

    weekly = "DTSTART:20260101T060000Z RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO"
    last = ("--start-at-task", "Create the credential", "-e", "coc_update_secrets=true")
    set_up(controller, *INPUTS, *last, "-e", json.dumps({"coc_schedule": weekly}))  # and without the age
    assert credential["inputs"] == given
    assert controller.items["workflow_job_template_nodes"][check["id"]]["extra_data"] == {"coc_max_age_hours": 0}
    assert controller.items["schedules"][schedule["id"]]["rrule"] == weekly
    assert len(controller.changes) == done + 3


@pytest.mark.parametrize("survey", SURVEYS.values(), ids=SURVEYS)
def test_survey_can_be_edited_and_scheduled_on_screen(controller, survey):
    awx.check_survey(survey)
    awx.check_survey(survey_of(*map(awx.open_question, survey["spec"])))
    awx.check_answers(awx.scheduled_answers(survey, {}), survey)

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
        awx.make_question(question_name="Risk", variable="risk", type="multiplechoice", choices=["HIGH"]),
        awx.make_question(question_name="Age", variable="age", type="integer"),
        awx.make_question(question_name="Name", variable="name", type="text"),
    ]
    for question in questions[:2]:
        survey = survey_of(question)
        awx.check_survey(survey)
        with pytest.raises(awx.Refusal):
            awx.check_answers(awx.scheduled_answers(survey, {}), survey)
    survey = survey_of(*questions)
    awx.check_answers(awx.scheduled_answers(survey, {"risk": "HIGH", "age": 25}), survey)


INCOMPLETE = "Set coc_project_url and coc_image, and in the environment"
AGE = "give a whole number of hours"
SECOND = ("-e", "coc_organization=Second")


@pytest.mark.parametrize(
    "arguments,variables,message",
    [
        (INPUTS[:2], {}, INCOMPLETE),
        (INPUTS[2:], {}, INCOMPLETE),
        (INPUTS, {"HW_SECRET_KEY": ""}, INCOMPLETE),
        (INPUTS, {"HW_REGION_NAME": ""}, INCOMPLETE),
        (INPUTS, {"HW_AUTH_TOKEN": "FakeToken", "HW_ACCESS_KEY": ""}, "HW_AUTH_TOKEN excludes HW_ACCESS_KEY"),
        ((*INPUTS, "-e", "coc_max_age_hours=0.5"), {}, AGE),
        ((*INPUTS, "-e", "coc_max_age_hours=100001"), {}, AGE),
        ((*INPUTS, "-e", "coc_max_age_hours="), {}, AGE),
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
    file = tmp_path / "accounts.yml"
    file.write_text(json.dumps({"coc_accounts": [{"name": name, **keys} for name in names]}))
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
    for template in controller.items["job_templates"].values():
        attached = controller.associations[f"job_templates/{template['id']}/credentials/"]
        assert sorted(attached) == sorted(one["id"] for one in credentials)

    controller.changes.clear()
    set_up(controller, *arguments)
    assert controller.changes == []


@pytest.mark.parametrize("credential", ["", "admin:wrong", f"other:{awx.PASSWORD}"])
def test_stand_in_refuses_others(controller, credential):
    header = {"Authorization": f"Basic {base64.b64encode(credential.encode()).decode()}"} if credential else {}
    request = urllib.request.Request(f"{controller.url}/api/v2/organizations/", headers=header)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10)


@pytest.mark.parametrize(
    "problem,answers",
    [
        ("does not ask", {"other": 1}),
        *(("of another type", {"age": value}) for value in ("1", True, "", None)),
        *(("of another type", {name: None}) for name in ("name", "risk")),
        *(("out of range", answer) for answer in ({"age": 0}, {"age": 11}, {"name": "abcd"})),
        *(("is no choice", {"risk": value}) for value in ("SEVERE", "high", "")),
    ],
)
def test_stand_in_refuses_answers_that_awx_refuses(problem, answers):
    survey = survey_of(
        {"variable": "age", "type": "integer", "min": 1, "max": 10},
        {"variable": "name", "type": "text", "min": 0, "max": 3},
        {"variable": "risk", "type": "multiplechoice", "choices": ["HIGH", "LOW"]},
    )
    awx.check_answers({"age": 1, "name": "abc", "risk": "LOW"}, survey)
    awx.check_answers({"name": ""}, survey)
    with pytest.raises(awx.Refusal, match=problem):
        awx.check_answers(answers, survey)


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "integer", "default": "25"},
        {"type": "integer", "required": "no"},
        {"type": "multiplechoice"},
        {"type": "secret"},
    ],
)
def test_stand_in_refuses_surveys_that_awx_refuses(changed):
    question = {"question_name": "Key", "variable": "key", "type": "password", "required": False, "min": None}
    awx.check_survey(survey_of(question))
    for refused in (survey_of({**question, **changed}), survey_of(question, question), survey_of()):
        with pytest.raises(awx.Refusal):
            awx.check_survey(refused)


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
    awx.check_rrule(rrule)


@pytest.mark.parametrize(
    "rrule",
    [
        "RRULE:FREQ=DAILY;INTERVAL=1",
        "DTSTART:20260101T060000 RRULE:FREQ=DAILY;INTERVAL=1",
        "DTSTART;TZID=No/Where:20260101T060000 RRULE:FREQ=DAILY;INTERVAL=1",
        START,
        f"{START} {START} RRULE:FREQ=DAILY;INTERVAL=1",
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
    with pytest.raises(awx.Refusal):
        awx.check_rrule(rrule)


@pytest.mark.parametrize("path", ["srv/coc", "/srv/coc:coc", "/srv/coc:/srv/coc:wr", "/srv/coc:/srv/coc:rw:z"])
def test_stand_in_refuses_paths_that_awx_refuses(path):
    awx.check_paths(["/srv/coc", "/srv/coc:/coc", "/srv/coc:/srv/coc:rw"])
    with pytest.raises(awx.Refusal):
        awx.check_paths([path])


@pytest.mark.parametrize(
    "path,changed,problem",
    [
        ("credentials/11", {"name": ""}, "missing"),
        ("credentials/11", {"name": "other"}, "there is one"),
        ("credentials/11", {"inputs": {"kye": "FAKE"}}, "unknown"),
        ("credentials/11", {"inputs": {"key": 1}}, "not all are text"),
        ("credentials/11", {"inputs": {"key": awx.ENCRYPTED}}, "reserved"),
        ("job_templates/12", {"playbook": "other.yml"}, "Playbook not found"),
        ("execution_environments/13", {"organization": 2}, "Cannot change the organization"),
    ],
)
def test_stand_in_refuses_changes_that_awx_refuses(controller, path, changed, problem):
    credential = {"name": "COC", "organization": 1, "credential_type": 3, "inputs": {}}
    controller.items.update(
        credential_types={3: {"id": 3, "inputs": {"fields": [{"id": "key", "label": "Key"}]}}},
        projects={4: {"id": 4, "organization": 1}},
        credentials={10: {"id": 10, **credential, "name": "other"}, 11: {"id": 11, **credential}},
        job_templates={12: {"id": 12, "name": "COC", "project": 4, "inventory": 5, "playbook": PLAYBOOKS[0]}},
        execution_environments={13: {"id": 13, "name": "COC", "organization": 1, "image": "coc-ee"}},
    )
    controller.answer(awx.ADMINISTRATOR, "PATCH", path, {}, {})
    with pytest.raises(awx.Refusal, match=problem):
        controller.answer(awx.ADMINISTRATOR, "PATCH", path, {}, changed)


def test_stand_in_launches_as_awx_does(controller):
    """It saves a credential without a required field, and refuses its job; it exchanges one for another of its type."""
    inputs = {"fields": [{"id": "key", "label": "Key"}], "required": ["key"]}
    controller.items["credential_types"] = {3: {"id": 3, "inputs": inputs}, 4: {"id": 4, "inputs": inputs}}
    filled = [(3, {}), (3, {"key": "FAKE"}), (3, {"key": "FAKE"}), (4, {"key": "FAKE"})]
    ids = []
    for number, (kind, given) in enumerate(filled):
        data = {"name": f"{number}", "organization": 1, "credential_type": kind, "inputs": given}
        ids.append(controller.answer(awx.ADMINISTRATOR, "POST", "credentials", {}, data)[1]["id"])
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
        with pytest.raises(awx.Refusal, match=problem):
            controller.launch(template, wrong, credentials)
