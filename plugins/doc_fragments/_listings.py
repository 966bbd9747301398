# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the filters of listed tasks take."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  _input:
    description:
      - What the lookup P(huaweicloud.coc.scheduled_task_accounts#lookup) returns.
    type: list
    elements: dict
    required: true
seealso:
  - plugin: huaweicloud.coc.scheduled_task_accounts
    plugin_type: lookup
"""

    TIMEZONE = r"""
options:
  timezone:
    description:
      - The time zone of the times, a name of the IANA list such as V(Asia/Shanghai). UTC if blank or null.
      - All but V(UTC) need the time zone data of the controller, which is the package C(tzdata) on most systems.
    type: str
    default: UTC
"""
