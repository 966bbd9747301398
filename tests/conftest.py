# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all tests share: they stay on this machine."""

from __future__ import annotations

import os
import sys
import typing as t
from pathlib import Path

import pytest

from ansible_collections.huaweicloud.coc.tests.loopback_only import sitecustomize

sys.addaudithook(sitecustomize.refuse)


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
