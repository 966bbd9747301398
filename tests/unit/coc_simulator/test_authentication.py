# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may ask: signatures, tokens, the lock, the scope, and the metadata service."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.huaweicloud.coc.tests.coc_simulator import (
    AUTH_TOKEN,
    METADATA_ACCESS_KEY,
    METADATA_SECURITY_KEY,
    METADATA_TOKEN,
    PARAMETERS,
    SCHEDULED_TASKS,
    SECURITY_TOKEN,
)
from ansible_collections.huaweicloud.coc.tests.unit.coc_simulator.conftest import ENGLISH, ask, metadata, send, sign


def test_vendors_signature_is_accepted(simulator):
    reply = ask(
        simulator,
        {"task_name": "数据库 +*~/%=&", "limit": 5},
        headers={"X-Domain-Id": " d ", "X-Project-Id": "p", "X-Security-Token": SECURITY_TOKEN},
    )
    assert (reply.status, reply.document["count"]) == (200, 0)
    assert simulator.requests[0].query == [("limit", "5"), ("task_name", "数据库 +*~/%=&")]


@settings(max_examples=50)
@given(
    query=st.dictionaries(
        st.sampled_from([*PARAMETERS, "other"]), st.text() | st.text(st.sampled_from(" +*~/%=&")), max_size=5
    )
)
def test_vendors_signature_is_accepted_for_any_query(large, query):
    """Whether the parameters are, is another matter."""
    assert ask(large, query).status in (200, 400)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"secret_key": "FakeSecretKey"}, "verify aksk signature fail, canonicalRequest:GET\n/v1/schedule/task/\n"),
        ({"access_key": "FAKEACCESSKEY"}, "Get secretKey failed,ak:FAKEACCESSKEY,err:ak not exist"),
        ({"clock": -16 * 60}, "signature expired, signature time:"),
        ({"clock": 16 * 60}, "signature expired, signature time:"),
        ({"clock": -14 * 60}, None),
        ({"clock": 14 * 60}, None),
        ({"headers": {"X-Security-Token": "FakeOther"}}, "the security token is not that of the access key"),
    ],
)
def test_wrong_signature_is_refused(simulator, change, message):
    reply = ask(simulator, {}, ENGLISH, **change)
    if message is None:
        assert reply.status == 200
    else:
        assert (reply.status, reply.document["error_code"]) == (401, "APIGW.0301")
        assert reply.document["error_msg"].startswith(f"Incorrect IAM authentication information: {message}")


def test_its_own_clock_can_be_off(simulator):
    simulator.clock_offset = 3600
    refused, accepted = ask(simulator), ask(simulator, clock=3600)
    date = datetime.strptime(accepted.headers["Date"], "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=timezone.utc)
    assert (refused.status, accepted.status) == (401, 200)
    assert timedelta(minutes=55) < date - datetime.now(timezone.utc) < timedelta(minutes=65)


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
        header("Authorization", lambda value: value.replace("host;", "")),
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
    reply = send(simulator, target, {**headers, **ENGLISH})
    assert reply.document["error_msg"].endswith(f"signed header missing: {name}")


def test_refusal_repeats_the_signed_headers(simulator):
    """As the real gateway does: a client has to hide them."""
    reply = ask(simulator, headers={"X-Security-Token": SECURITY_TOKEN}, secret_key="FakeOther")
    assert SECURITY_TOKEN in reply.document["error_msg"]


def test_token(simulator):
    accepted = send(simulator, SCHEDULED_TASKS, {"X-Auth-Token": AUTH_TOKEN})
    refused = send(simulator, SCHEDULED_TASKS, {"X-Auth-Token": "FakeOther", **ENGLISH})
    assert (accepted.status, refused.status) == (200, 401)
    assert refused.document["error_msg"] == "Incorrect IAM authentication information: decrypt token fail"


def test_five_failures_do_not_lock_the_key(simulator):
    for _turn in range(2):  # a success begins the count anew
        assert [ask(simulator, secret_key="FakeOther").status for _failure in range(5)] == [401] * 5
        assert ask(simulator).status == 200


def test_more_failures_lock_the_key_for_five_minutes(simulator):
    for _failure in range(6):
        ask(simulator, secret_key="FakeOther")
    locked = ask(simulator, {}, ENGLISH)
    assert locked.status == 401
    assert "forbidden for five minutes" in locked.document["error_msg"]
    assert send(simulator, SCHEDULED_TASKS, {"X-Auth-Token": AUTH_TOKEN}).status == 200
    simulator.clock_offset = 301
    assert ask(simulator).status == 200


@pytest.mark.parametrize(
    "required, header, other", [("domain", "X-Domain-Id", "X-Project-Id"), ("project", "X-Project-Id", "X-Domain-Id")]
)
def test_scope_can_be_required(simulator, required, header, other):
    assert ask(simulator).status == 200
    simulator.required_scope = required
    refused = [ask(simulator, {}, ENGLISH), ask(simulator, {}, ENGLISH, headers={other: "1"})]
    assert {(reply.status, reply.document["error_code"]) for reply in refused} == {(400, "COC.00011013")}
    assert refused[0].document["error_msg"] == f"Login user is null: {header} is missing."
    assert ask(simulator, headers={header: "1"}).status == 200


# The metadata service


def test_metadata_service_hands_out_credentials_that_work_until_they_expire(simulator):
    given = metadata(simulator)
    assert set(given) == {"access", "secret", "securitytoken", "expires_at"}
    expires_at = datetime.strptime(given["expires_at"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    assert timedelta(hours=5) < expires_at - datetime.now(timezone.utc) <= timedelta(hours=6)
    keys = {"access_key": given["access"], "secret_key": given["secret"]}
    headers = {"X-Security-Token": given["securitytoken"]}
    assert given["access"] == METADATA_ACCESS_KEY
    assert ask(simulator, headers=headers, **keys).status == 200
    assert ask(simulator, **keys).status == 401
    simulator.clock_offset = 21601
    assert ask(simulator, headers=headers, clock=21601, **keys).status == 401


def test_metadata_service_wants_its_token(simulator):
    assert send(simulator, METADATA_TOKEN, {}, "PUT").status == 400
    assert send(simulator, METADATA_SECURITY_KEY).status == 401
    assert send(simulator, METADATA_SECURITY_KEY, {"X-Metadata-Token": "FakeOther"}).status == 401


@pytest.mark.parametrize("code", [404, 405, 503])
def test_metadata_service_of_the_older_kind(simulator, code):
    simulator.metadata_token_status = code
    assert send(simulator, METADATA_TOKEN, {"X-Metadata-Token-Ttl-Seconds": "9"}, "PUT").status == code
    assert send(simulator, METADATA_SECURITY_KEY).status == 200
