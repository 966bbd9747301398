# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several accounts: which there are, and the options to list the tasks of each with."""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.huaweicloud.coc.plugins.module_utils._endpoint import find_endpoint
from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._options import (
    VARIABLE_PREFIX,
    refuse_wrong_types,
    resolve_aliases,
    strip_blanks,
)
from ansible_collections.huaweicloud.coc.plugins.module_utils._paging import MAX_TASKS
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task_query import QUERY_PARAMETERS
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._lookup_options import (
    AGENCY,
    ALIASES,
    COMMON_SPEC,
    IDENTITY,
    Options,
    merge_options,
)
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._validation import (
    is_typo,
    refuse_typos,
    refuse_unknown,
    whole_number,
)

LIST_VARIABLE = "coc_accounts"
ACCOUNT_VARIABLE = re.compile(r"coc_account_\w+")  # one account in each

# An account that has only blanks for these is refused: it was to have credentials of its own.
KEYS = {"access_key", "secret_key", "auth_token", "credentials_file", "profile", "idp_id", "agency_name"}

# What the variables of the collection's playbooks have after coc_.
PLAYBOOK_VARIABLES = (
    "accounts",
    "checks",
    "columns",
    "forks",
    "format",
    "max_age_hours",
    "min_tasks",
    "output_path",
    "report_path",
    "timezone",
)


class Account(t.NamedTuple):
    """An account, and the options to list its tasks with. ``name`` is None for an only account without a name.

    ``min_tasks`` is how many tasks it must have at least, None if it does not say so itself.
    """

    name: str | None
    options: Options
    min_tasks: int | None = None


def find_accounts(listed: t.Any, variables: t.Mapping[str, t.Any], common: Options) -> list[Account]:
    """Return the accounts in ``listed``, which is None if it is not set, and in ``variables``, in this order.

    ``common`` are the options for all accounts. If there are no accounts, they describe the only one.
    Raises :class:`CocError` for what is not an account, an unknown key or region, and a missing or repeated name.
    """
    found: list[Account] = []
    seen: dict[str, str] = {}
    for source, entry in [*_from_list(listed), *_from_variables(variables)]:
        name = _read_name(source, entry)
        if name.casefold() in seen:
            raise CocError(
                f"{source}: {seen[name.casefold()]} already has the name {name!r}; upper and lower case are the same. "
                "Give each account a name of its own."
            )
        seen[name.casefold()] = source
        try:
            own = resolve_aliases(strip_blanks({key: entry[key] for key in entry if key != "name"}), COMMON_SPEC)
            least = own.pop("min_tasks", None)
            _refuse_blank_keys([key for key in entry if ALIASES.get(key, key) in KEYS], own)
            refuse_unknown(
                (key for key in entry if key not in ALIASES), {"name": {}, "min_tasks": {}, **COMMON_SPEC}, "an account"
            )
            min_tasks = None if least is None else whole_number("min_tasks", least, 0, MAX_TASKS)
            refuse_wrong_types(own, COMMON_SPEC)
            options = merge_options(own, common)
            if "region" in own and "endpoint" not in own:
                options["endpoint"] = find_endpoint(own, {})  # else an endpoint in the environment would win
            found.append(Account(name, options, min_tasks))
        except CocError as error:
            raise CocError(f"{source}, account {name!r}: {error.msg}") from None
    return found or [Account(None, common)]


def refuse_misnamed(variables: t.Mapping[str, t.Any], options: t.Collection[str]) -> None:
    """Raise :class:`CocError` for a variable that is probably a misspelled variable of the playbooks.

    Accounts and filters would be ignored in silence. The value of an option in ``options`` may come from a variable of
    any name.
    """
    others = [name for name in variables if name.startswith(("coc_", VARIABLE_PREFIX))]
    others = [name for name in others if not ACCOUNT_VARIABLE.fullmatch(name)]
    refuse_typos(others, "coc_", dict.fromkeys(PLAYBOOK_VARIABLES, {}), PLAYBOOK_VARIABLES)
    meant = {f"coc_{name}": VARIABLE_PREFIX + name for name in QUERY_PARAMETERS if name not in options}
    meant.update({f"{VARIABLE_PREFIX}{name}": f"coc_{name}" for name in ("accounts", "forks")})
    for variable in others:
        start, _underscore, rest = variable[len("coc_") :].partition("_")
        is_account = start == "accounts" and isinstance(variables[variable], dict)
        if start != "account" and rest and (is_account or is_typo(start, "account")):
            meant[variable] = f"coc_account_{rest}"
        if variable in meant:
            raise CocError(f"{variable}: is not a variable of this collection. Did you mean {meant[variable]}?")


def _refuse_blank_keys(keys: t.Sequence[str], own: Options) -> None:
    """Raise :class:`CocError` if an account has ``keys`` of its own, but all are blank.

    The keys for all accounts would take their place and list the tasks of another account under this name.
    """
    if keys and not (IDENTITY | AGENCY) & set(own):
        raise CocError(f"{keys[0]}: is blank. Fill it in, or leave it out to use the credentials for all accounts.")


def _from_list(value: t.Any) -> t.Iterator[tuple[str, Options]]:
    """Yield the accounts of a list, each after a text that says where it is."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            # the parser's error has the text in it, and the text may have secrets
            raise CocError(f"{LIST_VARIABLE}: is a string, but not valid JSON.") from None
    if value is None:
        return
    if not isinstance(value, list):
        raise CocError(f"{LIST_VARIABLE}: must be a list of dictionaries, each with a name.")
    if not value:
        raise CocError(f"{LIST_VARIABLE}: has no account. Add one, or leave it out.")
    for number, entry in enumerate(value, 1):
        if not isinstance(entry, dict):
            raise CocError(f"{LIST_VARIABLE}, entry {number}: is not a dictionary with name and options.")
        yield f"{LIST_VARIABLE}, entry {number}", entry


def _from_variables(variables: t.Mapping[str, t.Any]) -> t.Iterator[tuple[str, Options]]:
    """Yield each account that has a variable, after its name. Variables of other roles may have such a name too."""
    for variable in sorted(variables):
        value = variables[variable]
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:  # the parser's error would quote the text
                if value.lstrip().startswith("{"):
                    raise CocError(f"{variable}: looks like an account in JSON but is not valid JSON.") from None
        if isinstance(value, dict):
            yield variable, value


def _read_name(source: str, entry: t.Mapping[str, t.Any]) -> str:
    name = entry.get("name")
    if isinstance(name, (str, int)) and not isinstance(name, bool) and str(name).strip():
        return str(name).strip()
    if name is None or isinstance(name, str):
        near = [key for key in entry if key != "name" and sorted(str(key).lower()) == sorted("name")]
        raise CocError(f"{source}: has no name. {f'Is {near[0]} a typo of name?' if near else 'Add one.'}")
    raise CocError(f"{source}: name must be a string.")
