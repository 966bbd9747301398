# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: task_health
short_description: Find what is wrong with listed scheduled tasks
version_added: 2.0.0
description:
  - Finds the tasks whose last execution is V(ABNORMAL), those whose approval is V(REJECTED), and those that are enabled
    but have not run for too long, or never. The playbook C(huaweicloud.coc.assert_healthy) fails with what it finds.
  - An account that has fewer tasks than O(min_tasks) is unhealthy too, since a misspelled filter and the service of the
    wrong site return an empty list. So is an account that could not be queried.
author:
  - huaweicloud.coc contributors (!UNKNOWN)
positional: _input
options:
  max_age_hours:
    description:
      - How many hours ago an enabled task must have run at the latest. One that never ran counts from its creation, and
        is a failure if the service does not say when that was. Not checked if it is V(0), blank or null.
      - Tasks of type V(ONCE) are left out, since they may be due in the future or done. So are those whose approval is
        V(PENDING) or V(REJECTED), which cannot run.
    type: float
  checks:
    description:
      - What to check, as a list or a text with commas. All that apply if it is blank or null.
      - V(abnormal) is a last execution that failed, and V(rejected) an approval.
      - V(overdue) is a task that has not run for O(max_age_hours), and V(never_ran) one that has not run at all and was
        created before that. Both need O(max_age_hours).
    type: list
    elements: str
    choices: [abnormal, rejected, overdue, never_ran]
  min_tasks:
    description:
      - The least number of tasks that each account must have, V(0) to V(100000). An account of the lookup can have a
        number of its own, C(min_tasks).
      - If it is blank or null, it is V(1), but V(0) where C(last_execution_status) or C(approve_status) is a filter,
        because it is normal that no task is in that state.
    type: int
  now:
    description:
      - The time that O(max_age_hours) counts from, in seconds since the epoch. The current time if not set.
    type: float
extends_documentation_fragment:
  - huaweicloud.coc._listings
  - huaweicloud.coc._listings.timezone
"""

EXAMPLES = r"""
- name: Name the tasks of an enterprise project that failed or have not run for a day
  ansible.builtin.debug:
    msg: "{{ (listings | huaweicloud.coc.task_health(checks='abnormal,overdue', max_age_hours=25)).lines }}"
  vars:
    listings: "{{ query('huaweicloud.coc.scheduled_task_accounts', enterprise_project_id='0') }}"
"""

RETURN = r"""
_value:
  description:
    - What was found.
  type: dict
  contains:
    healthy:
      description: Whether every account could be queried, has enough tasks, and has no task with a failure.
      type: bool
    msg:
      description: Sentences with the number of tasks, what was found, and the filters that were used.
      type: str
      sample: "Of 60 tasks: nothing wrong. Only tasks with risk_level HIGH."
    lines:
      description: A line for each task with a failure.
      type: list
      elements: str
      sample:
        - "abnormal: nightly-backup (ST20260101000000000000demo), region cn-north-4, owner Li Lei,
          last ran 2026-01-01 00:00 UTC"
    artifacts:
      description:
        - What the playbook hands on to a workflow.
        - With named accounts, the IDs are dictionaries of lists by account.
      type: dict
      contains:
        coc_asked:
          description: Whether at least one account could be queried.
          type: bool
        coc_abnormal_task_ids:
          description: The IDs of the tasks whose last execution failed.
          type: list
          elements: str
        coc_rejected_task_ids:
          description: The IDs of the tasks whose approval was rejected.
          type: list
          elements: str
        coc_overdue_task_ids:
          description: The IDs of the tasks that have not run for too long, or never.
          type: list
          elements: str
        coc_health:
          description: What is wrong, with the names of the tasks, or C(nothing wrong).
          type: str
        coc_task_counts:
          description: How many tasks each account has that could be queried. Only with named accounts.
          type: dict
        coc_failed_accounts:
          description: Why an account could not be queried, by its name. Only with named accounts.
          type: dict
"""

import typing as t
from datetime import tzinfo

from ansible.errors import AnsibleFilterError

from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._paging import MAX_TASKS
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import CHANGING_FILTERS
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._listings import (
    Listing,
    Task,
    check_listings,
    failures,
    filter_sentences,
    is_filtered,
    is_named,
    one_line,
    parse_names,
    reached_limit,
)
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._local_time import find_zone, format_time, parse_now
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._validation import whole_number

MAX_NAMED = 50  # tasks with the same failure that coc_health names


class Check(t.NamedTuple):
    """A kind of failure. Messages call it ``words``, and ``since`` is what they call the time in ``field``."""

    artifact: str
    words: str
    since: str
    field: str


# The service does not say when an approval was rejected.
CHECKS = {
    "abnormal": Check("coc_abnormal_task_ids", "ABNORMAL", "last ran", "last_execution_time"),
    "rejected": Check("coc_rejected_task_ids", "REJECTED", "last changed", "modified_time"),
    "overdue": Check("coc_overdue_task_ids", "enabled, but not run for {age} hours", "last ran", "last_execution_time"),
    "never_ran": Check("coc_overdue_task_ids", "enabled, but never run", "created", "created_time"),
}
NEED_AGE = ("overdue", "never_ran")  # those that need max_age_hours

# The failures of each task that has some, by account.
FailedTasks = t.Mapping[t.Optional[str], t.Sequence[t.Tuple[Task, t.List[str]]]]


def task_health(
    value: object,
    max_age_hours: object = None,
    checks: object = None,
    min_tasks: object = None,
    timezone: object = None,
    now: object = None,
) -> dict[str, t.Any]:
    """Return what is wrong with the tasks in ``value``, the listings.

    ``now`` is in seconds since the epoch. Raises AnsibleFilterError for anything but a list of listings, and for a
    wrong option.
    """
    listings = check_listings("task_health", value)
    age = _parse_max_age(max_age_hours)
    chosen = _parse_checks(checks, float(age or 0) > 0)
    least = _parse_min_tasks(min_tasks)
    zone = find_zone(timezone)
    due_since = (parse_now(now) - float(age or 0) * 3600) * 1000

    listed = [listing for listing in listings if not listing["failed"]]
    found: FailedTasks = {
        listing["name"]: [
            (task, failed) for task in listing["scheduled_tasks"] if (failed := _failed_checks(task, chosen, due_since))
        ]
        for listing in listed
    }
    by_check = {
        check: [task for tasks in found.values() for task, failed in tasks if check in failed] for check in chosen
    }
    words = {check: CHECKS[check].words.format(age=age) for check in chosen}
    numbers = [f"{len(tasks)} {words[check]}" for check, tasks in by_check.items() if tasks]
    names = [f"{len(tasks)} {words[check]}: {_names(tasks)}" for check, tasks in by_check.items() if tasks]
    too_few = _too_few(listed, least)
    return {
        "healthy": bool(listed) and not (numbers or too_few or failures(listings)),
        "msg": _message(listings, _describe_health(listings, numbers, too_few)),
        "lines": [_line(task, failed, zone) for tasks in found.values() for task, failed in tasks],
        "artifacts": {**_artifacts(listings, found), "coc_health": _describe_health(listings, names, too_few)},
    }


def _parse_max_age(value: object) -> str:
    """Return ``max_age_hours`` as the text that the message has, blank if it is not set."""
    text = "" if value is None else str(value).strip()
    try:
        valid = not isinstance(value, bool) and 0 <= float(text or 0) < 1_000_000
    except ValueError:
        valid = False
    if not valid:
        shown = text if len(text) <= 40 else text[:40] + "…"
        raise AnsibleFilterError(
            f"max_age_hours: {shown} is not a number of hours below 1000000. Use a number such as 25, or leave it out."
        )
    return text


def _parse_checks(value: object, has_age: bool) -> list[str]:
    """Return which of :data:`CHECKS` to make, in their order."""
    chosen = parse_names("checks", value, CHECKS)
    for check in chosen:
        if check in NEED_AGE and not has_age:
            raise AnsibleFilterError(f"checks: {check} needs max_age_hours. Set it, or leave out {check}.")
    return [check for check in CHECKS if (check in chosen if chosen else has_age or check not in NEED_AGE)]


def _parse_min_tasks(value: object) -> int | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        return whole_number("min_tasks", value, 0, MAX_TASKS)
    except CocError as error:
        raise AnsibleFilterError(error.msg) from None


def _failed_checks(task: Task, checks: t.Sequence[str], due_since: float) -> list[str]:
    """Return which of ``checks`` a task fails. ``due_since`` is in milliseconds since the epoch."""
    ran = bool(task.get("last_execution_time"))
    late = _is_late(task, due_since)
    failed = {
        "abnormal": task.get("last_execution_status") == "ABNORMAL",
        "rejected": task.get("approve_status") == "REJECTED",
        "overdue": late and ran,
        "never_ran": late and not ran,
    }
    return [check for check in checks if failed[check]]


def _is_late(task: Task, due_since: float) -> bool:
    """Return whether a task should have run after ``due_since``, in milliseconds since the epoch, but has not."""
    if not task.get("enabled") or task.get("scheduled_type") == "ONCE":
        return False
    if task.get("approve_status") in ("PENDING", "REJECTED"):
        return False
    return (task.get("last_execution_time") or task.get("created_time") or 0) < due_since


def _too_few(listings: t.Sequence[Listing], least: int | None) -> list[str]:
    """Return a clause for each account with fewer tasks than it must have."""
    clauses = []
    for listing in listings:
        count = len(listing["scheduled_tasks"])
        required = _required_tasks(listing, least)
        if count < required:
            where = "" if listing["name"] is None else f"{one_line(listing['name'])}: "
            what = f"only {count} {'task' if count == 1 else 'tasks'}" if count else "nothing was checked"
            site = (
                "" if count or is_filtered(listing) else ", or the account is of another site: see region and endpoint"
            )
            clauses.append(f"{where}{what} (coc_min_tasks: {required}){site}")
    return clauses


def _required_tasks(listing: Listing, least: int | None) -> int:
    """Return how many tasks an account must have."""
    own: int | None = listing.get("min_tasks")
    if own is None:
        own = least
    if own is None:
        return 0 if any(name in CHANGING_FILTERS for name in listing["filters"]) else 1
    return own


def _describe_health(listings: t.Sequence[Listing], clauses: t.Sequence[str], too_few: t.Sequence[str]) -> str:
    """Return what is wrong, without a full stop; ``clauses`` are about tasks that fail."""
    missing = failures(listings)
    if missing and not is_named(listings):
        return f"COC could not be queried: {', '.join(missing.values())}"
    found = [*clauses, *too_few]
    if not found and len(missing) < len(listings):
        found.append("nothing wrong")
    if any(map(reached_limit, listings)):
        found.append("ansible_huaweicloud_limit was reached: there may be more tasks")
    if missing:
        reasons = "; ".join(f"{one_line(name)}: {reason}" for name, reason in missing.items())
        found.append(f"{len(missing)} of {len(listings)} accounts could not be queried: {reasons}")
    return "; ".join(found)


def _message(listings: t.Sequence[Listing], health: str) -> str:
    """Return ``health`` with the number of tasks and the filters, unless the only account could not be queried."""
    if failures(listings) and not is_named(listings):
        sentences = [health]
    else:
        total = sum(len(listing["scheduled_tasks"]) for listing in listings)
        sentences = [f"Of {total} tasks: {health}", *filter_sentences(listings)]
    return " ".join(sentence if sentence.endswith(".") else f"{sentence}." for sentence in sentences)


def _artifacts(listings: t.Sequence[Listing], found: FailedTasks) -> dict[str, t.Any]:
    """Return what a workflow gets, but for ``coc_health``."""
    artifacts: dict[str, t.Any] = {"coc_asked": bool(found)}
    for key in dict.fromkeys(check.artifact for check in CHECKS.values()):
        ids = {
            name: [task["id"] for task, failed in tasks if any(CHECKS[check].artifact == key for check in failed)]
            for name, tasks in found.items()
        }
        artifacts[key] = ids if is_named(listings) else ids.get(None, [])
    if is_named(listings):
        artifacts["coc_task_counts"] = {
            one["name"]: len(one["scheduled_tasks"]) for one in listings if not one["failed"]
        }
        artifacts["coc_failed_accounts"] = failures(listings)
    return artifacts


def _names(tasks: t.Sequence[Task]) -> str:
    """Return names and IDs, of the first tasks if there are many."""
    named = []
    for task in tasks[:MAX_NAMED]:
        where = ", ".join([task["id"], *([one_line(task["account"])] if "account" in task else [])])
        named.append(f"{one_line(task.get('name') or '-')} ({where})")
    return ", ".join(named) + (f" and {len(tasks) - MAX_NAMED} more" if len(tasks) > MAX_NAMED else "")


def _line(task: Task, failed: t.Sequence[str], zone: tzinfo) -> str:
    """Return everything that somebody needs to know of a task with failures."""
    times = {CHECKS[check].since: task.get(CHECKS[check].field) for check in failed}
    parts = [
        f"{', '.join(failed)}: {task.get('name') or '-'} ({task['id']})",
        *([f"account {task['account']}"] if "account" in task else []),
        f"region {task.get('region_id') or '-'}",
        f"owner {task.get('created_user_name') or task.get('created_by') or '-'}",
        *(f"{since} {f'{format_time(at, zone)} {zone}' if at else '-'}" for since, at in times.items()),
    ]
    return one_line(", ".join(parts))


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"task_health": task_health}
