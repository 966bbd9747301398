# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What changed between two listings, and which changes become events."""

from __future__ import annotations

import copy
import json
import typing as t
import uuid

Task = t.Dict[str, t.Any]
TasksById = t.Dict[str, Task]

EXECUTION = ("last_execution_time", "last_execution_status", "execution_count")
APPROVAL = ("approve_status",)
MAX_UUIDS = 100_000  # that are remembered, for a rulebook that runs for months; ansible-rulebook keeps fewer


class Change(t.NamedTuple):
    """One kind of change of one task. ``previous`` is None if the listing before did not have the task."""

    type: str
    task: Task
    previous: Task | None


def find_changes(before: TasksById, after: TasksById) -> t.Iterator[Change]:
    """Yield the changes that turn ``before`` into ``after``, those of one task in a row.

    A new task that has been executed is two changes, created and executed. A task that is gone is yielded as it was.
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
            if _differ(task, previous, (task.keys() | previous.keys()).difference(EXECUTION, APPROVAL)):
                yield Change("definition", task, previous)
    for task_id, task in before.items():
        if task_id not in after:
            yield Change("removed", task, task)


def _differ(task: Task, previous: Task, fields: t.Iterable[str]) -> bool:
    # a field that is new in the service may be absent
    return any((name in task, task.get(name)) != (name in previous, previous.get(name)) for name in fields)


def change_uuid(endpoint: str, change: Change) -> str:
    """Return the UUID of a change, which is the same whenever and wherever the same new state is seen.

    The UUID of an execution does not depend on the rest of the task, so that a source that is started again and finds
    the execution by ``since`` returns the same UUID.
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


def _forget_oldest(remembered: dict[str, t.Any]) -> None:
    """Remove the first entry of a memory that has grown too large."""
    if len(remembered) > MAX_UUIDS:
        del remembered[next(iter(remembered))]


class ChangeTracker:
    """Compares each listing of the tasks at ``endpoint`` with the one before, and returns the changes as events.

    ``since`` is a time of the service's clock, in milliseconds since the epoch. If the listing before did not
    have a task, its execution is an event only if it is later than that. If a task leaves the listing and comes back,
    the same execution is not an event twice.
    """

    def __init__(self, endpoint: str, since: int) -> None:
        self._endpoint = endpoint
        self._since = since
        self._listing: TasksById | None = None
        self._removed: dict[str, str] = {}  # UUID of the latest execution, by the ID of a task that left the listing
        self._event_counts: dict[str, int] = {}  # how many events there were for each UUID

    def events(self, tasks: t.Iterable[Task]) -> t.Iterator[dict[str, t.Any]]:
        """Yield an event for each change since the listing before; of the first listing, for executions only.

        The events are copies, which rules may change. The iterator must be exhausted.
        """
        before, after = self._listing or {}, {task["id"]: task for task in tasks}
        for change in find_changes(before, after):
            identifier = change_uuid(self._endpoint, change)
            if change.type == "removed":
                self._removed[change.task["id"]] = change_uuid(self._endpoint, change._replace(type="execution"))
                _forget_oldest(self._removed)
            if self._is_event(change, identifier):
                yield copy.deepcopy(
                    {
                        "type": change.type,
                        "scheduled_task": change.task,
                        "previous": change.previous,
                        "meta": {"uuid": self._unique_uuid(identifier)},
                    }
                )
        self._listing = after

    def _unique_uuid(self, identifier: str) -> str:
        """Return ``identifier``, or another UUID if an event had it: a task may go back to a state that it was in.

        With persistence, ansible-rulebook would take the second event for a repetition of the first.
        """
        times = self._event_counts.pop(identifier, 0)
        self._event_counts[identifier] = times + 1
        _forget_oldest(self._event_counts)
        return str(uuid.uuid5(uuid.UUID(identifier), str(times))) if times else identifier

    def _is_event(self, change: Change, identifier: str) -> bool:
        """Return whether to report ``change``, whose UUID is ``identifier``."""
        if change.previous is not None:
            return True
        if change.type == "created":
            return self._listing is not None
        removed = self._removed.pop(change.task["id"], None)
        return removed != identifier if removed else bool(change.task["last_execution_time"] > self._since)
