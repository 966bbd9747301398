# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.huaweicloud.coc.plugins.module_utils._options import (
    ArgumentSpec,
    quoted,
    refuse_wrong_types,
    strip_blanks,
)
from ansible_collections.huaweicloud.coc.tests.unit.conftest import refusal

OPTIONS: ArgumentSpec = {
    "region_id": {"type": "str", "aliases": ["id"]},
    "limit": {"type": "int"},
    "certs": {"type": "bool"},
    "accounts": {"type": "raw"},
}


def test_blank_is_not_set_and_texts_are_stripped():
    blank = {"a": None, "b": "", "c": " ", "d": "\t\r\n", "e": "\u3000"}
    kept = {"f": 0, "g": False, "h": "0", "j": "None", "k": []}
    assert strip_blanks({**blank, **kept, "i": " x y\n"}) == {**kept, "i": "x y"}


@pytest.mark.parametrize("value", [["a", "b"], [], ("a",), '["a", "b"]', "['a', 'b']", "[]", {"a": 1}], ids=str)
def test_several_values_are_refused(value):
    kind = "dictionary" if isinstance(value, dict) else "list"
    assert refusal(refuse_wrong_types, {"region_id": value}, OPTIONS) == (
        f"region_id: takes one value, not a {kind}. Leave it out and select from the result, or query once for each "
        "value."
    )


@pytest.mark.parametrize("name", ["region_id", "limit", "id"])
def test_a_boolean_is_refused(name):
    """YAML makes one of yes and off; it would be sent as a text, or count as 1."""
    message = f"{name}: must not be a boolean. YAML reads yes, no, on and off as booleans: put such text in quotes."
    assert refusal(refuse_wrong_types, {name: True}, OPTIONS) == message


def test_one_value_and_what_is_no_option_pass():
    given = {"region_id": "[::1]", "limit": "3", "certs": "no", "accounts": [], "_ansible_selinux_special_fs": ["nfs"]}
    before = dict(given)
    refuse_wrong_types(given, OPTIONS)
    assert given == before


def test_what_may_have_a_secret_in_it_is_not_quoted():
    assert quoted("nightly-backup") == "'nightly-backup'"
    assert quoted(41 * "x") == f"'{40 * 'x'}…'"
    assert {quoted(text) for text in ("a b", "a\n", "a=b", "a@b", {"a": 1})} == {"this"}
