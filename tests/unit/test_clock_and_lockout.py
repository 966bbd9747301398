# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens after a 401: one more attempt if the clock is to blame, and nothing that would lock the key."""

from __future__ import annotations

import re
import time
import typing as t
from datetime import datetime, timedelta, timezone

import pytest

from ansible_collections.huaweicloud.coc.plugins.module_utils._client import Client
from ansible_collections.huaweicloud.coc.plugins.module_utils._credentials import find_credentials
from ansible_collections.huaweicloud.coc.tests.coc_simulator import SCHEDULED_TASKS, SECURITY_TOKEN, reset, status
from ansible_collections.huaweicloud.coc.tests.unit.conftest import WRONG_SECRET_KEY, ids_of, run_lookup

HOUR, YEAR = 3600, 365 * 86400
CLOCKS = re.compile(
    r"This machine's clock says (\S+Z), the service's (\S+Z): they are (\d+) minutes apart, and the service "
    r"refuses signatures from 15 minutes on\."
)


def to_epoch(text, form):
    return datetime.strptime(text, form).replace(tzinfo=timezone.utc).timestamp()


def check_signed_now(simulator, *requests):
    """Check that the requests are signed with the simulator's time."""
    for request in requests:
        assert abs(to_epoch(request.header("X-Sdk-Date"), "%Y%m%dT%H%M%SZ") - simulator.now()) < 60


def check_clocks(simulator, text):
    """Check that ``text`` tells the time of both clocks, and the minutes between them."""
    match = CLOCKS.search(text)
    assert match, text
    ours, theirs = (to_epoch(clock, "%Y-%m-%dT%H:%M:%SZ") for clock in match.groups()[:2])
    assert abs(ours - time.time()) < 60
    assert abs(theirs - simulator.now()) < 60
    assert abs(int(match.group(3)) - abs(simulator.clock_offset) / 60) <= 1


# The clock


@pytest.mark.parametrize("offset", [20 * 60, -20 * 60, HOUR, -HOUR, 3 * YEAR, -6 * YEAR])
def test_it_signs_once_more_with_the_services_time_and_warns(ask, simulator, pauses, offset):
    simulator.clock_offset = offset
    outcome = ask()
    assert outcome.ids == ids_of(simulator.tasks)
    wrong, corrected = simulator.requests
    assert abs(to_epoch(wrong.header("X-Sdk-Date"), "%Y%m%dT%H%M%SZ") - time.time()) < 60
    check_signed_now(simulator, corrected)
    [warning] = outcome.warnings
    check_clocks(simulator, warning)
    assert "Set the clock of this machine" in warning
    assert pauses == []


def test_later_pages_and_retries_keep_the_corrected_clock(ask, simulator, pauses):
    simulator.clock_offset, simulator.page_cap = -HOUR, 20
    simulator.faults += [None, status(503), reset()]
    outcome = ask(security_token=SECURITY_TOKEN)
    assert outcome.ids == ids_of(simulator.tasks)
    assert [request.header("X-Security-Token") for request in simulator.requests] == [SECURITY_TOKEN] * (1 + 2 + 3)
    check_signed_now(simulator, *simulator.requests[1:])
    assert (len(outcome.warnings), len(pauses)) == (1, 2)


def test_later_terms_keep_the_corrected_clock(connection, simulator):
    simulator.clock_offset = HOUR
    ids = ids_of(simulator.tasks[:3])
    outcome = run_lookup({**connection, "limit": 1}, ids)
    assert outcome.ids == ids
    assert len(simulator.requests) == 1 + 3
    assert len(outcome.warnings) == 1


@pytest.mark.parametrize("offset, requests", [(HOUR, 1), (0, 2), (-HOUR, 2)])
def test_a_known_skew_is_used_until_the_clock_is_set(connection, simulator, offset, requests):
    simulator.clock_offset = offset
    options = {"validate_certs": True, "timeout": 30.0, "max_retries": 0, **connection}
    warnings: list[str] = []
    with Client(options, find_credentials(options, pytest.fail), warnings.append, timedelta(seconds=HOUR)) as client:
        assert client.get(SCHEDULED_TASKS, {}, "no permission").document["count"] == 60
        assert abs(client.clock_skew.total_seconds() - offset) < 60
    assert len(simulator.requests) == 1 + len(warnings) == requests


@pytest.mark.parametrize("offset", [HOUR, -HOUR, 6 * 60, -6 * 60])
def test_there_is_exactly_one_extra_attempt(ask, simulator, pauses, offset):
    simulator.clock_offset = offset
    simulator.faults += [status(401)] * 5
    error = ask().error
    assert (len(simulator.requests), pauses) == (2, [])
    check_clocks(simulator, error)
    assert "HTTP 401, APIGW.0301" in error and "The credentials came from the options." in error


def test_there_is_one_extra_attempt_in_a_whole_list(ask, simulator):
    simulator.clock_offset, simulator.page_cap = HOUR, 20
    simulator.faults += [None, None, status(401)]
    assert "The 20 tasks that came before are not returned" in ask().error
    assert len(simulator.requests) == 3


def test_wrong_keys_and_a_wrong_clock(ask, simulator):
    simulator.clock_offset = HOUR
    error = ask(secret_key=WRONG_SECRET_KEY).error
    assert "verify aksk signature fail" in error  # what is wrong once the time is right
    check_clocks(simulator, error)
    assert len(simulator.requests) == 2


@pytest.mark.parametrize("offset", [10 * 60, -10 * 60])
def test_a_skew_that_the_service_accepts_is_not_mentioned(ask, simulator, offset):
    simulator.clock_offset = offset
    outcome = ask()
    assert (outcome.msg, outcome.warnings, len(simulator.requests)) == ("", [], 1)


def test_no_other_refusal_is_about_the_clock(ask, simulator):
    for offset, code, headers, options in (
        *((offset, 401, {}, {}) for offset in (0, 280, -280)),
        *((HOUR, code, {}, {}) for code in (400, 403, 404)),
        *((0, 401, {"Date": date}, {}) for date in (None, "yesterday", "Fri, 31 Dec 9999 23:59:59 GMT")),
        (HOUR, 401, {}, {"access_key": "", "secret_key": "", "auth_token": "FakeWrongToken"}),
    ):
        simulator.requests.clear()
        simulator.clock_offset = offset
        simulator.faults.append(status(code, headers=headers))
        outcome = ask(**options)
        assert f"HTTP {code}, " in outcome.error, headers
        assert "clock" not in outcome.output, headers
        assert len(simulator.requests) == 1, headers


# A wrong secret


def test_a_signature_that_does_not_match_is_explained_first(ask, simulator):
    for text, is_wrong_signature in (
        ("verify aksk signature fail", True),
        ("signature does not match", True),
        ("Signature mismatch", True),
        ("The canonicalRequest is GET", True),
        ("canonical request: GET", True),
        ("decrypt token fail", False),
        ("signature expired, signature time:1,server time:2", False),
    ):
        message = f"Incorrect IAM authentication information: {text}: {'x' * 5000}"
        simulator.faults.append(status(401, {"error_code": "APIGW.0301", "error_msg": message}))
        reason = " (the secret key is probably not that of this access key)" if is_wrong_signature else ""
        error = ask().error
        assert f"HTTP 401, APIGW.0301{reason}: Incorrect IAM" in error
        assert "The credentials came from the options." in error


# The lock


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
