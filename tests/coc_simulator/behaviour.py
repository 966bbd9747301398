# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the service behaves. One table of settings: the simulator's attributes and the command line follow from it."""

from __future__ import annotations

import dataclasses
import typing as t


def _setting(default: t.Any, text: str, metavar: str | None = None, choices: tuple[str, ...] | None = None) -> t.Any:
    """Return a field with a default and with what the command line says of it.

    :param default: a bool makes a flag that changes it; otherwise the type of the value, unless ``choices`` limit it
    """
    metadata = {"help": text, "metavar": metavar, "choices": choices}
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass(frozen=True)
class Behaviour:
    """What can be set, with its default: how the service most likely behaves.

    :raises ValueError: a value is none of those that a setting can have
    """

    latency: float = _setting(0.0, "time before each response", "SECONDS")
    gzip: bool = _setting(True, "never compress; otherwise it does for a client that accepts it")
    clock_offset: float = _setting(0.0, "how far its clock is ahead, in checks and in the header Date", "SECONDS")
    fault_rate: float = _setting(0.0, "share of the listing requests, 0 to 1, that fail at random", "SHARE")
    seed: int = _setting(0, "of what is random", "N")
    metadata_token_status: int = _setting(
        200, "status of the metadata service's response to a request for a token; unless 200 it demands none", "CODE"
    )
    metadata_expires_in: float = _setting(21600.0, "how long the metadata service's credentials are valid", "SECONDS")

    name_match: str = _setting("contains", "what task_name compares with a name", choices=("contains", "exact"))

    page_cap: int = _setting(0, "never more than N tasks on a page; 0: no cap", "N")
    repeat: bool = _setting(False, "begin each later page with the last task of the page before")
    ignore_offset: bool = _setting(False, "always begin at the start")
    ignore_limit: bool = _setting(False, "return up to 1000 tasks whatever was asked")
    markers: str = _setting(
        "always",
        "when there is a next_maker: on each page that has tasks (always, as in the API reference's example), on all "
        'but the last (until_last; there it is null with null_at_end and "" with empty_at_end), on none (never). '
        "Odd ones: it never advances (stuck), it is not a task's ID (opaque), a page begins with the marker's own task "
        "(inclusive)",
        choices=("always", "until_last", "null_at_end", "empty_at_end", "never", "stuck", "opaque", "inclusive"),
    )

    def __post_init__(self) -> None:
        for name, field in SETTINGS.items():
            choices = field.metadata["choices"]
            if choices and getattr(self, name) not in choices:
                raise ValueError(f"{name}={getattr(self, name)!r} is none of {', '.join(choices)}")


SETTINGS = {field.name: field for field in dataclasses.fields(Behaviour)}
MARKERS = SETTINGS["markers"].metadata["choices"]
