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


LONG = "".join(f"{number:04d}+/Fake" for number in range(1000))
PLAIN = 'a % sign, "quotes", C:\\new, 50%20 &amp; &#8364; – 中文, &#0; ' + "x" * 64


@pytest.mark.parametrize(
    "text, secrets, shown",
    [
        # a short secret is not a pattern; of a long one, any eight characters are hidden
        ("a.c abc a+c", ["a.c", "a+c"], "******** abc ********"),
        ("before 01234567 89abcdef after", ["0123456789abcdef"], "before ******** ******** after"),
        ("before 2345678 after", ["0123456789abcdef"], "before 2345678 after"),
        (f"before {LONG} {quote(LONG, safe='')}", [LONG], "before ******** ********"),
        ("&#xfdd0; 12345678 after", ["0123456789abcdef"], "&#xfdd0; ******** after"),  # HTML forbids that character
        (PLAIN, ["FakeSecretKey/+=0001", "short"], PLAIN),
        # it becomes one line of bounded length
        ("\x1b[31mred\r\n\0\t\x9b" + "word " * 10000, [], ("[31mred " + "word " * 100)[:500] + "…"),
        ("x" * 500, [], "x" * 500),
    ],
)
def test_what_is_shown(text, secrets, shown):
    assert redact(text, secrets) == shown
