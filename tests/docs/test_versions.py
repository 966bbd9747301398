# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The versions of ansible-core that pyproject.toml lists are those that users and tools are told."""

from __future__ import annotations

import re

import yaml

from ansible_collections.huaweicloud.coc.tests.docs.conftest import CHECKOUT

(LISTED,) = re.findall(r"^ansible-core = (.*)", (CHECKOUT / "pyproject.toml").read_text(), re.MULTILINE)
CORES = re.findall(r'"(2\.\d+)\.', LISTED)


def test_readme_lists_what_is_tested():
    table = re.findall(r"^\| (2\.\d+.*?) \|", (CHECKOUT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert re.findall(r"2\.\d+", " ".join(table)) == CORES


def test_the_oldest_is_what_ansible_requires():
    runtime = yaml.safe_load((CHECKOUT / "meta/runtime.yml").read_text("utf-8"))
    assert runtime["requires_ansible"] == f">={CORES[0]}.0"


def test_make_test_takes_the_newest_that_its_python_can_run():
    text = (CHECKOUT / "tests/requirements.txt").read_text()
    ((low, high),) = re.findall(r"^ansible-core >=(\S+), <2\.(\d+)", text, re.MULTILINE)
    assert (low, f"2.{int(high) - 1}") == (CORES[0], CORES[-1])
