# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: scheduled_task
short_description: List the scheduled O&M tasks of Huawei Cloud COC
version_added: 1.0.0
description:
  - Returns the scheduled tasks of Cloud Operations Center (COC) that match all filters, however many there are.
  - The filters have the names and meanings of the query parameters of the API C(GET /v1/schedule/task).
  - A lookup runs on the controller. It reads the environment variables and the profile file of the controller.
  - Each option also comes from a variable C(ansible_huaweicloud_<option>); a keyword wins over it. An unknown keyword
    is an error, and so is a variable that looks like a typo of one of these options or a shortened filter. Other
    variables with this prefix are left alone.
  - Ansible evaluates a lookup in C(vars) at every use, for every host. With O(cache_timeout), they all share one
    request.
author:
  - huaweicloud.coc contributors (!UNKNOWN)
extends_documentation_fragment:
  - huaweicloud.coc._connection
  - huaweicloud.coc._connection.lookup
  - huaweicloud.coc._scheduled_task
  - huaweicloud.coc._scheduled_task.paging
  - huaweicloud.coc._scheduled_task.lookup
options:
  _terms:
    description:
      - IDs of tasks. The tasks are returned in this order. Several IDs usually take one request.
      - Without any, all tasks that match are returned. An empty list returns nothing, but do not rely on it in
        C(with_huaweicloud.coc.scheduled_task), where Ansible passes the same as for no list.
    type: list
    elements: str
  on_missing:
    description:
      - What to do if no task has one of the IDs. V(error) fails, V(warn) warns and continues, V(skip) continues.
    type: str
    choices: [error, warn, skip]
    default: error
    vars:
      - name: ansible_huaweicloud_on_missing
notes:
  - A key that the service refused with HTTP 401 is not sent again by any lookup of the same run. The other uses fail at
    once with the same message.
seealso:
  - module: huaweicloud.coc.scheduled_task_info
  - plugin: huaweicloud.coc.scheduled_task_accounts
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Show the name of every risky task
  ansible.builtin.debug:
    msg: "{{ item.name }}"
  loop: "{{ query('huaweicloud.coc.scheduled_task', region='ap-southeast-3', risk_level='HIGH') }}"
  loop_control:
    label: "{{ item.id }}"

- name: Query once for all hosts and tasks of a play
  ansible.builtin.debug:
    msg: "{{ failed | length }} failed, {{ failed | selectattr('enabled') | length }} of them run again"
  vars:
    failed: "{{ query('huaweicloud.coc.scheduled_task', region='ap-southeast-3', cache_timeout=60,
                      last_execution_status='ABNORMAL', last_execution_start_time='-24h') }}"

- name: Show whether two tasks are switched on
  ansible.builtin.debug:
    msg: "{{ two | items2dict(key_name='name', value_name='enabled') }}"
  vars:
    two: "{{ query('huaweicloud.coc.scheduled_task', first_id, second_id, on_missing='warn') }}"
    first_id: ST20260101000000000000demo
    second_id: ST20260102000000000000demo
    ansible_huaweicloud_region: ap-southeast-3
"""

RETURN = r"""
_raw:
  description:
    - The tasks, with the fields of RV(huaweicloud.coc.scheduled_task_info#module:scheduled_tasks).
  type: list
  elements: dict
"""

import os
import typing as t

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display

from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._lookup_options import (
    LOOKUP_SPEC,
    Options,
    collect_options,
    result_key,
)
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._run_cache import RunCache
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._validation import validate

# ansible-core would parse it again in each fork, a third of the time of a use, for an option handling that
# collect_options replaces. Whatever shows the documentation reads this file as text.
del DOCUMENTATION

PLUGIN = "the lookup huaweicloud.coc.scheduled_task"

display = Display()


class LookupModule(LookupBase):
    def run(
        self, terms: list[t.Any], variables: dict[str, t.Any] | None = None, **kwargs: t.Any
    ) -> list[dict[str, t.Any]]:
        cache = RunCache(display.warning)
        # an empty list of IDs returns an empty list
        task_ids = [str(term).strip() for term in self._flatten(terms)] if terms else None
        on_missing = {"on_missing": "ansible_huaweicloud_on_missing"}
        try:
            collected = collect_options(PLUGIN, LOOKUP_SPEC, kwargs, variables or {}, self._templar, on_missing)
            options = validate(collected, LOOKUP_SPEC)
            max_age = options["cache_timeout"]
            result = cache.share(result_key(options, task_ids), lambda: _fetch(options, task_ids, cache), max_age)
            if task_ids is None:
                return t.cast(t.List[t.Dict[str, t.Any]], result["scheduled_tasks"])
            return [task for task_id in task_ids for task in result[task_id] or _missing(task_id, options)]
        except CocError as error:
            raise AnsibleLookupError(error.msg) from error


def _fetch(options: Options, task_ids: list[str] | None, cache: RunCache) -> t.Any:
    # imported here, because a result that another fork has fetched does not need it, above all requests and ssl
    from ansible_collections.huaweicloud.coc.plugins.plugin_utils._request import build_request

    request = build_request(options, task_ids, cache.warn)
    if task_ids == []:
        return {}
    from ansible_collections.huaweicloud.coc.plugins.plugin_utils._fetch import SharingClient, fetch

    with SharingClient(request, cache, cache.warn) as client:
        return fetch(client, request)


def _missing(task_id: str, options: Options) -> list[dict[str, t.Any]]:
    """Do what ``on_missing`` says if no task has this ID: raise :class:`CocError`, or return an empty list."""
    from ansible_collections.huaweicloud.coc.plugins.module_utils._endpoint import find_endpoint

    endpoint = find_endpoint(options, os.environ)
    problem = f"{task_id}: {endpoint} has no such task, or the other filters exclude it."
    if options["on_missing"] == "error":
        raise CocError(f"{problem} To continue without it, use on_missing=warn or on_missing=skip.")
    if options["on_missing"] == "warn":
        display.warning(problem)
    return []
