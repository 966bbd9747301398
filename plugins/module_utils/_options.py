# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a connection, and what is done with any option as the user gave it."""

from __future__ import annotations

import json
import re
import typing as t

from ansible.module_utils.common.parameters import DEFAULT_TYPE_VALIDATORS

from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError

# A lookup takes each option from a variable, too.
VARIABLE_PREFIX = "ansible_huaweicloud_"

# What messages call the value of an option, by its type.
TYPE_NAMES = {"str": "text", "path": "a path", "int": "a whole number", "float": "a number", "bool": "true or false"}

ArgumentSpec = t.Dict[str, t.Dict[str, t.Any]]

# Which site to query, with which credentials, and how. The argument spec of a resource begins with these.
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
    "profile": {"type": "str"},
    "idp_id": {"type": "str"},
    "id_token_file": {"type": "path", "no_log": False},
    "agency_name": {"type": "str"},
    "agency_domain_name": {"type": "str"},
    "agency_domain_id": {"type": "str"},
    "iam_endpoint": {"type": "str"},
}

# Options that name credentials, by kind. They are taken whole, and so is what belongs to an account.
CREDENTIAL_KINDS = (
    ("access_key", "secret_key", "security_token", "auth_token"),
    ("idp_id", "id_token_file"),
    ("credentials_file", "profile"),
)
CREDENTIAL_OPTIONS = tuple(name for kind in CREDENTIAL_KINDS for name in kind)
SCOPE_FIELDS = ("domain_id", "project_id")
AGENCY_FIELDS = ("agency_name", "agency_domain_name", "agency_domain_id")


def find_aliases(spec: ArgumentSpec) -> dict[str, str]:
    """Return the option that each alias stands for."""
    return {alias: option for option in spec for alias in spec[option].get("aliases", ())}


def resolve_aliases(values: t.Mapping[str, t.Any], spec: ArgumentSpec) -> dict[str, t.Any]:
    """Return ``values``, which have no blanks, by the names of the options. Raises :class:`CocError` for two of one."""
    aliases, resolved = find_aliases(spec), {}
    for name, value in values.items():
        option = aliases.get(name, name)
        if option in resolved:
            raise CocError(f"{name}: {option} and its short name are both set. Remove one of them.")
        resolved[option] = value
    return resolved


def strip_blanks(options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return ``options`` without those that are null or blank, and texts without white space at their ends.

    AWX sends '' for a field that was not filled in; a file, a survey's text area and YAML's ``>`` add a line break.
    """
    stripped = {name: value.strip() if isinstance(value, str) else value for name, value in options.items()}
    return {name: value for name, value in stripped.items() if value is not None and value != ""}


def refuse_wrong_types(values: t.Mapping[str, t.Any], spec: ArgumentSpec) -> None:
    """Raise :class:`CocError` if an option has a value of a type that it does not take.

    Ansible would turn a list, a dictionary, and what YAML makes of ``no`` and ``1.10``, into a text that matches
    nothing, and its own messages have the names of Python's types.
    """
    aliases = find_aliases(spec)
    for name, value in values.items():
        option = spec.get(aliases.get(name, name))
        if option and option["type"] in TYPE_NAMES:
            _refuse_wrong_type(name, value, option["type"])


def _refuse_wrong_type(name: str, value: t.Any, takes: str) -> None:
    if isinstance(value, bool) and takes != "bool":
        raise CocError(
            f"{name}: must not be a boolean. YAML reads yes, no, on and off as booleans: put such text in quotes."
        )
    if isinstance(value, float) and takes in ("str", "path"):
        raise CocError(
            f"{name}: must not be a number with a fraction. YAML reads 1.10 as 1.1: put such text in quotes."
        )
    if isinstance(value, dict) or _is_list(value):
        raise CocError(
            f"{name}: takes one value, not a {'dictionary' if isinstance(value, dict) else 'list'}. Leave it out and "
            "select from the result, or query once for each value."
        )
    try:
        DEFAULT_TYPE_VALIDATORS[takes](value)
    except (TypeError, ValueError):
        raise CocError(f"{name}: {quoted(value)} is not {TYPE_NAMES[takes]}.") from None


def _is_list(value: t.Any) -> bool:
    """Return whether ``value`` is a list, or looks like one as JSON or Python writes it."""
    if isinstance(value, str) and value.startswith("["):
        try:
            value = json.loads(value.replace("'", '"'))
        except ValueError:
            return False
    return isinstance(value, (list, tuple))


def quoted(value: object) -> str:
    """Return ``value`` as an error shows it, at most 40 characters of it.

    It is "this" if ``value`` has blanks, braces, ``=`` or ``@``, as an address with a password, a dictionary and the
    old style ``secret_key=...`` have.
    """
    text = str(value)
    if re.search(r"[\s@={}]", text):
        return "this"
    return repr(text if len(text) <= 40 else text[:40] + "…")
