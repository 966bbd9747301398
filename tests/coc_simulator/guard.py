# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""End a process group once the simulator is gone, however that happened: nobody can catch SIGKILL.

A program of its own. Its standard input is a pipe from the simulator that says which group; the pipe's end is the
simulator's.
"""

from __future__ import annotations

import os
import signal
import sys
import time

PATIENCE = 1  # seconds between SIGTERM and SIGKILL


def end_group(group):
    """Send SIGTERM to a process group (int), and SIGKILL to what is left of it after a while."""
    try:
        os.killpg(group, signal.SIGTERM)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            time.sleep(0.02)
            os.killpg(group, 0)
        os.killpg(group, signal.SIGKILL)
    except OSError:
        pass  # nothing is left of it


if __name__ == "__main__":
    line = sys.stdin.read()
    if line:
        end_group(int(line))
