# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is done with options as a user gave them, before Ansible checks and converts them."""

from __future__ import annotations

import typing as t

from ansible_collections.huaweicloud.coc.plugins.module_utils._client import CocError


def drop_blank(options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return ``options`` without those that are null or blank: AWX and surveys send '' for what was not filled in."""
    return {
        name: value
        for name, value in options.items()
        if value is not None and not (isinstance(value, str) and not value.strip())
    }


def refuse_lists(options: t.Mapping[str, t.Any], names: t.Iterable[str]) -> None:
    """Raise :class:`CocError` if one of ``names`` was given a list or a dictionary.

    Ansible would make a text of it, which matches nothing.
    """
    for name in names:
        kind = type(options.get(name))
        if issubclass(kind, (list, tuple, dict)):
            raise CocError(
                f"{name}: takes one value, not a {kind.__name__}. Leave it out and select from the result, or ask once "
                "for each value."
            )
