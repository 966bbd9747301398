# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may ask: signatures, tokens, the lock, and the metadata service."""

from __future__ import annotations

import re

import pytest

from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.unit.coc_simulator.conftest import ask, metadata, send, sign

INCORRECT = "Incorrect IAM authentication information: "
FAILS = "verify aksk signature fail, canonicalRequest:GET\n/v1/schedule/task/\n"
TOKEN = {"X-Security-Token": coc_simulator.SECURITY_TOKEN}
WRONG = {"sk": "FakeOther"}


@pytest.mark.parametrize(
    "change, message",
    [
        (WRONG, FAILS),
        ({"ak": "FAKEACCESSKEY"}, "Get secretKey failed,ak:FAKEACCESSKEY,err:ak not exist"),
        ({"minutes": -16}, "signature expired, signature time:"),
        ({"minutes": 16}, "signature expired, signature time:"),
        ({"headers": {"X-Security-Token": "FakeOther"}}, "the security token is not that of the access key"),
    ],
)
def test_wrong_signature_is_refused(simulator, change, message):
    status, code, text = ask(simulator, **change).refusal
    assert (status, code) == (401, "APIGW.0301")
    assert text.startswith(INCORRECT + message)


@pytest.mark.parametrize("minutes", [-14, 14])
def test_clock_may_be_off_a_little(simulator, minutes):
    assert ask(simulator, minutes=minutes).status == 200


NOT_CANONICAL = "the query string is not the canonical one: "
MISSING = "signed header missing: "
NO_SIGNATURE = "no token and no valid signature in the request"


@pytest.mark.parametrize(
    "part, old, new, message",
    [
        ("target", "$", "&x=1", FAILS),
        ("target", "%20", "+", NOT_CANONICAL),
        ("target", "~", "%7E", NOT_CANONICAL),
        ("target", "%2A", "*", NOT_CANONICAL),
        ("target", "%E5", "%e5", NOT_CANONICAL),
        ("target", r"\?.*", "?b=&a=", f"{NOT_CANONICAL}b=&a="),
        ("X-Domain-Id", "d", "other", FAILS),
        ("X-Domain-Id", ".+", "", f"{MISSING}x-domain-id"),
        ("X-Sdk-Date", "Z", "", "X-Sdk-Date has no valid value"),
        ("X-Sdk-Date", ".+", "", f"{MISSING}x-sdk-date"),
        ("Host", ".+", "coc.example.com", FAILS),
        ("Authorization", ".+", "", NO_SIGNATURE),
        ("Authorization", ".$", "", NO_SIGNATURE),
        ("Authorization", "SDK-", "", NO_SIGNATURE),
        ("Authorization", "=host;", "=", f"{MISSING}host"),
        ("Authorization", ";x-sdk-date;", ";", f"{MISSING}x-sdk-date"),
    ],
)
def test_what_was_signed_must_be_what_came(simulator, part, old, new, message):
    query = {"task_name": "数据库 +*~/%=&", "limit": 5}
    target, headers = sign(simulator, query, {**TOKEN, "X-Domain-Id": " d ", "X-Project-Id": "p"})
    assert send(simulator, target, headers).status == 200
    assert simulator.requests[0].query == [("limit", "5"), ("task_name", "数据库 +*~/%=&")]
    sent = {"target": target, **headers}
    sent[part] = re.sub(old, new, sent[part])
    reply = send(simulator, sent.pop("target"), {name: value for name, value in sent.items() if value})
    assert reply.status == 401
    assert reply.refusal[2].startswith(INCORRECT + message)


def test_refusal_repeats_the_signed_headers(simulator):
    """As the real gateway does: a client has to hide them."""
    assert coc_simulator.SECURITY_TOKEN in ask(simulator, headers=TOKEN, **WRONG).refusal[2]


def ask_with_token(simulator, token):
    return send(simulator, coc_simulator.SCHEDULED_TASKS, {"X-Auth-Token": token})


def test_wrong_token_is_refused(simulator):
    refusal = ask_with_token(simulator, "FakeOther").refusal
    assert refusal == (401, "APIGW.0301", f"{INCORRECT}decrypt token fail")


def test_more_than_five_failures_in_a_row_lock_the_key_for_five_minutes(simulator):
    for _turn in range(2):  # a success begins the count anew
        assert [ask(simulator, **WRONG).status for _failure in range(5)] == [401] * 5
        assert ask(simulator).status == 200
    for _failure in range(6):
        ask(simulator, **WRONG)
    assert "forbidden for five minutes" in ask(simulator).refusal[2]
    assert ask_with_token(simulator, coc_simulator.AUTH_TOKEN).status == 200
    simulator.clock_offset = 301
    assert ask(simulator).status == 200


# The metadata service


def test_its_credentials_need_their_token_and_expire(simulator):
    given = metadata(simulator)
    keys = {"ak": given["access"], "sk": given["secret"]}
    headers = {"X-Security-Token": given["securitytoken"]}
    assert given["access"] == coc_simulator.METADATA_ACCESS_KEY
    assert ask(simulator, headers=headers, **keys).status == 200
    assert ask(simulator, **keys).status == 401
    simulator.clock_offset = 21601
    assert ask(simulator, headers=headers, minutes=360, **keys).status == 401


def test_it_wants_its_token(simulator):
    key = coc_simulator.METADATA_SECURITY_KEY
    assert send(simulator, coc_simulator.METADATA_TOKEN, method="PUT").status == 400
    assert send(simulator, key).status == send(simulator, key, {"X-Metadata-Token": "FakeOther"}).status == 401
