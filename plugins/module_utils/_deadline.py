# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a function that may block for ever, for a bounded time."""

from __future__ import annotations

import threading
import typing as t

T = t.TypeVar("T")


def run_within(seconds: float, function: t.Callable[[], T]) -> T:
    """Return ``function()``, or raise TimeoutError after ``seconds``, whatever it waits for.

    Socket timeouts start again with each byte that arrives, and name resolution has none at all. The thread that is
    left behind ends with its connection, or with the process.
    """
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(function())
        except BaseException as error:  # raised again below, in the thread that waits
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise TimeoutError
    return results[0]
