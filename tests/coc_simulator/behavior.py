# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the service behaves. One table of settings: the simulator's attributes and the command line follow from it."""

from __future__ import annotations

import dataclasses
import typing as t

from .service import FILTERS


def _setting(default: t.Any, text: str, metavar: str | None = None, choices: tuple[str, ...] | None = None) -> t.Any:
    """Return a field with a default and with what the command line says about it.

    :param default: a bool makes a flag that changes it, a tuple an option that takes several of the ``choices``;
        otherwise the option takes one of the ``choices``, or a value of the default's type
    """
    metadata = {"help": text, "metavar": metavar, "choices": choices}
    # pylint: disable-next=invalid-field-call # it knows calls in the class only
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass(frozen=True)
class Behavior:
    """The settings. Where it is not known how the real service behaves, the choices are what it may do.

    :raises ValueError: a value is not among the choices of its setting
    """

    # Connection, clock and faults
    latency: float = _setting(0.0, "time before each response", "SECONDS")
    gzip: bool = _setting(True, "do not compress; by default it does for a client that accepts it")
    clock_offset: float = _setting(0.0, "how far its clock is ahead, in checks and in the Date header", "SECONDS")
    fault_rate: float = _setting(0.0, "share of the listing requests, 0 to 1, that fail at random", "SHARE")
    seed: int = _setting(0, "seed of the random faults", "N")
    rate_limit: int = _setting(
        0, "announce in a header how many of N requests remain, without refusing any; 0: no such header", "N"
    )
    language: str = _setting(
        "requested",
        "language of COC's error messages: English if X-Language asks for it and Chinese otherwise (requested), or "
        "always the same",
        choices=("requested", "zh-cn", "en-us"),
    )

    # Access
    required_scope: str = _setting(
        "none",
        "what a request must name: nothing, X-Domain-Id, or X-Project-Id",
        choices=("none", "domain", "project"),
    )
    metadata_token_status: int = _setting(
        200, "status of the metadata service's response to a request for a token; unless 200 it needs no token", "CODE"
    )
    metadata_expires_in: float = _setting(21600.0, "how long the metadata service's credentials are valid", "SECONDS")

    # Filters
    ignored_filters: tuple[str, ...] = _setting((), "filters that it checks but does not apply", choices=FILTERS)
    default_project: str = _setting(
        "all",
        "enterprise projects whose tasks it returns if enterprise_project_id is left out",
        choices=("all", "0"),
    )
    name_match: str = _setting(
        "contains", "whether task_name is a part of the name or the whole name", choices=("contains", "exact")
    )
    ignore_case: bool = _setting(False, "task_name matches upper and lower case alike")
    time_bounds: str = _setting(
        "inclusive",
        "whether last_execution_start_time and last_execution_end_time are within the range; half_open: only the first",
        choices=("inclusive", "exclusive", "half_open"),
    )

    # Pages
    order: str = _setting(
        "given",
        "order of the tasks: as they are in the list, by created_time, or by ID",
        choices=("given", "oldest_first", "newest_first", "id"),
    )
    page_cap: int = _setting(0, "never more than N tasks on a page; 0: no cap", "N")
    large_limit: str = _setting(
        "refused", "what happens to a limit above 1000: an error, or 1000 tasks", choices=("refused", "clamped")
    )
    ignore_limit: bool = _setting(False, "return up to 1000 tasks whatever the limit")
    ignore_offset: bool = _setting(False, "always begin at the start")
    repeat: bool = _setting(False, "begin each later page with the last task of the page before")
    markers: str = _setting(
        "always",
        "when there is a next_maker: on each page that has tasks (always, as in the API reference's example), on all "
        'but the last (until_last; there it is null with null_at_end and "" with empty_at_end), or on none (never). '
        "Odd ones: it never advances (stuck), it is not a task's ID (opaque), a page begins with the marker's own task "
        "(inclusive)",
        choices=("always", "until_last", "null_at_end", "empty_at_end", "never", "stuck", "opaque", "inclusive"),
    )
    offset_markers: bool = _setting(True, "no next_maker in the response to a request that has an offset")
    marker_and_offset: str = _setting(
        "both",
        "which one counts if a request has both: the offset from the marker on, one of them, or neither but an error",
        choices=("both", "marker", "offset", "refused"),
    )
    empty_fields: str = _setting(
        "given",
        'how a field without a value is returned: as the task has it, as null, as "", or not at all',
        choices=("given", "null", "empty", "absent"),
    )

    def __post_init__(self) -> None:
        for name, field in SETTINGS.items():
            choices, value = field.metadata["choices"], getattr(self, name)
            if choices and not set(value if isinstance(field.default, tuple) else [value]) <= set(choices):
                raise ValueError(f"{name}={value!r} is none of {', '.join(choices)}")


SETTINGS = {field.name: field for field in dataclasses.fields(Behavior)}
MARKERS: tuple[str, ...] = SETTINGS["markers"].metadata["choices"]
