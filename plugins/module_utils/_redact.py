# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hide secrets in text that a user will see."""

from __future__ import annotations

import itertools
import re
import typing as t

MAX_LENGTH = 500  # characters

# One character as itself, percent-encoded, or as JSON or HTML writes it.
ESCAPED = r"(?s)%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|&#?\w{1,8};|\\.|."


def redact(text: str, secrets: t.Collection[str]) -> str:
    """Return ``text`` on one line, cut after 500 characters, with ``********`` for anything from ``secrets``.

    The gateway's messages repeat signed headers. Any 8 consecutive characters of a secret are hidden, so it is found
    even if it was cut at either end, and in any mix of percent-encoding and the escapes of JSON and HTML. A shorter
    secret is hidden where it is a word of its own: hiding it anywhere would hide the whole message.
    """
    text = "".join(character if character.isprintable() else " " for character in text[:20000])
    pieces = {secret[start : start + 8] for secret in secrets for start in range(len(secret) - 7)}
    words = [re.escape(secret) for secret in secrets if len(secret) < 8]
    hidden = list(text)
    # as it stands, and with each escape replaced by its character
    for units in (list(text), re.findall(ESCAPED, text)):
        plain = "".join(map(_unescape, units))
        found = [(start, start + 8) for start in range(len(plain) - 7) if plain[start : start + 8] in pieces]
        if words:
            found += [match.span() for match in re.finditer(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)", plain)]
        offsets = [0, *itertools.accumulate(map(len, units))]
        for start, end in found:
            hidden[offsets[start] : offsets[end]] = "\0" * (offsets[end] - offsets[start])
    shown = " ".join(re.sub("\0+", "********", "".join(hidden)).split())
    return shown if len(shown) <= MAX_LENGTH else shown[:MAX_LENGTH] + "…"


def _unescape(unit: str) -> str:
    """Return the one character that a match of :data:`ESCAPED` stands for."""
    if unit[0] == "&" and len(unit) > 1:
        import html  # only here: it is large

        return html.unescape(unit)[:1] or unit[0]  # it is empty for a character that HTML forbids
    if len(unit) in (3, 6):
        return chr(int(unit.lstrip("%\\u"), 16))
    return unit[-1]
