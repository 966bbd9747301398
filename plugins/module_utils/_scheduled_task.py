# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resource: scheduled tasks of COC, listed by ``GET /v1/schedule/task``.

Options become a query (:func:`build_query`), the query a listing (:func:`list_tasks`).
"""

from __future__ import annotations

import re
import time
import typing as t
from datetime import datetime, timedelta, timezone

from ansible_collections.huaweicloud.coc.plugins.module_utils._client import SITES, Client, CocError

PATH = "/v1/schedule/task"
PAGE_SIZE = 1000  # the most that the service gives at once (vendor's API definition); its default is 10
LATEST = 9_000_000_000_000_000  # milliseconds since the epoch (vendor's API definition)
PAGING = ("limit", "offset", "marker")
TIMES = ("last_execution_start_time", "last_execution_end_time")
MAX_DEPTH = 100  # levels within a field that is new in the service: Ansible itself walks through a result recursively
PERMISSION = "The user needs the IAM permission coc:schedule:list, with the scope of all resources."  # API reference
NO_SUCH_TASK = "COC.00014102"

# The 19 query parameters of the API, under its own names (API reference).
ARGUMENT_SPEC: dict[str, dict[str, t.Any]] = {
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

# Every field of a task and its JSON type (API reference). approve_status is declared an object there, and is a string
# in its example and in every answer that was seen (Terraform provider).
FIELDS: dict[str, type] = {
    "id": str,
    "enterprise_project_id": str,
    "name": str,
    "scheduled_type": str,
    "task_type": str,
    "associated_task_type": str,
    "risk_level": str,
    "created_by": str,
    "created_user_name": str,
    "update_by": str,
    "reviewer": str,
    "reviewer_user_name": str,
    "approve_status": str,
    "last_execution_time": int,
    "last_execution_status": str,
    "execution_count": int,
    "enabled": bool,
    "created_time": int,
    "modified_time": int,
    "region_id": str,
    "associated_task_name": str,
    "associated_task_name_en": str,
}
ABSENT = dict.fromkeys(FIELDS)

UNIT_SECONDS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
AGE = re.compile("-" + "".join(rf"(?:(?P<{unit}>\d{{1,9}}){unit})?" for unit in UNIT_SECONDS), re.IGNORECASE)
ISO_8601 = ("%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%dT%H:%M%z")


class Listing(t.TypedDict):
    """What :func:`list_tasks` returns, and the module with it.

    ``scheduled_tasks`` are in the service's order, each with all of :data:`FIELDS`. ``count`` is the service's total.
    ``next_marker`` tells where a limited listing goes on, None where it is complete or the service does not say.
    """

    scheduled_tasks: list[dict[str, t.Any]]
    count: int
    next_marker: str | None


def build_query(options: t.Mapping[str, t.Any], now: float | None = None) -> dict[str, str | int]:
    """Return the query parameters that ``options`` ask for; those that are null are left out.

    ``options`` are those of :data:`ARGUMENT_SPEC`; ``now`` is what ages count from, in seconds since the epoch.
    Raises :class:`CocError` for what the service would refuse, or would answer with nothing.
    """
    query = {name: options[name] for name in ARGUMENT_SPEC if options.get(name) is not None}
    for name, most in MAX_LENGTH.items():
        if len(query.get(name, "")) > most:
            raise CocError(f"{name}: {len(query[name])} characters are too many; it takes at most {most}.")
    for name, value in query.items():
        try:
            str(value).encode()
        except UnicodeEncodeError:
            raise CocError(f"{name}: {value!r} is not valid text. Give it in UTF-8.") from None
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
        raise CocError(f"{TIMES[0]}: {options[TIMES[0]]} is after {TIMES[1]}, {options[TIMES[1]]}. Correct one.")
    return query


def check_task_id(source: str, value: str) -> str:
    """Return ``value`` if it can be the ID of a task, 26 characters that start with ST (API reference)."""
    if not re.fullmatch(r"ST[!-~]{24}", value):
        shown = value if len(value) <= 40 else value[:40] + "…"
        raise CocError(f"{source}: {shown!r} is not a task ID, which has 26 characters and starts with ST.")
    return value


def parse_time(name: str, text: str, now: float) -> int:
    """Return a time as milliseconds since the epoch, as the API takes it.

    ``text`` is that number, or ISO 8601 with a zone (a space may stand for the T: YAML turns an unquoted time into such
    text), or an age such as ``-1d12h``, counted from ``now`` (seconds since the epoch).
    """
    text = text.strip()
    age = AGE.fullmatch(text)
    if re.fullmatch(r"\d{1,16}", text):
        milliseconds = int(text)
    elif age and len(text) > 1:
        seconds = sum(int(number) * UNIT_SECONDS[unit] for unit, number in age.groupdict(default="0").items())
        milliseconds = int((now - seconds) * 1000)
    else:
        milliseconds = _parse_iso_8601(text)
        if milliseconds == -1 and _parse_iso_8601(text + "Z") != -1:
            raise CocError(f"{name}: {text!r} has no zone. Put Z for UTC or an offset such as +08:00 behind it.")
    if not 0 <= milliseconds <= LATEST:
        raise CocError(
            f"{name}: {text!r} is not a time that the service can compare. Give milliseconds since the epoch "
            f"(0 to {LATEST}), ISO 8601 with a zone such as 2026-01-31T08:00:00Z, or an age such as -24h or -1d12h."
        )
    return milliseconds


def _parse_iso_8601(text: str) -> int:
    """Return milliseconds since the epoch, or -1 for what cannot be read."""
    text = text[:10] + text[10:].replace(" ", "T", 1)
    for form in ISO_8601:
        try:
            moment = datetime.strptime(text, form)
        except ValueError:
            continue
        return (moment - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(milliseconds=1)
    return -1


def list_tasks(client: Client, query: t.Mapping[str, str | int]) -> Listing:
    """Return the tasks that match ``query``: all of them, or ``limit``.

    Raises :class:`CocError` for an answer of another shape, and rather than return fewer tasks than the service counts.
    """
    pages = _Pages(client, query)
    while not pages.ended and (pages.limit is None or len(pages.tasks) < pages.limit):
        pages.take()
    pages.check_whole()
    count = pages.counts[-1]
    if not count and not pages.tasks and not pages.filters and "marker" not in query:
        others = ", ".join(url for site, url in SITES.values() if url != client.endpoint)
        client.warn(
            f"{client.endpoint} knows no scheduled task. If there should be some, set region or endpoint to the site "
            f"of the account: the wrong one answers with an empty list too. The others are {others}."
        )
    found = list(pages.tasks.values())
    next_marker = None
    if pages.limit is not None and found and (len(found) > pages.limit or not pages.ended):
        # the service's marker would skip what is cut off, where it gave more than was asked for
        given = pages.markers[-1] if len(found) <= pages.limit else None
        next_marker = given or found[: pages.limit][-1]["id"]
    return {"scheduled_tasks": found[: pages.limit], "count": count, "next_marker": next_marker}


class _Pages:
    """The pages that answer one query, and what is known after each.

    ``offset`` and ``marker`` say where to start and are sent once; later pages follow the service's marker, or go on by
    offset where it gives none. Which of them the service honours together, and what its marker holds on the last page,
    is not known: so a task that comes again is left out, and the end is where the service's count says, or an empty
    page where the count changes meanwhile or is too small.
    """

    def __init__(self, client: Client, query: t.Mapping[str, str | int]) -> None:
        self.client = client
        self.filters = {name: value for name, value in query.items() if name not in PAGING}
        self.position = {name: query[name] for name in ("offset", "marker") if name in query}
        self.limit = int(query["limit"]) if "limit" in query else None
        # the place of the first task among all that match; a marker does not tell it
        self.start = None if "marker" in query else int(query.get("offset", 0))
        self.markers = [str(query["marker"]) if "marker" in query else None]  # that of the query, and of each page
        self.counts: list[int] = []  # that of each page
        self.tasks: dict[str, dict[str, t.Any]] = {}
        self.received = 0
        self.ended = False

    def take(self) -> None:
        """Ask for the next page and keep its tasks. Raises where going on would lose tasks or never end."""
        size = PAGE_SIZE if self.limit is None else min(PAGE_SIZE, self.limit - len(self.tasks))
        page, count, marker = _ask(self.client, {**self.filters, **self.position, "limit": size}, len(self.tasks))
        self.counts.append(count)
        known = len(self.tasks)
        self.received += len(page)
        for task in page:
            if task["id"] != self.markers[0]:  # it ends the list before this one
                self.tasks.setdefault(task["id"], task)
        self._check_count()
        # a count that changed tells how many there are now, not how many of them came; one that is too small, nothing
        steady = len(set(self.counts)) == 1
        self.ended = not page or (steady and self.start is not None and len(self.tasks) == count - self.start)
        if marker:
            self.position = {"marker": marker}
        elif any(self.markers[1:]) and not self._missing():  # then the last has none (Terraform provider)
            self.ended = True
        elif self.start is not None:  # not by what was received: repeated tasks would hide others
            self.position = {"offset": self.start + len(self.tasks)}
        elif page:  # go on by what a marker is, the ID of the page's last task (API reference)
            self.position = {"marker": page[-1]["id"]}
        if not self.ended and (len(self.tasks) == known or self.position.get("marker", "") in self.markers):
            raise self._error(
                f"does not advance: after {len(self.tasks)} of {count} tasks it gives the same ones again. None is "
                "returned. Try again, or filter for fewer tasks."
            )
        self.markers.append(marker)

    def check_whole(self) -> None:
        """Raise if tasks are missing; warn where the service's count takes in tasks that it repeated."""
        if not self._missing() or (self.limit is not None and len(self.tasks) >= self.limit):
            return
        if self.received < self.counts[-1] - int(self.start or 0):
            raise self._error(
                f"gave {len(self.tasks)} tasks where it counts {len(self.tasks) + self._missing()}, and then an empty "
                "page. None is returned, since the list is not whole. Try again, or filter for fewer tasks."
            )
        self.client.warn(
            f"COC counts {self.counts[-1]} tasks but repeated some: {len(self.tasks)} different ones are returned. "
            "Run again if one is missing."
        )

    def _check_count(self) -> None:
        most, now = max(self.counts), self.counts[-1]
        if "offset" in self.position and now < most:
            raise self._error(
                f"counted {most} tasks, then {now}: those removed meanwhile shift the others, and some may have been "
                "passed over. None is returned. Try again."
            )
        if self.start and now == min(self.counts) == most and len(self.tasks) > max(0, now - self.start):
            raise self._error(
                f"ignores offset={self.start}: of {now} tasks, more came than follow it. None is returned. Leave "
                "offset out."
            )

    def _missing(self) -> int:
        """Return how many tasks are to come by the latest count: 0 where that cannot be told."""
        return 0 if self.start is None else max(0, self.counts[-1] - self.start - len(self.tasks))

    def _error(self, what: str) -> CocError:
        return CocError(f"GET {self.client.endpoint}{PATH} {what}")


def _ask(
    client: Client, query: t.Mapping[str, str | int], so_far: int
) -> tuple[list[dict[str, t.Any]], int, str | None]:
    """Return one page: its tasks with every field filled, the total, and the marker of the next page, None for none."""
    try:
        answer = client.get(PATH, query)
        tasks, count, marker = answer.get("scheduled_tasks"), answer.get("count"), answer.get("next_maker")
        if tasks is None and count == 0:
            tasks = []
        if not isinstance(tasks, list) or count.__class__ is not int or not isinstance(marker, (str, type(None))):
            came = f"scheduled_tasks {_kind(tasks)}, count {_kind(count)} and next_maker {_kind(marker)}"
            raise client.wrong_answer(came, "a list, an int and a string")
        if not 0 <= count < 2**63:
            raise client.wrong_answer("a count out of range", "0 or more")
        return [_fill(client, task) for task in tasks], count, marker or None
    except CocError as error:
        if error.status == 403:
            error.add(PERMISSION)
        if so_far:
            error.add(f"The {so_far} tasks that came before are not returned: the list would not be whole.")
        raise


def _fill(client: Client, task: object) -> dict[str, t.Any]:
    """Return ``task`` with null for the fields it lacks or has empty; fields that the vendor may add are kept."""
    if not isinstance(task, dict) or not task.get("id"):
        raise client.wrong_answer("a scheduled task that is no object or has no id", "an object with an id")
    filled = {**ABSENT, **task}
    if len(filled) > len(FIELDS) and _is_deeper(MAX_DEPTH, list(filled.values())):
        raise client.wrong_answer("a scheduled task with a new field of great depth", f"depth {MAX_DEPTH} at most")
    for field, kind in FIELDS.items():
        value = filled[field]
        if value == "":  # what has nothing to tell comes as null, as "", or not at all (Terraform provider)
            filled[field] = None
        elif value is not None and value.__class__ is not kind:  # not isinstance: a bool would be an int
            raise client.wrong_answer(f"a scheduled task whose {field} is {_kind(value)}", kind.__name__)
    return filled


def _is_deeper(depth: int, values: t.Iterable[object]) -> bool:
    """Tell whether there are values within values within ``values`` for more than ``depth`` levels."""
    for _level in range(depth):
        values = [
            inner
            for value in values
            if isinstance(value, (dict, list))
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
        if not values:
            return False
    return True


def _kind(value: object) -> str:
    """Return what a JSON value is, in words that fit a message whatever it holds."""
    return "absent or null" if value is None else f"of type {type(value).__name__}"
