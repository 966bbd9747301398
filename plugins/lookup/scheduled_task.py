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
    is an error, and so is a variable that looks like a typo of one of these options. Other variables with this prefix
    are left alone.
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
  cache_timeout:
    description:
      - For how many seconds a result is kept for the other uses of the lookup in the same run, on whatever host, with
        the same filters, terms, endpoint and credentials. With V(0), each use asks the service.
      - Uses that come while the service is asked wait, and share the result or the failure. Failures are not kept.
      - The results are files in the temporary folder of the run, which only its user can read, and which ansible-core
        deletes at the end. Other runs never see them.
    type: int
    default: 0
    version_added: 1.1.0
    vars:
      - name: ansible_huaweicloud_cache_timeout
  on_missing:
    description:
      - What to do if no task has one of the IDs. V(error) fails, V(warn) warns and continues, V(skip) continues.
    type: str
    choices: [error, warn, skip]
    default: error
    vars:
      - name: ansible_huaweicloud_on_missing
notes:
  - A key that the service refused with HTTP 401 is not sent again by any lookup of the same run, whatever
    O(cache_timeout) is. The other uses fail at once with the same message.
seealso:
  - module: huaweicloud.coc.scheduled_task_info
"""

EXAMPLES = r"""
- name: Show the name of every risky task
  ansible.builtin.debug:
    msg: "{{ item.name }}"
  loop: "{{ query('huaweicloud.coc.scheduled_task', region='ap-southeast-3', risk_level='HIGH') }}"
  loop_control:
    label: "{{ item.id }}"

- name: Ask once for all hosts and tasks of a play
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
from ansible_collections.huaweicloud.coc.plugins.module_utils._options import (
    VARIABLE_PREFIX,
    find_aliases,
    without_blanks,
)
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task_query import ARGUMENT_SPEC
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._shared_run import SharedRun

# A private keyword: no variable fills in for an option that is not given. Extra variables, which win over those of a
# host, would mix the accounts of the playbooks.
ONLY_KEYWORDS = "_only_keywords"

# ansible-core would parse it again in each fork, a third of the time of a use, for an option handling that
# _given_options replaces. Whatever shows the documentation reads this file as text.
del DOCUMENTATION

display = Display()

OPTIONS: dict[str, dict[str, t.Any]] = {
    **ARGUMENT_SPEC,
    "cache_timeout": {"type": "int", "default": 0},
    "on_missing": {"type": "str", "choices": ["error", "warn", "skip"], "default": "error"},
}
ALIASES = find_aliases(OPTIONS)
ENVIRONMENT = ("HUAWEICLOUD_", "HW_", "REQUESTS_CA_BUNDLE", "HOME")


class LookupModule(LookupBase):
    def run(
        self, terms: list[t.Any], variables: dict[str, t.Any] | None = None, **kwargs: t.Any
    ) -> list[dict[str, t.Any]]:
        shared = SharedRun(display.warning)
        task_ids = [str(term) for term in self._flatten(terms)] if terms else None  # an empty list is for no task
        try:
            given = self._given_options(variables or {}, kwargs)
            prefixed = [name for name in variables or {} if name.startswith(VARIABLE_PREFIX)]
            environment = {name: value for name, value in os.environ.items() if name.startswith(ENVIRONMENT)}
            asked = [given, prefixed, task_ids, environment]
            result = shared.recall(asked)
            if result is None:
                result = _fetch_or_share(shared, asked)
            found: dict[str, list[dict[str, t.Any]]] = result["found"]
            if task_ids is None:
                return found[""]
            return [task for task_id in task_ids for task in _tasks_of(task_id, result, given.get("on_missing"))]
        except CocError as error:
            raise AnsibleLookupError(error.msg) from error

    def _given_options(self, variables: dict[str, t.Any], direct: dict[str, t.Any]) -> dict[str, t.Any]:
        """Return the options that were given, by keywords and by variables, without blank ones.

        Not by ``set_options``: ansible-core turns ``validate_certs: maybe`` into *false* without a word, ignores
        unknown keywords, refuses a blank choice, and does not template variables.
        """
        direct.pop("wantlist", None)  # with_ adds it before ansible-core 2.19
        direct = {ALIASES.get(name, name): value for name, value in direct.items()}
        if direct.pop(ONLY_KEYWORDS, False):
            return without_blanks(direct)
        templar: t.Any = self._templar  # declared optional, but whoever loads a lookup gives one
        by_variable = {
            name: templar.template(variables[VARIABLE_PREFIX + name])
            for name in OPTIONS
            if VARIABLE_PREFIX + name in variables
        }
        return {**without_blanks(by_variable), **without_blanks(direct)}


def _fetch_or_share(shared: SharedRun, asked: list[t.Any]) -> dict[str, t.Any]:
    """Check a call and return its result, from the service or from another fork of this run."""
    # imported here, since a result that is kept for the very same call needs no check
    from ansible_collections.huaweicloud.coc.plugins.plugin_utils._scheduled_task_call import check_call

    given, prefixed, task_ids, _environment = asked
    call = check_call(given, prefixed, task_ids, OPTIONS, shared.warn)

    def fetch() -> dict[str, t.Any]:
        return {"endpoint": call.endpoint, "found": call.fetch(shared)}

    max_age: int = call.options["cache_timeout"]
    if not max_age:
        return fetch()
    return shared.get(asked, call.question, call.profile, max_age, fetch)


def _tasks_of(task_id: str, result: dict[str, t.Any], on_missing: str | None) -> list[dict[str, t.Any]]:
    """Return the task with this ID in a list, which is empty if ``on_missing`` allows that it does not exist."""
    found: list[dict[str, t.Any]] = result["found"][task_id]
    if not found and on_missing != "skip":
        problem = f"{task_id}: {result['endpoint']} has no such task, or the other filters exclude it."
        if on_missing != "warn":
            raise CocError(f"{problem} To continue without it, use on_missing=warn or on_missing=skip.")
        display.warning(problem)
    return found
