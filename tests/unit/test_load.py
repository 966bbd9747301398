# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""20 000 tasks from a service whose every twentieth response fails: complete, in order, none twice."""

from __future__ import annotations

import pytest

from ansible_collections.huaweicloud.coc.plugins.module_utils._client import Client
from ansible_collections.huaweicloud.coc.plugins.module_utils._credentials import find_credentials
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import list_tasks
from ansible_collections.huaweicloud.coc.tests.coc_simulator import Simulator, sample_tasks
from ansible_collections.huaweicloud.coc.tests.unit.conftest import connection_to, ids_of, run_plugin

TASKS = 20000
PAGE = 200  # of which the client asks for 1000


@pytest.fixture(scope="module")
def tasks():
    return sample_tasks(TASKS)


def failing(tasks, seed, markers="always"):
    return Simulator(tasks=tasks, page_cap=PAGE, fault_rate=0.05, seed=seed, markers=markers, gzip=False)


def check(simulator, found, tasks, pauses):
    """Check that nothing is lost, doubled or moved, although requests failed and were made again."""
    assert ids_of(found) == ids_of(tasks)
    assert len(pauses) > 0
    assert len(simulator.requests) == TASKS // PAGE + len(pauses)


@pytest.mark.parametrize("markers", ["always", "never"])
@pytest.mark.parametrize("seeds", [range(0, 20, 4), range(2, 20, 4)])
def test_nothing_is_lost_among_failures(tasks, pauses, seeds, markers):
    for seed in (seed + (markers == "never") for seed in seeds):
        pauses.clear()
        with failing(tasks, seed, markers) as simulator:
            options = {"validate_certs": True, "timeout": 30.0, "max_retries": 4, **connection_to(simulator)}
            with Client(options, find_credentials(options, pytest.fail), pytest.fail) as client:
                listing = list_tasks(client, {})
        check(simulator, listing["scheduled_tasks"], tasks, pauses)
        assert (listing["count"], listing["next_marker"]) == (TASKS, None)


def test_a_plugin_loses_nothing_among_failures(plugin, tasks, pauses):
    with failing(tasks, seed=20) as simulator:
        outcome = run_plugin(plugin, connection_to(simulator))
    check(simulator, outcome.tasks, tasks, pauses)
    assert outcome.warnings == []
