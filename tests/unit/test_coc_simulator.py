# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator itself, asked by a client that has nothing of the collection: http.client and the vendor's signer."""

from __future__ import annotations

import argparse
import errno
import gzip
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import typing as t
import zlib
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import pytest
import trustme
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.coc_simulator import (
    ACCESS_KEY,
    AUTH_TOKEN,
    METADATA_ACCESS_KEY,
    METADATA_SECURITY_KEY,
    METADATA_TOKEN,
    PARAMETERS,
    SCHEDULED_TASKS,
    SECRET_KEY,
    SECURITY_TOKEN,
    Simulator,
    body,
    close,
    cut_body,
    drip,
    gzip_bomb,
    hang,
    mutate,
    parse_fault,
    raw,
    read_parameters,
    reset,
    resource_ids,
    sample_tasks,
    status,
)

LONGEST = 20  # seconds that anything here may take before it counts as hanging
FIELDS = {
    "id": str,
    "enterprise_project_id": str,
    "name": str,
    "scheduled_type": str,
    "task_type": str,
    "associated_task_type": str,
    "risk_level": str,
    "created_by": str,
    "created_user_name": str,
    "update_by": str,
    "reviewer": str,
    "reviewer_user_name": str,
    "approve_status": str,
    "last_execution_time": int,
    "last_execution_status": str,
    "execution_count": int,
    "enabled": bool,
    "created_time": int,
    "modified_time": int,
    "region_id": str,
    "associated_task_name": str,
    "associated_task_name_en": str,
}
MAY_BE_EMPTY = {
    "last_execution_time",
    "last_execution_status",
    "reviewer",
    "reviewer_user_name",
    "associated_task_name_en",
}


NOW_MS = 1769846400000
TASKS = sample_tasks(200, now_ms=NOW_MS)


@dataclass
class Reply:
    """What came back. ``document`` is the unpacked body as JSON, None if it is none."""

    status: int
    headers: http.client.HTTPMessage
    content: bytes
    document: t.Any = None

    @property
    def ids(self) -> list[str]:
        return [task["id"] for task in self.document["scheduled_tasks"]]


class Keys:
    """What the vendor's signer takes as credentials."""

    def __init__(self, access_key: str, secret_key: str) -> None:
        self.ak, self.sk = access_key, secret_key


def sign(
    simulator: Simulator,
    query: t.Any = (),
    headers: t.Any = (),
    access_key: str = ACCESS_KEY,
    secret_key: str = SECRET_KEY,
    clock: float = 0,
    path: str = SCHEDULED_TASKS,
) -> tuple[str, dict[str, str]]:
    """Return the target and the headers that the vendor's SDK would send, its clock that many seconds ahead."""
    now = datetime.now(timezone.utc) + timedelta(seconds=clock)
    request = SdkRequest(
        method="GET",
        schema="http",
        host=f"127.0.0.1:{simulator.port}",
        resource_path=path,
        query_params=list(dict(query).items()),
        header_params={**dict(headers), "X-Sdk-Date": now.strftime("%Y%m%dT%H%M%SZ")},
        body="",
    )
    signed = Signer(Keys(access_key, secret_key)).sign(request)
    return signed.uri, signed.header_params


def send(
    simulator: Simulator,
    target: str,
    headers: dict[str, str],
    method: str = "GET",
    connection: http.client.HTTPConnection | None = None,
) -> Reply:
    connection = connection or http.client.HTTPConnection("127.0.0.1", simulator.port, timeout=LONGEST)
    connection.request(method, target, headers=headers)
    answer = connection.getresponse()
    content = answer.read()
    unpacked = gzip.decompress(content) if answer.headers["Content-Encoding"] == "gzip" else content
    try:
        document = json.loads(unpacked)
    except ValueError:
        document = None
    return Reply(answer.status, answer.headers, content, document)


def ask(simulator: Simulator, query: t.Any = (), extra: t.Any = (), **settings: t.Any) -> Reply:
    """Return the reply to a signed request; ``extra`` headers are sent unsigned."""
    target, headers = sign(simulator, query, **settings)
    return send(simulator, target, {**headers, **dict(extra)})


def received(simulator: Simulator) -> tuple[bytes, bool]:
    """Send a good request over a plain socket; return all bytes that come back, and whether a reset ended them."""
    target, headers = sign(simulator)
    lines = [f"GET {target} HTTP/1.1", *map(": ".join, headers.items()), "", ""]
    content = b""
    with socket.create_connection(("127.0.0.1", simulator.port), timeout=LONGEST) as connection:
        connection.sendall("\r\n".join(lines).encode())
        try:
            while chunk := connection.recv(65536):
                content += chunk
        except ConnectionResetError:
            return content, True
    return content, False


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Make the simulator's pauses short; return the list of them, in seconds."""
    made: list[float] = []

    def wait(_exchange: coc_simulator.Exchange, seconds: float | None) -> None:
        if seconds:
            made.append(seconds)

    monkeypatch.setattr(coc_simulator.Exchange, "wait", wait)
    return made


@pytest.fixture(scope="module")
def large():
    with Simulator(tasks=TASKS) as running:
        yield running


# Authentication


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
        ({"headers": {"X-Security-Token": "FakeOther"}}, "the security token is not that of the access key"),
    ],
)
def test_wrong_signature_is_refused(simulator, change, message):
    reply = ask(simulator, {}, {"X-Language": "en-us"}, **change)
    assert (reply.status, reply.document["error_code"]) == (401, "APIGW.0301")
    assert reply.document["error_msg"].startswith(f"Incorrect IAM authentication information: {message}")


@pytest.mark.parametrize("clock", [-14 * 60, 14 * 60])
def test_clock_may_be_off_by_a_quarter_of_an_hour(simulator, clock):
    assert ask(simulator, clock=clock).status == 200


def test_its_own_clock_can_be_off(simulator):
    simulator.clock_offset = 3600
    refused, accepted = ask(simulator), ask(simulator, clock=3600)
    date = datetime.strptime(accepted.headers["Date"], "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=timezone.utc)
    assert (refused.status, accepted.status) == (401, 200)
    assert timedelta(minutes=55) < date - datetime.now(timezone.utc) < timedelta(minutes=65)


@pytest.mark.parametrize(
    "tamper",
    [
        lambda target, headers: (target + "&limit=5", headers),
        lambda target, headers: (target.replace("%20", "+"), headers),
        lambda target, headers: (target.replace("~", "%7E"), headers),
        lambda target, headers: (target.replace("%2A", "*"), headers),
        lambda target, headers: (target.replace("%E5", "%e5"), headers),
        lambda target, headers: ("?".join([target.partition("?")[0], "b=&a="]), headers),
        lambda target, headers: (target, {**headers, "X-Domain-Id": "other"}),
        lambda target, headers: (target, {**headers, "Host": "coc.example.com"}),
        lambda target, headers: (target, {**headers, "X-Sdk-Date": "20260131T080000"}),
        lambda target, headers: (target, {k: v for k, v in headers.items() if k != "X-Domain-Id"}),
        lambda target, headers: (target, {k: v for k, v in headers.items() if k != "X-Sdk-Date"}),
        lambda target, headers: (target, {k: v for k, v in headers.items() if k != "Authorization"}),
        lambda target, headers: (target, {**headers, "Authorization": headers["Authorization"][:-1]}),
        lambda target, headers: (target, {**headers, "Authorization": headers["Authorization"][4:]}),
        lambda target, headers: (
            target,
            {**headers, "Authorization": headers["Authorization"].replace("host;", "")},
        ),
    ],
)
def test_what_was_signed_must_be_what_came(simulator, tamper):
    target, headers = sign(simulator, {"task_name": "a b*~备"}, {"X-Domain-Id": "mine"})
    assert send(simulator, target, headers).status == 200
    assert send(simulator, *tamper(target, headers)).status == 401


@pytest.mark.parametrize("name", ["host", "x-sdk-date"])
def test_host_and_date_must_be_signed(simulator, name):
    target, headers = sign(simulator, headers={"A": "", "Z": ""})
    headers["Authorization"] = headers["Authorization"].replace(f";{name};", ";")
    reply = send(simulator, target, {**headers, "X-Language": "en-us"})
    assert reply.document["error_msg"].endswith(f"signed header missing: {name}")


def test_refusal_repeats_the_signed_headers(simulator):
    """As the real gateway does: a client has to hide them."""
    reply = ask(simulator, headers={"X-Security-Token": SECURITY_TOKEN}, secret_key="FakeOther")
    assert SECURITY_TOKEN in reply.document["error_msg"]


def test_token(simulator):
    accepted = send(simulator, SCHEDULED_TASKS, {"X-Auth-Token": AUTH_TOKEN})
    refused = send(simulator, SCHEDULED_TASKS, {"X-Auth-Token": "FakeOther", "X-Language": "en-us"})
    assert (accepted.status, refused.status) == (200, 401)
    assert refused.document["error_msg"] == "Incorrect IAM authentication information: decrypt token fail"


def test_messages_are_chinese_unless_english_is_asked_for(simulator):
    chinese, english = ask(simulator, {"limit": 0}), ask(simulator, {"limit": 0}, {"X-Language": "en-us"})
    assert chinese.document["error_msg"] == "参数错误：limit超出取值范围。"
    assert english.document["error_msg"] == "Invalid parameter: limit is out of range."
    assert english.document["request_id"] == english.headers["X-Request-Id"] != chinese.document["request_id"]


def test_five_failures_do_not_lock_the_key(simulator):
    statuses = [ask(simulator, secret_key="FakeOther").status for _turn in range(5)]
    assert (statuses, ask(simulator).status) == ([401] * 5, 200)
    assert [ask(simulator, secret_key="FakeOther").status for _turn in range(5)] == [401] * 5
    assert ask(simulator).status == 200  # a success begins the count anew


def test_more_failures_lock_the_key_for_five_minutes(simulator):
    for _turn in range(6):
        ask(simulator, secret_key="FakeOther")
    locked = ask(simulator, {}, {"X-Language": "en-us"})
    assert locked.status == 401
    assert "forbidden for five minutes" in locked.document["error_msg"]
    assert send(simulator, SCHEDULED_TASKS, {"X-Auth-Token": AUTH_TOKEN}).status == 200
    simulator.clock_offset = 301
    assert ask(simulator).status == 200


@pytest.mark.parametrize("method, path", [("POST", SCHEDULED_TASKS), ("GET", "/v1/schedule"), ("GET", "/")])
def test_only_one_operation_is_known(simulator, method, path):
    _target, headers = sign(simulator, path=path)
    reply = send(simulator, path, headers, method)
    assert (reply.status, reply.document["error_code"]) == (404, "APIGW.0101")


# The metadata service


def metadata(simulator: Simulator, ttl: str = "21600") -> dict[str, str]:
    token = send(simulator, METADATA_TOKEN, {"X-Metadata-Token-Ttl-Seconds": ttl}, "PUT")
    reply = send(simulator, METADATA_SECURITY_KEY, {"X-Metadata-Token": token.content.decode()})
    assert (token.status, reply.status) == (200, 200)
    given: dict[str, str] = reply.document["credential"]
    return given


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
    assert send(simulator, METADATA_SECURITY_KEY, {}).status == 401
    assert send(simulator, METADATA_SECURITY_KEY, {"X-Metadata-Token": "FakeOther"}).status == 401


@pytest.mark.parametrize("code", [404, 405, 503])
def test_metadata_service_of_the_older_kind(simulator, code):
    simulator.metadata_token_status = code
    assert send(simulator, METADATA_TOKEN, {"X-Metadata-Token-Ttl-Seconds": "9"}, "PUT").status == code
    assert send(simulator, METADATA_SECURITY_KEY, {}).status == 200


# Parameters and filters


WRONG = {
    "enterprise_project_id": ["", "a" * 129],
    "task_id": ["", "ST" + "0" * 23, "ST" + "0" * 25, "TS" + "0" * 24],
    "task_name": ["", "a" * 101],
    "scheduled_type": ["", "once", "DAILY"],
    "task_type": ["", "JOB"],
    "associated_task_type": ["PUBLIC"],
    "risk_level": ["NONE"],
    "created_by": ["", "a" * 33],
    "reviewer": ["a" * 129],
    "reviewer_user_name": ["a" * 33],
    "approve_status": ["APPROVED"],
    "last_execution_status": ["FAILED"],
    "last_execution_start_time": ["", "-1", "9000000000000001", "1.5", "2026-01-31T08:00:00Z"],
    "last_execution_end_time": ["-24h"],
    "marker": ["a" * 129],
    "region_id": ["a" * 129],
    "resource_id": ["a" * 129],
    "offset": ["-1", "2147483648", "x"],
    "limit": ["0", "1001", "-1", "+1", "٣"],
}


@pytest.mark.parametrize("name, value", [(name, value) for name, values in WRONG.items() for value in values])
def test_wrong_value_is_refused(name, value):
    with pytest.raises(coc_simulator.ApiError, match=f"^Invalid parameter: {name} ") as refusal:
        read_parameters([(name, value)])
    assert (refusal.value.status, refusal.value.code) == (400, "COC.00010002")


def test_every_parameter_is_checked():
    assert set(WRONG) == set(PARAMETERS)


@pytest.mark.parametrize("query", [[("tsk_name", "a")], [("limit", "1"), ("limit", "2")], [("", "")]])
def test_unknown_or_repeated_parameter_is_refused(query):
    with pytest.raises(coc_simulator.ApiError) as refusal:
        read_parameters(query)
    assert refusal.value.english == f"Invalid parameter: {query[-1][0]} is unknown or repeated."


def test_refused_parameter_is_a_400(simulator):
    reply = ask(simulator, {"tsk_name": "a"})
    assert (reply.status, reply.document["error_code"]) == (400, "COC.00010002")


EDGE = TASKS[0]["last_execution_time"]  # both bounds include it

FILTERS = {
    "enterprise_project_id": ("0", lambda task: task["enterprise_project_id"] == "0"),
    "task_id": (TASKS[7]["id"], lambda task: task is TASKS[7]),
    "task_name": ("日志", lambda task: task["name"].startswith("日志清理")),
    "scheduled_type": ("CRON", lambda task: task["scheduled_type"] == "CRON"),
    "task_type": ("RUNBOOK", lambda task: task["task_type"] == "RUNBOOK"),
    "associated_task_type": ("COMMUNAL", lambda task: task["associated_task_type"] == "COMMUNAL"),
    "risk_level": ("HIGH", lambda task: task["risk_level"] == "HIGH"),
    "created_by": ("李娜", lambda task: task["created_user_name"] == "李娜"),
    "reviewer": (coc_simulator.USERS[0][0], lambda task: task.get("reviewer_user_name") == "zhang.wei"),
    "reviewer_user_name": ("李娜", lambda task: task.get("reviewer") == coc_simulator.USERS[1][0]),
    "approve_status": ("PENDING", lambda task: task["approve_status"] == "PENDING"),
    "last_execution_status": ("ABNORMAL", lambda task: task.get("last_execution_status") == "ABNORMAL"),
    "last_execution_start_time": (
        EDGE,
        lambda task: task.get("last_execution_time") and task["last_execution_time"] >= EDGE,
    ),
    "last_execution_end_time": (
        EDGE,
        lambda task: task.get("last_execution_time") and task["last_execution_time"] <= EDGE,
    ),
    "region_id": ("cn-north-4", lambda task: task["region_id"] == "cn-north-4"),
    "resource_id": (resource_ids(TASKS[3])[0], lambda task: resource_ids(TASKS[3])[0] in resource_ids(task)),
}


@pytest.mark.parametrize("name", FILTERS)
def test_filter(large, name):
    value, matches = FILTERS[name]
    wanted = [task["id"] for task in TASKS if matches(task)]
    reply = ask(large, {name: value, "limit": 1000})
    assert 0 < len(wanted) < len(TASKS)
    assert (reply.ids, reply.document["count"]) == (wanted, len(wanted))


def test_every_filter_is_tested():
    assert set(FILTERS) == set(PARAMETERS) - {"limit", "offset", "marker"}


def test_filters_together(large):
    reply = ask(large, {"task_type": "SCRIPT", "risk_level": "HIGH", "limit": 1000})
    wanted = [task["id"] for task in TASKS if (task["task_type"], task["risk_level"]) == ("SCRIPT", "HIGH")]
    assert wanted
    assert reply.ids == wanted


def test_creator_is_found_by_id_too(large):
    by_id, by_name = (ask(large, {"created_by": user, "limit": 1000}) for user in coc_simulator.USERS[1])
    assert by_id.ids == by_name.ids != []


def test_name_can_be_compared_exactly(simulator):
    assert ask(simulator, {"task_name": "nightly"}).document["count"] > 0
    simulator.name_match = "exact"
    assert ask(simulator, {"task_name": "nightly"}).document["count"] == 0
    assert ask(simulator, {"task_name": "nightly-backup"}).document["count"] == 1


# Paging


def test_ten_tasks_are_given_unless_told_otherwise(large):
    reply = ask(large)
    assert (reply.ids, reply.document["count"]) == ([task["id"] for task in TASKS[:10]], 200)


@pytest.mark.parametrize(
    "query, page",
    [
        ({"limit": 1000}, TASKS),
        ({"limit": 1}, TASKS[:1]),
        ({"limit": 3, "offset": 198}, TASKS[198:]),
        ({"offset": 5}, TASKS[5:15]),
        ({"offset": 200}, []),
        ({"offset": 2147483647}, []),
        ({"marker": TASKS[20]["id"], "limit": 2}, TASKS[21:23]),
        ({"marker": TASKS[199]["id"]}, []),
        ({"marker": TASKS[20]["id"], "offset": 10, "limit": 2}, TASKS[31:33]),
    ],
)
def test_page(large, query, page):
    reply = ask(large, query)
    assert (reply.ids, reply.document["count"]) == ([task["id"] for task in page], 200)
    assert reply.document.get("next_maker") == (page[-1]["id"] if page else None)


def test_unknown_marker_is_refused(large):
    assert ask(large, {"marker": "ST"}).status == 400
    assert ask(large, {"marker": TASKS[0]["id"], "task_id": TASKS[1]["id"]}).status == 400


def pages(simulator: Simulator, limit: int = 30, most: int = 9) -> list[dict[str, t.Any]]:
    """Return the documents of a listing that follows the marker."""
    documents: list[dict[str, t.Any]] = []
    query: dict[str, t.Any] = {"limit": limit}
    while len(documents) < most:
        documents.append(ask(simulator, query).document)
        if not documents[-1].get("next_maker") or not documents[-1]["scheduled_tasks"]:
            break
        query["marker"] = documents[-1]["next_maker"]
    return documents


ABSENT = "absent"


@pytest.mark.parametrize(
    "markers, sizes, last",
    [
        ("always", [30, 30, 0], ABSENT),
        ("until_last", [30, 30], ABSENT),
        ("null_at_end", [30, 30], None),
        ("empty_at_end", [30, 30], ""),
        ("never", [30], ABSENT),
        ("opaque", [30, 30, 0], ABSENT),
        ("inclusive", [30, 30, 2], ABSENT),
        ("stuck", [30] * 9, TASKS[29]["id"]),
    ],
)
def test_markers(simulator, markers, sizes, last):
    simulator.markers = markers
    documents = pages(simulator)
    ids = [task["id"] for document in documents for task in document["scheduled_tasks"]]
    assert [len(document["scheduled_tasks"]) for document in documents] == sizes
    assert documents[-1].get("next_maker", ABSENT) == last
    if markers in ("always", "until_last", "null_at_end", "empty_at_end", "opaque"):
        assert ids == [task["id"] for task in simulator.tasks]
    if markers == "opaque":
        assert documents[0]["next_maker"] not in ids
    if markers == "inclusive":
        assert ids[29] == ids[30] == documents[0]["next_maker"]


def test_unknown_markers_are_a_mistake_in_the_test(simulator):
    with pytest.raises(ValueError) as mistake:
        simulator.markers = "sometimes"
    assert str(mistake.value).startswith("markers='sometimes' is none of always, until_last, ")


def test_page_cap(simulator):
    simulator.page_cap = 7
    assert [len(document["scheduled_tasks"]) for document in pages(simulator, 30, 3)] == [7, 7, 7]
    assert len(ask(simulator, {"limit": 3}).ids) == 3


def test_repeat(simulator):
    simulator.repeat = True
    first, second = pages(simulator, 30, 2)
    assert second["scheduled_tasks"][0] == first["scheduled_tasks"][-1]
    assert second["scheduled_tasks"][1] == simulator.tasks[30]


def test_ignored_parameters(simulator):
    simulator.ignore_offset = simulator.ignore_limit = True
    assert ask(simulator, {"offset": 5, "limit": 1}).ids == [task["id"] for task in simulator.tasks]


def test_reference_example(simulator):
    query = {"offset": 0, "limit": 10, "scheduled_type": "ONCE", "last_execution_status": "FINISHED"}
    document = ask(simulator, query).document
    (task,) = document["scheduled_tasks"]
    assert (document["count"], document["next_maker"]) == (1, task["id"])
    assert (task["scheduled_type"], task["last_execution_status"]) == ("ONCE", "FINISHED")


# The connection


def test_connection_is_kept(simulator):
    connection = http.client.HTTPConnection("127.0.0.1", simulator.port, timeout=LONGEST)
    for _turn in range(3):
        send(simulator, *sign(simulator), connection=connection)
    ask(simulator)
    assert [request.connection for request in simulator.requests] == [1, 1, 1, 2]
    assert simulator.connections == 2


def test_answer_is_packed_for_who_accepts_it(simulator):
    packed, plain = ask(simulator, {}, {"Accept-Encoding": "gzip"}), ask(simulator)
    simulator.gzip = False
    off = ask(simulator, {}, {"Accept-Encoding": "gzip"})
    assert [reply.headers["Content-Encoding"] for reply in (packed, plain, off)] == ["gzip", None, None]
    assert len(packed.content) < len(plain.content)
    assert packed.document == plain.document == off.document


def test_tls(tmp_path):
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    certificate.cert_chain_pems[0].write_to_path(str(tmp_path / "certificate.pem"))
    certificate.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with Simulator(tls=(str(tmp_path / "certificate.pem"), str(tmp_path / "key.pem"))) as simulator:
        assert simulator.endpoint == f"https://127.0.0.1:{simulator.port}"
        with socket.create_connection(
            ("127.0.0.1", simulator.port)
        ):  # one that never shakes hands keeps nobody waiting
            connection = http.client.HTTPSConnection("127.0.0.1", simulator.port, timeout=LONGEST, context=context)
            assert send(simulator, *sign(simulator), connection=connection).status == 200


def test_latency(simulator, waits):
    simulator.latency = 5
    assert ask(simulator).status == 200
    assert waits == [5]


def test_unknown_setting_is_refused():
    with pytest.raises(TypeError) as mistake:
        Simulator(page_size=5)
    assert "unexpected keyword argument 'page_size'" in str(mistake.value)


def test_log_has_no_secret(tmp_path):
    log = tmp_path / "log"
    with Simulator(log=log) as simulator:
        reply = ask(simulator, {"task_name": "日志"}, headers={"X-Security-Token": SECURITY_TOKEN})
        send(simulator, SCHEDULED_TASKS, {"X-Auth-Token": AUTH_TOKEN})
        metadata(simulator)
        tokens = [simulator.requests[-1].header("X-Metadata-Token")]
        signatures = [simulator.requests[0].header("Authorization")]
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert reply.status == 200
    assert [(line["method"], line["path"]) for line in lines] == [
        ("GET", SCHEDULED_TASKS),
        ("GET", SCHEDULED_TASKS),
        ("PUT", METADATA_TOKEN),
        ("GET", METADATA_SECURITY_KEY),
    ]
    assert lines[0]["query"] == [["task_name", "日志"]]
    assert ["X-Auth-Token", "***"] in lines[1]["headers"]
    secrets = [SECURITY_TOKEN, AUTH_TOKEN, SECRET_KEY, *tokens, *signatures]
    assert not [secret for secret in secrets if secret in log.read_text()]


def test_leaving_it_ends_every_connection():
    with Simulator() as simulator:
        simulator.faults.append(hang())
        connection = http.client.HTTPConnection("127.0.0.1", simulator.port, timeout=LONGEST)
        target, headers = sign(simulator)
        connection.request("GET", target, headers=headers)
        while not simulator.requests:
            time.sleep(0.01)
    with pytest.raises(ConnectionError):
        connection.getresponse()
    with socket.socket() as later:
        assert later.connect_ex(("127.0.0.1", simulator.port)) == errno.ECONNREFUSED


# Faults


def test_faults_come_in_order_one_for_each_request(simulator):
    simulator.faults += [status(503), None, status(500)]
    assert [ask(simulator).status for _turn in range(4)] == [503, 200, 500, 200]


@pytest.mark.parametrize("code", [400, 401, 403, 404, 418, 429, 500, 502, 503, 504])
def test_status(simulator, code):
    simulator.faults.append(status(code))
    reply = ask(simulator, {}, {"X-Language": "en-us"})
    assert (reply.status, set(reply.document)) == (code, {"error_code", "error_msg", "request_id"})
    assert reply.document["error_msg"].isascii()


def test_status_with_a_body_and_headers(simulator):
    simulator.faults.append(status(429, b"<html>", {"Retry-After": "7", "Date": None}, "text/html"))
    reply = ask(simulator)
    assert (reply.status, reply.content) == (429, b"<html>")
    assert (reply.headers["Retry-After"], reply.headers["Content-Type"], reply.headers["Date"]) == (
        "7",
        "text/html",
        None,
    )


@pytest.mark.parametrize("content, sent", [(b"\xff", b"\xff"), ([1], b"[1]"), ("é", '"é"'.encode()), (None, b"null")])
def test_body(simulator, content, sent):
    simulator.faults.append(body(content))
    reply = ask(simulator)
    assert (reply.status, reply.content) == (200, sent)


def test_mutate(simulator):
    simulator.faults.append(mutate(lambda document: {**document, "count": "many"}))
    mutated, normal = ask(simulator).document, ask(simulator).document
    assert mutated == {**normal, "count": "many"}


@pytest.fixture
def whole(simulator):
    """The head and the body of the undisturbed answer."""
    simulator.faults.append(lambda exchange, answer: exchange.disconnect(b"".join(answer.encode())))
    head, separator, content = received(simulator)[0].partition(b"\r\n\r\n")
    return head + separator, content


@pytest.mark.parametrize("fault, resets", [(reset, True), (close, False)])
def test_broken_connection(simulator, whole, fault, resets):
    head, content = whole
    simulator.faults += [fault("before"), fault("headers"), fault("body"), fault()]
    before, headers, half, by_default = (received(simulator) for _turn in range(4))
    assert before == by_default == (b"", resets)
    assert headers[1] is half[1] is resets
    assert len(headers[0]) == len(head) // 2
    assert len(half[0]) == len(head) + len(content) // 2
    assert half[0].endswith(content[: len(content) // 2])


def test_body_cut_short(simulator, whole):
    simulator.faults += [cut_body(), cut_body(5), cut_body(5, "chunked")]
    by_default, five, chunked = (received(simulator)[0].partition(b"\r\n\r\n") for _turn in range(3))
    length = f"Content-Length: {len(whole[1])}\r\n".encode()
    assert (by_default[2], five[2]) == (whole[1][:20], whole[1][:5])
    assert length in five[0]
    assert b"Transfer-Encoding: chunked" in chunked[0] and b"Content-Length" not in chunked[0]
    assert chunked[2] == b"5\r\n" + whole[1][:5] + b"\r\n"


def test_packed_body_cut_short(simulator, whole):
    simulator.faults.append(cut_body(50, "gzip"))
    target, headers = sign(simulator)
    connection = http.client.HTTPConnection("127.0.0.1", simulator.port, timeout=LONGEST)
    connection.request("GET", target, headers=headers)
    answer = connection.getresponse()
    content = answer.read()
    unpacking = zlib.decompressobj(31)
    assert (answer.headers["Content-Encoding"], len(content)) == ("gzip", 50)
    assert whole[1].startswith(unpacking.decompress(content))
    assert not unpacking.eof


def test_hang(simulator, waits):
    simulator.faults += [hang(60), hang()]
    assert [ask(simulator).status for _turn in range(2)] == [200, 200]
    assert waits == [60]


@pytest.mark.parametrize("part", ["headers", "body"])
def test_drip(simulator, waits, part):
    normal = ask(simulator)
    simulator.faults.append(drip(0.5, part))
    dripped = ask(simulator)
    assert dripped.document == normal.document
    assert set(waits) == {0.5}
    assert len(waits) == len(normal.content) if part == "body" else 100 < len(waits) < 500


def test_raw(simulator):
    simulator.faults.append(raw(b"HTTP/1.1 200\r\n\r\n\x00"))
    assert received(simulator) == (b"HTTP/1.1 200\r\n\r\n\x00", False)


@pytest.mark.parametrize("size", [0, 1, 1 << 20, (5 << 20) + 1])
def test_gzip_bomb(simulator, size):
    normal = ask(simulator)
    simulator.faults.append(gzip_bomb(size))
    bomb = ask(simulator)
    assert gzip.decompress(bomb.content) == b" " * size + normal.content
    assert len(bomb.content) < 2 * len(normal.content) + size // 500


def test_random_faults_follow_from_the_seed():
    def outcomes(**settings: t.Any) -> list[t.Any]:
        with Simulator(**settings) as simulator:
            return [outcome(simulator) for _turn in range(20)]

    def outcome(simulator: Simulator) -> t.Any:
        try:
            return ask(simulator).status
        except (ConnectionError, http.client.HTTPException) as error:
            return type(error).__name__

    assert outcomes(fault_rate=0.5, seed=1) == outcomes(fault_rate=0.5, seed=1) != outcomes(fault_rate=0.5, seed=2)
    assert 200 not in outcomes(fault_rate=1)
    assert set(outcomes(fault_rate=0)) == {200}
    assert {200, 429, 503} < set(outcomes(fault_rate=0.5))


def test_random_faults_spare_the_metadata_service(simulator):
    simulator.fault_rate = 1
    assert metadata(simulator)["access"] == METADATA_ACCESS_KEY


@pytest.mark.parametrize(
    "text",
    [
        "wrong",
        "status",
        "status:",
        "status:x",
        "cut:x",
        "hang:1:2",
        "none:1",
        "reset:middle",
        "drip:1:tail",
        "cut:1:x",
        "",
    ],
)
def test_unknown_fault_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError) as refusal:
        parse_fault(text)
    assert str(refusal.value).startswith(f"{text!r} is no fault; known are: none, status, reset, close, cut, ")


def test_fault_of_the_command_line(simulator):
    simulator.faults += [parse_fault("status:418"), parse_fault("none"), parse_fault("cut:3:chunked")]
    assert [ask(simulator).status for _turn in range(2)] == [418, 200]
    assert received(simulator)[0].partition(b"\r\n\r\n")[2] == b'3\r\n{"c\r\n'


# The command


def command(*arguments: str) -> list[str]:
    return [sys.executable, os.path.dirname(coc_simulator.__file__), *arguments]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), capture_output=True, text=True, timeout=LONGEST, check=False)


def test_help():
    finished = run("--help")
    assert (finished.returncode, finished.stderr) == (0, "")
    assert "[-- COMMAND [ARG ...]]" in finished.stdout
    assert not [name for name in coc_simulator.COMMAND_FAULTS if name not in finished.stdout]


@pytest.mark.parametrize("arguments", [["--unknown"], ["--fault", "wrong"], ["--markers", "sometimes"], ["rest"]])
def test_wrong_arguments(arguments):
    finished = run(*arguments)
    assert finished.returncode == 2
    assert "error: " in finished.stderr and "Traceback" not in finished.stderr


def test_command_runs_in_an_environment_that_leads_here():
    code = """if True:
        import json, os, sys
        print(json.dumps({name: value for name, value in os.environ.items() if name.startswith("HUAWEICLOUD_")}))
        print(sys.argv)
        sys.exit(7)
    """
    finished = run("--", sys.executable, "-c", code, "--", "--help")
    environment, arguments = finished.stdout.splitlines()
    found = json.loads(environment)
    assert finished.returncode == 7
    assert found.pop("HUAWEICLOUD_COC_ENDPOINT").startswith("http://127.0.0.1:")
    assert found == {"HUAWEICLOUD_SDK_AK": ACCESS_KEY, "HUAWEICLOUD_SDK_SK": SECRET_KEY}
    assert arguments == "['-c', '--', '--help']"


def test_command_that_a_signal_ends():
    assert run("--", "sh", "-c", "kill -9 $$").returncode == 128 + 9


@pytest.mark.parametrize("arguments", [["--", "./no-such-command"], ["--tls", "no-such-file", "no-such-file"]])
def test_command_that_cannot_start(arguments):
    finished = run(*arguments)
    assert finished.returncode == 1
    assert finished.stderr.startswith("coc_simulator: ") and "Traceback" not in finished.stderr


def test_port_in_use(simulator):
    finished = run("--port", str(simulator.port))
    assert finished.returncode == 1
    assert "Address already in use" in finished.stderr and "Traceback" not in finished.stderr


@pytest.fixture
def started(tmp_path):
    """Start the command; return a function that does, and gives the process and its variables."""
    processes: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> tuple[subprocess.Popen[str], dict[str, t.Any]]:
        file = tmp_path / "variables.json"
        arguments = ("--variables", str(file), *arguments)
        process = subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, text=True)
        processes.append(process)
        until = time.monotonic() + LONGEST
        while not file.exists() and time.monotonic() < until:
            time.sleep(0.01)
        return process, json.loads(file.read_text())

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_told(started, tmp_path, number):
    log = tmp_path / "log"
    settings = ["--tasks", "3", "--page-cap", "2", "--markers", "until_last", "--fault", "status:503", "--no-gzip"]
    process, variables = started("--log", str(log), *settings)
    keys = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
    assert {name: variables[name] for name in keys} == keys
    assert (variables["security_token"], variables["auth_token"]) == (SECURITY_TOKEN, AUTH_TOKEN)
    assert variables["pid"] == process.pid

    remote = Simulator(port=int(variables["endpoint"].rpartition(":")[2]))  # never entered: only the port counts
    assert ask(remote).status == 503
    reply = ask(remote, {}, {"Accept-Encoding": "gzip"}, headers={"X-Security-Token": SECURITY_TOKEN})
    assert (reply.document["count"], len(reply.ids), reply.headers["Content-Encoding"]) == (3, 2, None)
    assert reply.document["next_maker"] == reply.ids[-1]
    connection = http.client.HTTPConnection("127.0.0.1", remote.port, timeout=LONGEST)
    send(remote, SCHEDULED_TASKS, {"X-Auth-Token": AUTH_TOKEN}, connection=connection)  # one that stays open

    os.kill(process.pid, number)
    output, _errors = process.communicate(timeout=LONGEST)
    assert process.returncode == 0
    assert f"COC simulator with 3 tasks at {variables['endpoint']}" in output
    assert f"export HUAWEICLOUD_COC_ENDPOINT={variables['endpoint']}" in output
    lines = log.read_text().splitlines()
    assert len(lines) == 3
    assert not [secret for secret in (SECRET_KEY, SECURITY_TOKEN, AUTH_TOKEN) if secret in log.read_text()]


def test_it_ends_its_command_when_told(started):
    process, _variables = started("--", "sh", "-c", "echo started; exec sleep 600")
    assert process.stdout and process.stdout.readline() == "started\n"
    os.kill(process.pid, signal.SIGTERM)
    process.communicate(timeout=LONGEST)
    assert process.returncode == 128 + signal.SIGTERM


# The tasks


def test_tasks_have_the_fields_of_the_reference():
    for task in TASKS:
        assert set(FIELDS) - MAY_BE_EMPTY <= set(task) <= set(FIELDS)
        filled = {field for field, value in task.items() if value not in (None, "")}
        assert set(FIELDS) - MAY_BE_EMPTY <= filled
        assert {field: type(task[field]) for field in filled} == {field: FIELDS[field] for field in filled}


def test_fields_that_have_nothing_to_tell_come_in_each_way():
    for field in MAY_BE_EMPTY:
        assert {repr(task.get(field, ABSENT)) for task in TASKS} >= {"None", "''", repr(ABSENT)}


def test_ids_are_unique_and_of_the_reference_s_form():
    ids = Counter(task["id"] for task in sample_tasks(20000))
    assert len(ids) == 20000
    assert not [task_id for task_id in ids if not (len(task_id) == 26 and task_id.startswith("ST"))]


@pytest.mark.parametrize(
    "field, values",
    [
        ("scheduled_type", {"PERIODIC", "ONCE", "CRON"}),
        ("task_type", {"SCRIPT", "RUNBOOK"}),
        ("associated_task_type", {"CUSTOMIZATION", "COMMUNAL"}),
        ("risk_level", {"HIGH", "MEDIUM", "LOW"}),
        ("approve_status", {"PASSED", "PENDING", "REJECTED"}),
        ("last_execution_status", {"READY", "PROCESSING", "ABNORMAL", "PAUSED", "CANCELED", "FINISHED"}),
        ("enabled", {True, False}),
    ],
)
def test_every_value_occurs_by_default(field, values):
    assert {task[field] for task in sample_tasks() if task.get(field) not in (None, "")} == values


def test_default_tasks_are_believable():
    now = time.time() * 1000
    tasks = sample_tasks()
    names = [task["name"] for task in tasks]
    assert len(set(names)) == len(names) == 60
    assert all(3 <= len(name) <= 100 for name in names)
    assert [name for name in names if not name.isascii()] and [name for name in names if name.isascii()]
    assert len({task["region_id"] for task in tasks}) >= 3
    assert len({task["enterprise_project_id"] for task in tasks}) >= 3
    for task in tasks:
        ran = task.get("last_execution_time")
        assert task["created_time"] <= task["modified_time"] <= now
        assert bool(ran) == bool(task.get("last_execution_status")) == bool(task["execution_count"])
        assert not ran or task["created_time"] < ran <= now
        assert task["approve_status"] == "PASSED" or not (ran or task["enabled"])
    assert [task for task in tasks if task["approve_status"] == "PASSED" and not task.get("last_execution_time")]
    assert [task for task in tasks if task.get("last_execution_status") == "ABNORMAL"]


def test_one_task_is_the_reference_s_example():
    for count in (1, 60, 1000):
        examples = [
            task
            for task in sample_tasks(count)
            if (task["scheduled_type"], task.get("last_execution_status")) == ("ONCE", "FINISHED")
        ]
        assert len(examples) == 1


def test_tasks_follow_from_the_arguments():
    assert sample_tasks(100, 3, NOW_MS) == sample_tasks(100, 3, NOW_MS) != sample_tasks(100, 4, NOW_MS)
    assert [task["id"] for task in sample_tasks(9)] == [task["id"] for task in sample_tasks(9, now_ms=NOW_MS)]


def test_resources_are_shared_by_several_tasks():
    shared = Counter(resource for task in TASKS for resource in resource_ids(task))
    assert max(shared.values()) > 1
    assert len(shared) > 20
