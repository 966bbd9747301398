# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all tests share: a checkout at any path has its name as a collection, and they stay on this machine."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import sys
import tempfile
import typing as t
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
IN_ANSIBLE_TEST = any("AnsibleCollectionFinder" in type(finder).__name__ for finder in sys.meta_path)


def temporary_folder() -> Path:
    """Return a folder for temporary files of the tests; pytest would keep those of its last runs."""
    folder = None
    if IN_ANSIBLE_TEST:  # which drops TMPDIR from the environment
        folder = CHECKOUT / "tests/output/.tmp"
        folder.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="coc-tests-", dir=folder))


def name_checkout() -> None:
    """Let Python and Ansible find the collection: as it was installed, if it was, else this checkout.

    And let the tests find the programs beside this Python, in an environment that is not activated.
    """
    os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    name = "ansible_collections/huaweicloud/coc"
    if not any(os.path.isdir(os.path.join(entry, name)) for entry in sys.path):
        link = TEMPORARY / name
        link.parent.mkdir(parents=True)
        link.symlink_to(CHECKOUT)
        sys.path.insert(0, str(TEMPORARY))
        others = os.environ.get("ANSIBLE_COLLECTIONS_PATH")  # of other collections that a test needs
        os.environ["ANSIBLE_COLLECTIONS_PATH"] = f"{TEMPORARY}{os.pathsep}{others}" if others else str(TEMPORARY)
    from ansible.plugins.loader import init_plugin_loader

    init_plugin_loader(sys.path)


TEMPORARY = temporary_folder()
os.environ["ANSIBLE_HOME"] = str(TEMPORARY / "ansible")
os.environ["ANSIBLE_REMOTE_TMP"] = str(TEMPORARY / "ansible/remote")  # else in the account's home, whatever HOME is
if not IN_ANSIBLE_TEST:
    name_checkout()
    os.environ["PATH"] = os.pathsep.join((os.path.dirname(sys.executable), os.environ["PATH"]))  # ansible-playbook
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(TEMPORARY / "hypothesis"))

from ansible_collections.huaweicloud.coc.tests.loopback_only import sitecustomize  # once it is found

sys.addaudithook(sitecustomize.refuse)


def pytest_configure(config: pytest.Config) -> None:
    """Keep the temporary folders of the tests in the one that is deleted, and let Ctrl-C end them."""
    if hasattr(config, "workerinput"):  # pytest-xdist's workers end with their parent, but would hang after Ctrl-C
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    config.option.basetemp = config.option.basetemp or str(TEMPORARY / "pytest")
    config.add_cleanup(lambda: shutil.rmtree(TEMPORARY, ignore_errors=True))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the command that runs each failed test alone."""
    for report in (one for kind in ("failed", "error") for one in terminalreporter.getreports(kind)):
        terminalreporter.write_line(f"run it alone: .venv/bin/python -m pytest {shlex.quote(report.nodeid)}")


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Path]:
    """Fail a test that sends anything to another machine, the cloud's metadata address included.

    The processes that it starts are bound, too. The path is that of the notes about what was refused.
    """
    notes = tmp_path_factory.mktemp("refused") / "notes"
    monkeypatch.setenv(sitecustomize.VARIABLE, str(notes))
    monkeypatch.setenv("PYTHONPATH", os.path.dirname(sitecustomize.__file__), prepend=os.pathsep)
    yield notes
    assert not notes.exists(), notes.read_text()
