# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times of the service as people at a place read them."""

from __future__ import annotations

import sys

import pytest
import zoneinfo
from ansible.errors import AnsibleFilterError

from ansible_collections.huaweicloud.coc.plugins.filter.local_time import local_time

TIME = 1745396100000


@pytest.mark.parametrize(
    "value,options,text",
    [
        (TIME, {}, "2025-04-23 08:15"),
        (str(TIME), {"timezone": " Asia/Shanghai "}, "2025-04-23 16:15"),
        (TIME, {"timezone": "Asia/Shanghai", "format": "%d.%m.%Y, %H:%M:%S %Z"}, "23.04.2025, 16:15:00 CST"),
        (TIME, {"timezone": ""}, "2025-04-23 08:15"),
        (1772953200000, {"timezone": "America/New_York"}, "2026-03-08 03:00"),  # the hour after 1:59 is 3:00
        (0, {}, "1970-01-01 00:00"),
        (9_000_000_000_000_000, {"timezone": "Asia/Shanghai"}, "9999-12-31 23:59"),
        (253402300799000, {"timezone": "Asia/Shanghai"}, "9999-12-31 23:59"),
        (-9_000_000_000_000_000, {"format": "%m-%d"}, "01-01"),
        (None, {}, ""),
        (None, {"default": "never"}, "never"),
        (None, {"default": None}, None),
    ],
)
def test_local_time(value, options, text):
    assert local_time(value, **options) == text


@pytest.mark.parametrize(
    "value,options,message",
    [
        ("soon", {}, "local_time: 'soon' is not a time."),
        (True, {}, "local_time: 'True' is not a time."),
        (1745396100.5, {}, "local_time: '1745396100.5' is not a time."),
        ("9" * 5000, {}, f"local_time: '{'9' * 40}' is not a time."),
        (["a"], {}, "is not a time."),
        (None, {"timezone": "Asia/Shangai"}, "no time zone Asia/Shangai. Did you mean Asia/Shanghai?"),
        (TIME, {"timezone": "asia/shanghai"}, "Did you mean Asia/Shanghai?"),
        (TIME, {"timezone": "Mars/Base"}, "no time zone Mars/Base. Use a name from the IANA list"),
        (TIME, {"timezone": "../passwd"}, "no time zone ../passwd."),
        (TIME, {"timezone": "Asia"}, "no time zone Asia."),
        (TIME, {"timezone": ["UTC"]}, "no time zone ['UTC']."),
        (TIME, {"format": "\ud800"}, "is not a valid strftime format"),
    ],
)
def test_what_is_no_time_zone_or_format_is_named(value, options, message):
    with pytest.raises(AnsibleFilterError) as caught:
        local_time(value, **options)
    assert message in caught.value.message


def test_only_utc_needs_no_zone_data(monkeypatch):
    for name in {"tzdata", *(name for name in sys.modules if name.startswith("tzdata."))}:
        monkeypatch.setitem(sys.modules, name, None)
    zoneinfo.ZoneInfo.clear_cache()
    zoneinfo.reset_tzpath([])
    try:
        assert local_time(TIME, "UTC") == "2025-04-23 08:15"
        with pytest.raises(AnsibleFilterError, match=r"^timezone: Asia/Shanghai cannot be used, .* Install tzdata"):
            local_time(TIME, "Asia/Shanghai")
    finally:
        zoneinfo.reset_tzpath()
