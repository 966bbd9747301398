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
    up. Nothing in it is escaped.
author:
  - huaweicloud.coc contributors (!UNKNOWN)
positional: _input
options:
  _input:
    description:
      - What the lookup P(huaweicloud.coc.scheduled_task_accounts#lookup) returns.
    type: list
    elements: dict
    required: true
  now:
    description:
      - When the tasks were listed, in seconds since the epoch. The current time if not given.
    type: float
seealso:
  - plugin: huaweicloud.coc.scheduled_task_accounts
    plugin_type: lookup
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
    - The contents of a report. All times in it are UTC.
  type: dict
  contains:
    as_of:
      description: When the tasks were listed.
      type: str
      sample: "2026-11-24 19:19"
    accounts:
      description: The names of the accounts. Empty if there is one without a name.
      type: list
      elements: str
    counts:
      description: How many tasks each account has that could be asked, by its name.
      type: dict
    failures:
      description: Why an account could not be asked, by its name.
      type: dict
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
        - The numbers at the top, in order. Each has C(label), C(count), C(tone), and C(filter) and C(value), which say
          what tasks it counts.
      type: list
      elements: dict
    charts:
      description:
        - The bar charts, in order. Each has C(title), C(filter), and C(bars) with C(value), C(count), C(percent) of the
          longest bar, and C(tone).
      type: list
      elements: dict
    timeline:
      description:
        - The last executions over time. Its span is the shortest one with 95 of 100 executions. Null if no task ran.
      type: dict
    columns:
      description: The columns of the table, in order. Each has C(name), C(heading), and C(width) as a share.
      type: list
      elements: dict
    rows:
      description:
        - A row for each task, with the texts that it shows. First come the tasks that need attention (ABNORMAL, then
          REJECTED, then PENDING), and within each group those that ran last.
      type: list
      elements: dict
"""

import collections
import time
import typing as t

from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task_query import PAGING
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._listings import (
    Listing,
    Task,
    all_tasks,
    check_listings,
    failures,
    is_named,
    reached_limit,
    utc,
    utc_second,
)

# What a value looks like; any other looks neutral.
TONES = {
    **dict.fromkeys(("FINISHED", "PASSED", "LOW"), "good"),
    **dict.fromkeys(("ABNORMAL", "REJECTED", "HIGH"), "bad"),
    **dict.fromkeys(("PAUSED", "PENDING", "MEDIUM"), "odd"),
    **{"PROCESSING": "busy", "READY": "next", "CANCELED": "off", "never ran": "never"},
}
# The order of values; any other comes after these, in the order of the alphabet.
STATUSES = ("ABNORMAL", "PAUSED", "CANCELED", "PROCESSING", "READY", "FINISHED")
RISKS = ("HIGH", "MEDIUM", "LOW")
TYPES = ("SCRIPT", "RUNBOOK")
COLUMNS = (
    ("task", "Task", 2.02),
    ("status", "Last status", 1.19),
    ("executed", "Last execution", 1.21),
    ("approval", "Approval", 1.06),
    ("risk", "Risk", 0.88),
    ("enabled", "Enabled", 0.76),
    ("schedule", "Schedule", 0.85),
    ("runs", "Runs", 0.6),
    ("script", "Script or runbook", 1.44),
    ("region", "Region", 1.18),
    ("creator", "Creator", 1.05),
    ("account", "Account", 1.05),
)


class Span(t.NamedTuple):
    """A span that a timeline can have. Lengths are in seconds, ``date`` is a format of strftime."""

    length: int
    bar: int
    bar_name: str
    step: int  # from one date on the axis to the next
    date: str


SPANS = (
    Span(86400, 3600, "an hour", 21600, "%H:%M"),
    Span(604800, 21600, "6 hours", 86400, "%m-%d"),
    Span(1209600, 43200, "12 hours", 172800, "%m-%d"),
    Span(2592000, 86400, "a day", 604800, "%m-%d"),
    Span(7862400, 604800, "a week", 1814400, "%m-%d"),
    Span(31449600, 604800, "a week", 7862400, "%Y-%m-%d"),
)
MONDAY = 345600  # the first one after the epoch: bars and dates begin at full hours, midnight or Monday


def task_report(value: object, now: float | None = None) -> dict[str, t.Any]:
    """Return the contents of a report on ``value``, the listings. Raises AnsibleFilterError for anything else.

    ``now`` is in seconds since the epoch.
    """
    listings = check_listings("task_report", value)
    now_s = int(time.time() if now is None else now)
    tasks = sorted(all_tasks(listings), key=_attention)
    accounts = [listing["name"] for listing in listings] if is_named(listings) else []
    bars = Bars([_second(task) for task in tasks if _second(task)], now_s)
    return {
        "as_of": utc_second(now_s),
        "accounts": accounts,
        "counts": {one["name"]: len(one["scheduled_tasks"]) for one in listings if accounts and not one["failed"]},
        "failures": failures(listings),
        **_filters(listings),
        "limit_reached": any(map(reached_limit, listings)),
        "numbers": _numbers(tasks),
        "charts": _charts(tasks, accounts),
        "timeline": _timeline(tasks, bars),
        "columns": [
            {"name": name, "heading": heading, "width": width}
            for name, heading, width in COLUMNS
            if accounts or name != "account"
        ],
        "rows": [_row(task, bars) for task in tasks],
    }


def _attention(task: Task) -> tuple[int, int]:
    """Return what rows are sorted by: whether somebody has to look at the task, and how lately it ran."""
    approval = task.get("approve_status")
    rank = 0 if task.get("last_execution_status") == "ABNORMAL" else {"REJECTED": 1, "PENDING": 2}.get(str(approval), 3)
    return rank, -_second(task)


def _second(task: Task) -> int:
    """Return when a task ran last, in seconds since the epoch, 0 if it never did."""
    return (task.get("last_execution_time") or 0) // 1000


def _outcome(task: Task) -> str:
    return task.get("last_execution_status") or ("unknown" if _second(task) else "never ran")


def _filters(listings: t.Sequence[Listing]) -> dict[str, dict[str, t.Any]]:
    """Return the filters that all accounts share, those that some have, and where all lists start."""
    used = [{name: value for name, value in listing["filters"].items() if name != "limit"} for listing in listings]
    shared = {
        name: value
        for name, value in (used[0] if used else {}).items()
        if all(name in filters and filters[name] == value for filters in used)
    }
    own = {
        listing["name"]: {name: value for name, value in filters.items() if name not in shared}
        for listing, filters in zip(listings, used)
    }
    return {
        "filters": {name: value for name, value in shared.items() if name not in PAGING},
        "own_filters": {name: filters for name, filters in own.items() if filters},
        "starts": {name: value for name, value in shared.items() if name in PAGING},
    }


def _numbers(tasks: t.Sequence[Task]) -> list[dict[str, t.Any]]:
    statuses = collections.Counter(map(_outcome, tasks))
    approvals = collections.Counter(task.get("approve_status") for task in tasks)
    enabled = sum(bool(task.get("enabled")) for task in tasks)
    return [
        {"label": label, "filter": name, "value": value, "count": count, "tone": TONES.get(value, "")}
        for label, name, value, count in (
            ("last run failed", "look", "ABNORMAL", statuses["ABNORMAL"]),
            ("rejected", "look", "REJECTED", approvals["REJECTED"]),
            ("waiting for approval", "look", "PENDING", approvals["PENDING"]),
            ("never ran", "status", "never ran", statuses["never ran"]),
            ("enabled", "enabled", "yes", enabled),
        )
    ]


def _charts(tasks: t.Sequence[Task], accounts: t.Sequence[str]) -> list[dict[str, t.Any]]:
    charts: list[tuple[str, str, t.Sequence[str], list[str]]] = [
        ("Last status", "status", STATUSES, list(map(_outcome, tasks))),
        ("Region", "region", (), [task.get("region_id") or "unknown" for task in tasks]),
        ("Risk", "risk", RISKS, [task.get("risk_level") or "unknown" for task in tasks]),
        ("Type", "type", TYPES, [task.get("task_type") or "unknown" for task in tasks]),
    ]
    if accounts:
        charts.append(("Account", "account", accounts, [task.get("account") or "unknown" for task in tasks]))
    return [{"title": title, "filter": name, "bars": _bars(values, order)} for title, name, order, values in charts]


def _bars(values: t.Sequence[str], order: t.Sequence[str]) -> list[dict[str, t.Any]]:
    counts = collections.Counter(values)
    most = max(counts.values(), default=1)
    return [
        {"value": value, "count": counts[value], "percent": _percent(counts[value], most), "tone": TONES.get(value, "")}
        for value in _in_order(counts, order)
    ]


def _in_order(values: t.Collection[str], order: t.Sequence[str]) -> list[str]:
    return [value for value in order if value in values] + sorted(value for value in values if value not in order)


def _percent(count: int, most: int) -> float:
    return round(count * 100 / most, 2)


class Bars:
    """The bars of a timeline. ``seconds`` are when tasks ran last, ``now`` is the end, since the epoch.

    A bar that is not over yet comes on top of the span: it is bar 0, and numbers count back from there.
    """

    def __init__(self, seconds: t.Sequence[int], now: int) -> None:
        newest_first = sorted(seconds, reverse=True)
        oldest = newest_first[(len(seconds) * 19 - 1) // 20] if seconds else now  # of 95 in 100
        self.span = next((span for span in SPANS if span.length >= now - oldest), SPANS[-1])
        self.count = self.span.length // self.span.bar + 1
        self.end = now - (now - MONDAY) % self.span.bar + self.span.bar
        self.start = self.end - self.count * self.span.bar

    def number(self, second: int) -> int:
        """Return in which bar a time is; what is older than all has the number that comes after theirs."""
        return min(max((self.end - 1 - second) // self.span.bar, 0), self.count)


def _timeline(tasks: t.Sequence[Task], bars: Bars) -> dict[str, t.Any] | None:
    ran = [(bars.number(_second(task)), _outcome(task)) for task in tasks if _second(task)]
    if not ran:
        return None
    by_bar: dict[int, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for number, status in ran:
        by_bar[number][status] += 1
    older = sum(by_bar.pop(bars.count, {}).values())
    stack = _in_order({status for _number, status in ran}, STATUSES)
    top = max((sum(counts.values()) for counts in by_bar.values()), default=1)
    return {
        "bar_name": bars.span.bar_name,
        "count": bars.count,
        "top": top,
        "bars": [_timeline_bar(bars, number, by_bar[number], stack, top) for number in sorted(by_bar, reverse=True)],
        "dates": _dates(bars),
        "legend": [{"value": status, "tone": TONES.get(status, "")} for status in stack],
        "older": {"count": older, "value": bars.count, "label": f"before {utc_second(bars.start, '%Y-%m-%d')}"},
    }


def _timeline_bar(
    bars: Bars, number: int, counts: t.Mapping[str, int], stack: t.Sequence[str], top: int
) -> dict[str, t.Any]:
    start = bars.end - (number + 1) * bars.span.bar
    label = f"{utc_second(start)} to {utc_second(start + bars.span.bar)}"
    pieces = [status for status in stack if counts.get(status)]
    return {
        "column": bars.count - number,
        "value": number,
        "label": label,
        "title": ", ".join([label, *(f"{counts[status]} {status}" for status in pieces)]),
        "pieces": [{"percent": _percent(counts[status], top), "tone": TONES.get(status, "")} for status in pieces],
    }


def _dates(bars: Bars) -> list[dict[str, t.Any]]:
    """Return the dates on the axis, but none so near to the end that it would not fit."""
    dates = []
    room = 7 if "%Y" in bars.span.date else 10
    for column in range(1, bars.count + 1):
        start = bars.start + (column - 1) * bars.span.bar
        if (start - MONDAY) % bars.span.step == 0 and (bars.count - column) * room > bars.count:
            is_midnight = start % 86400 == 0 and bars.span.date == "%H:%M"
            dates.append({"column": column, "text": utc_second(start, "%m-%d" if is_midnight else bars.span.date)})
    return dates


def _row(task: Task, bars: Bars) -> dict[str, t.Any]:
    second = _second(task)
    risk = task.get("risk_level") or ""
    return {
        "name": task.get("name") or "",
        "id": task["id"],
        "status": _outcome(task),
        "status_tone": TONES.get(_outcome(task), ""),
        "executed": utc(task["last_execution_time"]) if second else "",
        "bar": bars.number(second) if second else "",
        "approval": task.get("approve_status") or "",
        "approval_tone": TONES.get(task.get("approve_status") or "", ""),
        "risk": risk,
        "risk_tone": TONES.get(risk, ""),
        "risk_key": RISKS.index(risk) if risk in RISKS else "",
        "enabled": "yes" if task.get("enabled") else "no",
        "schedule": task.get("scheduled_type") or "",
        "runs": task.get("execution_count") or "",
        "script": task.get("associated_task_name_en") or task.get("associated_task_name") or "",
        "type": task.get("task_type") or "",
        "region": task.get("region_id") or "",
        "creator": task.get("created_user_name") or task.get("created_by") or "",
        "account": task.get("account") or "",
    }


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"task_report": task_report}
