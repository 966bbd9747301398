# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``make probe`` says of the service is how the simulator was told to behave, or that it cannot be told."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, replace

import pytest

from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task_query import TIMES
from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.coc_simulator import body, close, cut_body, mutate, reset, status
from ansible_collections.huaweicloud.coc.tests.coc_simulator.behavior import SETTINGS, Behavior
from ansible_collections.huaweicloud.coc.tests.coc_simulator.samples import ENTERPRISE_PROJECTS
from ansible_collections.huaweicloud.coc.tests.coc_simulator.service import FILTERS
from ansible_collections.huaweicloud.coc.tests.unit.conftest import WRONG_SECRET_KEY
from ansible_collections.huaweicloud.coc.utils.probe.__main__ import main
from ansible_collections.huaweicloud.coc.utils.probe.questions import NO, QUESTIONS, UNKNOWN, YES
from ansible_collections.huaweicloud.coc.utils.probe.report import name_site
from ansible_collections.huaweicloud.coc.utils.probe.service import MAX_REQUESTS

TASKS = coc_simulator.sample_tasks(60)
CREDENTIALS = {
    "AK": coc_simulator.ACCESS_KEY,
    "SK": coc_simulator.SECRET_KEY,
    "SECURITY_TOKEN": coc_simulator.SECURITY_TOKEN,
    "DOMAIN_ID": "0d0d0d0d0d0d4f0d8d0d0d0d0d0d0d0d",
    "PROJECT_ID": "0e0e0e0e0e0e4f0e8e0e0e0e0e0e0e0e",
}
# Fields with values of which many tasks have the same one.
PUBLIC = (
    *("scheduled_type", "task_type", "associated_task_type", "risk_level", "approve_status"),
    *("last_execution_status", "execution_count", "enabled"),
)
NOT_ASKED = "Not asked"
PLAIN = Behavior(gzip=False)
KEYS = {row.words: row.key for row in QUESTIONS}
# The questions about the filters, in the order of the simulator's filters.
ABOUT = {name: f"filter_{name}" for name in FILTERS}
ABOUT.update(task_name="name_filter", enterprise_project_id="project_filter")
NAMED = ("--enterprise-project", ENTERPRISE_PROJECTS[1])

FLAGS = [name for name, setting in SETTINGS.items() if isinstance(setting.default, bool) and name != "gzip"]
# Each way to behave that differs from the simulator's own.
WAYS: list[dict[str, t.Any]] = [
    *(
        {name: (choice,) if isinstance(setting.default, tuple) else choice}
        for name, setting in SETTINGS.items()
        for choice in setting.metadata["choices"] or ()
        if choice != setting.default
    ),
    *({name: not SETTINGS[name].default} for name in FLAGS),
    {"page_cap": 40},
    {"rate_limit": 200},
]


def expect(told, count=60):
    """Return by question what the simulator was told to do, with ``count`` tasks, a third of them in project 0."""
    listed = count if told.default_project == "all" else count // 3
    is_capped = 0 < told.page_cap < listed
    is_whole = told.ignore_limit and not is_capped and listed <= 1000  # every page is the last one
    # without the marker of a page that ends there, the ID of a task is sent
    is_lost = told.ignore_limit and told.markers == "opaque"
    ends_without = told.markers not in ("always", "stuck", "opaque")
    has_no_marker = told.markers == "never" or (is_whole and ends_without)
    is_stuck = told.markers == "stuck" and not is_whole
    repeats = told.markers == "inclusive" or (told.repeat and not told.ignore_limit)
    applies = {about: name not in told.ignored_filters for name, about in ABOUT.items()}
    named, starts, ends = (name not in told.ignored_filters for name in ("task_name", *TIMES))
    knows_projects = not is_capped and listed <= 1000 and told.default_project == "all"
    is_so = {  # None: cannot be told
        **applies,
        "default_project": told.default_project == "all",
        "project_sum": applies["project_filter"] if knows_projects else None,
        "name_part": told.name_match == "contains" if named else None,
        "name_case": told.ignore_case if named else None,
        "bound_last_execution_start_time": told.time_bounds != "exclusive" if starts else None,
        "bound_last_execution_end_time": told.time_bounds == "inclusive" if ends else None,
        "limit_one": not told.ignore_limit,
        "limit_most": not is_capped,
        "limit_beyond": told.large_limit == "clamped",
        "middle_marker": None if is_whole else told.markers != "never",
        "marker_place": None if is_lost else not repeats,
        "marker_advances": None if is_lost or has_no_marker else not is_stuck,
        "offset_applies": not told.ignore_offset,
        "offset_marker": None if is_whole else told.offset_markers and told.markers != "never",
        "last_offset_marker": None if told.ignore_offset else told.offset_markers and not ends_without,
        "marker_and_offset": None if is_lost else told.marker_and_offset == "both" and not told.ignore_offset,
        "scope_needed": told.required_scope != "none",
        "language_with": told.language != "zh-cn",
        "language_without": told.language == "en-us",
        "last_marker": not ends_without,
        "marker_is_id": None if has_no_marker else told.markers != "opaque" and not is_stuck,
        "order": told.order != "given",
        "empty_fields": True,
        "new_fields": False,
        "rate_limit": bool(told.rate_limit),
    }
    return {key: {True: YES, False: NO, None: UNKNOWN}[verdict] for key, verdict in is_so.items()}


@dataclass
class Outcome:
    """What a run of the probe came to: its exit status, the report, and what else it printed."""

    status: int
    report: str
    said: str

    def __post_init__(self):
        rows = re.findall(r"^\| (.*?) \| (.*?) \| (.*) \|$", self.report, re.MULTILINE)[2:]
        self.answers = {KEYS[words]: verdict for words, verdict, _evidence in rows}
        self.evidence = {KEYS[words]: evidence for words, _verdict, evidence in rows}
        self.spent = {key for key, words in self.evidence.items() if words == "all 25 requests had been sent"}


@pytest.fixture
def simulator(monkeypatch):
    with coc_simulator.Simulator(tasks=TASKS) as running:
        monkeypatch.setenv("HUAWEICLOUD_COC_ENDPOINT", running.endpoint)
        for name, value in CREDENTIALS.items():
            monkeypatch.setenv(f"HUAWEICLOUD_SDK_{name}", value)
        yield running


def private_values(tasks):
    """Return what no output may have: the secrets, and every name and ID in ``tasks``."""
    values = {str(value) for task in tasks for field, value in task.items() if field not in PUBLIC}
    values = {value for value in values if len(value) > 1 and value != "None"}
    return values | {*CREDENTIALS.values(), WRONG_SECRET_KEY, *ENTERPRISE_PROJECTS[1:]}


@pytest.fixture
def probe(simulator, capsys):
    """A function that runs the probe of a service that behaves so, and sees that it keeps its promises."""

    def run(*arguments, **behavior):
        simulator.requests.clear()
        simulator.behavior = replace(PLAIN, **behavior)
        exit_status = main(arguments)
        stdout, stderr = capsys.readouterr()
        outcome = Outcome(exit_status, stdout, " ".join(stderr.split()))
        assert len(simulator.requests) <= MAX_REQUESTS == 25
        assert {request.method for request in simulator.requests} <= {"GET"}
        output = outcome.report + outcome.said.replace(simulator.endpoint, "")
        assert [value for value in private_values(simulator.tasks) if value in output] == []
        if outcome.report:
            assert f"Requests: {len(simulator.requests)} of" in outcome.report
        return outcome

    return run


def test_report_has_version_site_and_date(probe):
    report = probe(*NAMED).report
    assert re.match("# Probe of COC's scheduled tasks\n\n- Collection: huaweicloud.coc [0-9.]+\n", report)
    assert "\n- Site: none of the known ones (its address is not shown)\n" in report
    assert name_site("https://coc-intl.myhuaweicloud.com") == "International"
    assert re.search(r"\n- Date: 20\d\d-\d\d-\d\d \d\d:\d\d UTC\n", report)
    assert "\n- Tasks: 60 in total, 60 compared\n" in report
    assert "**" not in report, "nothing odd was seen"


def test_report_goes_to_a_file_and_replaces_the_one_before(probe, simulator, tmp_path):
    path = tmp_path / "output" / "probe.md"
    assert probe("--output", str(path)).report == ""
    assert path.read_text("utf-8").startswith("# Probe of COC's scheduled tasks\n")
    simulator.faults.append(status(401))
    assert probe("--output", str(path)).status == 1
    assert not path.exists()


def test_says_what_it_will_do_before_it_starts(probe, simulator, pauses):
    simulator.refuse()
    outcome = probe()
    said = outcome.said
    assert (outcome.status, outcome.report, simulator.requests) == (1, "", [])
    assert f"at most 25 GET requests to {simulator.endpoint}, with the credentials from the environment var" in said
    assert "changes nothing" in said
    assert [row.words for row in QUESTIONS if row.words not in said] == []
    assert said.index("changes nothing") < said.index("The probe ended without a result.")


@pytest.mark.parametrize(
    "changes, required_scope, requests, words",
    [
        ({"AK": ""}, "none", 0, "HUAWEICLOUD_SDK_AK missing"),
        ({"SK": WRONG_SECRET_KEY}, "none", 1, "HTTP 401"),
        ({"DOMAIN_ID": "", "PROJECT_ID": ""}, "domain", 1, "set domain_id or project_id"),
    ],
    ids=str,
)
def test_wrong_credentials_end_it_at_once(probe, simulator, monkeypatch, changes, required_scope, requests, words):
    for name, value in changes.items():
        monkeypatch.setenv(f"HUAWEICLOUD_SDK_{name}", value)
    outcome = probe(required_scope=required_scope)
    assert (outcome.status, outcome.report, len(simulator.requests)) == (1, "", requests)
    assert "The probe ended without a result." in outcome.said
    assert words in outcome.said


def test_finds_credentials_in_the_profile_file(probe, monkeypatch, tmp_path):
    for name in CREDENTIALS:
        monkeypatch.delenv(f"HUAWEICLOUD_SDK_{name}")
    profile = tmp_path / ".huaweicloud" / "credentials"
    profile.parent.mkdir()
    profile.write_text(f"[basic]\nak = {coc_simulator.ACCESS_KEY}\nsk = {coc_simulator.SECRET_KEY}\n")
    profile.chmod(0o600)
    outcome = probe(*NAMED)
    assert (outcome.status, outcome.answers) == (0, expect(PLAIN))


@pytest.mark.parametrize("position", range(len(WAYS)), ids=lambda position: str(WAYS[position]))
def test_answers_are_what_the_simulator_was_told(probe, simulator, position):
    """Each way to behave by itself, and with each of those that come after it."""
    first = WAYS[position]
    for second in [{}, *WAYS[position + 1 :]]:
        ignored = first.get("ignored_filters", ()) + second.get("ignored_filters", ())
        if ignored or first.keys() != second.keys():  # else two values of one setting
            outcome = probe(*NAMED, **{**first, **second, "ignored_filters": ignored})
            assert (second, outcome.status, outcome.answers) == (second, 0, expect(simulator.behavior))


@pytest.mark.parametrize("count", [0, 1])
def test_few_tasks_tell_less_but_nothing_wrong(probe, simulator, count):
    simulator.tasks = TASKS[:count]
    for way in [{}, *WAYS]:
        outcome = probe(**way)
        answers = outcome.answers
        expected = {**expect(simulator.behavior, count), "empty_fields": answers["empty_fields"]}
        wrong = {key for key, verdict in answers.items() if verdict not in (UNKNOWN, expected[key])}
        assert (way, outcome.status, wrong if way != {"markers": "stuck"} else set()) == (way, 0, set())
        for key in ("limit_beyond", "scope_needed", "language_without"):
            assert answers[key] == expected[key]
        assert {"name_filter", "last_marker", "offset_applies", "order"} <= answers.keys()
        is_empty = count == 0 or simulator.default_project == "0"
        assert ("**No tasks were returned.**" in outcome.report) == is_empty


def test_one_task_settles_what_it_can(probe, simulator):
    simulator.tasks = TASKS[:1]
    outcome = probe()
    told = {key for key, verdict in outcome.answers.items() if verdict != UNKNOWN}
    untold = {"filter_task_type", "filter_associated_task_type", "filter_task_id"}  # the vendor's tests show these
    wanted = {"name_part", "name_case", "last_marker", "offset_applies", *ABOUT.values()}
    assert wanted - told == untold
    assert untold <= outcome.spent


@pytest.mark.parametrize(
    "way",
    [
        {},
        {"ignored_filters": ("reviewer", "last_execution_end_time")},
        {"page_cap": 40, "markers": "until_last"},
        {"ignore_limit": True, "order": "newest_first"},
        {"markers": "opaque", "marker_and_offset": "marker"},
        {"markers": "never", "repeat": True},
        {"name_match": "exact", "offset_markers": False},
    ],
    ids=str,
)
def test_thousands_of_tasks(probe, simulator, way):
    simulator.tasks = coc_simulator.sample_tasks(2500)
    outcome = probe(*NAMED, **way)
    assert (outcome.status, outcome.answers) == (0, expect(simulator.behavior, 2500))


def test_project_to_compare_with_must_be_named(probe):
    assert probe(default_project="0").answers["default_project"] == UNKNOWN
    outcome = probe(*NAMED, default_project="0")
    assert outcome.answers["default_project"] == NO
    default, named = ([task["enterprise_project_id"] for task in TASKS].count(name) for name in ENTERPRISE_PROJECTS[:2])
    words = f"without it: {default}; `0`: {default}; named projects: {named}"
    assert outcome.evidence["default_project"].endswith(words)


def test_evidence_has_counts_but_no_text_of_the_service(probe, simulator):
    def announce_a_quota(exchange, answer):
        answer.headers["X-Quota"] = "user li.na, 5 left"
        exchange.deliver(answer)

    simulator.tasks = [{**task, "next_run": 1, "key with Li Na in it": 2} for task in TASKS]
    simulator.faults += [announce_a_quota, status(403)]
    outcome = probe(*NAMED, rate_limit=200, empty_fields="absent", ignored_filters=("region_id",))
    evidence, sent = outcome.evidence, len(simulator.requests)
    never_ran = sum(not task.get("last_execution_time") for task in TASKS)
    assert outcome.status == 0
    assert (outcome.answers["default_project"], outcome.answers["new_fields"]) == (YES, YES)
    assert evidence["new_fields"] == "2 such fields: `next_run`"
    assert f"`last_execution_time`: 0 null, 0 empty, {never_ran} absent;" in evidence["empty_fields"]
    assert evidence["rate_limit"] == (
        "`X-Apig-Ratelimit-User`: `remain:199,limit:200,time:5 minute` first, "
        f"`remain:{200 - sent},limit:200,time:5 minute` last, on {sent} responses; "
        "`X-Quota`: `(not shown)` first, `(not shown)` last, on 1 responses"
    )
    assert re.search("tasks returned with another value: [1-9]", evidence["filter_region_id"])
    assert re.search("of which [1-9][0-9]* returned; .*another value: 0", evidence["filter_reviewer"])
    assert (outcome.answers["project_filter"], evidence["project_filter"]) == (
        UNKNOWN,
        "the request was refused: HTTP 403, APIGW.0302",
    )


@pytest.mark.parametrize("position", [1, 4, 8, 12, 17, 20])
@pytest.mark.parametrize(
    "fault, tries, words",
    [
        (status(401), 1, "HTTP 401, APIGW.0301."),
        (status(429), 3, "HTTP 429, APIGW.0308."),
        (status(503), 3, "HTTP 503, APIGW.0202."),
        (status(302, headers={"Location": "https://login.example.com/"}), 1, "HTTP 302"),
        (body({"count": "many"}), 1, "HTTP 200 without a list of tasks."),
        (body(b"<title>Proxy</title>"), 1, "HTTP 200 without a list of tasks."),
        (reset(), 3, "GET the service failed: "),
        (close("headers"), 3, "GET the service failed: "),
        (cut_body(), 3, "the response was cut short"),
    ],
    ids=["401", "429", "503", "302", "shape", "html", "reset", "close", "cut"],
)
def test_what_fails_ends_it_and_leaves_the_rest_unasked(probe, simulator, pauses, position, fault, tries, words):
    simulator.faults += [None] * position + [fault] * tries
    outcome = probe(*NAMED)
    assert outcome.status == 1
    assert len(simulator.requests) == position + tries
    assert outcome.report.startswith("# Probe of COC's scheduled tasks (incomplete)\n")
    assert words in outcome.report and simulator.endpoint not in outcome.report
    assert words in outcome.said
    expected = expect(PLAIN)
    answers = outcome.answers
    assert answers.keys() == expected.keys()
    asked = {key: verdict for key, verdict in answers.items() if verdict != NOT_ASKED}
    assert asked == {key: expected[key] for key in asked}
    assert list(answers.values())[len(asked) :] == [NOT_ASKED] * (len(answers) - len(asked)) != []


@pytest.mark.parametrize("position", [0, 3, 9, 15, 20])
def test_what_passes_is_tried_again_within_the_25_requests(probe, simulator, pauses, position):
    simulator.faults += [None] * position + [status(503), reset()]
    outcome = probe(*NAMED)
    assert (outcome.status, len(pauses), outcome.answers) == (0, 2, expect(PLAIN))


def test_requests_that_run_out_are_told(probe, simulator, pauses):
    simulator.faults += [status(503), None] * 8
    outcome = probe(*NAMED)
    assert (outcome.status, len(simulator.requests)) == (0, 25)
    assert "filter_task_id" in outcome.spent
    assert "default_project" not in outcome.spent
    assert outcome.answers == {**expect(PLAIN), **dict.fromkeys(outcome.spent, UNKNOWN)}


def test_tells_if_the_number_of_tasks_changed(probe, simulator):
    simulator.faults += [mutate(lambda document: {**document, "count": 61})]
    assert "**The number of tasks changed during the probe,**" in probe(*NAMED).report


@pytest.mark.parametrize(
    "required, missing, verdict, words",
    [
        ("none", ["DOMAIN_ID", "PROJECT_ID"], NO, "the requests had neither header, and were accepted"),
        ("none", ["PROJECT_ID"], NO, "a request with neither was accepted, with the same count of tasks"),
        ("domain", ["PROJECT_ID"], YES, "X-Domain-Id; without it: HTTP 400, COC.00011013"),
        ("domain", [], YES, "X-Domain-Id alone is enough; without both: HTTP 400"),
        ("project", [], YES, "X-Project-Id is needed; without both: HTTP 400"),
    ],
)
def test_scope_is_tried_with_what_is_given(probe, monkeypatch, required, missing, verdict, words):
    for name in missing:
        monkeypatch.delenv(f"HUAWEICLOUD_SDK_{name}")
    outcome = probe(*NAMED, required_scope=required)
    assert outcome.answers["scope_needed"] == verdict
    assert outcome.evidence["scope_needed"].startswith(words)


def test_filter_that_matches_nothing_spoils_no_other(probe, simulator):
    def find_nobody(exchange, answer):
        if "created_by=" in exchange.request_read.raw_query:
            body({"count": 0, "scheduled_tasks": []})(exchange, answer)
        else:
            exchange.deliver(answer)

    simulator.faults += [find_nobody] * MAX_REQUESTS
    outcome = probe(*NAMED)
    assert outcome.evidence["filter_created_by"].startswith("a value that tasks have matched none of them. ")
    assert outcome.answers == {**expect(PLAIN), "filter_created_by": NO, **dict.fromkeys(outcome.spent, UNKNOWN)}
