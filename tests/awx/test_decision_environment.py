# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-builder takes the example of a decision environment, for activations of Event-Driven Ansible."""

from __future__ import annotations

import subprocess

import yaml

from ansible_collections.huaweicloud.coc.tests.awx.conftest import COLLECTION

DEFINITION = COLLECTION / "docs/awx/decision-environment.yml"


def test_example_gives_a_build_context(tmp_path):
    command = ["ansible-builder", "create", "--file", str(DEFINITION), "--context", str(tmp_path)]
    done = subprocess.run([*command, "--output-filename", "Containerfile"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    containerfile = (tmp_path / "Containerfile").read_text("utf-8").splitlines()
    # the Python of the base image gets what the collection requires: requests
    assert 'ARG PYCMD="/usr/bin/python3.12"' in containerfile
    assert any("$PYCMD /output/scripts/introspect.py introspect" in line for line in containerfile)
    # as in the base image, where a controller starts ansible-rulebook
    assert containerfile[-3] == "USER 1001"
    assert [line for line in containerfile if line.startswith("WORKDIR")][-1] == "WORKDIR /app"
    wanted = yaml.safe_load((tmp_path / "_build/requirements.yml").read_text("utf-8"))
    assert wanted == {"collections": [{"name": "huaweicloud.coc", "version": ">=1.1.0"}]}


def test_base_image_has_the_ansible_rulebook_that_is_tested():
    image = yaml.safe_load(DEFINITION.read_text("utf-8"))["images"]["base_image"]["name"]
    assert f'"ansible-rulebook=={image.partition(":v")[2]}"' in (COLLECTION / "noxfile.py").read_text("utf-8")
