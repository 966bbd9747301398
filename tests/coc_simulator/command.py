# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import threading

from .authentication import ACCESS_KEY, AUTH_TOKEN, SECRET_KEY, SECURITY_TOKEN
from .behaviour import SETTINGS
from .faults import parse_fault
from .server import Simulator


def read_arguments(arguments):
    """Parse the command line (list of str) into an argparse.Namespace."""
    parser = argparse.ArgumentParser(
        prog="coc_simulator",
        description="A simulator of Huawei Cloud's Cloud Operations Center (COC): GET /v1/schedule/task on loopback.",
        usage="%(prog)s [option ...] [-- COMMAND [ARG ...]]",
        epilog="With a COMMAND it runs that with an environment in which the collection finds the simulator, and ends "
        "with its exit status. Without one it runs until it gets SIGINT or SIGTERM. Faults: none, status:CODE, "
        "reset[:before|headers|body], close[:before|headers|body], cut[:BYTES[:length|chunked|gzip]], hang[:SECONDS], "
        "drip:SECONDS[:headers|body], gzip-bomb:BYTES.",
    )
    add = parser.add_argument
    add("--port", type=int, default=0, help="port to listen on (default: a free one)")
    add("--tasks", type=int, default=60, metavar="N", help="how many tasks there are (default: %(default)s)")
    add("--tls", nargs=2, metavar=("CERTIFICATE", "KEY"), help="serve https with these PEM files")
    add("--log", metavar="FILE", help="append a line of JSON for each request, secrets masked")
    add("--variables", metavar="FILE", help="once it listens, write pid, endpoint and credentials there, as JSON")
    add(
        "--fault",
        type=parse_fault,
        action="append",
        default=[],
        dest="faults",
        metavar="FAULT",
        help="what happens to the first request, the second, …; can be repeated",
    )
    for name, field in SETTINGS.items():
        add_setting(add, name, field)
    own, command = arguments, []
    if "--" in arguments:
        own, command = arguments[: arguments.index("--")], arguments[arguments.index("--") + 1 :]
    parsed = parser.parse_args(own)
    parsed.command = command
    return parsed


def add_setting(add, name, field):
    """Add the option of a setting: ``add`` is a parser's add_argument, ``field`` the setting's of Behaviour."""
    option = name.replace("_", "-")
    if isinstance(field.default, bool):
        prefix, action = ("--no-", "store_false") if field.default else ("--", "store_true")
        add(prefix + option, action=action, dest=name, help=field.metadata["help"])
    else:
        add(
            "--" + option,
            type=type(field.default),
            default=field.default,
            help=field.metadata["help"] + " (default: %(default)s)",
            **{key: field.metadata[key] for key in ("choices", "metavar") if field.metadata[key]},
        )


def main(arguments):
    """Run the simulator as a command does; returns the exit status."""
    settings = vars(read_arguments(arguments))
    command, variables, faults = (settings.pop(name) for name in ("command", "variables", "faults"))
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_arguments: stop.set())
    with Simulator(**settings) as simulator:
        simulator.faults += faults
        environment = {
            "HUAWEICLOUD_COC_ENDPOINT": simulator.endpoint,
            "HUAWEICLOUD_SDK_AK": ACCESS_KEY,
            "HUAWEICLOUD_SDK_SK": SECRET_KEY,
        }
        if variables:
            facts = {
                "pid": os.getpid(),
                "endpoint": simulator.endpoint,
                "access_key": ACCESS_KEY,
                "secret_key": SECRET_KEY,
                "security_token": SECURITY_TOKEN,
                "auth_token": AUTH_TOKEN,
            }
            with open(variables + ".new", "w", encoding="utf-8") as file:
                json.dump(facts, file)
            os.replace(variables + ".new", variables)  # whoever waits for it never reads half of it
        if command:
            with subprocess.Popen(command, env=dict(os.environ, **environment)) as process:
                while process.poll() is None:
                    if stop.wait(0.05):
                        process.terminate()
                        process.wait()
            return process.returncode if process.returncode >= 0 else 128 - process.returncode
        print(f"COC simulator with {len(simulator.tasks)} tasks at {simulator.endpoint}")
        for item in environment.items():
            print("export {}={}".format(*item))
        print("Stop it with Ctrl-C.", flush=True)
        stop.wait()
    return 0
