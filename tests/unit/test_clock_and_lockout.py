# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens after a 401: nothing is sent again, and if the clock is to blame, the message says so."""

from __future__ import annotations

import re
import time
import typing as t
from datetime import datetime, timezone

import pytest

from ansible_collections.huaweicloud.coc.plugins.module_utils._client import Client
from ansible_collections.huaweicloud.coc.plugins.module_utils._credentials import find_credentials
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import list_tasks
from ansible_collections.huaweicloud.coc.tests.coc_simulator import AUTH_TOKEN, status
from ansible_collections.huaweicloud.coc.tests.unit.conftest import WRONG_SECRET_KEY, ids_of, no_warning, run_lookup

MINUTE, HOUR, YEAR = 60, 3600, 365 * 86400
EXPIRED = {
    "error_code": "APIGW.0301",
    "error_msg": "Incorrect IAM authentication information: calc aksk signature fail:signature expired, "
    "signature time:20260101T080000Z,server time:20260101T090000Z",
}
CLOCKS = re.compile(
    r"This machine's clock says (\S+Z), the service's (\S+Z): they are (\d+) minutes apart, and the service "
    r"refuses signatures that are more than 15 minutes off\. Set the clock of this machine\. "
    r"The credentials came from the options\."
)


@pytest.mark.parametrize("offset", [16 * MINUTE, -16 * MINUTE, HOUR, -HOUR, 3 * YEAR, -6 * YEAR])
def test_a_clock_that_is_off_is_one_refusal_with_both_times(ask, simulator, pauses, offset):
    simulator.clock_offset = offset
    match = CLOCKS.search(ask().error)
    assert match
    clocks = [datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc) for text in match.groups()[:2]]
    assert abs(clocks[0].timestamp() - time.time()) < 60
    assert abs(clocks[1].timestamp() - simulator.now()) < 60
    assert abs(int(match.group(3)) - abs(offset) / 60) <= 1
    assert (len(simulator.requests), pauses) == (1, [])


@pytest.mark.parametrize(
    "offset, fault, options, is_about_clock",
    [
        (6 * MINUTE, status(401), {}, True),
        (-6 * MINUTE, status(401), {}, True),
        *((offset, status(401), {}, False) for offset in (0, 280, -280)),
        *((HOUR, status(code), {}, False) for code in (400, 403, 404)),
        *(
            (0, status(401, headers={"Date": date}), {}, False)
            for date in (None, "yesterday", "Fri, 31 Dec 9999 23:59:59 GMT")
        ),
        *((0, status(401, EXPIRED, headers), {}, True) for headers in ({}, {"Date": None})),
        (HOUR, status(401, EXPIRED), {}, True),
        (HOUR, status(401), {"access_key": "", "secret_key": "", "auth_token": "FakeWrongToken"}, False),
    ],
)
def test_which_refusals_are_about_the_clock(ask, simulator, offset, fault, options, is_about_clock):
    simulator.clock_offset = offset
    simulator.faults.append(fault)
    error = ask(**options).error
    assert ("Set the clock of this machine." in error, "the secret key" in error) == (is_about_clock, False)
    assert len(simulator.requests) == 1


@pytest.mark.parametrize("offset, token, number", [(0, "", 0), (10 * MINUTE, "", 1), (-HOUR, AUTH_TOKEN, 1)])
def test_a_skew_that_the_service_accepts_is_one_warning_with_both_times(connection, simulator, offset, token, number):
    simulator.clock_offset, simulator.page_cap = offset, 40
    keys = {"access_key": "", "secret_key": "", "auth_token": token} if token else {}
    options = {"validate_certs": True, "timeout": 30.0, "max_retries": 0, **connection, **keys}
    warned: list[str] = []
    with Client(options, find_credentials(options, no_warning), lambda _key, text: warned.append(text)) as client:
        list_tasks(client, {})
    assert (len(warned), len(simulator.requests)) == (number, 2)
    for text in warned:
        assert re.match(
            r"This machine's clock says \S+Z, the service's \S+Z: they are \d+ minutes apart\. Ages such as", text
        )


@pytest.mark.parametrize(
    "text, is_wrong_signature",
    [
        ("verify aksk signature fail", True),
        ("signature does not match", True),
        ("Signature mismatch", True),
        ("The canonicalRequest is GET", True),
        ("canonical request: GET", True),
        ("decrypt token fail", False),
        (EXPIRED["error_msg"], False),
    ],
)
def test_a_signature_that_does_not_match_is_explained_first(ask, simulator, text, is_wrong_signature):
    message = f"Incorrect IAM authentication information: {text}: {'x' * 5000}"
    simulator.faults.append(status(401, {"error_code": "APIGW.0301", "error_msg": message}))
    reason = " (the secret key probably does not belong to this access key)" if is_wrong_signature else ""
    assert f"HTTP 401, APIGW.0301{reason}: Incorrect IAM" in ask().error


def test_a_refusal_ends_the_terms_of_a_lookup(connection, simulator, pauses):
    ids = ids_of(simulator.tasks[:5])
    cases: list[tuple[dict[str, t.Any], list[t.Any], int]] = [
        *(({"secret_key": WRONG_SECRET_KEY, "on_missing": policy}, [], 401) for policy in ("error", "warn", "skip")),
        *(({"limit": 1}, [None, status(code)], code) for code in (401, 403)),
    ]
    for options, faults, code in cases:
        simulator.requests.clear()
        simulator.faults += faults
        error = run_lookup({**connection, **options}, ids).error
        assert f"returned HTTP {code}" in error
        assert ("more than five failures in a row lock an access key for five minutes" in error) == (code == 401)
        assert (len(simulator.requests), pauses) == (max(1, len(faults)), [])


def test_a_refusal_ends_the_retries(ask, simulator, pauses):
    simulator.faults += [status(503), status(401)]
    assert "HTTP 401" in ask(max_retries=20).error
    assert (len(simulator.requests), len(pauses)) == (2, 1)


def test_a_locked_key_is_reported_as_such(ask, simulator):
    for _attempt in range(6):
        ask(secret_key=WRONG_SECRET_KEY)
    assert "forbidden for five minutes" in ask().error
    assert len(simulator.requests) == 7
