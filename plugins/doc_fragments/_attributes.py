# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an info module is and does."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Runs in C(check_mode) and returns the same as in normal mode.
    support: full
    details:
      - The module only reads.
  diff_mode:
    description: Returns what has changed, or would change in C(check_mode), in diff mode.
    support: N/A
    details:
      - The module changes nothing.
  action_group:
    description: Takes defaults from C(group/huaweicloud.coc.coc) in C(module_defaults).
    support: full
    membership:
      - huaweicloud.coc.coc
  idempotent:
    description: Run twice in a row with the same arguments, reports no change the second time.
    support: full
    details:
      - The module changes nothing.
"""
