# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tarball has what users and Galaxy need, and nothing that lay around in the checkout."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]  # not what is imported: that is the installed collection

TOP = {
    ".ansible-lint",
    "CHANGELOG.md",
    "CODE_OF_CONDUCT.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "LICENSES",
    "Makefile",
    "README.md",
    "REUSE.toml",
    "SECURITY.md",
    "antsibull-nox.toml",
    "changelogs",
    "docs",
    "extensions",
    "meta",
    "noxfile.py",
    "playbooks",
    "plugins",
    "pyproject.toml",
    "tests",
    "utils",
}
PLUGINS = {
    "plugins/doc_fragments/_attributes.py",
    "plugins/doc_fragments/_connection.py",
    "plugins/doc_fragments/_scheduled_task.py",
    "plugins/filter/accounts.py",
    "plugins/lookup/scheduled_task.py",
    "plugins/module_utils/_client.py",
    "plugins/module_utils/_credentials.py",
    "plugins/module_utils/_deadline.py",
    "plugins/module_utils/_ecs_metadata.py",
    "plugins/module_utils/_endpoint.py",
    "plugins/module_utils/_errors.py",
    "plugins/module_utils/_options.py",
    "plugins/module_utils/_paging.py",
    "plugins/module_utils/_redact.py",
    "plugins/module_utils/_response.py",
    "plugins/module_utils/_scheduled_task.py",
    "plugins/module_utils/_scheduled_task_query.py",
    "plugins/module_utils/_signer.py",
    "plugins/module_utils/_transport.py",
    "plugins/modules/scheduled_task_info.py",
    "plugins/plugin_utils/_accounts.py",
    "plugins/plugin_utils/_scheduled_task_call.py",
    "plugins/plugin_utils/_scheduled_task_events.py",
    "plugins/plugin_utils/_shared_run.py",
    "plugins/plugin_utils/_validation.py",
}
EXTENSIONS = {
    "extensions/eda/plugins/event_source/scheduled_task.py",
    "extensions/eda/rulebooks/failed_tasks.yml",
    "extensions/eda/rulebooks/failed_tasks_job_template.yml",
    "extensions/eda/rulebooks/pending_approvals.yml",
}


def test_tarball_is_what_git_knows_but_for_dot_files() -> None:
    installed = Path(os.environ["ANSIBLE_COLLECTIONS_PATH"]) / "ansible_collections/huaweicloud/coc"
    listing = json.loads((installed / "FILES.json").read_text(encoding="utf-8"))["files"]
    packed = {file["name"] for file in listing if file["ftype"] == "file"}
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    known = {name for name in tracked.split("\0") if name and not any(part[0] == "." for part in name.split("/"))}
    known.add(".ansible-lint")  # Galaxy's import reads it
    assert packed == known - {"galaxy.yml"}  # its facts are in MANIFEST.json
    assert {name.partition("/")[0] for name in packed} == TOP
    assert {name for name in packed if name.startswith("plugins/")} == PLUGINS
    assert {name for name in packed if name.startswith("extensions/")} == EXTENSIONS
