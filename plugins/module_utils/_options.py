# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a connection, and what is done with any option as the user gave it."""

from __future__ import annotations

import typing as t

from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError

# A lookup takes each option from a variable, too.
VARIABLE_PREFIX = "ansible_huaweicloud_"

ArgumentSpec = t.Dict[str, t.Dict[str, t.Any]]

# Which COC to ask, as whom, and how. The argument spec of a resource begins with these.
CONNECTION: ArgumentSpec = {
    "region": {"type": "str"},
    "endpoint": {"type": "str"},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
    "timeout": {"type": "float", "default": 30.0},
    "max_retries": {"type": "int", "default": 4},
    "auth_source": {"type": "str", "choices": ["auto", "ecs_metadata"], "default": "auto"},
    "access_key": {"type": "str", "aliases": ["ak"], "no_log": False},
    "secret_key": {"type": "str", "aliases": ["sk"], "no_log": True},
    "security_token": {"type": "str", "no_log": True},
    "auth_token": {"type": "str", "no_log": True},
    "domain_id": {"type": "str"},
    "project_id": {"type": "str"},
    "credentials_file": {"type": "path"},
}


def find_aliases(spec: ArgumentSpec) -> dict[str, str]:
    """Return the option that each alias stands for."""
    return {alias: option for option in spec for alias in spec[option].get("aliases", ())}


def without_blanks(options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return ``options`` without those that are null or blank: AWX sends '' for a field that was not filled in."""
    return {
        name: value
        for name, value in options.items()
        if value is not None and not (isinstance(value, str) and not value.strip())
    }


def refuse_wrong_types(given: t.Mapping[str, t.Any], spec: ArgumentSpec) -> None:
    """Raise :class:`CocError` if an option was given a list, a dictionary, or a boolean that it does not take.

    Ansible would turn it into a text, which matches nothing, or into a number.
    """
    aliases = find_aliases(spec)
    for name, value in given.items():
        option = spec.get(aliases.get(name, name))
        if not option:
            continue
        if isinstance(value, bool) and option["type"] != "bool":
            raise CocError(
                f"{name}: takes no boolean, and YAML reads yes, no, on and off as one. Put such a text in quotes."
            )
        if isinstance(value, (list, tuple, dict)):
            raise CocError(
                f"{name}: takes one value, not a {type(value).__name__}. Leave it out and select from the result, or "
                "ask once for each value."
            )
