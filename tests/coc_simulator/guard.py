# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a command that ends with the simulator, however that ends: nobody can catch SIGKILL.

A program of its own: ``guard.py DESCRIPTOR COMMAND [ARG ...]``. The descriptor is that of a pipe whose other end is the
simulator's alone. Each byte that comes is the number of a signal for the command's process group; the end of the pipe
means that the simulator is gone.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time

PATIENCE = 10  # seconds that the command has to end after a signal
PATIENCE_WITH_OTHERS = 1  # seconds that other processes of the group have after the command's end


def pass_signals(pipe, process):
    """Pass signals on to the group of a process (subprocess.Popen) until it ends or its time is up."""
    until = None
    pipes = [pipe]
    while process.poll() is None and (until is None or time.monotonic() < until):
        if not select.select(pipes, [], [], 0.05)[0]:
            continue
        received = os.read(pipe, 1)
        if not received:
            pipes = []
        until = until or time.monotonic() + PATIENCE
        with contextlib.suppress(OSError):  # it has just ended
            os.killpg(process.pid, received[0] if received else signal.SIGTERM)


def end_group(group):
    """Send SIGTERM to a process group (int), and SIGKILL to what is left of it after a while."""
    with contextlib.suppress(OSError):  # nothing is left of it
        os.killpg(group, signal.SIGTERM)
        until = time.monotonic() + PATIENCE_WITH_OTHERS
        while time.monotonic() < until:
            time.sleep(0.02)
            os.killpg(group, 0)
        os.killpg(group, signal.SIGKILL)


def main(pipe, *command):
    """Run the command; returns its exit status as a shell gives it."""
    with subprocess.Popen(command, start_new_session=True) as process:
        pass_signals(int(pipe), process)
        end_group(process.pid)
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except OSError as error:  # no such command
        sys.exit(f"coc_simulator: {error}")
