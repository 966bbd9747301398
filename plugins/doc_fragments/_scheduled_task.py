# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The query parameters of the list of scheduled tasks."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  enterprise_project_id:
    description:
      - Only tasks of this enterprise project, 1 to 128 characters. V(0) is the default project.
      - Whether leaving it out means all projects or only the default one is not known; the API reference calls V(0) the
        default of the parameter. It is sent only when it is given.
    type: str
  task_id:
    description:
      - Only the task with this ID, 26 characters that start with V(ST). Leave it out for all.
    type: str
  task_name:
    description:
      - Only tasks with this name. Leave it out for all. It can be used without O(task_id).
      - Whether a part of the name matches is not known.
    type: str
  scheduled_type:
    description:
      - Only tasks that run periodically (V(PERIODIC)), once (V(ONCE)), or by a cron expression (V(CRON)). Leave it out
        for all.
    type: str
    choices: [PERIODIC, ONCE, CRON]
  task_type:
    description:
      - Only tasks that run a script (V(SCRIPT)), or a runbook (V(RUNBOOK), called job in the console). Leave it out for
        both.
    type: str
    choices: [SCRIPT, RUNBOOK]
  associated_task_type:
    description:
      - Only tasks whose script or runbook is the account's own (V(CUSTOMIZATION)) or public (V(COMMUNAL)). Leave it out
        for both.
    type: str
    choices: [CUSTOMIZATION, COMMUNAL]
  risk_level:
    description:
      - Only tasks of this risk. Leave it out for all.
    type: str
    choices: [HIGH, MEDIUM, LOW]
  created_by:
    description:
      - Only tasks of this creator, at most 32 characters. Leave it out for all.
      - The API reference says that it is the IAM user ID; the vendor's own tests pass the user's name, and it matches.
        Try both.
    type: str
  reviewer:
    description:
      - Only tasks of this reviewer, an IAM user ID of at most 128 characters. Leave it out for all.
      - That the service filters by it is documented, not proven.
    type: str
  reviewer_user_name:
    description:
      - Only tasks of the reviewer of this name, at most 32 characters. Leave it out for all.
      - That the service filters by it is documented, not proven.
    type: str
  approve_status:
    description:
      - Only tasks whose approval was given (V(PASSED)), is waited for (V(PENDING)), or was refused (V(REJECTED)). Leave
        it out for all.
    type: str
    choices: [PASSED, PENDING, REJECTED]
  last_execution_status:
    description:
      - Only tasks whose latest execution is in this state; V(ABNORMAL) has failed. The API reference does not say more
        of the others than their names. Leave it out for all, those that never ran included.
      - That the service filters by it is documented, not proven.
    type: str
    choices: [READY, PROCESSING, ABNORMAL, PAUSED, CANCELED, FINISHED]
  last_execution_start_time:
    description:
      - Only tasks whose latest execution was after this time. Whether one at this very time counts is not known. Leave
        it out for no lower bound.
      - Milliseconds since the epoch (UTC), as in the API; or ISO 8601 with a zone, as in V(2026-01-31T08:00:00+08:00);
        or an age in weeks, days, hours, minutes and seconds, as in V(-24h) or V(-1d12h), by the clock of the machine
        that asks.
      - That the service filters by it is documented, not proven.
    type: str
  last_execution_end_time:
    description:
      - Only tasks whose latest execution was before this time. Whether one at this very time counts is not known. Takes
        what O(last_execution_start_time) takes, and not a time before it. Leave it out for no upper bound.
      - That the service filters by it is documented, not proven.
    type: str
  region_id:
    description:
      - Only tasks of this region, at most 128 characters, such as V(cn-north-4). Leave it out for all.
      - It does not choose the endpoint, O(region) does.
    type: str
  resource_id:
    description:
      - Only tasks that run on this one resource, at most 128 characters. Leave it out for all.
      - That the service filters by it is documented, not proven.
    type: str
"""

    # What a list that may begin and end anywhere adds.
    PAGING = r"""
options:
  marker:
    description:
      - >-
        Where to start: the task that follows this one, which is the
        RV(huaweicloud.coc.scheduled_task_info#module:next_marker) of an earlier query with the same filters, or the ID
        of its last task, which is what a marker is by the API reference. Leave it out to start with the first.
    type: str
  offset:
    description:
      - >-
        Where to start: how many of the tasks that match to skip, V(0) to V(2147483647). Leave it out to skip none.
      - Whether the service takes it together with O(marker) is not known.
    type: int
  limit:
    description:
      - The most tasks to return, V(1) or more. Leave it out to get all, however many. More than 1000 take several
        requests.
    type: int
"""

    # What a lookup adds: each option also comes from a variable.
    LOOKUP = r"""
options:
  enterprise_project_id:
    vars:
      - name: ansible_huaweicloud_enterprise_project_id
  task_id:
    vars:
      - name: ansible_huaweicloud_task_id
  task_name:
    vars:
      - name: ansible_huaweicloud_task_name
  scheduled_type:
    vars:
      - name: ansible_huaweicloud_scheduled_type
  task_type:
    vars:
      - name: ansible_huaweicloud_task_type
  associated_task_type:
    vars:
      - name: ansible_huaweicloud_associated_task_type
  risk_level:
    vars:
      - name: ansible_huaweicloud_risk_level
  created_by:
    vars:
      - name: ansible_huaweicloud_created_by
  reviewer:
    vars:
      - name: ansible_huaweicloud_reviewer
  reviewer_user_name:
    vars:
      - name: ansible_huaweicloud_reviewer_user_name
  approve_status:
    vars:
      - name: ansible_huaweicloud_approve_status
  last_execution_status:
    vars:
      - name: ansible_huaweicloud_last_execution_status
  last_execution_start_time:
    vars:
      - name: ansible_huaweicloud_last_execution_start_time
  last_execution_end_time:
    vars:
      - name: ansible_huaweicloud_last_execution_end_time
  region_id:
    vars:
      - name: ansible_huaweicloud_region_id
  resource_id:
    vars:
      - name: ansible_huaweicloud_resource_id
  marker:
    vars:
      - name: ansible_huaweicloud_marker
  offset:
    vars:
      - name: ansible_huaweicloud_offset
  limit:
    vars:
      - name: ansible_huaweicloud_limit
"""
