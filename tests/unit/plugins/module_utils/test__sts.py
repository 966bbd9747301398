# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exchanges for temporary credentials, with the simulator as IAM and STS; the metadata service has tests of its own."""

from __future__ import annotations

import threading
import time

import pytest

from ansible_collections.huaweicloud.coc.plugins.module_utils._client import Client
from ansible_collections.huaweicloud.coc.plugins.module_utils._credentials import find_credentials
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task_query import ARGUMENT_SPEC
from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.coc_simulator import hang, iam, status
from ansible_collections.huaweicloud.coc.tests.unit.conftest import connection_to, ids_of, no_warning, refusal

V3 = "/v3.0/OS-CREDENTIAL/securitytokens"
V5 = "/v5/agencies/assume"
TASKS = coc_simulator.SCHEDULED_TASKS
BY_NAME = {"agency_name": iam.AGENCY, "agency_domain_name": iam.DOMAIN_NAME}
BY_ID = {"agency_name": iam.AGENCY, "agency_domain_id": iam.DOMAIN_ID}
AS_VARIABLES = {
    "HW_ASSUME_ROLE_AGENCY_NAME": iam.AGENCY,
    "HW_ASSUME_ROLE_DOMAIN_NAME": iam.DOMAIN_NAME,
    "HW_ASSUME_ROLE_DURATION": "43200",
}
KEYS_AS_VARIABLES = {"HW_ACCESS_KEY": coc_simulator.ACCESS_KEY, "HW_SECRET_KEY": coc_simulator.SECRET_KEY}
TOKEN = {"access_key": "", "secret_key": "", "auth_token": coc_simulator.AUTH_TOKEN}


@pytest.fixture
def connection(simulator, monkeypatch):
    """Options with which both plugins reach the simulator: as COC, and as IAM and STS."""
    monkeypatch.setenv("HUAWEICLOUD_SDK_IAM_ENDPOINT", simulator.endpoint)
    monkeypatch.setenv("HUAWEICLOUD_SDK_STS_ENDPOINT", simulator.endpoint)
    return connection_to(simulator)


@pytest.fixture
def setenv(monkeypatch):
    return lambda variables: [monkeypatch.setenv(*item) for item in variables.items()]


def paths(simulator):
    return [request.path for request in simulator.requests]


# An agency of another account


@pytest.mark.parametrize(
    "agency, path",
    [
        (BY_NAME, V3),
        (BY_ID, V5),
        ({**BY_ID, "agency_domain_name": "the ID wins"}, V5),
        ({**BY_ID, **TOKEN}, V3),  # STS takes no token
    ],
    ids=["name", "ID", "both", "ID with a token"],
)
def test_the_tasks_of_the_agency_are_listed(ask, simulator, agency, path):
    """The scope of the base account goes nowhere; that in the options belongs to the other account."""
    assert ask(**agency).ids == ids_of(simulator.agency_tasks)
    assert ask(**agency, domain_id="fake-domain").ids == ids_of(simulator.agency_tasks)
    assert paths(simulator) == [path, TASKS] * 2
    assert [request.header("X-Domain-Id") for request in simulator.requests] == [None, None, None, "fake-domain"]
    assert (simulator.requests[0].header("Authorization") is None) is ("auth_token" in agency)


def test_the_scope_of_the_base_credentials_is_not_sent(ask, endpoint, simulator, setenv, connection):
    setenv({**KEYS_AS_VARIABLES, **AS_VARIABLES, "HW_DOMAIN_ID": "base", "HW_PROJECT_ID": "base"})
    assert ask(endpoint).ids == ids_of(simulator.agency_tasks)
    assert [request.header(f"X-{kind}-Id") for request in simulator.requests for kind in ("Domain", "Project")] == [
        None
    ] * 4


def test_sts_has_no_host_beside_a_given_iam(ask, simulator, monkeypatch, connection):
    for name in ("IAM", "STS"):
        monkeypatch.delenv(f"HUAWEICLOUD_SDK_{name}_ENDPOINT")
    assert ask(**BY_ID, iam_endpoint=simulator.endpoint).ids == ids_of(simulator.agency_tasks)
    assert paths(simulator) == [V3, TASKS]
    assert ask(**BY_NAME).error == (
        f"iam_endpoint: is not set, and which IAM belongs to {simulator.endpoint} is not known. Set it to IAM's URL."
    )


def test_an_agency_in_the_environment_never_changes_what_a_playbook_says(ask, endpoint, simulator, setenv):
    """It goes on top of credentials that no option names."""
    setenv(AS_VARIABLES)
    outcome = ask()
    assert outcome.ids == ids_of(simulator.tasks)
    assert outcome.warnings == [
        "HW_ASSUME_ROLE_AGENCY_NAME in the environment is left aside: the credentials in the options are used, as they "
        "are."
    ]
    setenv(KEYS_AS_VARIABLES)
    outcome = ask(endpoint)
    assert (outcome.ids, outcome.warnings) == (ids_of(simulator.agency_tasks), [])
    setenv({"HW_ASSUME_ROLE_AGENCY_NAME": "another"})
    outcome = ask(**BY_NAME)  # the option's wins
    assert (outcome.ids, outcome.warnings) == (ids_of(simulator.agency_tasks), [])
    setenv(dict.fromkeys(AS_VARIABLES, ""))  # as a credential of AWX has it
    assert ask(endpoint).ids == ids_of(simulator.tasks)


@pytest.mark.parametrize(
    "half, given, missing",
    [
        ({"agency_name": "a"}, "agency_name", "agency_domain_name or agency_domain_id"),
        ({"agency_domain_name": "b"}, "agency_domain_name", "agency_name"),
        ({"agency_domain_id": "c"}, "agency_domain_id", "agency_name"),
    ],
)
def test_half_an_agency_is_refused(ask, endpoint, simulator, setenv, half, given, missing):
    words = "Credentials in {} are incomplete: {} given, {} missing. "
    assert ask(**half).error.startswith(words.format("the options", given, missing))
    if "agency_name" in half:
        setenv({**KEYS_AS_VARIABLES, "HW_ASSUME_ROLE_AGENCY_NAME": "a"})
        names = "HW_ASSUME_ROLE_AGENCY_NAME", "HW_ASSUME_ROLE_DOMAIN_NAME or HW_ASSUME_ROLE_DOMAIN_ID"
        assert ask(endpoint).error.startswith(words.format("the environment variables HW_*", *names))
    assert simulator.connections == 0


def test_the_keys_are_renewed_before_they_end(ask, simulator):
    simulator.page_cap, simulator.exchange_expires_in = 10, 30  # less than a request may take
    assert ask(**BY_NAME).ids == ids_of(simulator.agency_tasks)
    assert paths(simulator) == [V3, TASKS] * 2
    simulator.requests.clear()
    simulator.exchange_expires_in = 300
    assert ask(**BY_NAME).ids == ids_of(simulator.agency_tasks)
    assert paths(simulator) == [V3, TASKS, TASKS]


def test_what_may_pass_is_tried_again(ask, simulator, pauses):
    simulator.faults += [status(503), coc_simulator.reset(), coc_simulator.cut_body(20)]
    assert ask(**BY_NAME).ids == ids_of(simulator.agency_tasks)
    assert paths(simulator) == [V3, V3, V3, V3, TASKS]
    assert len(pauses) == 3


IAM_ERROR = {"error": {"code": 403, "message": "You are not authorized", "title": "Forbidden"}}
STS_ERROR = {"error_code": "STS5.1001", "error_msg": "denied", "encoded_authorization_message": "FakeEncoded"}


@pytest.mark.parametrize(
    "agency, fault, words",
    [
        (BY_NAME, status(403, IAM_ERROR), ["HTTP 403, 403: You are not authorized", "permission Agent Operator"]),
        (BY_ID, status(403, STS_ERROR), ["HTTP 403, STS5.1001: denied (", "the permission sts:agencies:assume"]),
        ({**BY_ID, "agency_name": "other"}, None, ["HTTP 404, STS5.1106: The agency does not exist", "agency 'other'"]),
        (BY_NAME, status(401), ["HTTP 401", "The credentials came from the options.", "lock an access key"]),
    ],
)
def test_a_refusal_says_for_which_agency_and_what_the_user_needs(ask, simulator, agency, fault, words):
    simulator.faults.append(fault)
    outcome = ask(**agency)
    for part in (*words, "This was the request for the credentials of agency"):
        assert part in outcome.error
    assert outcome.result["status"] == int(words[0][5:8])
    assert "FakeEncoded" not in outcome.output
    assert len(simulator.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"Private-9f8e7d6c",
        b"<title>Private-9f8e7d6c",
        ["Private-9f8e7d6c"],
        {"credential": "Private-9f8e7d6c"},
        {"credential": {"access": "A", "secret": "Private-9f8e7d6c", "expires_at": "2999-01-01T00:00:00Z"}},
        {
            "credential": {
                "access": "A",
                "secret": "Private-9f8e7d6c",
                "securitytoken": "T",
                "expires_at": "2020-01-01T00:00:00Z",
            }
        },
        {
            "credential": {
                "access": "A",
                "secret": "Private-9f8e7d6c\n\x00!",
                "securitytoken": "T",
                "expires_at": "2999-01-01T00:00:00Z",
            }
        },
    ],
)
def test_another_answer_is_refused_and_not_shown(ask, simulator, answer):
    simulator.faults.append(status(201, answer))
    outcome = ask(**BY_NAME)
    assert outcome.error.startswith(f"POST {simulator.endpoint}{V3} returned ")
    assert "Private-9f8e7d6c" not in outcome.output
    assert paths(simulator) == [V3]


def test_it_ends_from_outside(simulator, connection):
    """An interrupt of a playbook must not wait for it."""
    simulator.faults.append(hang())
    defaults = {name: option.get("default") for name, option in ARGUMENT_SPEC.items()}
    options = {**defaults, **connection, **BY_NAME}
    client = Client(options, find_credentials(options, no_warning), no_warning)

    def abort():
        while not simulator.requests:
            time.sleep(0.01)
        client.abort()

    thread = threading.Thread(target=abort)
    thread.start()
    assert "was stopped before the response came" in refusal(client.get, TASKS, {}, "")
    thread.join()
    assert "was stopped before the response came" in refusal(client.get, TASKS, {}, "")  # nor for one that begins later
    assert paths(simulator) == [V3]


# An identity token

ID_TOKEN = "/v3.0/OS-AUTH/id-token/tokens"


@pytest.fixture
def token_file(tmp_path):
    file = tmp_path / "identity-token"
    file.write_text(f"{iam.IDENTITY_TOKEN}\n")
    return file


@pytest.fixture
def options(endpoint, token_file):
    return {**endpoint, "idp_id": iam.IDP_ID, "id_token_file": str(token_file)}


def test_an_identity_token_needs_no_key(ask, simulator, options):
    assert ask(options).ids == ids_of(simulator.tasks)
    for_token, for_key, for_tasks = simulator.requests
    assert [for_token.path, for_key.path, for_tasks.path] == [ID_TOKEN, V3, TASKS]
    assert for_token.header("Authorization") is for_key.header("Authorization") is None
    assert f"Access={coc_simulator.IDENTITY_ACCESS_KEY}," in for_tasks.header("Authorization")
    assert ask(options, **BY_ID).ids == ids_of(simulator.agency_tasks)
    assert paths(simulator)[3:] == [ID_TOKEN, V3, V5, TASKS]


def test_the_file_is_read_again_at_each_renewal(ask, simulator, options, token_file):
    def rotate(exchange, answer):
        token_file.write_text("FakeExpiredToken")
        exchange.deliver(answer)

    simulator.page_cap, simulator.exchange_expires_in = 30, 30
    simulator.faults += [None, None, rotate]
    outcome = ask(options)
    assert f"POST {simulator.endpoint}{ID_TOKEN} returned HTTP 401" in outcome.error
    assert f"an IAM token for one of the identity provider '{iam.IDP_ID}'" in outcome.error
    assert "The credentials came from the identity token of the options." in outcome.error
    assert "FakeExpiredToken" not in outcome.output  # which the service repeats
    assert paths(simulator) == [ID_TOKEN, V3, TASKS, ID_TOKEN]


@pytest.mark.parametrize("names", ["_IDP_ID _ID_TOKEN_FILE", "_IDP_ID _ID_TOKEN"], ids=str)
def test_terraforms_variables_take_an_agency(ask, endpoint, simulator, setenv, token_file, names):
    values = iam.IDP_ID, str(token_file) if names.endswith("FILE") else iam.IDENTITY_TOKEN
    setenv({"HW_ACCESS_KEY": "a", "HW_SECRET_KEY": "b"})  # the token wins
    setenv({f"HW_ASSUME_ROLE{name}": value for name, value in zip(names.split(), values)})
    assert ask(endpoint).error.startswith("HW_ASSUME_ROLE_IDP_ID takes an agency:")
    setenv(AS_VARIABLES)
    assert ask(endpoint).ids == ids_of(simulator.agency_tasks)
    assert paths(simulator) == [ID_TOKEN, V3, V3, TASKS]


@pytest.mark.parametrize(
    "change, words",
    [
        ({"id_token_file": ""}, "Credentials in the options are incomplete: idp_id given, id_token_file missing."),
        ({"idp_id": ""}, "Credentials in the options are incomplete: id_token_file given, idp_id missing."),
        ({"id_token_file": "/nowhere"}, "The token file /nowhere cannot be used: No such file or directory."),
        ({"idp_id": "\u00e9"}, "Credentials in the options: idp_id has characters that credentials never have"),
        ({"auth_source": "ecs_metadata"}, "auth_source=ecs_metadata excludes idp_id, id_token_file."),
        ({"profile": "x"}, "idp_id and id_token_file cannot be used with profile: each means credentials of its own."),
    ],
)
def test_what_an_identity_token_lacks_is_said(ask, simulator, options, change, words):
    assert ask({**options, **change}).error.startswith(words)
    assert simulator.connections == 0


# A pod of CCE


@pytest.fixture
def pod(simulator, setenv, tmp_path):
    """The file with the token; the environment is that of a pod."""
    file = tmp_path / "token"
    file.write_text(f" {iam.POD_TOKEN}\n")
    names = "HC_CONTAINER_CREDENTIALS_FULL_URI", "HC_CONTAINER_AUTHORIZATION_TOKEN_FILE"
    setenv(dict(zip(names, (f"{simulator.endpoint}/v1/pod-identity", str(file)))))
    return file


def test_a_pod_needs_no_key(ask, endpoint, simulator, pod):
    assert ask(endpoint).ids == ids_of(simulator.tasks)
    assert ask(endpoint, **BY_ID).ids == ids_of(simulator.agency_tasks)
    assert paths(simulator) == ["/v1/pod-identity", TASKS, "/v1/pod-identity", V5, TASKS]


def test_other_credentials_win_over_those_of_the_pod(ask, simulator, pod):
    assert ask().ids == ids_of(simulator.tasks)
    assert paths(simulator) == [TASKS]


@pytest.mark.parametrize(
    "variables, token, words",
    [
        ({"HC_CONTAINER_CREDENTIALS_FULL_URI": ""}, "T", "HC_CONTAINER_CREDENTIALS_FULL_URI missing."),
        ({"HC_CONTAINER_AUTHORIZATION_TOKEN_FILE": ""}, "T", "HC_CONTAINER_AUTHORIZATION_TOKEN_FILE missing."),
        *(
            ({"HC_CONTAINER_CREDENTIALS_FULL_URI": uri}, "T", "takes https, or http to a loopback or link-local")
            for uri in (
                "http://192.0.2.1/",
                "http://example.com/",
                "ftp://127.0.0.1/",
                "nothing",
                "http://127.0.0.1@a/",
                "http://[::1",
                "https://u:p@a/",
            )
        ),
        ({}, "", "The token file {file} cannot be used: it is empty."),
        ({}, "two words", "The token file {file} cannot be used: it has characters"),
        ({}, None, "The token file {file} cannot be used: No such file or directory."),
        ({}, "FakeWrongToken", "the agent of pod identities returned HTTP 401 to a request for credentials."),
    ],
)
def test_what_a_pod_lacks_is_said(ask, endpoint, simulator, pod, setenv, variables, token, words):
    setenv(variables)
    pod.unlink()
    if token is not None:
        pod.write_text(token)
    assert words.format(file=pod) in ask(endpoint).error
    assert len(simulator.requests) == (1 if token == "FakeWrongToken" else 0)
