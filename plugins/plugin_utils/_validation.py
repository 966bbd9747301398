# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check options for plugins whose options Ansible does not check: misspelled names, types, choices."""

from __future__ import annotations

import os.path
import re
import typing as t
from difflib import get_close_matches

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._options import (
    ArgumentSpec,
    find_aliases,
    refuse_wrong_types,
    strip_blanks,
)


def refuse_unknown(names: t.Iterable[str], spec: ArgumentSpec, plugin: str) -> None:
    """Raise :class:`CocError` for a name that ``plugin`` has no option for.

    Ignoring a misspelled filter would return every task.
    """
    for name in names:
        if name not in spec:
            near = get_close_matches(name, spec, 1, 0.55)
            hint = f"Did you mean {near[0]}?" if near else f"It takes {', '.join(spec)}."
            raise CocError(f"{name}: {plugin} has no such option. {hint}")


def refuse_typos(
    variables: t.Iterable[str], prefix: str, spec: ArgumentSpec, also_shortened: t.Collection[str] = ()
) -> None:
    """Raise :class:`CocError` for a variable that is a typo of ``prefix`` and an option.

    Shortened names of the options in ``also_shortened`` are typos too: ignoring such a filter would return every task.
    Other roles may use variables with the same prefix, so anything else is left alone.
    """
    aliases = find_aliases(spec)
    for variable in variables:
        name = variable[len(prefix) :]
        if variable.startswith(prefix) and name not in spec:
            meant = [option for option in spec if is_typo(name, option)] or [
                option for option in also_shortened if option.startswith(name if len(name) > 3 else name + "_")
            ]
            meant = [aliases[name]] if name in aliases else meant
            if meant:
                raise CocError(f"{variable}: looks like a typo. Did you mean {prefix}{f' or {prefix}'.join(meant)}?")


def is_typo(name: str, option: str) -> bool:
    """Return whether ``name`` is ``option`` with one letter lost, added, wrong, or swapped with the next.

    Case, hyphens and underscores are ignored, as in riskLevel. A plural is another name, not a typo.
    """
    name, option = (re.sub("[-_]", "", text).lower() for text in (name, option))
    if name == option + "s" and not option.endswith("s"):
        return False
    same = len(os.path.commonprefix((name, option)))
    name, option = name[same:], option[same:]
    lost, added, wrong = name == option[1:], name[1:] == option, name[1:] == option[1:]
    return lost or added or wrong or name == option[1::-1] + option[2:]


def validate(values: t.Mapping[str, t.Any], spec: ArgumentSpec) -> dict[str, t.Any]:
    """Return all options of ``spec``, converted and with defaults, from the ``values`` that the user set.

    For plugins whose options Ansible does not check. Blank options count as not set. Raises :class:`CocError` with the
    message that a module would fail with.
    """
    values = strip_blanks(values)
    refuse_wrong_types(values, spec)
    checked = ArgumentSpecValidator(spec).validate(values)
    if checked.error_messages:
        raise CocError(checked.error_messages[0])  # a module, too, shows only the first
    options: dict[str, t.Any] = checked.validated_parameters
    return options


def whole_number(option: str, value: object, lowest: int, highest: int) -> int:
    """Return ``value`` as an integer. Raises :class:`CocError` if it is not one between the two, both included."""
    number: int = validate({option: value}, {option: {"type": "int", "required": True}})[option]
    if not lowest <= number <= highest:
        raise CocError(f"{option}: {number} is out of range; it takes {lowest} to {highest}.")
    return number
