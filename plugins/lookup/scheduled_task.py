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

import os.path
import re
import typing as t
from difflib import get_close_matches

from ansible.errors import AnsibleLookupError
from ansible.module_utils.basic import missing_required_lib
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display

from ansible_collections.huaweicloud.coc.plugins.module_utils import _client, _credentials
from ansible_collections.huaweicloud.coc.plugins.module_utils._options import drop_blank, refuse_lists
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import (
    ARGUMENT_SPEC,
    NO_SUCH_TASK,
    build_query,
    check_task_id,
    list_tasks,
)
from ansible_collections.huaweicloud.coc.plugins.module_utils._transport import REQUESTS_IMPORT_ERROR

display = Display()

OPTIONS: dict[str, dict[str, t.Any]] = {
    **_client.ARGUMENT_SPEC,
    **_credentials.ARGUMENT_SPEC,
    **ARGUMENT_SPEC,
    "on_missing": {"type": "str", "choices": ["error", "warn", "skip"], "default": "error"},
}
ALIASES = {alias: name for name, spec in OPTIONS.items() for alias in spec.get("aliases", ())}
VARIABLE_PREFIX = "ansible_huaweicloud_"


class LookupModule(LookupBase):
    def run(
        self, terms: list[t.Any], variables: dict[str, t.Any] | None = None, **kwargs: t.Any
    ) -> list[dict[str, t.Any]]:
        if REQUESTS_IMPORT_ERROR:
            raise AnsibleLookupError(missing_required_lib("requests")) from REQUESTS_IMPORT_ERROR
        try:
            options = self._checked_options(variables or {}, kwargs)
            query = build_query(options)
            task_ids = [check_task_id("term", str(term)) for term in self._flatten(terms)]
            if terms and "task_id" in query:
                raise _client.CocError("task_id: give the IDs as terms or this option, not both.")
            credentials = _credentials.find_credentials(options, display.warning)
            with _client.Client(options, credentials, display.warning) as client:
                if not terms:
                    return list_tasks(client, query)["scheduled_tasks"]
                found = (self._task(client, query, task_id, options["on_missing"]) for task_id in task_ids)
                return [task for tasks in found for task in tasks]
        except _client.CocError as error:
            raise AnsibleLookupError(error.msg) from error

    def _checked_options(self, variables: dict[str, t.Any], direct: dict[str, t.Any]) -> dict[str, t.Any]:
        """Return all options, checked as the module's are.

        Not by ``set_options``: it ignores unknown keywords, refuses a blank choice, gives variables as they stand, not
        templated, and words its errors in its own way.
        """
        direct.pop("wantlist", None)  # with_ adds it before ansible-core 2.19
        direct = {ALIASES.get(name, name): value for name, value in direct.items()}
        prefixed = [variable for variable in variables if variable.startswith(VARIABLE_PREFIX)]
        by_variable = {variable[len(VARIABLE_PREFIX) :]: variable for variable in prefixed}
        _refuse_unknown(direct)
        _refuse_unknown(by_variable, VARIABLE_PREFIX)
        templar: t.Any = self._templar  # declared optional, but whoever loads a lookup gives one
        given = {name: templar.template(variables[by_variable[name]]) for name in OPTIONS if name in by_variable}
        given = drop_blank({**given, **drop_blank(direct)})
        checked = ArgumentSpecValidator(OPTIONS).validate(given)
        if checked.error_messages:
            raise _client.CocError(checked.error_messages[0])  # the module, too, tells the first
        refuse_lists(given, OPTIONS)
        options: dict[str, t.Any] = checked.validated_parameters
        return options

    def _task(
        self, client: _client.Client, query: dict[str, str | int], task_id: str, on_missing: str
    ) -> list[dict[str, t.Any]]:
        try:
            found = list_tasks(client, {**query, "task_id": task_id})["scheduled_tasks"]
        except _client.CocError as error:
            if error.error_code != NO_SUCH_TASK:
                raise
            found = []
        if not found:
            problem = f"{task_id}: {client.endpoint} has no such task, or the other filters leave it out."
            if on_missing == "error":
                raise _client.CocError(f"{problem} on_missing=warn or skip goes on without it.")
            if on_missing == "warn":
                display.warning(problem)
        return found


def _refuse_unknown(names: t.Iterable[str], prefix: str = "") -> None:
    """Raise for a name that is not an option: ignoring a misspelt filter would let every task through.

    Other roles may use variables with our ``prefix``, so a variable is refused only if it is a typo of an option.
    """
    for name in names:
        if name in OPTIONS:
            continue
        if name in ALIASES:
            near = [ALIASES[name]]
        elif prefix:
            near = [option for option in OPTIONS if _is_typo(name, option)][:1]
        else:
            near = get_close_matches(name, OPTIONS, 1, 0.55)
        if near or not prefix:
            hint = f"Did you mean {prefix}{near[0]}?" if near else f"It has {', '.join(OPTIONS)}."
            raise _client.CocError(
                f"{prefix}{name}: the lookup huaweicloud.coc.scheduled_task has no such option. {hint}"
            )


def _is_typo(name: str, option: str) -> bool:
    """Return whether ``name`` is ``option`` with one letter lost, added, wrong or swapped with the next.

    Case, hyphens and underscores do not count, as in riskLevel. A plural is another name, not a typo.
    """
    name, option = (re.sub("[-_]", "", text).lower() for text in (name, option))
    if name == option + "s" and not option.endswith("s"):
        return False
    same = len(os.path.commonprefix((name, option)))
    name, option = name[same:], option[same:]
    lost, added, wrong = name == option[1:], name[1:] == option, name[1:] == option[1:]
    return lost or added or wrong or name == option[1::-1] + option[2:]
