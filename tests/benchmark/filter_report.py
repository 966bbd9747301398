# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print how long a page of the playbook ``report`` takes to filter in headless Chromium.

    python tests/coc_simulator --tasks 5000 -- ansible-playbook huaweicloud.coc.report -e coc_report_path=report.html
    python tests/benchmark/filter_report.py report.html

It needs Playwright's Python package, and Chromium on the PATH.
"""

from __future__ import annotations

import shutil
import statistics
import sys
from pathlib import Path

from playwright import sync_api

ROUNDS = 20
# Clicks or types, and returns the milliseconds until the next frame is drawn.
TIMED = """
async ([selector, text]) => {
  const element = document.querySelector(selector);
  const start = performance.now();
  if (text === null) {
    element.click();
  } else {
    element.value = text;
    element.dispatchEvent(new Event("input"));
  }
  await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - start;
}
"""
# What is done, as a selector and the text to type; each is followed by the next, and the last shows all again.
ACTIONS = (
    ("last run failed: on", "button[data-filter=look]", None),
    ("last run failed: off", "button[data-filter=look]", None),
    ("a region: on", ".region button", None),
    ("a region: off", ".region button", None),
    ("search for 9", "input", "9"),
    ("search for nothing", "input", ""),
)


def main(path: str) -> None:
    """Print a line for each action: the fastest, the median and the slowest of its rounds, in milliseconds."""
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(Path(path).resolve().as_uri())
        print(f"{page.locator('tbody tr').count()} tasks, milliseconds until the next frame:")
        times = [
            [page.evaluate(TIMED, [selector, text]) for _name, selector, text in ACTIONS] for _round in range(ROUNDS)
        ]
        for (name, _selector, _text), taken in zip(ACTIONS, zip(*times)):
            print(f"{name:22} {min(taken):5.0f} {statistics.median(taken):5.0f} {max(taken):5.0f}")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
