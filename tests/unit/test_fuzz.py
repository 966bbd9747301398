# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever the service sends, the module returns a list of the documented shape or fails in its own words, and soon."""

from __future__ import annotations

import gzip
import json
import typing as t
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.huaweicloud.coc.plugins.module_utils._client import TRANSIENT_STATUSES
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import FIELDS
from ansible_collections.huaweicloud.coc.tests.coc_simulator import raw, sample_tasks

LONGEST_MESSAGE = 5000  # characters

# The same examples each time: a new one that fails shall fail where the code changed, not where somebody ran the tests.
fuzz = settings(derandomize=True, deadline=timedelta(seconds=10), max_examples=300)

TASKS = sample_tasks(3)
AFTER_THE_END = "Fri, 31 Dec 9999 23:59:59 -2300"
CODES = ("COC.00000000", "COC.00014102", "APIGW.0308", "0", 0, 1, None, True, ["COC.1"])

odd_scalars = st.sampled_from([2**63, -1, 10**30, float("nan"), float("inf"), "", "\ud800", "<title>", "7"])
texts = st.text(max_size=8)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | odd_scalars | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def changed(value, names):
    """Return ``value``, a dict, half of the time with one or two of its items replaced or added."""
    changes = st.dictionaries(st.sampled_from(names), json_values, min_size=1, max_size=2)
    return st.just(value) | changes.map(lambda items: {**value, **items})


@st.composite
def documents(draw):
    """What the service sends, or something near it, or now and then anything."""
    if draw(st.integers(0, 9)) == 0:
        return draw(json_values)
    tasks = [draw(changed(task, [*FIELDS, "new_field"])) for task in TASKS[: draw(st.integers(0, 3))]]
    document = {"count": draw(st.sampled_from([len(tasks)] * 5 + [0, 4])), "scheduled_tasks": tasks}
    document["next_maker"] = draw(st.sampled_from([None, "", TASKS[0]["id"], "elsewhere"]))
    if draw(st.integers(0, 4)) == 0:
        document["error_code"] = draw(st.sampled_from(CODES))
    return draw(changed(document, [*document, "error_msg", "error", "code", "message", "errorCode"]))


@st.composite
def json_bodies(draw):
    """A document as bytes, in a usual or an unusual encoding, whole or damaged."""
    text = json.dumps(draw(documents()), ensure_ascii=draw(st.booleans()))
    encoding = draw(st.sampled_from(["utf-8"] * 5 + ["utf-8-sig", "utf-16", "utf-32", "gb18030"]))
    body = text.encode(encoding, "surrogatepass" if encoding.startswith("utf") else "replace")
    if draw(st.integers(0, 4)) == 0:
        place = draw(st.integers(0, len(body)))
        body = body[:place] + draw(st.binary(max_size=4)) + body[place + draw(st.integers(0, 8)) :]
    return body


bodies = st.one_of(json_bodies(), json_bodies(), json_bodies(), st.binary(max_size=200))
odd_statuses = st.sampled_from([*sorted(TRANSIENT_STATUSES), 401, 403, 302, 100, 103, 204, 304])
statuses = st.one_of(st.just(200), st.just(200), st.just(200), odd_statuses, st.integers(0, 1100))
header_texts = st.text(st.characters(max_codepoint=255, exclude_characters="\n"), max_size=20)


def header(name, *usual):
    return st.tuples(st.just(name), st.sampled_from(usual) | header_texts)


odd_headers = st.one_of(
    header("Content-Type", "application/json", "text/html; charset=utf-16", "x; charset=none; charset"),
    header("Content-Encoding", "gzip", "br", "gzip, gzip", "identity"),
    header("Content-Length", "0", "7", "-1", "7, 8", "9" * 5000, "99999"),
    header("Transfer-Encoding", "chunked", "gzip, chunked"),
    header("Date", AFTER_THE_END, "Mon, 01 Jan 0001 00:00:00 GMT", "Wed, 01 Apr 2026 00:00:00 GMT"),
    header("Retry-After", "5", "-5", "1e9", "9" * 400, AFTER_THE_END),
    header("Location", "/", "http://[", "//elsewhere"),
    header("X-Request-Id", "\x1b[2J", "\x00", "a" * 10000),
    header("Set-Cookie", "a=b; expires=Fri, 31 Dec 99999 23:59:59 GMT; domain=.1", "=; max-age=x"),
    header("Connection", "close", "keep-alive"),
    header("no colon", ""),
    st.tuples(header_texts, header_texts),
)
headers: st.SearchStrategy[list[t.Any]] = st.just([]) | st.lists(odd_headers, max_size=3)


@st.composite
def responses(draw):
    """The bytes of a response, more or less of HTTP."""
    if draw(st.integers(0, 20)) == 0:
        return draw(st.binary(max_size=100))
    body = draw(bodies)
    lines = [*draw(headers)]
    if draw(st.integers(0, 3)) == 0:
        body = gzip.compress(body, mtime=0)
        lines.append(("Content-Encoding", "gzip"))
        body = body[: draw(st.sampled_from([len(body), len(body), len(body) // 2, 10]))]
    if draw(st.booleans()):
        lines.append(("Content-Length", str(len(body))))
    head = [f"HTTP/1.1 {draw(statuses)} {draw(header_texts)}", *map(": ".join, lines), "", ""]
    return "\r\n".join(head).encode("latin-1") + body


sound_responses = json_bodies().map(lambda body: b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


def check_text(text):
    assert 0 < len(text) < LONGEST_MESSAGE
    assert text.isprintable()  # no line breaks, nothing that a terminal obeys


def check_failure(result):
    assert result["transient"].__class__ is bool
    assert result["status"] is None or isinstance(result["status"], int)
    assert result["retry_after"] is None or result["retry_after"].__class__ is int and result["retry_after"] >= 0
    for text in (result["error_code"], result["request_id"]):
        assert text is None or isinstance(text, str) and (not text or text.isprintable())
    assert "exception" not in result


def check_tasks(tasks):
    json.dumps(tasks, ensure_ascii=False, allow_nan=False).encode()
    for task in tasks:
        assert set(FIELDS) <= set(task)
        assert all(task[name] is None or task[name].__class__ is kind for name, kind in FIELDS.items())
    ids = [task["id"] for task in tasks]
    assert all(ids) and len(set(ids)) == len(ids)


@pytest.mark.parametrize("contents", [responses(), sound_responses], ids=["any", "sound but for the body"])
def test_any_response_gives_tasks_or_an_error(ask, simulator, pauses, contents):
    outcomes: Counter[bool] = Counter()

    @fuzz
    @given(contents)
    def check_one(content):
        simulator.faults[:] = [raw(content)] * 100
        outcome = ask(max_retries=1, timeout=5)
        outcomes[outcome.failed] += 1
        for warning in outcome.warnings:
            check_text(warning)
        check_tasks(outcome.tasks)
        if outcome.failed:
            check_text(outcome.msg)
            check_failure(outcome.result)
        else:
            assert outcome.result["count"].__class__ is int and outcome.result["count"] >= 0
            assert outcome.result["next_marker"] is None

    check_one()
    assert min(outcomes[True], outcomes[False]) > 9, outcomes
