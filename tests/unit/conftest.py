# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shared by the unit tests: a clean environment, a simulator, and both plugins run for real."""

from __future__ import annotations

import contextlib
import io
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import traceback
import typing as t
import unittest.mock
from dataclasses import dataclass, field
from pathlib import Path

import hypothesis
import pytest
import trustme
from ansible.module_utils import basic
from ansible.module_utils.common import warnings

from ansible_collections.huaweicloud.coc.plugins.module_utils import _sts
from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._transport import Transport
from ansible_collections.huaweicloud.coc.plugins.modules import scheduled_task_info
from ansible_collections.huaweicloud.coc.tests import coc_simulator

try:
    from ansible import constants
    from ansible.parsing.dataloader import DataLoader
    from ansible.plugins.loader import lookup_loader
    from ansible.template import Templar
    from ansible.utils.display import Display
except ImportError:  # ansible-test has no controller code for the tests of modules and module_utils
    pass
else:
    # ansible-test forks for each test: what is loaded here is loaded once
    for name in ("scheduled_task", "scheduled_task_accounts"):
        lookup_loader.get(f"huaweicloud.coc.{name}", loader=DataLoader(), templar=Templar(loader=DataLoader()))

COLLECTION = Path(__file__).parents[2]
PLUGINS = ("module", "lookup")
FORKS = multiprocessing.get_context("fork")
WRONG_SECRET_KEY = "FakeWrongSecretKey/with+signs=0000000001"

# A slow machine is not an error, and what one run found does not decide the next.
hypothesis.settings.register_profile("coc", deadline=None, database=None, print_blob=True)
hypothesis.settings.load_profile("coc")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hide credentials, proxies and CA bundles of whoever runs the tests; nobody listens at the metadata address."""
    for name in list(os.environ):
        if name.upper().startswith(("HW_", "HUAWEICLOUD_", "HC_CONTAINER_")) or name.upper().endswith(
            ("_PROXY", "_CA_BUNDLE")
        ):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(_sts, "ADDRESS", "127.0.0.1:9")


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Make retries quick; return the list of the pauses, in seconds, that the client would have made."""
    made: list[float] = []
    monkeypatch.setattr(Transport, "pause", lambda _transport, seconds: made.append(seconds))
    return made


# The simulator


@pytest.fixture
def simulator() -> t.Iterator[coc_simulator.Simulator]:
    with coc_simulator.Simulator() as running:
        yield running


def connection_to(simulator: coc_simulator.Simulator) -> dict[str, t.Any]:
    """Return options with which both plugins reach the simulator."""
    keys = {"access_key": coc_simulator.ACCESS_KEY, "secret_key": coc_simulator.SECRET_KEY}
    return {"endpoint": simulator.endpoint, **keys}


@pytest.fixture
def connection(simulator: coc_simulator.Simulator) -> dict[str, t.Any]:
    return connection_to(simulator)


@pytest.fixture
def endpoint(simulator: coc_simulator.Simulator) -> dict[str, t.Any]:
    """The connection without credentials."""
    return {"endpoint": simulator.endpoint}


def queries(simulator: coc_simulator.Simulator) -> list[str]:
    """Return the query of each request as it was sent."""
    return [request.raw_query for request in simulator.requests]


def ids_of(tasks: t.Iterable[dict[str, t.Any]]) -> list[str]:
    return [task["id"] for task in tasks]


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA(organization_name="huaweicloud.coc", organization_unit_name="tests")


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = str(tmp_path_factory.mktemp("ca") / "ca.pem")
    authority.cert_pem.write_to_path(path)
    return path


# The plugins


@dataclass
class Outcome:
    """How a run of a plugin ended. ``result`` is the module's whole result, or has the lookup's exception."""

    failed: bool = False
    msg: str = ""
    tasks: list[dict[str, t.Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    result: dict[str, t.Any] = field(default_factory=dict)
    output: str = ""  # everything that a user could see

    @property
    def ids(self) -> list[str]:
        """The IDs of the tasks that a success returned."""
        assert not self.failed, self.msg
        assert self.msg == ""
        return ids_of(self.tasks)

    @property
    def error(self) -> str:
        """The message of a failure, which returns no tasks."""
        assert self.failed
        assert self.tasks == []
        return self.msg


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
    result.pop("_ansible_new_secrets", None)  # what ansible-core 2.22 masks on the controller, whatever shows it
    return Outcome(
        failed=result.get("failed", False),
        msg=result.get("msg", ""),
        tasks=result.get("scheduled_tasks", []),
        # ansible-core 2.19 returns more of a warning than its text
        warnings=[w if isinstance(w, str) else w["event"]["msg"] for w in result.get("warnings", [])],
        result=result,
        output=json.dumps(result),
    )


def run_lookup(
    options: dict[str, t.Any],
    terms: t.Sequence[t.Any] = (),
    variables: dict[str, t.Any] | None = None,
    name: str = "scheduled_task",
) -> Outcome:
    """Run a real lookup, as ``lookup_loader`` finds it, in a run of Ansible of its own."""
    outcome = Outcome()

    def warn(_display: Display, msg: str, **_more: t.Any) -> None:
        outcome.warnings.append(msg)

    try:
        templar = Templar(loader=DataLoader(), variables=variables or {})
        plugin = lookup_loader.get(f"huaweicloud.coc.{name}", loader=DataLoader(), templar=templar)
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            stack.enter_context(unittest.mock.patch.object(constants, "DEFAULT_LOCAL_TMP", folder))
            stack.enter_context(unittest.mock.patch.object(Display, "warning", warn))
            outcome.tasks = plugin.run(list(terms), variables=variables or {}, **options)
    except Exception as error:  # the test decides whether it is the right one
        outcome.failed = True
        outcome.msg = str(error)
        outcome.result = {"exception": error}
        outcome.output = traceback.format_exc()  # Ansible shows it with -vvv
    outcome.output += json.dumps([outcome.tasks, outcome.msg, outcome.warnings])
    return outcome


def run_plugin(plugin: str, options: dict[str, t.Any]) -> Outcome:
    """Run ``plugin``, one of :data:`PLUGINS`, with ``options``."""
    return run_module(options) if plugin == "module" else run_lookup(options)


by_plugin = pytest.mark.parametrize("plugin", PLUGINS)  # for what the two do not share


@pytest.fixture
def plugin() -> str:
    """The plugin that ``ask`` runs: what both share is shown by the module, which returns more."""
    return "module"


@pytest.fixture
def ask(plugin: str, connection: dict[str, t.Any]) -> t.Callable[..., Outcome]:
    """A function that runs the plugin. Options are added to ``connection``, or to its one argument."""

    def run(connection: dict[str, t.Any] = connection, /, **options: t.Any) -> Outcome:
        return run_plugin(plugin, {**connection, **options})

    return run


NO_CLIENT: t.Any = None  # for credentials that no service has to be asked for


def no_warning(_key: str, text: str) -> None:
    """Take the place of ``warn`` where nothing is to be warned of."""
    pytest.fail(text)


def refusal(function: t.Callable[..., object], *arguments: t.Any) -> str:
    """Return the message of the CocError that ``function`` raises."""
    with pytest.raises(CocError) as raised:
        function(*arguments)
    return raised.value.msg


def in_forks(count: int, function: t.Callable[[], t.Any]) -> list[t.Any]:
    """Return what ``function()`` returns in so many processes at once, or the message that it raises."""
    results: t.Any = FORKS.Queue()
    start = FORKS.Barrier(count)

    def work() -> None:
        start.wait(60)
        try:
            results.put(function())
        except CocError as error:
            results.put(error.msg)

    processes = [FORKS.Process(target=work) for _number in range(count)]
    for process in processes:
        process.start()
    found = [results.get(timeout=60) for _process in processes]
    for process in processes:
        process.join()
    return found


def run_python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run this Python with ``arguments``, in a process that finds what this one finds."""
    path = [os.environ["PYTHONPATH"], str(COLLECTION.parents[2]), *filter(None, sys.path)]
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path), **environment},
        cwd=os.environ["HOME"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
