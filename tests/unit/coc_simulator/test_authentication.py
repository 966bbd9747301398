# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may ask: signatures, tokens, the lock, and the metadata service."""

from __future__ import annotations

import pytest

from ansible_collections.huaweicloud.coc.tests.coc_simulator import (
    AUTH_TOKEN,
    METADATA_ACCESS_KEY,
    METADATA_SECURITY_KEY,
    METADATA_TOKEN,
    SCHEDULED_TASKS,
    SECURITY_TOKEN,
)
from ansible_collections.huaweicloud.coc.tests.unit.coc_simulator.conftest import ask, metadata, send, sign

INCORRECT = "Incorrect IAM authentication information: "


def test_vendors_signature_is_accepted(simulator):
    reply = ask(
        simulator,
        {"task_name": "数据库 +*~/%=&", "limit": 5},
        headers={"X-Domain-Id": " d ", "X-Project-Id": "p", "X-Security-Token": SECURITY_TOKEN},
    )
    assert (reply.status, reply.document["count"]) == (200, 0)
    assert simulator.requests[0].query == [("limit", "5"), ("task_name", "数据库 +*~/%=&")]


@pytest.mark.parametrize(
    "change, message",
    [
        ({"secret_key": "FakeSecretKey"}, "verify aksk signature fail, canonicalRequest:GET\n/v1/schedule/task/\n"),
        ({"access_key": "FAKEACCESSKEY"}, "Get secretKey failed,ak:FAKEACCESSKEY,err:ak not exist"),
        ({"clock": -16 * 60}, "signature expired, signature time:"),
        ({"clock": 16 * 60}, "signature expired, signature time:"),
        ({"headers": {"X-Security-Token": "FakeOther"}}, "the security token is not that of the access key"),
    ],
)
def test_wrong_signature_is_refused(simulator, change, message):
    status, code, text = ask(simulator, **change).refusal
    assert (status, code) == (401, "APIGW.0301")
    assert text.startswith(INCORRECT + message)


@pytest.mark.parametrize("clock", [-14 * 60, 14 * 60])
def test_clock_may_be_off_a_little(simulator, clock):
    assert ask(simulator, clock=clock).status == 200


def header(name, change):
    """Return a function that changes a header: to a value or by a function; None leaves it out."""
    return lambda target, headers: (target, {**headers, name: change(headers[name]) if callable(change) else change})


@pytest.mark.parametrize(
    "tamper",
    [
        lambda target, headers: (target + "&limit=5", headers),
        lambda target, headers: (target.replace("%20", "+"), headers),
        lambda target, headers: (target.replace("~", "%7E"), headers),
        lambda target, headers: (target.replace("%2A", "*"), headers),
        lambda target, headers: (target.replace("%E5", "%e5"), headers),
        lambda target, headers: (target.partition("?")[0] + "?b=&a=", headers),
        header("X-Domain-Id", "other"),
        header("X-Domain-Id", None),
        header("X-Sdk-Date", "20260131T080000"),
        header("X-Sdk-Date", None),
        header("Host", "coc.example.com"),
        header("Authorization", None),
        header("Authorization", lambda value: value[:-1]),
        header("Authorization", lambda value: value[4:]),
    ],
)
def test_what_was_signed_must_be_what_came(simulator, tamper):
    target, headers = sign(simulator, {"task_name": "a b*~备"}, {"X-Domain-Id": "mine"})
    assert send(simulator, target, headers).status == 200
    target, headers = tamper(target, headers)
    assert send(simulator, target, {name: value for name, value in headers.items() if value}).status == 401


@pytest.mark.parametrize("name", ["host", "x-sdk-date"])
def test_host_and_date_must_be_signed(simulator, name):
    target, headers = sign(simulator, headers={"A": "", "Z": ""})
    headers["Authorization"] = headers["Authorization"].replace(f";{name};", ";")
    assert send(simulator, target, headers).refusal[2] == f"{INCORRECT}signed header missing: {name}"


def test_refusal_repeats_the_signed_headers(simulator):
    """As the real gateway does: a client has to hide them."""
    assert SECURITY_TOKEN in ask(simulator, headers={"X-Security-Token": SECURITY_TOKEN}, secret_key="Fake").refusal[2]


def test_wrong_token_is_refused(simulator):
    wrong = send(simulator, SCHEDULED_TASKS, {"X-Auth-Token": "FakeOther"})
    assert wrong.refusal == (401, "APIGW.0301", f"{INCORRECT}decrypt token fail")


def test_more_than_five_failures_in_a_row_lock_the_key_for_five_minutes(simulator):
    for _turn in range(2):  # a success begins the count anew
        assert [ask(simulator, secret_key="FakeOther").status for _failure in range(5)] == [401] * 5
        assert ask(simulator).status == 200
    for _failure in range(6):
        ask(simulator, secret_key="FakeOther")
    status, _code, text = ask(simulator).refusal
    assert (status, "forbidden for five minutes" in text) == (401, True)
    assert send(simulator, SCHEDULED_TASKS, {"X-Auth-Token": AUTH_TOKEN}).status == 200
    simulator.clock_offset = 301
    assert ask(simulator).status == 200


# The metadata service


def test_its_credentials_need_their_token_and_expire(simulator):
    given = metadata(simulator)
    keys = {"access_key": given["access"], "secret_key": given["secret"]}
    headers = {"X-Security-Token": given["securitytoken"]}
    assert given["access"] == METADATA_ACCESS_KEY
    assert ask(simulator, headers=headers, **keys).status == 200
    assert ask(simulator, **keys).status == 401
    simulator.clock_offset = 21601
    assert ask(simulator, headers=headers, clock=21601, **keys).status == 401


def test_it_wants_its_token(simulator):
    assert send(simulator, METADATA_TOKEN, {}, "PUT").status == 400
    assert send(simulator, METADATA_SECURITY_KEY).status == 401
    assert send(simulator, METADATA_SECURITY_KEY, {"X-Metadata-Token": "FakeOther"}).status == 401
