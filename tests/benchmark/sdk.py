# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print all scheduled tasks as JSON, fetched with the vendor's SDK as its user would: python sdk.py [PAGE_SIZE]."""

from __future__ import annotations

import json
import os
import sys

from huaweicloudsdkcoc.v1 import CocClient, ListScheduledTaskRequest
from huaweicloudsdkcore.auth.credentials import GlobalCredentials

limit = int(sys.argv[1]) if len(sys.argv) > 1 else None  # without one the service gives 10 at a time
# with a domain_id, any: the SDK would ask IAM for it
credentials = GlobalCredentials(os.environ["HUAWEICLOUD_SDK_AK"], os.environ["HUAWEICLOUD_SDK_SK"], "0" * 32)
builder = CocClient.new_builder().with_credentials(credentials)
client = builder.with_endpoint(os.environ["HUAWEICLOUD_COC_ENDPOINT"]).build()

tasks: list[dict] = []
while True:
    answer = client.list_scheduled_task(ListScheduledTaskRequest(limit=limit, offset=len(tasks)))
    tasks += [task.to_dict() for task in answer.scheduled_tasks]
    if not answer.scheduled_tasks or len(tasks) >= answer.count:
        break
print(json.dumps(tasks))
