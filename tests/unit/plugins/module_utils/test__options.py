# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.huaweicloud.coc.plugins.module_utils._options import (
    ArgumentSpec,
    refuse_wrong_types,
    without_blanks,
)
from ansible_collections.huaweicloud.coc.tests.unit.conftest import refusal

OPTIONS: ArgumentSpec = {
    "region_id": {"type": "str", "aliases": ["id"]},
    "limit": {"type": "int"},
    "certs": {"type": "bool"},
}


def test_blank_is_not_set():
    blank = {"a": None, "b": "", "c": " ", "d": "\t\r\n", "e": "\u3000"}
    kept = {"f": 0, "g": False, "h": "0", "i": " x ", "j": "None", "k": []}
    assert without_blanks({**blank, **kept}) == kept


@pytest.mark.parametrize("value, kind", [(["a", "b"], "list"), ([], "list"), (("a",), "tuple"), ({"a": 1}, "dict")])
def test_a_list_is_refused(value, kind):
    assert refusal(refuse_wrong_types, {"region_id": value}, OPTIONS) == (
        f"region_id: takes one value, not a {kind}. Leave it out and select from the result, or ask once for each "
        "value."
    )


@pytest.mark.parametrize("name", ["region_id", "limit", "id"])
def test_a_boolean_is_refused(name):
    """YAML makes one of yes and off; it would be sent as a text, or count as 1."""
    message = f"{name}: takes no boolean, and YAML reads yes, no, on and off as one. Put such a text in quotes."
    assert refusal(refuse_wrong_types, {name: True}, OPTIONS) == message


def test_one_value_and_what_is_no_option_pass():
    given = {"region_id": "cn-north-4", "limit": 3, "certs": False, "_ansible_selinux_special_fs": ["nfs"]}
    before = dict(given)
    refuse_wrong_types(given, OPTIONS)
    assert given == before
