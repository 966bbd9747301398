# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading

import pytest

from ansible_collections.huaweicloud.coc.plugins.module_utils._deadline import run_within


def test_it_returns_even_none():
    assert run_within(60, lambda: None) is None


def test_it_raises_whatever_the_function_raises():
    error = KeyboardInterrupt()

    def fail():
        raise error

    with pytest.raises(KeyboardInterrupt) as raised:
        run_within(60, fail)
    assert raised.value is error


def test_it_leaves_a_function_behind_that_takes_too_long():
    end, threads = threading.Event(), []

    def wait():
        threads.append(threading.current_thread())
        end.wait()

    with pytest.raises(TimeoutError):
        run_within(0.05, wait)
    end.set()
    assert threads[0].daemon  # it does not keep the process from ending
