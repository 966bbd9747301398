# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an answer says: JSON, errors in all the shapes they have, its clock, how long to wait. And what may be shown."""

from __future__ import annotations

import contextlib
import html
import itertools
import json
import math
import re
import typing as t
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

if t.TYPE_CHECKING:
    from ansible_collections.huaweicloud.coc.plugins.module_utils._transport import Answer

# One character as itself, percent-encoded, or as JSON or HTML writes it.
ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|&#?\w{1,8};|\\.|.", re.DOTALL)


def parse(body: bytes) -> t.Any:
    """Return the JSON value that ``body`` holds; of repeated keys the last counts, as in the vendor's SDK.

    Raises ValueError, or RecursionError, for everything else, and for what could not be passed on as JSON: numbers that
    are infinite or none, and lone surrogates.
    """
    decoded = json.loads(body.decode("utf-8-sig"), parse_constant=_finite, parse_float=_finite)
    if b"\\ud" in body.lower():
        json.dumps(decoded, ensure_ascii=False).encode()
    return decoded


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is no finite number")
    return number


def describe(answer: Answer) -> tuple[str | None, str, str | None, str]:
    """Return what an error answer says: code, message, request ID, and in words what the body is."""
    code, message, request_id = None, "", answer.headers.get("X-Request-Id")
    if answer.body is None:
        return code, message, request_id, "a body that cannot be read"
    try:
        decoded = parse(answer.body)
    except (ValueError, RecursionError) as error:
        text = answer.body[:4096].decode("utf-8", "replace")
        title = re.search(r"<title[^>]*>([^<]*)", text, re.IGNORECASE)
        if title:
            came = f"an HTML page titled '{title.group(1).strip()}'"
        else:
            came = f"what is not JSON ({error}): '{text[:200]}'" if text else "an empty body"
        return code, message, request_id, came
    if isinstance(decoded, dict):
        code, message = service_error(decoded)
        if request_id is None and isinstance(decoded.get("request_id"), str):
            request_id = decoded["request_id"]
    return code, message, request_id, "null" if decoded is None else f"JSON of type {type(decoded).__name__}"


def service_error(answer: dict[str, t.Any]) -> tuple[str | None, str]:
    """Return code and message of an error answer, None and '' where it has none.

    Huawei's services name them in three ways, some below a key ``error`` (API reference, field reports).
    """
    inner = answer.get("error")
    for holder in (answer, inner if isinstance(inner, dict) else {}):
        for code, message in (("error_code", "error_msg"), ("errorCode", "errorMsg"), ("code", "message")):
            if isinstance(holder.get(code), (str, int)) or isinstance(holder.get(message), str):
                text = holder.get(message)
                return str(holder.get(code) or "") or None, text if isinstance(text, str) else ""
    return None, ""


def means_success(code: str) -> bool:
    """Tell whether a code in a 200 means success: all its digits are zero, as in COC.00000000 (field report)."""
    return set(re.findall(r"\d", code)) == {"0"}


def skew(answer: Answer) -> timedelta | None:
    """Return how far the service's clock is ahead of this machine's, by the answer's Date. None if that is absurd."""
    try:
        ahead = parsedate_to_datetime(answer.headers["Date"]) - datetime.now(timezone.utc)
    except (KeyError, TypeError, ValueError, IndexError, OverflowError):
        return None
    return ahead if abs(ahead) < timedelta(days=36500) else None  # more would overflow when it is added to a time


def clocks(ahead: timedelta) -> str:
    """Return a sentence that tells both clocks, the service's being ``ahead``."""
    now = datetime.now(timezone.utc)
    return (
        f"This machine's clock says {now:%Y-%m-%dT%H:%M:%SZ}, the service's {now + ahead:%Y-%m-%dT%H:%M:%SZ}: "
        f"they are {abs(ahead).total_seconds() / 60:.0f} minutes apart, and a signature is refused from 15 on."
    )


def asked_pause(retry_after: str, message: str) -> float | None:
    """Return how many seconds the service asks to wait: by Retry-After (seconds or a date), or by the gateway's text.

    That reads "… over ratelimit,limit:200,time:5 minute" (API reference). None where nothing usable is said.
    """
    with contextlib.suppress(TypeError, ValueError, IndexError, OverflowError):
        if re.fullmatch("[0-9]+", retry_after.strip()):
            return float(retry_after)
        pause = (parsedate_to_datetime(retry_after) - datetime.now(timezone.utc)).total_seconds()
        if pause >= 0:
            return pause
    window = re.search(r"time:\s*(\d{1,6})\s*(second|minute)", message)
    return float(window.group(1)) * (60 if window.group(2) == "minute" else 1) if window else None


def scrub(text: str, secrets: t.Collection[str]) -> str:
    """Return ``text`` on one line, at most 500 characters of it, with nothing of ``secrets``.

    The gateway's messages echo signed headers. Any 8 characters in a row of a secret are hidden, so that it is found
    where it was cut at either end, and in whatever mixture of percent-encoding and of JSON's and HTML's escapes it
    stands. A shorter secret is hidden where it is a word: anywhere, it would hide the whole message.
    """
    text = "".join(character if character.isprintable() else " " for character in text[:20000])
    pieces = {secret[start : start + 8] for secret in secrets for start in range(len(secret) - 7)}
    words = [re.escape(secret) for secret in secrets if len(secret) < 8]
    hidden = list(text)
    for units in (list(text), ESCAPED.findall(text)):  # as it stands, and with each escape taken for its character
        plain = "".join(map(_unescaped, units))
        found = [(start, start + 8) for start in range(len(plain) - 7) if plain[start : start + 8] in pieces]
        if words:
            found += [match.span() for match in re.finditer(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)", plain)]
        offsets = [0, *itertools.accumulate(map(len, units))]
        for start, end in found:
            hidden[offsets[start] : offsets[end]] = "\0" * (offsets[end] - offsets[start])
    shown = " ".join(re.sub("\0+", "********", "".join(hidden)).split())
    return shown if len(shown) <= 500 else shown[:500] + "…"


def _unescaped(unit: str) -> str:
    """Return the one character that a match of :data:`ESCAPED` stands for."""
    if unit[0] == "&" and len(unit) > 1:
        return html.unescape(unit)[:1] or unit[0]  # nothing for a character that HTML forbids
    if len(unit) in (3, 6):
        return chr(int(unit.lstrip("%\\u"), 16))
    return unit[-1]
