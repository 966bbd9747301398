# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times of the service, which are milliseconds since the epoch, as the texts that people at a place read."""

from __future__ import annotations

import time
from datetime import datetime, timezone, tzinfo
from difflib import get_close_matches

import zoneinfo
from ansible.errors import AnsibleFilterError

MINUTE = "%Y-%m-%d %H:%M"


def find_zone(name: object) -> tzinfo:
    """Return the time zone of a name in the IANA list. Null and blank stand for UTC, which needs no zone data.

    Raises AnsibleFilterError for a name that the zone data of this machine does not have.
    """
    key = "" if name is None else str(name).strip()
    if key in ("", "UTC"):
        return timezone.utc
    try:
        return zoneinfo.ZoneInfo(key)
    except (LookupError, ValueError, OSError):  # unknown, not a relative path, a folder such as Asia
        known = sorted(zoneinfo.available_timezones())
    if not known:
        raise AnsibleFilterError(
            f"timezone: {key} cannot be used, as this machine has no time zone data. Install tzdata, as a package of "
            "the system or of Python, or use UTC."
        )
    near = get_close_matches(key, known, 1, 0.8)
    hint = f"Did you mean {near[0]}?" if near else "Use a name from the IANA list such as Asia/Shanghai."
    raise AnsibleFilterError(f"timezone: there is no time zone {key}. {hint}")


def parse_now(value: object) -> float:
    """Return the option ``now`` in seconds since the epoch, the current time if it is None.

    Raises AnsibleFilterError for what is not a number.
    """
    try:
        return time.time() if value is None else float(str(value))
    except ValueError:
        raise AnsibleFilterError("now: must be a number of seconds since the epoch.") from None


def format_time(milliseconds: int, zone: tzinfo, form: str = MINUTE) -> str:
    """Return a time, in milliseconds since the epoch, in a format of strftime.

    A time beyond the years that datetime knows, 1 to 9999, becomes the first or last of them: the service takes
    9000000000000000 as a time. Raises ValueError for a wrong format.
    """
    try:
        moment = datetime.fromtimestamp(milliseconds // 1000, zone)
    except (OverflowError, ValueError, OSError):
        moment = (datetime.max if milliseconds > 0 else datetime.min).replace(tzinfo=zone)
    return moment.strftime(form)
