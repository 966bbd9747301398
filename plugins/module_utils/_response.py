# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse responses: JSON body, error formats, Date header, Retry-After."""

from __future__ import annotations

import json
import math
import re
import time
import typing as t
from email.utils import mktime_tz, parsedate_tz


class Response(t.NamedTuple):
    """An HTTP response. ``headers`` is case-insensitive; ``body`` is unpacked, None if it cannot be read."""

    status: int
    headers: t.Mapping[str, str]
    body: bytes | None


class Content(t.NamedTuple):
    """What a body is, as ``description`` says, and what it contains.

    ``document`` is None unless the body is a JSON object. ``code`` and ``message`` are those of an error, '' if there
    is none. ``is_cut`` says whether the body is only the beginning of a JSON object, or nothing at all. None of these
    is safe to show: they may repeat secrets of the request.
    """

    description: str
    document: dict[str, t.Any] | None = None
    code: str = ""
    message: str = ""
    is_cut: bool = False


def read_content(body: bytes | None) -> Content:
    """Return what a body says, None being one that cannot be read."""
    if body is None:
        return Content("a body that cannot be read")
    try:
        decoded = parse_json(body)
    except (ValueError, RecursionError) as error:
        text = body.decode("utf-8", "replace")
        return Content(_describe_text(text[:4096], error), is_cut=_is_cut(text.lstrip("\ufeff").strip(), error))
    if isinstance(decoded, dict):
        return Content("a JSON object", decoded, *find_error(decoded))
    return Content("JSON null" if decoded is None else f"a JSON {json_type(decoded)}")


def parse_json(body: bytes) -> t.Any:
    """Return the JSON value in ``body``; the last of repeated keys counts, as in the vendor's SDK.

    Raises ValueError or RecursionError for anything else, and for what could not be passed on as JSON: infinite
    numbers, NaN, and lone surrogates.
    """
    decoded = json.loads(body.decode("utf-8-sig"), parse_constant=_parse_finite, parse_float=_parse_finite)
    if b"\\ud" in body.lower():
        json.dumps(decoded, ensure_ascii=False).encode()
    return decoded


def _parse_finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is not a finite number")
    return number


def _is_cut(text: str, error: Exception) -> bool:
    """Return whether ``text`` is the beginning of a JSON object, or empty; ``error`` is that of parsing it.

    urllib3 1 accepts a body that is shorter than its Content-Length, and every version a gzip stream that was cut.
    """
    if not text.startswith("{"):
        return not text
    return not text.endswith("}") or (isinstance(error, json.JSONDecodeError) and error.pos >= len(text))


def _describe_text(text: str, error: Exception) -> str:
    """Return in words what a body is that is not JSON because of ``error``."""
    title = re.search(r"<title[^>]*>([^<]*)", text, re.IGNORECASE)
    if title:
        return f"an HTML page titled '{title.group(1).strip()}'"
    return f"a body that is not JSON ({error}): '{text[:200]}'" if text else "an empty body"


def find_error(document: t.Mapping[str, t.Any]) -> tuple[str, str]:
    """Return code and message of an error, each '' if it has none.

    Huawei Cloud's services name them in three ways, some of them below a key ``error`` (API reference, field reports).
    """
    inner = document.get("error")
    for holder in (document, inner if isinstance(inner, dict) else {}):
        for code, message in (("error_code", "error_msg"), ("errorCode", "errorMsg"), ("code", "message")):
            if isinstance(holder.get(code), (str, int)) or isinstance(holder.get(message), str):
                text = holder.get(message)
                return str(holder.get(code) or ""), text if isinstance(text, str) else ""
    return "", ""


def means_success(code: str) -> bool:
    """Return whether an error code in an HTTP 200 means success: it is empty, or all its digits are zero.

    Some operations of COC return COC.00000000 (field report).
    """
    return not code or set(re.findall(r"\d", code)) == {"0"}


def json_type(value: object) -> str:
    """Return in the terms of JSON what ``value`` is."""
    if value is None:
        return "null"
    names = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
    return names[type(value)]


def parse_date(text: str | None) -> float | None:
    """Return the time in an HTTP date, in seconds since the epoch. None for anything else, and for absurd times."""
    try:
        date = parsedate_tz(text or "")
        seconds = float(mktime_tz(date)) if date else -1.0
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return seconds if 0 <= seconds < 2**36 else None


def retry_after(response: Response) -> int | None:
    """Return how many seconds the service asks to wait in Retry-After, as a number or a date. None if it does not.

    A date is compared with the response's own Date, if it has one, since this machine's clock may be off.
    """
    text = response.headers.get("Retry-After", "").strip()
    if re.fullmatch("[0-9]+", text):
        return int(text[:18])
    date, now = parse_date(text), parse_date(response.headers.get("Date"))
    now = time.time() if now is None else now
    return math.ceil(date - now) if date is not None and date >= now else None
