# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens after a 401: one more attempt if the clock is to blame, and nothing that would lock the key."""

from __future__ import annotations

import re
import time
from datetime import datetime, timezone

import pytest

from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.unit.conftest import PLUGINS, run_plugin as ask, run_lookup

HOUR, YEAR = 3600, 365 * 86400
CLOCKS = re.compile(
    r"This machine's clock says (\S+Z), the service's (\S+Z): they are (\d+) minutes apart, and the service "
    r"refuses signatures from 15 minutes on\."
)


def signed_at(request: coc_simulator.Request) -> float:
    """Return the time that the request is signed with, in seconds since the epoch."""
    date = datetime.strptime(request.header("X-Sdk-Date") or "", "%Y%m%dT%H%M%SZ")
    return date.replace(tzinfo=timezone.utc).timestamp()


def clocks_in(text: str) -> tuple[float, float, int]:
    """Return the two clocks (seconds since the epoch) and the minutes between them that ``text`` tells."""
    match = CLOCKS.search(text)
    assert match, text
    ours, theirs = (
        datetime.strptime(clock, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()
        for clock in match.groups()[:2]
    )
    return ours, theirs, int(match.group(3))


# The clock


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize("offset", [20 * 60, -20 * 60, HOUR, -HOUR, 3 * YEAR, -6 * YEAR])
def test_signs_once_more_with_the_services_time_and_warns(plugin, offset, connection, simulator, pauses):
    simulator.clock_offset = offset
    outcome = ask(plugin, connection)
    assert outcome.msg == ""
    assert len(outcome.tasks) == len(simulator.tasks)
    wrong, corrected = map(signed_at, simulator.requests)
    assert abs(wrong - time.time()) < 60
    assert abs(corrected - simulator.now()) < 60
    assert len(outcome.warnings) == 1
    ours, theirs, minutes = clocks_in(outcome.warnings[0])
    assert abs(ours - time.time()) < 60
    assert abs(theirs - simulator.now()) < 60
    assert abs(minutes - abs(offset) / 60) <= 1
    assert "Set the clock of this machine" in outcome.warnings[0]
    assert pauses == []


@pytest.mark.parametrize("plugin", PLUGINS)
def test_temporary_keys_are_signed_once_more_too(plugin, connection, simulator):
    simulator.clock_offset = HOUR
    outcome = ask(plugin, {**connection, "security_token": coc_simulator.SECURITY_TOKEN})
    assert outcome.msg == ""
    assert [request.header("X-Security-Token") for request in simulator.requests] == [coc_simulator.SECURITY_TOKEN] * 2


@pytest.mark.parametrize("plugin", PLUGINS)
def test_later_pages_keep_the_corrected_clock(plugin, connection, simulator):
    simulator.clock_offset = -HOUR
    simulator.page_cap = 20
    outcome = ask(plugin, connection)
    assert [task["id"] for task in outcome.tasks] == [task["id"] for task in simulator.tasks]
    assert len(simulator.requests) == 1 + 3
    assert all(abs(signed_at(request) - simulator.now()) < 60 for request in simulator.requests[1:])
    assert len(outcome.warnings) == 1


def test_later_terms_keep_the_corrected_clock(connection, simulator):
    simulator.clock_offset = HOUR
    ids = [task["id"] for task in simulator.tasks[:3]]
    outcome = run_lookup(connection, ids)
    assert [task["id"] for task in outcome.tasks] == ids
    assert len(simulator.requests) == 1 + 3
    assert len(outcome.warnings) == 1


@pytest.mark.parametrize("plugin", PLUGINS)
def test_retries_keep_the_corrected_clock(plugin, connection, simulator, pauses):
    simulator.clock_offset = HOUR
    simulator.faults += [None, coc_simulator.status(503), coc_simulator.reset()]
    outcome = ask(plugin, connection)
    assert outcome.msg == ""
    assert len(simulator.requests) == 4
    assert all(abs(signed_at(request) - simulator.now()) < 60 for request in simulator.requests[1:])
    assert len(pauses) == 2


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize("offset", [HOUR, -HOUR, 6 * 60, -6 * 60])
def test_exactly_one_extra_attempt(plugin, offset, connection, simulator, pauses):
    simulator.clock_offset = offset
    simulator.faults += [coc_simulator.status(401)] * 5
    outcome = ask(plugin, connection)
    assert outcome.failed
    assert (len(simulator.requests), pauses) == (2, [])
    ours, theirs, minutes = clocks_in(outcome.msg)
    assert abs(ours - time.time()) < 60
    assert abs(theirs - simulator.now()) < 60
    assert abs(minutes - abs(offset) / 60) <= 1
    assert "HTTP 401, APIGW.0301" in outcome.msg and "The credentials came from the options." in outcome.msg


@pytest.mark.parametrize("plugin", PLUGINS)
def test_one_extra_attempt_in_a_whole_listing(plugin, connection, simulator):
    simulator.clock_offset = HOUR
    simulator.page_cap = 20
    simulator.faults += [None, None, coc_simulator.status(401)]
    outcome = ask(plugin, connection)
    assert outcome.failed
    assert len(simulator.requests) == 3
    assert "The 20 tasks that came before are not returned" in outcome.msg
    assert outcome.tasks == []


@pytest.mark.parametrize("plugin", PLUGINS)
def test_wrong_keys_and_a_wrong_clock(plugin, connection, simulator):
    simulator.clock_offset = HOUR
    outcome = ask(plugin, {**connection, "secret_key": "FakeWrongSecretKey"})
    assert outcome.failed
    assert "verify aksk signature fail" in outcome.msg  # what is wrong once the time is right
    assert clocks_in(outcome.msg)
    assert len(simulator.requests) == 2


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize("offset", [0, 280, -280])
def test_small_skew_is_not_to_blame(plugin, offset, connection, simulator):
    simulator.clock_offset = offset
    simulator.faults.append(coc_simulator.status(401))
    outcome = ask(plugin, connection)
    assert outcome.failed
    assert len(simulator.requests) == 1
    assert "clock" not in outcome.output


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize("offset", [10 * 60, -10 * 60])
def test_skew_that_the_service_accepts_is_not_mentioned(plugin, offset, connection, simulator):
    simulator.clock_offset = offset
    outcome = ask(plugin, connection)
    assert (outcome.msg, outcome.warnings, len(simulator.requests)) == ("", [], 1)


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize("status", [400, 403, 404])
def test_other_refusals_are_not_about_the_clock(plugin, status, connection, simulator):
    simulator.clock_offset = HOUR
    simulator.faults.append(coc_simulator.status(status))
    outcome = ask(plugin, connection)
    assert f"HTTP {status}" in outcome.msg
    assert len(simulator.requests) == 1
    assert "clock" not in outcome.output


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize(
    "date",
    [
        None,
        "",
        "yesterday",
        "1767225600",
        "2026-01-01T00:00:00Z",
        "Thu, 32 Jan 2026 00:00:00 GMT",
        "Mon, 01 Jan 0100 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Fri, 31 Dec 9999 23:59:59 -1200",
        "Wed, 01 Jan 2020 00:00:00 -0000",  # no zone
        "Wed, 01 Jan 2020 00:00:00 +99999999999999999999",
        "\xe4\xb8\x80\xe6\x9c\x88",
    ],
)
def test_answer_without_a_usable_date(plugin, date, connection, simulator):
    simulator.faults.append(coc_simulator.status(401, headers={"Date": date}))
    outcome = ask(plugin, connection)
    assert "HTTP 401, APIGW.0301" in outcome.msg
    assert len(simulator.requests) == 1
    assert "clock" not in outcome.output


@pytest.mark.parametrize("plugin", PLUGINS)
def test_token_has_no_clock(plugin, simulator):
    simulator.clock_offset = HOUR
    outcome = ask(plugin, {"endpoint": simulator.endpoint, "auth_token": "FakeWrongToken"})
    assert "HTTP 401" in outcome.msg
    assert len(simulator.requests) == 1
    assert "clock" not in outcome.output


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize(
    "text",
    [
        "verify aksk signature fail",
        "signature does not match",
        "Signature mismatch",
        "The canonicalRequest is GET",
    ],
)
def test_a_signature_that_does_not_match_is_explained_first(plugin, text, connection, simulator):
    message = f"Incorrect IAM authentication information: {text}, canonical request: {'x' * 5000}"
    simulator.faults.append(coc_simulator.status(401, {"error_code": "APIGW.0301", "error_msg": message}))
    msg = ask(plugin, connection).msg
    why = "HTTP 401, APIGW.0301 (the secret key is probably not that of this access key): Incorrect IAM"
    assert why in msg and "The credentials came from the options." in msg


@pytest.mark.parametrize("text", ["decrypt token fail", "signature expired, signature time:1,server time:2"])
def test_no_other_refusal_blames_the_secret_key(text, connection, simulator):
    simulator.faults.append(coc_simulator.status(401, {"error_code": "APIGW.0301", "error_msg": text}))
    assert "the secret key is probably" not in ask("module", connection).msg


# The lock


@pytest.mark.parametrize("on_missing", ["error", "warn", "skip"])
def test_lookup_stops_at_the_first_refusal(on_missing, connection, simulator, pauses):
    ids = [task["id"] for task in simulator.tasks[:5]]
    options = {**connection, "secret_key": "FakeWrongSecretKey", "on_missing": on_missing}
    outcome = run_lookup(options, ids)
    assert outcome.failed
    assert "more than five failures in a row lock an access key for five minutes" in outcome.msg
    assert (len(simulator.requests), pauses, outcome.tasks) == (1, [], [])


@pytest.mark.parametrize("status", [401, 403])
def test_lookup_stops_at_a_later_refusal(status, connection, simulator, pauses):
    simulator.faults += [None, coc_simulator.status(status)]
    outcome = run_lookup(connection, [task["id"] for task in simulator.tasks[:5]])
    assert f"HTTP {status}" in outcome.msg
    assert (len(simulator.requests), pauses, outcome.tasks) == (2, [], [])


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("page", [1, 2, 3])
def test_refusal_ends_a_listing(plugin, status, page, connection, simulator, pauses):
    simulator.page_cap = 20
    simulator.faults += [None] * (page - 1) + [coc_simulator.status(status)]
    outcome = ask(plugin, {**connection, "max_retries": 20})
    assert f"HTTP {status}" in outcome.msg
    assert (len(simulator.requests), pauses, outcome.tasks) == (page, [], [])


@pytest.mark.parametrize("plugin", PLUGINS)
def test_refusal_ends_the_retries(plugin, connection, simulator, pauses):
    simulator.faults += [coc_simulator.status(503), coc_simulator.status(401)]
    outcome = ask(plugin, {**connection, "max_retries": 20})
    assert "HTTP 401" in outcome.msg
    assert (len(simulator.requests), len(pauses)) == (2, 1)


@pytest.mark.parametrize("plugin", PLUGINS)
def test_locked_key_is_reported_as_such(plugin, connection, simulator):
    for _attempt in range(6):
        ask(plugin, {**connection, "secret_key": "FakeWrongSecretKey"})
    outcome = ask(plugin, connection)
    assert outcome.failed
    assert "forbidden for five minutes" in outcome.msg
    assert len(simulator.requests) == 7
