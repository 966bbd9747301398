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

# The plugins that users see; the names of all other files there begin with an underscore.
PLUGINS = {
    "extensions/eda/plugins/event_source/scheduled_task.py",
    "plugins/filter/accounts.py",
    "plugins/lookup/scheduled_task.py",
    "plugins/modules/scheduled_task_info.py",
}


def test_tarball_is_what_git_knows_but_for_dot_files() -> None:
    installed = Path(os.environ["ANSIBLE_COLLECTIONS_PATH"]) / "ansible_collections/huaweicloud/coc"
    listing = json.loads((installed / "FILES.json").read_text(encoding="utf-8"))["files"]
    packed = {file["name"] for file in listing if file["ftype"] == "file"}
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    known = {name for name in tracked.split("\0") if name and not any(part[0] == "." for part in name.split("/"))}
    known.add(".ansible-lint")  # Galaxy's import reads it
    assert packed == known - {"galaxy.yml"}  # its facts are in MANIFEST.json
    plugins = {name for name in packed if name.startswith(("plugins/", "extensions/eda/plugins/"))}
    assert {name for name in plugins if not Path(name).name.startswith("_")} == PLUGINS
