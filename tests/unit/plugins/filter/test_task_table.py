# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Listings as texts: a table, CSV, JSON, Markdown, and the lines at the end that say how many tasks there are."""

from __future__ import annotations

import csv
import io
import json

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.huaweicloud.coc.plugins.filter.task_table import task_table
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import ABSENT, FIELDS
from ansible_collections.huaweicloud.coc.tests.unit.plugins.filter.conftest import REASON, listing

NASTY = "a\nb\u2028c\x85d\x1b[31me\u202ef\u200eg\u200fh\u061ci\x7f"  # lines, controls, directions of writing
SHOWN = "a b c d [31me f g h i "
RAN = 1745396100000
LOW = {**ABSENT, "id": "ST-low", "name": "每日|巡检", "risk_level": "LOW", "last_execution_time": RAN, "enabled": True}
NEVER = {**ABSENT, "id": "ST-never", "name": NASTY, "last_execution_time": 0, "enabled": False}
HIGH = {**LOW, "id": "ST-high", "name": "=1+1", "risk_level": "HIGH", "created_user_name": "王芳"}
TASKS = listing(LOW, NEVER, HIGH)


def test_table_has_what_is_high_first_and_aligns_wide_characters():
    columns = ["id", "risk_level", "last_execution_time", "enabled", "created_user_name", "name"]
    assert task_table([TASKS], columns=columns, timezone="Asia/Shanghai") == (
        "ID        RISK  LAST RUN (Asia/Shanghai)  ENABLED  OWNER  NAME\n"
        "ST-high   HIGH  2025-04-23 16:15          yes      王芳   =1+1\n"
        "ST-low    LOW   2025-04-23 16:15          yes      -      每日|巡检\n"
        f"ST-never  -     never                     no       -      {SHOWN[:-1]}\n"
        "3 tasks\n"
    )
    heading = "ID STATUS LAST RUN (UTC) SCHEDULE TYPE RISK APPROVAL ENABLED REGION OWNER NAME"
    assert task_table([TASKS]).splitlines()[0].split() == heading.split()
    far = listing({**LOW, "created_time": 9_000_000_000_000_000, "execution_count": 7})
    assert task_table([far], columns=" execution_count,created_time, ") == (
        "EXECUTION COUNT  CREATED TIME (UTC)\n7                9999-12-31 23:59\n1 task\n"
    )


def test_csv_is_what_a_spreadsheet_opens_and_does_not_run():
    formulas = [f"{start}cmd" for start in ("=", "+", "-", "@", "\t=", "\uff1d")]
    texts = [*formulas, 'say "a,b"', NASTY, "a=b"]
    text = task_table([listing(*({**LOW, "name": name} for name in texts))], "csv", ["name", "last_execution_time"])
    assert text.startswith("\ufeffname,last_execution_time\r\n'=cmd,2025-04-23 08:15\r\n") and text.endswith("\r\n")
    assert '\r\n"say ""a,b""",' in text
    rows = list(csv.reader(io.StringIO(text[1:], newline="")))
    assert [row[0] for row in rows[1:]] == [
        *(f"'{name}".replace("\t", " ") for name in formulas),
        texts[-3],
        SHOWN,
        "a=b",
    ]

    by_name = list(csv.DictReader(io.StringIO(task_table([TASKS], "csv")[1:])))
    assert tuple(by_name[0]) == tuple(FIELDS)
    assert [row["id"] for row in by_name] == ["ST-low", "ST-never", "ST-high"]
    assert [by_name[1][field] for field in ("last_execution_time", "enabled", "risk_level")] == ["", "no", ""]
    assert task_table([listing(LOW, name="A")], "csv").startswith("\ufeffaccount,id,")


def test_json_has_every_field_as_the_service_has_it():
    new = {**LOW, "new_field": {"a": [1, NASTY]}}
    text = task_table([listing(new, NEVER, HIGH)], "json")
    assert json.loads(text) == [new, NEVER, HIGH]
    assert "每日|巡检" in text and not set(NASTY) & set(text) - {"\n", *"abcdefghi[31m"}
    assert json.loads(task_table([TASKS], "json", "name,id"))[0] == {"name": LOW["name"], "id": "ST-low"}
    assert task_table([], "json") == "[]\n"


def test_markdown_fits_a_ticket():
    odd = {**HIGH, "name": r"a\|b <i> [x](y) `c` *d* e_f _g_ ~~&lt;"}
    text = task_table([listing(LOW, odd, name="A_", task_name="_|", limit=2)], "markdown", ["risk_level", "name"])
    assert text == (
        "| RISK | NAME |\n"
        "| --- | --- |\n"
        "| LOW | 每日\\|巡检 |\n"
        "| HIGH | a\\\\\\|b \\<i> \\[x\\](y) \\`c\\` \\*d\\* e_f \\_g\\_ \\~\\~\\&lt; |\n"
        "\n"
        "- 2 tasks\n"
        "- Only tasks with task_name \\_\\|.\n"
        "- A\\_: 2\n"
    )


def cut(count, *tasks, **settings):
    return {**listing(*tasks, **settings), "count": count}


@pytest.mark.parametrize(
    "listings,lines",
    [
        ([cut(60, LOW, HIGH, limit=2)], ["2 of 60 tasks"]),
        ([cut(1, LOW, offset=0, risk_level="LOW")], ["1 task", "Only tasks with risk_level LOW."]),
        ([cut(1, LOW, offset=9, risk_level="LOW")], ["1 task", "Only tasks with risk_level LOW from offset 9."]),
        ([cut(1, LOW, marker="ST9")], ["1 task", "Only tasks from marker ST9."]),
        ([listing(risk_level="LOW", region_id="a\n")], ["0 tasks", "Only tasks with risk_level LOW and region_id a ."]),
        ([cut(None, failed=True)], ["0 tasks", f"The account: NOT LISTED. {REASON}"]),
        (
            [
                cut(60, LOW, name="a\nb", limit=1),
                cut(1, HIGH, name="B", risk_level="HIGH"),
                listing(name="C", failed=True),
            ],
            [
                "2 of 61 tasks",
                "B: only tasks with risk_level HIGH.",
                "a b: 1 of 60",
                "B: 1",
                f"C: NOT LISTED. {REASON}",
            ],
        ),
        (
            [listing(name="A", risk_level="LOW"), listing(name="B", risk_level="LOW")],
            ["0 tasks", "Only tasks with risk_level LOW.", "A: 0", "B: 0"],
        ),
    ],
)
def test_the_end_says_how_many_of_which_and_what_is_missing(listings, lines):
    assert task_table(listings, "summary").splitlines() == lines
    table = task_table(listings).splitlines()
    assert table[-len(lines) :] == lines
    assert ("ACCOUNT" in table[0]) == (listings[0]["name"] is not None)


@pytest.mark.parametrize(
    "options,message",
    [
        ({"format": "html"}, "format: there is no format html. It takes table, csv, json, markdown, summary."),
        ({"columns": "id, stauts"}, "columns: stauts is unknown. It takes account, id, "),
        ({"columns": ["risk_levl"]}, "columns: risk_levl is unknown. Did you mean risk_level?"),
        ({"columns": [None]}, "columns: None is unknown. "),
        ({"columns": "x" * 99}, f"columns: {'x' * 40} is unknown. It takes account, id, "),
        ({"columns": {"id": 1}}, "columns: must be a list, or text with commas, of account, id, "),
        ({"timezone": "Asia/Shangai"}, "timezone: there is no time zone Asia/Shangai."),
    ],
)
def test_what_does_not_exist_is_refused_without_any_listing(options, message):
    with pytest.raises(AnsibleFilterError) as caught:
        task_table([], **options)
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize("blank", [None, "", " ", []])
def test_blank_wishes_are_none(blank):
    assert task_table([TASKS], "" if blank == [] else blank, blank, None if blank == [] else blank) == task_table(
        [TASKS]
    )
