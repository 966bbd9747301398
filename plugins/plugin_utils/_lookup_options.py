# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the lookups, and where their values come from: keywords and variables."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.huaweicloud.coc.plugins.module_utils._options import (
    AGENCY_FIELDS,
    CREDENTIAL_OPTIONS,
    SCOPE_FIELDS,
    VARIABLE_PREFIX,
    ArgumentSpec,
    find_aliases,
    resolve_aliases,
    strip_blanks,
)
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task_query import (
    ARGUMENT_SPEC,
    QUERY_PARAMETERS,
)
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._validation import refuse_typos, refuse_unknown

Options = t.Dict[str, t.Any]

# What ansible-core makes of omit where it does not leave it out itself, since 2.19 and before.
OMITTED = re.compile(r"<<Omit>>|__omit_place_holder__[0-9a-f]+")

# What both lookups take, and each account.
COMMON_SPEC: ArgumentSpec = {**ARGUMENT_SPEC, "cache_timeout": {"type": "int", "default": 0}}
ALIASES = find_aliases(COMMON_SPEC)

SITE = {"region", "endpoint"}
IDENTITY = {"auth_source", *CREDENTIAL_OPTIONS}
AGENCY = set(AGENCY_FIELDS)

LOOKUP_SPEC: ArgumentSpec = {
    **COMMON_SPEC,
    "on_missing": {"type": "str", "choices": ["error", "warn", "skip"], "default": "error"},
}
ACCOUNTS_SPEC: ArgumentSpec = {
    **COMMON_SPEC,
    "accounts": {"type": "raw"},
    "forks": {"type": "int", "default": 5},
    "skip_accounts": {"type": "dict", "default": {}},
}


def collect_options(
    plugin: str,
    spec: ArgumentSpec,
    keywords: t.Mapping[str, t.Any],
    variables: t.Mapping[str, t.Any],
    templar: t.Any,
    other_variables: t.Mapping[str, str] | None = None,
) -> Options:
    """Return the options that keywords and variables set, templated and without blank ones.

    ``other_variables`` are those that do not have the name of their option, by option.
    Raises :class:`CocError` for an unknown keyword, and for a variable that is a typo of one of these options.

    Not by ``set_options``: ansible-core turns ``validate_certs: maybe`` into *false* without a word, ignores unknown
    keywords, refuses a blank choice, and does not template variables.
    """
    # with_ adds wantlist before ansible-core 2.19
    given = {name: value for name, value in strip_blanks(resolve(keywords)).items() if name != "wantlist"}
    direct = resolve_aliases(given, spec)
    refuse_unknown(direct, spec, plugin)
    refuse_typos(variables, VARIABLE_PREFIX, spec, QUERY_PARAMETERS)
    sources = {**{name: VARIABLE_PREFIX + name for name in COMMON_SPEC}, **(other_variables or {})}
    by_variable = {option: variables[name] for option, name in sources.items() if name in variables}
    # within a dictionary, because ansible-core 2.19 does not return a single value that is omitted
    return merge_options(direct, strip_blanks(resolve(templar.template(by_variable))))


def merge_options(own: Options, common: Options) -> Options:
    """Return the options ``own``, and those of ``common`` that do not contradict them. Neither has blank options.

    The key of one account must not meet the token, the agency, the project or the endpoint of another, so these are
    taken whole. Whoever has an agency but no key uses the key in ``common``.
    """
    hidden: set[str] = set()
    if IDENTITY & set(own):
        hidden |= {*IDENTITY, *AGENCY, *SCOPE_FIELDS}
        if IDENTITY & set(own) == {"profile"}:
            hidden -= {"credentials_file"}  # which has the profiles of all
    if AGENCY & set(own):
        hidden |= {*AGENCY, *SCOPE_FIELDS}
    if SITE & set(own):
        hidden |= SITE | {"iam_endpoint"}
    return {**{key: value for key, value in common.items() if key not in hidden}, **own}


def result_key(options: Options, task_ids: list[str] | None) -> list[t.Any]:
    """Return everything that a result depends on and that differs within a run: the environment does not.

    An age such as ``-24h`` is not converted, so that the key is the same a second later.
    """
    depends = {name: value for name, value in options.items() if name not in ("cache_timeout", "on_missing")}
    return [depends, task_ids]


def resolve(value: t.Any) -> t.Any:
    """Return ``value`` with nothing in it that is templated or decrypted only when it is read, nor omitted.

    Threads must not do that. An inline ``!vault`` value is an object until then, and so may ``omit`` be.
    """
    if isinstance(value, t.Mapping):
        resolved = {str(key): resolve(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if not (isinstance(item, str) and OMITTED.fullmatch(item))}
    if isinstance(value, (list, tuple)):
        return [resolve(item) for item in value]
    return value if value is None or isinstance(value, (str, int, float)) else str(value)
