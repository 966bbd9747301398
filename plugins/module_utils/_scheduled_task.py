# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resource: scheduled tasks of COC, listed by ``GET /v1/schedule/task``."""

from __future__ import annotations

import typing as t

from ansible_collections.huaweicloud.coc.plugins.module_utils._client import Client, Reply
from ansible_collections.huaweicloud.coc.plugins.module_utils._endpoint import SITES
from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._paging import (
    ListChanged,
    Page,
    check_pages,
    count_covered,
    next_marker,
    next_start,
)
from ansible_collections.huaweicloud.coc.plugins.module_utils._redact import redact
from ansible_collections.huaweicloud.coc.plugins.module_utils._response import json_type
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task_query import PAGING, TIMES

PATH = "/v1/schedule/task"
PAGE_SIZE = 1000  # the most that the service gives at once (vendor's API definition); its default is 10
MAX_DEPTH = 100  # levels within a field that is new in the service: Ansible itself walks through a result recursively
PERMISSION = "coc:schedule:list"  # API reference
NO_SUCH_TASK = "COC.00014102"

# Every field of a task and its JSON type (API reference). approve_status is declared an object there, but is a string
# in its example and in every response that was seen (Terraform provider).
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
TYPES = {str: "a string", int: "an integer", bool: "a boolean"}

# Filters whose meaning is sure, and the field that equals each: the vendor's own tests compare them, all but the status
# of the last execution (Terraform provider). Those in CHANGING_FILTERS may change between filtering and answering.
CHANGING_FILTERS = ("approve_status", "last_execution_status")
SAME_NAME = ("enterprise_project_id", "region_id", "scheduled_type", "task_type", "associated_task_type", "risk_level")
FILTER_FIELDS = {"task_id": "id", **{name: name for name in (*SAME_NAME, *CHANGING_FILTERS)}}
ALL_PROJECTS = "all_granted_eps"  # all enterprise projects, for other services of the vendor


class TaskList(t.TypedDict):
    """What :func:`list_tasks` returns, and the module with it.

    ``scheduled_tasks`` are in the service's order, each with all of :data:`FIELDS`. ``count`` is the service's total.
    ``next_marker`` says where a limited list goes on, None if it is complete or the service does not say.
    """

    scheduled_tasks: list[dict[str, t.Any]]
    count: int
    next_marker: str | None


def list_tasks(client: Client, query: t.Mapping[str, str | int]) -> TaskList:
    """Return the tasks that match ``query``: all of them, or ``limit``.

    A list that changes while it is read is read again, once. Raises :class:`CocError` for a response of another shape,
    for a list that lacks tasks (if the service repeated some in place of others, it only warns), and for tasks that
    contradict a filter.
    """
    try:
        return _read_list(client, query)
    except ListChanged:
        return _read_list(client, query)


def _read_list(client: Client, query: t.Mapping[str, str | int]) -> TaskList:
    filters = {name: value for name, value in query.items() if name not in PAGING}
    start: dict[str, str | int] | None = {name: query[name] for name in ("offset", "marker") if name in query}
    limit = int(query["limit"]) if "limit" in query else None
    tasks: dict[str, dict[str, t.Any]] = {}
    pages: list[Page] = []
    last_id: t.Any = query.get("marker")
    while start is not None and (limit is None or len(tasks) < limit):
        overlap = bool(pages) and "offset" in start
        size = PAGE_SIZE if limit is None else min(PAGE_SIZE, limit - len(tasks) + overlap)
        found, count, marker = fetch_page(client, {**filters, **start, "limit": size}, len(tasks))
        _check_filters(client, filters, found)
        overlaps = [task["id"] for task in found[:1]] == [last_id]
        others = [task for task in found if task["id"] != last_id]
        new = {task["id"]: task for task in others if task["id"] not in tasks}
        last_id = found[-1]["id"] if found else None
        pages.append(Page(start, len(found) == size, overlaps, len(others), len(new), count, marker, last_id))
        tasks.update(new)
        start = next_start(pages)
        check_pages(client.endpoint + PATH, pages, start)
    listed = list(tasks.values())
    _warn_of_oddities(client, query, pages, listed, is_over=start is None)
    return {
        "scheduled_tasks": listed[:limit],
        "count": pages[-1].count,
        "next_marker": next_marker(pages[-1], listed, limit, start),
    }


def _check_filters(client: Client, filters: t.Mapping[str, str | int], tasks: t.Sequence[dict[str, t.Any]]) -> None:
    found = find_contradiction(filters, tasks)
    if found:
        name, values = found
        error = ListChanged if name in CHANGING_FILTERS else CocError
        shown = [redact(value, ()) for value in values[:3]] + [f"{len(values) - 3} more"] * (len(values) > 3)
        raise error(
            f"GET {client.endpoint}{PATH}: the service does not filter by {name}: it returned {' and '.join(shown)}. "
            f"Leave {name} out and select from the result."
        )


def find_contradiction(
    filters: t.Mapping[str, str | int], tasks: t.Sequence[t.Mapping[str, t.Any]]
) -> tuple[str, list[str]] | None:
    """Return the first filter that ``tasks`` contradict, and all values that they have for it; None if they do not."""
    for name, field in FILTER_FIELDS.items():
        wanted = filters.get(name)
        values = {task[field] for task in tasks} - {None}
        if wanted not in (None, ALL_PROJECTS) and any(value.casefold() != str(wanted).casefold() for value in values):
            return name, sorted(values)
    return None


def _warn_of_oddities(
    client: Client,
    query: t.Mapping[str, str | int],
    pages: t.Sequence[Page],
    tasks: t.Sequence[dict[str, t.Any]],
    is_over: bool,
) -> None:
    count = pages[-1].count
    # Each list is warned of once. The times do not count: an age is another number in each request.
    about = [client.endpoint, {name: value for name, value in query.items() if name not in TIMES}]
    if is_over and (count_covered(pages) or count) < count:
        client.warn(
            f"repeated {about}",
            f"COC counts {count} tasks but repeated some: {len(tasks)} different ones are returned. Run again if one "
            "is missing.",
        )
    earliest, latest = (float(query.get(name, default)) for name, default in zip(TIMES, ("-inf", "inf")))
    times = [task["last_execution_time"] for task in tasks]
    if any(time and not earliest <= time <= latest for time in times):  # not of a task that never ran
        client.warn(
            f"times {about}",
            f"COC returned tasks whose last_execution_time is not within {' and '.join(TIMES)}. It may compare another "
            "time of an execution, or ignore these filters. Select from the result if that matters.",
        )
    if not count and not tasks and query.keys() <= {"limit", "offset"}:
        others = ", ".join(url for site, url in SITES.values() if url != client.endpoint)
        client.warn(
            f"empty {about}",
            f"{client.endpoint} has no scheduled tasks. If there should be some, set region or endpoint to the site of "
            f"the account: the wrong one returns an empty list too. The others are {others}.",
        )


def fetch_page(
    client: Client, query: t.Mapping[str, str | int], so_far: int
) -> tuple[list[dict[str, t.Any]], int, str | None]:
    """Return one page: its tasks with all fields, the total, and the marker of the next page, None if there is none."""
    lost = f"The {so_far} tasks that came before are not returned: the list would not be complete." if so_far else ""
    reply = client.get(PATH, query, PERMISSION, lost)
    tasks: t.Any = reply.document.get("scheduled_tasks")
    count: t.Any = reply.document.get("count")
    marker = reply.document.get("next_maker")
    if tasks is None and count == 0:
        tasks = []
    types = [type(tasks), type(count)]  # not isinstance: a bool would pass for an int
    if types != [list, int] or not isinstance(marker, (str, type(None))):
        found = f"scheduled_tasks {_describe(tasks)}, count {_describe(count)} and next_maker {_describe(marker)}"
        raise reply.unexpected(found, "an array, an integer and a string")
    if not 0 <= count < 2**63:
        raise reply.unexpected("a count out of range", "0 or more")
    return [normalize_task(reply, task) for task in tasks], count, marker or None


def normalize_task(reply: Reply, task: object) -> dict[str, t.Any]:
    """Return ``task`` with null for fields that are absent or empty. Fields that the vendor may add are kept.

    Raises :class:`CocError` for a field of another type than the API reference says.
    """
    if not isinstance(task, dict) or not task.get("id"):
        raise reply.unexpected("a task that is not an object or has no id", "an object with an id")
    normalized = {**ABSENT, **task}
    if len(normalized) > len(FIELDS) and _is_deeper(MAX_DEPTH, list(normalized.values())):
        raise reply.unexpected("a task with a new field that is nested too deeply", f"at most {MAX_DEPTH} levels")
    for field, kind in FIELDS.items():
        value = normalized[field]
        found = type(value)  # not isinstance: a bool would pass for an int
        if value == "":  # an empty value comes as null, as "", or not at all (Terraform provider)
            normalized[field] = None
        elif value is not None and found is not kind:
            raise reply.unexpected(f"a task whose {field} is {_describe(value)}", TYPES[kind])
    return normalized


def _is_deeper(depth: int, values: t.Iterable[object]) -> bool:
    """Return whether ``values`` are nested for more than ``depth`` levels."""
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


def _describe(value: object) -> str:
    """Return what a JSON value is, in words that fit a message whatever its content."""
    return "absent or null" if value is None else f"of type {json_type(value)}"
