# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults: that each is what its name says. tests/unit/test_faults.py shows what a client makes of them."""

from __future__ import annotations

import argparse
import http.client
import zlib

import pytest

from ansible_collections.huaweicloud.coc.tests.coc_simulator import METADATA_ACCESS_KEY, Simulator, faults
from ansible_collections.huaweicloud.coc.tests.unit.coc_simulator.conftest import ask, metadata, received


@pytest.mark.parametrize("code", [400, 401, 403, 404, 418, 429, 500, 502, 503, 504])
def test_status(simulator, code):
    simulator.faults += [None, faults.status(code)]
    assert ask(simulator).status == 200
    reply = ask(simulator)
    assert (reply.status, set(reply.document)) == (code, {"error_code", "error_msg", "request_id"})
    assert ask(simulator).status == 200


@pytest.fixture
def whole(simulator):
    """The head and the body of the undisturbed answer; those of others differ in the date and in the ID alone."""
    simulator.faults.append(lambda exchange, answer: exchange.disconnect(b"".join(answer.encode())))
    head, separator, content = received(simulator)[0].partition(b"\r\n\r\n")
    return head + separator, content


@pytest.mark.parametrize("fault, resets", [(faults.reset, True), (faults.close, False)])
def test_broken_connection(simulator, whole, fault, resets):
    head, content = map(len, whole)
    simulator.faults += [fault("before"), fault("headers"), fault("body"), fault()]
    broken = [received(simulator) for _turn in range(4)]
    assert [len(received) for received, _reset in broken] == [0, head // 2, head + content // 2, 0]
    assert [reset for _received, reset in broken] == [resets] * 4


def test_body_cut_short(simulator, whole):
    content = whole[1]
    simulator.faults += [faults.cut_body(), faults.cut_body(5, "chunked")]
    plain, chunked = (received(simulator)[0].partition(b"\r\n\r\n") for _turn in range(2))
    assert b"Content-Length: %d\r\n" % len(content) in plain[0] and plain[2] == content[:20]
    assert b"Transfer-Encoding: chunked" in chunked[0] and b"Content-Length" not in chunked[0]
    assert chunked[2] == b"5\r\n%s\r\n" % content[:5]


def test_packed_body_cut_short(simulator, whole):
    simulator.faults.append(faults.cut_body(50, "gzip"))
    reply = ask(simulator)
    unpacking = zlib.decompressobj(31)
    assert (reply.headers["Content-Encoding"], len(reply.content)) == ("gzip", 50)
    assert whole[1].startswith(unpacking.decompress(reply.content)) and not unpacking.eof


@pytest.mark.parametrize("part", ["headers", "body"])
def test_drip(simulator, waits, part):
    normal = ask(simulator)
    simulator.faults.append(faults.drip(0.5, part))
    assert ask(simulator).document == normal.document
    pauses = waits.count(0.5)
    assert pauses == len(normal.content) if part == "body" else 100 < pauses < 500


def outcomes(**settings):
    """Return the statuses of 20 requests, None where the connection broke."""
    statuses: list[int | None] = []
    with Simulator(**settings) as simulator:
        for _turn in range(20):
            try:
                statuses.append(ask(simulator).status)
            except (ConnectionError, http.client.HTTPException):
                statuses.append(None)
    return statuses


def test_random_faults_follow_from_the_seed():
    assert outcomes(fault_rate=0.5, seed=1) == outcomes(fault_rate=0.5, seed=1) != outcomes(fault_rate=0.5, seed=2)
    assert 200 not in outcomes(fault_rate=1)
    assert set(outcomes(fault_rate=0.5)) == {200, 429, 503, None}


def test_random_faults_spare_the_metadata_service(simulator):
    simulator.fault_rate = 1
    assert metadata(simulator)["access"] == METADATA_ACCESS_KEY


UNKNOWN = "wrong status status: status:x cut:x hang:1:2 none:1 reset:middle drip:1:tail cut:1:x"


@pytest.mark.parametrize("text", ["", *UNKNOWN.split()])
def test_unknown_fault_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError) as refusal:
        faults.parse_fault(text)
    assert str(refusal.value).startswith(f"{text!r} is no fault; known are: none, status, reset, close, cut, ")


def test_fault_of_the_command_line(simulator):
    simulator.faults += map(faults.parse_fault, ["status:418", "none", "cut:3:chunked"])
    assert [ask(simulator).status for _turn in range(2)] == [418, 200]
    assert received(simulator)[0].partition(b"\r\n\r\n")[2] == b'3\r\n{"c\r\n'
