# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that both plugins and the event source refuse before any request, and how the message begins."""

from __future__ import annotations

from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task_query import ARGUMENT_SPEC
from ansible_collections.huaweicloud.coc.tests.coc_simulator import AUTH_TOKEN

START, END = "last_execution_start_time", "last_execution_end_time"
OPTIONS = "Credentials in the options: "
CHOICES = {name: spec["choices"] for name, spec in ARGUMENT_SPEC.items() if "choices" in spec}

# What cannot be right, and how the message begins.
REFUSED: list[tuple[dict, str]] = [
    ({"limit": 0}, "limit: 0 is too small; it takes 1 or more. Leave it out to get every task."),
    ({"limit": "ten"}, "limit: 'ten' is not a whole number."),
    ({"limit": 1.5}, "limit: '1.5' is not a whole number."),
    ({"offset": -1}, "offset: -1 is out of range; it takes 0 to 2147483647."),
    ({"offset": 2**31}, "offset: 2147483648 is out of range"),
    ({"offset": "x"}, "offset: 'x' is not a whole number."),
    ({"task_id": "42"}, "task_id: '42' is not a task ID, which has 26 characters and starts with ST."),
    ({"enterprise_project_id": 129 * "0"}, "enterprise_project_id: has 129 characters; it takes at most 128."),
    ({START: "yesterday"}, f"{START}: 'yesterday' is not a valid time"),
    ({START: "2026-01-01T00:00:00"}, f"{START}: "),
    ({"profile": "x"}, "access_key and secret_key cannot be used with profile: each means credentials of its own. Rem"),
    ({"timeout": 0}, "timeout: 0.0 is out of range; it takes 0.001 to 3600 seconds."),
    ({"timeout": 3601}, "timeout: 3601.0 is out of range"),
    ({"timeout": "soon"}, "timeout: 'soon' is not a number."),
    ({"max_retries": -1}, "max_retries: -1 is out of range; it takes 0 to 20 retries."),
    ({"max_retries": 21}, "max_retries: 21 is out of range"),
    ({"validate_certs": "maybe"}, "validate_certs: 'maybe' is not true or false."),
    ({"endpoint": "https://127.0.0.1:9", "ca_path": "/does/not/exist"}, "ca_path: /does/not/exist does not exist."),
    ({"endpoint": "ftp://127.0.0.1"}, "endpoint: 'ftp://127.0.0.1' is not a URL of the form https://host"),
    ({"endpoint": "http://192.0.2.1"}, "endpoint: 'http://192.0.2.1' would send credentials unencrypted."),
    ({"auth_token": AUTH_TOKEN}, OPTIONS + "auth_token excludes "),
    ({"security_token": "line\nbreak"}, OPTIONS + "security_token has characters"),
    ({"domain_id": "line\nbreak"}, OPTIONS + "domain_id has characters"),
    ({"project_id": "项目"}, OPTIONS + "project_id has characters"),
    ({"auth_source": "ecs_metadata"}, "auth_source=ecs_metadata excludes access_key, secret_key."),
    *(
        ({name: wrong}, f"value of {name} must be one of: {', '.join(choices)}, got: {wrong}")
        for name, choices in CHOICES.items()
        for wrong in (choices[0].swapcase(), "ALL", 1)
    ),
    ({"limit": "ten", "risk_level": "high"}, "limit: 'ten' is not a whole number."),
    ({START: "-1h", END: "-2h"}, f"{START}: -1h is after {END}, -2h. Fix one of them."),
    ({"access_key": ""}, "Credentials in the options are incomplete: secret_key given, access_key missing."),
    ({"secret_key": ""}, "Credentials in the options are incomplete: access_key given, secret_key missing."),
    ({"endpoint": ""}, "No site is set"),
    ({"endpoint": "", "region": "nowhere"}, "region: COC has no site for 'nowhere'."),
]
