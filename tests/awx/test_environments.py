# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-builder takes what the collection says of itself, and the examples of its environments.

An execution environment is for jobs, a decision environment for activations of Event-Driven Ansible. These tests need
ansible-builder, and EXECUTION_ENVIRONMENT as in conftest.py.
"""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
from pathlib import Path

import yaml

from ansible_collections.huaweicloud.coc.tests.awx.conftest import COLLECTION

EXECUTION = COLLECTION / "docs/awx/execution-environment.yml"
DECISION = COLLECTION / "docs/awx/decision-environment.yml"


def run_builder(*arguments: str) -> str:
    return subprocess.run(["ansible-builder", *arguments], stdout=subprocess.PIPE, text=True, check=True).stdout


def create_context(definition: Path, folder: Path) -> list[str]:
    """Return the lines of the Containerfile that ansible-builder writes; it introspects and installs the collection."""
    run_builder("create", "-f", str(definition), "-c", str(folder), "--output-filename", "Containerfile")
    lines = (folder / "Containerfile").read_text("utf-8").splitlines()
    assert any("$PYCMD /output/scripts/introspect.py introspect" in line for line in lines)
    assert any("ansible-galaxy collection install" in line for line in lines)
    return lines


def test_requirements_are_found_in_the_collection():
    found = yaml.safe_load(run_builder("introspect", "--sanitize", str(COLLECTION.parents[2])))
    assert found == {"python": ["requests  # from collection huaweicloud.coc"], "system": []}


def test_execution_environment_has_the_collection(tmp_path):
    create_context(EXECUTION, tmp_path)
    wanted = yaml.safe_load((tmp_path / "_build/requirements.yml").read_text("utf-8"))
    assert [one["name"] for one in wanted["collections"]] == ["huaweicloud.coc"]


def test_decision_environment_has_the_collection_and_the_python_and_user_of_its_base_image(tmp_path):
    lines = create_context(DECISION, tmp_path)
    assert 'ARG PYCMD="/usr/bin/python3.12"' in lines  # which gets requests
    # as in the base image, where a controller starts ansible-rulebook
    assert lines[-3] == "USER 1001"
    assert [line for line in lines if line.startswith("WORKDIR")][-1] == "WORKDIR /app"
    wanted = yaml.safe_load((tmp_path / "_build/requirements.yml").read_text("utf-8"))
    assert wanted == {"collections": [{"name": "huaweicloud.coc", "version": ">=2.0.0"}]}


def test_jobs_are_tested_with_the_ansible_core_of_the_example():
    wanted = yaml.safe_load(EXECUTION.read_text("utf-8"))["dependencies"]["ansible_core"]["package_pip"]
    installed = importlib.metadata.distributions(name="ansible-core", path=[os.environ["EXECUTION_ENVIRONMENT"]])
    (series,) = {one.version.rpartition(".")[0] for one in installed}
    assert wanted == f"ansible-core~={series}.0"


def test_base_image_has_the_ansible_rulebook_that_is_tested():
    image = yaml.safe_load(DECISION.read_text("utf-8"))["images"]["base_image"]["name"]
    assert f'"ansible-rulebook=={image.partition(":v")[2]}"' in (COLLECTION / "noxfile.py").read_text("utf-8")
