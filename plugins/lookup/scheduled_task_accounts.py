# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: scheduled_task_accounts
short_description: List the scheduled O&M tasks of several accounts of Huawei Cloud COC
version_added: 2.0.0
description:
  - Requests the scheduled tasks of several accounts in parallel, and returns one entry for each account, in the
    same order. If an account fails, its entry says why, and the others are still returned.
  - Wrong options fail the lookup before anything is sent.
  - Options other than O(accounts), O(forks) and O(skip_accounts) hold for all accounts. Those of an account itself win
    over them. Without any accounts, these options describe the only account, which has no name.
  - Credentials are taken whole. An account with any of its own, such as O(access_key) or O(credentials_file), takes no
    credentials from the common options, and neither O(domain_id) nor O(project_id). An account with O(region) or
    O(endpoint) of its own takes neither of them from the common options, nor from the environment.
  - A lookup runs on the controller. It reads the environment variables and the profile files of the controller.
  - Each option but O(skip_accounts) also comes from a variable; a keyword wins over it. An unknown keyword is an error,
    and so is a variable that looks like a typo of one of the options C(ansible_huaweicloud_*), or of a variable that
    the playbooks of this collection take.
author:
  - huaweicloud.coc contributors (!UNKNOWN)
extends_documentation_fragment:
  - huaweicloud.coc._connection
  - huaweicloud.coc._connection.lookup
  - huaweicloud.coc._scheduled_task
  - huaweicloud.coc._scheduled_task.paging
  - huaweicloud.coc._scheduled_task.lookup
options:
  accounts:
    description:
      - A list of dictionaries, or such a list as a JSON text. Each has a C(name), which no other account has, and any
        of the options that hold for all accounts.
      - It can also have C(min_tasks), the least number of tasks that the filter P(huaweicloud.coc.task_health#filter)
        expects of this account.
      - Each variable whose name begins with C(coc_account_) adds one account, if it is such a dictionary or its JSON
        text. A dictionary without a name is refused; a variable with anything else is left alone.
      - An empty list is refused. Null and blank text count as not set.
    type: raw
    vars:
      - name: coc_accounts
  forks:
    description:
      - How many accounts are requested at the same time, V(1) to V(100).
    type: int
    default: 5
    vars:
      - name: coc_forks
  skip_accounts:
    description:
      - Accounts for which nothing is sent, by name, each with the reason. Their entries are failures with this reason.
      - With the result of an earlier step in a workflow, it keeps a key that was refused from being sent again.
    type: dict
    default: {}
notes:
  - A key that the service refused with HTTP 401 is not sent again by any lookup of the same run. Other accounts with
    that key fail at once with the same message.
seealso:
  - plugin: huaweicloud.coc.scheduled_task
    plugin_type: lookup
  - module: huaweicloud.coc.scheduled_task_info
"""

EXAMPLES = r"""
- name: Show how many failed tasks each account has
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.msg if item.failed else item.count }}"
  loop: "{{ query('huaweicloud.coc.scheduled_task_accounts', last_execution_status='ABNORMAL') }}"
  loop_control:
    label: "{{ item.name }}"
  vars:
    coc_accounts:
      - name: Production
        region: cn-north-4
        credentials_file: ~/.huaweicloud/production
      - name: Branch
        region: ap-southeast-3
        access_key: "{{ vault_branch_access_key }}"
        secret_key: "{{ vault_branch_secret_key }}"
"""

RETURN = r"""
_raw:
  description: One entry for each account.
  type: list
  elements: dict
  contains:
    name:
      description: The name of the account. Null for the only account if it has no name.
      returned: always
      type: str
      sample: Production
    filters:
      description: The query parameters that were set for this account, such as O(risk_level) and O(limit).
      returned: always
      type: dict
      sample:
        risk_level: HIGH
        limit: 10
    min_tasks:
      description: The C(min_tasks) of the account. Null if it was not set.
      returned: always
      type: int
      sample: 1
    scheduled_tasks:
      description:
        - The tasks, with the fields of RV(huaweicloud.coc.scheduled_task_info#module:scheduled_tasks), and C(account),
          the name of the account if it has one. Empty if the account failed.
      returned: always
      type: list
      elements: dict
    count:
      description: How many tasks match according to the service, whatever O(limit) is. Null if the account failed.
      returned: always
      type: int
      sample: 60
    next_marker:
      description: The value of O(marker) to continue a list that O(limit) cut, else null.
      returned: always
      type: str
      sample: ST20260101000000000000demo
    failed:
      description: Whether the tasks of this account could not be listed.
      returned: always
      type: bool
      sample: false
    msg:
      description: What happened, and what to do.
      returned: failure of the account
      type: str
      sample: "No credentials found."
    status:
      description: As RV(huaweicloud.coc.scheduled_task_info#module:status).
      returned: failure of the account
      type: int
      sample: 401
    error_code:
      description: As RV(huaweicloud.coc.scheduled_task_info#module:error_code).
      returned: failure of the account
      type: str
      sample: APIGW.0301
    request_id:
      description: As RV(huaweicloud.coc.scheduled_task_info#module:request_id).
      returned: failure of the account
      type: str
      sample: 0123456789abcdef0123456789abcdef
    transient:
      description: As RV(huaweicloud.coc.scheduled_task_info#module:transient).
      returned: failure of the account
      type: bool
      sample: false
    retry_after:
      description: As RV(huaweicloud.coc.scheduled_task_info#module:retry_after).
      returned: failure of the account
      type: int
      sample: 300
"""

import typing as t

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display

from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._accounts import (
    ACCOUNT_VARIABLE,
    LIST_VARIABLE,
    find_accounts,
    refuse_misnamed,
)
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._fetch_accounts import fetch_accounts
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._lookup_options import (
    ACCOUNTS_SPEC,
    collect_options,
    resolve,
)
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._validation import whole_number

PLUGIN = "the lookup huaweicloud.coc.scheduled_task_accounts"
OWN = ("accounts", "forks", "skip_accounts")
VARIABLES = {"accounts": LIST_VARIABLE, "forks": "coc_forks"}

display = Display()


class LookupModule(LookupBase):
    def run(
        self, terms: list[t.Any], variables: dict[str, t.Any] | None = None, **kwargs: t.Any
    ) -> list[dict[str, t.Any]]:
        variables = variables or {}
        templar: t.Any = self._templar  # declared optional, but always set in a lookup
        try:
            if terms:
                raise CocError(f"{PLUGIN} takes no terms. To look up IDs, use huaweicloud.coc.scheduled_task.")
            common = collect_options(PLUGIN, ACCOUNTS_SPEC, kwargs, variables, templar, VARIABLES)
            refuse_misnamed(variables, common)
            own = {name: common.pop(name) for name in OWN if name in common}
            forks = whole_number("forks", own.get("forks", ACCOUNTS_SPEC["forks"]["default"]), 1, 100)
            more = resolve(
                templar.template({name: variables[name] for name in variables if ACCOUNT_VARIABLE.fullmatch(name)})
            )
            accounts = find_accounts(own.get("accounts"), more, common)
            return fetch_accounts(accounts, forks, _skipped(own), display.warning)
        except CocError as error:
            raise AnsibleLookupError(error.msg) from error


def _skipped(own: dict[str, t.Any]) -> dict[str, t.Any]:
    skipped = own.get("skip_accounts", {})
    if not isinstance(skipped, dict):
        raise CocError("skip_accounts: must be a dictionary of account names and reasons.")
    return skipped
