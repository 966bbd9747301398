# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command: its options, and that nothing is left when it ends, however it ends."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.coc_simulator import ACCESS_KEY, AUTH_TOKEN, SECRET_KEY, SECURITY_TOKEN
from ansible_collections.huaweicloud.coc.tests.coc_simulator.behavior import SETTINGS
from ansible_collections.huaweicloud.coc.tests.coc_simulator.command import read_arguments
from ansible_collections.huaweicloud.coc.tests.coc_simulator.faults import COMMAND_FAULTS
from ansible_collections.huaweicloud.coc.tests.unit.coc_simulator.conftest import LONGEST, ask, connect, send

SIMULATOR = (sys.executable, os.path.dirname(coc_simulator.__file__))


def run(*arguments: str, program: t.Sequence[str] = SIMULATOR, **options: t.Any) -> subprocess.CompletedProcess[str]:
    command = [*program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=False, **options)


def test_help():
    finished = run("--help")
    assert (finished.returncode, finished.stderr) == (0, "")
    assert "[-- COMMAND [ARG ...]]" in finished.stdout
    assert not [name for name in COMMAND_FAULTS if name not in finished.stdout]
    assert not [name for name in SETTINGS if name.replace("_", "-") not in finished.stdout]


def test_it_runs_as_a_module_too():
    root = str(Path(coc_simulator.__file__).parents[5])
    module = [sys.executable, "-m", coc_simulator.__name__]
    assert run("--help", program=module, env={**os.environ, "PYTHONPATH": root}).stdout == run("--help").stdout


@pytest.mark.parametrize(
    "arguments, setting, value",
    [
        (["--page-cap", "25"], "page_cap", 25),
        (["--latency", "0.5"], "latency", 0.5),
        (["--markers", "never"], "markers", "never"),
        (["--no-gzip"], "gzip", False),
        (["--repeat"], "repeat", True),
        (["--ignored-filters", "task_name", "reviewer", "--tasks", "3"], "ignored_filters", ["task_name", "reviewer"]),
    ],
)
def test_settings_are_options(arguments, setting, value):
    given, default = vars(read_arguments(arguments)), vars(read_arguments([]))
    assert given[setting] == value
    assert {name: default[name] for name in SETTINGS} == {name: field.default for name, field in SETTINGS.items()}


@pytest.mark.parametrize(
    "arguments, status, message",
    [
        ("--unknown", 2, "error: unrecognized arguments: --unknown"),
        ("--fault wrong", 2, "error: argument --fault: 'wrong' is no fault"),
        ("--markers sometimes", 2, "error: argument --markers: invalid choice"),
        ("rest", 2, "error: unrecognized arguments: rest"),
        ("--changes no-such-file", 2, "error: argument --changes: no-such-file: "),
        ("--changes /dev/null", 2, "error: argument --changes: /dev/null: "),
        ("--port {port}", 1, "Address already in use"),
        ("--log no-such-folder/log", 1, "coc_simulator: [Errno 2] No such file or directory: 'no-such-folder/log'"),
        ("-- ./no-such-command", 1, "coc_simulator: [Errno 2] No such file or directory: './no-such-command'"),
    ],
)
def test_it_cannot_start(arguments, status, message, simulator):
    finished = run(*arguments.format(port=simulator.port).split())
    assert finished.returncode == status
    assert message in finished.stderr and "Traceback" not in finished.stderr


def test_script_of_changes(tmp_path):
    script = tmp_path / "changes.json"
    script.write_text('[{"after": 0, "remove": 0}]')
    assert read_arguments(["--tasks", "1", "--changes", str(script)]).changes == [{"after": 0, "remove": 0}]
    finished = run("--tasks", "0", "--changes", str(script))
    assert finished.returncode == 2
    assert "argument --changes: 0 of 0 tasks have the ID, name or index 0" in finished.stderr


@contextlib.contextmanager
def started(*arguments: str | Path, program: t.Sequence[str] = SIMULATOR) -> t.Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([*program, *arguments], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


# Without a command


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, "removed", "another's"])
def test_it_ends_when_told_or_when_its_file_is_removed(tmp_path, end):
    file, log = tmp_path / "variables.json", tmp_path / "log"
    settings = ["--tasks", "3", "--page-cap", "2", "--markers", "until_last", "--fault", "status:503", "--no-gzip"]
    with started("--variables", file, "--log", log, *settings) as process:
        assert process.stdout
        greeting = [process.stdout.readline() for _line in range(5)]
        variables = json.loads(file.read_text())
        endpoint = variables["endpoint"]
        keys = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
        tokens = {"security_token": SECURITY_TOKEN, "auth_token": AUTH_TOKEN}
        assert variables == {"pid": process.pid, "endpoint": endpoint, **keys, **tokens}
        assert greeting[:2] == [
            f"COC simulator with 3 tasks at {endpoint}\n",
            f"export HUAWEICLOUD_COC_ENDPOINT={endpoint}\n",
        ]

        remote = coc_simulator.Simulator(port=int(endpoint.rpartition(":")[2]))  # never entered: only the port counts
        assert ask(remote).status == 503
        reply = ask(remote, {}, {"Accept-Encoding": "gzip"}, headers={"X-Security-Token": SECURITY_TOKEN})
        assert (reply.document["count"], len(reply.ids), reply.headers["Content-Encoding"]) == (3, 2, None)
        assert reply.document["next_maker"] == reply.ids[-1]
        stays_open = connect(remote)
        send(remote, coc_simulator.SCHEDULED_TASKS, {"X-Auth-Token": AUTH_TOKEN}, connection=stays_open)

        if end == "removed":
            file.unlink()
        elif end == "another's":
            file.write_text(json.dumps({**variables, "pid": 1}))
        else:
            process.send_signal(end)
        assert process.wait(LONGEST) == 0
    assert len(log.read_text().splitlines()) == 3


# With a command


def test_command_runs_in_an_environment_that_leads_here():
    code = """if True:
        import json, os, sys
        print(json.dumps({name: value for name, value in os.environ.items() if name.startswith("HUAWEICLOUD_")}))
        print(sys.argv)
        sys.exit(7)
    """
    finished = run("--", sys.executable, "-c", code, "--", "--help")
    environment, arguments = finished.stdout.splitlines()
    found = json.loads(environment)
    assert finished.returncode == 7
    assert found.pop("HUAWEICLOUD_COC_ENDPOINT").startswith("http://127.0.0.1:")
    assert found == {"HUAWEICLOUD_SDK_AK": ACCESS_KEY, "HUAWEICLOUD_SDK_SK": SECRET_KEY}
    assert arguments == "['-c', '--', '--help']"


def test_command_that_a_signal_ends():
    assert run("--", "sh", "-c", "kill -9 $$").returncode == 128 + 9


# Each of these processes holds an end of a pipe: the pipe ends when all of them are gone.
TREE = "sleep 600 & (trap '' TERM; sleep 601; sleep 602) & "


@pytest.mark.parametrize(
    "command, number, status",
    [
        ("echo started; exit 7", None, 7),
        ("echo started; wait", signal.SIGINT, 128 + signal.SIGINT),
        ("echo started; wait", signal.SIGTERM, 128 + signal.SIGTERM),
        ("trap 'exit 5' TERM; echo started; wait", signal.SIGTERM, 5),
        ("trap : INT; sh -c 'echo started; exec sleep 600'; exit 4", signal.SIGINT, 4),  # sleep gets it, too
        ("echo started; wait", signal.SIGKILL, -signal.SIGKILL),
        ("echo started; wait", "file", 128 + signal.SIGTERM),
        ("echo started; wait", "parent", -signal.SIGKILL),
    ],
)
def test_nothing_is_left_of_the_command(command, number, status, tmp_path):
    variables = tmp_path / "variables.json"
    parent = (sys.executable, "-c", "import subprocess, sys; subprocess.run(sys.argv[1:])", *SIMULATOR)
    program = parent if number == "parent" else SIMULATOR
    with started("--variables", variables, "--", "sh", "-c", TREE + command, program=program) as process:
        assert process.stdout and process.stdout.readline() == "started\n"
        if number == "file":
            variables.unlink()
        elif number:
            process.send_signal(signal.SIGKILL if number == "parent" else number)
        output, _errors = process.communicate(timeout=LONGEST)
    assert (process.returncode, output) == (status, "")
