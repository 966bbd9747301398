# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Neither too much nor too little is hidden. tests/unit/test_secrets.py shows that no plugin leaks anything."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from ansible_collections.huaweicloud.coc.plugins.module_utils._redact import redact


@pytest.mark.parametrize("secret", ["a", "in", "is", "1", "GET", "verify", "1234567"])
def test_a_short_secret_does_not_hide_the_message(secret):
    text = f"no {secret}, no [{secret}] and no %{ord(secret[0]):x}{secret[1:]}; what is xx{secret}xx is in xx301xx"
    shown = redact(text, {secret})
    assert redact(f"x{secret} {secret}x", {secret}) == f"x{secret} {secret}x"
    assert shown.startswith("no ********, no [********] and no ********; what ")
    assert f"xx{secret}xx" in shown
    assert "xx301xx" in shown


def test_a_short_secret_is_not_a_pattern():
    assert redact("a.c abc a+c", {"a.c", "a+c"}) == "******** abc ********"


def test_any_eight_characters_of_a_secret_are_hidden():
    assert redact("before 23456789 after", {"0123456789abcdef"}) == "before ******** after"
    assert redact("before 2345678 after", {"0123456789abcdef"}) == "before 2345678 after"


def test_text_without_secrets_stays_as_it_is():
    text = 'a % sign, "quotes", C:\\new, 50%20 &amp; &#8364; – 中文, &#0; ' + "x" * 64
    assert redact(text, {"FakeSecretKey/+=0001", "short"}) == text


def test_it_returns_one_line_of_bounded_length():
    shown = redact("\x1b[31mred\r\n\0\t\x9b" + "word " * 10000, ())
    assert shown == ("[31mred " + "word " * 100)[:500] + "…"
    assert redact("x" * 500, ()) == "x" * 500


def test_a_long_secret_in_a_long_text():
    token = "".join(f"{number:04d}+/Fake" for number in range(1000))
    assert redact(f"before {token} {quote(token, safe='')}", {token}) == "before ******** ********"
