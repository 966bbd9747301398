# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options become a query: the 19 parameters of ``GET /v1/schedule/task``, and what they take."""

from __future__ import annotations

import re
import sys
import time
import typing as t
from datetime import datetime, timedelta, timezone

from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._options import CONNECTION, ArgumentSpec, quoted

LATEST = 9_000_000_000_000_000  # milliseconds since the epoch (vendor's API definition)
PLAUSIBLE = range(946684800000, 7258118400000)  # 2000 to 2199; what lies outside is in another unit, or a slip
DAY = 86400000  # milliseconds
PAGING = ("limit", "offset", "marker")
TIMES = ("last_execution_start_time", "last_execution_end_time")

# The 19 query parameters of the API, under its own names (API reference).
QUERY_PARAMETERS: ArgumentSpec = {
    "enterprise_project_id": {"type": "str"},
    "task_id": {"type": "str"},
    "task_name": {"type": "str"},
    "scheduled_type": {"type": "str", "choices": ["PERIODIC", "ONCE", "CRON"]},
    "task_type": {"type": "str", "choices": ["SCRIPT", "RUNBOOK"]},
    "associated_task_type": {"type": "str", "choices": ["CUSTOMIZATION", "COMMUNAL"]},
    "risk_level": {"type": "str", "choices": ["HIGH", "MEDIUM", "LOW"]},
    "created_by": {"type": "str"},
    "reviewer": {"type": "str"},
    "reviewer_user_name": {"type": "str"},
    "approve_status": {"type": "str", "choices": ["PASSED", "PENDING", "REJECTED"]},
    "last_execution_status": {
        "type": "str",
        "choices": ["READY", "PROCESSING", "ABNORMAL", "PAUSED", "CANCELED", "FINISHED"],
    },
    "last_execution_start_time": {"type": "str"},
    "last_execution_end_time": {"type": "str"},
    "region_id": {"type": "str"},
    "resource_id": {"type": "str"},
    "marker": {"type": "str"},
    "offset": {"type": "int"},
    "limit": {"type": "int"},
}

ARGUMENT_SPEC: ArgumentSpec = {**CONNECTION, **QUERY_PARAMETERS}

# The most characters that a parameter takes (vendor's API definition).
MAX_LENGTH = {
    "enterprise_project_id": 128,
    "created_by": 32,
    "reviewer": 128,
    "reviewer_user_name": 32,
    "marker": 128,
    "region_id": 128,
    "resource_id": 128,
}

UNIT_SECONDS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
AGE = "-" + "".join(rf"(?:(?P<{unit}>\d{{1,9}}){unit})?" for unit in UNIT_SECONDS)
ISO_8601 = ("%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%dT%H:%M%z")
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

# Control characters, and others that are invisible; a name copied from a web page may begin with one.
INVISIBLE = "[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"


def build_query(options: t.Mapping[str, t.Any], now: float | None = None) -> dict[str, str | int]:
    """Return the query parameters that ``options`` set, without those that are null.

    ``now`` is what ages count from, in seconds since the epoch.
    Raises :class:`CocError` for what the service would refuse, or would return an empty list for.
    """
    query = {name: options[name] for name in QUERY_PARAMETERS if options.get(name) is not None}
    for name, value in query.items():
        _check_text(name, str(value))
    if "task_id" in query:
        check_task_id("task_id", query["task_id"])
    if query.get("limit", 1) < 1:
        raise CocError(f"limit: {query['limit']} is too small; it takes 1 or more. Leave it out to get every task.")
    if not 0 <= query.get("offset", 0) < 2**31:
        raise CocError(f"offset: {query['offset']} is out of range; it takes 0 to {2**31 - 1}.")
    for name in TIMES:
        if name in query:
            query[name] = parse_time(name, query[name], time.time() if now is None else now)
    start, end = (query.get(name) for name in TIMES)
    if start is not None and end is not None and start > end:
        raise CocError(f"{TIMES[0]}: {options[TIMES[0]]} is after {TIMES[1]}, {options[TIMES[1]]}. Fix one of them.")
    return query


def _check_text(name: str, value: str) -> None:
    """Raise for text that is too long, that cannot be encoded, or that has an invisible character."""
    if len(value) > MAX_LENGTH.get(name, sys.maxsize):
        raise CocError(f"{name}: has {len(value)} characters; it takes at most {MAX_LENGTH[name]}.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise CocError(f"{name}: {value!r} is not valid text. Give it in UTF-8.") from None
    if invisible := re.search(INVISIBLE, value):
        raise CocError(
            f"{name}: has the invisible character U+{ord(invisible[0]):04X}, so it would match nothing. Remove it."
        )


def check_task_id(source: str, value: str) -> None:
    """Raise :class:`CocError` unless ``value`` can be a task ID: 26 characters that start with ST (API reference)."""
    if not re.fullmatch(r"ST[!-~]{24}", value):
        hint = " Give options as keywords." if source == "term" else ""
        raise CocError(f"{source}: {quoted(value)} is not a task ID, which has 26 characters and starts with ST.{hint}")


def parse_time(name: str, text: str, now: float) -> int:
    """Return a time as milliseconds since the epoch, as the API takes it.

    ``text`` is that number, or ISO 8601 with a zone (a space may stand for the T: YAML turns an unquoted time into such
    text), or an age such as ``-1d12h``, counted from ``now`` (seconds since the epoch).
    """
    milliseconds = _read_time(name, text, now)
    if milliseconds not in PLAUSIBLE and milliseconds not in (0, LATEST):
        other_units = (milliseconds * 1000, milliseconds // 1000, milliseconds // 1000000)
        meant = [number for number in other_units if number in PLAUSIBLE]
        hint = f"Did you mean {meant[0]}, in milliseconds?" if meant else f"To set no bound, use 0 or {LATEST}."
        raise CocError(f"{name}: {text} is before the year 2000 or after 2199. {hint}")
    if name != TIMES[1] and milliseconds > now * 1000 + DAY:
        raise CocError(f"{name}: {text} is in the future, so nothing can match yet. Give a time in the past.")
    return milliseconds


def _read_time(name: str, text: str, now: float) -> int:
    """Return the milliseconds that ``text`` stands for, however far away that is."""
    age = re.fullmatch(AGE, text)
    if re.fullmatch(r"\d{1,19}", text):
        return int(text)
    if age and len(text) > 1:
        seconds = sum(int(number) * UNIT_SECONDS[unit] for unit, number in age.groupdict(default="0").items())
        return int((now - seconds) * 1000)
    if moment := _parse_iso_8601(text):
        return (moment - EPOCH) // timedelta(milliseconds=1)
    if _parse_iso_8601(text + "Z"):
        raise CocError(f"{name}: {text!r} has no zone. Add Z for UTC, or an offset such as +08:00.")
    raise CocError(
        f"{name}: {quoted(text)} is not a valid time. Give milliseconds since the epoch, ISO "
        "8601 with a zone such as 2026-01-31T08:00:00Z, or an age such as -24h or -1d12h, with the units w, "
        "d, h, m (minutes) and s in lower case."
    )


def _parse_iso_8601(text: str) -> datetime | None:
    """Return a time with a zone, None for anything else."""
    text = text[:10] + text[10:].replace(" ", "T", 1)
    for form in ISO_8601:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None
