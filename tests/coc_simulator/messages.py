# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request and an answer, as they travel, and what the service says when it refuses a request."""

from __future__ import annotations

import gzip
import http.client
import json
import urllib.parse
from dataclasses import dataclass, replace


def decode_query(raw):
    """Split a query string as it was sent into (name, value) pairs. A ``+`` stays a ``+``: only ``%20`` is a space."""
    pairs = (part.partition("=")[::2] for part in raw.split("&") if part)
    return [(urllib.parse.unquote(name), urllib.parse.unquote(value)) for name, value in pairs]


def to_json(document):
    """Encode a document (any JSON value) as the service does: UTF-8, compact."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass
class Request:
    """A request as it arrived."""

    method: str
    path: str  # still encoded
    raw_query: str  # as sent
    headers: list[tuple[str, str]]  # original casing and order
    content: bytes
    connection: int  # the serial number of its TCP connection, from 1

    @property
    def query(self):
        """The parameters, a list of (name, value)."""
        return decode_query(self.raw_query)

    def header(self, name):
        """The value (str) of a header by its name in any case; None if it was not sent."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass
class Answer:
    """An answer, to be sent compressed if it is ``packed``."""

    status: int
    headers: dict[str, str | None]  # None leaves a header out
    body: bytes
    packed: bool = False

    def replace(self, content):
        """The same answer with another body (bytes)."""
        return replace(self, body=content)

    def encode(self):
        """The (head, body) that are sent, as bytes."""
        content = gzip.compress(self.body, 1) if self.packed else self.body
        encoding = {"Content-Encoding": "gzip"} if self.packed else {}
        headers = {"Content-Length": str(len(content)), **encoding, **self.headers}
        lines = [f"HTTP/1.1 {self.status} {http.client.responses.get(self.status, '')}"]
        lines += [f"{name}: {value}" for name, value in headers.items() if value is not None]
        return "\r\n".join([*lines, "", ""]).encode("latin-1"), content


class Created(dict):
    """A document for an answer with status 201, and headers of it (dict)."""

    def __init__(self, document, headers=None):
        super().__init__(document)
        self.headers = headers or {}


class ApiError(Exception):
    """A refusal. COC's own have a message in Chinese, too; the gateway's are in English only."""

    def __init__(self, status, code, english, chinese=None):
        super().__init__(english)
        self.status, self.code, self.english, self.chinese = status, code, english, chinese or english


def unauthorized(text):
    return ApiError(401, "APIGW.0301", "Incorrect IAM authentication information: " + text)


def invalid(english, chinese):
    return ApiError(400, "COC.00010002", "Invalid parameter: " + english, "参数错误：" + chinese)


THROTTLED = "The throttling threshold has been reached: policy user over ratelimit,limit:200,time:5 minute"
# What an answer scripted by its status alone says.
ERRORS = {
    400: invalid("the request is not valid.", "请求不合法。"),
    401: unauthorized("decrypt token fail"),
    403: ApiError(403, "APIGW.0302", "The IAM user is not authorized to access the API."),
    404: ApiError(404, "APIGW.0101", "The API does not exist or has not been published in the environment."),
    429: ApiError(429, "APIGW.0308", THROTTLED),
    500: ApiError(500, "APIGW.0601", "Internal server error."),
    502: ApiError(502, "APIGW.0202", "Backend unavailable."),
    503: ApiError(503, "APIGW.0202", "Backend unavailable."),
    504: ApiError(504, "APIGW.0203", "Backend timeout."),
}
