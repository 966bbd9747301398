# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The credentials of an ECS's agency, with the simulator as the metadata service; and that nothing else is queried."""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta, timezone

import pytest

from ansible_collections.huaweicloud.coc.plugins.module_utils import _sts
from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.coc_simulator import body, drip, hang, status
from ansible_collections.huaweicloud.coc.tests.unit.conftest import NO_CLIENT, by_plugin, ids_of, run_python

TOKEN = ("PUT", coc_simulator.METADATA_TOKEN)
SECURITY_KEY = ("GET", coc_simulator.METADATA_SECURITY_KEY)
TASKS = ("GET", coc_simulator.SCHEDULED_TASKS)
SERVICE = "the ECS metadata service"
ADVICE = "Use auth_source=ecs_metadata on a Huawei Cloud ECS only."
CREDENTIAL = {
    "access": coc_simulator.METADATA_ACCESS_KEY,
    "secret": coc_simulator.METADATA_SECRET_KEY,
    "securitytoken": "FakeMetadataSecurityToken",
    "expires_at": "2999-01-01T00:00:00.000000Z",
}


@pytest.fixture
def connection(endpoint, simulator, monkeypatch):
    """Options that make both plugins get credentials from the simulator, and then tasks."""
    monkeypatch.setattr(_sts, "ADDRESS", f"127.0.0.1:{simulator.port}")
    return {**endpoint, "auth_source": "ecs_metadata"}


def requests_to(simulator):
    return [(request.method, request.path) for request in simulator.requests]


def credential(**changes):
    """Return what the service sends, with these changes."""
    return {"credential": {**CREDENTIAL, **changes}}


# The way to the credentials


@by_plugin
def test_a_token_then_credentials_then_tasks(ask, simulator):
    assert ask(domain_id="fake-domain", project_id="fake-project").ids == ids_of(simulator.tasks)
    assert requests_to(simulator) == [TOKEN, SECURITY_KEY, TASKS]
    for_token, for_key, for_tasks = simulator.requests
    assert for_token.header("X-Metadata-Token-Ttl-Seconds") == "21600"
    assert (for_key.header("X-Metadata-Token") or "").startswith("FakeMetadataToken-")
    assert (for_tasks.header("X-Security-Token") or "").startswith("FakeMetadataSecurityToken")
    assert f"Access={coc_simulator.METADATA_ACCESS_KEY}," in (for_tasks.header("Authorization") or "")
    assert "x-security-token" in (for_tasks.header("Authorization") or "")
    assert (for_tasks.header("X-Domain-Id"), for_tasks.header("X-Project-Id")) == ("fake-domain", "fake-project")
    assert for_tasks.header("X-Metadata-Token") is None
    assert for_token.header("Authorization") is for_key.header("Authorization") is None


@pytest.mark.parametrize("code, attempts", [(404, 1), (405, 1), (503, 2)])
def test_an_ecs_may_have_no_tokens(ask, simulator, pauses, code, attempts):
    simulator.metadata_token_status = code
    assert ask().ids == ids_of(simulator.tasks)
    assert requests_to(simulator) == [TOKEN] * attempts + [SECURITY_KEY, TASKS]
    assert simulator.requests[attempts].header("X-Metadata-Token") is None


@pytest.mark.parametrize("fault", [*map(status, (429, 500, 502, 503, 504)), coc_simulator.reset("body")])
@pytest.mark.parametrize("later", [0, 1])
def test_what_fails_once_is_asked_again(ask, simulator, pauses, fault, later):
    simulator.faults += [None] * later + [fault]
    assert ask().ids == ids_of(simulator.tasks)
    expected = [TOKEN, SECURITY_KEY, TASKS]
    assert requests_to(simulator) == expected[: later + 1] + expected[later:]
    assert pauses == [_sts.PAUSE]


@pytest.mark.parametrize("end", ["Z", "+00:00", ".123Z", ".123456Z", ".123456+00:00"])
def test_each_form_of_an_expiry_is_read(simulator, connection, end):
    simulator.faults += [None, body(credential(expires_at=f"2999-01-01T00:00:00{end}"))]
    assert _sts.fetch_metadata(NO_CLIENT)[1] == datetime(2999, 1, 1, tzinfo=timezone.utc)


@by_plugin
def test_refused_credentials_are_named_and_not_shown(ask, simulator):
    simulator.faults += [None, body(credential(secret="FakeOtherSecretKey"))]
    outcome = ask()
    assert f"The credentials came from {SERVICE}." in outcome.error
    assert requests_to(simulator) == [TOKEN, SECURITY_KEY, TASKS]
    assert CREDENTIAL["securitytoken"] not in outcome.output and "FakeOtherSecretKey" not in outcome.output


# Silence


@pytest.mark.parametrize("faults", [[hang()], [None, drip(0.02, "headers")]], ids=["hang", "drip later"])
def test_silence_ends(ask, simulator, monkeypatch, pauses, faults):
    assert _sts.TIMEOUT == 3  # seconds, as in the vendor's SDK
    monkeypatch.setattr(_sts, "TIMEOUT", 0.3)
    simulator.faults += faults + faults[-1:]
    error = ask().error
    assert f"{SERVICE} did not respond: " in error and "timed out: no complete response within 0.3 seconds" in error
    assert "on a Huawei Cloud ECS only" in error
    assert pauses == [_sts.PAUSE]


def test_nobody_there(ask, simulator, pauses, monkeypatch):
    monkeypatch.setattr(_sts, "ADDRESS", "127.0.0.1:9")
    url = "http://127.0.0.1:9/meta-data/latest/api/token"
    assert f"{SERVICE} did not respond: PUT {url} failed: Connection refused. {ADVICE}" in ask().error
    assert (simulator.requests, pauses) == ([], [_sts.PAUSE])


# Whatever else the service sends

ELSEWHERE = {"Location": "/elsewhere"}
HTML = b"<html>\n<body>"


def failures():
    """Yield how the message starts, and the faults that cause it: in place of a token, then of credentials."""
    for code in (204, 302, 400, 401, 403, 418, 429, 500, 502):
        yield f"{SERVICE} returned HTTP {code} to a request for a token. Check", [status(code, headers=ELSEWHERE)]
    for token in (b"", b" ", HTML, "令牌".encode(), b"two words"):
        yield f"{SERVICE} returned something other than a token. {ADVICE}", [body(token)]
    for code in (302, 401, 404, 500, 503):
        words = f"returned HTTP {code} to a request for credentials. Check that this ECS has an agency."
        yield f"{SERVICE} {words}", [None, status(code, headers=ELSEWHERE)]
    for fault in (coc_simulator.reset(), coc_simulator.raw(b"SSH-2.0")):
        yield f"{SERVICE} did not respond: GET http://", [None, fault]
    others: list[t.Any] = [b"", b" " * 100000, b"\xff\xfe", HTML, b"[" * 50000, [], b"null", {}]
    empty: list[t.Any] = [[], None, {}]
    others += [{"credential": value} for value in (*empty, "FakeSecretKey")]
    others += [credential(expires_at=value) for value in (None, "", "soon", 32503680000, "2999-02-30T00:00:00.000000Z")]
    for content in others:
        yield f"{SERVICE} returned something other than credentials. {ADVICE}", [None, body(content)]
    for name in ("access", "secret", "securitytoken"):
        for value in (None, "", " ", 1, ["FakeSecret"], {"a": "FakeSecret"}, True):
            words = f"{SERVICE} returned credentials without {name}. {ADVICE}"
            yield words, [None, body(credential(**{name: value}))]
    for value in ("FakeSecret\nKey", "FakeSecret\0Key", "FakeSecretKäy"):
        words = f"{SERVICE} returned credentials with characters that credentials never have. {ADVICE}"
        yield words, [None, body(credential(securitytoken=value))]
    end = datetime.now(timezone.utc) - timedelta(minutes=1)
    words = f"{SERVICE} returned credentials that expired at {end:%Y-%m-%dT%H:%M:%SZ}. Set the clock of this machine."
    yield words, [None, body(credential(expires_at=f"{end:%Y-%m-%dT%H:%M:%S.%fZ}"))]


def test_whatever_else_the_service_sends_is_an_error(ask, simulator, pauses):
    for words, faults in failures():
        simulator.requests.clear()
        simulator.faults[:] = faults + faults[-1:]
        pauses.clear()
        outcome = ask()
        assert outcome.error.startswith(words)
        assert "FakeSecret" not in outcome.output
        expected = [TOKEN, SECURITY_KEY][: len(faults)]
        assert requests_to(simulator) == expected + expected[-1:] * len(pauses)


# Time


def test_credentials_are_used_for_a_whole_list(ask, simulator):
    simulator.page_cap, simulator.metadata_expires_in = 20, 300
    assert ask().ids == ids_of(simulator.tasks)
    assert requests_to(simulator) == [TOKEN, SECURITY_KEY, TASKS, TASKS, TASKS]


def test_credentials_are_renewed_before_they_expire(ask, simulator):
    simulator.page_cap, simulator.metadata_expires_in = 20, 30  # less than a request may take
    assert ask().ids == ids_of(simulator.tasks)
    assert requests_to(simulator) == [TOKEN, SECURITY_KEY, TASKS] * 3
    assert len({request.header("X-Security-Token") for request in simulator.requests[2::3]}) == 3


def test_a_failed_renewal_fails_the_list(ask, simulator, pauses):
    simulator.page_cap, simulator.metadata_expires_in = 20, 30
    simulator.faults += [None, None, None, None, status(500), status(500)]
    error = ask().error
    assert f"{SERVICE} returned HTTP 500 to a request for credentials" in error
    assert "The 20 tasks that came before are not returned" in error


# Only who is told to, asks it


@pytest.mark.parametrize("name", ["access_key", "secret_key", "security_token", "auth_token", "credentials_file"])
def test_other_credentials_are_excluded(ask, simulator, name):
    assert ask(**{name: "FakeValue"}).error == f"auth_source=ecs_metadata excludes {name}. Remove one or the other."
    assert simulator.connections == 0


@pytest.mark.parametrize("auth_source", [{}, {"auth_source": "auto"}, {"auth_source": ""}], ids=str)
def test_auto_never_asks(ask, connection, endpoint, simulator, monkeypatch, auth_source):
    assert ask(endpoint, **auth_source).error.startswith("No credentials found.")
    assert simulator.connections == 0
    monkeypatch.setenv("HW_AUTH_TOKEN", coc_simulator.AUTH_TOKEN)
    assert ask(endpoint, **auth_source).ids == ids_of(simulator.tasks)
    assert requests_to(simulator) == [TASKS]


def test_no_credentials_and_no_proxy_of_the_environment_are_used(ask, simulator, monkeypatch):
    monkeypatch.setenv("HW_AUTH_TOKEN", coc_simulator.AUTH_TOKEN)
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody listens there
    assert ask().msg == ""
    assert simulator.requests[-1].header("X-Auth-Token") is None
    assert requests_to(simulator) == [TOKEN, SECURITY_KEY, TASKS]


# The guard that proves it, tried with an address that leads nowhere (RFC 5737)


def test_the_guard_refuses_other_machines(ask, connection, monkeypatch, only_loopback, pauses):
    monkeypatch.setattr(_sts, "ADDRESS", "192.0.2.1")
    assert "did not respond: PUT http://192.0.2.1/" in ask().error
    assert only_loopback.read_text() == "socket.connect ('192.0.2.1', 80)\n" * 2  # attempts
    only_loopback.unlink()  # else it fails this test


@pytest.mark.parametrize(
    "arguments",
    [
        ["-c", "import socket; socket.create_connection(('192.0.2.1', 80), 1)"],
        ["-c", "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))"],
        ["-m", "ansible.cli.adhoc", "localhost", "-m", "ansible.builtin.uri", "-a", "url=https://192.0.2.1"],
    ],
)
def test_the_guard_binds_processes(arguments, only_loopback):
    process = run_python(*arguments)
    assert process.returncode != 0
    assert "a test sends to" in process.stdout + process.stderr
    assert only_loopback.exists()
    only_loopback.unlink()
