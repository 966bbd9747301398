# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each fault of the table, on the first page in the module and on a later one in the lookup."""

from __future__ import annotations

import re
import socket
import ssl

import pytest

from ansible_collections.huaweicloud.coc.plugins.module_utils._client import Client
from ansible_collections.huaweicloud.coc.plugins.module_utils._credentials import find_credentials
from ansible_collections.huaweicloud.coc.plugins.module_utils._response import json_type
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import FIELDS, list_tasks
from ansible_collections.huaweicloud.coc.plugins.module_utils._transport import Transport
from ansible_collections.huaweicloud.coc.tests.coc_simulator import SCHEDULED_TASKS, Answer, Simulator, status
from ansible_collections.huaweicloud.coc.tests.unit import fault_table
from ansible_collections.huaweicloud.coc.tests.unit.conftest import PLUGINS, ids_of, no_warning, refusal, run_plugin
from ansible_collections.huaweicloud.coc.tests.unit.fault_table import (
    FAILS,
    HARMLESS,
    PAGE,
    RECOVERS,
    RETRIES,
    TASKS,
    WAITS,
)

PAGES = {"first": 0, "later": 1}  # how many pages come before the fault
GROWING = [(0.25 * 2**n, 0.5 * 2**n) for n in range(RETRIES)]  # bounds of the pauses, in seconds


def by_row(*outcomes):
    rows = [row for row in fault_table.ROWS if row.outcome in outcomes]
    return pytest.mark.parametrize("row", rows, ids=[row.name for row in rows])


@pytest.fixture
def simulator():
    with Simulator(tasks=TASKS, page_cap=PAGE) as running:
        yield running


@pytest.fixture
def tls_simulator(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with Simulator(tasks=TASKS, page_cap=PAGE, tls=context) as running:
        yield running


@pytest.fixture
def elsewhere():
    """Where nobody has any business."""
    with Simulator() as running:
        yield running


@pytest.fixture
def strike(simulator, connection, pauses):
    """Run the module, then the lookup, while the fault of a row strikes so often in a row, on a page of each."""

    def strike_both(row, times=1, asked=simulator):
        for plugin, page in zip(PLUGINS, PAGES):  # in one test, since ansible-test forks for each
            pauses.clear()
            asked.requests.clear()
            asked.faults[:] = [None] * PAGES[page] + [row.fault] * times
            yield plugin, page, run_plugin(plugin, {**connection, **row.options})

    return strike_both


def check_failure(plugin, page, outcome, row):
    """Check what a failure tells, and that it returns no task."""
    assert "\n" not in outcome.error
    assert re.match("GET https?://", outcome.msg)
    assert [words for words in row.words if words not in outcome.msg] == []
    so_far = f"The {PAGE} tasks that came before are not returned: the list would not be complete."
    assert (so_far in outcome.msg) == (page == "later")
    assert "scheduled_tasks" not in outcome.result
    facts = outcome.result if plugin == "module" else outcome.result["exception"].__cause__.as_result()
    assert facts["transient"] == (row.outcome in (RECOVERS, WAITS) or row.options.get("max_retries") == 0)
    assert facts["retry_after"] == row.retry_after
    assert (facts["status"], facts["error_code"]) == (row.status, row.error_code)
    if row.status is None:
        assert facts["request_id"] is None
    else:
        assert re.fullmatch("[0-9a-f]{32}", facts["request_id"])
        assert f"(request ID {facts['request_id']})" in outcome.msg


def check_list(simulator, outcome):
    """Check that the list is whole and in order."""
    assert outcome.ids == ids_of(simulator.tasks)
    assert outcome.warnings == []


def check_pauses(pauses, row, number):
    assert len(pauses) == number
    for pause, growing in zip(pauses, GROWING):
        low, high = (row.retry_after, row.retry_after) if row.retry_after else growing
        assert low <= pause <= high, pauses


@by_row(RECOVERS, HARMLESS)
def test_a_fault_that_passes_and_an_oddity_are_survived(strike, simulator, pauses, row):
    retries = 1 if row.outcome is RECOVERS else 0
    for _plugin, _page, outcome in strike(row):
        check_list(simulator, outcome)
        assert len(simulator.requests) == 3 + retries
        check_pauses(pauses, row, retries)


@by_row(RECOVERS, WAITS, FAILS)
def test_a_fault_that_stays_or_cannot_pass_is_explained(strike, simulator, pauses, row):
    retries = row.options.get("max_retries", RETRIES) if row.outcome is RECOVERS else 0
    for plugin, page, outcome in strike(row, retries + 1):
        check_failure(plugin, page, outcome, row)
        assert ("Tried" in outcome.msg, f"Tried {retries + 1} times." in outcome.msg) == (retries > 0, retries > 0)
        assert len(simulator.requests) == PAGES[page] + retries + 1
        check_pauses(pauses, row, retries)


def refuse_from(simulator, page):
    """Refuse connections: at once, or after the first page."""

    def fault(exchange, answer):
        exchange.simulator.refuse()
        exchange.deliver(Answer(answer.status, {**answer.headers, "Connection": "close"}, answer.body))
        exchange.close_connection = True

    if page == "first":
        simulator.refuse()
    else:
        simulator.faults.append(fault)


@pytest.mark.parametrize("page", PAGES)
def test_a_refused_connection_that_passes_is_survived(ask, simulator, monkeypatch, page):
    pauses = []

    def pause(_transport, seconds):
        pauses.append(seconds)
        if len(pauses) == 2:
            simulator.listen()

    monkeypatch.setattr(Transport, "pause", pause)
    refuse_from(simulator, page)
    check_list(simulator, ask())
    assert len(simulator.requests) == 3
    check_pauses(pauses, fault_table.REFUSED, 2)


@pytest.mark.parametrize("page", PAGES)
def test_a_refused_connection_that_stays_is_explained(ask, plugin, simulator, pauses, page):
    refuse_from(simulator, page)
    outcome = ask()
    simulator.listen()
    check_failure(plugin, page, outcome, fault_table.REFUSED)
    assert f"Tried {RETRIES + 1} times." in outcome.msg
    assert len(simulator.requests) == PAGES[page]
    check_pauses(pauses, fault_table.REFUSED, RETRIES)


def test_a_name_that_is_not_found_is_looked_up_again(ask, plugin, monkeypatch, pauses):
    hosts = []

    def getaddrinfo(host, *_arguments):
        hosts.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    check_failure(plugin, "first", ask(endpoint="https://coc.example.com"), fault_table.UNRESOLVED)
    assert hosts == ["coc.example.com"] * (RETRIES + 1)
    assert len(pauses) == RETRIES


@pytest.mark.parametrize("host", [".example.com", "a" * 64])
def test_a_host_that_is_not_a_name_is_explained_at_once(ask, plugin, pauses, host):
    check_failure(plugin, "first", ask(endpoint=f"https://{host}"), fault_table.UNSENDABLE)
    assert pauses == []


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "target",
    ["{itself}{path}", "{other}{path}", "{other}{path}?limit=1000", "//{other_host}/", "https://{other_host}/", "tls"],
)
def test_no_redirect_is_followed(strike, simulator, tls_simulator, elsewhere, ca_file, pauses, code, target):
    asked, target = (tls_simulator, "{other}{path}") if target == "tls" else (simulator, target)
    host = elsewhere.endpoint.rpartition("/")[2]
    location = target.format(itself=asked.endpoint, other=elsewhere.endpoint, other_host=host, path=SCHEDULED_TASKS)
    words = (f"Redirects are not followed; this one points to {location}.", "Check the endpoint.")
    fault = status(code, b"", {"Location": location})
    options = {"endpoint": asked.endpoint, "ca_path": ca_file}
    row = fault_table.fails("redirect", fault, *words, status=code, options=options)
    for plugin, page, outcome in strike(row, asked=asked):
        check_failure(plugin, page, outcome, row)
        assert (len(asked.requests), pauses, elsewhere.connections) == (PAGES[page] + 1, [], 0)


def test_pauses_grow_to_a_minute_with_jitter(ask, simulator, pauses):
    simulator.faults += [status(503)] * 21
    assert "Tried 21 times." in ask(max_retries=20).error
    bounds = [min(0.5 * 2**n, 60) for n in range(20)]
    assert [bound for pause, bound in zip(pauses, bounds) if not bound / 2 <= pause <= bound] == []
    assert len({pause / bound for pause, bound in zip(pauses, bounds)}) == len(bounds) == len(pauses)


def test_no_field_takes_a_value_of_another_type(simulator, connection):
    options = {"validate_certs": True, "timeout": 30.0, "max_retries": 0, **connection}
    types = {str: "a string", int: "an integer", bool: "a boolean"}
    values = (7, 1.5, True, "7", [7], {"7": 7})
    wrong = [(name, value) for name in FIELDS for value in values if value.__class__ is not FIELDS[name]]
    with Client(options, find_credentials(options, no_warning), no_warning) as client:
        for name, value in wrong:
            simulator.faults.append(fault_table.task_with(**{name: value}))
            words = f"whose {name} is of type {json_type(value)} instead of {types[FIELDS[name]]}"
            assert words in refusal(list_tasks, client, {})
    assert len(simulator.requests) == len(wrong) == 5 * len(FIELDS)
