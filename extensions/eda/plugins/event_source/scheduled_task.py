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
    C(event.previous) is null. An execution after O(since) that the first listing brings has no C(event.previous)
    either.
  - >-
    If a listing fails, after the retries, one event with the type C(failure) says why in C(event.failure), which has
    C(msg), C(status), C(error_code), C(request_id), C(transient) and C(retry_after). The source goes on asking, with
    pauses that grow up to ten times O(interval) or five minutes, whichever is longer. C(recovery) is the type of the
    event when listing works again. Whatever changed meanwhile follows it.
  - After HTTP status 401 or 403 the source asks no more until the rulebook is started again, because repeated failures
    lock the access key. It says so in C(event.failure.msg) and in the log, and stays alive.
  - Wrong options and missing credentials end the rulebook with a message, before anything is sent.
  - >-
    C(event.meta.uuid) of a change follows from the endpoint, the task, the type and the new state. With persistence,
    ansible-rulebook drops an event whose UUID it has seen, also after a restart.
  - The source reads the environment variables and the profile file of the machine that runs ansible-rulebook, and reads
    the credentials again for each listing.
author:
  - huaweicloud.coc contributors (!UNKNOWN)
extends_documentation_fragment:
  - huaweicloud.coc._connection
  - huaweicloud.coc._scheduled_task
options:
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
        Takes what O(last_execution_start_time) takes: milliseconds since the epoch, ISO 8601 with a zone, or an age such
        as V(-1h). An age counts from the start of the rulebook, by the clock of this machine.
      - If not set, it is the time when the rulebook starts.
    type: str
requirements:
  - ansible-core 2.16 or later, in the Python environment of ansible-rulebook
notes:
  - Filter by what rarely changes, and leave states such as C(last_execution_status) to the conditions of rules. A task
    that a filter lets in or out for its state is C(created) or C(removed), although nobody created or removed it.
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

- name: Approvals of risky tasks, and executions while the rulebook was not running
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
"""
