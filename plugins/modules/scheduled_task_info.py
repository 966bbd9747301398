#!/usr/bin/python
# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: scheduled_task_info
short_description: List the scheduled O&M tasks of Huawei Cloud COC
version_added: 1.0.0
description:
  - Lists the scheduled tasks of Cloud Operations Center (COC) that match all filters, however many there are.
  - The filters have the names and meanings of the query parameters of the API C(GET /v1/schedule/task).
  - The module runs on the target host and reads the environment variables and the profile file of that host, so most
    users run it on C(localhost). The lookup P(huaweicloud.coc.scheduled_task#lookup) does the same on the controller.
author:
  - huaweicloud.coc contributors (!UNKNOWN)
extends_documentation_fragment:
  - huaweicloud.coc._attributes
  - huaweicloud.coc._connection
  - huaweicloud.coc._scheduled_task
  - huaweicloud.coc._scheduled_task.paging
seealso:
  - plugin: huaweicloud.coc.scheduled_task
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: List all scheduled tasks of an account of the international site
  huaweicloud.coc.scheduled_task_info:
    region: ap-southeast-3
  register: all

- name: Show how many there are
  ansible.builtin.debug:
    msg: "{{ all.count }} scheduled tasks"

- name: List the tasks whose latest execution failed within a day
  huaweicloud.coc.scheduled_task_info:
    region: ap-southeast-3
    last_execution_status: ABNORMAL
    last_execution_start_time: -24h
  register: failed

- name: Name them
  ansible.builtin.debug:
    msg: "{{ failed.scheduled_tasks | map(attribute='name') }}"

- name: List the risky tasks that wait for approval, in one enterprise project
  huaweicloud.coc.scheduled_task_info:
    region: ap-southeast-3
    enterprise_project_id: "0"
    risk_level: HIGH
    approve_status: PENDING
  register: pending

- name: Name each with its reviewer
  ansible.builtin.debug:
    msg: "{{ item.name }} waits for {{ item.reviewer_user_name }}"
  loop: "{{ pending.scheduled_tasks }}"
  loop_control:
    label: "{{ item.id }}"

- name: List the first ten tasks that ran once and finished
  huaweicloud.coc.scheduled_task_info:
    region: ap-southeast-3
    scheduled_type: ONCE
    last_execution_status: FINISHED
    limit: 10
  register: first

- name: List the next ten
  huaweicloud.coc.scheduled_task_info:
    region: ap-southeast-3
    scheduled_type: ONCE
    last_execution_status: FINISHED
    limit: 10
    marker: "{{ first.next_marker }}"
  when: first.next_marker is not none
"""

RETURN = r"""
scheduled_tasks:
  description:
    - The tasks that match, in the service's order.
    - Each has all of these fields. A field that the service left out or left empty is null. Fields that are new in the
      service are kept.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the task, 26 characters that start with V(ST).
      returned: success
      type: str
    enterprise_project_id:
      description: ID of the enterprise project. V(0) is the default project.
      returned: success
      type: str
    name:
      description: Name of the task.
      returned: success
      type: str
    scheduled_type:
      description: One of V(PERIODIC), V(ONCE), V(CRON).
      returned: success
      type: str
    task_type:
      description: V(SCRIPT) or V(RUNBOOK), which the console calls job.
      returned: success
      type: str
    associated_task_type:
      description: V(CUSTOMIZATION) for a script or runbook of the account, V(COMMUNAL) for a public one.
      returned: success
      type: str
    risk_level:
      description: One of V(HIGH), V(MEDIUM), V(LOW).
      returned: success
      type: str
    created_by:
      description: IAM user ID of the creator.
      returned: success
      type: str
    created_user_name:
      description: Name of the creator.
      returned: success
      type: str
    update_by:
      description: Who last changed the task.
      returned: success
      type: str
    reviewer:
      description: IAM user ID of the reviewer. Null if there is none.
      returned: success
      type: str
    reviewer_user_name:
      description: Name of the reviewer. Null if there is none.
      returned: success
      type: str
    approve_status:
      description: One of V(PASSED), V(PENDING), V(REJECTED).
      returned: success
      type: str
    last_execution_time:
      description: Time of the latest execution, in milliseconds since the epoch (UTC). Null for a task that never ran.
      returned: success
      type: int
    last_execution_status:
      description:
        - State of the latest execution, one of V(READY), V(PROCESSING), V(ABNORMAL), V(PAUSED), V(CANCELED),
          V(FINISHED).
        - Null for a task that never ran.
      returned: success
      type: str
    execution_count:
      description: How often it ran.
      returned: success
      type: int
    enabled:
      description: Whether the schedule is switched on.
      returned: success
      type: bool
    created_time:
      description: Time of creation, in milliseconds since the epoch (UTC).
      returned: success
      type: int
    modified_time:
      description: Time of the last change, in milliseconds since the epoch (UTC).
      returned: success
      type: int
    region_id:
      description: Region of the task, such as V(cn-north-4).
      returned: success
      type: str
    associated_task_name:
      description: Name of the script or runbook.
      returned: success
      type: str
    associated_task_name_en:
      description: English name of the script or runbook. Null if there is none.
      returned: success
      type: str
  sample:
    - id: ST20260101000000000000demo
      enterprise_project_id: "0"
      name: nightly-backup
      scheduled_type: PERIODIC
      task_type: SCRIPT
      associated_task_type: CUSTOMIZATION
      risk_level: LOW
      created_by: 0123456789abcdef0123456789abcdef
      created_user_name: alice
      update_by: alice
      reviewer: null
      reviewer_user_name: null
      approve_status: PASSED
      last_execution_time: 1767225600000
      last_execution_status: FINISHED
      execution_count: 42
      enabled: true
      created_time: 1764547200000
      modified_time: 1764547200000
      region_id: cn-north-4
      associated_task_name: backup-database
      associated_task_name_en: null
count:
  description:
    - How many tasks match, by the service's count. These may be more than are returned if O(limit), O(offset) or
      O(marker) is set.
  returned: success
  type: int
  sample: 1
next_marker:
  description:
    - Value for O(marker) to continue a list that O(limit) cut. Null if the list is complete. If exactly O(limit) tasks
      match, the next part may be empty.
    - If the service gives no marker, it is the ID of the last task, which is what the API reference calls a marker.
  returned: success
  type: str
  sample: ST20260101000000000000demo
msg:
  description: What happened, and what to do.
  returned: failure
  type: str
  sample: "region: COC has no site for 'cn-south-1'. Set region to the region that stands for the site of your account."
status:
  description: HTTP status of the response. Null if there was none.
  returned: failure, unless Ansible itself refuses an option
  type: int
  sample: 403
error_code:
  description: Error code of the service or of the gateway in front of it. Null if there is none.
  returned: failure, unless Ansible itself refuses an option
  type: str
  sample: APIGW.0301
request_id:
  description: ID of the request, which Huawei Cloud support asks for. Null if there is none.
  returned: failure, unless Ansible itself refuses an option
  type: str
  sample: 0123456789abcdef0123456789abcdef
transient:
  description:
    - Whether the same request may succeed later, because the service was away or busy or the connection broke. False
      for what stays wrong until somebody changes it, such as an option or a key.
  returned: failure, unless Ansible itself refuses an option
  type: bool
  sample: false
retry_after:
  description:
    - How many seconds the service asks to wait before the next request. Null if it does not say.
    - A wait of up to a minute has been kept between the retries; for a longer one, the module fails at once.
  returned: failure, unless Ansible itself refuses an option
  type: int
  sample: 300
  version_added: 1.1.0
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.huaweicloud.coc.plugins.module_utils._client import Client
from ansible_collections.huaweicloud.coc.plugins.module_utils._credentials import find_credentials
from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._options import refuse_wrong_types, strip_blanks
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import list_tasks
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task_query import ARGUMENT_SPEC, build_query
from ansible_collections.huaweicloud.coc.plugins.module_utils._transport import require_requests


class Module(AnsibleModule):
    """A module for which a blank option counts as not set, and which refuses wrong types before Ansible does."""

    params: dict[str, t.Any]
    problem: CocError | None = None

    def _load_params(self) -> None:
        super()._load_params()
        self.params = strip_blanks(self.params)
        try:
            refuse_wrong_types(self.params, ARGUMENT_SPEC)
        except CocError as error:
            self.problem = error  # failing needs what AnsibleModule sets up later
            self.params = {name: value for name, value in self.params.items() if name.startswith("_ansible_")}


def main() -> None:
    module = Module(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)

    def warn(_key: str, text: str) -> None:
        module.warn(text)

    try:
        require_requests()
        if module.problem:
            raise module.problem
        query = build_query(module.params)
        with Client(module.params, find_credentials(module.params, warn), warn) as client:
            listing = list_tasks(client, query)
    except CocError as error:
        module.fail_json(**error.as_result())
    module.exit_json(changed=False, **listing)


if __name__ == "__main__":
    main()
