# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator, and commands run as a user runs them who has installed the collection."""

from __future__ import annotations

import os
import subprocess
import typing as t
from pathlib import Path

import pytest

from ansible_collections.huaweicloud.coc.tests import coc_simulator

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def simulator() -> t.Iterator[coc_simulator.Simulator]:
    with coc_simulator.Simulator() as running:
        yield running


@pytest.fixture
def run(simulator: coc_simulator.Simulator, tmp_path: Path) -> t.Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command in the checkout, with variables, in an environment in which the collection finds the simulator."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(("HW_", "HUAWEICLOUD_")) and not name.upper().endswith(("_PROXY", "_CA_BUNDLE"))
    }
    environment.update(
        HUAWEICLOUD_COC_ENDPOINT=simulator.endpoint,
        HUAWEICLOUD_SDK_AK=coc_simulator.ACCESS_KEY,
        HUAWEICLOUD_SDK_SK=coc_simulator.SECRET_KEY,
        HUAWEICLOUD_SDK_IAM_ENDPOINT=simulator.endpoint,
        HTTPS_PROXY="http://127.0.0.1:9",  # whatever would leave this machine fails
        HOME=str(tmp_path),
        ANSIBLE_CONFIG=str(CHECKOUT / "docs/examples/ansible.cfg"),
        ANSIBLE_PIPELINING="true",  # quicker
    )

    def run_command(*command: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        env = {**environment, **variables}
        return subprocess.run(command, cwd=CHECKOUT, env=env, capture_output=True, text=True, check=False)

    return run_command
