# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The signature against the vendor's own signer, and against the simulator's, over the wire.

Repeated parameters and boolean values are not compared: a query maps names to texts and numbers, and the API has
neither.
"""

from __future__ import annotations

import re
import types
from datetime import datetime, timezone
from urllib.parse import unquote

import pytest
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ansible_collections.huaweicloud.coc.plugins.module_utils._client import Client
from ansible_collections.huaweicloud.coc.plugins.module_utils._signer import Credentials, canonical_query, sign
from ansible_collections.huaweicloud.coc.tests.coc_simulator import (
    ACCESS_KEY,
    PARAMETERS,
    SECRET_KEY,
    SECURITY_TOKEN,
    Answer,
    Simulator,
)
from ansible_collections.huaweicloud.coc.tests.unit.conftest import no_warning

PATH = "/v1/schedule/task"
NOW = datetime(2026, 1, 31, 8, 0, 0, tzinfo=timezone.utc)

visible = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)
# what encoders disagree about comes often
awkward = st.text(st.sampled_from(" +*~/%=&;?#@:,!'()[]\\\"<>^`{|}\x7f\n-_.aZ09é中𝒳")) | st.text()
queries = st.dictionaries(awkward, awkward | st.integers(0), max_size=19)
header_names = st.sampled_from(
    ["X-Domain-Id", "x-project-id", "X-Security-Token", "Accept", "X-Language", "User_Agent", "x_custom-id", "Zz", "A"]
)
blank = st.text(st.sampled_from(" \t"), max_size=3)
header_values = st.tuples(blank, st.text(), blank).map("".join)
headers = st.dictionaries(header_names, header_values)
times = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)).map(lambda time: time.replace(tzinfo=timezone.utc))
hosts = st.sampled_from(["coc.example.com", "coc.example.com:443", "127.0.0.1:8443", "[::1]:8443"])
paths = st.lists(awkward.map(lambda segment: segment.replace("/", "")), max_size=4).map(
    lambda segments: "/" + "/".join(segments)
)


@settings(max_examples=500)
@given(query=queries, extra=headers, host=hosts, path=paths, access_key=visible, secret_key=visible, now=times)
@example({"b": "2", "a": "1"}, {"x_id": "1", "x-id": "2"}, "[::1]:8443", PATH, "AK", "SK", NOW)
@example(
    {"task_name": "a b+c*d~e/f%g=h", "created_by": "", "Z": "名"},
    {"X-Domain-Id": " d ", "X-Project-Id": "p", "X-Security-Token": "+t/="},
    "coc.example.com:443",
    PATH + "/",
    "AK",
    "SK",
    NOW,
)
@example({}, {}, "127.0.0.1:8443", "/v1/计划 任务", "AK", "SK", NOW)
def test_query_and_signature_are_the_vendors(query, extra, host, path, access_key, secret_key, now):
    assume(unquote(path) == path)  # the vendor takes "%41" for an "A", as if it had been encoded already
    dated = {**extra, "X-Sdk-Date": now.strftime("%Y%m%dT%H%M%SZ")}
    request = SdkRequest("GET", "https", host, path, query_params=[*query.items()], header_params=dated, body="")
    theirs = Signer(types.SimpleNamespace(ak=access_key, sk=secret_key)).sign(request)
    assert theirs.url == f"https://{host}{path}" + (f"?{canonical_query(query)}" if query else "")
    encoded = "/".join(canonical_query({"": segment})[1:] for segment in path.split("/"))
    ours = sign("GET", f"https://{host}{encoded}?{canonical_query(query)}", extra, access_key, secret_key, now)
    assert ours == {name: theirs.header_params[name] for name in ("Host", "X-Sdk-Date", "Authorization")}
    assert ours["Host"] == host


def test_known_answer():
    """The signature was computed by hand, with sha256sum and openssl."""
    query = {"scheduled_type": "ONCE", "offset": 0, "limit": 10, "task_name": "数据库 巡检+*~"}
    url = f"https://coc-intl.myhuaweicloud.com/v1/schedule/task?{canonical_query(query)}"
    covered = {"X-Domain-Id": "0123456789abcdef0123456789abcdef", "X-Security-Token": " FakeToken+/== "}
    signed = sign("GET", url, covered, "FAKEACCESSKEY0000001", "FakeSecretKey", NOW)
    assert url.partition("?")[2] == (
        "limit=10&offset=0&scheduled_type=ONCE&task_name=%E6%95%B0%E6%8D%AE%E5%BA%93%20%E5%B7%A1%E6%A3%80%2B%2A~"
    )
    assert signed == {
        "Host": "coc-intl.myhuaweicloud.com",
        "X-Sdk-Date": "20260131T080000Z",
        "Authorization": "SDK-HMAC-SHA256 Access=FAKEACCESSKEY0000001, "
        "SignedHeaders=host;x-domain-id;x-sdk-date;x-security-token, "
        "Signature=967c675fe3a230848afd84489083c8d70cb370e75b43b8dca3d7f6c029344acb",
    }


def test_lone_surrogate_is_refused():
    with pytest.raises(UnicodeEncodeError, match="position 1: surrogates not allowed"):
        canonical_query({"task_name": "a\ud800"})


@pytest.fixture(scope="module")
def service():
    with Simulator(tasks=0) as running:
        yield running


texts = st.sampled_from([name for name, allowed in PARAMETERS.items() if isinstance(allowed, re.Pattern)])
scope_ids = st.none() | visible


@settings(max_examples=200)
@given(query=st.dictionaries(texts, awkward, min_size=1), domain_id=scope_ids, project_id=scope_ids)
@example({"task_name": "a b+c*d~e/f%g=h&i#j?k", "created_by": "%41%7e+%20"}, None, None)
@example({"task_name": "../../x", "created_by": ""}, "d", None)
def test_what_goes_over_the_wire_is_what_was_signed(service, query, domain_id, project_id):
    """The simulator signs with code of its own what arrived: a 401 would mean that it is something else."""
    credentials = Credentials("", ACCESS_KEY, SECRET_KEY, SECURITY_TOKEN, None, domain_id, project_id)
    options = {"endpoint": service.endpoint, "validate_certs": True, "timeout": 30.0, "max_retries": 0}
    service.faults.append(return_200_if_signed)
    with Client(options, lambda _client: credentials, no_warning) as client:
        assert client.get(PATH, query, "none").document == {"signed": True}
    request = service.requests[-1]
    assert request.raw_query == canonical_query(query)
    assert dict(request.query) == query
    assert (request.header("X-Domain-Id"), request.header("X-Project-Id")) == (domain_id, project_id)


def return_200_if_signed(exchange, answer):
    """Hide that no parameter takes such a value: here only the signature counts."""
    if answer.status != 401:
        answer = Answer(200, answer.headers, b'{"signed":true}')
    exchange.deliver(answer)
