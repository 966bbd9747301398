# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading

import pytest

from ansible_collections.huaweicloud.coc.plugins.module_utils._deadline import run_within


@pytest.mark.parametrize("value", [7, None])
def test_it_returns_what_the_function_returns(value):
    assert run_within(60, lambda: value) is value


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt()], ids=repr)
def test_it_raises_what_the_function_raises(error):
    def fail():
        raise error

    with pytest.raises(type(error)) as raised:
        run_within(60, fail)
    assert raised.value is error


def test_it_leaves_a_function_behind_that_takes_too_long():
    end, threads = threading.Event(), []

    def wait():
        threads.append(threading.current_thread())
        end.wait()

    with pytest.raises(TimeoutError):
        run_within(0.05, wait)
    assert threads[0].daemon  # it does not keep the process from ending
    end.set()
