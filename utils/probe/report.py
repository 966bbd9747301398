# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The answers as Markdown, to paste into an issue."""

from __future__ import annotations

import typing as t
from datetime import datetime, timezone

from ansible_collections.huaweicloud.coc.plugins.module_utils._client import VERSION
from ansible_collections.huaweicloud.coc.plugins.module_utils._endpoint import SITES
from ansible_collections.huaweicloud.coc.utils.probe.questions import ALL, QUESTIONS, Answer
from ansible_collections.huaweicloud.coc.utils.probe.service import MAX_REQUESTS, Ask, Page

NO_TASKS = (
    "**No tasks were returned.** Either the account has none, or it belongs to another site: the wrong site returns an "
    "empty list too."
)
UNSTEADY = "**The number of tasks changed during the probe,** so an answer may be wrong. Run it again."


def name_site(endpoint: str) -> str:
    """Return the name of a site that is known; the address of another is the user's own business."""
    return next(
        (site for site, url in SITES.values() if url == endpoint), "none of the known ones (its address is not shown)"
    )


def render(
    answers: t.Mapping[str, Answer], pages: t.Mapping[Ask, Page], endpoint: str, sent: int, failure: str = ""
) -> str:
    """Return the report. ``failure`` says why it is not complete, empty if it is."""
    everything = pages[ALL]
    counts = {page.count for request, page in pages.items() if not page.refusal and _is_unfiltered(request)}
    lines = [
        f"# Probe of COC's scheduled tasks{' (incomplete)' if failure else ''}",
        "",
        f"- Collection: huaweicloud.coc {VERSION}",
        f"- Site: {name_site(endpoint)}",
        f"- Date: {datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC",
        f"- Tasks: {everything.count} in total, {len(everything.tasks)} compared",
        f"- Requests: {sent} of at most {MAX_REQUESTS}",
        "",
    ]
    notes = []
    if failure:
        notes.append(f"**The probe stopped early:** {failure} Questions marked 'Not asked' have no answer.")
    if not everything.count and not everything.tasks:
        notes.append(NO_TASKS)
    if len(counts) > 1:
        notes.append(UNSTEADY)
    for note in notes:
        lines += [note, ""]
    lines += ["| Question | Answer | Evidence |", "| --- | --- | --- |"]
    for row in QUESTIONS:
        verdict, evidence = answers.get(row.key, Answer("Not asked", "the probe stopped early"))
        lines.append(f"| {row.words} | {verdict} | {evidence} |")
    return "\n".join(lines) + "\n"


def _is_unfiltered(request: Ask) -> bool:
    return not request.left_out and dict(request.query).keys() <= {"limit", "offset", "marker"}
