# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-builder takes what the collection says of itself, and the example of an execution environment."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess

import yaml

from ansible_collections.huaweicloud.coc.tests.awx.conftest import COLLECTION

DEFINITION = COLLECTION / "docs/awx/execution-environment.yml"


def test_requirements_are_found_in_the_collection():
    command = ["ansible-builder", "introspect", "--sanitize", str(COLLECTION.parents[2])]
    found = yaml.safe_load(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert found == {"python": ["requests  # from collection huaweicloud.coc"], "system": []}


def test_example_gives_a_build_context(tmp_path):
    command = ["ansible-builder", "create", "--file", str(DEFINITION), "--context", str(tmp_path)]
    done = subprocess.run([*command, "--output-filename", "Containerfile"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    containerfile = (tmp_path / "Containerfile").read_text("utf-8")
    assert "ansible-galaxy collection install" in containerfile
    assert "/output/scripts/introspect.py introspect" in containerfile
    wanted = yaml.safe_load((tmp_path / "_build/requirements.yml").read_text("utf-8"))
    assert [one["name"] for one in wanted["collections"]] == ["huaweicloud.coc"]


def test_jobs_are_tested_with_the_ansible_core_of_the_example():
    wanted = yaml.safe_load(DEFINITION.read_text("utf-8"))["dependencies"]["ansible_core"]["package_pip"]
    installed = importlib.metadata.distributions(name="ansible-core", path=[os.environ["EXECUTION_ENVIRONMENT"]])
    (series,) = {one.version.rpartition(".")[0] for one in installed}
    assert wanted == f"ansible-core~={series}.0"
