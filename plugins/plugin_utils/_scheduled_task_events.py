# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Listings become events: what changed between two of them, and which changes are reported."""

from __future__ import annotations

import copy
import json
import typing as t
import uuid

Task = t.Dict[str, t.Any]
Listing = t.Dict[str, Task]  # by the ID of the task

EXECUTION = ("last_execution_time", "last_execution_status", "execution_count")
APPROVAL = ("approve_status",)
DECISIVE = frozenset((*EXECUTION, *APPROVAL))
MOST_TOLD = 100_000  # UUIDs, for a rulebook that runs for months; ansible-rulebook remembers fewer events


class Change(t.NamedTuple):
    """One kind of change of one task. ``previous`` is None if the listing before did not have the task."""

    type: str
    task: Task
    previous: Task | None


def compare(before: Listing, after: Listing) -> t.Iterator[Change]:
    """Yield the changes that turn ``before`` into ``after``, those of one task in a row.

    A task that is new, and has been executed, is two: it was created, and executed. One that is gone comes as it was.
    """
    for task_id, task in after.items():
        previous = before.get(task_id)
        if previous is None:
            yield Change("created", task, None)
            if task["last_execution_time"] is not None:
                yield Change("execution", task, None)
        elif task != previous:
            if _differ(task, previous, EXECUTION):
                yield Change("execution", task, previous)
            if _differ(task, previous, APPROVAL):
                yield Change("approval", task, previous)
            if _differ(task, previous, (task.keys() | previous.keys()) - DECISIVE):
                yield Change("definition", task, previous)
    for task_id, task in before.items():
        if task_id not in after:
            yield Change("removed", task, task)


def _differ(task: Task, previous: Task, fields: t.Iterable[str]) -> bool:
    # a field that is new in the service may be absent
    return any((name in task, task.get(name)) != (name in previous, previous.get(name)) for name in fields)


def change_uuid(endpoint: str, change: Change) -> str:
    """Return the UUID of a change: the same one whenever, and by whomever, the same new state is seen.

    That of an execution does not depend on the rest of the task, so that a source that starts again, and finds the
    execution by ``since``, gives the same one.
    """
    if change.type == "execution":
        state = {name: change.task[name] for name in EXECUTION}
    elif change.type in ("approval", "definition"):
        state = {name: value for name, value in change.task.items() if name not in EXECUTION}
    else:
        state = change.task
    return str(
        uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([endpoint, change.task["id"], change.type, state], sort_keys=True))
    )


class Watch:
    """One listing after another of the tasks at ``endpoint``.

    ``since`` is a time of the service's clock, in milliseconds since the epoch. If the listing before did not have a
    task, its execution is reported only if it is later than that. For a task that leaves the listing and comes back, no
    execution is reported twice.
    """

    def __init__(self, endpoint: str, since: int) -> None:
        self._endpoint = endpoint
        self._since = since
        self._listing: Listing | None = None
        self._left: dict[str, str] = {}  # of tasks that left the listing, the UUID of the latest execution
        self._told: dict[str, int] = {}  # how many events there were for each UUID

    def events(self, tasks: t.Iterable[Task]) -> t.Iterator[dict[str, t.Any]]:
        """Yield an event for each change since the listing before; of the first listing, for executions only.

        The events are copies: whoever gets them may change them. The iterator must be exhausted.
        """
        before, after = self._listing or {}, {task["id"]: task for task in tasks}
        for change in compare(before, after):
            identifier = change_uuid(self._endpoint, change)
            if change.type == "removed":
                self._left[change.task["id"]] = change_uuid(self._endpoint, change._replace(type="execution"))
            if self._is_told(change, identifier):
                yield copy.deepcopy(
                    {
                        "type": change.type,
                        "scheduled_task": change.task,
                        "previous": change.previous,
                        "meta": {"uuid": self._unused(identifier)},
                    }
                )
        self._listing = after

    def _unused(self, identifier: str) -> str:
        """Return ``identifier``, or another UUID if an event had it: a task may go back to a state that it was in.

        With persistence, ansible-rulebook would take the second event for a repetition of the first.
        """
        times = self._told.pop(identifier, 0)
        self._told[identifier] = times + 1
        if len(self._told) > MOST_TOLD:
            del self._told[next(iter(self._told))]
        return str(uuid.uuid5(uuid.UUID(identifier), str(times))) if times else identifier

    def _is_told(self, change: Change, identifier: str) -> bool:
        if change.previous is not None:
            return True
        if change.type == "created":
            return self._listing is not None
        left = self._left.pop(change.task["id"], None)
        return left != identifier if left else bool(change.task["last_execution_time"] > self._since)
