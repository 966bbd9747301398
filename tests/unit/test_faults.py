# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every way in which a request can fail, on the first page and on a later one, in the module and in the lookup.

One table says what comes back, after how many requests and what pauses. Its phrases are those of the guide.
"""

from __future__ import annotations

import ast
import email.utils
import gzip
import http.client
import itertools
import math
import re
import socket
import ssl
import time
import typing as t
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import requests
import trustme

from ansible_collections.huaweicloud.coc.plugins.module_utils import _client, _credentials, _transport
from ansible_collections.huaweicloud.coc.plugins.module_utils._credentials import find_credentials
from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._options import CONNECTION
from ansible_collections.huaweicloud.coc.plugins.module_utils._response import json_type
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import (
    FIELDS,
    MAX_DEPTH,
    TYPES,
    list_tasks,
)
from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.coc_simulator import (
    Answer,
    body,
    close,
    cut_body,
    drip,
    gzip_bomb,
    hang,
    mutate,
    raw,
    reset,
    status,
)
from ansible_collections.huaweicloud.coc.tests.unit.conftest import PLUGINS, run_plugin as ask

TASKS = 25
PAGE = 10
PAGES = {"first": 0, "later": 1}  # how many pages come before the fault
RETRIES = CONNECTION["max_retries"]["default"]
GROWING = [(0.25 * 2**n, 0.5 * 2**n) for n in range(RETRIES)]  # bounds of the pauses, in seconds
QUICK = {"timeout": 0.3, "max_retries": 1}  # for what only a time-out ends
QUICKER = {"timeout": 0.3, "max_retries": 0}

RECOVERS, WAITS, FAILS, HARMLESS = "recovers", "waits", "fails", "harmless"


@dataclass(frozen=True)
class Row:
    """A fault, and what becomes of it.

    ``outcome`` is one of RECOVERS (if it strikes once; it is given up if it stays), WAITS (fails at once, although it
    may pass, because the service asks to wait for long), FAILS (at once) and HARMLESS.
    ``phrase`` is what the guide calls it, ``words`` are what the message must say, ``pause`` are the bounds of each
    pause in seconds, where the response asks for one; ``retry_after`` is how long it asks to wait.
    """

    name: str
    phrase: str
    outcome: str
    fault: t.Callable[..., None]
    words: tuple[str, ...] = ()
    status: int | None = None
    error_code: str | None = None
    pause: tuple[float, float] | None = None
    retry_after: int | None = None
    options: dict[str, t.Any] = field(default_factory=dict)


def html(title):
    return f"<html><head><title>{title}</title></head><body><p>Sorry.</body></html>".encode()


def page_of(code, title):
    return status(code, html(title), content_type="text/html")


def retry_after(value, code=503):
    """Answer with this Retry-After, or the HTTP date that is this many seconds ahead."""

    def fault(exchange, answer):
        now = int(time.time())
        headers = {"Date": email.utils.formatdate(now, usegmt=True), "Retry-After": value}
        if isinstance(value, int):
            headers["Retry-After"] = email.utils.formatdate(now + value, usegmt=True)
        status(code, {"error_code": "TEST.1"}, headers)(exchange, answer)

    return fault


def error(code):
    return {"error_code": code, "error_msg": "Something."}


def throttled(text, headers=None):
    message = f"The throttling threshold has been reached: policy user over ratelimit,limit:200,{text}"
    return status(429, {"error_code": "APIGW.0308", "error_msg": message}, headers)


def hang_in_body(code):
    """Answer with a status and headers, and never send the body that they announce."""

    def fault(exchange, answer):
        exchange.send(Answer(code, answer.headers, b"{}").encode()[0])
        exchange.wait(None)

    return fault


def edited(function):
    """Send the normal answer's text, as ``function`` changes it."""

    def fault(exchange, answer):
        exchange.deliver(answer.replace(function(answer.body)))

    return fault


def part(name, value):
    """Send the normal answer with another value for ``count``, ``next_maker`` or ``scheduled_tasks``."""
    return mutate(lambda document: {**document, name: value})


def task_with(**fields):
    """Send the normal answer with a last task that has these fields."""

    def change(document):
        document["scheduled_tasks"][-1].update(fields)
        return document

    return mutate(change)


def last_task(value):
    return mutate(lambda document: {**document, "scheduled_tasks": [*document["scheduled_tasks"][:-1], value]})


def added(text):
    """Send the normal answer with one more field, whose value is this JSON text, in every task."""
    return edited(lambda content: content.replace(b'"id":', b'"new_field":' + text + b',"id":'))


def not_json(*words):
    return ("returned HTTP 200 with a body that is not JSON", *words)


# A value that a service might give by mistake, of another type than the field's.
MISTAKES: dict[type, t.Any] = {str: 7, int: "7", bool: 1}
COUNTS: dict[t.Any, str] = {
    "25": "of type string",
    25.0: "of type number",
    True: "of type boolean",
    None: "absent or null",
    -1: "out of range",
    10**30: "out of range",
}

NO_TASKS: list[t.Any] = [None, [], "ST", {}, {"id": None}, {"id": ""}]

ROWS: list[Row] = [
    # no answer, or no whole one
    Row("reset before the answer", "is reset", RECOVERS, reset(), ("failed: Connection reset by peer",)),
    Row("reset in the headers", "is reset", RECOVERS, reset("headers"), ("failed: Connection reset by peer",)),
    Row("reset in the body", "is reset", RECOVERS, reset("body"), ("failed: Connection reset by peer",)),
    Row("closed before the answer", "is closed", RECOVERS, close(), ("failed: Remote end closed connection",)),
    Row("closed in the headers", "cut short", RECOVERS, close("headers"), ("failed: the response was cut short",)),
    Row(
        "closed before Content-Length",
        "cut short",
        RECOVERS,
        raw(b"HTTP/1.1 200 OK\r\nDate: x\r\n"),
        ("failed: the response was cut short",),
    ),
    Row("closed in the body", "cut short", RECOVERS, close("body"), ("failed: the response was cut short",)),
    Row("body cut", "cut short", RECOVERS, cut_body(), ("failed: the response was cut short",)),
    Row("chunks cut", "cut short", RECOVERS, cut_body(framing="chunked"), ("failed: the response was cut short",)),
    Row("gzip cut", "cut short", RECOVERS, cut_body(framing="gzip"), ("failed: the response was cut short",)),
    Row(
        "hang",
        "within the time",
        RECOVERS,
        hang(),
        ("timed out: no complete response within 0.3 seconds",),
        options=QUICK,
    ),
    Row(
        "hang in the body",
        "within the time",
        FAILS,
        hang_in_body(200),
        ("timed out: no complete response within 0.3 seconds",),
        options=QUICKER,
    ),
    Row(
        "drip of headers",
        "within the time",
        FAILS,
        drip(0.05, "headers"),
        ("timed out: no complete response within 0.3 seconds",),
        options=QUICKER,
    ),
    Row(
        "drip of the body",
        "within the time",
        FAILS,
        drip(0.05),
        ("timed out: no complete response within 0.3 seconds",),
        options=QUICKER,
    ),
    Row("not HTTP", "not HTTP", RECOVERS, raw(b"SSH-2.0-OpenSSH_9.6\r\n"), ("failed: the response is not valid HTTP",)),
    Row(
        "101 headers",
        "not HTTP",
        RECOVERS,
        raw(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 101 + b"\r\n"),
        ("failed: the response is not valid HTTP", "more than 100 headers"),
    ),
    Row(
        "two lengths",
        "contradict",
        FAILS,
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
        ("the response has headers that contradict each other",),
    ),
    # statuses
    Row("400", "HTTP 400", FAILS, status(400), ("HTTP 400, COC.00010002: Invalid parameter",), 400, "COC.00010002"),
    Row(
        "401",
        "HTTP 401",
        FAILS,
        status(401),
        ("HTTP 401, APIGW.0301: Incorrect IAM", "came from the options", "five failures in a row"),
        401,
        "APIGW.0301",
    ),
    Row(
        "401 whose body hangs",
        "HTTP 401",
        FAILS,
        hang_in_body(401),
        ("HTTP 401", "came from the options"),
        401,
        options={"timeout": 0.3},
    ),
    Row(
        "403 with a large body",
        "HTTP 403",
        FAILS,
        status(403, html("Stop") + b" " * _transport.MAX_ERROR_BODY, content_type="text/html"),
        ("HTTP 403 with an HTML page titled 'Stop'", "proxy or a firewall", "coc:schedule:list"),
        403,
    ),
    Row("403", "HTTP 403", FAILS, status(403), ("HTTP 403, APIGW.0302", "coc:schedule:list"), 403, "APIGW.0302"),
    Row(
        "403 whose body is cut",
        "HTTP 403",
        FAILS,
        lambda exchange, answer: cut_body()(exchange, Answer(403, answer.headers, answer.body)),
        ("HTTP 403", "coc:schedule:list"),
        403,
    ),
    Row("404", "HTTP 404", FAILS, status(404), ("HTTP 404, APIGW.0101", "Check the endpoint."), 404, "APIGW.0101"),
    Row("408", "HTTP 408", RECOVERS, status(408), ("HTTP 408",), 408, "APIGW.0201"),
    Row(
        "418 of a firewall",
        "firewall",
        FAILS,
        page_of(418, "Blocked"),
        ("HTTP 418 with an HTML page titled 'Blocked'",),
        418,
    ),
    Row(
        "418 with a body that cannot be read",
        "firewall",
        FAILS,
        status(418, b"?", {"Content-Encoding": "br"}),
        ("HTTP 418 with a body that cannot be read",),
        418,
    ),
    Row("429", "HTTP 429", RECOVERS, retry_after("", 429), ("HTTP 429, TEST.1", "Too many requests"), 429, "TEST.1"),
    Row("429, time:5 minute", "APIGW.0308", RECOVERS, status(429), ("HTTP 429",), 429, "APIGW.0308"),
    Row(
        "429, both",
        "APIGW.0308",
        RECOVERS,
        throttled("time:20 second", {"Retry-After": "9"}),
        (),
        429,
        "APIGW.0308",
        (9, 9),
        9,
    ),
    *(
        Row(
            f"{code}, Retry-After {name}",
            "Retry-After",
            RECOVERS,
            retry_after(value, code),
            (),
            code,
            "TEST.1",
            (wait, wait) if wait else None,
            wait,
        )
        for code in (429, 503)
        for name, value, wait in (
            ("in seconds", "7", 7),
            ("of a minute", "60", 60),
            ("of a date", 20, 20),
            ("that is zero", "0", 0),
            ("that is negative", "-7", None),
            ("of a past date", -20, None),
            ("that is garbage", "soon", None),
            ("with a superscript", "²", None),
        )
    ),
    *(
        Row(
            f"{code}, Retry-After {name}",
            "for longer than a minute",
            WAITS,
            retry_after(value, code),
            (f"The service asks to wait {wait} seconds before the next request.",),
            code,
            "TEST.1",
            retry_after=wait,
        )
        for code in (429, 503)
        for name, value, wait in (
            ("of 61 seconds", "61", 61),
            ("of a day", "86400", 86400),
            ("that is absurd", "9" * 400, 10**18 - 1),
            ("of an hour's date", 3600, 3600),
        )
    ),
    # codes that decide, whatever the status
    *(
        Row(f"{code}, {error_code}", error_code, RECOVERS, status(code, error(error_code)), words, code, error_code)
        for code, error_code, words in (
            (400, "COC.00010014", ("COC could not reach IAM",)),
            (200, "COC.00010014", ("COC could not reach IAM",)),
            (400, "APIG.0308", ("Too many requests",)),
            (429, "APIG.0308", ("Too many requests",)),
            (400, "APIGW.0308", ("Too many requests",)),
        )
    ),
    *(
        Row(f"{code}, {error_code}", f"HTTP {code}", FAILS, status(code, error(error_code)), words, code, error_code)
        for code, error_code, words in (
            (400, "COC.00011013", ("which user the credentials belong to", "domain_id or project_id")),
            (400, "COC.00014121", ("belongs to another account",)),
            (401, "COC.00010014", ("came from the options",)),
            (403, "APIGW.0308", ("Too many requests",)),
        )
    ),
    Row("500", "HTTP 500", RECOVERS, status(500), ("HTTP 500, APIGW.0601",), 500, "APIGW.0601"),
    Row(
        "502",
        "HTTP 502",
        RECOVERS,
        page_of(502, "Bad Gateway"),
        ("HTTP 502 with an HTML page titled 'Bad Gateway'",),
        502,
    ),
    Row("503", "HTTP 503", RECOVERS, status(503), ("HTTP 503, APIGW.0202",), 503, "APIGW.0202"),
    Row("504", "HTTP 504", RECOVERS, status(504), ("HTTP 504, APIGW.0203",), 504, "APIGW.0203"),
    Row("103", "another status", FAILS, status(103, b""), ("HTTP 103 with an empty body",), 103),
    Row("204", "another status", FAILS, status(204, b""), ("HTTP 204 with an empty body",), 204),
    Row("206", "another status", FAILS, status(206, {"count": 0}), ("HTTP 206 with a JSON object",), 206),
    Row("302 to nowhere", "redirect", FAILS, status(302, b""), ("it points to nowhere", "Check the endpoint."), 302),
    # a 200 whose body is no JSON object
    Row(
        "200 with HTML", "firewall", FAILS, page_of(200, "Log in"), ("HTTP 200 with an HTML page titled 'Log in'",), 200
    ),
    Row("empty body", "empty body", FAILS, body(b""), ("HTTP 200 with an empty body instead of a JSON object",), 200),
    Row(
        "not UTF-8",
        "not JSON",
        FAILS,
        edited(lambda content: content.decode().encode("gbk")),
        not_json("'utf-8' codec can't decode"),
        200,
    ),
    Row(
        "UTF-16", "not JSON", FAILS, edited(lambda content: content.decode().encode("utf-16")), not_json("'utf-8'"), 200
    ),
    Row("half of it", "not JSON", FAILS, edited(lambda content: content[:300]), not_json('\'{"count":25,'), 200),
    Row("not a number", "not JSON", FAILS, part("count", float("nan")), not_json("NaN is not a finite number"), 200),
    Row("infinity", "not JSON", FAILS, added(b"-Infinity"), not_json("-Infinity is not a finite number"), 200),
    Row("1e999", "not JSON", FAILS, added(b"1e999"), not_json("1e999 is not a finite number"), 200),
    Row("lone surrogate", "not JSON", FAILS, added(b'"\\uD800"'), not_json("surrogates not allowed"), 200),
    Row("endless nesting", "nested", FAILS, body(b"[" * 200000), not_json("recursion"), 200),
    Row(
        "deep nesting", "nested", FAILS, added(b"[" * 600 + b"]" * 600), ("a new field that is nested too deeply",), 200
    ),
    Row("a list", "JSON object", FAILS, body([]), ("a JSON array instead of a JSON object",), 200),
    Row("null", "JSON object", FAILS, body(b"null"), ("HTTP 200 with JSON null instead of a JSON object",), 200),
    Row("a string", "JSON object", FAILS, body("tasks"), ("a JSON string instead of a JSON object",), 200),
    # a 200 that cannot be unpacked
    Row(
        "another Content-Encoding",
        "cannot be unpacked",
        FAILS,
        body(b"{}", {"Content-Encoding": "br"}),
        ("returned Content-Encoding 'br'",),
    ),
    Row(
        "gzip that is none",
        "cannot be unpacked",
        FAILS,
        body(b"{}", {"Content-Encoding": "gzip"}),
        ("returned gzip data that cannot be unpacked",),
    ),
    Row(
        "gzip with a wrong checksum",
        "cannot be unpacked",
        FAILS,
        body(gzip.compress(b"{}")[:-8] + b"checksum", {"Content-Encoding": "gzip"}),
        ("returned gzip data that cannot be unpacked",),
    ),
    Row("gzip bomb", "64 MiB", FAILS, gzip_bomb(_transport.MAX_BODY), ("sent a response larger than 64 MiB",)),
    # a 200 whose JSON object is of another shape
    *(
        Row(f"count {value!r:.12}", "another type", FAILS, part("count", value), (f"count {came}",), 200)
        for value, came in COUNTS.items()
    ),
    Row("next_maker 7", "another type", FAILS, part("next_maker", 7), ("next_maker of type integer",), 200),
    *(
        Row(f"scheduled_tasks {value!r}", "another type", FAILS, part("scheduled_tasks", value), (words,), 200)
        for value, words in (
            (None, "scheduled_tasks absent or null"),
            ({}, "scheduled_tasks of type object"),
            ("", "scheduled_tasks of type string"),
        )
    ),
    *(
        Row(
            f"task {value!r}",
            "another type",
            FAILS,
            last_task(value),
            ("a task that is not an object or has",),
            200,
        )
        for value in NO_TASKS
    ),
    *(
        Row(
            f"{name} of another type",
            "another type",
            FAILS,
            task_with(**{name: MISTAKES[kind]}),
            (f"whose {name} is of type {json_type(MISTAKES[kind])} instead of {TYPES[kind]}",),
            200,
        )
        for name, kind in FIELDS.items()
    ),
    # a 200 that tells of an error
    *(
        Row(
            f"200 with an error, {name}",
            "error code in a 200",
            FAILS,
            body(document),
            ("returned HTTP 200, COC.00014121: Not yours",),
            200,
            "COC.00014121",
        )
        for name, document in (
            ("error_code", {"error_code": "COC.00014121", "error_msg": "Not yours."}),
            ("errorCode", {"errorCode": "COC.00014121", "errorMsg": "Not yours."}),
            ("code one level down", {"error": {"code": "COC.00014121", "message": "Not yours."}}),
        )
    ),
    Row(
        "error code beside tasks",
        "error code in a 200",
        FAILS,
        part("error_code", "COC.1"),
        ("returned HTTP 200, COC.1",),
        200,
        "COC.1",
    ),
    # oddities that do no harm
    Row("code of zeros", "only zeros", HARMLESS, part("error_code", "COC.00000000")),
    Row("code 0", "only zeros", HARMLESS, part("code", 0)),
    Row("byte order mark", "byte order mark", HARMLESS, edited(lambda content: b"\xef\xbb\xbf" + content)),
    Row(
        "repeated keys", "repeated", HARMLESS, edited(lambda content: content.replace(b'"count"', b'"count":7,"count"'))
    ),
    Row("code of something new", "has added", HARMLESS, part("site", {"code": "intl", "message": "International"})),
    Row("huge integer", "huge", HARMLESS, task_with(created_time=10**40)),
    Row("nesting of a new field", "nested", HARMLESS, added(b"[" * 80 + b"]" * 80)),
    Row("slow, but in time", "within the time", HARMLESS, hang(0.05)),
]

# What no answer can bring about: tests of their own do.
REFUSED = Row("refused", "is refused", RECOVERS, status(0), ("failed: Connection refused",))
UNRESOLVED = Row("unresolved", "cannot be resolved", RECOVERS, status(0), ("failed: Name or service not known",))
UNSENDABLE = Row("unsendable", "could not be sent", FAILS, status(0), ("could not be sent",))
UNREADABLE = Row("unreadable", "cannot be read", FAILS, status(0), ("the response has headers that cannot be read",))

by_plugin = pytest.mark.parametrize("plugin", PLUGINS)
by_page = pytest.mark.parametrize("page", PAGES)
EVERYWHERE = list(itertools.product(PLUGINS, PAGES))  # in one test, since ansible-test forks for each


def by_row(*outcomes):
    rows = [row for row in ROWS if row.outcome in outcomes]
    return pytest.mark.parametrize("row", rows, ids=[row.name for row in rows])


@pytest.fixture(scope="module")
def shared_simulator():
    with coc_simulator.Simulator(tasks=TASKS, page_cap=PAGE) as running:
        yield running


@pytest.fixture
def simulator(shared_simulator):
    """One for all tests, for speed, with the past of none."""
    forget(shared_simulator, [])
    return shared_simulator


def forget(simulator, pauses):
    simulator.faults.clear()
    simulator.requests.clear()
    pauses.clear()


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority, tmp_path_factory):
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def tls_simulator(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with coc_simulator.Simulator(tasks=TASKS, page_cap=PAGE, tls=context) as running:
        yield running


@pytest.fixture
def elsewhere():
    """Where nobody has any business."""
    with coc_simulator.Simulator() as running:
        yield running


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


def strike(simulator, connection, plugin, page, row, times):
    """Run ``plugin`` while the fault strikes ``times`` times in a row, from ``page`` on."""
    simulator.faults += [None] * PAGES[page] + [row.fault] * times
    started = time.monotonic()
    outcome = ask(plugin, {**connection, **row.options})
    assert time.monotonic() - started < 10
    return outcome


def check_failure(plugin, page, outcome, row):
    """Check what a failure tells, and that it gives no task."""
    assert outcome.failed
    assert outcome.tasks == []
    assert "\n" not in outcome.msg
    assert re.match("GET https?://", outcome.msg)
    assert [words for words in row.words if words not in outcome.msg] == []
    so_far = f"The {PAGE} tasks that came before are not returned: the list would not be complete."
    assert (so_far in outcome.msg) == (page == "later")
    if plugin == "module":
        names = ("status", "error_code", "request_id", "transient", "retry_after")
        facts = {name: outcome.result[name] for name in names}
        assert "scheduled_tasks" not in outcome.result
    else:
        facts = outcome.result["exception"].__cause__.as_result()
    assert facts["transient"] == (row.outcome in (RECOVERS, WAITS) or row.options.get("max_retries") == 0)
    assert facts["retry_after"] == row.retry_after
    assert (facts["status"], facts["error_code"]) == (row.status, row.error_code)
    if row.status is None:
        assert facts["request_id"] is None
    else:
        assert re.fullmatch("[0-9a-f]{32}", facts["request_id"])
        assert f"(request ID {facts['request_id']})" in outcome.msg


def check_list(simulator, outcome):
    """Check that the result is whole and in order."""
    assert not outcome.failed, outcome.msg
    assert [task["id"] for task in outcome.tasks] == [task["id"] for task in simulator.tasks]
    assert outcome.warnings == []


def check_pauses(pauses, row):
    for pause, growing in zip(pauses, GROWING):
        low, high = row.pause or growing
        assert low <= pause <= high, pauses


@by_row(RECOVERS, HARMLESS)
def test_a_fault_that_passes_and_an_oddity_are_survived(simulator, connection, pauses, row):
    retries = 1 if row.outcome is RECOVERS else 0
    for plugin, page in EVERYWHERE:
        forget(simulator, pauses)
        outcome = strike(simulator, connection, plugin, page, row, 1)
        check_list(simulator, outcome)
        assert len(simulator.requests) == 3 + retries
        assert len(pauses) == retries
        check_pauses(pauses, row)


@by_row(RECOVERS)
def test_a_fault_that_stays_is_explained(simulator, connection, pauses, row):
    retries = row.options.get("max_retries", RETRIES)
    for plugin, page in EVERYWHERE:
        forget(simulator, pauses)
        outcome = strike(simulator, connection, plugin, page, row, retries + 1)
        check_failure(plugin, page, outcome, row)
        assert f"Tried {retries + 1} times." in outcome.msg
        assert len(simulator.requests) == PAGES[page] + retries + 1
        assert len(pauses) == retries
        check_pauses(pauses, row)


@by_row(FAILS, WAITS)
def test_what_cannot_pass_is_explained_at_once(simulator, connection, pauses, row):
    for plugin, page in EVERYWHERE:
        forget(simulator, pauses)
        outcome = strike(simulator, connection, plugin, page, row, 1)
        check_failure(plugin, page, outcome, row)
        assert len(simulator.requests) == PAGES[page] + 1
        assert pauses == []


@by_plugin
@by_page
def test_a_refused_connection_that_passes_is_survived(simulator, connection, monkeypatch, plugin, page):
    pauses = []

    def pause(seconds):
        pauses.append(seconds)
        if len(pauses) == 2:
            simulator.listen()

    monkeypatch.setattr(time, "sleep", pause)
    refuse_from(simulator, page)
    outcome = ask(plugin, connection)
    check_list(simulator, outcome)
    assert len(simulator.requests) == 3
    assert len(pauses) == 2
    check_pauses(pauses, REFUSED)


@by_plugin
@by_page
def test_a_refused_connection_that_stays_is_explained(simulator, connection, pauses, plugin, page):
    refuse_from(simulator, page)
    outcome = ask(plugin, connection)
    simulator.listen()
    check_failure(plugin, page, outcome, REFUSED)
    assert f"Tried {RETRIES + 1} times." in outcome.msg
    assert len(simulator.requests) == PAGES[page]
    assert len(pauses) == RETRIES
    check_pauses(pauses, REFUSED)


@by_plugin
def test_a_name_that_is_not_found_is_looked_up_again(monkeypatch, connection, pauses, plugin):
    asked = []

    def getaddrinfo(host, *_arguments):
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    outcome = ask(plugin, {**connection, "endpoint": "https://coc.example.com"})
    check_failure(plugin, "first", outcome, UNRESOLVED)
    assert asked == ["coc.example.com"] * (RETRIES + 1)
    assert len(pauses) == RETRIES


@by_plugin
@pytest.mark.parametrize("host", [".example.com", "a" * 64])
def test_a_host_that_is_no_name_is_explained_at_once(connection, pauses, plugin, host):
    outcome = ask(plugin, {**connection, "endpoint": f"https://{host}"})
    check_failure(plugin, "first", outcome, UNSENDABLE)
    assert pauses == []


@by_plugin
@by_page
def test_headers_that_requests_stumbles_over(simulator, connection, monkeypatch, pauses, plugin, page):
    """As its older versions do; newer ones read everything."""
    get_encoding = requests.adapters.get_encoding_from_headers

    def stumble(headers):
        if headers["Content-Type"] == "x; charset":
            raise AttributeError("'bool' object has no attribute 'strip'")
        return get_encoding(headers)

    monkeypatch.setattr(requests.adapters, "get_encoding_from_headers", stumble)
    row = replace(UNREADABLE, fault=status(401, content_type="x; charset"))
    outcome = strike(simulator, connection, plugin, page, row, 1)
    check_failure(plugin, page, outcome, row)
    assert len(simulator.requests) == PAGES[page] + 1
    assert pauses == []


def test_the_cause_is_not_what_urllib3_1_tries_first(monkeypatch, simulator, connection, pauses):
    getresponse = http.client.HTTPConnection.getresponse

    def with_buffering(self):
        try:
            raise TypeError("getresponse() got an unexpected keyword argument 'buffering'")
        except TypeError:
            return getresponse(self)

    monkeypatch.setattr(http.client.HTTPConnection, "getresponse", with_buffering)
    simulator.faults += [reset()] * (RETRIES + 1)
    assert "failed: Connection reset by peer." in ask("module", connection).msg


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("target", ["itself", "another host", "plain http"])
def test_no_redirect_is_followed(simulator, tls_simulator, elsewhere, connection, ca_file, pauses, code, target):
    asked = tls_simulator if target == "plain http" else simulator

    def fault(exchange, answer):
        base = asked.endpoint if target == "itself" else elsewhere.endpoint
        status(code, b"", {"Location": base + exchange.path})(exchange, answer)

    options = {"endpoint": asked.endpoint, "ca_path": ca_file}
    words = ("Redirects are not followed", (asked if target == "itself" else elsewhere).endpoint, "Check the endpoint.")
    row = Row("", "redirect", FAILS, fault, words, code, options=options)
    for plugin, page in EVERYWHERE:
        forget(asked, pauses)
        outcome = strike(asked, connection, plugin, page, row, 1)
        check_failure(plugin, page, outcome, row)
        assert len(asked.requests) == PAGES[page] + 1
        assert elsewhere.connections == 0
        assert pauses == []


@by_plugin
def test_pauses_grow_to_a_minute_with_jitter(simulator, connection, pauses, plugin):
    simulator.faults += [status(503)] * 21
    outcome = ask(plugin, {**connection, "max_retries": 20})
    bounds = [min(0.5 * 2**n, 60) for n in range(20)]
    assert "Tried 21 times." in outcome.msg
    assert [bound for pause, bound in zip(pauses, bounds) if not bound / 2 <= pause <= bound] == []
    assert len({pause / bound for pause, bound in zip(pauses, bounds)}) == len(bounds) == len(pauses)


def test_no_field_takes_a_value_of_another_type(simulator, connection):
    options = {"validate_certs": True, "timeout": 30.0, "max_retries": 0, **connection}
    values = (7, 1.5, True, "7", [7], {"7": 7})
    wrong = [(name, value) for name in FIELDS for value in values if value.__class__ is not FIELDS[name]]
    with _client.Client(options, find_credentials(options, pytest.fail), pytest.fail) as client:
        for name, value in wrong:
            simulator.faults.append(task_with(**{name: value}))
            with pytest.raises(CocError, match=f"whose {name} is of type {json_type(value)}"):
                list_tasks(client, {})
    assert len(simulator.requests) == len(wrong) == 5 * len(FIELDS)


# ---------------------------------------------------------------------------------------------------------------------
# The guide

COLLECTION = Path(__file__).parents[2]
PHRASES = [*ROWS, REFUSED, UNRESOLVED, UNSENDABLE, UNREADABLE]
RAISERS = {"CocError": 0, "TransportError": 0, "Meaning": 2, "Failure": 0, "warn": 0, "warning": 0}
CONSTANTS = {**vars(_client), **vars(_credentials), **vars(_transport)}


def plain(text):
    return " ".join(text.replace("``", "").split())


@pytest.fixture(scope="module")
def guide():
    """The sections of the guide, by their titles."""
    text = (COLLECTION / "docs/docsite/rst/errors_and_retries.rst").read_text("utf-8")
    titles = re.findall(r"^(.+)\n(?:=+|-+)\n", text, re.MULTILINE)
    bodies = re.split(r"^.+\n(?:=+|-+)\n", text, flags=re.MULTILINE)[1:]
    return dict(zip(titles, bodies))


def listed_messages(guide):
    """The messages in the first column of the guide's tables; an ellipsis stands for what differs."""
    cells = re.findall(r"^   \* - (``.+(?:\n       .+)*)", guide["Messages"], re.MULTILINE)
    return [" ".join(message.split()) for cell in cells for message in re.findall(r"``([^`]+)``", cell)]


def template(node):
    """A string in the code, with an ellipsis for each value that is put in; None for anything else."""
    if isinstance(node, ast.FormattedValue):
        constant = CONSTANTS.get(getattr(node.value, "id", ""))
        return constant if isinstance(constant, str) else "…"
    if isinstance(node, ast.JoinedStr):
        return "".join(map(str, map(template, node.values)))
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


@pytest.fixture(scope="module")
def code():
    folders = ("lookup", "module_utils", "plugin_utils")
    files = [path for folder in folders for path in COLLECTION.glob(f"plugins/{folder}/*.py")]
    return [node for path in files for node in ast.walk(ast.parse(path.read_text("utf-8")))]


def speaks_of(text, message):
    return re.search(".*".join(map(re.escape, message.split("…"))), text)


def test_the_guide_tells_what_the_suite_shows(guide):
    for row in PHRASES:
        retried = row.outcome is RECOVERS or row.options.get("max_retries") == 0
        titles = {True: "What is tried again", False: "What is never tried again"}
        section = guide["What does no harm" if row.outcome is HARMLESS else titles[retried]]
        assert row.phrase.lower() in plain(section).lower()


def test_the_guide_tells_how_long_it_takes(guide):
    timeout = CONNECTION["timeout"]["default"]
    section = plain(guide["How long it can take"])
    own_pauses = sum(high for _low, high in GROWING)
    assert f"{math.ceil((RETRIES + 1) * timeout + own_pauses)} seconds by default" in section
    assert f"{(RETRIES + 1) * timeout + RETRIES * _client.LONGEST_DELAY:.0f} seconds where the service asks" in section


def test_the_guide_tells_the_bounds(guide):
    assert f"more than {MAX_DEPTH} levels deep" in plain(guide["What does no harm"])
    assert f"larger than {_transport.MAX_BODY // 1024**2} MiB" in plain(guide["What is never tried again"])
    assert _client.LONGEST_DELAY == 60
    assert "up to a minute" in plain(guide["What is tried again"])


def test_the_code_can_give_every_message_of_the_guide(guide, code):
    known = [text for node in code if (text := template(node)) is not None]
    known += [words for row in PHRASES for words in row.words]
    known += [ask("lookup", {option: "x"}).msg for option in ("risk_level", "limit")]  # in Ansible's words
    messages = listed_messages(guide)
    assert len(messages) > 50
    assert [message for message in messages if not any(speaks_of(text, message) for text in known)] == []


def messages_of(code):
    """The texts that the code raises or warns with, and those that a decision about pages returns."""
    calls = [
        (node, getattr(node.func, "attr", getattr(node.func, "id", ""))) for node in code if isinstance(node, ast.Call)
    ]
    texts = [template(call.args[RAISERS[name]]) for call, name in calls if name in RAISERS and call.args]
    texts += [template(node.value) for node in code if isinstance(node, ast.Return)]
    return [text for text in texts if text and " " in text.strip("GET… .")]


def test_the_guide_has_every_message_of_the_code(guide, code):
    messages = listed_messages(guide)
    given = messages_of(code)
    assert len(given) > 40
    assert [text for text in given if not any(speaks_of(text, message) for message in messages)] == []
