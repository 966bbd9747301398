# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The credentials of an ECS's agency, from the simulator as the metadata service; and that nobody else is asked."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from ansible_collections.huaweicloud.coc.plugins.module_utils import _ecs_metadata
from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.unit.conftest import PLUGINS, ask

REAL_ADDRESS = _ecs_metadata.ADDRESS  # before the tests' fixtures replace it
TOKEN = ("PUT", coc_simulator.METADATA_TOKEN)
SECURITY_KEY = ("GET", coc_simulator.METADATA_SECURITY_KEY)
TASKS = ("GET", coc_simulator.SCHEDULED_TASKS)
ADVICE = "Use auth_source=ecs_metadata on a Huawei Cloud ECS only."
CREDENTIAL = {
    "access": coc_simulator.METADATA_ACCESS_KEY,
    "secret": coc_simulator.METADATA_SECRET_KEY,
    "securitytoken": "FakeMetadataSecurityToken",
    "expires_at": "2999-01-01T00:00:00.000000Z",
}
FUTURE = CREDENTIAL["expires_at"]


@pytest.fixture
def options(simulator, monkeypatch):
    """What makes both plugins ask the simulator for credentials, and then for tasks."""
    monkeypatch.setattr(_ecs_metadata, "ADDRESS", f"127.0.0.1:{simulator.port}")
    return {"endpoint": simulator.endpoint, "auth_source": "ecs_metadata"}


def asked(simulator: coc_simulator.Simulator) -> list[tuple[str, str]]:
    return [(request.method, request.path) for request in simulator.requests]


# The way to the credentials


@pytest.mark.parametrize("plugin", PLUGINS)
def test_token_then_credentials_then_tasks(plugin, options, simulator):
    outcome = ask(plugin, options)
    assert outcome.msg == ""
    assert len(outcome.tasks) == len(simulator.tasks)
    assert asked(simulator) == [TOKEN, SECURITY_KEY, TASKS]
    for_token, for_key, for_tasks = simulator.requests
    assert for_token.header("X-Metadata-Token-Ttl-Seconds") == "21600"
    assert (for_key.header("X-Metadata-Token") or "").startswith("FakeMetadataToken-")
    assert (for_tasks.header("X-Security-Token") or "").startswith("FakeMetadataSecurityToken")
    assert f"Access={coc_simulator.METADATA_ACCESS_KEY}," in (for_tasks.header("Authorization") or "")
    assert "x-security-token" in (for_tasks.header("Authorization") or "")
    assert for_tasks.header("X-Metadata-Token") is None
    assert for_token.header("Authorization") is for_key.header("Authorization") is None


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize("status", [404, 405, 503])
def test_goes_on_where_there_are_no_tokens(plugin, status, options, simulator):
    simulator.metadata_token_status = status
    outcome = ask(plugin, options)
    assert outcome.msg == ""
    assert len(outcome.tasks) == len(simulator.tasks)
    assert asked(simulator) == [TOKEN, SECURITY_KEY, TASKS]
    assert simulator.requests[1].header("X-Metadata-Token") is None


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize("status", [204, 302, 400, 401, 403, 418, 429, 500, 502])
def test_another_status_for_a_token_is_an_error(plugin, status, options, simulator, pauses):
    simulator.faults.append(coc_simulator.status(status, headers={"Location": f"{simulator.endpoint}/elsewhere"}))
    outcome = ask(plugin, options)
    assert outcome.failed
    assert f"the ECS metadata service returned HTTP {status} to a request for a token" in outcome.msg
    assert (asked(simulator), pauses) == ([TOKEN], [])


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize("status", [302, 401, 404, 500, 503])
def test_another_status_for_credentials_is_an_error(plugin, status, options, simulator, pauses):
    elsewhere = {"Location": f"{simulator.endpoint}/elsewhere"}
    simulator.faults += [None, coc_simulator.status(status, headers=elsewhere)]
    outcome = ask(plugin, options)
    assert outcome.failed
    assert f"the ECS metadata service returned HTTP {status} to a request for credentials" in outcome.msg
    assert "agency" in outcome.msg
    assert (asked(simulator), pauses) == ([TOKEN, SECURITY_KEY], [])


@pytest.mark.parametrize("plugin", PLUGINS)
def test_ids_given_as_options_are_sent(plugin, options, simulator):
    outcome = ask(plugin, {**options, "domain_id": "fake-domain", "project_id": "fake-project"})
    assert outcome.msg == ""
    assert simulator.requests[-1].header("X-Domain-Id") == "fake-domain"
    assert simulator.requests[-1].header("X-Project-Id") == "fake-project"


@pytest.mark.parametrize("plugin", PLUGINS)
def test_refused_credentials_are_named_and_not_shown(plugin, options, simulator):
    simulator.faults += [None, coc_simulator.body({"credential": {**CREDENTIAL, "secret": "FakeOtherSecretKey"}})]
    outcome = ask(plugin, options)
    assert outcome.failed
    assert "The credentials came from the ECS metadata service." in outcome.msg
    assert asked(simulator) == [TOKEN, SECURITY_KEY, TASKS]
    assert not [secret for secret in (CREDENTIAL["securitytoken"], "FakeOtherSecretKey") if secret in outcome.output]


# No answer


def test_time_out_is_that_of_the_vendors_sdk():
    assert _ecs_metadata.TIMEOUT == 3


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize(
    "faults",
    [
        [coc_simulator.hang()],
        [coc_simulator.drip(0.02)],
        [None, coc_simulator.hang()],
        [None, coc_simulator.drip(0.02, "headers")],
    ],
    ids=["hang", "drip", "hang later", "drip later"],
)
def test_silence_ends(plugin, faults, options, simulator, monkeypatch, pauses):
    monkeypatch.setattr(_ecs_metadata, "TIMEOUT", 0.3)
    simulator.faults += faults
    start = time.monotonic()
    outcome = ask(plugin, options)
    assert time.monotonic() - start < 20  # a whole answer, dripped, takes longer than the time-out only
    assert outcome.failed
    assert "the ECS metadata service did not respond (TimeoutError)" in outcome.msg
    assert "on a Huawei Cloud ECS only" in outcome.msg
    assert (len(simulator.requests), pauses) == (len(faults), [])


@pytest.mark.parametrize("plugin", PLUGINS)
def test_nobody_there(plugin, simulator, pauses):
    outcome = ask(plugin, {"endpoint": simulator.endpoint, "auth_source": "ecs_metadata"})
    assert outcome.failed
    assert "the ECS metadata service did not respond (ConnectionRefusedError)" in outcome.msg
    assert (simulator.requests, pauses) == ([], [])


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize(
    "fault",
    [
        coc_simulator.reset(),
        coc_simulator.cut_body(5),
        coc_simulator.body(b" " * 100000),
        coc_simulator.raw(b"SSH-2.0"),
    ],
    ids=["reset", "cut", "too long", "no HTTP"],
)
def test_broken_answer_is_an_error(plugin, fault, options, simulator):
    simulator.faults += [None, fault]
    outcome = ask(plugin, options)
    assert outcome.failed
    assert "the ECS metadata service did not respond (" in outcome.msg
    assert asked(simulator) == [TOKEN, SECURITY_KEY]


@pytest.mark.parametrize("plugin", PLUGINS)
def test_no_proxy_is_used(plugin, options, simulator, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody listens there
    outcome = ask(plugin, options)
    assert outcome.msg == ""
    assert asked(simulator) == [TOKEN, SECURITY_KEY, TASKS]


# What the answer says


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>Please log in</html>",
        b"\xff\xfe",
        b"[" * 50000,
        [],
        None,
        {},
        {"credential": None},
        {"credential": []},
        {"credential": "FakeSecretKey"},
        {"credential": {}},
        {"credential": {**CREDENTIAL, "expires_at": None}},
        {"credential": {**CREDENTIAL, "expires_at": ""}},
        {"credential": {**CREDENTIAL, "expires_at": "soon"}},
        {"credential": {**CREDENTIAL, "expires_at": 32503680000}},
        {"credential": {**CREDENTIAL, "expires_at": "2999-02-30T00:00:00.000000Z"}},
    ],
)
def test_something_else_is_an_error(plugin, answer, options, simulator):
    content = answer if isinstance(answer, bytes) else coc_simulator.to_json(answer)
    simulator.faults += [None, coc_simulator.body(content)]
    outcome = ask(plugin, options)
    assert outcome.failed
    assert "the ECS metadata service" in outcome.msg
    assert ("returned something other than credentials" in outcome.msg) != (answer == b"\xff\xfe")
    assert "FakeSecretKey" not in outcome.output
    assert asked(simulator) == [TOKEN, SECURITY_KEY]


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize("name", ["access", "secret", "securitytoken"])
def test_missing_part_is_named(plugin, name, options, simulator):
    for value in (None, "", " ", 1, ["FakeSecret"], {"a": "FakeSecret"}, True):
        simulator.requests.clear()
        simulator.faults += [None, coc_simulator.body({"credential": {**CREDENTIAL, name: value}})]
        outcome = ask(plugin, options)
        assert outcome.msg == f"the ECS metadata service returned credentials without {name}. {ADVICE}"
        assert asked(simulator) == [TOKEN, SECURITY_KEY]


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize("wrong", ["Fake\nSecret", "Fake\0Secret", "FäkeSecret"])
def test_impossible_characters_are_refused_and_not_shown(plugin, wrong, options, simulator):
    simulator.faults += [None, coc_simulator.body({"credential": {**CREDENTIAL, "securitytoken": wrong}})]
    outcome = ask(plugin, options)
    assert "securitytoken has characters that credentials never have" in outcome.msg
    assert "Secret" not in outcome.msg
    assert asked(simulator) == [TOKEN, SECURITY_KEY]


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize("token", [b"", b" ", b"<html>\n<body>", "令牌".encode(), b"two words"])
def test_token_that_is_none_is_refused(plugin, token, options, simulator):
    simulator.faults.append(coc_simulator.body(token))
    outcome = ask(plugin, options)
    assert outcome.msg == f"the ECS metadata service returned something other than a token. {ADVICE}"
    assert asked(simulator) == [TOKEN]


# Time


@pytest.mark.parametrize("plugin", PLUGINS)
def test_expired_credentials_are_not_used(plugin, options, simulator):
    simulator.metadata_expires_in = -60
    outcome = ask(plugin, options)
    assert "the ECS metadata service returned credentials that expired at 20" in outcome.msg
    assert "Set the clock of this ECS." in outcome.msg
    assert asked(simulator) == [TOKEN, SECURITY_KEY]


@pytest.mark.parametrize("plugin", PLUGINS)
def test_credentials_serve_a_whole_listing(plugin, options, simulator):
    simulator.page_cap = 20
    simulator.metadata_expires_in = 300
    outcome = ask(plugin, options)
    assert outcome.msg == ""
    assert len(outcome.tasks) == len(simulator.tasks)
    assert asked(simulator) == [TOKEN, SECURITY_KEY, TASKS, TASKS, TASKS]


@pytest.mark.parametrize("plugin", PLUGINS)
def test_credentials_are_renewed_before_they_expire(plugin, options, simulator):
    simulator.page_cap = 20
    simulator.metadata_expires_in = 30  # less than a request may take
    outcome = ask(plugin, options)
    assert outcome.msg == ""
    assert [task["id"] for task in outcome.tasks] == [task["id"] for task in simulator.tasks]
    assert asked(simulator) == [TOKEN, SECURITY_KEY, TASKS] * 3
    assert len({request.header("X-Security-Token") for request in simulator.requests[2::3]}) == 3


@pytest.mark.parametrize("plugin", PLUGINS)
def test_failed_renewal_fails_the_listing(plugin, options, simulator):
    simulator.page_cap = 20
    simulator.metadata_expires_in = 30
    simulator.faults += [None, None, None, None, coc_simulator.status(500)]
    outcome = ask(plugin, options)
    assert outcome.failed
    assert "the ECS metadata service returned HTTP 500 to a request for credentials" in outcome.msg
    assert "The 20 tasks that came before are not returned" in outcome.msg
    assert outcome.tasks == []


# Nobody asks it who was not told to


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize(
    "name", ["access_key", "secret_key", "security_token", "auth_token", "credentials_file"], ids=str
)
def test_other_credentials_are_excluded(plugin, name, options, simulator):
    outcome = ask(plugin, {**options, name: "FakeValue"})
    assert outcome.msg == f"auth_source=ecs_metadata excludes {name}. Remove one or the other."
    assert simulator.connections == 0


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize("auth_source", [{}, {"auth_source": "auto"}, {"auth_source": ""}], ids=str)
def test_auto_never_asks(plugin, auth_source, options, simulator, monkeypatch):
    del options["auth_source"]
    nothing = ask(plugin, {**options, **auth_source})
    assert nothing.msg.startswith("No credentials found.")
    assert simulator.connections == 0
    monkeypatch.setenv("HW_AUTH_TOKEN", coc_simulator.AUTH_TOKEN)
    something = ask(plugin, {**options, **auth_source})
    assert len(something.tasks) == len(simulator.tasks)
    assert asked(simulator) == [TASKS]


@pytest.mark.parametrize("plugin", PLUGINS)
def test_environment_is_not_looked_at(plugin, options, simulator, monkeypatch):
    monkeypatch.setenv("HW_AUTH_TOKEN", coc_simulator.AUTH_TOKEN)
    outcome = ask(plugin, options)
    assert outcome.msg == ""
    assert simulator.requests[-1].header("X-Auth-Token") is None
    assert asked(simulator) == [TOKEN, SECURITY_KEY, TASKS]


@pytest.mark.parametrize("plugin", PLUGINS)
def test_default_sends_nothing_to_the_real_address(plugin, simulator, monkeypatch, only_loopback):
    assert REAL_ADDRESS == "169.254.169.254"
    monkeypatch.setattr(_ecs_metadata, "ADDRESS", REAL_ADDRESS)
    outcome = ask(plugin, {"endpoint": simulator.endpoint})
    assert outcome.msg.startswith("No credentials found.")
    assert not only_loopback.exists()


# The guard that proves it, tried with an address that leads nowhere (RFC 5737)


@pytest.mark.parametrize("plugin", PLUGINS)
def test_guard_refuses_other_machines(plugin, simulator, monkeypatch, only_loopback):
    monkeypatch.setattr(_ecs_metadata, "ADDRESS", "192.0.2.1")
    outcome = ask(plugin, {"endpoint": simulator.endpoint, "auth_source": "ecs_metadata"})
    assert "did not respond (PermissionError)" in outcome.msg
    assert only_loopback.read_text() == "socket.connect ('192.0.2.1', 80)\n"
    only_loopback.unlink()  # else it fails this test


@pytest.mark.parametrize(
    "code",
    [
        "socket.create_connection(('192.0.2.1', 80), 1)",
        "socket.socket().connect_ex(('192.0.2.1', 80))",
        "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
        "socket.socket(socket.AF_INET6).connect(('2001:db8::1', 80))",
    ],
)
def test_guard_binds_processes(code, only_loopback):
    process = subprocess.run(
        [sys.executable, "-c", f"import socket; {code}"], capture_output=True, text=True, timeout=60, check=False
    )
    assert process.returncode == 1
    assert "PermissionError: a test sends to" in process.stderr
    assert only_loopback.exists()
    only_loopback.unlink()


def test_guard_lets_this_machine_be(simulator, only_loopback):
    code = f"import socket; socket.create_connection(('localhost', {simulator.port}), 10)"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (process.returncode, process.stderr) == (0, "")
    assert not only_loopback.exists()
    assert str(only_loopback) == os.environ["COC_TESTS_REFUSED"]
