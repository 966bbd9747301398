# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real ansible-rulebook, and the simulator whose account changes meanwhile."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.huaweicloud.coc.extensions.eda.plugins.event_source import scheduled_task as source
from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.docs.test_examples import blocks

CHECKOUT = Path(__file__).parents[2]
GUIDE = CHECKOUT / "docs/docsite/rst/event_driven_guide.rst"
GUIDE_YAML = [yaml.safe_load(code) for language, code in blocks(GUIDE) if language == "yaml"]
RULEBOOKS = {
    **{path.name: yaml.safe_load(path.read_text("utf-8")) for path in CHECKOUT.glob("extensions/eda/rulebooks/*")},
    **{
        f"demo {path.name}": yaml.safe_load(path.read_text("utf-8"))
        for path in CHECKOUT.glob("docs/examples/rulebooks/*")
    },
    "EXAMPLES": yaml.safe_load(source.EXAMPLES),
    GUIDE.name: next(one for one in GUIDE_YAML if isinstance(one, list) and "sources" in one[0]),
}
PATIENCE = 60  # seconds, for what takes two on a machine that has nothing else to do


@pytest.fixture(scope="session")
def java() -> None:
    """Skip what needs a Java that ansible-rulebook can use, if there is none."""
    command = [sys.executable, str(CHECKOUT / "utils/demo_events.py"), "--check-java"]
    lack = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False).stderr
    if lack:
        pytest.skip(f"NOT RUN: {lack}")


@pytest.fixture
def simulator() -> t.Iterator[coc_simulator.Simulator]:
    with coc_simulator.Simulator(tasks=5) as running:
        yield running


class Rulebook:
    """A run of ansible-rulebook."""

    def __init__(self, arguments: tuple[str, ...], log: Path, environment: dict[str, str]) -> None:
        self._log = log
        command = ["ansible-rulebook", *arguments]
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                command,
                cwd=log.parent,
                env=environment,
                stdout=file,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )

    @property
    def output(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def wait_until(self, condition: t.Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.05)

    def wait_for(self, *texts: str) -> str:
        """Return all output, once each of the texts is in it."""
        self.wait_until(lambda: all(text in self.output for text in texts))
        return self.output

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
def environment(simulator: coc_simulator.Simulator, tmp_path: Path) -> dict[str, str]:
    """Environment variables in which the collection finds the simulator."""
    foreign = re.compile("(HW|HUAWEICLOUD)_|.*_(PROXY|CA_BUNDLE)$", re.IGNORECASE)
    return {
        **{name: value for name, value in os.environ.items() if not foreign.match(name)},
        "HOME": str(tmp_path),
        "HUAWEICLOUD_COC_ENDPOINT": simulator.endpoint,
        "HUAWEICLOUD_SDK_AK": coc_simulator.ACCESS_KEY,
        "HUAWEICLOUD_SDK_SK": coc_simulator.SECRET_KEY,
        "HTTPS_PROXY": "http://127.0.0.1:9",  # whatever would leave this machine fails
        "ANSIBLE_NOCOLOR": "1",
        "PYTHONUNBUFFERED": "1",
        "EDA_JOB_TEMPLATE_REFRESH_DELAY": "0.1",  # seconds between two looks at a job
    }


@pytest.fixture
def run(java: None, environment: dict[str, str], tmp_path: Path) -> t.Iterator[t.Callable[..., Rulebook]]:
    """Run ansible-rulebook with arguments and more environment variables; each is stopped in the end."""
    started: list[Rulebook] = []

    def run_rulebook(*arguments: str, **variables: str) -> Rulebook:
        log = tmp_path / f"log{len(started)}"
        started.append(Rulebook(arguments, log, {**environment, **variables}))
        return started[-1]

    yield run_rulebook
    for rulebook in started:
        rulebook.stop()
