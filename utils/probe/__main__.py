# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command: it says what it will do on standard error, asks, and writes the report."""

from __future__ import annotations

import argparse
import contextlib
import re
import sys
import textwrap
import typing as t
from pathlib import Path

from ansible_collections.huaweicloud.coc.plugins.module_utils._credentials import Credentials, find_credentials
from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._options import CONNECTION
from ansible_collections.huaweicloud.coc.plugins.module_utils._transport import require_requests
from ansible_collections.huaweicloud.coc.utils.probe.filters import group_filters
from ansible_collections.huaweicloud.coc.utils.probe.questions import (
    ALL,
    QUESTIONS,
    UNKNOWN,
    Account,
    Answer,
    Row,
    refused,
)
from ansible_collections.huaweicloud.coc.utils.probe.report import render
from ansible_collections.huaweicloud.coc.utils.probe.service import (
    MAX_REQUESTS,
    SCOPE,
    Ask,
    OutOfRequests,
    Page,
    Service,
    describe,
)

# As the plugins have it, but for retries: they count as requests.
OPTIONS = {**{name: option.get("default") for name, option in CONNECTION.items()}, "max_retries": 2}
SPENT = Answer(UNKNOWN, f"all {MAX_REQUESTS} requests had been sent")


def main(arguments: t.Sequence[str]) -> int:
    """Run the probe. Returns the exit status: 0 if every question was asked."""
    parser = argparse.ArgumentParser(prog="probe", description="Ask the service what is not known about it.")
    parser.add_argument(
        "--enterprise-project",
        metavar="ID",
        action="append",
        default=[],
        help="one other than the default project that has tasks; the report does not show it",
    )
    parser.add_argument("--output", metavar="FILE", type=Path, help="write the report there, not to standard output")
    given = parser.parse_args(arguments)
    if given.output:  # the report of an earlier run must not be taken for this one's
        given.output.unlink(missing_ok=True)
    try:
        require_requests()
        find = find_credentials(OPTIONS, say)
        service = Service(OPTIONS, find, say)
        with service:
            announce(service.endpoint, find())
            report, failure = probe(service, find(), given.enterprise_project)
    except CocError as error:  # before there was anything to tell
        say(f"The probe ended without a result. {error.msg}")
        return 1
    if failure:
        say(f"The probe stopped early. {failure} Nothing more is sent.")
    if given.output:
        given.output.parent.mkdir(parents=True, exist_ok=True)
        given.output.write_text(report, encoding="utf-8")
        say(f"The report is in {given.output}.")
    else:
        print(report, end="")
    return 1 if failure else 0


def probe(service: Service, credentials: Credentials, projects: t.Sequence[str]) -> tuple[str, str]:
    """Ask all questions. Returns the report, and why it is not complete, which is empty if it is.

    Raises :class:`CocError` if the first request already fails.
    """
    pages: dict[Ask, Page] = {}
    scope = [header for header, field in SCOPE.items() if getattr(credentials, field)]
    pages[ALL] = everything = service.page(ALL)
    if everything.refusal:
        raise everything.refusal
    account = Account(projects, scope, pages, service.rate_headers, group_filters(everything.tasks))
    answers: dict[str, Answer] = {}
    failure = ""
    try:
        for row in QUESTIONS:
            answers[row.key] = settle(row, account, service, pages)
    except CocError as error:
        failure = explain(error)
    return render(answers, pages, service.endpoint, service.sent, failure), failure


def settle(row: Row, account: Account, service: Service, pages: dict[Ask, Page]) -> Answer:
    """Return the answer to a question; adds the pages that it needs to ``pages``.

    Raises :class:`CocError` if a request fails in a way that says nothing about the question.
    """
    steps = row.ask(account)
    page: Page | None = None
    while True:
        try:
            request = next(steps) if page is None else steps.send(page)
        except StopIteration as end:
            return t.cast(Answer, end.value)
        if request not in pages:
            try:
                pages[request] = service.page(request)
            except OutOfRequests:
                return SPENT
        page = pages[request]
        if page.refusal and not row.takes_refusals:
            return refused(page)


def explain(error: CocError) -> str:
    """Return what failed, without URLs and what the service says: both may have names."""
    if error.status is None:
        return re.sub(r"https?://\S+", "the service", error.msg)
    if error.status == 200 and not error.error_code:
        return "The service returned HTTP 200 without a list of tasks."
    return f"The service returned {describe(error)}."


def announce(endpoint: str, credentials: Credentials) -> None:
    """Say what will be sent, where, and as whom."""
    say(
        f"The probe sends at most {MAX_REQUESTS} GET requests to {endpoint}, with the credentials from "
        f"{credentials.source}. It only lists scheduled tasks and changes nothing. It asks:"
    )
    for row in QUESTIONS:
        say(row.words, "- ")
    say("The report has answers and counts, but no names, IDs or credentials. Read it before you publish it.")


def say(text: str, bullet: str = "") -> None:
    """Print to standard error, so that standard output has the report only."""
    print(textwrap.fill(text, 100, initial_indent=bullet, subsequent_indent=" " * len(bullet)), file=sys.stderr)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main(sys.argv[1:]))
    sys.exit(130)
