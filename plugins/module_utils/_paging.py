# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a list goes on, where it ends, and why it is complete: decisions about the pages so far.

* The user's offset and marker are sent with the first request only: which of them counts is not known.
* A later page starts at the service's marker. If there is none, it starts at the last task that came, so that pages
  overlap by one: if they do not, tasks moved between them, and the list is read again, once.
* A full page never ends a list: the count may be capped.
* A shorter page ends it if as many tasks came as every page counts, whatever its marker says.
* An empty page ends it. So does one without a marker after one that has a marker, unless the count says otherwise.
* A list that has ended is complete unless the service counts more tasks than it returned.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError

MAX_TASKS = 100000
MAX_PAGES = 1000


class ListChanged(CocError):
    """The list changed while it was read: reading it again may help at once."""


@dataclass(frozen=True)
class Page:
    """What is known of one page."""

    start: t.Mapping[str, str | int]  # the marker or offset of its request; empty if the list starts at the beginning
    is_full: bool  # whether as many tasks came as were requested
    overlaps: bool  # whether it began with the last task of the page before, which is left out below
    received: int  # number of tasks, repeated ones included
    new: int  # number of tasks that no earlier page had
    count: int  # all tasks that match, according to the service
    marker: str | None  # where the next page starts, according to the service
    last_id: str | None  # ID of its last task


def count_covered(pages: t.Sequence[Page]) -> int | None:
    """Return how many of the tasks that match have come or were skipped, None if the list starts at a marker."""
    start = pages[0].start
    return None if "marker" in start else int(start.get("offset", 0)) + sum(page.new for page in pages)


def next_start(pages: t.Sequence[Page]) -> dict[str, str | int] | None:
    """Return the marker or offset at which the next page starts, None at the end of the list."""
    page, covered = pages[-1], count_covered(pages)
    if not page.received:
        return None
    if not page.is_full and all(earlier.count == covered for earlier in pages):
        return None
    if page.marker:
        return {"marker": page.marker}
    if any(earlier.marker for earlier in pages) and (covered is None or covered >= page.count):
        return None  # the last page has no marker (Terraform provider)
    if covered is None:
        return {"marker": str(page.last_id)}  # what a marker is, by the API reference
    return {"offset": covered - 1}


def check_pages(url: str, pages: t.Sequence[Page], start: t.Mapping[str, str | int] | None) -> None:
    """Raise :class:`CocError` if the list at ``url`` cannot go on at ``start``, or has ended and is not complete."""
    page, covered, total = pages[-1], count_covered(pages), sum(page.new for page in pages)
    skipped = 0 if covered is None else covered - total
    if skipped and total > max(0, max(page.count for page in pages) - skipped):
        raise CocError(
            f"GET {url} ignores offset={skipped}: of {page.count} tasks, it returned more than come after that offset. "
            "No tasks are returned. Leave offset out."
        )
    if start is not None and (not page.new or start in [earlier.start for earlier in pages]):
        raise CocError(
            f"GET {url} does not advance: after {total} of {page.count} tasks it returns the same ones again. No tasks "
            "are returned. Try again, or filter for fewer tasks.",
            transient=True,
        )
    if len(pages) > 1 and "offset" in page.start and not page.overlaps:
        raise ListChanged(
            f"GET {url} changed twice while it was read: tasks were removed or created, which moves others from page "
            "to page. No tasks are returned. Try again, or filter for fewer tasks.",
            transient=True,
        )
    if start is not None and (total >= MAX_TASKS or len(pages) >= MAX_PAGES):
        raise CocError(
            f"GET {url} does not end: after {total} tasks in {len(pages)} pages there are more. No tasks are returned. "
            "Filter for fewer tasks."
        )
    received = sum(page.received for page in pages)
    if start is None and covered is not None and received < page.count - skipped:
        raise CocError(
            f"GET {url} returned {total} tasks but counts {page.count - skipped}: the next page was empty. No tasks "
            "are returned, because the list is not complete. Try again, or filter for fewer tasks.",
            transient=True,
        )


def next_marker(
    page: Page, listed: t.Sequence[dict[str, t.Any]], limit: int | None, start: t.Mapping[str, str | int] | None
) -> str | None:
    """Return where a list that ``limit`` cut goes on, None if it was not cut. ``page`` is the last one."""
    if limit is None or (start is None and len(listed) <= limit):
        return None
    # the service's marker would skip what is cut off, if it returned more than was requested
    marker = page.marker if len(listed) <= limit else None
    return marker or str(listed[:limit][-1]["id"])
