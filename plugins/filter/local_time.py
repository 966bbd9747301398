# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: local_time
short_description: Show a time of a scheduled task as people at a place read it
version_added: 2.0.0
description:
  - Turns a time as the service has it, in milliseconds since the epoch, into a text such as C(2025-04-23 16:15).
author:
  - huaweicloud.coc contributors (!UNKNOWN)
positional: _input
options:
  _input:
    description:
      - The time in milliseconds since the epoch, or null.
      - A time after the year 9999 is shown as the end of that year.
    type: int
    required: true
  format:
    description:
      - The form of the text, as for C(strftime).
    type: str
    default: "%Y-%m-%d %H:%M"
  default:
    description:
      - What null becomes, such as the time of a task that never ran.
    type: raw
    default: ""
extends_documentation_fragment:
  - huaweicloud.coc._listings.timezone
"""

EXAMPLES = r"""
- name: Show when each task ran last
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.last_execution_time
             | huaweicloud.coc.local_time(timezone='Asia/Shanghai', default='never') }}"
  loop: "{{ query('huaweicloud.coc.scheduled_task', limit=5) }}"
  loop_control:
    label: "{{ item.id }}"
"""

RETURN = r"""
_value:
  description:
    - The time as text, or O(default) for null.
  type: str
  sample: "2025-04-23 16:15"
"""

import re
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.huaweicloud.coc.plugins.plugin_utils._local_time import MINUTE, find_zone, format_time


def local_time(value: object, timezone: object = None, format: object = MINUTE, default: object = "") -> object:
    """Return ``value``, milliseconds since the epoch, as text in ``timezone``; ``default`` if it is None.

    Raises AnsibleFilterError for a wrong time, zone or format.
    """
    zone = find_zone(timezone)
    if value is None:
        return default
    # A template in a variable makes a text of a number before ansible-core 2.19.
    if not re.fullmatch(r"-?[0-9]{1,19}", str(value)):
        raise AnsibleFilterError(
            f"local_time: {str(value)[:40]!r} is not a time. It takes milliseconds since the epoch, such as "
            "1745396100000."
        )
    try:
        return format_time(int(str(value)), zone, str(format))
    except ValueError as error:
        raise AnsibleFilterError(f"format: {format!r} is not a valid strftime format: {error}") from error


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"local_time": local_time}
