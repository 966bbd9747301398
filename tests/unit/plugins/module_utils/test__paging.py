# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is decided about pages, case by case."""

from __future__ import annotations

import pytest

from ansible_collections.huaweicloud.coc.plugins.module_utils import _paging
from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError

WHOLE = None


def page(new, count, marker=None, *, after=None, offset=None, received=None, full=False, overlaps=False):
    """Return a page with so many ``new`` tasks. It was asked for ``after`` a marker, or at an ``offset``."""
    start = {name: value for name, value in (("marker", after), ("offset", offset)) if value is not None}
    return _paging.Page(start, full, overlaps, new if received is None else received, new, count, marker, "last")


MARKED, UNMARKED = page(2, 4, "b"), page(2, 4)  # the first of two pages


@pytest.mark.parametrize(
    "pages, outcome",
    [
        # a short page ends the list where the count fits, whatever the marker says
        ([page(2, 2)], WHOLE),
        ([page(2, 2, "b")], WHOLE),
        ([MARKED, page(2, 4, "d", after="b")], WHOLE),
        ([UNMARKED, page(2, 4, offset=1, overlaps=True)], WHOLE),
        # a full one does not
        ([page(2, 2, "b", full=True)], {"marker": "b"}),
        ([page(2, 2, full=True)], {"offset": 1}),
        ([MARKED, page(2, 4, "d", after="b", full=True)], {"marker": "d"}),
        ([MARKED, page(2, 4, after="b", full=True)], WHOLE),  # only the last page has no marker
        # an empty one does, and one that has only the task where pages overlap
        ([page(0, 0)], WHOLE),
        ([page(0, 4, offset=9)], WHOLE),
        ([page(2, 2, full=True), page(0, 2, offset=1, overlaps=True)], WHOLE),
        # more to come
        ([MARKED], {"marker": "b"}),
        ([UNMARKED], {"offset": 1}),
        ([MARKED, page(1, 4, after="b")], {"offset": 2}),
        ([UNMARKED, page(1, 4, offset=1, overlaps=True, received=2)], {"offset": 2}),  # repeated ones would hide others
        # after a marker of the user, the count does not say what is left
        ([page(2, 2, after="a")], {"marker": "last"}),
        ([page(2, 4, after="a", offset=1)], {"marker": "last"}),
        ([page(2, 9, "c", after="a"), page(1, 9, after="c")], WHOLE),
        # a count that changed, or is too small, ends nothing
        ([MARKED, page(2, 5, "d", after="b")], {"marker": "d"}),
        ([page(2, 3, "b"), page(2, 4, "d", after="b")], {"marker": "d"}),
        ([page(2, 1, "b")], {"marker": "b"}),
        ([page(2, 1)], {"offset": 1}),
        # nothing new
        ([MARKED, page(0, 4, "d", after="b", received=2)], "does not advance: after 2 of 4 tasks"),
        ([page(2, 9, "b"), page(2, 9, "c", after="b"), page(1, 9, "b", after="c")], "does not advance: after 5 of 9"),
        ([page(2, 4, "a", after="a")], "does not advance: after 2 of 4 tasks"),
        # more than there can be
        ([page(4, 4, offset=2)], "ignores offset=2: of 4 tasks"),
        # pages that do not overlap
        ([UNMARKED, page(2, 4, offset=1)], "changed twice while it was read"),
        ([UNMARKED, page(0, 1, offset=1)], "changed twice while it was read"),
        # fewer than there are, unless others came twice: that is only warned of
        ([MARKED, page(0, 4, after="b")], "returned 2 tasks but counts 4"),
        ([page(1, 4, offset=1), page(0, 4, offset=1, overlaps=True)], "returned 1 tasks but counts 3"),
        ([MARKED, page(1, 4, after="b", received=2), page(0, 4, offset=2, overlaps=True)], WHOLE),
        # no end
        ([page(100000, 100000)], WHOLE),
        ([page(100000, 100001, "b")], "does not end: after 100000 tasks in 1 pages"),
        ([page(1, 1, f"{at}", after=at) for at in range(999)], {"marker": "998"}),
        ([page(1, 1, f"{at}", after=at) for at in range(1000)], "does not end: after 1000 tasks in 1000 pages"),
    ],
)
def test_where_a_list_goes_on_and_whether_it_is_whole(pages, outcome):
    start = _paging.next_start(pages)
    try:
        _paging.check_pages("https://coc.example.com", pages, start)
    except CocError as error:
        assert error.msg.startswith(f"GET https://coc.example.com {outcome}")
        assert error.transient == (" ignores " not in error.msg and " does not end" not in error.msg)
    else:
        assert start == outcome


@pytest.mark.parametrize(
    "last, ids, limit, is_over, marker",
    [
        (MARKED, "ab", None, True, None),
        (page(2, 4, "other"), "ab", 2, False, "other"),
        (UNMARKED, "ab", 2, False, "b"),
        (MARKED, "ab", 5, True, None),
        (page(3, 3, "c"), "abc", 2, True, "b"),  # the service's marker would skip what is cut off
    ],
)
def test_where_a_limited_list_goes_on(last, ids, limit, is_over, marker):
    assert _paging.next_marker(last, [{"id": letter} for letter in ids], limit, None if is_over else {}) == marker
