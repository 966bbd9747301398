# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What unit tests share: a clean environment, a simulator, and both plugins run for real."""

from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
import typing as t
import unittest.mock
from dataclasses import dataclass, field
from pathlib import Path

import hypothesis
import pytest
from ansible.module_utils import basic
from ansible.module_utils.common import warnings

from ansible_collections.huaweicloud.coc.plugins.module_utils import _ecs_metadata
from ansible_collections.huaweicloud.coc.plugins.modules import scheduled_task_info
from ansible_collections.huaweicloud.coc.tests import coc_simulator

try:
    from ansible import constants
    from ansible.parsing.dataloader import DataLoader
    from ansible.plugins.loader import lookup_loader
    from ansible.template import Templar
    from ansible.utils.display import Display
except ImportError:  # the Pythons of targets have no controller code
    pass
else:
    # ansible-test forks for each test: what is loaded here is loaded once
    lookup_loader.get("huaweicloud.coc.scheduled_task", loader=DataLoader(), templar=Templar(loader=DataLoader()))

PLUGINS = ("module", "lookup")

# A slow machine is no error, and what one run found out does not decide the next.
hypothesis.settings.register_profile("coc", deadline=None, database=None, print_blob=True)
hypothesis.settings.load_profile("coc")


@pytest.fixture(autouse=True)
def no_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody answer where the metadata service is."""
    monkeypatch.setattr(_ecs_metadata, "ADDRESS", "127.0.0.1:9")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hide the credentials, proxies and CA bundles of whoever runs the tests."""
    for name in list(os.environ):
        if name.upper().startswith(("HW_", "HUAWEICLOUD_")) or name.upper().endswith(("_PROXY", "_CA_BUNDLE")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Make retries quick; return the list of the pauses, in seconds, that the client would have made."""
    made: list[float] = []
    monkeypatch.setattr("time.sleep", made.append)
    return made


@pytest.fixture
def simulator() -> t.Iterator[coc_simulator.Simulator]:
    with coc_simulator.Simulator() as running:
        yield running


@pytest.fixture
def connection(simulator: coc_simulator.Simulator) -> dict[str, t.Any]:
    """Options with which both plugins reach the simulator."""
    return {
        "endpoint": simulator.endpoint,
        "access_key": coc_simulator.ACCESS_KEY,
        "secret_key": coc_simulator.SECRET_KEY,
    }


@dataclass
class Outcome:
    """What a run of one of the plugins came to. ``result`` is the module's whole result, empty for the lookup."""

    failed: bool = False
    msg: str = ""
    tasks: list[dict[str, t.Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    result: dict[str, t.Any] = field(default_factory=dict)
    output: str = ""  # everything that a user could see


def run_module(options: dict[str, t.Any], check_mode: bool = False) -> Outcome:
    """Run the real ``main()`` of the module."""
    arguments = {**options, "_ansible_check_mode": check_mode}
    warnings._global_warnings.clear()  # a module has a process of its own, without controller code
    warnings._global_deprecations.clear()
    stdout = io.StringIO()
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stdout(stdout))
        stack.enter_context(contextlib.suppress(SystemExit))
        with contextlib.suppress(ImportError):  # ansible-core before 2.18
            from ansible.module_utils import _internal

            if hasattr(_internal, "is_controller"):  # ansible-core 2.18 does not ask
                stack.enter_context(unittest.mock.patch.object(_internal, "is_controller", False))
        try:
            from ansible.module_utils.testing import patch_module_args
        except ImportError:  # ansible-core before 2.18
            basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
        else:
            stack.enter_context(patch_module_args(arguments))
        scheduled_task_info.main()
    result = json.loads(stdout.getvalue())
    return Outcome(
        failed=result.get("failed", False),
        msg=result.get("msg", ""),
        tasks=result.get("scheduled_tasks", []),
        # ansible-core 2.19 has more to tell of a warning than its text
        warnings=[w if isinstance(w, str) else w["event"]["msg"] for w in result.get("warnings", [])],
        result=result,
        output=stdout.getvalue(),
    )


def run_lookup(
    options: dict[str, t.Any], terms: t.Sequence[t.Any] = (), variables: dict[str, t.Any] | None = None
) -> Outcome:
    """Run the real lookup, as ``lookup_loader`` finds it, in a run of Ansible of its own."""
    with tempfile.TemporaryDirectory() as folder, unittest.mock.patch.object(constants, "DEFAULT_LOCAL_TMP", folder):
        return run_lookup_again(options, terms, variables)


def run_lookup_again(
    options: dict[str, t.Any], terms: t.Sequence[t.Any] = (), variables: dict[str, t.Any] | None = None
) -> Outcome:
    """Run the lookup in the same run of Ansible as before."""
    outcome = Outcome()
    try:
        templar = Templar(loader=DataLoader(), variables=variables or {})
        plugin = lookup_loader.get("huaweicloud.coc.scheduled_task", loader=DataLoader(), templar=templar)
        with unittest.mock.patch.object(Display, "warning", lambda display, msg, **_more: outcome.warnings.append(msg)):
            outcome.tasks = plugin.run(list(terms), variables=variables or {}, **options)
    except Exception as error:  # what it is, is for the test to judge
        outcome.failed = True
        outcome.msg = str(error)
        outcome.result = {"exception": error}
    outcome.output = json.dumps([outcome.tasks, outcome.msg, outcome.warnings])
    return outcome


def ask(plugin: str, options: dict[str, t.Any]) -> Outcome:
    """Run ``plugin``, one of :data:`PLUGINS`, with ``options``."""
    return run_module(options) if plugin == "module" else run_lookup(options)
