# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes of the tasks while the simulator runs.

A change is a dict of one of these forms; ``TASK`` is the ID, the name or the index of a task::

    {"task": TASK, "run": "ABNORMAL"}   # it ran just now, with that last_execution_status
    {"task": TASK, "set": {"approve_status": "PASSED"}}
    {"add": {"name": "a new task"}}     # the other fields get believable values
    {"remove": TASK}

A script is a list of changes, each with the time ``after``, in seconds (int or float) since the simulator started.
"""

from __future__ import annotations

import time

from .samples import sample_tasks

# Each kind of change, and the keys that it has.
KINDS = {"run": {"task", "run"}, "set": {"task", "set"}, "add": {"add"}, "remove": {"remove"}}


def apply_change(tasks, change, now):
    """Return ``tasks`` (list of dict) after a change at ``now`` (seconds), and the task (dict) that it is about.

    Neither the list nor a task in it is modified: whoever holds them keeps the state before.

    :raises ValueError: it is not a change, or there is no such task
    """
    kind = _kind(change)
    if kind == "add":
        task = _new_task(len(tasks), change["add"], int(now * 1000))
        return [*tasks, task], task
    index = _find(tasks, change["remove" if kind == "remove" else "task"])
    before, task, behind = tasks[:index], tasks[index], tasks[index + 1 :]
    if kind == "remove":
        return before + behind, task
    task = {**task, **(change["set"] if kind == "set" else _execution(task, change["run"], int(now * 1000)))}
    return [*before, task, *behind], task


def check_script(tasks, script):
    """Return the (time, change) pairs of a script, in the order of time.

    :raises ValueError: it is not a script, or one of its changes does not fit what those before it make of ``tasks``
    """
    if not isinstance(script, list):
        raise ValueError("a script is a list of changes")
    timed = []
    for step in script:
        after = step.get("after") if isinstance(step, dict) else None
        if not isinstance(after, (int, float)) or after < 0:
            raise ValueError(f"{step!r} has no time: after is a number of seconds")
        timed.append((after, {key: value for key, value in step.items() if key != "after"}))
    timed.sort(key=lambda pair: pair[0])
    for _after, change in timed:
        tasks, _task = apply_change(tasks, change, time.time())
    return timed


def _kind(change):
    for kind, keys in KINDS.items():
        if set(change) == keys and isinstance(change[kind], dict if kind in ("set", "add") else (str, int)):
            return kind
    raise ValueError(f"{change!r} is not a change: see tests/coc_simulator/changes.py")


def _find(tasks, which):
    """The index of the task that has this ID or name, or of the one with this index."""
    if isinstance(which, int) and -len(tasks) <= which < len(tasks):
        return which % len(tasks)
    found = [index for index, task in enumerate(tasks) if which in (task["id"], task["name"])]
    if len(found) != 1:
        raise ValueError(f"{len(found)} of {len(tasks)} tasks have the ID, name or index {which!r}")
    return found[0]


def _execution(task, status, now):
    """The fields that an execution changes."""
    return {
        "last_execution_time": now,
        "last_execution_status": status,
        "execution_count": task["execution_count"] + 1,
    }


def _new_task(index, fields, now):
    """A task that was created just now and never ran."""
    return {
        **sample_tasks(index + 1, seed=None)[index],
        "approve_status": "PASSED",
        "created_time": now,
        "modified_time": now,
        "last_execution_time": None,
        "last_execution_status": None,
        "execution_count": 0,
        **fields,
    }
