# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line: options, and how long the simulator runs."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import queue
import signal
import subprocess
import sys

from .authentication import ACCESS_KEY, AUTH_TOKEN, SECRET_KEY, SECURITY_TOKEN
from .behavior import SETTINGS
from .changes import check_script
from .faults import parse_fault
from .samples import sample_tasks
from .server import Simulator

EPILOG = """With a COMMAND it runs that with an environment in which the collection finds the simulator, passes signals
on to it, and ends with its exit status. Nothing that the command has started is left. Without one it runs until it gets
SIGINT or SIGTERM, or until the FILE of --variables is removed.
Faults: none, status:CODE, reset[:before|headers|body], close[:before|headers|body],
cut[:BYTES[:length|chunked|gzip]], hang[:SECONDS], drip:SECONDS[:headers|body], gzip-bomb:BYTES.
Changes: {"after": SECONDS, "task": TASK, "run": STATUS}, {"after": SECONDS, "task": TASK, "set": {FIELD: VALUE, …}},
{"after": SECONDS, "add": {FIELD: VALUE, …}}, {"after": SECONDS, "remove": TASK}. A TASK is an ID, a name or an
index."""


def read_arguments(arguments):
    """Parse the command line (list of str) into an argparse.Namespace."""
    parser = argparse.ArgumentParser(
        prog="coc_simulator",
        description="A simulator of Huawei Cloud's Cloud Operations Center (COC): GET /v1/schedule/task on loopback.",
        usage="%(prog)s [option ...] [-- COMMAND [ARG ...]]",
        epilog=EPILOG,
    )
    add = parser.add_argument
    add("--port", type=int, default=0, help="port to listen on (default: a free one)")
    add("--tasks", type=int, default=60, metavar="N", help="how many tasks there are (default: %(default)s)")
    add("--log", metavar="FILE", help="append a line of JSON for each request, secrets masked")
    add(
        "--variables",
        metavar="FILE",
        help="once it listens, write pid, endpoint and credentials there, as JSON; end when the file is removed",
    )
    add(
        "--fault",
        type=parse_fault,
        action="append",
        default=[],
        dest="faults",
        metavar="FAULT",
        help="what happens to the first request, the second, …; can be repeated",
    )
    add("--changes", type=read_json, default=[], metavar="FILE", help="a JSON list of changes to tasks while it runs")
    for name, field in SETTINGS.items():
        add_setting(add, name, field)
    end = arguments.index("--") if "--" in arguments else len(arguments)
    parsed = parser.parse_args(arguments[:end])
    parsed.command = arguments[end + 1 :]
    try:
        check_script(sample_tasks(parsed.tasks), parsed.changes)
    except ValueError as error:
        parser.error(f"argument --changes: {error}")
    return parsed


def read_json(path):
    """Read a JSON file.

    :raises argparse.ArgumentTypeError: it cannot be read, or is not JSON
    """
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"{path}: {error}") from None


def add_setting(add, name, field):
    """Add the option of a setting: ``add`` is a parser's add_argument, ``field`` the setting's of Behavior."""
    option = name.replace("_", "-")
    if isinstance(field.default, bool):
        prefix, action = ("--no-", "store_false") if field.default else ("--", "store_true")
        add(prefix + option, action=action, dest=name, help=field.metadata["help"])
        return
    limits = {key: field.metadata[key] for key in ("choices", "metavar") if field.metadata[key]}
    if isinstance(field.default, tuple):
        add("--" + option, nargs="+", default=field.default, help=field.metadata["help"], **limits)
    else:
        text = field.metadata["help"] + " (default: %(default)s)"
        add("--" + option, type=type(field.default), default=field.default, help=text, **limits)


class End:
    """What ends the simulator: a signal, or that the file of its variables is removed, if it has one."""

    def __init__(self):
        self._signals: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._file = self._content = ""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, _frame: self._signals.put(number))

    def write(self, path, variables):
        """Write variables (dict) to a JSON file; its removal is the end from now on."""
        self._file, self._content = path, json.dumps(variables)
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(self._content)
        os.replace(path + ".new", path)  # whoever waits for it never reads half of it

    def wait(self, seconds):
        """Wait for the end, but no longer than ``seconds``; returns the number of a signal, 0 if it is not yet."""
        try:
            return self._signals.get(timeout=seconds)
        except queue.Empty:
            if not self._file or not self._is_removed():
                return 0
            self._file = ""  # once is enough
            return signal.SIGTERM

    def _is_removed(self):
        """Whether the file is gone, or is that of a later simulator."""
        try:
            with open(self._file, encoding="utf-8") as file:
                return file.read() != self._content
        except OSError:
            return True


def run_command(command, environment, end):
    """Run a command (list of str) in a process group of its own and return its exit status as a shell gives it.

    The group gets the signals that ``end`` (End) tells of, and what is left of it after the command is killed.
    """
    try:
        process = subprocess.Popen(command, env=environment, start_new_session=True)
    except OSError as error:
        sys.exit(f"coc_simulator: {error}")
    while process.poll() is None:
        number = end.wait(0.05)
        if number:
            os.killpg(process.pid, number)
    with contextlib.suppress(OSError):  # nothing is left
        os.killpg(process.pid, signal.SIGKILL)
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


def main(arguments):
    """Run the simulator as a command does; returns the exit status."""
    settings = vars(read_arguments(arguments))
    command, variables, faults = (settings.pop(name) for name in ("command", "variables", "faults"))
    end = End()
    with Simulator(**settings) as simulator:
        simulator.faults += faults
        if variables:
            keys = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
            tokens = {"security_token": SECURITY_TOKEN, "auth_token": AUTH_TOKEN}
            end.write(variables, {"pid": os.getpid(), "endpoint": simulator.endpoint, **keys, **tokens})
        environment = {
            "HUAWEICLOUD_COC_ENDPOINT": simulator.endpoint,
            "HUAWEICLOUD_SDK_AK": ACCESS_KEY,
            "HUAWEICLOUD_SDK_SK": SECRET_KEY,
            "HUAWEICLOUD_SDK_IAM_ENDPOINT": simulator.endpoint,
        }
        if command:
            return run_command(command, {**os.environ, **environment}, end)
        print(f"COC simulator with {len(simulator.tasks)} tasks at {simulator.endpoint}")
        for name, value in environment.items():
            print(f"export {name}={value}")
        print("Stop it with Ctrl-C.", flush=True)
        while not end.wait(0.5):
            pass
    return 0
