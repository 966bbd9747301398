# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report in a browser, which needs Chromium on the PATH. Pictures are kept in tests/output/."""

from __future__ import annotations

import collections
import json
import re
import time
import typing as t
import zlib
from datetime import datetime, timezone
from pathlib import Path

import pytest
from playwright import sync_api

from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import FIELDS
from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.awx.conftest import render_report

OUTPUT = Path(__file__).parents[1] / "output"
MARKUP = """</td></script><img src=x onerror="document.title='broken'">{{ 7 * 7 }}&amp;'"数据库"""
DAY = 86400 * 1000  # milliseconds

Task = t.Dict[str, t.Any]


class Report(t.NamedTuple):
    """A report that several tests look at."""

    tasks: list[Task]
    path: Path


def write_report(tasks: list[Task], folder: Path) -> Report:
    path = folder / "report.html"
    path.write_text(render_report({"name": None, "scheduled_tasks": tasks, "filters": {}, "failed": False}), "utf-8")
    return Report(tasks, path)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A report on tasks of which the first has markup in each of its texts, and the second ran long ago.

    Of the third is known when it ran, but not how, and not its schedule.
    """
    tasks = coc_simulator.sample_tasks(60)
    now = int(time.time() * 1000)
    tasks[0].update({field: MARKUP for field, kind in FIELDS.items() if kind is str})
    tasks[1].update(last_execution_time=now - 500 * DAY, last_execution_status="FINISHED")
    tasks[2].update(last_execution_time=now - DAY, last_execution_status=None, scheduled_type=None)
    return write_report(tasks, tmp_path_factory.mktemp("report"))


def attention(task: Task) -> tuple[object, ...]:
    """Return what the report sorts a task by: whether somebody has to look at it, and when it ran."""
    return (
        task.get("last_execution_status") != "ABNORMAL",
        task.get("approve_status") != "REJECTED",
        task.get("risk_level") != "HIGH",
        task.get("approve_status") != "PENDING",
        -(task.get("last_execution_time") or 0),
    )


def ids_of(tasks: list[Task], **fields: object) -> set[str]:
    """Return the IDs of the tasks that have these values."""
    return {task["id"] for task in tasks if all(task.get(field) == value for field, value in fields.items())}


def utc(milliseconds: int | None) -> str:
    return f"{datetime.fromtimestamp(milliseconds // 1000, timezone.utc):%Y-%m-%d %H:%M}" if milliseconds else ""


@pytest.fixture(scope="module", params=[0, 1, 5000])
def sized_report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Report:
    return write_report(coc_simulator.sample_tasks(request.param), tmp_path_factory.mktemp("report"))


# The colors of texts and of what is behind them.
COLORS = """
[...document.querySelectorAll(
  ".number, .number b, h1, h2, small, p, summary, input, output, .hint, button, button b, th button, td, .tag"
)].filter(element => element.checkVisibility() && element.textContent.trim()).map(element => {
  let behind = element;
  while (getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
  return [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor];
})
"""
FITS = "document.documentElement.scrollWidth <= innerWidth"
# The values that are wider than their cells, and the words that take more than one line.
CUT = """
[...document.querySelectorAll("th, td")].filter(cell => cell.scrollWidth > cell.clientWidth).map(cell => cell.innerText)
"""
BROKEN = r"""
[...document.querySelectorAll("td, td .tag")].flatMap(cell => {
  const text = cell.firstChild;
  const range = document.createRange();
  return [...(text?.data ?? "").matchAll(/(?<!\S)[A-Za-z]{1,14}(?!\S)/g)].filter(({0: word, index}) => {
    range.setStart(text, index);
    range.setEnd(text, index + word.length);
    return range.getClientRects().length > 1;
  }).map(match => match[0]);
})
"""
LABELS = "cells => cells.map(cell => getComputedStyle(cell, '::before').content)"
# Waits until the page is drawn: what is not has no roles yet.
DRAWN = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def contrast(*colors: str) -> float:
    """Return the ratio of contrast, 1 to 21, as WCAG defines it."""
    lights = []
    for color in colors:
        parts = [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        lights.append(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def shown_ids(page: sync_api.Page) -> list[str]:
    """Return the IDs of the tasks that a page shows, in their order."""
    return page.locator("tbody tr:visible td:first-child > :last-child").all_text_contents()


def button(page: sync_api.Page, name: str, value: str) -> sync_api.Locator:
    """Return the last button of a filter: of two with the same value, that is the bar."""
    return page.locator(f"button[data-filter={name}][value={json.dumps(value)}]").last


@pytest.mark.parametrize(
    "view,size,scheme",
    [("desktop", (1280, 900), "light"), ("phone", (390, 844), "light"), ("dark", (1920, 1080), "dark")],
)
def test_report_in_a_browser(look_at, report, view, size, scheme):
    tasks = report.tasks
    page = look_at(report.path, *size, color_scheme=scheme)
    OUTPUT.mkdir(exist_ok=True)
    page.screenshot(path=OUTPUT / f"report-{view}.png", full_page=view != "phone")

    def column(number: int) -> list[str]:
        return page.locator(f"tbody td:nth-child({number})").all_text_contents()

    def expect(heading: str, values: list[str]) -> None:
        """Click the heading thrice, and expect both orders, what is blank coming last in both, and then the first."""
        number = page.locator("th").all_inner_texts().index(heading) + 1
        before = column(1)
        blank = [value for value in values if not value]
        for direction in (1, -1):
            page.locator(f"th:nth-child({number}) button").click()
            assert column(number) == [value for value in values[::direction] if value] + blank
            sorted_by = page.locator("th[aria-sort]")
            assert sorted_by.all_inner_texts() == [heading]
            assert sorted_by.get_attribute("aria-sort") == ("ascending" if direction == 1 else "descending")
        page.locator(f"th:nth-child({number}) button").click()
        assert (column(1), page.locator("th[aria-sort]").count()) == (before, 0)

    assert len(column(1)) == len(tasks)
    expect("Runs", [str(one) for one in sorted(task["execution_count"] for task in tasks)])
    risks = [MARKUP, "HIGH", "MEDIUM", "LOW"]
    expect("Risk", sorted((str(task["risk_level"]) for task in tasks), key=risks.index))
    page.get_by_role("button", name="Last execution").click()
    times = [utc(task.get("last_execution_time")) for task in tasks]
    assert page.locator("td[data-age] small").all_text_contents() == sorted(filter(None, times))

    page.evaluate(DRAWN)
    roles = collections.Counter(
        node["role"]["value"]
        for node in page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
        if not node["ignored"]
    )
    assert (roles["table"], roles["caption"], roles["main"]) == (1, 1, 1)
    assert (roles["row"], roles["columnheader"]) == (len(tasks) + 1, 10)
    if view == "phone":  # which has no cell where there is nothing to tell
        assert 8 * len(tasks) <= roles["cell"] < 10 * len(tasks)
        page.locator("summary").click()
    else:
        assert roles["cell"] == 10 * len(tasks)

    for name, value in [("approval", "PENDING"), ("status", "ABNORMAL"), ("status", "FINISHED"), ("risk", "HIGH")]:
        button(page, name, value).click()
    for color, background in page.evaluate(COLORS):
        assert contrast(color, background) >= 4.5, (color, background)

    assert page.title() == "Scheduled tasks of COC"
    assert page.evaluate(FITS), "the page scrolls sideways"
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", background)[:3])) < 384) == (scheme == "dark")


@pytest.mark.parametrize("width", [1200, 1280, 1360, 1920])
def test_table_fits_and_its_head_stays(look_at, report, width):
    page = look_at(report.path, width, 700)
    assert page.locator("tbody tr").first.evaluate("row => row.getBoundingClientRect().height") < 400
    assert page.evaluate(CUT) == []
    for heading in page.locator("th button").all():
        heading.click()  # sorted, it has an arrow
        assert page.evaluate(CUT) == []
    heading.click()
    heading.click()
    box, table = (page.locator(one).bounding_box() for one in (".tasks", "table"))
    assert box and table and table["x"] + table["width"] <= box["x"] + box["width"]
    assert {"ABNORMAL", "REJECTED", "PROCESSING"} <= set(page.locator("td .tag").all_inner_texts())
    assert page.evaluate(BROKEN) == []
    page.evaluate("scrollTo(0, document.body.scrollHeight / 2)")
    page.evaluate(DRAWN)
    assert page.locator("th").first.evaluate("heading => Math.round(heading.getBoundingClientRect().top)") == 0


@pytest.mark.parametrize("width", [390, 768, 1199])
def test_rows_are_cards_where_a_table_does_not_fit(look_at, report, width):
    page = look_at(report.path, width, 844)
    assert page.evaluate(FITS), "the page scrolls sideways"
    heights = page.eval_on_selector_all("th button", "all => all.map(one => one.getBoundingClientRect().height)")
    assert min(heights) >= 44
    cells = page.locator("tbody tr", has_text="restart").first.locator("td:visible")
    assert all(cells.all_inner_texts())
    assert {'"Last execution"', '"Owner"'} <= set(cells.evaluate_all(LABELS))
    assert page.evaluate(BROKEN) == []


def test_numbers_and_bars_and_search_filter(look_at, report):
    page = look_at(report.path)
    tasks = sorted(report.tasks, key=attention)
    everything = ids_of(tasks)
    failed = ids_of(tasks, last_execution_status="ABNORMAL")
    paused = ids_of(tasks, last_execution_status="PAUSED")
    high = ids_of(tasks, risk_level="HIGH")

    def expect(ids: set[str], filters: str) -> None:
        assert shown_ids(page) == [task["id"] for task in tasks if task["id"] in ids]
        said = f"{len(ids)} of 60 tasks: {filters}" if filters else "60 tasks, those that failed and of high risk first"
        assert page.get_by_role("status").inner_text() == said  # its changes are read out

    expect(everything, "")
    button(page, "status", "ABNORMAL").click()
    expect(failed, "ABNORMAL")
    button(page, "status", "PAUSED").click()
    expect(failed | paused, "ABNORMAL or PAUSED")
    button(page, "risk", "HIGH").click()
    expect((failed | paused) & high, "ABNORMAL or PAUSED; HIGH")
    pressed = page.locator(".charts [aria-pressed=true]").evaluate_all("all => all.map(one => one.value)")
    assert pressed == ["ABNORMAL", "PAUSED", "HIGH"]
    runs = page.locator("th button", has_text="Runs")
    runs.click()
    assert set(shown_ids(page)) == (failed | paused) & high  # sorted, they stay filtered
    runs.click(click_count=2)
    page.get_by_role("button", name="last run failed").click()  # which is the same filter
    expect(paused & high, "PAUSED; HIGH")

    search = page.get_by_role("searchbox", name="Search all columns")
    search.fill("no such task")
    expect(set(), 'PAUSED; HIGH; with "no such task"')
    assert page.get_by_text("No task matches all of these filters.").is_visible()
    page.get_by_role("button", name="Show all").click()
    expect(everything, "")
    assert (page.locator("[aria-pressed=true]").count(), search.input_value()) == (0, "")

    search.fill(f" {tasks[7]['id'].lower()} ")
    expect({tasks[7]["id"]}, f'with "{tasks[7]["id"].lower()}"')
    search.fill("Zhang.Wei")
    assert set(shown_ids(page)) == ids_of(tasks, created_user_name="zhang.wei") != set()


def test_every_button_shows_what_it_counts(look_at, report):
    page = look_at(report.path)
    kinds = set()
    for one in page.locator("button[data-filter]").all():
        kinds.add(one.get_attribute("data-filter"))
        begins = one.get_attribute("data-label")  # "8 last run failed", but "HIGH 8"
        (count,) = re.findall(r"^\d+" if begins else r"\d+$", one.inner_text())
        one.click()
        assert len(shown_ids(page)) == int(count) > 0, one
        assert one.get_attribute("aria-pressed") == "true"
        one.click()
        assert one.get_attribute("aria-pressed") == "false"
    assert kinds == {"status", "age", "approval", "enabled", "risk", "type", "region"}


def test_filters_by_keyboard(look_at, report):
    page = look_at(report.path)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "Skip to the tasks"
    page.keyboard.press("Tab")
    focused = page.evaluate("[document.activeElement.value, getComputedStyle(document.activeElement).outlineStyle]")
    assert focused == ["ABNORMAL", "solid"]
    page.keyboard.press("Space")
    failed = ids_of(report.tasks, last_execution_status="ABNORMAL")
    assert sorted(shown_ids(page)) == sorted(failed)
    page.keyboard.press("Enter")
    assert len(shown_ids(page)) == 60
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type(report.tasks[0]["id"])
    assert shown_ids(page) == [report.tasks[0]["id"]]
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # "Show all"
    assert len(shown_ids(page)) == 60
    assert page.evaluate("document.activeElement.type") == "search"


def test_report_on_paper(look_at, report):
    page = look_at(report.path, color_scheme="dark")
    button(page, "enabled", "yes").click()
    enabled = ids_of(report.tasks, enabled=True)
    page.emulate_media(media="print")
    assert set(shown_ids(page)) == enabled and len(enabled) > 30
    assert page.locator("output").inner_text() == f"{len(enabled)} of 60 tasks: enabled"
    for control in ("input", ".tools button", ".skip", ".hint"):
        assert not page.locator(control).is_visible()
    # Every page has the headings: their text has this color there, 51 being 0.2 of 255.
    page.add_style_tag(content="th button { color: rgb(51, 102, 153) !important }")
    document = page.pdf(print_background=True)
    pages = len(re.findall(rb"/Type\s*/Page\b", document))
    streams = [zlib.decompress(one) for one in re.findall(rb"stream\r?\n(x.*?)\r?\nendstream", document, re.DOTALL)]
    assert pages > 1
    assert len([one for one in streams if b".2 .4 .6 rg" in one]) == pages


def test_report_without_script(look_at, report):
    page = look_at(report.path, java_script_enabled=False)
    assert page.locator("tbody tr:visible td:first-child small").all_inner_texts() == [
        " ".join(task["id"].split()) for task in sorted(report.tasks, key=attention)
    ]
    assert page.locator("button:enabled:visible").count() == 0
    assert not page.locator("input").is_visible()
    assert page.get_by_text("Click a number").is_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_tasks_that_never_ran_do_not_look_canceled(look_at, report, scheme):
    page = look_at(report.path, color_scheme=scheme)
    look = "(style => [style.backgroundColor, style.borderStyle])"
    for marks, style in [
        ("td .tag", "getComputedStyle(one, '::before')"),
        (".charts button[data-filter=status]", "getComputedStyle(one.querySelector('i > i'))"),
    ]:
        never_ran, canceled, finished = (
            page.locator(marks, has_text=text).first.evaluate(f"one => {look}({style})")
            for text in ("never ran", "CANCELED", "FINISHED")
        )
        assert never_ran == ["rgba(0, 0, 0, 0)", "dashed"]
        assert canceled[1] == "none" and canceled != finished


def test_report_of_any_size_in_a_browser(look_at, sized_report):
    page = look_at(sized_report.path, 390, 844)
    assert page.evaluate(FITS), "the page scrolls sideways"
    if sized_report.tasks:
        page.locator("th:last-child button").click()
    runs = page.eval_on_selector_all("td:last-child", "cells => cells.map(cell => Number(cell.textContent))")
    assert runs == sorted(task["execution_count"] for task in sized_report.tasks)
    if len(sized_report.tasks) > 1:
        button(page, "approval", "REJECTED").click()
        assert set(shown_ids(page)) == ids_of(sized_report.tasks, approve_status="REJECTED")


@pytest.mark.parametrize("font", ["DejaVu Sans", "Liberation Sans", "Noto Sans", "serif"])
def test_page_filters_by_account(look_at, tmp_path, font):
    def listing(name: str, count: int) -> dict[str, t.Any]:
        tasks = [{**task, "account": name} for task in coc_simulator.sample_tasks(count)]
        return {"name": name, "scheduled_tasks": tasks, "filters": {}, "failed": False}

    path = tmp_path / "report.html"
    names = ["Production", "Infrastructure", "Headquarters", "Branch & <co>"]
    listings = [listing(name, count) for name, count in zip(names, (60, 9, 9, 2))]
    path.write_text(render_report(*listings, listing("Empty <co>", 0)), "utf-8")
    page = look_at(path)
    page.add_style_tag(content=f"* {{ font-family: {font}, sans-serif !important }}")
    assert page.evaluate(BROKEN) == page.evaluate(CUT) == []
    assert page.locator(".warning").inner_text().startswith("1 of 5 accounts has no tasks that match: Empty <co>.")
    page.locator("button[data-filter=account]", has_text="Branch & <co>").click()
    assert page.locator("output").inner_text() == "2 of 80 tasks: Branch & <co>"
    cells = page.locator("tbody tr:visible td:nth-child(6)")
    assert cells.all_inner_texts() == ["Branch & <co>"] * 2
    page.set_viewport_size({"width": 600, "height": 900})
    assert cells.first.evaluate("cell => getComputedStyle(cell, '::before').content") == '"Account"'
