# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several accounts: which there are, and which options each is asked with."""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.huaweicloud.coc.plugins.module_utils._endpoint import find_endpoint
from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._options import ArgumentSpec, without_blanks
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._validation import refuse_unknown

LIST_VARIABLE = "coc_accounts"
ONE_VARIABLE = re.compile(r"coc_account_\w+")

SITE = {"region", "endpoint"}
IDENTITY = {"access_key", "secret_key", "security_token", "auth_token", "auth_source", "credentials_file"}
SCOPE = {"domain_id", "project_id"}
# Whoever names one of these for an account means a key of its own.
KEYS = {"access_key", "secret_key", "auth_token", "credentials_file"}

Options = t.Dict[str, t.Any]


def find_accounts(
    variables: t.Mapping[str, t.Any], common: Options, spec: ArgumentSpec, aliases: t.Mapping[str, str]
) -> list[dict[str, t.Any]]:
    """Return ``name`` and ``options`` of each account in ``variables``. ``common`` are the options for all accounts.

    Raises :class:`CocError` for what is not an account, an unknown key or region, and a missing or repeated name.
    """
    found: list[dict[str, t.Any]] = []
    seen: dict[str, str] = {}
    for source, entry in _entries(variables):
        name = _name(source, entry)
        if name.casefold() in seen:
            raise CocError(
                f"{source}: {seen[name.casefold()]} already has the name {name!r}; case does not count. "
                "Give each account a name of its own."
            )
        seen[name.casefold()] = source
        own = {aliases.get(key, key): value for key, value in without_blanks(entry).items() if key != "name"}
        try:
            _refuse_blank_keys([key for key in entry if aliases.get(key, key) in KEYS], own)
            refuse_unknown((key for key in entry if key not in aliases), {"name": {}, **spec}, "an account")
            found.append({"name": name, "options": merge_options(own, without_blanks(common))})
        except CocError as error:
            raise CocError(f"{source}, account {name!r}: {error.msg}") from None
    return found


def _refuse_blank_keys(keys: t.Sequence[str], own: Options) -> None:
    """Raise :class:`CocError` if an account has ``keys`` of its own, but all are blank.

    Those for all accounts would take their place: the tasks of another account, under the name of this one.
    """
    if keys and not IDENTITY & set(own):
        raise CocError(f"{keys[0]}: is blank. Fill it in, or leave it out to use the credentials for all accounts.")


def merge_options(own: Options, common: Options) -> Options:
    """Return the keywords to ask an account with. Neither ``own`` nor ``common`` has blank options.

    The key of an account must not meet the token, the project or the endpoint of another, so these are taken whole.
    Raises :class:`CocError` for an unknown region.
    """
    hidden: set[str] = set()
    if IDENTITY & set(own):
        hidden |= IDENTITY | SCOPE
    if SITE & set(own):
        hidden |= SITE
    options = {**{key: value for key, value in common.items() if key not in hidden}, **own}
    if "region" in own and "endpoint" not in own:
        options["endpoint"] = find_endpoint(own, {})  # else an endpoint in the environment would win
    return options


def _entries(variables: t.Mapping[str, t.Any]) -> t.Iterator[tuple[str, t.Mapping[str, t.Any]]]:
    """Yield the accounts that are given, each with the words for where it is."""
    listed = _value(LIST_VARIABLE, variables[LIST_VARIABLE]) if LIST_VARIABLE in variables else None
    if listed is not None and not isinstance(listed, (list, tuple)):
        raise CocError(f"{LIST_VARIABLE}: takes a list of dictionaries, each with a name.")
    entries = [(f"{LIST_VARIABLE}, entry {number}", entry) for number, entry in enumerate(listed or (), 1)]
    for variable in sorted(name for name in variables if ONE_VARIABLE.fullmatch(name)):
        entry = _value(variable, variables[variable])
        if entry is not None:
            entries.append((variable, entry))
    for source, entry in entries:
        if not isinstance(entry, t.Mapping):
            raise CocError(f"{source}: is not a dictionary with name and options.")
        yield source, entry


def _value(variable: str, value: t.Any) -> t.Any:
    """Return the value of a variable, from JSON if it is a text; None if it is blank."""
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    try:
        return json.loads(value)
    except ValueError:
        # the parser's error has the text in it, and the text may have secrets
        raise CocError(f"{variable}: is a string, but not valid JSON.") from None


def _name(source: str, entry: t.Mapping[str, t.Any]) -> str:
    name = entry.get("name")
    if isinstance(name, (str, int)) and not isinstance(name, bool) and str(name).strip():
        return str(name).strip()
    if name is None or isinstance(name, str):
        near = [key for key in entry if key != "name" and sorted(str(key).lower()) == sorted("name")]
        raise CocError(f"{source}: has no name. {f'Is {near[0]} a typo of name?' if near else 'Add one.'}")
    raise CocError(f"{source}: name must be a string.")
