# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Without a Java that ansible-rulebook can use, ``make demo-events`` says what to install."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.huaweicloud.coc.tests.docs.conftest import CHECKOUT


@pytest.mark.parametrize("version, found", [(None, "java is missing"), ("11.0.2", 'java is version "11.'), ("17", "")])
def test_a_java_is_looked_for(version: str | None, found: str, tmp_path: Path) -> None:
    java = tmp_path / "bin/java"
    java.parent.mkdir()
    if version:
        java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2026-01-15' >&2\n", "utf-8")
        java.chmod(0o755)
    command = [sys.executable, "utils/demo_events.py", "--check-java"]
    environment = {**os.environ, "JAVA_HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == bool(found)
    assert done.stdout == ""
    assert found in done.stderr and bool(found) == ("openjdk-17-jre-headless" in done.stderr)
