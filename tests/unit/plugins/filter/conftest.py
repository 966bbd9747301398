# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Listings, as the lookup scheduled_task_accounts returns them."""

from __future__ import annotations

NOW = 1767225600  # 2026-01-01 00:00 UTC
REASON = "GET http://coc/v1/schedule/task returned HTTP 401."


def listing(*tasks, name=None, failed=False, **filters):
    account = {} if name is None else {"account": name}
    failure = {"msg": REASON, "status": 401} if failed else {}
    listed = [{**one, **account} for one in tasks]
    return {"name": name, "scheduled_tasks": listed, "filters": filters, "failed": failed, **failure}
