# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the lookup ``scheduled_task_accounts`` returns, as the filters read it: one listing for each account."""

from __future__ import annotations

import re
import typing as t
from difflib import get_close_matches

from ansible.errors import AnsibleFilterError

from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task_query import PAGING

Listing = t.Mapping[str, t.Any]
Task = t.Mapping[str, t.Any]

# Line breaks, control characters, and what changes the direction of writing: a name with them would mix up lines.
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+")


def check_listings(filter_name: str, value: object) -> list[Listing]:
    """Return ``value`` if the lookup can have returned it. Raises AnsibleFilterError, which does not quote it."""
    if isinstance(value, (list, tuple)) and all(map(_is_listing, value)):
        names = [listing["name"] for listing in value]
        if len(set(names)) == len(names) and (len(names) < 2 or None not in names):
            return list(value)
    raise AnsibleFilterError(
        f"{filter_name}: must be the list that the lookup huaweicloud.coc.scheduled_task_accounts returns, with "
        "a dictionary of name, scheduled_tasks, filters and failed for each account. Each account may be there once, "
        "and only a single one may have null as its name. Use query() rather than lookup()."
    )


def _is_listing(value: object) -> bool:
    return (
        isinstance(value, t.Mapping)
        and isinstance(value.get("name"), (str, type(None)))
        and isinstance(value.get("filters"), t.Mapping)
        and isinstance(value.get("failed"), bool)
        and "name" in value
        and isinstance(value.get("scheduled_tasks"), (list, tuple))
        and all(isinstance(task, t.Mapping) and "id" in task for task in value["scheduled_tasks"])
    )


def is_named(listings: t.Sequence[Listing]) -> bool:
    """Return whether the accounts have names, which all have but the one of a call without ``accounts``."""
    return any(listing["name"] is not None for listing in listings)


def all_tasks(listings: t.Iterable[Listing]) -> list[Task]:
    return [task for listing in listings for task in listing["scheduled_tasks"]]


def account_name(listing: Listing) -> str:
    """Return what a message calls the account."""
    name: str | None = listing["name"]
    return "The account" if name is None else name


def failures(listings: t.Iterable[Listing]) -> dict[str, str]:
    """Return why an account could not be queried, by the name of the account."""
    return {account_name(listing): str(listing.get("msg")) for listing in listings if listing["failed"]}


def reached_limit(listing: Listing) -> bool:
    """Return whether there are as many tasks as ``limit`` allows, so that there may be more."""
    return str(len(listing["scheduled_tasks"])) == str(listing["filters"].get("limit"))


def is_filtered(listing: Listing) -> bool:
    """Return whether a filter can be why tasks are missing; ``limit``, ``offset`` and ``marker`` are not filters."""
    return any(name not in PAGING for name in listing["filters"])


def parse_names(option: str, value: object, known: t.Collection[str]) -> list[str]:
    """Return the names in a list, or in text with commas; an empty list if it is null or blank.

    Raises AnsibleFilterError for a name that is not in ``known``, and for a list without any.
    """
    if value is None or not str(value).strip():
        return []
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, (list, tuple)):
        raise AnsibleFilterError(f"{option}: must be a list, or text with commas, of {', '.join(known)}.")
    chosen = [str(name).strip() for name in names if str(name).strip()]
    for name in chosen:
        if name not in known:
            near = get_close_matches(name.lower(), known, 1)
            hint = f"Did you mean {near[0]}?" if near else f"It takes {', '.join(known)}."
            raise AnsibleFilterError(f"{option}: {one_line(name)[:40]} is unknown. {hint}")
    if not chosen:
        raise AnsibleFilterError(f"{option}: is empty. Leave it out, or choose from {', '.join(known)}.")
    return chosen


def filter_sentences(listings: t.Sequence[Listing]) -> list[str]:
    """Return which filters were used, without a full stop.

    If all accounts have the same, that is one sentence, else one for each account that has some.
    """
    used = [_filter_words(listing["filters"]) for listing in listings]
    if len(set(used)) == 1:
        return [one_line(f"Only tasks {used[0]}")] if used[0] else []
    return [one_line(f"{account_name(one)}: only tasks {words}") for one, words in zip(listings, used) if words]


def _filter_words(filters: t.Mapping[str, t.Any]) -> str:
    """Return the filters, and where the list starts, as the rest of a sentence; '' if there are none."""
    chosen = " and ".join(f"{name} {value}" for name, value in filters.items() if name not in PAGING)
    starts = [f"from {name} {filters[name]}" for name in ("offset", "marker") if filters.get(name)]
    return " ".join([*([f"with {chosen}"] if chosen else []), *starts])


def summary(listings: t.Sequence[Listing]) -> list[str]:
    """Return in a line each: how many tasks are listed, which filters were used, and the number of each account."""
    shown = len(all_tasks(listings))
    total = sum(map(_total, listings))
    lines = [f"{_of(shown, total)} {'task' if total == 1 else 'tasks'}"]
    lines += [f"{sentence}." for sentence in filter_sentences(listings)]
    for listing in listings:
        if listing["failed"]:
            lines.append(f"{account_name(listing)}: NOT LISTED. {listing.get('msg')}")
        elif is_named(listings):
            lines.append(f"{account_name(listing)}: {_of(len(listing['scheduled_tasks']), _total(listing))}")
    return [one_line(line) for line in lines]


def _total(listing: Listing) -> int:
    """Return how many tasks match, some of which a limit may have cut."""
    return max(len(listing["scheduled_tasks"]), listing.get("count") or 0)


def _of(shown: int, total: int) -> str:
    return str(total) if shown == total else f"{shown} of {total}"


def one_line(text: object) -> str:
    """Return ``text`` with a space for what would break a line or change its direction."""
    return CONTROLS.sub(" ", str(text))
