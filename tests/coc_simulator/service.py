# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operation ``GET /v1/schedule/task``: which parameters it takes, and which tasks it returns."""

from __future__ import annotations

import base64
import re

from .refusals import invalid
from .samples import resource_ids

# The query parameters that the service knows: what their values look like, or the range of a number.
PARAMETERS: dict[str, re.Pattern[str] | range] = {
    "enterprise_project_id": re.compile(".{1,128}"),
    "task_id": re.compile("ST.{24}"),
    "task_name": re.compile(".{1,100}"),
    "scheduled_type": re.compile("PERIODIC|ONCE|CRON"),
    "task_type": re.compile("SCRIPT|RUNBOOK"),
    "associated_task_type": re.compile("CUSTOMIZATION|COMMUNAL"),
    "risk_level": re.compile("HIGH|MEDIUM|LOW"),
    "created_by": re.compile(".{1,32}"),
    "reviewer": re.compile(".{1,128}"),
    "reviewer_user_name": re.compile(".{1,32}"),
    "approve_status": re.compile("PASSED|PENDING|REJECTED"),
    "last_execution_status": re.compile("READY|PROCESSING|ABNORMAL|PAUSED|CANCELED|FINISHED"),
    "last_execution_start_time": range(9000000000000001),
    "last_execution_end_time": range(9000000000000001),
    "marker": re.compile(".{1,128}"),
    "region_id": re.compile(".{1,128}"),
    "resource_id": re.compile(".{1,128}"),
    "offset": range(2147483648),
    "limit": range(1, 1001),
}
PAGING = ("marker", "offset", "limit")


def read_parameters(query):
    """Check a query's (name, value) pairs and return them as a dict, numbers as int.

    :raises ApiError: a parameter is unknown, given twice, or its value is out of range
    """
    parameters = {}
    for name, value in query:
        allowed = PARAMETERS.get(name)
        if allowed is None or name in parameters:
            raise invalid(f"{name} is unknown or repeated.", f"{name}未知或重复。")
        if isinstance(allowed, range):
            if not re.fullmatch("[0-9]{1,18}", value) or int(value) not in allowed:
                raise invalid(f"{name} is out of range.", f"{name}超出取值范围。")
            parameters[name] = int(value)
        else:
            if not allowed.fullmatch(value):
                raise invalid(f"{name} has an invalid value.", f"{name}取值无效。")
            parameters[name] = value
    return parameters


def _matching(tasks, parameters, behaviour):
    """The tasks that pass the filters. A filter that is not named below compares the field of its own name."""
    tests = {
        "task_id": lambda task, value: task["id"] == value,
        "task_name": lambda task, value: (
            task["name"] == value if behaviour.name_match == "exact" else value in task["name"]
        ),
        # The creator's ID according to the API reference, the name in the Terraform provider's acceptance test.
        "created_by": lambda task, value: value in (task["created_by"], task["created_user_name"]),
        "last_execution_start_time": lambda task, value: (task.get("last_execution_time") or -1) >= value,
        "last_execution_end_time": lambda task, value: 0 <= (task.get("last_execution_time") or -1) <= value,
        "resource_id": lambda task, value: value in resource_ids(task),
    }
    for name, value in parameters.items():
        if name in tests:
            tasks = [task for task in tasks if tests[name](task, value)]
        elif name not in PAGING:
            tasks = [task for task in tasks if task.get(name) == value]
    return tasks


def list_tasks(tasks, parameters, behaviour, page_end=None):
    """Return the document (dict) of a page.

    :param tasks: (list of dict) all tasks
    :param parameters: (dict) as :func:`read_parameters` returns them
    :param behaviour: (Behaviour)
    :param page_end: (str) ID of the last task of the page before, for ``behaviour.repeat``
    :raises ApiError: the marker is unknown
    """
    tasks = _matching(tasks, parameters, behaviour)
    limit = 1000 if behaviour.ignore_limit else parameters.get("limit", 10)
    limit = min(limit, behaviour.page_cap or limit)
    start = 0 if behaviour.ignore_offset else parameters.get("offset", 0)
    marker = parameters.get("marker")
    if marker is not None:
        start += _position_after(tasks, marker, behaviour)
    stop = start + limit
    if 0 < start < len(tasks):
        repeat = behaviour.repeat and tasks[start - 1]["id"] == page_end
        if repeat or (marker is not None and behaviour.markers == "inclusive"):
            start, stop = start - 1, max(stop - 1, start + 1)  # it always brings a new task, too
    document = {"count": len(tasks), "scheduled_tasks": tasks[start:stop]}
    document.update(_next_marker(tasks, start, stop, limit, behaviour))
    return document


def _next_marker(tasks, start, stop, limit, behaviour):
    """The field next_maker of the page ``tasks[start:stop]``, as a dict that is empty if it has none."""
    markers = behaviour.markers
    if markers == "stuck":
        return {"next_maker": tasks[min(limit, len(tasks)) - 1]["id"] if tasks else None}
    if markers != "never" and start < len(tasks) and (stop < len(tasks) or markers in AT_END_TOO):
        return {"next_maker": _marker(tasks[start:stop][-1], behaviour)}
    return {"next_maker": LAST_MARKERS[markers]} if markers in LAST_MARKERS else {}


AT_END_TOO = ("always", "opaque")
LAST_MARKERS = {"null_at_end": None, "empty_at_end": ""}


def _marker(task, behaviour):
    return base64.b64encode(task["id"].encode()).decode() if behaviour.markers == "opaque" else task["id"]


def _position_after(tasks, marker, behaviour):
    for position, task in enumerate(tasks):
        if _marker(task, behaviour) == marker:
            return position + 1
    raise invalid("marker is not that of a matching task.", "marker无效。")
