# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report, as a file and as a page in a browser.

The tests in the browser need Chromium on the PATH. They keep pictures in tests/output/.
"""

from __future__ import annotations

import base64
import collections
import hashlib
import html.parser
import json
import os
import re
import shutil
import subprocess
import time
import typing as t
from datetime import datetime, timezone
from pathlib import Path

import pytest
import yaml
from playwright import sync_api

from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import FIELDS, PAGING, QUERY_PARAMETERS
from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.awx.conftest import COLLECTION

OUTPUT = Path(__file__).parents[1] / "output"
CHROMIUM = shutil.which("chromium")
# A browser is no Python package, and the package indexes have none: a contributor without one can still test everything
# else, and is told what was left out. CI installs one.
IN_A_BROWSER = pytest.mark.skipif(
    not CHROMIUM, reason="NOT LOOKED AT IN A BROWSER: there is no chromium on this machine"
)
MARKUP = """</td></script><img src=x onerror="document.title='broken'">{{ 7 * 7 }}&amp;'"数据库"""
CHARTS = {
    "Status of the last execution": "last_execution_status",
    "Type": "task_type",
    "Risk": "risk_level",
    "Region": "region_id",
}
DAY = 86400 * 1000  # milliseconds

Task = t.Dict[str, t.Any]


def write_report(tasks: list[Task], path: Path, *arguments: str) -> str:
    """Run the playbook on a simulator with ``tasks`` and return the page that it writes to ``path``."""
    with coc_simulator.Simulator(tasks) as simulator:
        environment = {
            **os.environ,
            "HUAWEICLOUD_COC_ENDPOINT": simulator.endpoint,
            "HW_ACCESS_KEY": coc_simulator.ACCESS_KEY,
            "HW_SECRET_KEY": coc_simulator.SECRET_KEY,
        }
        variables = json.dumps({"coc_report_path": str(path)})  # key=value would end at a space
        command = ["ansible-playbook", "huaweicloud.coc.report", "-e", variables, *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Report of {len(tasks)} tasks: {path}" in done.stdout
    return path.read_text("utf-8")


class Report(t.NamedTuple):
    """A report that several tests look at."""

    tasks: list[Task]
    path: Path
    source: str


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A report on tasks of which the first has markup in each of its texts, and the second ran long ago.

    The regions of the next two differ in the case of their letters, and of the fifth is known when it ran, but not how.
    """
    tasks = coc_simulator.sample_tasks(60)
    tasks[0].update({field: MARKUP for field, kind in FIELDS.items() if kind is str})
    tasks[1].update(last_execution_time=int(time.time() * 1000) - 500 * DAY, last_execution_status="FINISHED")
    for task, region in zip(tasks[2:4], ("CN-North-4", "cn-north-4")):
        task.update(region_id=region)
    tasks[4].update(last_execution_time=int(time.time() * 1000) - DAY, last_execution_status=None)
    path = tmp_path_factory.mktemp("report") / "report.html"
    return Report(tasks, path, write_report(tasks, path, "-e", "ansible_huaweicloud_limit=61"))


class Page(html.parser.HTMLParser):
    """What a page shows: ``rows`` of the table, ``texts`` by tag, ``tags`` and the ``links`` that it would follow."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.texts: dict[str, list[str]] = collections.defaultdict(list)
        self.counts: dict[str, dict[str, int]] = collections.defaultdict(dict)
        self.tags: list[str] = []
        self.links: list[str] = []
        self.labels: dict[str, str] = {}
        self._chart = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        self.links += [str(given[name]) for name in ("src", "href", "action", "data", "poster") if name in given]
        if tag == "svg":
            self._chart, _colon, self.labels[self._chart] = str(given["aria-label"]).partition(": ")
        if tag == "tr":
            self.rows.append([])
        if tag == "td":
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        while self.tags and self.tags.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self.tags:
            return
        if "td" in self.tags and data.strip():
            self.rows[-1][-1] += data + ("\n" if self.tags[-1] != "small" else "")
        self.texts[self.tags[-1]].append(data)
        if self.tags[-2:] == ["rect", "title"] and ": " in data:
            value, _separator, count = data.rpartition(": ")
            self.counts[self._chart][value] = int(count)


def outcome(task: Task) -> str:
    """Return what the report calls the status of the last execution."""
    return task.get("last_execution_status") or ("unknown" if task.get("last_execution_time") else "never ran")


def assert_charts(page: Page, tasks: list[Task]) -> None:
    """Assert that each chart counts every task, in what it shows and in what it says to who cannot see it."""
    for title, field in CHARTS.items():
        values = [outcome(task) if title.startswith("Status") else task.get(field) or "unknown" for task in tasks]
        counts = collections.Counter(values)
        assert page.counts[title] == counts
        if counts:
            assert all(f"{count} {value}" in page.labels[title] for value, count in counts.items())


def utc(milliseconds: object) -> str:
    return f"{datetime.fromtimestamp(int(str(milliseconds)) // 1000, timezone.utc):%Y-%m-%d %H:%M}"


@pytest.fixture(scope="module", params=[0, 1, 5000])
def sized_report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Report:
    tasks = coc_simulator.sample_tasks(request.param)
    path = tmp_path_factory.mktemp("report") / "report.html"
    return Report(tasks, path, write_report(tasks, path))


def test_report_is_complete(sized_report):
    tasks = sized_report.tasks
    count = len(tasks)
    page = Page(sized_report.source)
    assert len(page.rows) == (count + 1 if count else 0)  # with the one of the headings
    for row, task in zip(page.rows[1:], tasks):
        assert row[0].split("\n") == [task["name"], task["id"]]
        assert row[1].strip() == outcome(task)
        assert row[2].strip() == (utc(task["last_execution_time"]) if task.get("last_execution_time") else "")
        assert [row[index].strip() for index in (6, 7, 9)] == [
            task[field] for field in ("risk_level", "approve_status", "region_id")
        ]
    assert_charts(page, tasks)
    assert page.texts["b"][0] == str(count)
    assert page.links == ["data:,"]


def test_timeline_has_every_execution_within_its_span(report):
    page = Page(report.source)
    bars = [text for text in page.texts["title"] if re.search(r"\d\d:\d\d to \d{4}-", text)]
    shown: dict[str, int] = collections.Counter()
    for text in bars:
        number, _space, status = text.rpartition(", ")[0].partition(" ")
        shown[status] += int(number)
    ran = [task for task in report.tasks if task.get("last_execution_time") and task is not report.tasks[1]]
    assert shown == collections.Counter(outcome(task) for task in ran)
    assert re.fullmatch(rf"{len(ran)} since [\d-]+( \d\d:\d\d)?, 1 before", page.labels["Last executions"])
    assert any(text.startswith("1 ran last before ") for text in page.texts["span"])


def test_values_that_differ_in_case_are_counted_apart(report):
    page = Page(report.source)
    assert_charts(page, report.tasks)
    assert page.counts["Region"]["CN-North-4"] == 1 and page.counts["Region"]["cn-north-4"] > 1
    assert page.rows[5][1].strip() == "unknown"


def test_only_the_own_script_may_run(report):
    script = report.source.partition("<script>")[2].partition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert script and f"script-src 'sha256-{digest}'\"" in report.source


def test_what_the_service_says_is_text(report):
    page = Page(report.source)
    assert page.rows[1][0] == f"{MARKUP}\n{MARKUP}"
    assert MARKUP in page.counts["Region"]
    assert "<img" not in report.source
    assert report.source.count("<script") == 1
    assert "49" not in page.rows[1][0]


def told(source: str) -> list[str]:
    """Return what a report says of the part that it shows, below the time."""
    header = " ".join(source.partition("<header>")[2].partition("</header>")[0].split())
    return re.findall("<p>(.*?)</p>", header)[1:]


def test_what_the_list_leaves_out_is_told(tmp_path):
    tasks = [{**task, "risk_level": "HIGH", "task_type": "RUNBOOK"} for task in coc_simulator.sample_tasks(2)]
    answers = {"risk_level": "HIGH", "task_type": "RUNBOOK", "task_name": None, "offset": "0", "limit": 2}
    variables = {f"ansible_huaweicloud_{name}": value for name, value in answers.items()}
    assert told(write_report(tasks, tmp_path / "report.html", "-e", json.dumps(variables))) == [
        "Only tasks with risk_level <b>HIGH</b>, task_type <b>RUNBOOK</b>.",
        "The list starts at offset <b>0</b>.",
        "At most <b>2</b> tasks: there may be more.",
    ]


def test_nothing_is_told_where_a_limit_was_not_reached(report):
    assert told(report.source) == []


def test_every_filter_is_known_to_the_playbooks():
    shared = yaml.safe_load((COLLECTION / "playbooks/vars/main.yml").read_text("utf-8"))
    assert sorted(shared["_coc_filter_options"] + shared["_coc_paging_options"]) == sorted(QUERY_PARAMETERS)
    assert set(shared["_coc_paging_options"]) == set(PAGING)


# The colors of texts and of what is behind them: numbers, labels, headings, table.
COLORS = """
[...document.querySelectorAll(".number, .number b, h1, h2, p, .legend, th button, td, td small")].map(element => {
  let behind = element;
  while (getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
  return [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor];
})
"""


FITS = "document.documentElement.scrollWidth <= innerWidth"
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


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM)
        yield running
        running.close()


def look_at(browser: sync_api.Browser, report: Report, **settings: t.Any) -> tuple[sync_api.Page, list[str], list[str]]:
    """Open a report, and return its page, what the console says, and the addresses that it asks for."""
    page = browser.new_page(**settings)
    problems: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(report.path.as_uri())
    return page, problems, requests


@IN_A_BROWSER
@pytest.mark.parametrize(
    "view,size,scheme",
    [("desktop", (1360, 900), "light"), ("phone", (390, 844), "light"), ("dark", (1360, 900), "dark")],
)
def test_report_in_a_browser(browser, report, view, size, scheme):
    tasks = report.tasks
    page, problems, requests = look_at(
        browser, report, viewport={"width": size[0], "height": size[1]}, color_scheme=scheme
    )
    OUTPUT.mkdir(exist_ok=True)
    page.screenshot(path=OUTPUT / f"report-{view}.png", full_page=view != "phone")

    def column(number: int) -> list[str]:
        return page.eval_on_selector_all(
            f"tbody td:nth-child({number})", "cells => cells.map(cell => cell.textContent)"
        )

    def expect(heading: str, values: list[str]) -> None:
        """Click the heading twice, and expect both orders, what is blank coming last in both."""
        number = page.locator("th").all_inner_texts().index(heading) + 1
        blank = [value for value in values if not value]
        for direction in (1, -1):
            page.locator(f"th:nth-child({number}) button").click()
            assert column(number) == [value for value in values[::direction] if value] + blank
            sorted_by = page.locator("th[aria-sort]")
            assert sorted_by.all_inner_texts() == [heading]
            assert sorted_by.get_attribute("aria-sort") == ("ascending" if direction == 1 else "descending")

    assert len(column(1)) == len(tasks)
    expect(
        "Last execution",
        sorted(utc(task["last_execution_time"]) if task.get("last_execution_time") else "" for task in tasks),
    )
    expect("Runs", [str(one or "") for one in sorted(task["execution_count"] for task in tasks)])
    risks = [MARKUP, "HIGH", "MEDIUM", "LOW"]
    expect("Risk", sorted((str(task["risk_level"]) for task in tasks), key=risks.index))

    page.evaluate(DRAWN)
    roles = collections.Counter(
        node["role"]["value"]
        for node in page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
        if not node["ignored"]
    )
    assert (roles["table"], roles["caption"], roles["main"], roles["rowgroup"]) == (1, 1, 1, 2)
    rows = roles["cell"] / 11
    assert rows == len(tasks) if view != "phone" else rows in range(2, len(tasks))  # there, only what is seen is drawn
    assert (roles["row"], roles["columnheader"]) == (len(tasks) + 1, 11)
    for color, background in page.evaluate(COLORS):
        assert contrast(color, background) >= 4.5, (color, background)

    assert page.title() == "Scheduled tasks of COC"
    assert page.evaluate(FITS), "the page scrolls sideways"
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", background)[:3])) < 384) == (scheme == "dark")
    assert (problems, requests) == ([], [page.url])
    page.close()


@IN_A_BROWSER
def test_report_of_any_size_in_a_browser(browser, sized_report):
    page, problems, requests = look_at(browser, sized_report, viewport={"width": 390, "height": 844})
    assert page.evaluate(FITS), "the page scrolls sideways"
    if sized_report.tasks:
        page.locator("th:nth-child(4) button").click()
    runs = page.eval_on_selector_all("td:nth-child(4)", "cells => cells.map(cell => Number(cell.textContent) || null)")
    counts = sorted(task["execution_count"] for task in sized_report.tasks)
    assert runs == [one for one in counts if one] + [None] * counts.count(0)
    assert (problems, requests) == ([], [page.url])
    page.close()
