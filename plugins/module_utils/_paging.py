# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a list goes on, where it ends, and whether it is complete: decisions about the pages so far.

Which of offset and marker the service honors together, and what its marker is on the last page, is not known. So both
are sent once, to start with; later pages follow the service's marker, or go on by offset if it gives none. A task that
comes again is left out. The end is where the service's count says, or an empty page if the count changes meanwhile or
is too small.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """What is known of one page."""

    start: t.Mapping[str, str | int]  # the marker or offset that it was asked for with; nothing for the first of all
    received: int  # tasks, those included that came before
    new: int  # tasks that no page before had
    count: int  # of all tasks that match, by the service
    marker: str | None  # where the next page starts, by the service
    last_id: str | None  # of its last task


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
    """Return the place of the first task among all that match, None after a marker, which does not tell it."""
    start = pages[0].start
    return None if "marker" in start else int(start.get("offset", 0))


def count_tasks(pages: t.Sequence[Page]) -> int:
    """Return how many different tasks have come."""
    return sum(page.new for page in pages)


def count_missing(pages: t.Sequence[Page]) -> int:
    """Return how many tasks are to come by the latest count, 0 if that cannot be told."""
    first = _first_place(pages)
    return 0 if first is None else max(0, pages[-1].count - first - count_tasks(pages))


def _is_all(pages: t.Sequence[Page]) -> bool:
    """Return whether every task has come by the service's count.

    A count that changed says how many there are now, not how many of them came; one that is too small says nothing.
    """
    first, count = _first_place(pages), pages[-1].count
    is_steady = all(page.count == count for page in pages)
    return is_steady and first is not None and count_tasks(pages) == count - first


def find_contradiction(pages: t.Sequence[Page], start: t.Mapping[str, str | int] | None) -> str | None:
    """Return why the list cannot go on at ``start``, or be trusted so far; None if it can."""
    page, first, total = pages[-1], _first_place(pages), count_tasks(pages)
    counts = [page.count for page in pages]
    most = max(counts)
    if "offset" in page.start and page.count < most:
        return (
            f"counted {most} tasks, then {page.count}: tasks that were removed meanwhile shift the others, and some "
            "may be missing. No tasks are returned. Try again."
        )
    if first and min(counts) == most and total > max(0, most - first):
        return (
            f"ignores offset={first}: of {most} tasks, more came than follow it. No tasks are returned. Leave offset "
            "out."
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
    """Return why a list that has ended is not whole, None if it is, or if ``limit`` cut it."""
    missing, total = count_missing(pages), count_tasks(pages)
    is_cut = limit is not None and total >= limit
    received = sum(page.received for page in pages)
    if not missing or is_cut or received >= pages[-1].count - (_first_place(pages) or 0):
        return None
    return (
        f"returned {total} tasks but counts {total + missing}, and then an empty page. No tasks are returned, because "
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
