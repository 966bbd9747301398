# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run nox sessions side by side and show the output of those that fail, then what failed and how to run it alone.

usage: run_sessions.py [OPTION ...] [-- ARGUMENT ...], as for nox. VERBOSE=1 shows the output of all sessions.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

NOX = [sys.executable, "-m", "nox"]
LOGS = Path(".nox/logs")

# How the line begins that says what is wrong. The first of these that is found wins, since some tools say more below.
ERRORS = (
    r"(?:FAILED|ERROR) \S+\.py.*",  # pytest's summary
    r"\S+:\d+:\d+: \[[\w-]+\]\n.*",  # mypy
    r"(?:ERROR: )?\S+:\d+(?::\d+)?: .*",  # linters
    r"[\w-]+(?:\[[\w-]+\])?: .*\n\S+:\d+",  # ansible-lint
    r"\[ERROR\]: .*|(?:fatal|failed): \[.*",  # a playbook
    r"unformatted: .*\n.*",  # ruff
    r"(?:error: |ERROR|FATAL).*",
    r"nox > .*(?:[Ee]rror|[Ff]ail).*",
)
# What should be known even if a session passes.
NOTES = re.compile(r"^nox > ((?:.*\bNOT [A-Z]|Session \S+ skipped).*)", re.MULTILINE)


def first_error(output: str) -> str:
    """Return the line of a session's ``output`` that most likely says what is wrong."""
    matches = (re.search(f"^(?:{pattern})", output, re.MULTILINE) for pattern in ERRORS)
    return next((match.group()[:300] for match in matches if match), "its output names no error")


def commands(session: str, output: str) -> list[str]:
    """Return what runs ``session`` alone, and the test in it that failed, if ``output`` names that."""
    alone = f".venv/bin/nox -e {session}"
    test = re.search(r"^(?:FAILED|ERROR) (?:\.\./)*(\S+\.py)(?:::(?:[A-Z]\w*::)?(\w+))?", output, re.MULTILINE)
    if test:
        return [alone, f"{alone} -- {test[1]}" + (f" -k {test[2]}" if test[2] else "")]
    targets = re.findall(r"^Running (\w+) integration test", output, re.MULTILINE)  # the last is the one that failed
    return [alone, *(f"{alone} -- {target}" for target in targets[-1:])]


def start(session: str, arguments: list[str]) -> subprocess.Popen[bytes]:
    """Start ``session`` in a process group of its own, so that an interrupt reaches each of its processes once."""
    with (LOGS / f"{session}.log").open("wb") as log:
        return subprocess.Popen(
            [*NOX, "--session", session, "--", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "NO_COLOR": "1"},
        )


def signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to the group of ``process``, if there is anything in it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def run_all(sessions: list[str], arguments: list[str]) -> list[str]:
    """Run ``sessions``, one on each processor, tell how each ends, and return those that failed."""
    queue, failed = list(sessions), []
    running: dict[str, tuple[subprocess.Popen[bytes], float]] = {}
    try:
        while queue or running:
            while queue and len(running) < (os.cpu_count() or 1):
                session = queue.pop(0)
                running[session] = start(session, arguments), time.monotonic()
            time.sleep(0.1)
            for session, (process, begin) in list(running.items()):
                if process.poll() is not None:
                    del running[session]
                    signal_group(process, signal.SIGKILL)  # what it left running
                    report(session, process.returncode, time.monotonic() - begin)
                    failed += [session] if process.returncode else []
    finally:  # something runs here only after an interrupt
        for process, _begin in running.values():
            signal_group(process, signal.SIGINT)
        for process, _begin in running.values():
            process.wait()
            signal_group(process, signal.SIGKILL)
    return failed


def report(session: str, status: int, seconds: float) -> None:
    """Print how ``session`` ended, and its output if that is of interest."""
    output = (LOGS / f"{session}.log").read_text("utf-8", "replace")
    if status or os.environ.get("VERBOSE"):
        print(f"\n{'=' * 20} {session} {'=' * 20}\n{output}")
    print(f"{'FAILED' if status else 'passed'} {session} ({seconds:.0f} s)", flush=True)
    for note in NOTES.findall(output):
        print(f"       {note}", flush=True)


def main(options: list[str]) -> int:
    """Run what nox selects by ``options``; return the exit status."""
    own, arguments = options, []
    if "--" in options:
        own, arguments = options[: options.index("--")], options[options.index("--") + 1 :]
    listing = json.loads(subprocess.check_output([*NOX, "--list", "--json", *own]))
    # What runs other sessions of the list has nothing to do itself.
    sessions = [one["name"] for one in listing if not one["description"].startswith("Meta session")]
    LOGS.mkdir(parents=True, exist_ok=True)
    begin = time.monotonic()
    failed = run_all(sessions, arguments)
    minutes, seconds = divmod(round(time.monotonic() - begin), 60)
    print(f"\n{len(sessions) - len(failed)} of {len(sessions)} sessions passed in {minutes} min {seconds} s.", end=" ")
    print(f"Their output is in {LOGS}.")
    for session in failed:
        output = (LOGS / f"{session}.log").read_text("utf-8", "replace")
        print(f"\n{session} failed: {first_error(output)}")
        for text, command in zip(("run it alone:", "run the test:"), commands(session, output)):
            print(f"    {text} {command}")
    return 1 if failed else 0


if __name__ == "__main__":
    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("Interrupted.")
