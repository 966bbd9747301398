# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the other suites rely on and would not notice: that the simulator refuses what is wrong, and is as odd as set.

The client shares nothing with the collection: it is http.client with the vendor's signer.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import time
import types
import typing as t
from datetime import datetime, timedelta, timezone

import pytest
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer

from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import FIELDS
from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.coc_simulator import (
    ACCESS_KEY,
    AUTH_TOKEN,
    METADATA_SECURITY_KEY,
    METADATA_TOKEN,
    SCHEDULED_TASKS,
    SECRET_KEY,
    SECURITY_TOKEN,
    Simulator,
    messages,
    resource_ids,
    sample_tasks,
    service,
)
from ansible_collections.huaweicloud.coc.tests.coc_simulator.samples import MAY_BE_EMPTY

LONGEST = 20  # seconds that anything here may take before it counts as hanging
TASKS = sample_tasks(200, now_ms=1769846400000)
IDS = [task["id"] for task in TASKS]


class Reply(t.NamedTuple):
    status: int
    content: bytes

    @property
    def document(self) -> t.Any:
        return json.loads(self.content)

    @property
    def ids(self) -> list[str]:
        return [task["id"] for task in self.document["scheduled_tasks"]]

    @property
    def refusal(self) -> tuple[int, str, str]:
        return self.status, self.document["error_code"], self.document["error_msg"]


def sign(simulator, query=(), headers=(), ak=ACCESS_KEY, sk=SECRET_KEY, minutes=0) -> tuple[str, dict[str, str]]:
    """Return the target and the headers that the vendor's SDK would send, its clock that many minutes ahead."""
    date = (datetime.now(timezone.utc) + timedelta(minutes=minutes)).strftime("%Y%m%dT%H%M%SZ")
    place = ("GET", "http", f"127.0.0.1:{simulator.port}", SCHEDULED_TASKS)
    sent = {"query_params": list(dict(query).items()), "header_params": {**dict(headers), "X-Sdk-Date": date}}
    signed = Signer(types.SimpleNamespace(ak=ak, sk=sk)).sign(SdkRequest(*place, **sent, body=""))
    return signed.uri, signed.header_params


def send(simulator, target, headers=(), method="GET") -> Reply:
    connection = http.client.HTTPConnection("127.0.0.1", simulator.port, timeout=LONGEST)
    connection.request(method, target, headers={"X-Language": "en-us", **dict(headers)})
    response = connection.getresponse()
    return Reply(response.status, response.read())


def ask(simulator, query=(), **signed) -> Reply:
    """Return the reply to a signed request."""
    return send(simulator, *sign(simulator, query, **signed))


# Who may ask

INCORRECT = "Incorrect IAM authentication information: "
FAILS = "verify aksk signature fail, canonicalRequest:GET\n/v1/schedule/task/\n"
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
    assert ask(simulator, minutes=14).status == ask(simulator, minutes=-14).status == 200


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
        ("Host", ".+", "coc.example.com", FAILS),
        ("Authorization", ".+", "", NO_SIGNATURE),
        ("Authorization", "=host;", "=", f"{MISSING}host"),
    ],
)
def test_what_was_signed_must_be_what_came(simulator, part, old, new, message):
    query = {"task_name": "数据库 +*~/%=&", "limit": 5}
    target, headers = sign(simulator, query, {"X-Security-Token": SECURITY_TOKEN, "X-Domain-Id": " d "})
    assert send(simulator, target, headers).status == 200
    sent = {"target": target, **headers}
    sent[part] = re.sub(old, new, sent[part])
    reply = send(simulator, sent.pop("target"), {name: value for name, value in sent.items() if value})
    assert reply.status == 401
    assert reply.refusal[2].startswith(INCORRECT + message)


def test_more_than_five_failures_in_a_row_lock_the_key_for_five_minutes(simulator):
    for _turn in range(2):  # a success begins the count anew
        assert [ask(simulator, **WRONG).status for _failure in range(5)] == [401] * 5
        assert ask(simulator).status == 200
    for _failure in range(6):
        ask(simulator, **WRONG)
    assert "forbidden for five minutes" in ask(simulator).refusal[2]
    assert send(simulator, SCHEDULED_TASKS, {"X-Auth-Token": AUTH_TOKEN}).status == 200
    simulator.clock_offset = 301
    assert ask(simulator).status == 200


def test_wrong_tokens_are_refused(simulator):
    wrong = {"X-Auth-Token": "FakeOther"}
    assert send(simulator, SCHEDULED_TASKS, wrong).refusal == (401, "APIGW.0301", f"{INCORRECT}decrypt token fail")
    wrong = {"X-Metadata-Token": "FakeOther"}
    assert send(simulator, METADATA_TOKEN, method="PUT").status == 400
    assert send(simulator, METADATA_SECURITY_KEY).status == send(simulator, METADATA_SECURITY_KEY, wrong).status == 401


# What may be asked

EDGE = TASKS[0]["last_execution_time"]
RESOURCE = resource_ids(TASKS[3])[0]
# For each parameter: values that are refused, and for each filter one that matches some of the tasks.
EACH: dict[str, tuple[list[str], t.Any]] = {
    "enterprise_project_id": (["", "a" * 129], "0"),
    "task_id": (["", "ST" + "0" * 23, "ST" + "0" * 25, "TS" + "0" * 24], IDS[7]),
    "task_name": (["", "a" * 101], "日志"),
    "scheduled_type": (["", "once", "DAILY"], "CRON"),
    "task_type": (["", "JOB"], "RUNBOOK"),
    "associated_task_type": (["PUBLIC"], "COMMUNAL"),
    "risk_level": (["NONE"], "HIGH"),
    "created_by": (["", "a" * 33], "李娜"),
    "reviewer": (["a" * 129], coc_simulator.USERS[0][0]),
    "reviewer_user_name": (["a" * 33], "李娜"),
    "approve_status": (["APPROVED"], "PENDING"),
    "last_execution_status": (["FAILED"], "ABNORMAL"),
    "last_execution_start_time": (["", "-1", "9000000000000001", "1.5", "2026-01-31T08:00:00Z"], EDGE),
    "last_execution_end_time": (["-24h"], EDGE),
    "marker": (["a" * 129], None),
    "region_id": (["a" * 129], "cn-north-4"),
    "resource_id": (["a" * 129], RESOURCE),
    "offset": (["-1", "2147483648", "x"], None),
    "limit": (["0", "1001", "-1", "+1", "٣"], None),
}
# How the filters compare, where they do not compare with the field of the same name.
MATCHES: dict[str, t.Callable[[dict[str, t.Any]], bool]] = {
    "task_id": lambda task: task is TASKS[7],
    "task_name": lambda task: task["name"].startswith("日志清理"),
    "created_by": lambda task: task["created_user_name"] == "李娜",
    "last_execution_start_time": lambda task: (task.get("last_execution_time") or 0) >= EDGE,
    "last_execution_end_time": lambda task: 0 < (task.get("last_execution_time") or 0) <= EDGE,
    "resource_id": lambda task: RESOURCE in resource_ids(task),
}


def test_wrong_parameters_are_refused():
    wrong = [[(name, value)] for name, (values, _right) in EACH.items() for value in values]
    for query in [*wrong, [("tsk_name", "a")], [("limit", "1"), ("limit", "2")], [("", "")]]:
        with pytest.raises(messages.ApiError, match=f"^Invalid parameter: {query[0][0]} ") as refusal:
            service.read_parameters(query)
        assert (refusal.value.status, refusal.value.code) == (400, "COC.00010002")


def test_each_filter_matches_some_tasks(simulator):
    simulator.tasks = TASKS
    assert list(EACH) == list(service.PARAMETERS)
    for name, (_wrong, value) in EACH.items():
        if value is not None:
            matches = MATCHES.get(name, lambda task, name=name, value=value: task.get(name) == value)
            wanted = [task["id"] for task in TASKS if matches(task)]
            reply = ask(simulator, {name: value, "limit": 1000})
            assert (reply.ids, reply.document["count"]) == (wanted, len(wanted))
            assert 0 < len(wanted) < len(TASKS)


ABSENT = "absent"
LAST_PAGE = {"limit": 100, "marker": IDS[99]}


@pytest.mark.parametrize(
    "settings, query, found, next_maker",
    [
        ({}, {}, IDS[:10], IDS[9]),
        ({}, {"limit": 3, "offset": 198}, IDS[198:], IDS[199]),
        ({}, {"offset": 200}, [], ABSENT),
        ({}, {"marker": IDS[2], "offset": 10, "limit": 2}, IDS[13:15], IDS[14]),
        ({"page_cap": 7}, {"limit": 30, "marker": IDS[6]}, IDS[7:14], IDS[13]),
        ({"ignore_limit": True}, {"limit": 3}, IDS, IDS[199]),
        ({"ignore_offset": True}, {"limit": 3, "offset": 9}, IDS[:3], IDS[2]),
        ({"repeat": True}, {"limit": 3, "offset": 10}, IDS[9:12], IDS[11]),
        ({"markers": "inclusive"}, {"limit": 3, "marker": IDS[9]}, IDS[9:12], IDS[11]),
        ({"markers": "opaque"}, {"limit": 1}, IDS[:1], base64.b64encode(IDS[0].encode()).decode()),
        ({"markers": "always"}, LAST_PAGE, IDS[100:], IDS[199]),
        ({"markers": "until_last"}, LAST_PAGE, IDS[100:], ABSENT),
        ({"markers": "null_at_end"}, LAST_PAGE, IDS[100:], None),
        ({"markers": "empty_at_end"}, LAST_PAGE, IDS[100:], ""),
        ({"markers": "never"}, {}, IDS[:10], ABSENT),
        ({"markers": "stuck"}, LAST_PAGE, IDS[100:], IDS[99]),
    ],
)
def test_a_page(settings, query, found, next_maker):
    with Simulator(TASKS, **settings) as simulator:
        ask(simulator)  # the page before, for what repeats its last task
        reply = ask(simulator, query)
        assert (reply.ids, reply.document.get("next_maker", ABSENT)) == (found, next_maker)
        assert ask(simulator, {"marker": "ST"}).refusal[:2] == (400, "COC.00010002")


# What comes back


@pytest.mark.parametrize("method, path", [("POST", SCHEDULED_TASKS), ("GET", "/v1/schedule")])
def test_only_one_operation_is_known(simulator, method, path):
    assert send(simulator, path, method=method).refusal[:2] == (404, "APIGW.0101")


def test_the_log_has_no_secret(tmp_path):
    log = tmp_path / "log"
    with Simulator(log=log) as simulator:
        ask(simulator, {"task_name": "日志"}, headers={"X-Security-Token": SECURITY_TOKEN})
        send(simulator, SCHEDULED_TASKS, {"X-Auth-Token": AUTH_TOKEN})
        send(simulator, METADATA_SECURITY_KEY, {"X-Metadata-Token": "FakeToken"})
        secrets = [SECURITY_TOKEN, AUTH_TOKEN, "FakeToken", simulator.requests[0].header("Authorization")]
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["path"] for line in lines] == [SCHEDULED_TASKS, SCHEDULED_TASKS, METADATA_SECURITY_KEY]
    assert lines[0]["query"] == [["task_name", "日志"]]
    assert [secret for secret in secrets if secret in log.read_text()] == []


# The tasks, and how they change


def test_samples_have_every_field_and_value_of_the_reference():
    for task in TASKS:
        filled = {field: type(value) for field, value in task.items() if value not in (None, "")}
        assert set(FIELDS) - set(MAY_BE_EMPTY) <= set(filled)
        assert filled.items() <= FIELDS.items()
    for field in MAY_BE_EMPTY:
        assert {repr(task.get(field, ABSENT)) for task in TASKS} >= {"None", "''", f"'{ABSENT}'"}
    for name, allowed in service.PARAMETERS.items():
        if isinstance(allowed, re.Pattern) and "|" in allowed.pattern:
            assert {task.get(name) for task in sample_tasks()} - {None, ""} == set(allowed.pattern.split("|"))


@pytest.mark.parametrize("which", [2, -198, IDS[2], "same name"])
def test_a_task_is_changed_by_index_id_or_name(which):
    tasks = [*TASKS[:2], {**TASKS[2], "name": "same name"}, *TASKS[3:]]
    with Simulator(list(tasks)) as simulator:
        before = simulator.tasks
        changed = simulator.change(task=which, set={"approve_status": "REJECTED"})
        assert simulator.tasks == [*tasks[:2], {**tasks[2], "approve_status": "REJECTED"}, *tasks[3:]]
        assert before == tasks, "what was listed before stays as it was"
        assert simulator.change(remove=which) == changed
        assert simulator.tasks == tasks[:2] + tasks[3:]


def test_a_script_changes_tasks_in_the_order_of_time():
    late = {"after": 600, "remove": 0}
    script = [late, {"after": 0.1, "task": "new", "run": "PAUSED"}, {"after": 0, "add": {"name": "new"}}]
    start = time.monotonic()
    with Simulator(3, changes=script) as simulator:
        while simulator.tasks[-1].get("last_execution_status") != "PAUSED" and time.monotonic() < start + LONGEST:
            time.sleep(0.01)
    assert [task["execution_count"] for task in simulator.tasks if task["name"] == "new"] == [1]
    assert len(simulator.tasks) == 4
