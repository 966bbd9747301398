# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the service behaves. One table of settings: the simulator's attributes and the command line follow from it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, fields

from .service import FILTERS


def _about(text: str, metavar: str | None = None, choices: tuple[str, ...] | None = None) -> dict[str, t.Any]:
    """Return what the command line says about a setting, as the metadata of its field.

    A default that is a bool makes a flag that changes it, a tuple an option that takes several of the ``choices``;
    otherwise the option takes one of the ``choices``, or a value of the default's type.
    """
    return {"help": text, "metavar": metavar, "choices": choices}


@dataclass(frozen=True)
class Behavior:
    """The settings. Where it is not known how the real service behaves, the choices are what it may do.

    :raises ValueError: a value is not among the choices of its setting
    """

    # Connection, clock and faults
    latency: float = field(default=0.0, metadata=_about("time before each response", "SECONDS"))
    gzip: bool = field(
        default=True, metadata=_about("do not compress; by default it does for a client that accepts it")
    )
    clock_offset: float = field(
        default=0.0, metadata=_about("how far its clock is ahead, in checks and in the Date header", "SECONDS")
    )
    fault_rate: float = field(
        default=0.0, metadata=_about("share of the listing requests, 0 to 1, that fail at random", "SHARE")
    )
    seed: int = field(default=0, metadata=_about("seed of the random faults", "N"))
    rate_limit: int = field(
        default=0,
        metadata=_about(
            "announce in a header how many of N requests remain, without refusing any; 0: no such header", "N"
        ),
    )
    language: str = field(
        default="requested",
        metadata=_about(
            "language of COC's error messages: English if X-Language asks for it and Chinese otherwise (requested), or "
            "always the same",
            choices=("requested", "zh-cn", "en-us"),
        ),
    )

    # Access
    required_scope: str = field(
        default="none",
        metadata=_about(
            "what a request must name: nothing, X-Domain-Id, or X-Project-Id",
            choices=("none", "domain", "project"),
        ),
    )
    metadata_token_status: int = field(
        default=200,
        metadata=_about(
            "status of the metadata service's response to a request for a token; unless 200 it needs no token", "CODE"
        ),
    )
    metadata_expires_in: float = field(
        default=21600.0, metadata=_about("how long the metadata service's credentials are valid", "SECONDS")
    )

    # Filters
    ignored_filters: tuple[str, ...] = field(
        default=(), metadata=_about("filters that it checks but does not apply", choices=FILTERS)
    )
    default_project: str = field(
        default="all",
        metadata=_about(
            "enterprise projects whose tasks it returns if enterprise_project_id is left out",
            choices=("all", "0"),
        ),
    )
    name_match: str = field(
        default="contains",
        metadata=_about("whether task_name is a part of the name or the whole name", choices=("contains", "exact")),
    )
    ignore_case: bool = field(default=False, metadata=_about("task_name matches upper and lower case alike"))
    time_bounds: str = field(
        default="inclusive",
        metadata=_about(
            "whether last_execution_start_time and last_execution_end_time are within the "
            "range; half_open: only the first",
            choices=("inclusive", "exclusive", "half_open"),
        ),
    )

    # Pages
    order: str = field(
        default="given",
        metadata=_about(
            "order of the tasks: as they are in the list, by created_time, or by ID",
            choices=("given", "oldest_first", "newest_first", "id"),
        ),
    )
    page_cap: int = field(default=0, metadata=_about("never more than N tasks on a page; 0: no cap", "N"))
    large_limit: str = field(
        default="refused",
        metadata=_about("what happens to a limit above 1000: an error, or 1000 tasks", choices=("refused", "clamped")),
    )
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
    offset_markers: bool = field(
        default=True, metadata=_about("no next_maker in the response to a request that has an offset")
    )
    marker_and_offset: str = field(
        default="both",
        metadata=_about(
            "which one counts if a request has both: the offset from the marker on, one of "
            "them, or neither but an error",
            choices=("both", "marker", "offset", "refused"),
        ),
    )
    empty_fields: str = field(
        default="given",
        metadata=_about(
            'how a field without a value is returned: as the task has it, as null, as "", or not at all',
            choices=("given", "null", "empty", "absent"),
        ),
    )

    def __post_init__(self) -> None:
        for name, setting in SETTINGS.items():
            choices, value = setting.metadata["choices"], getattr(self, name)
            if choices and not set(value if isinstance(setting.default, tuple) else [value]) <= set(choices):
                raise ValueError(f"{name}={value!r} is none of {', '.join(choices)}")


SETTINGS = {setting.name: setting for setting in fields(Behavior)}
MARKERS: tuple[str, ...] = SETTINGS["markers"].metadata["choices"]
