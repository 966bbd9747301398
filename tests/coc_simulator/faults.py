# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults. Each function returns a fault: a function of the exchange and the normal answer that does the answering."""

from __future__ import annotations

import argparse
import functools
import gzip
import json

from .messages import ERRORS, Answer, ApiError, to_json


def status(code, body=None, headers=None, content_type="application/json"):
    """Answer with a status and a body.

    :param body: (bytes, or what is sent as JSON) default: what the gateway would say
    :param headers: (dict) headers to add or, with None as their value, to leave out: Retry-After, Location, Date, …
    """

    def fault(exchange, answer):
        if body is None:
            content = exchange.error(ERRORS.get(code, ApiError(code, "APIGW.0201", "API request error."))).body
        else:
            content = body if isinstance(body, bytes) else to_json(body)
        exchange.deliver(Answer(code, {**answer.headers, "Content-Type": content_type, **(headers or {})}, content))

    return fault


def body(content, headers=None, content_type="application/json"):
    """Answer 200 with these bytes (or this value, sent as JSON)."""
    return status(200, content if isinstance(content, bytes) else to_json(content), headers, content_type)


def mutate(function):
    """Send what ``function(document)`` returns; it is given a copy of the normal answer's document, to keep."""

    def fault(exchange, answer):
        exchange.deliver(answer.replace(to_json(function(json.loads(answer.body)))))

    return fault


def _break(is_reset, when="before"):
    """End the connection ``before`` anything is sent, half-way through the ``headers``, or through the ``body``."""
    of_head, of_body = {"before": (0, 0), "headers": (0.5, 0), "body": (1, 0.5)}[when]

    def fault(exchange, answer):
        head, content = answer.encode()
        part = head[: int(len(head) * of_head)] + content[: int(len(content) * of_body)]
        exchange.disconnect(part, is_reset)

    return fault


reset = functools.partial(_break, True)  # TCP RST
close = functools.partial(_break, False)  # TCP FIN


def cut_body(keep=20, framing="length"):
    """Cut the body short after ``keep`` bytes.

    :param framing: ``length``: Content-Length promises the whole body, but the connection closes; ``chunked``: it
        closes before the last chunk; ``gzip``: Content-Length is right, but the gzip stream inside is cut
    """

    def length(exchange, answer):
        head, content = answer.encode()
        exchange.disconnect(head + content[:keep])

    def chunked(exchange, answer):
        headers = {**answer.headers, "Content-Length": None, "Transfer-Encoding": "chunked"}
        head, content = Answer(answer.status, headers, answer.body).encode()
        exchange.disconnect(head + b"%x\r\n%s\r\n" % (len(content[:keep]), content[:keep]))

    def packed(exchange, answer):
        exchange.deliver(_gzipped(answer, gzip.compress(answer.body)[:keep]))

    return {"length": length, "chunked": chunked, "gzip": packed}[framing]


def _gzipped(answer, content):
    return Answer(answer.status, {**answer.headers, "Content-Encoding": "gzip"}, content)


def hang(seconds=None):
    """Say nothing for a time (None: until the simulator closes), then answer."""

    def fault(exchange, answer):
        exchange.wait(seconds)
        exchange.deliver(answer)

    return fault


def drip(delay, part="body"):
    """Send the ``headers`` or the ``body`` byte by byte, with ``delay`` seconds before each."""
    slow = ("headers", "body").index(part)

    def fault(exchange, answer):
        for index, content in enumerate(answer.encode()):
            if index != slow:
                exchange.send(content)
                continue
            for number in content:
                exchange.wait(delay)
                exchange.send(bytes([number]))

    return fault


def raw(content):
    """Send these bytes instead of an HTTP answer, and close the connection."""
    return lambda exchange, answer: exchange.disconnect(content)


def gzip_bomb(size):
    """Send the normal answer with ``size`` bytes of white space before it, compressed to a thousandth."""
    return lambda exchange, answer: exchange.deliver(_gzipped(answer, gzip.compress(b" " * size + answer.body)))


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
        raise argparse.ArgumentTypeError(f"{text!r} is no fault; known are: {', '.join(COMMAND_FAULTS)}") from None
