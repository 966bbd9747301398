# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Event source: what changes among the scheduled tasks of COC."""

from __future__ import annotations

DOCUMENTATION = r"""
name: scheduled_task
short_description: Turn changes of scheduled O&M tasks of Huawei Cloud COC into events
version_added: 1.1.0
description:
  - Lists the scheduled tasks of Cloud Operations Center (COC) that match all filters, again and again, and emits an
    event for each kind of change since the listing before. The first listing brings no events, except for executions
    after O(since).
  - The options that filter have the names and meanings of the query parameters of the API C(GET /v1/schedule/task).
  - >-
    C(event.type) is C(execution) if C(last_execution_time), C(last_execution_status) or C(execution_count) of a task
    changed; C(approval) if its C(approve_status) changed; C(definition) if any other field of it changed; C(created) if
    it was not listed before; C(removed) if it is no longer listed. A task that is not listed was deleted, or does not
    match the filters.
  - C(event.scheduled_task) has the fields of RV(huaweicloud.coc.scheduled_task_info#module:scheduled_tasks); for
    C(removed), the last known ones. C(event.previous) has those of the listing before, and is null for C(created).
  - A task that was not listed before and has been executed meanwhile gives C(created) and an C(execution) whose
    C(event.previous) is null. It is null, too, for an execution after O(since) that the first listing brings.
  - >-
    If a listing fails, after the retries, one event with the type C(failure) says why in C(event.failure), which has
    C(msg), C(status), C(error_code), C(request_id), C(transient) and C(retry_after). The source goes on listing, with
    pauses that grow up to ten times O(interval) or five minutes, whichever is longer; a longer one that the service
    asks for is kept, up to a day. C(recovery) is the type of the event when listing works again. It has the
    latest C(event.failure), and in C(event.duration) the seconds since the first listing that failed. Whatever changed
    meanwhile follows it.
  - After HTTP status 401 the source sends nothing more with those credentials, because repeated failures lock the
    access key. It says so in another C(failure) and in the log, and stays alive. At each O(interval) it looks at where
    the credentials come from, and lists again once they have changed. If the clock of the machine is the likely reason,
    it also lists again once that clock has been set.
  - Wrong options and missing credentials end the rulebook with a message, before anything is sent.
  - >-
    C(event.meta.uuid) of a change follows from the endpoint, the task, the type and the new state. With persistence,
    ansible-rulebook drops an event whose UUID it has seen, also after a restart.
  - The source reads the environment variables and the profile file of the machine that runs ansible-rulebook, and reads
    the credentials again for each listing. Temporary ones are renewed before they end.
author:
  - huaweicloud.coc contributors (!UNKNOWN)
extends_documentation_fragment:
  - huaweicloud.coc._connection
  - huaweicloud.coc._scheduled_task
options:
  filters:
    description:
      - Options that filter, by name. With it, one variable of a rulebook can hold all filters.
      - An option of the source itself wins over the one of the same name in here.
    type: dict
    version_added: 2.0.0
  interval:
    description:
      - Seconds from the start of one listing to the start of the next, V(1) to V(86400).
      - Several executions of a task within this time are one event.
    type: int
    default: 60
  since:
    description:
      - Executions after this time are events, even if they are over when the rulebook starts.
      - >-
        Takes what O(last_execution_start_time) takes: milliseconds since the epoch, ISO 8601 with a zone, or an age
        such as V(-1h). An age counts from the start of the rulebook. Put a time in quotes: ansible-rulebook cannot hand
        on what YAML makes of it without.
      - If not set, it is the time when the rulebook starts.
    type: str
requirements:
  - ansible-core 2.16 or later, in the Python environment of ansible-rulebook
notes:
  - Filter by what rarely changes, and leave states such as C(last_execution_status) to the conditions of rules. A task
    that a filter lets in or out for its state is C(created) or C(removed), although nobody created or removed it.
  - ansible-rulebook itself logs the options of sources with C(-vv), secrets included. Give secrets by environment
    variables or by the profile file.
  - An age in O(last_execution_start_time) or O(last_execution_end_time) counts from each listing.
seealso:
  - module: huaweicloud.coc.scheduled_task_info
  - plugin: huaweicloud.coc.scheduled_task
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Failed tasks
  hosts: localhost
  sources:
    - huaweicloud.coc.scheduled_task:
        region: ap-southeast-3
        interval: 60
  rules:
    - name: Name each execution that failed
      condition: event.type == "execution" and event.scheduled_task.last_execution_status == "ABNORMAL"
      action:
        debug:
          msg: "{{ event.scheduled_task.name }} failed"

    - name: Say that COC cannot be watched
      condition: event.type == "failure"
      action:
        debug:
          msg: "{{ event.failure.msg }}"

- name: Approvals of risky tasks, and failures while the rulebook was not running
  hosts: localhost
  sources:
    - huaweicloud.coc.scheduled_task:
        region: ap-southeast-3
        risk_level: HIGH
        since: -2h
  rules:
    - name: Name each task that waits for approval
      condition: event.scheduled_task.approve_status == "PENDING" and event.type in ["created", "approval"]
      action:
        debug:
          msg: "{{ event.scheduled_task.name }} waits for {{ event.scheduled_task.reviewer_user_name }}"

    - name: Name each execution that failed, also in the two hours before the start
      condition: event.type == "execution" and event.scheduled_task.last_execution_status == "ABNORMAL"
      action:
        debug:
          msg: "{{ event.scheduled_task.name }} failed"
"""

import asyncio
import contextlib
import logging
import sys
import time
import typing as t
import uuid

from ansible.plugins.loader import init_plugin_loader
from ansible.utils.collection_loader._collection_config import AnsibleCollectionConfig

if not AnsibleCollectionConfig.collection_finder:  # collections cannot be imported yet
    hooks = sys.path_hooks[:]
    init_plugin_loader()
    # Its hook takes site-packages/ansible_rulebook for a part of site-packages/ansible, so that ansible-rulebook cannot
    # load its own filters any more. Importing works without the hook.
    sys.path_hooks[:] = hooks
    sys.path_importer_cache.clear()

from ansible_collections.huaweicloud.coc.plugins.module_utils._client import Client, Reply
from ansible_collections.huaweicloud.coc.plugins.module_utils._credentials import Identity, find_credentials
from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import ClockError, CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._options import (
    ArgumentSpec,
    resolve_aliases,
    strip_blanks,
)
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import list_tasks
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task_query import (
    ARGUMENT_SPEC,
    PAGING,
    QUERY_PARAMETERS,
    build_query,
    parse_time,
)
from ansible_collections.huaweicloud.coc.plugins.module_utils._transport import require_requests
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._scheduled_task_events import ChangeTracker
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._validation import refuse_unknown, validate

LOGGER = logging.getLogger("huaweicloud.coc.scheduled_task")
PLUGIN = "the event source huaweicloud.coc.scheduled_task"
SOURCE_SPEC: ArgumentSpec = {
    **{name: spec for name, spec in ARGUMENT_SPEC.items() if name not in PAGING},
    "filters": {"type": "dict"},
    "interval": {"type": "int", "default": 60},
    "since": {"type": "str"},
}
FILTERS = {name: spec for name, spec in QUERY_PARAMETERS.items() if name not in PAGING}
LONGEST_INTERVAL = 86400  # seconds
CLOCK_JUMP = 60  # seconds
STOPPED = (
    "Nothing more is sent with these credentials, so that the access key is not locked. Replace them: a profile file "
    "and a token file are read again at each interval; for anything else, start the rulebook again."
)
STOPPED_BY_CLOCK = (
    "Nothing more is sent until the clock of this machine is set or the credentials are replaced, so that the access "
    "key is not locked."
)

Warn = t.Callable[[str, str], None]
FailureFields = t.Dict[str, t.Any]  # event.failure; {} before there is one


async def main(queue: asyncio.Queue[t.Any], args: dict[str, t.Any]) -> None:
    """Put events into ``queue`` until cancelled. Raises CocError for options that cannot be used."""
    started = time.monotonic()
    options = check_options(args)
    warned: set[str] = set()

    def warn(key: str, text: str) -> None:
        if key not in warned:
            warned.add(key)
            LOGGER.warning("%s", text)

    require_requests()
    identity = find_credentials(options, warn)
    with Client(options, identity, warn) as client:  # which also checks options
        endpoint = client.endpoint
    tracker: ChangeTracker | None = None
    LOGGER.info("Listing the scheduled tasks of %s every %d seconds", endpoint, options["interval"])
    failures, failing_since = 0, 0.0
    reported: FailureFields = {}
    while True:
        listed_at = time.monotonic()
        try:
            found = find_credentials(options, warn)
            if found.key != identity.key:  # else what an exchange returned may still be valid
                identity = found
            tasks, service_clock = await list_all_tasks(options, identity, warn)
        except CocError as error:
            failing_since = failing_since if failures else listed_at
            failures += 1
            reported = await report_failure(queue, error, reported)
            if error.status == 401:
                await wait_after_refusal(error, identity, options, warn)
            else:
                await asyncio.sleep(pause_after_failure(options["interval"], failures, error.retry_after))
            continue
        if failures:
            duration = round(time.monotonic() - failing_since)
            LOGGER.warning("Listing the scheduled tasks of %s works again, after %d seconds", endpoint, duration)
            recovery = {"type": "recovery", "failure": reported, "duration": duration}
            await queue.put({**recovery, "meta": {"uuid": str(uuid.uuid4())}})
            failures, reported = 0, {}
        if tracker is None:  # only the first reply says what the service's clock was at the start
            begin = started + service_clock
            since = parse_time("since", options["since"], begin) if options["since"] else int(begin * 1000)
            tracker = ChangeTracker(endpoint, since)
        for event in tracker.events(tasks):
            await queue.put(event)
            await asyncio.sleep(0)  # a queue without bounds lets nobody else run
        await asyncio.sleep(max(1, options["interval"] - (time.monotonic() - listed_at)))


def check_options(args: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return all of :data:`SOURCE_SPEC`, from those that the rulebook gives. Raises :class:`CocError`."""
    values = resolve_aliases(strip_blanks(args), SOURCE_SPEC)
    filters = values.pop("filters", {})
    if not isinstance(filters, dict):
        raise CocError("filters: takes a dictionary of options that filter, such as {risk_level: HIGH}.")
    refuse_unknown(filters, FILTERS, f"the option filters of {PLUGIN}")
    values = {**strip_blanks(filters), **values}
    for name in PAGING:
        if name in values:
            raise CocError(f"{name}: {PLUGIN} always compares all tasks that match. Leave {name} out.")
    refuse_unknown(values, SOURCE_SPEC, PLUGIN)
    options = validate(values, SOURCE_SPEC)
    if not 1 <= options["interval"] <= LONGEST_INTERVAL:
        raise CocError(f"interval: {options['interval']} is out of range; it takes 1 to {LONGEST_INTERVAL} seconds.")
    build_query(options)
    if options["since"]:
        parse_time("since", options["since"], time.time())
    return options


class ListingClient(Client):
    """A client for one listing. ``service_clock`` is the time of the service minus ``time.monotonic()``."""

    service_clock: float | None = None

    def get(self, path: str, query: t.Mapping[str, object], permission: str, note: str = "") -> Reply:
        """Return the reply, see :meth:`Client.get`."""
        reply = super().get(path, query, permission, note)
        if self.service_clock is None:
            self.service_clock = (reply.date or time.time()) - time.monotonic()
        return reply


async def list_all_tasks(
    options: t.Mapping[str, t.Any], identity: Identity, warn: Warn
) -> tuple[list[dict[str, t.Any]], float]:
    """Return all tasks that match, and the service's clock.

    Raises :class:`CocError` for a listing that may be incomplete: a missing task would be taken for a removed one.
    """
    client = ListingClient(options, identity, warn)
    with client:
        try:
            listing = await asyncio.to_thread(list_tasks, client, build_query(options))
        finally:
            client.abort()  # if the rulebook ends meanwhile, this ends the thread
    tasks, count = listing["scheduled_tasks"], listing["count"]
    if len(tasks) < count:
        raise CocError(
            f"{client.endpoint} counts {count} tasks, but repeated some and returned {len(tasks)} different ones. "
            "This listing is not compared with others, since a task may be missing from it.",
            transient=True,
        )
    return tasks, client.service_clock or 0.0


async def report_failure(queue: asyncio.Queue[t.Any], error: CocError, reported: FailureFields) -> FailureFields:
    """Report ``error``, unless ``reported``, the last report of this outage, says enough. Return the last report."""
    if reported and error.status != 401 and (error.status != 403 or reported["status"] == 403):
        return reported
    note = "" if error.status != 401 else STOPPED_BY_CLOCK if isinstance(error, ClockError) else STOPPED
    failure = {**error.as_result(), "msg": f"{error.msg} {note}".rstrip()}
    LOGGER.error("%s", failure["msg"])
    await queue.put({"type": "failure", "failure": failure, "meta": {"uuid": str(uuid.uuid4())}})
    return failure


async def wait_after_refusal(error: CocError, refused: Identity, options: t.Mapping[str, t.Any], warn: Warn) -> None:
    """Wait until the credentials have changed or, if the clock of this machine was to blame, until it has been set.

    If the source ended instead, a controller would start it again, and the key would be refused again.
    """
    clock = time.time() - time.monotonic()
    while True:
        await asyncio.sleep(options["interval"])
        if isinstance(error, ClockError) and abs(time.time() - time.monotonic() - clock) >= CLOCK_JUMP:
            return
        with contextlib.suppress(CocError):  # there are none, or the file is being written
            if find_credentials(options, warn).key != refused.key:  # whatever an exchange returned
                return


def pause_after_failure(interval: int, failures: int, retry_after: int | None) -> int:
    """Return how many seconds to wait after so many failures in a row.

    Pauses double from ``interval`` up to ten intervals or five minutes, whichever is longer. A longer one that the
    service asks for is kept, up to a day.
    """
    growing: int = min(interval * 2 ** min(failures - 1, 10), max(10 * interval, 300))
    return max(growing, min(retry_after or 0, LONGEST_INTERVAL))
