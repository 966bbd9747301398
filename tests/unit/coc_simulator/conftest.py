# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client for the simulator that shares nothing with the collection: http.client and the vendor's signer."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import types
import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import pytest
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer

from ansible_collections.huaweicloud.coc.tests import coc_simulator

LONGEST = 20  # seconds that anything here may take before it counts as hanging
NOW_MS = 1769846400000
TASKS = coc_simulator.sample_tasks(200, now_ms=NOW_MS)
IDS = [task["id"] for task in TASKS]


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

    @property
    def refusal(self) -> tuple[int, str, str]:
        """The status, the code and the message."""
        return self.status, self.document["error_code"], self.document["error_msg"]


def sign(
    simulator, query=(), headers=(), ak=coc_simulator.ACCESS_KEY, sk=coc_simulator.SECRET_KEY, minutes=0
) -> tuple[str, dict[str, str]]:
    """Return the target and the headers that the vendor's SDK would send, its clock that many minutes ahead."""
    date = (datetime.now(timezone.utc) + timedelta(minutes=minutes)).strftime("%Y%m%dT%H%M%SZ")
    place = ("GET", "http", f"127.0.0.1:{simulator.port}", coc_simulator.SCHEDULED_TASKS)
    sent = {"query_params": list(dict(query).items()), "header_params": {**dict(headers), "X-Sdk-Date": date}}
    signed = Signer(types.SimpleNamespace(ak=ak, sk=sk)).sign(SdkRequest(*place, **sent, body=""))
    return signed.uri, signed.header_params


def connect(simulator):
    return http.client.HTTPConnection("127.0.0.1", simulator.port, timeout=LONGEST)


def send(simulator, target, headers=(), method="GET", connection=None) -> Reply:
    connection = connection or connect(simulator)
    connection.request(method, target, headers=dict(headers))
    answer = connection.getresponse()
    content = answer.read()
    try:
        packed = answer.headers["Content-Encoding"] == "gzip"
        document = json.loads(gzip.decompress(content) if packed else content)
    except (EOFError, ValueError):
        document = None
    return Reply(answer.status, answer.headers, content, document)


def ask(simulator, query=(), extra=(), **settings) -> Reply:
    """Return the reply to a signed request; ``extra`` headers are sent unsigned."""
    target, headers = sign(simulator, query, **settings)
    return send(simulator, target, {**headers, "X-Language": "en-us", **dict(extra)})


def received(simulator) -> tuple[bytes, bool]:
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


def metadata(simulator) -> dict[str, str]:
    """Return the credentials that the metadata service hands out."""
    token = send(simulator, coc_simulator.METADATA_TOKEN, {"X-Metadata-Token-Ttl-Seconds": "21600"}, "PUT")
    reply = send(simulator, coc_simulator.METADATA_SECURITY_KEY, {"X-Metadata-Token": token.content.decode()})
    assert (token.status, reply.status) == (200, 200)
    return reply.document["credential"]


@pytest.fixture
def waits(monkeypatch) -> list[float]:
    """Make the simulator's pauses short; return the list of them, in seconds."""
    made: list[float] = []
    monkeypatch.setattr(coc_simulator.Exchange, "wait", lambda _exchange, seconds: made.append(seconds))
    return made
