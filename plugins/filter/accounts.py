# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: accounts
short_description: Get the options to ask each of several accounts with
version_added: 1.1.0
description:
  - Takes the variables of a host, such as C(hostvars.localhost), and returns one entry for each account in
    C(coc_accounts) and C(coc_account_*). The playbooks of this collection use it.
  - Fails if an account has no name or an unknown key, or if two have the same name. It asks no service.
  - An account's own options win over the variables C(ansible_huaweicloud_*). Credentials are taken whole. If an account
    has any, such as C(access_key) or C(credentials_file), the variables with credentials, C(domain_id) and
    C(project_id) do not count for it. The same applies to C(region) and C(endpoint).
author:
  - huaweicloud.coc contributors (!UNKNOWN)
positional: _input
options:
  _input:
    description:
      - The variables of a host. C(coc_accounts) is a list of dictionaries with C(name) and any options of the lookup
        P(huaweicloud.coc.scheduled_task#lookup), or a JSON text. Each variable whose name starts with C(coc_account_)
        has one more dictionary, or a JSON text.
    type: dict
    required: true
seealso:
  - plugin: huaweicloud.coc.scheduled_task
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Show how many tasks each account has
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ query('huaweicloud.coc.scheduled_task', **item.options) | length }}"
  loop: "{{ hostvars.localhost | huaweicloud.coc.accounts }}"
  loop_control:
    label: "{{ item.name }}"
  no_log: true
"""

RETURN = r"""
_value:
  description:
    - A dictionary for each account, with its C(name) and the C(options) to call the lookup with. With them, the lookup
      reads no variable.
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.huaweicloud.coc.plugins.lookup.scheduled_task import ALIASES, ONLY_KEYWORDS, OPTIONS
from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._options import VARIABLE_PREFIX
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._accounts import find_accounts


def accounts(variables: t.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    """Return name and options of each account. Raises AnsibleFilterError, which quotes no value but names."""
    common = {name: variables[VARIABLE_PREFIX + name] for name in OPTIONS if VARIABLE_PREFIX + name in variables}
    try:
        found = find_accounts(variables, common, OPTIONS, ALIASES)
    except CocError as error:
        raise AnsibleFilterError(error.msg) from None
    return [{**account, "options": {**account["options"], ONLY_KEYWORDS: True}} for account in found]


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"accounts": accounts}
