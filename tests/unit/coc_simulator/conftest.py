# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client for the simulator that shares nothing with the collection: http.client and the vendor's signer."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import pytest
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer

from ansible_collections.huaweicloud.coc.tests.coc_simulator import (
    ACCESS_KEY,
    METADATA_SECURITY_KEY,
    METADATA_TOKEN,
    SCHEDULED_TASKS,
    SECRET_KEY,
    Exchange,
    Simulator,
    sample_tasks,
)

LONGEST = 20  # seconds that anything here may take before it counts as hanging
NOW_MS = 1769846400000
TASKS = sample_tasks(200, now_ms=NOW_MS)
IDS = [task["id"] for task in TASKS]
ENGLISH = {"X-Language": "en-us"}


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


def connect(simulator: Simulator) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", simulator.port, timeout=LONGEST)


def send(
    simulator: Simulator,
    target: str,
    headers: t.Any = (),
    method: str = "GET",
    connection: http.client.HTTPConnection | None = None,
    content: bytes | None = None,
) -> Reply:
    connection = connection or connect(simulator)
    connection.request(method, target, content, dict(headers))
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


def metadata(simulator: Simulator) -> dict[str, str]:
    """Return the credentials that the metadata service hands out."""
    token = send(simulator, METADATA_TOKEN, {"X-Metadata-Token-Ttl-Seconds": "21600"}, "PUT")
    reply = send(simulator, METADATA_SECURITY_KEY, {"X-Metadata-Token": token.content.decode()})
    assert (token.status, reply.status) == (200, 200)
    given: dict[str, str] = reply.document["credential"]
    return given


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Make the simulator's pauses short; return the list of them, in seconds."""
    made: list[float] = []

    def wait(_exchange: Exchange, seconds: float | None) -> None:
        if seconds:
            made.append(seconds)

    monkeypatch.setattr(Exchange, "wait", wait)
    return made


@pytest.fixture(scope="package")
def large() -> t.Iterator[Simulator]:
    """A simulator with 200 tasks that no test changes."""
    with Simulator(tasks=TASKS) as running:
        yield running
