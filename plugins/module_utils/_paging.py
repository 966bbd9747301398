# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a list goes on, where it ends, and whether it is complete: decisions about the pages so far.

It is not known which of offset and marker counts if the service gets both, nor what its marker is on the last page. So
the user's offset and marker are sent with the first request only. Later pages follow the service's marker, or go on by
offset if it gives none. A repeated task is left out. The list ends where the service's count says, or at an empty page
if the count changes in between or is too small.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """What is known of one page."""

    start: t.Mapping[str, str | int]  # the marker or offset of its request; empty if the list starts at the beginning
    received: int  # number of tasks, repeated ones included
    new: int  # number of tasks that no earlier page had
    count: int  # all tasks that match, according to the service
    marker: str | None  # where the next page starts, according to the service
    last_id: str | None  # ID of its last task


def next_start(pages: t.Sequence[Page]) -> dict[str, str | int] | None:
    """Return the marker or offset at which the next page starts, None at the end of the list."""
    page, first = pages[-1], _first_place(pages)
    if not page.received or _is_all(pages):
        return None
    if page.marker:
        return {"marker": page.marker}
    if any(earlier.marker for earlier in pages) and not count_missing(pages):
        return None  # the last page has no marker (Terraform provider)
    if first is not None:  # not by what was received: repeated tasks would hide others
        return {"offset": first + count_tasks(pages)}
    return {"marker": str(page.last_id)}  # what a marker is, by the API reference


def _first_place(pages: t.Sequence[Page]) -> int | None:
    """Return the position of the first task among all that match, None if the list starts at a marker."""
    start = pages[0].start
    return None if "marker" in start else int(start.get("offset", 0))


def count_tasks(pages: t.Sequence[Page]) -> int:
    """Return how many different tasks have come."""
    return sum(page.new for page in pages)


def count_missing(pages: t.Sequence[Page]) -> int:
    """Return how many tasks are still missing according to the latest count, 0 if that is unknown."""
    first = _first_place(pages)
    return 0 if first is None else max(0, pages[-1].count - first - count_tasks(pages))


def _is_all(pages: t.Sequence[Page]) -> bool:
    """Return whether every task has come, according to the service's count.

    A count that changed says how many there are now, not how many of those have come; one that is too small says
    nothing.
    """
    first, count = _first_place(pages), pages[-1].count
    is_steady = all(page.count == count for page in pages)
    return is_steady and first is not None and count_tasks(pages) == count - first


def find_ignored_offset(pages: t.Sequence[Page]) -> str | None:
    """Return why the first page is not the one that was asked for, None if it may be."""
    first, counts = _first_place(pages), {page.count for page in pages}
    if first and len(counts) == 1 and count_tasks(pages) > max(0, pages[-1].count - first):
        return (
            f"ignores offset={first}: of {pages[-1].count} tasks, it returned more than come after that offset. No "
            "tasks are returned. Leave offset out."
        )
    return None


def find_contradiction(pages: t.Sequence[Page], start: t.Mapping[str, str | int] | None) -> str | None:
    """Return why the list cannot go on at ``start``, or be trusted so far; None if it can. It may be better soon."""
    page, total, most = pages[-1], count_tasks(pages), max(page.count for page in pages)
    if "offset" in page.start and page.count < most:
        return (
            f"counted {most} tasks, then {page.count}: removing tasks during the query shifts the others, and some may "
            "be missing. No tasks are returned. Try again."
        )
    if start is not None and (not page.new or start.get("marker") in _markers_before(pages)):
        return (
            f"does not advance: after {total} of {page.count} tasks it returns the same ones again. No tasks are "
            "returned. Try again, or filter for fewer tasks."
        )
    return None


def _markers_before(pages: t.Sequence[Page]) -> set[str | int]:
    """Return the marker that the list started at, and those that pages before the latest gave."""
    given = {page.marker for page in pages[:-1]} | {pages[0].start.get("marker")}
    return {marker for marker in given if marker}


def find_loss(pages: t.Sequence[Page], limit: int | None) -> str | None:
    """Return why a list that has ended must not be returned, None if it may be.

    It may if nothing is missing, if ``limit`` cut it, or if as many tasks came as the service counts, repeated ones
    included: that is only warned of.
    """
    missing, total = count_missing(pages), count_tasks(pages)
    is_cut = limit is not None and total >= limit
    received = sum(page.received for page in pages)
    if not missing or is_cut or received >= pages[-1].count - (_first_place(pages) or 0):
        return None
    return (
        f"returned {total} tasks but counts {total + missing}: the next page was empty. No tasks are returned, because "
        "the list is not complete. Try again, or filter for fewer tasks."
    )


def next_marker(
    pages: t.Sequence[Page], listed: t.Sequence[dict[str, t.Any]], limit: int | None, is_over: bool
) -> str | None:
    """Return where a list that ``limit`` cut goes on, None if it ``is_over`` or was not cut."""
    if limit is None or not listed or (is_over and len(listed) <= limit):
        return None
    # the service's marker would skip what is cut off, if it gave more than was asked for
    given = pages[-1].marker if len(listed) <= limit else None
    return given or str(listed[:limit][-1]["id"])
