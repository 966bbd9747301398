# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: task_artifacts
short_description: Summarize listed scheduled tasks for the next nodes of a workflow
version_added: 2.0.0
description:
  - Returns number, IDs and names of the tasks, for M(ansible.builtin.set_stats). The playbook
    C(huaweicloud.coc.list_tasks) hands them on as artifacts.
author:
  - huaweicloud.coc contributors (!UNKNOWN)
positional: _input
extends_documentation_fragment:
  - huaweicloud.coc._listings
"""

EXAMPLES = r"""
- name: Hand the IDs of the risky tasks to the next nodes of a workflow
  ansible.builtin.set_stats:
    per_host: false
    aggregate: false
    data: "{{ listings | huaweicloud.coc.task_artifacts }}"
  vars:
    listings: "{{ query('huaweicloud.coc.scheduled_task_accounts', risk_level='HIGH') }}"
"""

RETURN = r"""
_value:
  description:
    - The artifacts. Empty if there is one account without a name and it could not be queried.
  type: dict
  contains:
    coc_task_count:
      description: How many tasks there are.
      type: int
    coc_task_ids:
      description: The IDs of the tasks. With named accounts, a dictionary of such lists by account.
      type: list
      elements: str
    coc_task_names:
      description: The names of the tasks, in the same order. With named accounts, a dictionary by account.
      type: list
      elements: str
    coc_task_counts:
      description: How many tasks each account has that could be queried. Only with named accounts.
      type: dict
    coc_failed_accounts:
      description: Why an account could not be queried, by its name. Only with named accounts.
      type: dict
"""

import typing as t

from ansible_collections.huaweicloud.coc.plugins.plugin_utils._listings import (
    all_tasks,
    check_listings,
    failures,
    is_named,
)


def task_artifacts(value: object) -> dict[str, t.Any]:
    """Return what a workflow gets of ``value``, the listings. Raises AnsibleFilterError for anything else."""
    listings = check_listings("task_artifacts", value)
    listed = [listing for listing in listings if not listing["failed"]]
    if not is_named(listings):
        return _summary(all_tasks(listed)) if listed else {}
    by_account = {listing["name"]: _summary(listing["scheduled_tasks"]) for listing in listed}
    counts, ids, names = (
        {account: summary[key] for account, summary in by_account.items()}
        for key in ("coc_task_count", "coc_task_ids", "coc_task_names")
    )
    return {
        "coc_task_count": sum(counts.values()),
        "coc_task_counts": counts,
        "coc_task_ids": ids,
        "coc_task_names": names,
        "coc_failed_accounts": failures(listings),
    }


def _summary(tasks: t.Sequence[t.Mapping[str, t.Any]]) -> dict[str, t.Any]:
    return {
        "coc_task_count": len(tasks),
        "coc_task_ids": [task["id"] for task in tasks],
        "coc_task_names": [task.get("name") for task in tasks],
    }


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"task_artifacts": task_artifacts}
