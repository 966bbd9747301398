# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every way in which a request can fail, and what becomes of it."""

from __future__ import annotations

import email.utils
import gzip
import operator
import time
import typing as t
from dataclasses import dataclass, field

from ansible_collections.huaweicloud.coc.plugins.module_utils._options import CONNECTION
from ansible_collections.huaweicloud.coc.plugins.module_utils._transport import MAX_BODY, MAX_ERROR_BODY
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

Fault = t.Callable[..., None]
TASKS = 25  # that the service has
PAGE = 10  # how many are on a page
RETRIES = CONNECTION["max_retries"]["default"]
RECOVERS, WAITS, FAILS, HARMLESS = "recovers", "waits", "fails", "harmless"


@dataclass(frozen=True)
class Row:
    """A fault, and what becomes of it.

    ``outcome`` is RECOVERS (if it strikes once; a failure if it stays), WAITS (fails at once, although it may pass,
    because the service asks to wait for too long), FAILS (at once) or HARMLESS. ``words`` are what the message must
    say; ``status``, ``error_code`` and ``retry_after``, the seconds that the service asks to wait, are what a failure
    returns.
    """

    outcome: str
    name: str
    fault: Fault
    words: tuple[str, ...] = ()
    status: int | None = None
    error_code: str | None = None
    retry_after: int | None = None
    options: dict[str, t.Any] = field(default_factory=dict)


def recovers(name: str, fault: Fault, *words: str, **more: t.Any) -> Row:
    return Row(RECOVERS, name, fault, words, **more)


def fails(name: str, fault: Fault, *words: str, **more: t.Any) -> Row:
    return Row(FAILS, name, fault, words, **more)


def refuses(code: int, name: str, fault: Fault, *words: str, **more: t.Any) -> Row:
    """A response with a status that fails at once; 200 is one, too, if the rest of it is wrong."""
    return Row(FAILS, f"{code}, {name}", fault, (f"HTTP {code}", *words), code, **more)


def sends(outcome: str, code: int, error_code: str, *words: str) -> Row:
    """A status with the code and the message that the gateway sends with it."""
    return Row(outcome, f"{code}", status(code), (f"HTTP {code}, {error_code}", *words), code, error_code)


def decides(outcome: str, code: int, error_code: str, *words: str) -> Row:
    """A status with another code, which decides what becomes of it."""
    fault = status(code, {"error_code": error_code, "error_msg": "Something."})
    return Row(outcome, f"{code}, {error_code}", fault, words, code, error_code)


def asks_to_wait(name: str, value: str | int, wait: int | None) -> Row:
    """A 503 with this Retry-After, or the HTTP date that is ``value`` seconds ahead; it asks for ``wait``."""

    def fault(exchange, answer):
        now = int(time.time())
        text = value if isinstance(value, str) else email.utils.formatdate(now + value, usegmt=True)
        headers = {"Date": email.utils.formatdate(now, usegmt=True), "Retry-After": text}
        status(503, {"error_code": "TEST.1"}, headers)(exchange, answer)

    is_long = wait is not None and wait > 60
    words = (f"The service asks to wait {wait} seconds before the next request.",) if is_long else ()
    return Row(WAITS if is_long else RECOVERS, f"503, Retry-After {name}", fault, words, 503, "TEST.1", wait)


# Faults


def page(code: int, title: str, padding: int = 0) -> Fault:
    text = f"<html><head><title>{title}</title></head><body><p>Sorry.</body></html>"
    return status(code, text.encode() + b" " * padding, content_type="text/html")


def with_status(code: int, fault: Fault) -> Fault:
    return lambda exchange, answer: fault(exchange, Answer(code, answer.headers, answer.body))


def hang_in_body(exchange, answer):
    """Respond with a status and headers, and never send the body that they announce."""
    exchange.send(answer.encode()[0])
    exchange.wait(None)


def two_members(exchange, answer):
    """Send the normal response in two gzip members, one after the other."""
    packed = gzip.compress(answer.body[:50]) + gzip.compress(answer.body[50:])
    exchange.deliver(Answer(answer.status, {**answer.headers, "Content-Encoding": "gzip"}, packed))


def chunks_beside_a_length(exchange, answer):
    """Send the normal response in chunks, with a wrong Content-Length, as some proxies do."""
    headers = {**answer.headers, "Transfer-Encoding": "chunked", "Content-Length": "7"}
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(answer.body), answer.body)
    exchange.deliver(Answer(answer.status, headers, chunks))


def edited(function: t.Callable[[bytes], bytes]) -> Fault:
    """Send the normal response's text, as ``function`` changes it."""
    return lambda exchange, answer: exchange.deliver(answer.replace(function(answer.body)))


def encoded(encoding: str) -> Fault:
    return edited(lambda content: content.decode().encode(encoding))


def new_field(value: bytes) -> Fault:
    """Send one more field in every task, whose value is this JSON text."""
    return edited(lambda content: content.replace(b'"id":', b'"new_field":' + value + b',"id":'))


def part(name: str, value: object) -> Fault:
    """Send the normal response with another value for one of its keys."""
    return mutate(lambda document: {**document, name: value})


def task_with(**fields: object) -> Fault:
    """Send the normal response with a last task that has these fields."""

    def change(document):
        document["scheduled_tasks"][-1].update(fields)
        return document

    return mutate(change)


# The table

RESET = "failed: Connection reset by peer"
CUT = "failed: the response was cut short"
TIMED_OUT = "timed out: no complete response within 0.3 seconds"
NOT_HTTP = "failed: the response is not valid HTTP"
NOT_JSON = "returned HTTP 200 with a body that is not JSON"
STOP = " with an HTML page titled 'Stop'"
LATER = "Try again later. If the problem persists, contact Huawei Cloud support."
FIREWALL = "proxy or a firewall"
PERMISSION = "coc:schedule:list"
NO_OBJECT = " instead of a JSON object"
NO_GZIP = "returned gzip data that cannot be unpacked"
QUICK = {"timeout": 0.3, "max_retries": 1}  # for what only a time-out ends
QUICKER = {"timeout": 0.3, "max_retries": 0}
GZIP, BROTLI = {"Content-Encoding": "gzip"}, {"Content-Encoding": "br"}
MANY_HEADERS = b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 101 + b"\r\n"
TWO_LENGTHS = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"
NOT_A_TASK = "a task that is not an object or has no id"
NOT_TASKS: list[t.Any] = [None, [], "ST", {}, {"id": None}, {"id": ""}]
NOT_YOURS = "returned HTTP 200, COC.00014121: Not yours"

ROWS: list[Row] = [
    # no response, or not a whole one
    recovers("reset before the response", reset(), RESET),
    recovers("reset in the headers", reset("headers"), RESET),
    recovers("reset in the body", reset("body"), RESET),
    recovers("closed before the response", close(), "failed: Remote end closed connection"),
    recovers("closed in the headers", close("headers"), CUT),
    recovers("closed before Content-Length", raw(b"HTTP/1.1 200 OK\r\nDate: x\r\n"), CUT),
    recovers("closed in the body", close("body"), CUT),
    recovers("body cut", cut_body(), CUT),
    recovers("chunks cut", cut_body(framing="chunked"), CUT),
    recovers("gzip cut", cut_body(framing="gzip"), CUT),
    recovers("empty body", body(b""), CUT),
    *(recovers(f"{length} bytes", edited(operator.itemgetter(slice(length))), CUT) for length in (1, 300, -1, -2)),
    recovers("hang", hang(), TIMED_OUT, options=QUICK),
    fails("hang in the body", hang_in_body, TIMED_OUT, options=QUICKER),
    fails("drip of headers", drip(0.05, "headers"), TIMED_OUT, options=QUICKER),
    fails("drip of the body", drip(0.05), TIMED_OUT, options=QUICKER),
    recovers("not HTTP", raw(b"SSH-2.0-OpenSSH_9.6\r\n"), NOT_HTTP),
    recovers("101 headers", raw(MANY_HEADERS), NOT_HTTP, "more than 100 headers"),
    fails("two lengths", raw(TWO_LENGTHS), "the response has headers that contradict each other"),
    # statuses, as the gateway has them
    sends(FAILS, 400, "COC.00010002", ": Invalid parameter"),
    sends(FAILS, 401, "APIGW.0301", ": Incorrect IAM", "came from the options", "five failures in a row"),
    sends(FAILS, 403, "APIGW.0302", PERMISSION),
    sends(FAILS, 404, "APIGW.0101", "Check the endpoint."),
    sends(RECOVERS, 408, "APIGW.0201", LATER),
    sends(RECOVERS, 500, "APIGW.0601", LATER),
    sends(RECOVERS, 503, "APIGW.0202", LATER),
    sends(RECOVERS, 504, "APIGW.0203", LATER),
    # statuses with something else
    refuses(401, "hangs", with_status(401, hang_in_body), "came from the options", options={"timeout": 0.3}),
    refuses(403, "a large body", page(403, "Stop", MAX_ERROR_BODY), STOP, FIREWALL, PERMISSION),
    refuses(403, "its body is cut", with_status(403, cut_body()), PERMISSION),
    refuses(418, "HTML", page(418, "Stop"), STOP),
    refuses(418, "another encoding", status(418, b"?", BROTLI), "HTTP 418 with a body that is not JSON"),
    recovers("502", page(502, "Stop"), f"HTTP 502{STOP}", LATER, status=502),
    refuses(103, "empty", status(103, b""), "HTTP 103 with an empty body"),
    refuses(204, "empty", status(204, b""), "HTTP 204 with an empty body"),
    refuses(206, "JSON", status(206, {"count": 0}), "HTTP 206 with a JSON object"),
    refuses(302, "to nowhere", status(302, b""), "this one points to nowhere", "Check the endpoint."),
    # throttling, and how long to wait
    recovers("429, time:5 minute", status(429), "HTTP 429", "Too many requests", status=429, error_code="APIGW.0308"),
    Row(RECOVERS, "429, Retry-After", status(429, headers={"Retry-After": "9"}), (), 429, "APIGW.0308", 9),
    asks_to_wait("empty", "", None),
    asks_to_wait("in seconds", "7", 7),
    asks_to_wait("of a minute", "60", 60),
    asks_to_wait("of a date", 20, 20),
    asks_to_wait("that is zero", "0", 0),
    asks_to_wait("that is negative", "-7", None),
    asks_to_wait("of a past date", -20, None),
    asks_to_wait("that is garbage", "soon", None),
    asks_to_wait("with a superscript", "²", None),
    asks_to_wait("of 61 seconds", "61", 61),
    asks_to_wait("that is absurd", "9" * 400, 10**18 - 1),
    asks_to_wait("of an hour's date", 3600, 3600),
    # codes that decide, whatever the status
    decides(RECOVERS, 400, "COC.00010014", "COC could not reach IAM"),
    decides(RECOVERS, 200, "COC.00010014", "COC could not reach IAM"),
    decides(RECOVERS, 400, "COC.00040701", LATER),
    decides(RECOVERS, 400, "APIG.0308", "Too many requests"),
    decides(RECOVERS, 429, "APIG.0308", "Too many requests"),
    decides(RECOVERS, 400, "APIGW.0308", "Too many requests"),
    decides(FAILS, 400, "COC.00011013", "which user the credentials belong to", "domain_id or project_id"),
    decides(FAILS, 400, "COC.00014121", "belongs to another account"),
    decides(FAILS, 401, "COC.00010014", "came from the options"),
    decides(FAILS, 403, "APIGW.0308", "Too many requests"),
    # a 200 whose body is not a JSON object
    refuses(200, "200 with HTML", page(200, "Log in"), "HTTP 200 with an HTML page titled 'Log in'"),
    refuses(200, "not UTF-8", encoded("gbk"), NOT_JSON, "'utf-8' codec can't decode"),
    refuses(200, "UTF-16", encoded("utf-16"), NOT_JSON, "'utf-8'"),
    refuses(200, "not a number", part("count", float("nan")), NOT_JSON, "NaN is not a finite number"),
    refuses(200, "infinity", new_field(b"-Infinity"), NOT_JSON, "-Infinity is not a finite number"),
    refuses(200, "1e999", new_field(b"1e999"), NOT_JSON, "1e999 is not a finite number"),
    refuses(200, "lone surrogate", new_field(b'"\\uD800"'), NOT_JSON, "surrogates not allowed"),
    refuses(200, "endless nesting", body(b"[" * 200000), NOT_JSON, "recursion"),
    refuses(200, "deep nesting", new_field(b"[" * 600 + b"]" * 600), "a new field that is nested too deeply"),
    refuses(200, "a list", body([]), "a JSON array" + NO_OBJECT),
    refuses(200, "null", body(b"null"), "HTTP 200 with JSON null" + NO_OBJECT),
    refuses(200, "a string", body("tasks"), "a JSON string" + NO_OBJECT),
    # a 200 that cannot be unpacked
    refuses(200, "another encoding", body(b"\x8b\x02\x80{}\x03", BROTLI), NOT_JSON),
    fails("not gzip", body(b"{}", GZIP), NO_GZIP),
    fails("wrong checksum", body(gzip.compress(b"{}")[:-8] + b"checksum", GZIP), NO_GZIP),
    fails("gzip bomb", gzip_bomb(MAX_BODY), "sent a response larger than 64 MiB"),
    # a 200 whose JSON object has another shape
    *(
        refuses(200, f"{name} {value!r:.12}", part(name, value), f"{name} {words}")
        for name, value, words in (
            ("count", "25", "of type string"),
            ("count", 25.0, "of type number"),
            ("count", True, "of type boolean"),
            ("count", None, "absent or null"),
            ("count", -1, "out of range"),
            ("count", 10**30, "out of range"),
            ("next_maker", 7, "of type integer"),
            ("scheduled_tasks", None, "absent or null"),
            ("scheduled_tasks", {}, "of type object"),
            ("scheduled_tasks", "", "of type string"),
        )
    ),
    *(
        refuses(200, f"task {value!r}", part("scheduled_tasks", [{"id": "ST1"}, value]), NOT_A_TASK)
        for value in NOT_TASKS
    ),
    refuses(200, "name 7", task_with(name=7), "whose name is of type integer instead of a string"),
    # an error code in a 200
    *(
        refuses(200, f"200 with {name}", body(document), NOT_YOURS, error_code="COC.00014121")
        for name, document in (
            ("error_code", {"error_code": "COC.00014121", "error_msg": "Not yours."}),
            ("errorCode", {"errorCode": "COC.00014121", "errorMsg": "Not yours."}),
            ("code one level down", {"error": {"code": "COC.00014121", "message": "Not yours."}}),
        )
    ),
    refuses(200, "beside tasks", part("error_code", "COC.1"), "200, COC.1", error_code="COC.1"),
    # oddities
    Row(HARMLESS, "code of zeros", part("error_code", "COC.00000000")),
    Row(HARMLESS, "code 0", part("code", 0)),
    Row(HARMLESS, "byte order mark", edited(lambda content: b"\xef\xbb\xbf" + content)),
    Row(HARMLESS, "repeated keys", edited(lambda content: content.replace(b'"count"', b'"count":7,"count"'))),
    Row(HARMLESS, "code of something new", part("site", {"code": "intl", "message": "International"})),
    Row(HARMLESS, "two gzip members", two_members),
    Row(HARMLESS, "chunks beside a length", chunks_beside_a_length),
    Row(HARMLESS, "huge integer", task_with(created_time=10**40)),
    Row(HARMLESS, "nesting of a new field", new_field(b"[" * 80 + b"]" * 80)),
    Row(HARMLESS, "slow, but in time", hang(0.05)),
]

# No response can bring these about: they have tests of their own.
REFUSED = recovers("refused", status(0), "failed: Connection refused")
UNRESOLVED = recovers("unresolved", status(0), "failed: Name or service not known")
UNSENDABLE = fails("unsendable", status(0), "could not be sent")
