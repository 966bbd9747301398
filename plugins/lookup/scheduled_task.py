# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: scheduled_task
short_description: List the scheduled O&M tasks of Huawei Cloud COC
version_added: 1.0.0
description:
  - Returns the scheduled tasks of Cloud Operations Center (COC) that match all given filters, whatever their number.
  - The options that filter have the names and meanings of the query parameters of the API C(GET /v1/schedule/task).
  - A lookup runs on the controller. It reads the environment variables and the profile file of the controller.
  - Each option also comes from a variable C(ansible_huaweicloud_<option>), which a keyword outranks. An unknown
    keyword is an error, and so is a variable that looks like a typo of one of these options. Other variables with this
    prefix are left alone.
  - A lookup in C(vars) asks the service again at every use, for every host. Where it is used more than once, keep its
    result with M(ansible.builtin.set_fact).
author:
  - huaweicloud.coc contributors (!UNKNOWN)
extends_documentation_fragment:
  - huaweicloud.coc._connection
  - huaweicloud.coc._connection.lookup
  - huaweicloud.coc._scheduled_task
  - huaweicloud.coc._scheduled_task.lookup
options:
  _terms:
    description:
      - IDs of tasks. Each is asked for by itself, on one connection, and the results come in this order.
      - Without any, all tasks that match are returned. A list that is empty returns nothing, but do not rely on it in
        C(with_huaweicloud.coc.scheduled_task), where Ansible hands over both alike.
    type: list
    elements: str
  on_missing:
    description:
      - What to do about a term that no task matches. V(error) fails, V(warn) warns and goes on, V(skip) just goes on.
    type: str
    choices: [error, warn, skip]
    default: error
    vars:
      - name: ansible_huaweicloud_on_missing
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

- name: Ask once and keep the answer
  ansible.builtin.set_fact:
    failed: "{{ query('huaweicloud.coc.scheduled_task', region='ap-southeast-3',
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
from ansible_collections.huaweicloud.coc.plugins.module_utils._options import without_blanks
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task_query import ARGUMENT_SPEC
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._shared_run import SharedRun

# A private keyword: no variable fills in for an option that is not given. Extra variables, which win over those of a
# host, would mix the accounts of the playbooks.
ONLY_KEYWORDS = "_only_keywords"

# ansible-core would parse it again in each fork, a third of the time of a use, for an option handling that _given
# replaces. Whatever shows the documentation reads this file as text.
del DOCUMENTATION

display = Display()

VARIABLE_PREFIX = "ansible_huaweicloud_"
OPTIONS: dict[str, dict[str, t.Any]] = {
    **ARGUMENT_SPEC,
    "cache_timeout": {"type": "int", "default": 0},
    "on_missing": {"type": "str", "choices": ["error", "warn", "skip"], "default": "error"},
}
ALIASES = {alias: name for name, spec in OPTIONS.items() for alias in spec.get("aliases", ())}
ENVIRONMENT = ("HUAWEICLOUD_", "HW_", "REQUESTS_CA_BUNDLE", "HOME")


class LookupModule(LookupBase):
    def run(
        self, terms: list[t.Any], variables: dict[str, t.Any] | None = None, **kwargs: t.Any
    ) -> list[dict[str, t.Any]]:
        shared = SharedRun(display.warning)
        task_ids = [str(term) for term in self._flatten(terms)]
        try:
            given = self._given(variables or {}, kwargs)
            prefixed = [name for name in variables or {} if name.startswith(VARIABLE_PREFIX)]
            environment = {name: value for name, value in os.environ.items() if name.startswith(ENVIRONMENT)}
            asked = [given, prefixed, task_ids, environment]
            result = shared.recall(asked)
            if result is None:
                result = _ask(shared, asked)
            if not terms:
                return result["found"][""]
            return [task for task_id in task_ids for task in _tasks_of(task_id, result, given.get("on_missing"))]
        except CocError as error:
            raise AnsibleLookupError(error.msg) from error

    def _given(self, variables: dict[str, t.Any], direct: dict[str, t.Any]) -> dict[str, t.Any]:
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


def _ask(shared: SharedRun, asked: list[t.Any]) -> dict[str, t.Any]:
    """Check a call and return its result, from the service or from another fork of this run."""
    # imported here, since a result that is kept for the very same call needs no check
    from ansible_collections.huaweicloud.coc.plugins.plugin_utils._scheduled_task_call import check_call

    given, prefixed, task_ids, _environment = asked
    call = check_call(given, prefixed, task_ids, OPTIONS, shared.warn)

    def fetch() -> dict[str, t.Any]:
        return {"endpoint": call.endpoint, "found": shared.send(call.key, lambda: call.fetch(shared.warn))}

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
