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
import urllib.request
from pathlib import Path

import pytest

from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.coc_simulator import ACCESS_KEY, AUTH_TOKEN, SECRET_KEY, SECURITY_TOKEN
from ansible_collections.huaweicloud.coc.tests.coc_simulator.behavior import SETTINGS
from ansible_collections.huaweicloud.coc.tests.coc_simulator.command import read_arguments

LONGEST = 20  # seconds that anything here may take before it counts as hanging
SIMULATOR = (sys.executable, os.path.dirname(coc_simulator.__file__))


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*SIMULATOR, *arguments], capture_output=True, text=True, timeout=LONGEST, check=False)


@pytest.mark.parametrize(
    "arguments, setting, value",
    [
        (["--page-cap", "25"], "page_cap", 25),
        (["--markers", "never"], "markers", "never"),
        (["--no-gzip"], "gzip", False),
        (["--repeat"], "repeat", True),
    ],
)
def test_settings_are_options(arguments, setting, value):
    given, default = vars(read_arguments(arguments)), vars(read_arguments([]))
    assert given[setting] == value
    assert {name: default[name] for name in SETTINGS} == {name: field.default for name, field in SETTINGS.items()}


@pytest.mark.parametrize(
    "arguments, status, message",
    [
        ("--fault wrong", 2, "error: argument --fault: 'wrong' is no fault"),
        ("--fault status:x", 2, "error: argument --fault: 'status:x' is no fault"),
        ("--changes /dev/null", 2, "error: argument --changes: /dev/null: "),
        ("--tasks 0 --changes {script}", 2, "--changes: 0 of 0 tasks have the ID, name or index 0"),
        ("--log no-such-folder/log", 1, "coc_simulator: [Errno 2] No such file or directory: 'no-such-folder/log'"),
        ("-- ./no-such-command", 1, "coc_simulator: [Errno 2] No such file or directory: './no-such-command'"),
    ],
)
def test_it_cannot_start(arguments, status, message, tmp_path):
    script = tmp_path / "changes.json"
    script.write_text('[{"after": 0, "remove": 0}]')
    finished = run(*arguments.format(script=script).split())
    assert finished.returncode == status
    assert message in finished.stderr and "Traceback" not in finished.stderr


@contextlib.contextmanager
def started(*arguments: str | Path) -> t.Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([*SIMULATOR, *arguments], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


# Without a command


@pytest.mark.parametrize("end", [signal.SIGTERM, "removed", "another's"])
def test_it_ends_when_told_or_when_its_file_is_removed(tmp_path, end):
    file = tmp_path / "variables.json"
    with started("--variables", file, "--tasks", "3", "--page-cap", "2", "--fault", "status:418") as process:
        assert process.stdout
        greeting = process.stdout.readline()
        variables = json.loads(file.read_text())
        endpoint = variables["endpoint"]
        keys = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
        tokens = {"security_token": SECURITY_TOKEN, "auth_token": AUTH_TOKEN}
        assert variables == {"pid": process.pid, "endpoint": endpoint, **keys, **tokens}
        assert greeting == f"COC simulator with 3 tasks at {endpoint}\n"

        request = urllib.request.Request(endpoint + coc_simulator.SCHEDULED_TASKS, headers={"X-Auth-Token": AUTH_TOKEN})
        with pytest.raises(OSError, match="418"):
            urllib.request.urlopen(request, timeout=LONGEST)
        with urllib.request.urlopen(request, timeout=LONGEST) as response:
            assert len(json.load(response)["scheduled_tasks"]) == 2

        if end == "removed":
            file.unlink()
        elif end == "another's":
            file.write_text(json.dumps({**variables, "pid": 1}))
        else:
            process.send_signal(end)
        assert process.wait(LONGEST) == 0


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
    endpoint = found.pop("HUAWEICLOUD_COC_ENDPOINT")
    assert endpoint.startswith("http://127.0.0.1:") and found.pop("HUAWEICLOUD_SDK_IAM_ENDPOINT") == endpoint
    assert found == {"HUAWEICLOUD_SDK_AK": ACCESS_KEY, "HUAWEICLOUD_SDK_SK": SECRET_KEY}
    assert arguments == "['-c', '--', '--help']"


# Each of these processes holds an end of a pipe: the pipe ends when all of them are gone.
TREE = "sleep 600 & (trap '' TERM; sleep 601; sleep 602) & "


@pytest.mark.parametrize(
    "command, number, status",
    [
        ("echo started; exit 7", None, 7),
        ("echo started; wait", signal.SIGINT, 128 + signal.SIGINT),
        ("trap 'exit 5' TERM; echo started; wait", signal.SIGTERM, 5),
        ("echo started; wait", "file", 128 + signal.SIGTERM),
    ],
)
def test_nothing_is_left_of_the_command(command, number, status, tmp_path):
    variables = tmp_path / "variables.json"
    with started("--variables", variables, "--", "sh", "-c", TREE + command) as process:
        assert process.stdout and process.stdout.readline() == "started\n"
        if number == "file":
            variables.unlink()
        elif number:
            process.send_signal(number)
        output, _errors = process.communicate(timeout=LONGEST)
    assert (process.returncode, output) == (status, "")
