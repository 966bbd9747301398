# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: task_table
short_description: Show listed scheduled tasks as a table
version_added: 2.0.0
description:
  - Returns the lines of a table for people, one for each task, as the playbook C(huaweicloud.coc.list_tasks)
    prints it.
  - The name comes last, since Chinese characters are two columns wide. Line breaks and other control characters in it
    become spaces. Times are UTC.
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
seealso:
  - plugin: huaweicloud.coc.scheduled_task_accounts
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Show the tasks that wait for approval
  ansible.builtin.debug:
    msg: "{{ listings | huaweicloud.coc.task_table }}"
  vars:
    listings: "{{ query('huaweicloud.coc.scheduled_task_accounts', approve_status='PENDING') }}"
"""

RETURN = r"""
_value:
  description:
    - The lines. The first has the headings. After the tasks comes their number. With named accounts, a line for each
      follows, with its number of tasks, or why it could not be asked.
  type: list
  elements: str
"""

import typing as t

from ansible_collections.huaweicloud.coc.plugins.plugin_utils._listings import (
    Task,
    account_name,
    all_tasks,
    check_listings,
    is_named,
    one_line,
    utc,
)

# The columns: heading, width, and what they show of a task.
COLUMNS: tuple[tuple[str, int, t.Callable[[Task], str | None]], ...] = (
    ("ID", 26, lambda task: task["id"]),
    ("STATUS", 10, lambda task: task.get("last_execution_status")),
    (
        "LAST RUN (UTC)",
        16,
        lambda task: utc(task["last_execution_time"]) if task.get("last_execution_time") else "never",
    ),
    ("SCHEDULE", 8, lambda task: task.get("scheduled_type")),
    ("TYPE", 7, lambda task: task.get("task_type")),
    ("RISK", 6, lambda task: task.get("risk_level")),
    ("APPROVAL", 8, lambda task: task.get("approve_status")),
    ("ENABLED", 7, lambda task: "yes" if task.get("enabled") else "no"),
    ("REGION", 14, lambda task: task.get("region_id")),
    ("ACCOUNT", 0, lambda task: task.get("account")),
    ("NAME", 0, lambda task: task.get("name")),
)


def task_table(value: object) -> list[str]:
    """Return the lines of a table of ``value``, the listings. Raises AnsibleFilterError for anything else."""
    listings = check_listings("task_table", value)
    account_width = max((len(listing["name"] or "") for listing in listings), default=0)
    columns = [
        (heading, max(width, len("ACCOUNT"), account_width) if heading == "ACCOUNT" else width, shown)
        for heading, width, shown in COLUMNS
        if heading != "ACCOUNT" or is_named(listings)
    ]
    tasks = all_tasks(listings)
    rows = [[heading for heading, _width, _shown in columns]]
    rows += [[shown(task) or "-" for _heading, _width, shown in columns] for task in tasks]
    lines = ["  ".join(cell.ljust(width) for cell, (_heading, width, _shown) in zip(row, columns)) for row in rows]
    lines.append(f"{len(tasks)} {'task' if len(tasks) == 1 else 'tasks'}")
    for listing in listings:
        if listing["failed"]:
            lines.append(f"{account_name(listing)}: MISSING. {listing.get('msg')}")
        elif is_named(listings):
            lines.append(f"{account_name(listing)}: {len(listing['scheduled_tasks'])}")
    return [one_line(line) for line in lines]


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"task_table": task_table}
