# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request and an answer, as they travel."""

from __future__ import annotations

import gzip
import http.client
import json
import time
import urllib.parse


def decode_query(raw):
    """Split a query string as it was sent into (name, value) pairs. A ``+`` stays a ``+``: only ``%20`` is a space."""
    pairs = (part.partition("=")[::2] for part in raw.split("&") if part)
    return [(urllib.parse.unquote(name), urllib.parse.unquote(value)) for name, value in pairs]


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
