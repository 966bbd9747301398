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
    but have not run for too long. The playbook C(huaweicloud.coc.assert_healthy) fails with what it finds.
  - An account without any task is unhealthy too, unless filters were used (C(limit), C(offset) and C(marker) are not
    filters), since the service of the wrong site returns an empty list. So is an account that
    could not be asked.
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
  max_age_hours:
    description:
      - How many hours ago an enabled task must have run at the latest. One that never ran counts from its creation, and
        is a failure if the service does not say when that was. Not checked if it is V(0), blank or null.
      - Tasks of type V(ONCE) are left out, since they may be due in the future or done. So are those whose approval is
        V(PENDING) or V(REJECTED), which cannot run.
    type: float
  now:
    description:
      - The time that O(max_age_hours) counts from, in seconds since the epoch. The current time if not given.
    type: float
seealso:
  - plugin: huaweicloud.coc.scheduled_task_accounts
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Say what is wrong with the tasks of an enterprise project
  ansible.builtin.debug:
    msg: "{{ (listings | huaweicloud.coc.task_health(max_age_hours=25)).msg }}"
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
      description: Whether every account could be asked, has tasks, and has none with a failure.
      type: bool
    msg:
      description: A sentence with everything that was found.
      type: str
      sample: "Of 60 tasks: nothing wrong."
    artifacts:
      description:
        - What the playbook hands on to a workflow.
        - With named accounts, the IDs are dictionaries of lists by account.
      type: dict
      contains:
        coc_asked:
          description: Whether any account could be asked.
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
          description: The IDs of the tasks that have not run for too long.
          type: list
          elements: str
        coc_health:
          description: What is wrong, or C(nothing wrong).
          type: str
        coc_task_counts:
          description: How many tasks each account has that could be asked. Only with named accounts.
          type: dict
        coc_failed_accounts:
          description: Why an account could not be asked, by its name. Only with named accounts.
          type: dict
"""

import time
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.huaweicloud.coc.plugins.plugin_utils._listings import (
    Listing,
    Task,
    check_listings,
    failures,
    is_filtered,
    is_named,
    one_line,
    reached_limit,
)

MOST_NAMED = 50  # tasks with the same failure that the message names


def task_health(value: object, max_age_hours: object = None, now: float | None = None) -> dict[str, t.Any]:
    """Return what is wrong with the tasks in ``value``, the listings. Raises AnsibleFilterError for anything else.

    ``now`` is in seconds since the epoch.
    """
    listings = check_listings("task_health", value)
    age = _check_age(max_age_hours)
    due_since = ((time.time() if now is None else now) - float(age or 0) * 3600) * 1000
    asked = [listing for listing in listings if not listing["failed"]]
    # By artifact: what the message calls the failure, and the tasks of each account that have it.
    found = {
        key: (words, [[task for task in listing["scheduled_tasks"] if has_failed(task)] for listing in asked])
        for key, words, has_failed in (
            ("coc_abnormal_task_ids", "ABNORMAL", lambda task: task.get("last_execution_status") == "ABNORMAL"),
            ("coc_rejected_task_ids", "REJECTED", lambda task: task.get("approve_status") == "REJECTED"),
            (
                "coc_overdue_task_ids",
                f"enabled, but not run for {age} hours",
                lambda task: bool(float(age or 0)) and _is_overdue(task, due_since),
            ),
        )
    }
    tasks_by_failure = {words: [task for tasks in by_account for task in tasks] for words, by_account in found.values()}
    health = _health(listings, tasks_by_failure)
    artifacts: dict[str, t.Any] = {"coc_asked": bool(asked)}
    for key, (_words, by_account) in found.items():
        ids = [[task["id"] for task in tasks] for tasks in by_account]
        names = [listing["name"] for listing in asked]
        artifacts[key] = dict(zip(names, ids)) if is_named(listings) else [one for some in ids for one in some]
    if is_named(listings):
        artifacts["coc_task_counts"] = {listing["name"]: len(listing["scheduled_tasks"]) for listing in asked}
        artifacts["coc_failed_accounts"] = failures(listings)
    total = sum(len(listing["scheduled_tasks"]) for listing in asked)
    sentence = f"Of {total} tasks: {health}" if asked or is_named(listings) else health
    return {
        "healthy": bool(asked) and not (any(tasks_by_failure.values()) or failures(listings) or _silent(listings)),
        "msg": sentence if sentence.endswith(".") else f"{sentence}.",
        "artifacts": {**artifacts, "coc_health": health},
    }


def _check_age(value: object) -> str:
    """Return ``max_age_hours`` as the text that the message has, blank if it was not given."""
    text = "" if value is None else str(value).strip()
    try:
        valid = not isinstance(value, bool) and 0 <= float(text or 0) < 1_000_000
    except ValueError:
        valid = False
    if not valid:
        shown = text if len(text) <= 40 else text[:40] + "…"
        raise AnsibleFilterError(
            f"max_age_hours: {shown} is not a number of hours below 1000000. Give one such as 25, or leave it out."
        )
    return text


def _is_overdue(task: Task, due_since: float) -> bool:
    """Return whether a task should have run after ``due_since``, in milliseconds since the epoch, but has not."""
    if not task.get("enabled") or task.get("scheduled_type") == "ONCE":
        return False
    if task.get("approve_status") in ("PENDING", "REJECTED"):
        return False
    return (task.get("last_execution_time") or task.get("created_time") or 0) < due_since


def _silent(listings: t.Sequence[Listing]) -> list[Listing]:
    """Return those without any task, although no filter explains it."""
    return [one for one in listings if not one["failed"] and not one["scheduled_tasks"] and not is_filtered(one)]


def _health(listings: t.Sequence[Listing], tasks_by_failure: t.Mapping[str, t.Sequence[Task]]) -> str:
    """Return what is wrong, without a full stop."""
    missing = failures(listings)
    if missing and not is_named(listings):
        return f"COC could not be asked: {', '.join(missing.values())}"
    clauses = [f"{len(tasks)} {words}: {_names(tasks)}" for words, tasks in tasks_by_failure.items() if tasks]
    silent = _silent(listings)
    other_site = "The account may belong to another site: see region and endpoint"
    if not clauses and not is_named(listings) and silent:
        clauses.append(f"nothing was checked. {other_site}")
    elif not clauses:
        clauses.append("nothing was checked" if len(missing) == len(listings) else "nothing wrong")
    if any(map(reached_limit, listings)):
        clauses.append("ansible_huaweicloud_limit was reached: there may be more tasks")
    if silent and is_named(listings):
        names = one_line(", ".join(listing["name"] for listing in silent))
        clauses.append(f"nothing was checked in {names}. {other_site}")
    if missing:
        reasons = "; ".join(f"{one_line(name)}: {reason}" for name, reason in missing.items())
        clauses.append(f"{len(missing)} of {len(listings)} accounts could not be asked: {reasons}")
    return "; ".join(clauses)


def _names(tasks: t.Sequence[Task]) -> str:
    """Return names and IDs, of the first tasks if there are many."""
    named = []
    for task in tasks[:MOST_NAMED]:
        where = ", ".join([task["id"], *([one_line(task["account"])] if "account" in task else [])])
        named.append(f"{one_line(task.get('name') or '-')} ({where})")
    return ", ".join(named) + (f" and {len(tasks) - MOST_NAMED} more" if len(tasks) > MOST_NAMED else "")


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"task_health": task_health}
