# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: task_table
short_description: Show listed scheduled tasks as a text, for people or for other programs
version_added: 2.0.0
description:
  - Returns the tasks as a table for a terminal, for a spreadsheet, or for a ticket, or as JSON. The playbook
    C(huaweicloud.coc.list_tasks) shows it or writes it to a file.
  - Except in JSON, times are in O(timezone), to the minute, and a space replaces control characters and characters that
    change the direction of writing. In JSON, such characters are escaped.
author:
  - huaweicloud.coc contributors (!UNKNOWN)
positional: _input
options:
  format:
    description:
      - V(table) has aligned columns. Tasks of risk V(HIGH) come first; all other formats keep the service's order.
      - V(markdown) is a table for a ticket or a chat. What would be markup in a value is escaped.
      - V(csv) is for spreadsheets, as in RFC 4180, with a byte order mark, without which some do not read UTF-8. The
        first row has the field names of the API. Texts that a spreadsheet would take for a formula begin with C(').
      - V(json) is a list of the tasks as the lookup returns them, with times in milliseconds.
      - V(summary) is what V(table) and V(markdown) end with. It says how many tasks there are, such as C(2 of 60 tasks)
        if O(huaweicloud.coc.scheduled_task_accounts#lookup:limit) was reached, and which filters were used. With named
        accounts, a line for each follows, with its number of tasks, or why it could not be queried.
    type: str
    choices: [table, csv, json, markdown, summary]
    default: table
  columns:
    description:
      - The fields to show, in this order. A list, or a text with commas.
      - The names are those of RV(huaweicloud.coc.scheduled_task_info#module:scheduled_tasks), and V(account).
      - If not set or blank, V(csv) and V(json) have all fields, and the others the most important ones.
    type: raw
seealso:
  - plugin: huaweicloud.coc.local_time
    plugin_type: filter
extends_documentation_fragment:
  - huaweicloud.coc._listings
  - huaweicloud.coc._listings.timezone
"""

EXAMPLES = r"""
- name: Show the tasks that wait for approval
  ansible.builtin.debug:
    msg: "{{ (listings | huaweicloud.coc.task_table(timezone='Asia/Shanghai')).splitlines() }}"
  vars:
    listings: "{{ query('huaweicloud.coc.scheduled_task_accounts', approve_status='PENDING') }}"
"""

RETURN = r"""
_value:
  description:
    - The text, which ends with a line break.
  type: str
"""

import csv
import io
import json
import re
import typing as t
import unicodedata
from datetime import tzinfo

from ansible.errors import AnsibleFilterError

from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import FIELDS
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._listings import (
    CONTROLS,
    Listing,
    Task,
    all_tasks,
    check_listings,
    is_named,
    one_line,
    parse_names,
    summary,
)
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._local_time import find_zone, format_time

KNOWN = ("account", *FIELDS)
TIMES = ("last_execution_time", "created_time", "modified_time")
# The columns of a table by default, and their headings. The headings of all others are their names.
HEADINGS = {
    "id": "ID",
    "last_execution_status": "STATUS",
    "last_execution_time": "LAST RUN",
    "scheduled_type": "SCHEDULE",
    "task_type": "TYPE",
    "risk_level": "RISK",
    "approve_status": "APPROVAL",
    "enabled": "ENABLED",
    "region_id": "REGION",
    "created_user_name": "OWNER",
    "account": "ACCOUNT",
    "name": "NAME",
}
FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")  # the last four are the same as wide characters
MARKUP = re.compile(r"[\\|`*<\[\]~&]|(?<!\w)_|_(?!\w)")  # within a word, an underscore is not markup


def task_table(value: object, format: object = "table", columns: object = None, timezone: object = None) -> str:
    """Return ``value``, the listings, as a text.

    Raises AnsibleFilterError for anything else, and for a format, a column and a time zone that do not exist.
    """
    listings = check_listings("task_table", value)
    render = _find_format(format)
    return render(listings, parse_names("columns", columns or None, KNOWN), find_zone(timezone))


def _table(listings: t.Sequence[Listing], columns: t.Sequence[str], zone: tzinfo) -> str:
    rows = _rows(sorted(all_tasks(listings), key=_is_not_high), columns or _main_columns(listings), zone)
    widths = [max(map(_width, column)) for column in zip(*rows)]
    lines = ["  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths)) for row in rows]
    return "".join(f"{line.rstrip()}\n" for line in [*lines, *summary(listings)])


def _markdown(listings: t.Sequence[Listing], columns: t.Sequence[str], zone: tzinfo) -> str:
    heading, *rows = _rows(all_tasks(listings), columns or _main_columns(listings), zone)
    escaped = [[_escape(cell) for cell in row] for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in [heading, ["---"] * len(heading), *escaped]]
    return "".join(f"{line}\n" for line in [*lines, "", *(f"- {_escape(line)}" for line in summary(listings))])


def _csv(listings: t.Sequence[Listing], columns: t.Sequence[str], zone: tzinfo) -> str:
    columns = columns or (KNOWN if is_named(listings) else tuple(FIELDS))
    text = io.StringIO()
    writer = csv.writer(text)  # its default is that of RFC 4180
    writer.writerow(columns)
    for task in all_tasks(listings):
        cells = [_cell(task, field, zone) for field in columns]
        writer.writerow("'" + cell if cell.lstrip().startswith(FORMULA) else cell for cell in cells)
    return "\ufeff" + text.getvalue()


def _json(listings: t.Sequence[Listing], columns: t.Sequence[str], zone: tzinfo) -> str:
    tasks = [{field: task.get(field) for field in columns or task} for task in all_tasks(listings)]
    lines = json.dumps(tasks, ensure_ascii=False, indent=2).split("\n")
    return "".join(CONTROLS.sub(lambda found: json.dumps(found[0])[1:-1], line) + "\n" for line in lines)


def _summary(listings: t.Sequence[Listing], columns: t.Sequence[str], zone: tzinfo) -> str:
    return "".join(f"{line}\n" for line in summary(listings))


FORMATS = {"table": _table, "csv": _csv, "json": _json, "markdown": _markdown, "summary": _summary}


def _find_format(value: object) -> t.Callable[[t.Sequence[Listing], t.Sequence[str], tzinfo], str]:
    name = "" if value is None else str(value).strip()
    if name and name not in FORMATS:
        raise AnsibleFilterError(f"format: there is no format {one_line(name)[:40]}. It takes {', '.join(FORMATS)}.")
    return FORMATS[name or "table"]


def _main_columns(listings: t.Sequence[Listing]) -> list[str]:
    return [field for field in HEADINGS if field != "account" or is_named(listings)]


def _rows(tasks: t.Iterable[Task], columns: t.Sequence[str], zone: tzinfo) -> list[list[str]]:
    """Return the headings and the cells of a table for people."""
    headings = [
        HEADINGS.get(field, field.upper().replace("_", " ")) + (f" ({zone})" if field in TIMES else "")
        for field in columns
    ]
    cells = [
        [_cell(task, field, zone) or ("never" if field == "last_execution_time" else "-") for field in columns]
        for task in tasks
    ]
    return [headings, *cells]


def _cell(task: Task, field: str, zone: tzinfo) -> str:
    """Return the value of a field as people read it, blank if there is none."""
    value = task.get(field)
    if value is None or field in TIMES and not value:  # a task that never ran may have 0 as a time
        return ""
    if field in TIMES:
        return format_time(value, zone)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return one_line(value)


def _is_not_high(task: Task) -> bool:
    return bool(task.get("risk_level") != "HIGH")


def _width(text: str) -> int:
    """Return how many columns of a terminal ``text`` takes: two for each Chinese character."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(character) in "FW" else 1 for character in text)


def _escape(text: str) -> str:
    return MARKUP.sub(r"\\\g<0>", text)


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"task_table": task_table}
