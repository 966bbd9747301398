# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which values can show that the service applies a filter: decisions about the tasks that an account has.

A *target* has the values that are asked for, so it must come. A *witness* differs from it in one filter only, so it
comes if that filter is ignored. With a witness for each, several filters share a request.
"""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass

from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task_query import QUERY_PARAMETERS

Task = t.Mapping[str, t.Any]

# The filters that compare one field, and that field. Those that no test of the vendor's has shown come first.
FIELDS = {
    "reviewer": "reviewer",
    "reviewer_user_name": "reviewer_user_name",
    "last_execution_status": "last_execution_status",
    "region_id": "region_id",
    "created_by": "created_by",
    "approve_status": "approve_status",
    "risk_level": "risk_level",
    "scheduled_type": "scheduled_type",
    "task_type": "task_type",
    "associated_task_type": "associated_task_type",
    "task_id": "id",
}
NOWHERE = {"task_id": "ST" + "0" * 24, "region_id": "no-region-0", "resource_id": "no-such-resource"}
MOST_COMPARED = 200  # tasks: enough to find witnesses


@dataclass(frozen=True)
class Group:
    """Filters that are asked for together, with the values of a target: ``values`` by filter."""

    values: t.Mapping[str, str]

    def matches(self, task: Task) -> bool:
        """Return whether ``task`` has all the values."""
        return all(task[FIELDS[name]] == value for name, value in self.values.items())

    def is_witness(self, task: Task, name: str) -> bool:
        """Return whether ``task`` differs from the target in the filter ``name`` alone."""
        return all((task[FIELDS[other]] == value) != (other == name) for other, value in self.values.items())


def group_filters(tasks: t.Sequence[Task]) -> dict[str, Group]:
    """Return by filter the group that it is asked for with; filters that have no witness are left out.

    Each group grows as long as one target has a witness for each of its filters.
    """
    tasks = tasks[:MOST_COMPARED]
    left = [name for name in FIELDS if len({task[FIELDS[name]] for task in tasks}) > 1]
    groups: dict[str, Group] = {}
    while left:
        names: list[str] = []
        best = None
        for name in left:
            target = _find_target(tasks, [*names, name])
            if target is not None:
                names, best = [*names, name], target
        if best is None:
            break
        group = Group({name: best[FIELDS[name]] for name in names})
        groups.update(dict.fromkeys(names, group))
        left = [name for name in left if name not in names]
    return groups


def _find_target(tasks: t.Sequence[Task], names: t.Sequence[str]) -> Task | None:
    """Return a task that has a value in each of the filters ``names`` and a witness for each, None if there is none."""
    columns = [[task[FIELDS[name]] for task in tasks] for name in names]
    rows = list(zip(*columns))
    # how many tasks have the same values, in all filters or in all but one
    same = Counter(rows)
    partial_rows = [
        list(zip(*columns[:index], *columns[index + 1 :])) or [()] * len(tasks) for index in range(len(names))
    ]
    same_but_one = [Counter(partial) for partial in partial_rows]
    for position, task in enumerate(tasks):
        alike = same[rows[position]]
        if None not in rows[position] and all(
            count[partial[position]] > alike for count, partial in zip(same_but_one, partial_rows)
        ):
            return task
    return None


def common_values(tasks: t.Sequence[Task], groups: t.Mapping[str, Group]) -> Group:
    """Return the values that all tasks share, of the filters that are in no group."""
    first = tasks[0]
    names = [name for name in FIELDS if name not in groups and first[FIELDS[name]] is not None]
    return Group({name: first[FIELDS[name]] for name in names})


def impossible_value(name: str, tasks: t.Sequence[Task]) -> str | None:
    """Return a value of the filter ``name`` that none of ``tasks`` has, None if they have them all."""
    field = FIELDS.get(name, name)
    known = {task.get(field) for task in tasks}
    choices = QUERY_PARAMETERS[name].get("choices") or [NOWHERE.get(name, "nobody-has-this-value")]
    return next((value for value in choices if value not in known), None)
