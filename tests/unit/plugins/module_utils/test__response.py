# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What headers and error documents say. tests/unit/test_faults.py sends such responses to the plugins."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from ansible_collections.huaweicloud.coc.plugins.module_utils._response import (
    Response,
    find_error,
    means_success,
    parse_date,
    parse_json,
    read_content,
    retry_after,
)


def at(seconds):
    """Return the HTTP date that is so far ahead of this machine's clock."""
    return formatdate(time.time() + seconds, usegmt=True)


def response(**headers):
    return Response(401, {name.replace("_", "-"): value for name, value in headers.items()}, b"")


@pytest.mark.parametrize(
    "text, seconds",
    [
        ("Thu, 01 Jan 1970 00:01:00 GMT", 60),
        ("Thu, 01 Jan 1970 01:01:00 +0100", 60),
        *(
            (text, None)
            for text in (
                None,
                "yesterday",
                "1767225600",
                "2026-01-01T00:00:00Z",
                "Fri, 31 Dec 9999 23:59:59 GMT",
                "Wed, 01 Jan 2020 00:00:00 +99999999999999999999",
                "\xe4\xb8\x80\xe6\x9c\x88",
            )
        ),
    ],
)
def test_a_date_that_cannot_be_used_is_ignored(text, seconds):
    assert parse_date(text) == seconds


OBJECT = '{"a": "\\u4e00 一", "b": [{"c": true}, -1.5e+1]}'.encode()


def test_a_body_that_was_cut_is_the_beginning_of_an_object():
    assert all(read_content(OBJECT[:length]).is_cut for length in range(len(OBJECT)))
    others = [OBJECT, b"<html>", b"[1", b"null", b'{"a": NaN}', b'{"a" 1}', b"{" * 100000 + b"}", b"\xff{}"]
    assert not any(content.is_cut for content in map(read_content, others))


def test_a_date_in_retry_after_is_compared_with_the_services_clock():
    later = response(Date="Thu, 01 Jan 2026 00:00:00 GMT", Retry_After="Thu, 01 Jan 2026 00:00:09 GMT")
    assert retry_after(later) == 9
    assert 88 <= (retry_after(response(Retry_After=at(90))) or 0) <= 90
    assert retry_after(response(Date=at(0), Retry_After=at(0))) == 0
    assert retry_after(response(Retry_After=" 7 ")) == 7


@pytest.mark.parametrize(
    "document, found",
    [
        ({"error_code": "A.1", "error_msg": "x"}, ("A.1", "x")),
        ({"errorCode": "A.1", "errorMsg": "x"}, ("A.1", "x")),
        ({"code": 7, "message": "x"}, ("7", "x")),
        ({"error": {"code": "A.1", "message": "x"}}, ("A.1", "x")),
        ({"error_msg": "x"}, ("", "x")),
        ({"error_code": "A.1", "error_msg": ["x"]}, ("A.1", "")),
        ({"error_code": None, "error_msg": None, "code": "A.1"}, ("A.1", "")),
        ({"error": "A.1", "code": {"a": 1}}, ("", "")),
    ],
    ids=str,
)
def test_errors_have_several_forms(document, found):
    assert find_error(document) == found


def test_only_zeros_mean_success():
    codes = ["", "0", "COC.00000000", "A", "COC.00000010", "9"]
    assert [means_success(code) for code in codes] == [True, True, True, False, False, False]


def test_json_may_have_a_byte_order_mark_repeated_keys_and_surrogate_pairs():
    assert parse_json(b'\xef\xbb\xbf{"a": 1, "a": "\\ud83d\\ude00"}') == {"a": "\U0001f600"}
