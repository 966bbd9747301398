# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is decided about pages, case by case. A page is what was asked, came, was new, counted, marked, and last."""

from __future__ import annotations

import pytest

from ansible_collections.huaweicloud.coc.plugins.module_utils._paging import (
    Page,
    find_contradiction,
    find_ignored_offset,
    find_loss,
    next_marker,
    next_start,
)

END = None
MARKED_2 = Page({}, 2, 2, 4, "b", "b")  # the first page of two, by marker
UNMARKED_2 = Page({}, 2, 2, 4, None, "b")  # and by offset


@pytest.mark.parametrize(
    "pages, start",
    [
        # the count is reached, whatever the marker says
        ([Page({}, 2, 2, 2, None, "b")], END),
        ([Page({}, 2, 2, 2, "b", "b")], END),
        ([MARKED_2, Page({"marker": "b"}, 2, 2, 4, "d", "d")], END),
        ([UNMARKED_2, Page({"offset": 2}, 2, 2, 4, None, "d")], END),
        ([Page({"offset": 3}, 1, 1, 4, None, "d")], END),
        # an empty page
        ([Page({}, 0, 0, 0, None, None)], END),
        ([Page({}, 0, 0, 9, "x", None)], END),
        ([MARKED_2, Page({"marker": "b"}, 0, 0, 4, None, None)], END),
        # more to come: by the service's marker, else by offset
        ([MARKED_2], {"marker": "b"}),
        ([UNMARKED_2], {"offset": 2}),
        ([Page({"offset": 1}, 2, 2, 4, None, "c")], {"offset": 3}),
        ([Page({"offset": 1}, 2, 2, 4, "c", "c")], {"marker": "c"}),
        # repeated tasks do not count
        ([UNMARKED_2, Page({"offset": 2}, 2, 1, 4, None, "c")], {"offset": 3}),
        # after a marker, the count says nothing of what is left
        ([Page({"marker": "a"}, 2, 2, 2, None, "c")], {"marker": "c"}),
        ([Page({"marker": "a"}, 2, 2, 2, "c", "c")], {"marker": "c"}),
        ([Page({"marker": "a", "offset": 1}, 2, 2, 4, None, "c")], {"marker": "c"}),
        # the last page has no marker
        ([Page({"marker": "a"}, 2, 2, 9, "c", "c"), Page({"marker": "c"}, 1, 1, 9, None, "d")], END),
        ([MARKED_2, Page({"marker": "b"}, 1, 1, 4, None, "c")], {"offset": 3}),
        # a count that changed, or is too small, ends nothing
        ([MARKED_2, Page({"marker": "b"}, 2, 2, 5, "d", "d")], {"marker": "d"}),
        ([Page({}, 2, 2, 3, "b", "b"), Page({"marker": "b"}, 2, 2, 4, "d", "d")], {"marker": "d"}),
        ([Page({}, 2, 2, 1, "b", "b")], {"marker": "b"}),
        ([Page({}, 2, 2, 1, None, "b")], {"offset": 2}),
    ],
)
def test_where_the_next_page_starts(pages, start):
    assert next_start(pages) == start


@pytest.mark.parametrize(
    "pages, words",
    [
        ([MARKED_2], None),
        ([MARKED_2, Page({"marker": "b"}, 2, 2, 4, "d", "d")], None),
        ([MARKED_2, Page({"marker": "b"}, 2, 2, 5, "d", "d")], None),
        ([MARKED_2, Page({"marker": "b"}, 2, 0, 4, "d", "b")], "does not advance: after 2 of 4 tasks"),
        ([MARKED_2, Page({"marker": "b"}, 2, 2, 9, "c", "d"), Page({"marker": "c"}, 2, 1, 9, "b", "e")], "not advance"),
        ([Page({"marker": "a"}, 2, 2, 4, "a", "c")], "does not advance: after 2 of 4 tasks"),
        ([UNMARKED_2, Page({"offset": 2}, 2, 0, 4, None, "b")], "does not advance: after 2 of 4 tasks"),
        ([UNMARKED_2, Page({"offset": 2}, 1, 1, 3, None, "c")], "counted 4 tasks, then 3"),
        ([MARKED_2, Page({"marker": "b"}, 1, 1, 3, None, "c")], None),
        ([Page({"offset": 2}, 4, 4, 4, None, "d")], "ignores offset=2: of 4 tasks"),
        ([Page({"offset": 9}, 4, 4, 4, None, "d")], "ignores offset=9: of 4 tasks"),
        ([Page({"offset": 2}, 2, 2, 4, None, "d")], None),
    ],
)
def test_what_contradicts_itself(pages, words):
    problem = find_ignored_offset(pages) or find_contradiction(pages, next_start(pages))
    assert (problem is None) if words is None else words in str(problem)


@pytest.mark.parametrize(
    "pages, limit, words",
    [
        ([Page({}, 2, 2, 2, None, "b")], None, None),
        ([Page({}, 0, 0, 3, None, None)], None, "returned 0 tasks but counts 3"),
        ([MARKED_2, Page({"marker": "b"}, 0, 0, 4, None, None)], None, "returned 2 tasks but counts 4"),
        ([Page({"offset": 1}, 1, 1, 4, None, "b"), Page({"offset": 2}, 0, 0, 4, None, None)], None, "counts 3"),
        # the service counts what it repeats
        ([MARKED_2, Page({"marker": "b"}, 2, 1, 4, None, "c"), Page({"offset": 3}, 0, 0, 4, None, None)], None, None),
        # a limit, not a loss
        ([MARKED_2], 2, None),
        ([MARKED_2, Page({"marker": "b"}, 0, 0, 4, None, None)], 3, "counts 4"),
        # a marker hides how many are to come
        ([Page({"marker": "a"}, 0, 0, 4, None, None)], None, None),
    ],
)
def test_whether_it_is_whole(pages, limit, words):
    problem = find_loss(pages, limit)
    assert (problem is None) if words is None else words in str(problem)


@pytest.mark.parametrize(
    "page, ids, limit, is_over, marker",
    [
        (MARKED_2, "ab", None, False, None),
        (MARKED_2, "ab", 2, False, "b"),
        (Page({}, 2, 2, 4, "other", "b"), "ab", 2, False, "other"),
        (UNMARKED_2, "ab", 2, False, "b"),
        (MARKED_2, "ab", 5, True, None),
        (Page({}, 2, 2, 2, "b", "b"), "ab", 2, True, None),
        # more came than were asked for: the service's marker would skip some
        (Page({}, 3, 3, 3, "c", "c"), "abc", 2, True, "b"),
        (Page({}, 0, 0, 0, None, None), "", 2, True, None),
    ],
)
def test_where_a_limited_list_goes_on(page, ids, limit, is_over, marker):
    assert next_marker([page], [{"id": letter} for letter in ids], limit, is_over) == marker
