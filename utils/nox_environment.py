# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Set the environment of all nox sessions, so that they leave nothing outside the checkout but pip's cache.

The home is .nox/home. Temporary files go to a folder that is deleted when nox ends, also when it is interrupted.
The noxfile runs this file before anything else.
"""

from __future__ import annotations

import ast
import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

HOME = Path(".nox/home").absolute()


def write_pip_conf() -> None:
    """Write the settings that pip has now to the new home: ansible-test drops the variables that configure pip."""
    pip = [sys.executable, "-m", "pip"]
    settings = {"cache-dir": subprocess.check_output([*pip, "cache", "dir"], text=True).strip()}
    listing = subprocess.check_output([*pip, "config", "list"], text=True)
    for line in sorted(listing.splitlines(), reverse=True):  # ":env:" comes last, and wins
        name, _equals, value = line.partition("=")
        settings[name.rpartition(".")[2]] = " ".join(ast.literal_eval(value).split())
    # compiled, or a sanity test fails for what Python 3.12 warns of while it compiles
    settings.pop("compile", None)
    pip_conf = HOME / ".config/pip/pip.conf"
    pip_conf.parent.mkdir(parents=True, exist_ok=True)
    new = pip_conf.with_suffix(f".{os.getpid()}")  # sessions run side by side
    new.write_text("".join(["[global]\n", *(f"{name} = {value}\n" for name, value in settings.items())]))
    new.replace(pip_conf)


def link_settings() -> None:
    """Let git and pip find what they may need to work at all."""
    for name in (".gitconfig", ".netrc"):
        if (Path.home() / name).exists() and not (HOME / name).exists():
            (HOME / name).symlink_to(Path.home() / name)


def make_temporary_folder() -> str:
    """Return the path of a new folder that is deleted when this process ends, by a signal too."""
    tempfile.tempdir = tempfile.mkdtemp(prefix="coc-")
    atexit.register(shutil.rmtree, tempfile.tempdir, ignore_errors=True)
    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    return tempfile.tempdir


def without_shims(path: str) -> str:
    """Replace pyenv's shims in ``path`` by the Pythons behind them: the shim of an inactive version only fails."""
    entries: list[Path] = []
    for entry in map(Path, path.split(os.pathsep)):
        entries += sorted(entry.parent.glob("versions/3.*/bin")) if entry.name == "shims" else [entry]
    return os.pathsep.join(map(str, entries))


write_pip_conf()
link_settings()
for variable in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
    os.environ.pop(variable, None)
os.environ.update(
    HOME=str(HOME),
    TMPDIR=make_temporary_folder(),
    PATH=without_shims(os.environ["PATH"]),
    LC_ALL="C.UTF-8",  # Ansible refuses to work without UTF-8
    PIP_COMPILE="no",  # quicker and smaller: most of what is installed is never imported
    ANSIBLE_REMOTE_TMP=str(HOME / ".ansible/tmp"),  # by default it is in the home of the user's account, not in HOME
)
