# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults. Each function returns a fault: a function of the exchange and the normal answer that does the answering."""

from __future__ import annotations

import argparse
import gzip
import json
import zlib

from .messages import Answer, to_json
from .refusals import ERRORS, ApiError


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
