# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""20 000 tasks from a service whose every twentieth response fails: complete, in order, none twice."""

from __future__ import annotations

import pytest

from ansible_collections.huaweicloud.coc.tests.coc_simulator import Simulator, sample_tasks
from ansible_collections.huaweicloud.coc.tests.unit.conftest import PLUGINS, connection_to, ids_of, run_plugin

TASKS = 20000
PAGE = 200  # of which the client asks for 1000


@pytest.fixture(scope="module")
def tasks():
    return sample_tasks(TASKS)


@pytest.mark.parametrize("markers", ["always", "never"])
def test_nothing_is_lost_among_failures(plugin, tasks, pauses, markers):
    for seed in range(2 * PLUGINS.index(plugin) + (markers == "never"), 20, 4):
        pauses.clear()
        with Simulator(
            tasks=tasks, page_cap=PAGE, fault_rate=0.05, seed=seed, markers=markers, gzip=False
        ) as simulator:
            outcome = run_plugin(plugin, connection_to(simulator))
        assert outcome.ids == ids_of(tasks)
        assert outcome.warnings == []
        if plugin == "module":
            assert (outcome.result["count"], outcome.result["next_marker"]) == (TASKS, None)
        assert len(pauses) > 0
        assert len(simulator.requests) == TASKS // PAGE + len(pauses)
