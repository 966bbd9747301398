# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulator of Huawei Cloud's Cloud Operations Center (COC), for tests and demonstrations.

It serves ``GET /v1/schedule/task`` on a loopback port: checks the credentials with a canonicaliser of its own, filters
and pages a set of tasks as the API reference says, and can be told to fail or to page oddly in every way that a client
has to survive. The calls of the ECS metadata service that hand out an agency's credentials are on the same port.

In a test::

    with Simulator(page_cap=100) as simulator:
        simulator.faults += [status(503), None, reset("body")]
        ...                             # let a client talk to simulator.endpoint
        assert len(simulator.requests) == 4

On a command line: ``python coc_simulator.py --help``. It needs Python 3.8 and nothing else.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import email.utils
import gzip
import hashlib
import hmac
import http.client
import http.server
import json
import os
import random
import re
import signal
import socket
import socketserver
import ssl
import struct
import subprocess
import sys
import threading
import time
import urllib.parse
import uuid
import zlib
from datetime import datetime, timezone

# The only credentials that are accepted, beside those that the metadata service hands out. All are fakes.
ACCESS_KEY = "FAKEACCESSKEY0000001"
SECRET_KEY = "FakeSecretKeyOfTheSimulator0000000000001"
SECURITY_TOKEN = "FakeSecurityToken+of/the+simulator/0001=="
AUTH_TOKEN = "FakeIamToken+of/the+simulator/0001=="
METADATA_ACCESS_KEY = "FAKEACCESSKEY0000002"
METADATA_SECRET_KEY = "FakeSecretKeyOfTheSimulator0000000000002"

SCHEDULED_TASKS = "/v1/schedule/task"
METADATA_TOKEN = "/meta-data/latest/api/token"
METADATA_SECURITY_KEY = "/openstack/latest/securitykey"
SECRET_HEADERS = ("authorization", "x-auth-token", "x-security-token", "x-metadata-token")

MINUTE, HOUR, DAY = 60000, 3600000, 86400000  # milliseconds


# ---------------------------------------------------------------------------------------------------------------------
# The tasks

REGIONS = ("cn-north-4", "cn-east-3", "cn-south-1", "ap-southeast-3", "eu-west-101", "sa-brazil-1")
ENTERPRISE_PROJECTS = ("0", "6b5a1c1e-2f63-4d0e-9f0b-0d6f3a9c7e11", "c2d94f70-8a3b-4e55-b1d7-7e40a6f2c893")
USERS = (
    ("0a1f5c3e9b7d4826a1c0e4f7b9d25638", "zhang.wei"),
    ("1b2e6d4f8c9a4735b2d1f5a8c0e36749", "李娜"),
    ("2c3d7e5a9d8b4644c3e2a6b9d1f4785a", "ops-automation"),
    ("3d4c8f6bae7c4553d4f3b7cae2a5896b", "maria.silva"),
)
# name of the task; name of its script or job, in both languages; task_type, associated_task_type, risk_level,
# scheduled_type
TEMPLATES = (
    ("restart-order-service", "重启订单服务", "Restart the order service", "SCRIPT", "CUSTOMIZATION", "MEDIUM", "ONCE"),
    ("nightly-backup", "备份云服务器", "Back up cloud servers", "RUNBOOK", "COMMUNAL", "LOW", "PERIODIC"),
    ("数据库巡检", "数据库健康检查", "Check the health of databases", "SCRIPT", "COMMUNAL", "LOW", "CRON"),
    (
        "patch-web-servers",
        "安装操作系统补丁",
        "Install operating system patches",
        "RUNBOOK",
        "COMMUNAL",
        "HIGH",
        "CRON",
    ),
    ("日志清理", "清理过期日志", "Remove expired logs", "SCRIPT", "CUSTOMIZATION", "LOW", "PERIODIC"),
    ("rotate-tls-certificates", "轮换证书", "Rotate certificates", "RUNBOOK", "CUSTOMIZATION", "HIGH", "CRON"),
    ("生产环境扩容", "调整弹性伸缩组", "Resize a scaling group", "RUNBOOK", "COMMUNAL", "HIGH", "ONCE"),
    ("disk-usage-report", "磁盘使用率报告", "Report disk usage", "SCRIPT", "COMMUNAL", "LOW", "PERIODIC"),
    ("stop-test-servers", "关闭云服务器", "Stop cloud servers", "RUNBOOK", "COMMUNAL", "MEDIUM", "CRON"),
    ("主机安全基线检查", "安全基线检查", "Check the security baseline", "SCRIPT", "COMMUNAL", "MEDIUM", "PERIODIC"),
    ("rds-failover-drill", "主备切换演练", "Rehearse a failover", "RUNBOOK", "CUSTOMIZATION", "HIGH", "ONCE"),
    ("clear-redis-cache", "清空缓存", "Clear the cache", "SCRIPT", "CUSTOMIZATION", "HIGH", "PERIODIC"),
    ("同步时钟配置", "同步时钟", "Synchronise clocks", "SCRIPT", "COMMUNAL", "LOW", "CRON"),
)
SUFFIXES = ("", "-prod", "-staging", "-dr", "-华北")
HISTORY = (
    "FINISHED",
    "FINISHED",
    "ABNORMAL",
    "FINISHED",
    "PROCESSING",
    "FINISHED",
    "READY",
    "ABNORMAL",
    "FINISHED",
    "PAUSED",
    "CANCELED",
)
LONGEST_AGE = {"PROCESSING": 20 * MINUTE, "ABNORMAL": 2 * DAY, "FINISHED": 7 * DAY}  # of the last execution


def sample_tasks(count=60, seed=0, now_ms=None):
    """Make believable tasks: the same ones for the same arguments, and the same IDs and names at any time.

    The first one is the API reference's example, the only one that is ONCE and FINISHED.

    :param count: (int) how many
    :param seed: (int) another seed gives other tasks
    :param now_ms: (int) the time they refer to, milliseconds since the epoch; default now
    :returns: (list of dict) with the 22 fields of the API reference; as in real answers a field that has nothing to
        tell (of a task that never ran, or that nobody reviews) is null, "" or left out
    """
    chance = random.Random(seed)
    now = int(time.time() * 1000) if now_ms is None else now_ms
    tasks = []
    for index in range(count):
        name, script, script_en, task_type, associated_type, risk, scheduled = TEMPLATES[index % len(TEMPLATES)]
        turn = index // len(TEMPLATES)
        approval = "PENDING" if index % 7 == 4 else "REJECTED" if index % 17 == 11 else "PASSED"
        status = HISTORY[index % len(HISTORY)]
        if index and (scheduled, status) == ("ONCE", "FINISHED"):
            status = "CANCELED"
        creator, creator_name = chance.choice(USERS)
        created = now - chance.randrange(20 * DAY, 400 * DAY)
        task = {
            "id": f"ST{chance.randrange(10**15, 10**16)}{index:08x}",
            "enterprise_project_id": chance.choice(ENTERPRISE_PROJECTS),
            "name": name + (SUFFIXES[turn] if turn < len(SUFFIXES) else f"-{turn}"),
            "scheduled_type": scheduled,
            "task_type": task_type,
            "associated_task_type": associated_type,
            "risk_level": risk,
            "created_by": creator,
            "created_user_name": creator_name,
            "update_by": chance.choice(USERS)[0],
            "reviewer": None,
            "reviewer_user_name": None,
            "approve_status": approval,
            "last_execution_time": None,
            "last_execution_status": None,
            "execution_count": 0,
            "enabled": approval == "PASSED" and status not in ("PAUSED", "CANCELED"),
            "created_time": created,
            "modified_time": created + chance.randrange(10 * DAY),
            "region_id": chance.choice(REGIONS),
            "associated_task_name": script,
            "associated_task_name_en": script_en if associated_type == "COMMUNAL" else None,
        }
        if risk != "LOW":
            task["reviewer"], task["reviewer_user_name"] = chance.choice(USERS)
        if approval == "PASSED" and index % 13 != 12:  # else it never ran
            task["last_execution_time"] = now - chance.randrange(5 * MINUTE, LONGEST_AGE.get(status, 9 * DAY))
            task["last_execution_status"] = status
            task["execution_count"] = 1 if scheduled == "ONCE" else chance.randrange(1, 300)
        for field in [field for field, value in task.items() if value is None]:
            if index % 3 == 1:
                task[field] = ""
            elif index % 3 == 2:
                del task[field]
        tasks.append(task)
    return tasks


def resource_ids(task):
    """IDs (list of str) of the two resources that a task works on: no field of an answer, but ``resource_id`` filters
    on them. They follow from the task's ID and are shared by several tasks."""
    number = zlib.crc32(task["id"].encode())
    return [f"5e0d7c2a-91b4-4f3e-8a6c-{number // divisor % 40:012x}" for divisor in (1, 40)]


# ---------------------------------------------------------------------------------------------------------------------
# What the service refuses


class ApiError(Exception):
    """A refusal, with its message in English and in Chinese."""

    def __init__(self, status, code, english, chinese):
        super().__init__(english)
        self.status, self.code, self.english, self.chinese = status, code, english, chinese


def unauthorized(english, chinese):
    return ApiError(
        401, "APIGW.0301", "Incorrect IAM authentication information: " + english, "IAM认证信息错误：" + chinese
    )


def invalid(english, chinese):
    return ApiError(400, "COC.00010002", "Invalid parameter: " + english, "参数错误：" + chinese)


# What an answer scripted by its status alone says.
ERRORS = {
    error.status: error
    for error in (
        invalid("the request is not valid.", "请求不合法。"),
        unauthorized("decrypt token fail", "令牌解析失败"),
        ApiError(403, "APIGW.0302", "The IAM user is not authorized to access the API.", "该IAM用户不允许访问该API。"),
        ApiError(
            404,
            "APIGW.0101",
            "The API does not exist or has not been published in the environment.",
            "API不存在或未发布到环境。",
        ),
        ApiError(
            429,
            "APIGW.0308",
            "The throttling threshold has been reached: policy user over ratelimit,limit:200,time:5 minute",
            "流控阈值已达到：policy user over ratelimit,limit:200,time:5 minute",
        ),
        ApiError(500, "APIGW.0601", "Internal server error.", "系统内部错误。"),
        ApiError(502, "APIGW.0202", "Backend unavailable.", "后端不可用。"),
        ApiError(503, "APIGW.0202", "Backend unavailable.", "后端不可用。"),
        ApiError(504, "APIGW.0203", "Backend timeout.", "后端超时。"),
    )
}


# ---------------------------------------------------------------------------------------------------------------------
# The signature


def decode_query(raw):
    """Split a query string as it was sent into (name, value) pairs. A ``+`` stays a ``+``: only ``%20`` is a space."""
    pairs = (part.partition("=")[::2] for part in raw.split("&") if part)
    return [(urllib.parse.unquote(name), urllib.parse.unquote(value)) for name, value in pairs]


def _encode(text):
    return urllib.parse.quote(text, safe="-_.~")


def canonical_query(raw):
    """The one spelling of a query string that a signature is made over."""
    return "&".join(f"{_encode(name)}={_encode(value)}" for name, value in sorted(decode_query(raw)))


def canonical_request(request, signed_names):
    """The text whose digest is signed (SDK-HMAC-SHA256), made from a request as it arrived.

    :param request: (Request)
    :param signed_names: (list of str) the headers that the client says it signed, in lower case
    """
    uri = "/".join(_encode(urllib.parse.unquote(segment)) for segment in request.path.split("/"))
    names = sorted(signed_names)
    return "\n".join(
        [request.method, uri if uri.endswith("/") else uri + "/", canonical_query(request.raw_query)]
        + ["{}:{}".format(name, (request.header(name) or "").strip()) for name in names]
        + ["", ";".join(names), hashlib.sha256(request.content).hexdigest()]
    )


def check_signature(request, secret_key, signed_names, signature, now):
    """Raise ApiError unless the request is signed with the secret key, its date within 15 minutes of ``now``.

    :param request: (Request)
    :param now: (float) the simulator's time, seconds since the epoch
    """
    date = request.header("X-Sdk-Date") or ""
    missing = [name for name in ("host", "x-sdk-date") if name not in signed_names]
    missing += [name for name in signed_names if request.header(name) is None]
    if missing:
        raise unauthorized("signed header missing: " + ", ".join(missing), "缺少签名头：" + ", ".join(missing))
    try:
        signed_at = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        raise unauthorized("X-Sdk-Date has no valid value", "X-Sdk-Date取值无效") from None
    if abs(signed_at - now) > 15 * 60:
        clocks = (date, datetime.fromtimestamp(now, timezone.utc).strftime("%Y%m%dT%H%M%SZ"))
        raise unauthorized(
            "signature expired, signature time:{},server time:{}".format(*clocks),
            "签名已过期，签名时间：{}，服务器时间：{}".format(*clocks),
        )
    if request.raw_query != canonical_query(request.raw_query):
        raise unauthorized(
            "the query string is not the canonical one: " + request.raw_query, "查询字符串不规范：" + request.raw_query
        )
    canonical = canonical_request(request, signed_names)
    to_sign = f"SDK-HMAC-SHA256\n{date}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    expected = hmac.new(secret_key.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, signature):
        # The real gateway, too, repeats the canonical request, the values of signed headers included.
        raise unauthorized(
            "verify aksk signature fail, canonicalRequest:" + canonical,
            "AK/SK签名校验失败，canonicalRequest：" + canonical,
        )


# ---------------------------------------------------------------------------------------------------------------------
# Faults. Each function returns a fault: a function of the exchange and the normal answer that does the answering.


def status(code, body=None, headers=None, content_type="application/json"):
    """Answer with a status and a body.

    :param body: (bytes, or what is sent as JSON) default: what the gateway would say
    :param headers: (dict) headers to add or, with None as their value, to leave out: Retry-After, Location, Date, …
    """

    def fault(exchange, answer):
        content = exchange.error(
            ERRORS.get(code, ApiError(code, "APIGW.0201", "API request error.", "请求错误。"))
        ).body
        if isinstance(body, bytes):
            content = body
        elif body is not None:
            content = to_json(body)
        changed = dict(answer.headers, **{"Content-Type": content_type})
        changed.update(headers or {})
        exchange.deliver(Answer(code, changed, content))

    return fault


def body(content, headers=None, content_type="application/json"):
    """Answer 200 with these bytes (or this value, sent as JSON)."""
    return status(200, content if isinstance(content, bytes) else to_json(content), headers, content_type)


def mutate(function):
    """Send what ``function(document)`` returns; it is given a copy of the normal answer's document, to keep."""

    def fault(exchange, answer):
        exchange.deliver(answer.replace(to_json(function(json.loads(answer.body)))))

    return fault


def reset(when="before"):
    """Reset the connection (TCP RST), ``before`` anything is sent, half-way through the ``headers`` or the ``body``."""
    return _break(when, True)


def close(when="before"):
    """Close the connection (TCP FIN), ``before`` anything is sent, half-way through the ``headers`` or the ``body``."""
    return _break(when, False)


def _break(when, reset):
    _check(when, "before", "headers", "body")

    def fault(exchange, answer):
        head, content = answer.encode()
        parts = {"before": b"", "headers": head[: len(head) // 2], "body": head + content[: len(content) // 2]}
        exchange.disconnect(parts[when], reset)

    return fault


def _check(value, *known):
    """Refuse a fault's argument when it is made: when it strikes, only a thread of the server would tell."""
    if value not in known:
        raise ValueError("{!r} is none of {}".format(value, ", ".join(known)))


def cut_body(keep=20, framing="length"):
    """Cut the body short after ``keep`` bytes.

    :param framing: ``length``: Content-Length promises the whole body, but the connection closes; ``chunked``: it
        closes before the last chunk; ``gzip``: Content-Length is right, but the gzip stream inside is cut
    """
    _check(framing, "length", "chunked", "gzip")

    def fault(exchange, answer):
        if framing == "length":
            head, content = answer.encode()
            exchange.disconnect(head + content[:keep])
        elif framing == "chunked":
            headers = dict(answer.headers, **{"Content-Length": None, "Transfer-Encoding": "chunked"})
            head, content = Answer(answer.status, headers, answer.body).encode()
            exchange.disconnect(head + b"%x\r\n%s\r\n" % (len(content[:keep]), content[:keep]))
        else:
            headers = dict(answer.headers, **{"Content-Encoding": "gzip"})
            exchange.deliver(Answer(answer.status, headers, gzip.compress(answer.body)[:keep]))

    return fault


def hang(seconds=None):
    """Say nothing for a time (None: until the simulator closes), then answer."""

    def fault(exchange, answer):
        exchange.wait(seconds)
        exchange.deliver(answer)

    return fault


def drip(delay, part="body"):
    """Send the ``headers`` or the ``body`` byte by byte, with ``delay`` seconds before each."""
    _check(part, "headers", "body")

    def fault(exchange, answer):
        head, content = answer.encode()
        fast, slow = {"headers": (b"", head), "body": (head, content)}[part]
        exchange.send(fast)
        for number in slow:
            exchange.wait(delay)
            exchange.send(bytes([number]))
        if part == "headers":
            exchange.send(content)

    return fault


def raw(content):
    """Send these bytes instead of an HTTP answer, and close the connection."""
    return lambda exchange, answer: exchange.disconnect(content)


def gzip_bomb(size):
    """Send the normal answer with ``size`` bytes of white space before it, compressed to a thousandth."""

    def fault(exchange, answer):
        packer = zlib.compressobj(wbits=31)
        packed = [packer.compress(b" " * min(1 << 20, size - done)) for done in range(0, size, 1 << 20)]
        packed += [packer.compress(answer.body), packer.flush()]
        headers = dict(answer.headers, **{"Content-Encoding": "gzip"})
        exchange.deliver(Answer(answer.status, headers, b"".join(packed)))

    return fault


# What strikes at random; its 429 names no time to wait, for a load test to be quick.
RANDOM_FAULTS = (
    status(429, {"error_code": "APIGW.0308", "error_msg": "Too many requests."}),
    status(503),
    reset(),
    reset("body"),
)
# On the command line a fault is its name and its arguments, joined by colons.
COMMAND_FAULTS: dict[str, tuple] = {
    "none": (None,),
    "status": (status, int),
    "reset": (reset, str),
    "close": (close, str),
    "cut": (cut_body, int, str),
    "hang": (hang, float),
    "drip": (drip, float, str),
    "gzip-bomb": (gzip_bomb, int),
}


def parse_fault(text):
    """Make a fault from what the command line says, such as ``status:429``.

    :raises argparse.ArgumentTypeError: it is none
    """
    name, *arguments = text.split(":")
    try:
        make, *types = COMMAND_FAULTS[name]
        if len(arguments) > len(types):
            raise ValueError(arguments)
        return make and make(*(convert(argument) for convert, argument in zip(types, arguments)))
    except (KeyError, TypeError, ValueError):
        raise argparse.ArgumentTypeError(
            "{!r} is no fault; known are: {}".format(text, ", ".join(COMMAND_FAULTS))
        ) from None


# ---------------------------------------------------------------------------------------------------------------------
# The service

# The query parameters that the service knows: what their values look like, or the range of a number.
PARAMETERS: dict[str, re.Pattern[str] | range] = {
    "enterprise_project_id": re.compile(".{1,128}"),
    "task_id": re.compile("ST.{24}"),
    "task_name": re.compile(".{1,100}"),
    "scheduled_type": re.compile("PERIODIC|ONCE|CRON"),
    "task_type": re.compile("SCRIPT|RUNBOOK"),
    "associated_task_type": re.compile("CUSTOMIZATION|COMMUNAL"),
    "risk_level": re.compile("HIGH|MEDIUM|LOW"),
    "created_by": re.compile(".{1,32}"),
    "reviewer": re.compile(".{1,128}"),
    "reviewer_user_name": re.compile(".{1,32}"),
    "approve_status": re.compile("PASSED|PENDING|REJECTED"),
    "last_execution_status": re.compile("READY|PROCESSING|ABNORMAL|PAUSED|CANCELED|FINISHED"),
    "last_execution_start_time": range(9000000000000001),
    "last_execution_end_time": range(9000000000000001),
    "marker": re.compile(".{1,128}"),
    "region_id": re.compile(".{1,128}"),
    "resource_id": re.compile(".{1,128}"),
    "offset": range(2147483648),
    "limit": range(1, 1001),
}
PAGING = ("marker", "offset", "limit")
MARKERS = ("always", "until_last", "null_at_end", "empty_at_end", "never", "stuck", "opaque", "inclusive")


def read_parameters(query):
    """Check a query's (name, value) pairs and return them as a dict, numbers as int.

    :raises ApiError: a parameter is unknown, given twice, or its value is out of range
    """
    parameters = {}
    for name, value in query:
        allowed = PARAMETERS.get(name)
        if allowed is None or name in parameters:
            raise invalid(f"{name} is unknown or repeated.", f"{name}未知或重复。")
        if isinstance(allowed, range):
            if not re.fullmatch("[0-9]{1,18}", value) or int(value) not in allowed:
                raise invalid(f"{name} is out of range.", f"{name}超出取值范围。")
            parameters[name] = int(value)
        else:
            if not allowed.fullmatch(value):
                raise invalid(f"{name} has an invalid value.", f"{name}取值无效。")
            parameters[name] = value
    return parameters


def to_json(document):
    """Encode a document (any JSON value) as the service does: UTF-8, compact."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


class Request:
    """A request as it arrived.

    ``method`` (str), ``path`` (str, still encoded), ``raw_query`` (str, as sent), ``query`` (list of (name, value)),
    ``headers`` (list of (name, value), original casing and order), ``content`` (bytes), ``connection`` (int, the serial
    number of its TCP connection, from 1), ``time`` (float, seconds since the epoch, of the real clock).
    """

    def __init__(self, method, target, headers, content, connection):
        self.method = method
        self.path, _separator, self.raw_query = target.partition("?")
        self.query = decode_query(self.raw_query)
        self.headers = headers
        self.content = content
        self.connection = connection
        self.time = time.time()

    def header(self, name):
        """The value (str) of a header by its name in any case; None if it was not sent."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def __repr__(self):
        return f"<{self.method} {self.path}?{self.raw_query} on connection {self.connection}>"


class Answer:
    """An answer: ``status`` (int), ``headers`` (dict; None as a value leaves a header out), ``body`` (bytes),
    ``packed`` (bool: it goes out compressed)."""

    def __init__(self, code, headers, content, packed=False):
        self.status, self.headers, self.body, self.packed = code, headers, content, packed

    def replace(self, content):
        """The same answer with another body (bytes)."""
        return Answer(self.status, self.headers, content, self.packed)

    def encode(self):
        """The (head, body) that are sent, as bytes."""
        content = gzip.compress(self.body, 1) if self.packed else self.body
        headers = {"Content-Length": str(len(content))}
        if self.packed:
            headers["Content-Encoding"] = "gzip"
        headers.update(self.headers)
        lines = [f"HTTP/1.1 {self.status} {http.client.responses.get(self.status, '')}"]
        lines += ["{}: {}".format(*item) for item in headers.items() if item[1] is not None]
        return "\r\n".join(lines + ["", ""]).encode("latin-1"), content


class Simulator:
    """The service: starts on entering a ``with`` block, stops at once on leaving it.

    :param tasks: (list of dict, or how many samples) default: sample_tasks()
    :param tls: (ssl.SSLContext, or the paths of a certificate and its key) default: plain HTTP
    :param port: (int) 0 for a free one
    :param log: (path) a file for one JSON line per request, secrets masked
    :param settings: any of the settings below; they can also be assigned while it runs
    """

    latency = 0  # seconds before each answer
    gzip = True  # compress for a client that accepts it
    clock_offset = 0  # seconds that its clock is ahead of the real one, in checks and in the header Date
    # "contains" or "exact": which of them the real task_name means is not known
    name_match = "contains"
    # When next_maker is given: on every page that has tasks ("always", as the API reference's example shows), on all
    # but the last ("until_last"; there it is null for "null_at_end" and "" for "empty_at_end"), on none ("never").
    # Odd ones: it never advances ("stuck"), it is not a task's ID ("opaque"), a page starts with the marker's own task
    # ("inclusive").
    markers = "always"
    page_cap = None  # (int) never more tasks on a page
    repeat = False  # each later page starts with the last task of the page before
    ignore_offset = False  # always begin at the start
    ignore_limit = False  # give 1000 tasks (or the page_cap) whatever was asked
    fault_rate = 0  # share, 0 to 1, of the listing requests that fail at random …
    seed = 0  # … with this seed
    metadata_token_status = 200  # what asking the metadata service for a token gives; with others it demands no token
    metadata_expires_in = 21600  # seconds that the metadata service's credentials are valid

    def __init__(self, tasks=None, tls=None, port=0, log=None, **settings):
        self.tasks = sample_tasks() if tasks is None else sample_tasks(tasks) if isinstance(tasks, int) else tasks
        if isinstance(tls, (tuple, list)):
            certificate, key = tls
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(certificate, key)
        self.tls = tls
        self.port = port
        self.log = log
        for name, value in settings.items():
            if not hasattr(Simulator, name) or name.startswith("_"):
                raise TypeError("unknown setting: " + name)
            setattr(self, name, value)
        self.requests = []  # every Request, in order of arrival
        self.connections = 0  # TCP connections accepted so far
        self.faults = []  # one is taken per request, in order; None: answer this one normally
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._chance = random.Random(self.seed)
        self._sockets = set()
        self._failures = {}  # access key -> failed signatures in a row
        self._locked_until = {}  # access key -> time
        self._page_end = None  # ID of the last task of the page before
        self._metadata_tokens = set()
        self._temporary = {}  # security token of the metadata service -> time of expiry

    @property
    def endpoint(self):
        """Its URL (str): what a client is given as the endpoint, and tests as the metadata service's address."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self):
        self._log = open(self.log, "a", encoding="utf-8") if self.log else None
        self.listen()
        return self

    def __exit__(self, *_exception):
        self.closing.set()
        self.refuse()
        with self._lock:
            for connection in self._sockets:
                _shutdown(connection)
            if self._log:
                self._log.close()
                self._log = None

    def listen(self):
        """Accept connections; on the same port as before, after :meth:`refuse`."""
        self._server = _Server(("127.0.0.1", self.port), self)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def refuse(self):
        """Refuse new connections; those that there are go on."""
        self._server.shutdown()
        self._server.server_close()

    def now(self):
        """Its time, seconds since the epoch (float)."""
        return time.time() + self.clock_offset

    # What the connections' threads call

    def connected(self, connection):
        """Count a connection; returns its serial number."""
        with self._lock:
            self.connections += 1
            self._sockets.add(connection)
            if self.closing.is_set():
                _shutdown(connection)
            return self.connections

    def disconnected(self, connection):
        with self._lock:
            self._sockets.discard(connection)

    def receive(self, request):
        """Record a request; returns the fault that is its lot, if any."""
        with self._lock:
            self.requests.append(request)
            if self._log:
                headers = [
                    (name, "***" if name.lower() in SECRET_HEADERS else value) for name, value in request.headers
                ]
                line = dict(vars(request), headers=headers, content=len(request.content))
                self._log.write(json.dumps(line, ensure_ascii=False) + "\n")
                self._log.flush()
            if self.faults:
                return self.faults.pop(0)
            if self.fault_rate and request.path == SCHEDULED_TASKS and self._chance.random() < self.fault_rate:
                return self._chance.choice(RANDOM_FAULTS)
            return None

    def handle(self, request):
        """The normal answer to a request, a document for JSON.

        :raises ApiError: it is refused
        """
        operation = (request.method, request.path)
        if operation == ("GET", SCHEDULED_TASKS):
            self._authenticate(request)
            return self._list_tasks(read_parameters(request.query))
        if operation == ("PUT", METADATA_TOKEN):
            return self._metadata_token(request)
        if operation == ("GET", METADATA_SECURITY_KEY):
            return self._metadata_security_key(request)
        raise ERRORS[404]

    # Authentication

    def _authenticate(self, request):
        token = request.header("X-Auth-Token")
        if token is not None:
            if token != AUTH_TOKEN:
                raise ERRORS[401]
            return
        authorization = re.fullmatch(
            "SDK-HMAC-SHA256 Access=([^ ,]+), SignedHeaders=([^ ,]+), Signature=([0-9a-f]{64})",
            request.header("Authorization") or "",
        )
        if not authorization:
            raise unauthorized("no token and no valid signature in the request", "请求中没有令牌或有效签名")
        access_key, signed_names, signature = authorization.groups()
        with self._lock:
            if self._locked_until.get(access_key, 0) > self.now():
                raise unauthorized(
                    "AK access failed to reach the limit, forbidden for five minutes: " + access_key,
                    "AK认证失败次数过多，锁定五分钟：" + access_key,
                )
            try:
                secret_key = self._secret_key(access_key, request.header("X-Security-Token"))
                check_signature(request, secret_key, signed_names.split(";"), signature, self.now())
                self._failures[access_key] = 0
            except ApiError:
                self._failures[access_key] = self._failures.get(access_key, 0) + 1
                if self._failures[access_key] > 5:
                    self._failures[access_key] = 0
                    self._locked_until[access_key] = self.now() + 300
                raise

    def _secret_key(self, access_key, security_token):
        if access_key not in (ACCESS_KEY, METADATA_ACCESS_KEY):
            raise unauthorized(f"Get secretKey failed,ak:{access_key},err:ak not exist", "AK不存在：" + access_key)
        if access_key == METADATA_ACCESS_KEY:
            if self._temporary.get(security_token, 0) <= self.now():
                raise unauthorized("the security token is missing, unknown or expired", "安全令牌缺失、未知或已过期")
            return METADATA_SECRET_KEY
        if security_token not in (None, SECURITY_TOKEN):
            raise unauthorized("the security token is not that of the access key", "安全令牌与AK不匹配")
        return SECRET_KEY

    # The list of tasks

    def _matching(self, parameters):
        """The tasks that pass the filters. A filter that is not named below compares the field of its own name."""
        tests = {
            "task_id": lambda task, value: task["id"] == value,
            "task_name": lambda task, value: (
                task["name"] == value if self.name_match == "exact" else value in task["name"]
            ),
            # The creator's ID according to the API reference, the name in the Terraform provider's acceptance test.
            "created_by": lambda task, value: value in (task["created_by"], task["created_user_name"]),
            "last_execution_start_time": lambda task, value: (task.get("last_execution_time") or -1) >= value,
            "last_execution_end_time": lambda task, value: 0 <= (task.get("last_execution_time") or -1) <= value,
            "resource_id": lambda task, value: value in resource_ids(task),
        }
        tasks = self.tasks
        for name, value in parameters.items():
            if name in tests:
                tasks = [task for task in tasks if tests[name](task, value)]
            elif name not in PAGING:
                tasks = [task for task in tasks if task.get(name) == value]
        return tasks

    def _list_tasks(self, parameters):
        if self.markers not in MARKERS or self.name_match not in ("contains", "exact"):
            raise ValueError(f"markers={self.markers!r}, name_match={self.name_match!r}")
        tasks = self._matching(parameters)
        limit = 1000 if self.ignore_limit else parameters.get("limit", 10)
        limit = min(limit, self.page_cap or limit)
        start = 0 if self.ignore_offset else parameters.get("offset", 0)
        marker = parameters.get("marker")
        if marker is not None:
            start += self._position_after(tasks, marker)
        stop = start + limit
        if 0 < start < len(tasks):
            repeat = self.repeat and tasks[start - 1]["id"] == self._page_end
            if repeat or (marker is not None and self.markers == "inclusive"):
                start, stop = start - 1, max(stop - 1, start + 1)  # it always brings a new task, too
        page = tasks[start:stop]
        self._page_end = page[-1]["id"] if page else None
        document = {"count": len(tasks), "scheduled_tasks": page}
        if self.markers == "stuck":
            document["next_maker"] = tasks[min(limit, len(tasks)) - 1]["id"] if tasks else None
        elif page and self.markers != "never" and (stop < len(tasks) or self.markers in ("always", "opaque")):
            document["next_maker"] = self._marker(page[-1])
        elif self.markers in ("null_at_end", "empty_at_end"):
            document["next_maker"] = None if self.markers == "null_at_end" else ""
        return document

    def _marker(self, task):
        return base64.b64encode(task["id"].encode()).decode() if self.markers == "opaque" else task["id"]

    def _position_after(self, tasks, marker):
        for position, task in enumerate(tasks):
            if self._marker(task) == marker:
                return position + 1
        raise invalid("marker is not that of a matching task.", "marker无效。")

    # The ECS metadata service

    def _metadata_token(self, request):
        if self.metadata_token_status != 200:
            raise ApiError(self.metadata_token_status, "ECS.0000", "No token.", "没有令牌。")
        if not (request.header("X-Metadata-Token-Ttl-Seconds") or "").isdigit():
            raise ApiError(
                400, "ECS.0001", "X-Metadata-Token-Ttl-Seconds is missing.", "缺少X-Metadata-Token-Ttl-Seconds。"
            )
        token = "FakeMetadataToken-" + uuid.uuid4().hex
        self._metadata_tokens.add(token)
        return token

    def _metadata_security_key(self, request):
        if self.metadata_token_status == 200 and request.header("X-Metadata-Token") not in self._metadata_tokens:
            raise ApiError(401, "ECS.0002", "X-Metadata-Token is missing or unknown.", "X-Metadata-Token缺失或未知。")
        with self._lock:
            token = f"FakeMetadataSecurityToken+{len(self._temporary) + 1:04d}/=="
            expiry = self._temporary[token] = self.now() + self.metadata_expires_in
        expires_at = datetime.fromtimestamp(expiry, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return {
            "credential": {
                "access": METADATA_ACCESS_KEY,
                "secret": METADATA_SECRET_KEY,
                "securitytoken": token,
                "expires_at": expires_at,
            }
        }


# ---------------------------------------------------------------------------------------------------------------------
# Connections


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address, simulator):
        self.simulator = simulator
        super().__init__(address, Exchange)

    def finish_request(self, request, client_address):
        if self.simulator.tls:  # here, not on accepting: a slow handshake keeps nobody else waiting
            request = self.simulator.tls.wrap_socket(request, server_side=True)
        try:
            super().finish_request(request, client_address)
        finally:
            self.simulator.disconnected(request)
            request.close()

    def handle_error(self, request, client_address):
        """Be silent about clients that went away; tell everything else."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Exchange(http.server.BaseHTTPRequestHandler):
    """A connection, one request after another. The methods with a docstring are what faults are made of."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    rbufsize = 65536
    server: _Server

    def setup(self):
        super().setup()
        self.simulator = self.server.simulator
        self.serial = self.simulator.connected(self.connection)

    def handle_one_request(self):
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        length = self.headers.get("Content-Length", "0")
        content = self.rfile.read(int(length)) if length.isdigit() else b""
        self.request_read = Request(self.command, self.path, self.headers.items(), content, self.serial)
        fault = self.simulator.receive(self.request_read)
        try:
            answer = self._answer(200, self.simulator.handle(self.request_read))
        except ApiError as error:
            answer = self.error(error)
        self.wait(self.simulator.latency)
        if fault:
            fault(self, answer)
        else:
            self.deliver(answer)

    def _answer(self, code, document):
        is_text = isinstance(document, str)
        headers = {
            "Date": email.utils.formatdate(self.simulator.now(), usegmt=True),
            "Content-Type": "text/plain" if is_text else "application/json;charset=utf8",
            "X-Request-Id": uuid.uuid4().hex,
        }
        packed = self.simulator.gzip and "gzip" in (self.request_read.header("Accept-Encoding") or "")
        return Answer(code, headers, document.encode() if is_text else to_json(document), packed)

    def error(self, error):
        """The Answer that tells of an ApiError, in English if the request asks for it."""
        english = (self.request_read.header("X-Language") or "").lower() == "en-us"
        document = {"error_code": error.code, "error_msg": error.english if english else error.chinese}
        answer = self._answer(error.status, document)
        document["request_id"] = answer.headers["X-Request-Id"]
        return answer.replace(to_json(document))

    def send(self, content):
        """Send bytes as they are."""
        self.connection.sendall(content)

    def deliver(self, answer):
        """Send a whole Answer and keep the connection."""
        self.send(b"".join(answer.encode()))

    def disconnect(self, content=b"", reset=False):
        """Send bytes, then close the connection, or ``reset`` it."""
        self.close_connection = True
        self.send(content)
        if reset:
            if content:
                self.wait(0.05)  # a reset throws away what the client has not read yet
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(self.connection.detach())

    def wait(self, seconds):
        """Wait for seconds (None: without an end), but no longer than the simulator runs."""
        if seconds != 0 and self.simulator.closing.wait(seconds):
            raise ConnectionAbortedError("the simulator closes")


def _shutdown(connection):
    with contextlib.suppress(OSError):  # it may be closed
        socket.socket.shutdown(connection, socket.SHUT_RDWR)  # not TLS's own, which waits for the other side


# ---------------------------------------------------------------------------------------------------------------------
# The command


def read_arguments(arguments):
    """Parse the command line (list of str) into an argparse.Namespace."""
    parser = argparse.ArgumentParser(
        description="A simulator of Huawei Cloud's Cloud Operations Center (COC): GET /v1/schedule/task on loopback.",
        usage="%(prog)s [option ...] [-- COMMAND [ARG ...]]",
        epilog="With a COMMAND it runs that with an environment in which the collection finds the simulator, and ends "
        "with its exit status. Without one it runs until it gets SIGINT or SIGTERM. Faults: none, status:CODE, "
        "reset[:before|headers|body], close[:before|headers|body], cut[:BYTES[:length|chunked|gzip]], hang[:SECONDS], "
        "drip:SECONDS[:headers|body], gzip-bomb:BYTES.",
    )
    add = parser.add_argument
    add("--port", type=int, default=0, help="port to listen on (default: a free one)")
    add("--tasks", type=int, default=60, metavar="N", help="how many tasks there are (default: %(default)s)")
    add("--tls", nargs=2, metavar=("CERTIFICATE", "KEY"), help="serve https with these PEM files")
    add("--log", metavar="FILE", help="append a line of JSON for each request, secrets masked")
    add("--variables", metavar="FILE", help="once it listens, write pid, endpoint and credentials there, as JSON")
    add(
        "--fault",
        type=parse_fault,
        action="append",
        default=[],
        dest="faults",
        metavar="FAULT",
        help="what happens to the first request, the second, …; can be repeated",
    )
    add(
        "--fault-rate",
        type=float,
        default=0,
        metavar="SHARE",
        help="share of the requests, 0 to 1, that fail at random",
    )
    add("--seed", type=int, default=0, help="of what is random (default: %(default)s)")
    add("--latency", type=float, default=0, metavar="SECONDS", help="time before each answer")
    add("--page-cap", type=int, metavar="N", help="never more than N tasks on a page")
    add("--markers", choices=MARKERS, default="always", help="when a next_maker is given (default: %(default)s)")
    add("--name-match", choices=("contains", "exact"), default="contains", help="how task_name compares")
    add("--clock-offset", type=float, default=0, metavar="SECONDS", help="how far its clock is ahead")
    add("--repeat", action="store_true", help="each later page starts with the last task of the page before")
    add("--ignore-offset", action="store_true", help="always begin at the start")
    add("--ignore-limit", action="store_true", help="give up to 1000 tasks whatever was asked")
    add("--no-gzip", action="store_false", dest="gzip", help="never compress")
    own, command = arguments, []
    if "--" in arguments:
        own, command = arguments[: arguments.index("--")], arguments[arguments.index("--") + 1 :]
    parsed = parser.parse_args(own)
    parsed.command = command
    return parsed


def main(arguments):
    """Run the simulator as a command does; returns the exit status."""
    settings = vars(read_arguments(arguments))
    command, variables, faults = (settings.pop(name) for name in ("command", "variables", "faults"))
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_arguments: stop.set())
    with Simulator(**settings) as simulator:
        simulator.faults += faults
        environment = {
            "HUAWEICLOUD_COC_ENDPOINT": simulator.endpoint,
            "HUAWEICLOUD_SDK_AK": ACCESS_KEY,
            "HUAWEICLOUD_SDK_SK": SECRET_KEY,
        }
        if variables:
            facts = {
                "pid": os.getpid(),
                "endpoint": simulator.endpoint,
                "access_key": ACCESS_KEY,
                "secret_key": SECRET_KEY,
                "security_token": SECURITY_TOKEN,
                "auth_token": AUTH_TOKEN,
            }
            with open(variables + ".new", "w", encoding="utf-8") as file:
                json.dump(facts, file)
            os.replace(variables + ".new", variables)  # whoever waits for it never reads half of it
        if command:
            with subprocess.Popen(command, env=dict(os.environ, **environment)) as process:
                while process.poll() is None:
                    if stop.wait(0.05):
                        process.terminate()
                        process.wait()
            return process.returncode if process.returncode >= 0 else 128 - process.returncode
        print(f"COC simulator with {len(simulator.tasks)} tasks at {simulator.endpoint}")
        for item in environment.items():
            print("export {}={}".format(*item))
        print("Stop it with Ctrl-C.", flush=True)
        stop.wait()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except OSError as error:  # a port in use, a command or a file that does not exist
        sys.exit(f"coc_simulator.py: {error}")
