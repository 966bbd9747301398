# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-builder takes what the collection says of itself, and the example of an execution environment."""

from __future__ import annotations

import subprocess

import yaml

from ansible_collections.huaweicloud.coc.tests.awx.conftest import COLLECTION


def test_requirements_are_found_in_the_collection():
    command = ["ansible-builder", "introspect", "--sanitize", str(COLLECTION.parents[2])]
    found = yaml.safe_load(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert found == {"python": ["requests  # from collection huaweicloud.coc"], "system": []}


def test_example_gives_a_build_context(tmp_path):
    definition = str(COLLECTION / "docs/awx/execution-environment.yml")
    command = ["ansible-builder", "create", "--file", definition, "--context", str(tmp_path)]
    done = subprocess.run([*command, "--output-filename", "Containerfile"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    containerfile = (tmp_path / "Containerfile").read_text("utf-8")
    assert "ansible-galaxy collection install" in containerfile
    assert "/output/scripts/introspect.py introspect" in containerfile
    wanted = yaml.safe_load((tmp_path / "_build/requirements.yml").read_text("utf-8"))
    assert [one["name"] for one in wanted["collections"]] == ["huaweicloud.coc"]
