# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulator of Huawei Cloud's Cloud Operations Center (COC), for tests and demonstrations.

It serves ``GET /v1/schedule/task`` on a loopback port: checks the credentials with a canonicaliser of its own, filters
and pages a set of tasks as the API reference says, and can be told to fail or to page oddly in every way that a client
has to survive. The calls of the ECS metadata service that hand out an agency's credentials are on the same port.

In a test::

    with Simulator(page_cap=100) as simulator:
        simulator.faults += [status(503), None, reset("body")]
        ...                             # let a client talk to simulator.endpoint
        assert len(simulator.requests) == 4

On a command line: ``python tests/coc_simulator --help``. It needs Python 3.8 and nothing else.
"""

from __future__ import annotations

from .authentication import (
    ACCESS_KEY,
    AGENCY_ACCESS_KEY,
    AUTH_TOKEN,
    IDENTITY_ACCESS_KEY,
    METADATA_ACCESS_KEY,
    METADATA_SECRET_KEY,
    POD_ACCESS_KEY,
    SECRET_KEY,
    SECURITY_TOKEN,
    TEMPORARY,
)
from .behavior import MARKERS, Behavior
from .faults import body, close, cut_body, drip, gzip_bomb, hang, mutate, raw, reset, status
from .messages import Answer, to_json
from .samples import USERS, resource_ids, sample_tasks
from .server import METADATA_SECURITY_KEY, METADATA_TOKEN, SCHEDULED_TASKS, Exchange, Simulator
from .service import PARAMETERS, read_parameters

__all__ = [
    "ACCESS_KEY",
    "AGENCY_ACCESS_KEY",
    "AUTH_TOKEN",
    "Answer",
    "Behavior",
    "Exchange",
    "IDENTITY_ACCESS_KEY",
    "MARKERS",
    "METADATA_ACCESS_KEY",
    "METADATA_SECRET_KEY",
    "METADATA_SECURITY_KEY",
    "METADATA_TOKEN",
    "PARAMETERS",
    "POD_ACCESS_KEY",
    "SCHEDULED_TASKS",
    "SECRET_KEY",
    "SECURITY_TOKEN",
    "Simulator",
    "TEMPORARY",
    "USERS",
    "body",
    "close",
    "cut_body",
    "drip",
    "gzip_bomb",
    "hang",
    "mutate",
    "raw",
    "read_parameters",
    "reset",
    "resource_ids",
    "sample_tasks",
    "status",
    "to_json",
]
