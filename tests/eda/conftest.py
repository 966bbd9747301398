# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real ansible-rulebook, and the simulator whose account changes meanwhile."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.huaweicloud.coc.tests import coc_simulator

PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # ansible-galaxy is to be there, too
PATIENCE = 60  # seconds, for what takes two on a machine that has nothing else to do
OPTIONS = {"interval": 1, "max_retries": 0}
FAILED = 'event.type == "execution" and event.scheduled_task.last_execution_status == "ABNORMAL"'
RULES = [
    {
        "name": "A task failed",
        "condition": FAILED,
        "action": {"debug": {"msg": "FIRED {{ event.scheduled_task.id }} {{ event.scheduled_task.execution_count }}"}},
    },
    {
        "name": "Listing fails or works again",
        "condition": 'event.type == "failure" or event.type == "recovery"',
        "action": {"debug": {"msg": "TOLD {{ event.type }}"}},
    },
]


def find_lack() -> str:
    """Return what this machine needs to run rulebooks, nothing if it has everything."""
    if not shutil.which("ansible-rulebook", path=PATH):
        return "ansible-rulebook is not installed"
    if not shutil.which("java"):
        return "there is no Java; install a JRE 17 or later, such as default-jre-headless"
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    if not version or int(version.group(1)) < 17:
        return f"Java 17 or later is needed, and this is: {said.splitlines()[0]}"
    return ""


LACK = find_lack()
NEEDS_RULEBOOK = pytest.mark.skipif(bool(LACK), reason=f"NO RULEBOOK WAS RUN: {LACK}")


@pytest.fixture
def simulator() -> t.Iterator[coc_simulator.Simulator]:
    with coc_simulator.Simulator(tasks=5) as running:
        yield running


class Rulebook:
    """A run of ansible-rulebook with one ruleset."""

    def __init__(self, folder: Path, environment: dict[str, str], ruleset: object, arguments: tuple[str, ...]):
        folder.mkdir()
        file = folder / "rulebook.yml"
        file.write_text(json.dumps([ruleset]), encoding="utf-8")
        self._log = folder / "log"
        command = ["ansible-rulebook", "--rulebook", str(file), *arguments]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
            )

    @property
    def output(self) -> str:
        return self._log.read_text(encoding="utf-8")

    @property
    def fired(self) -> list[tuple[str, int]]:
        """The ID of each failed task, and which of its executions it was."""
        return [(task_id, int(count)) for task_id, count in re.findall("^FIRED (.+) (.+)$", self.output, re.MULTILINE)]

    @property
    def told(self) -> list[str]:
        """The types of the events about listing itself."""
        return re.findall("^TOLD (.+)$", self.output, re.MULTILINE)

    def wait_until(self, condition: t.Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.05)

    def ends_with(self, status: int) -> None:
        try:
            assert self.process.wait(PATIENCE) == status, self.output
        except subprocess.TimeoutExpired:
            pytest.fail(f"It does not end:\n{self.output}")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        finally:
            self.process.kill()


@pytest.fixture
def start(simulator: coc_simulator.Simulator, tmp_path: Path) -> t.Iterator[t.Callable[..., Rulebook]]:
    """Start rulebooks; each is stopped in the end. Options and arguments are added to those that all of them have."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(("HW_", "HUAWEICLOUD_")) and not name.upper().endswith(("_PROXY", "_CA_BUNDLE"))
    }
    common = {
        **clean,
        "PATH": PATH,
        "HOME": str(tmp_path),
        "HUAWEICLOUD_COC_ENDPOINT": simulator.endpoint,
        "HUAWEICLOUD_SDK_AK": coc_simulator.ACCESS_KEY,
        "HUAWEICLOUD_SDK_SK": coc_simulator.SECRET_KEY,
        "HTTPS_PROXY": "http://127.0.0.1:9",  # whatever would leave this machine fails
        "PYTHONUNBUFFERED": "1",
    }
    started: list[Rulebook] = []

    def start_rulebook(
        *arguments: str,
        more_sources: t.Sequence[t.Any] = (),
        more_rules: t.Sequence[t.Any] = (),
        environment: t.Mapping[str, str] | None = None,
        **options: t.Any,
    ) -> Rulebook:
        source = {"huaweicloud.coc.scheduled_task": {**OPTIONS, **options}}
        ruleset = {
            "name": "Failed tasks",
            "hosts": "localhost",
            "sources": [source, *more_sources],
            "rules": [*RULES, *more_rules],
        }
        started.append(Rulebook(tmp_path / f"run{len(started)}", {**common, **(environment or {})}, ruleset, arguments))
        return started[-1]

    yield start_rulebook
    for rulebook in started:
        rulebook.stop()
