# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: task_report
short_description: Count and order listed scheduled tasks for a report
version_added: 2.0.0
description:
  - Returns everything that the page of the playbook C(huaweicloud.coc.report) shows, for a template to mark it
    up. Nothing in it is escaped. Line breaks and other control characters are spaces.
author:
  - huaweicloud.coc contributors (!UNKNOWN)
positional: _input
options:
  now:
    description:
      - When the tasks were listed, in seconds since the epoch. The current time if not given.
    type: float
extends_documentation_fragment:
  - huaweicloud.coc._listings
  - huaweicloud.coc._listings.timezone
"""

EXAMPLES = r"""
- name: Show the tasks that need attention most
  ansible.builtin.debug:
    msg: "{{ (listings | huaweicloud.coc.task_report).rows[:5] }}"
  vars:
    listings: "{{ query('huaweicloud.coc.scheduled_task_accounts', risk_level='HIGH') }}"
"""

RETURN = r"""
_value:
  description:
    - The contents of a report.
  type: dict
  contains:
    as_of:
      description: When the tasks were listed.
      type: str
      sample: "2026-11-24 19:19"
    timezone:
      description: The time zone of all times.
      type: str
      sample: UTC
    accounts:
      description: The names of the accounts. Empty if there is one without a name.
      type: list
      elements: str
    failures:
      description: Why an account could not be queried, by its name.
      type: dict
    empty_accounts:
      description: The names of the accounts that were asked and have no tasks.
      type: list
      elements: str
    filters:
      description: The filters that were used for all accounts.
      type: dict
    own_filters:
      description: The other filters that were used, for each account that has some, by its name.
      type: dict
    starts:
      description: C(offset) and C(marker), as far as they were used for all accounts.
      type: dict
    limit_reached:
      description: Whether an account has as many tasks as its limit allows, so that there may be more.
      type: bool
    numbers:
      description:
        - The numbers at the top, in order. Each has C(label), C(count), and C(filter) and C(value), which say what
          field of a row has which value.
      type: list
      elements: dict
    charts:
      description:
        - The bar charts, in order. Each has C(title), C(filter), and at most 50 C(bars) with C(value), C(count), and
          C(percent) of the longest bar. C(more) is how many values have no bar.
      type: list
      elements: dict
    tones:
      description: What values look like, such as C(bad) for C(ABNORMAL). Any other looks neutral.
      type: dict
    columns:
      description: The columns of the table, in order. Each has C(name), C(heading), and C(width) as a share.
      type: list
      elements: dict
    rows:
      description:
        - A row for each task, with the texts that it shows. First come the tasks whose last execution is ABNORMAL, then
          those whose approval is REJECTED, then those of HIGH risk, then those whose approval is PENDING. Of tasks that
          are alike in this, the one that ran last comes first.
      type: list
      elements: dict
"""

import collections
import typing as t

from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task_query import PAGING
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._listings import (
    Listing,
    Task,
    all_tasks,
    check_listings,
    failures,
    is_named,
    one_line,
    reached_limit,
)
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._local_time import find_zone, format_time, parse_now

TONES = {
    **dict.fromkeys(("FINISHED", "PASSED", "LOW"), "good"),
    **dict.fromkeys(("ABNORMAL", "REJECTED", "HIGH"), "bad"),
    **dict.fromkeys(("PAUSED", "PENDING", "MEDIUM"), "odd"),
    **{"PROCESSING": "busy", "READY": "next", "CANCELED": "off", "never ran": "never"},
}
AGES = (  # in seconds, the greatest first
    (2592000, "over 30 days ago"),
    (604800, "7 to 30 days ago"),
    (86400, "1 to 7 days ago"),
    (3600, "1 to 24 hours ago"),
)
LATELY = "within the last hour"
RISKS = ("HIGH", "MEDIUM", "LOW")
# What is counted of the rows: heading, name of the field, and the order of values. Any other value comes after these,
# the most frequent one first.
CHARTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Last status", "status", ("ABNORMAL", "PAUSED", "CANCELED", "PROCESSING", "READY", "FINISHED", "never ran")),
    ("Last execution", "age", ("never ran", *(name for _age, name in AGES), LATELY)),
    ("Risk", "risk", RISKS),
    ("Type", "type", ("SCRIPT", "RUNBOOK")),
    ("Region", "region", ()),
    ("Account", "account", ()),
)
MOST_BARS = 50
NUMBERS = (
    ("last run failed", "status", "ABNORMAL"),
    ("rejected", "approval", "REJECTED"),
    ("pending approval", "approval", "PENDING"),
    ("high risk", "risk", "HIGH"),
    ("never ran", "status", "never ran"),
    ("enabled", "enabled", "yes"),
)
COLUMNS = (
    ("task", "Task", 2.1),
    ("executed", "Last execution", 1.3),
    ("approval", "Approval", 1.1),
    ("risk", "Risk", 0.95),
    ("owner", "Owner", 1.15),
    ("account", "Account", 1.3),
    ("region", "Region", 1.25),
    ("script", "Script or runbook", 1.45),
    ("schedule", "Schedule", 0.95),
    ("enabled", "Enabled", 0.8),
    ("runs", "Runs", 0.6),
)


def task_report(value: object, now: object = None, timezone: object = None) -> dict[str, t.Any]:
    """Return the contents of a report on ``value``, the listings.

    ``now`` is in seconds since the epoch, ``timezone`` a name of the IANA list. Raises AnsibleFilterError for what is
    not a list of listings, and for a time zone that does not exist.
    """
    listings = check_listings("task_report", value)
    zone = find_zone(timezone)
    now_ms = int(1000 * parse_now(now))
    rows = [
        {**_row(task, now_ms), "executed": format_time(task["last_execution_time"], zone) if _ran(task) else ""}
        for task in sorted(all_tasks(listings), key=_attention)
    ]
    accounts = [one_line(listing["name"]) for listing in listings] if is_named(listings) else []
    return {
        "as_of": format_time(now_ms, zone),
        "timezone": str(zone),
        "accounts": accounts,
        "failures": {one_line(name): one_line(reason) for name, reason in failures(listings).items()},
        "empty_accounts": [
            name for name, one in zip(accounts, listings) if not one["scheduled_tasks"] and not one["failed"]
        ],
        **_filters(listings),
        "limit_reached": any(map(reached_limit, listings)),
        "numbers": [
            {"label": label, "filter": field, "value": value, "count": sum(row[field] == value for row in rows)}
            for label, field, value in NUMBERS
        ],
        "charts": [_chart(rows, *chart) for chart in CHARTS if accounts or chart[1] != "account"],
        "tones": TONES,
        "columns": [
            {"name": name, "heading": heading, "width": width}
            for name, heading, width in COLUMNS
            if accounts or name != "account"
        ],
        "rows": rows,
    }


def _attention(task: Task) -> tuple[bool, bool, bool, bool, int]:
    """Return what rows are sorted by: whether somebody has to look at the task, and how lately it ran."""
    approval = task.get("approve_status")
    return (
        task.get("last_execution_status") != "ABNORMAL",
        approval != "REJECTED",
        task.get("risk_level") != "HIGH",
        approval != "PENDING",
        -_ran(task),
    )


def _ran(task: Task) -> int:
    """Return when a task ran last, in milliseconds since the epoch, 0 if it never did."""
    return task.get("last_execution_time") or 0


def _filters(listings: t.Sequence[Listing]) -> dict[str, dict[str, t.Any]]:
    """Return the filters that all accounts share, those that some have, and where all lists start."""
    used = [{name: value for name, value in listing["filters"].items() if name != "limit"} for listing in listings]
    shared = {
        name: value
        for name, value in (used[0] if used else {}).items()
        if all(name in filters and filters[name] == value for filters in used)
    }
    own = {
        one_line(listing["name"]): {name: value for name, value in filters.items() if name not in shared}
        for listing, filters in zip(listings, used)
    }
    return {
        "filters": {name: value for name, value in shared.items() if name not in PAGING},
        "own_filters": {name: filters for name, filters in own.items() if filters},
        "starts": {name: value for name, value in shared.items() if name in PAGING},
    }


def _chart(rows: t.Sequence[t.Mapping[str, str]], title: str, field: str, order: t.Sequence[str]) -> dict[str, t.Any]:
    counts = collections.Counter(row[field] or "unknown" for row in rows)
    most = max(counts.values(), default=1)
    values = [value for value in order if value in counts]
    values += sorted(counts.keys() - set(order), key=lambda value: (-counts[value], value))
    return {
        "title": title,
        "filter": field,
        "bars": [
            {"value": value, "count": counts[value], "percent": round(counts[value] * 100 / most, 2)}
            for value in values[:MOST_BARS]
        ],
        "more": len(values[MOST_BARS:]),
    }


def _row(task: Task, now_ms: int) -> dict[str, str]:
    """Return the texts that a task has in the table, but for the time of its last execution."""

    def text(*fields: str) -> str:
        return one_line(next((task[field] for field in fields if task.get(field) not in (None, "")), ""))

    seconds = (now_ms - _ran(task)) // 1000
    return {
        "name": text("name"),
        "id": text("id"),
        "status": text("last_execution_status") or ("unknown" if _ran(task) else "never ran"),
        "age": next((name for age, name in AGES if seconds >= age), LATELY) if _ran(task) else "never ran",
        "approval": text("approve_status"),
        "risk": text("risk_level"),
        "enabled": "" if task.get("enabled") is None else "yes" if task["enabled"] else "no",
        "schedule": text("scheduled_type"),
        "runs": text("execution_count"),
        "script": text("associated_task_name_en", "associated_task_name"),
        "type": text("task_type"),
        "region": text("region_id"),
        "owner": text("created_user_name", "created_by"),
        "account": text("account"),
    }


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"task_report": task_report}
