# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operation ``GET /v1/schedule/task``: which parameters it takes, and which tasks it returns."""

from __future__ import annotations

import base64
import re

from .messages import invalid
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
MOST = 1000  # tasks on a page


def read_parameters(query):
    """Check a query's (name, value) pairs and return them as a dict, numbers as int.

    :raises ApiError: a parameter is unknown, given twice, or its value is out of range
    """
    parameters = {}
    for name, value in query:
        allowed = PARAMETERS.get(name)
        if allowed is None or name in parameters:
            raise invalid(f"{name} is unknown or repeated.", f"{name}未知或重复。")
        if not isinstance(allowed, range):
            if not allowed.fullmatch(value):
                raise invalid(f"{name} has an invalid value.", f"{name}取值无效。")
            parameters[name] = value
        elif re.fullmatch("[0-9]{1,18}", value) and int(value) in allowed:
            parameters[name] = int(value)
        else:
            raise invalid(f"{name} is out of range.", f"{name}超出取值范围。")
    return parameters


def list_tasks(tasks, parameters, behavior, page_end=None):
    """Return the document (dict) of a page.

    :param parameters: (dict) as :func:`read_parameters` returns them
    :param page_end: (str) ID of the last task of the page before, for ``behavior.repeat``
    :raises ApiError: the marker is unknown
    """
    tasks = _matching(tasks, parameters, behavior)
    marker = parameters.get("marker")
    offset = 0 if behavior.ignore_offset else parameters.get("offset", 0)
    start = offset + _position_after(tasks, marker, behavior)
    limit = min(MOST if behavior.ignore_limit else parameters.get("limit", 10), behavior.page_cap or MOST, MOST)
    stop = start + limit
    if 0 < start < len(tasks):
        repeat = behavior.repeat and tasks[start - 1]["id"] == page_end
        if repeat or (marker is not None and behavior.markers == "inclusive"):
            start, stop = start - 1, max(stop - 1, start + 1)  # it always brings a new task, too
    return {
        "count": min(len(tasks), behavior.count_cap or len(tasks)),
        "scheduled_tasks": tasks[start:stop],
        **_next_marker(tasks, start, stop, limit, behavior),
    }


# Which tasks


def _matching(tasks, parameters, behavior):
    """The tasks that pass the filters."""
    for name, value in parameters.items():
        if name == behavior.ignored_filter:
            continue
        if name in TESTS:
            tasks = [task for task in tasks if TESTS[name](task, value)]
        elif name not in PAGING:
            tasks = [task for task in tasks if task.get(name) == value]
    return tasks


def _has_run(task):
    return task.get("last_execution_time") not in (None, "")


# What the filters compare that do not just compare the field of their own name.
TESTS = {
    "task_id": lambda task, value: task["id"] == value,
    "task_name": lambda task, value: value in task["name"],
    # The creator's ID according to the API reference, the name in the Terraform provider's acceptance test.
    "created_by": lambda task, value: value in (task["created_by"], task["created_user_name"]),
    "last_execution_start_time": lambda task, value: _has_run(task) and task["last_execution_time"] >= value,
    "last_execution_end_time": lambda task, value: _has_run(task) and task["last_execution_time"] <= value,
    "resource_id": lambda task, value: value in resource_ids(task),
}


# Which page


def _position_after(tasks, marker, behavior):
    if marker is None:
        return 0
    for position, task in enumerate(tasks):
        if _marker(task, behavior) == marker:
            return position + 1
    raise invalid("marker is not that of a matching task.", "marker无效。")


def _marker(task, behavior):
    return base64.b64encode(task["id"].encode()).decode() if behavior.markers == "opaque" else task["id"]


def _next_marker(tasks, start, stop, limit, behavior):
    """The field next_maker of the page ``tasks[start:stop]``: a dict, empty if the page has no such field."""
    markers = behavior.markers
    if markers == "stuck":
        return {"next_maker": tasks[min(limit, len(tasks)) - 1]["id"] if tasks else None}
    always = markers in ("always", "opaque")
    if markers != "never" and start < len(tasks) and (always or stop < len(tasks)):
        return {"next_maker": _marker(tasks[start:stop][-1], behavior)}
    return {"next_maker": LAST_MARKERS[markers]} if markers in LAST_MARKERS else {}


LAST_MARKERS = {"null_at_end": None, "empty_at_end": ""}
