# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The query parameters of the list of scheduled tasks."""

from __future__ import annotations

from ansible_collections.huaweicloud.coc.plugins.module_utils._options import VARIABLE_PREFIX
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task_query import QUERY_PARAMETERS


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  enterprise_project_id:
    description:
      - Only tasks of this enterprise project, 1 to 128 characters. V(0) is the default project.
      - Whether omitting it means all projects or only the default one is unknown; the API reference gives V(0) as the
        default of the parameter. It is sent only if set.
    type: str
  task_id:
    description:
      - Only the task with this ID, 26 characters that start with V(ST).
    type: str
  task_name:
    description:
      - Only tasks with this name. It can be used without O(task_id).
      - Whether a part of the name matches is unknown.
    type: str
  scheduled_type:
    description:
      - Only tasks that run periodically (V(PERIODIC)), once (V(ONCE)), or by a cron expression (V(CRON)).
    type: str
    choices: [PERIODIC, ONCE, CRON]
  task_type:
    description:
      - Only tasks that run a script (V(SCRIPT)), or a runbook (V(RUNBOOK), called job in the console).
    type: str
    choices: [SCRIPT, RUNBOOK]
  associated_task_type:
    description:
      - Only tasks whose script or runbook is the account's own (V(CUSTOMIZATION)) or public (V(COMMUNAL)).
    type: str
    choices: [CUSTOMIZATION, COMMUNAL]
  risk_level:
    description:
      - Only tasks of this risk.
    type: str
    choices: [HIGH, MEDIUM, LOW]
  created_by:
    description:
      - Only tasks of this creator, at most 32 characters.
      - The IAM user ID according to the API reference; the vendor's own tests pass the user's name, and it matches. Try
        both.
    type: str
  reviewer:
    description:
      - Only tasks of this reviewer, an IAM user ID of at most 128 characters.
      - Documented by the API; not verified against the live service.
    type: str
  reviewer_user_name:
    description:
      - Only tasks of the reviewer of this name, at most 32 characters.
      - Documented by the API; not verified against the live service.
    type: str
  approve_status:
    description:
      - Only tasks whose approval was given (V(PASSED)), is pending (V(PENDING)), or was refused (V(REJECTED)).
    type: str
    choices: [PASSED, PENDING, REJECTED]
  last_execution_status:
    description:
      - Only tasks whose latest execution is in this state; V(ABNORMAL) means failed. The API reference only names the
        others. If omitted, tasks that never ran are included.
      - Documented by the API; not verified against the live service.
    type: str
    choices: [READY, PROCESSING, ABNORMAL, PAUSED, CANCELED, FINISHED]
  last_execution_start_time:
    description:
      - Only tasks whose latest execution was after this time. Whether the bound itself counts is unknown.
      - Milliseconds since the epoch (UTC), as in the API; or ISO 8601 with a zone, as in V(2026-01-31T08:00:00+08:00);
        or an age in weeks, days, hours, minutes and seconds, as in V(-24h) or V(-1d12h), by the clock of the machine
        that runs this.
      - Times before 2000 and after 2199 are refused, except for V(0) and V(9000000000000000); so is a start that is
        more than a day in the future.
      - Documented by the API; not verified against the live service.
    type: str
  last_execution_end_time:
    description:
      - Only tasks whose latest execution was before this time. Whether the bound itself counts is unknown. Takes the
        same values as O(last_execution_start_time), and must not be before it.
      - Documented by the API; not verified against the live service.
    type: str
  region_id:
    description:
      - Only tasks of this region, at most 128 characters, such as V(cn-north-4).
      - It does not choose the endpoint; O(region) does.
    type: str
  resource_id:
    description:
      - Only tasks that run on this one resource, at most 128 characters.
      - Documented by the API; not verified against the live service.
    type: str
"""

    # What a list that may begin and end anywhere adds.
    PAGING = r"""
options:
  marker:
    description:
      - >-
        Start after this task: the RV(huaweicloud.coc.scheduled_task_info#module:next_marker) of an earlier query with
        the same filters, or the ID of its last task, which the API reference calls a marker.
    type: str
  offset:
    description:
      - >-
        How many of the tasks that match to skip, V(0) to V(2147483647).
      - Whether the service accepts it together with O(marker) is unknown.
    type: int
  limit:
    description:
      - How many tasks to return at most, V(1) or more. If omitted, all tasks are returned, with one request for each
        1000.
    type: int
"""

    # What a lookup adds: each option also comes from a variable, and results can be kept.
    LOOKUP = r"""
options:
  cache_timeout:
    description:
      - For how many seconds a result is kept for other uses of the lookups in the same run, on whatever host, with the
        same filters, IDs, endpoint and credentials. With V(0), it is not kept.
      - Uses that come during the request wait, and share its result or its failure, whatever this option is. Failures
        are not kept.
      - The results are files in the temporary folder of the run, which only its user can read, and which ansible-core
        deletes at the end. Other runs never see them.
    type: int
    default: 0
    version_added: 1.1.0
    vars:
      - name: ansible_huaweicloud_cache_timeout
"""


for name in QUERY_PARAMETERS:
    ModuleDocFragment.LOOKUP += f"  {name}:\n    vars:\n      - name: {VARIABLE_PREFIX}{name}\n"
