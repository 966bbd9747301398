# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tarball has what users and Galaxy need, and nothing that lay around in the checkout."""

from __future__ import annotations

import json
import subprocess
import tarfile
from pathlib import Path

from ansible_collections.huaweicloud.coc.tests.docs.conftest import CHECKOUT

# The plugins that users see; the names of all other files there begin with an underscore.
PLUGINS = {
    "extensions/eda/plugins/event_source/scheduled_task.py",
    "plugins/filter/local_time.py",
    "plugins/filter/output_path.py",
    "plugins/filter/task_artifacts.py",
    "plugins/filter/task_health.py",
    "plugins/filter/task_report.py",
    "plugins/filter/task_table.py",
    "plugins/lookup/scheduled_task.py",
    "plugins/lookup/scheduled_task_accounts.py",
    "plugins/modules/scheduled_task_info.py",
}


def packed_files(run, folder: Path) -> set[str]:
    """Return the files of a tarball of the checkout, or of the one that was unpacked here."""
    unpacked = CHECKOUT / "FILES.json"
    if unpacked.exists():
        listing = unpacked.read_bytes()
    else:
        done = run("ansible-galaxy", "collection", "build", "--output-path", folder)
        assert done.returncode == 0, done.stderr
        with tarfile.open(next(folder.glob("*.tar.gz"))) as tarball:
            tarball.extract("FILES.json", folder)
        listing = (folder / "FILES.json").read_bytes()
    return {file["name"] for file in json.loads(listing)["files"] if file["ftype"] == "file"}


def test_tarball_is_what_git_knows_but_for_dot_files(run, tmp_path: Path) -> None:
    packed = packed_files(run, tmp_path)
    plugins = {name for name in packed if name.startswith(("plugins/", "extensions/eda/plugins/"))}
    assert {name for name in plugins if not Path(name).name.startswith("_")} == PLUGINS
    assert {"README.md", "LICENSE", "meta/runtime.yml", ".ansible-lint"} <= packed  # the last is for Galaxy's import
    assert not [name for name in packed if "/." in name or "__pycache__" in name]
    if (CHECKOUT / ".git").exists():
        git = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(git, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout.split("\0")
        known = {name for name in listed if not name.startswith(".") and "/." not in name}
        assert packed - {".ansible-lint"} == {name for name in known if (CHECKOUT / name).is_file()} - {"galaxy.yml"}
