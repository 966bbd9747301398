# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many requests a key costs a run while nobody knows whether the service accepts it: real processes and sockets."""

from __future__ import annotations

import functools
import os

import pytest

pytest.importorskip("ansible.constants", reason="targets have no controller code")

from ansible import constants

from ansible_collections.huaweicloud.coc.plugins.plugin_utils._fetch import SharingClient, fetch
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._lookup_options import COMMON_SPEC
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._request import build_request
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._run_cache import RunCache
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._validation import validate
from ansible_collections.huaweicloud.coc.tests.coc_simulator import status
from ansible_collections.huaweicloud.coc.tests.unit.conftest import FORKS, WRONG_SECRET_KEY, in_forks

HOSTS = 20
WRONG_KEY = {"secret_key": WRONG_SECRET_KEY}
AGAIN = {"max_retries": 1}


@pytest.fixture
def list_one(connection, monkeypatch, tmp_path):
    """A function that lists tasks with a filter that no other process has, and returns how many there are."""
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))

    def list_one(**options):
        cache = RunCache(pytest.fail)
        given = {**connection, "max_retries": 0, "created_by": str(os.getpid()), **options}
        request = build_request(validate(given, COMMON_SPEC), None, cache.warn)
        with SharingClient(request, cache, cache.warn) as client:
            return len(fetch(client, request)["scheduled_tasks"])

    return list_one


@pytest.mark.parametrize(
    "faults, options, requests, later",
    [
        ([], WRONG_KEY, 1, 0),  # a 401 is kept for the run
        ([503], {}, 1, 1),  # what is no answer is for all who waited; those who come later send again
        ([503, 503], AGAIN, 2, 1),
        ([429], {}, 1, 1),
        ([400], {}, HOSTS, 1),  # an answer to one question opens the gate for the others
        ([403], {}, HOSTS, 1),
        ([404], {}, HOSTS, 1),
        ([], {}, HOSTS, 1),
    ],
    ids=str,
)
def test_until_the_first_answer_nobody_else_sends(faults, options, requests, later, list_one, simulator):
    simulator.faults += map(status, faults)
    simulator.latency = 1  # for all to come meanwhile
    ask = functools.partial(list_one, **options)
    found = in_forks(HOSTS, ask)
    assert len(simulator.requests) == requests
    failures = [outcome for outcome in found if outcome != 0]
    assert len(failures) == (HOSTS if requests < HOSTS else len(faults)), failures
    assert len(set(failures)) <= 1
    in_forks(1, ask)
    assert len(simulator.requests) == requests + later


def test_once_the_key_is_accepted_requests_go_side_by_side(list_one, simulator):
    assert list_one() == 0
    meeting = FORKS.Barrier(10)  # only those that are sent at the same time can meet

    def meet(exchange, answer):
        meeting.wait(20)
        exchange.deliver(answer)

    simulator.faults += [meet] * 10
    assert in_forks(10, list_one) == [0] * 10


def test_a_key_that_is_refused_later_is_not_sent_again_either(list_one, simulator):
    list_one()
    simulator.faults.append(status(401))
    first, second = in_forks(1, list_one) + in_forks(1, list_one)
    assert first == second and "returned HTTP 401" in first
    assert len(simulator.requests) == 2
