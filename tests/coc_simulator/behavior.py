# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the service behaves. One table of settings: the simulator's attributes and the command line follow from it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, fields


def _about(text: str, metavar: str | None = None, choices: tuple[str, ...] | None = None) -> dict[str, t.Any]:
    """Return what the command line says about a setting, as the metadata of its field.

    A default that is a bool makes a flag that changes it; otherwise the option takes one of the ``choices``, or a value
    of the default's type.
    """
    return {"help": text, "metavar": metavar, "choices": choices}


@dataclass(frozen=True)
class Behavior:
    """The settings. Where it is not known how the real service behaves, the choices are what it may do.

    :raises ValueError: a value is not among the choices of its setting
    """

    # Connection and clock
    latency: float = field(default=0.0, metadata=_about("time before each response", "SECONDS"))
    gzip: bool = field(
        default=True, metadata=_about("do not compress; by default it does for a client that accepts it")
    )
    clock_offset: float = field(
        default=0.0, metadata=_about("how far its clock is ahead, in checks and in the Date header", "SECONDS")
    )

    # Access
    metadata_token_status: int = field(
        default=200,
        metadata=_about(
            "status of the metadata service's response to a request for a token; unless 200 it needs no token", "CODE"
        ),
    )
    metadata_expires_in: float = field(
        default=21600.0, metadata=_about("how long the metadata service's credentials are valid", "SECONDS")
    )

    exchange_expires_in: float = field(
        default=3600.0, metadata=_about("how long what IAM, STS and a pod give is valid", "SECONDS")
    )

    # Filters
    ignored_filter: str = field(default="", metadata=_about("a filter that it checks but does not apply", "NAME"))

    # Pages
    page_cap: int = field(default=0, metadata=_about("never more than N tasks on a page; 0: no cap", "N"))
    count_cap: int = field(default=0, metadata=_about("never count more than N tasks; 0: no cap", "N"))
    ignore_limit: bool = field(default=False, metadata=_about("return up to 1000 tasks whatever the limit"))
    ignore_offset: bool = field(default=False, metadata=_about("always begin at the start"))
    repeat: bool = field(default=False, metadata=_about("begin each later page with the last task of the page before"))
    markers: str = field(
        default="always",
        metadata=_about(
            "when there is a next_maker: on each page that has tasks (always, as in the API "
            "reference's example), on all "
            'but the last (until_last; there it is null with null_at_end and "" with '
            "empty_at_end), or on none (never). "
            "Odd ones: it never advances (stuck), it is not a task's ID (opaque), a page "
            "begins with the marker's own task "
            "(inclusive)",
            choices=("always", "until_last", "null_at_end", "empty_at_end", "never", "stuck", "opaque", "inclusive"),
        ),
    )

    def __post_init__(self) -> None:
        for name, setting in SETTINGS.items():
            choices, value = setting.metadata["choices"], getattr(self, name)
            if choices and value not in choices:
                raise ValueError(f"{name}={value!r} is none of {', '.join(choices)}")


SETTINGS = {setting.name: setting for setting in fields(Behavior)}
MARKERS: tuple[str, ...] = SETTINGS["markers"].metadata["choices"]
