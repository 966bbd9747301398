# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.huaweicloud.coc.plugins.filter import output_path as plugin
from ansible_collections.huaweicloud.coc.plugins.filter.output_path import output_path


def test_a_path_counts_from_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "old").touch()
    for path, expected in ((" new ", "new"), ("old", "old"), ("~/a", "home/a"), (f"{tmp_path}/a", "a")):
        assert output_path(path, "x") == str(tmp_path / expected)
    assert (output_path(" ", "x"), output_path("", "x", "default")) == ("", str(tmp_path / "default"))
    assert output_path("", "x", "default", in_awx=True) == str(tmp_path / "default")


def test_what_cannot_be_written_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "folder").mkdir()
    monkeypatch.setattr(plugin, "COLLECTION", tmp_path / "folder")
    for path, problem in (
        (["a"], "x: takes the path of a file, as a text."),
        (f"{tmp_path}/missing/a", f"x: {tmp_path}/missing/a is not in a folder that exists and that the user"),
        ("~nobody-here/a", "x: ~nobody-here/a is not in a folder that exists"),
        ("link", "x: link is a symbolic link or"),
        ("folder", "x: folder is a symbolic link or something"),
        ("/dev/stdout", "x: /dev/stdout is a symbolic link"),
        ("folder/a", "is inside the installed collection. Choose a path outside it."),
    ):
        with pytest.raises(AnsibleFilterError) as raised:
            output_path(path, "x")
        assert problem in str(raised.value)
    with pytest.raises(AnsibleFilterError, match="x: a is relative to the folder of this job"):
        output_path("a", "x", in_awx=True)
    monkeypatch.setattr(os, "access", lambda *_given: False)  # root may write everywhere
    with pytest.raises(AnsibleFilterError, match="cannot write to"):
        output_path("a", "x")
