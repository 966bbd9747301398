# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``make probe`` says of the service is how the simulator was told to behave, or that it cannot be told."""

from __future__ import annotations

import contextlib
import io
import re
import typing as t
from dataclasses import dataclass, replace

import pytest

from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.coc_simulator import body, close, cut_body, mutate, reset, status
from ansible_collections.huaweicloud.coc.tests.coc_simulator.samples import ENTERPRISE_PROJECTS
from ansible_collections.huaweicloud.coc.tests.coc_simulator.service import FILTERS
from ansible_collections.huaweicloud.coc.utils.probe.__main__ import main
from ansible_collections.huaweicloud.coc.utils.probe.questions import NO, QUESTIONS, UNKNOWN, YES
from ansible_collections.huaweicloud.coc.utils.probe.report import name_site
from ansible_collections.huaweicloud.coc.utils.probe.service import MAX_REQUESTS

TASKS = coc_simulator.sample_tasks(60)
DOMAIN, PROJECT = "0d0d0d0d0d0d4f0d8d0d0d0d0d0d0d0d", "0e0e0e0e0e0e4f0e8e0e0e0e0e0e0e0e"
NOT_ASKED = "Not asked"
PLAIN = coc_simulator.Behaviour(gzip=False)
KEYS = {row.words: row.key for row in QUESTIONS}
# The questions about the filters, in the order of the simulator's filters.
ABOUT = {name: f"filter_{name}" for name in FILTERS}
ABOUT.update(task_name="name_filter", enterprise_project_id="project_filter")

# Each way to behave that differs from the simulator's own.
SETTINGS: list[dict[str, t.Any]] = [
    *({"ignored_filters": (name,)} for name in FILTERS),
    {"default_project": "0"},
    {"name_match": "exact"},
    {"ignore_case": True},
    {"time_bounds": "exclusive"},
    {"time_bounds": "half_open"},
    {"order": "oldest_first"},
    {"order": "newest_first"},
    {"order": "id"},
    {"page_cap": 40},
    {"large_limit": "clamped"},
    {"ignore_limit": True},
    {"ignore_offset": True},
    {"repeat": True},
    *({"markers": name} for name in coc_simulator.MARKERS if name != "always"),
    {"offset_markers": False},
    {"marker_and_offset": "marker"},
    {"marker_and_offset": "offset"},
    {"marker_and_offset": "refused"},
    {"empty_fields": "null"},
    {"empty_fields": "empty"},
    {"empty_fields": "absent"},
    {"rate_limit": 200},
    {"language": "zh-cn"},
    {"language": "en-us"},
    {"required_scope": "domain"},
    {"required_scope": "project"},
]


def combine(first: dict[str, t.Any], second: dict[str, t.Any]) -> coc_simulator.Behaviour | None:
    """Return the behaviour of both, None if they are two values of one setting."""
    if "ignored_filters" in first and "ignored_filters" in second:
        return replace(PLAIN, ignored_filters=first["ignored_filters"] + second["ignored_filters"])
    return replace(PLAIN, **first, **second) if first.keys() != second.keys() else None


def expect(told: coc_simulator.Behaviour, count: int = len(TASKS)) -> dict[str, str]:
    """Return by question what the simulator was told to do, with ``count`` tasks, a third of them in project 0."""

    def yes(is_so: bool) -> str:
        return YES if is_so else NO

    listed = count if told.default_project == "all" else count // 3
    is_capped = 0 < told.page_cap < listed
    is_whole = told.ignore_limit and not is_capped and listed <= 1000  # every page is the last one
    # without the marker of a page that ends there, the ID of a task is sent
    is_lost = told.ignore_limit and told.markers == "opaque"
    ends_without = told.markers not in ("always", "stuck", "opaque")
    is_stuck = told.markers == "stuck" and not is_whole
    repeats = told.markers == "inclusive" or (told.repeat and not told.ignore_limit)
    expected = {about: yes(name not in told.ignored_filters) for name, about in ABOUT.items()}
    named, starts, ends = (
        expected[key] for key in ("name_filter", "filter_last_execution_start_time", "filter_last_execution_end_time")
    )
    return {
        **expected,
        "default_project": yes(told.default_project == "all"),
        "project_sum": UNKNOWN
        if is_capped or listed > 1000 or told.default_project == "0"
        else expected["project_filter"],
        "name_part": yes(told.name_match == "contains") if named == YES else UNKNOWN,
        "name_case": yes(told.ignore_case) if named == YES else UNKNOWN,
        "bound_last_execution_start_time": yes(told.time_bounds != "exclusive") if starts == YES else UNKNOWN,
        "bound_last_execution_end_time": yes(told.time_bounds == "inclusive") if ends == YES else UNKNOWN,
        "limit_one": yes(not told.ignore_limit),
        "limit_most": yes(not is_capped),
        "limit_beyond": yes(told.large_limit == "clamped"),
        "middle_marker": UNKNOWN if is_whole else yes(told.markers != "never"),
        "marker_place": UNKNOWN if is_lost else yes(not repeats),
        "marker_advances": (
            UNKNOWN if is_lost or told.markers == "never" or (is_whole and ends_without) else yes(not is_stuck)
        ),
        "offset_applies": yes(not told.ignore_offset),
        "offset_marker": (UNKNOWN if is_whole else yes(told.offset_markers and told.markers != "never")),
        "last_offset_marker": UNKNOWN if told.ignore_offset else yes(told.offset_markers and not ends_without),
        "marker_and_offset": (UNKNOWN if is_lost else yes(told.marker_and_offset == "both" and not told.ignore_offset)),
        "scope_needed": yes(told.required_scope != "none"),
        "language_with": yes(told.language != "zh-cn"),
        "language_without": yes(told.language == "en-us"),
        "last_marker": yes(not ends_without),
        "marker_is_id": UNKNOWN
        if told.markers == "never" or (is_whole and ends_without)
        else yes(told.markers != "opaque" and not is_stuck),
        "order": yes(told.order != "given"),
        "empty_fields": YES,
        "new_fields": NO,
        "rate_limit": yes(bool(told.rate_limit)),
    }


@dataclass
class Outcome:
    """What a run of the probe came to: its exit status, the report, and what else it printed."""

    status: int
    report: str
    said: str

    @property
    def answers(self) -> dict[str, str]:
        """The answers by the questions' keys."""
        rows = re.findall(r"^\| (.*?) \| (.*?) \| .* \|$", self.report, re.MULTILINE)[2:]
        return {KEYS[words]: verdict for words, verdict in rows}

    def evidence(self, key: str) -> str:
        """Return the evidence of the question ``key``."""
        words = next(words for words, known in KEYS.items() if known == key)
        return self.report.partition(f"| {words} | ")[2].partition("\n")[0].partition(" | ")[2]


@pytest.fixture
def simulator(monkeypatch: pytest.MonkeyPatch) -> t.Iterator[coc_simulator.Simulator]:
    with coc_simulator.Simulator(tasks=TASKS) as running:
        running.behaviour = PLAIN
        monkeypatch.setenv("HUAWEICLOUD_COC_ENDPOINT", running.endpoint)
        monkeypatch.setenv("HUAWEICLOUD_SDK_AK", coc_simulator.ACCESS_KEY)
        monkeypatch.setenv("HUAWEICLOUD_SDK_SK", coc_simulator.SECRET_KEY)
        monkeypatch.setenv("HUAWEICLOUD_SDK_SECURITY_TOKEN", coc_simulator.SECURITY_TOKEN)
        monkeypatch.setenv("HUAWEICLOUD_SDK_DOMAIN_ID", DOMAIN)
        monkeypatch.setenv("HUAWEICLOUD_SDK_PROJECT_ID", PROJECT)
        yield running


def private_values(tasks: t.Iterable[dict[str, t.Any]]) -> set[str]:
    """Return what no output may have: the secrets, and every name and ID in ``tasks``."""
    shared = ("scheduled_type", "task_type", "associated_task_type", "risk_level", "approve_status")
    fields = [
        str(value)
        for task in tasks
        for field, value in task.items()
        if field not in (*shared, "last_execution_status", "execution_count", "enabled")
    ]
    secrets = [coc_simulator.ACCESS_KEY, coc_simulator.SECRET_KEY, coc_simulator.SECURITY_TOKEN, DOMAIN, PROJECT]
    return (
        {value for value in fields if len(value) > 1 and value != "None"} | set(secrets) | set(ENTERPRISE_PROJECTS[1:])
    )


PRIVATE = private_values(TASKS)


def run(simulator: coc_simulator.Simulator, *arguments: str, private: t.Iterable[str] = PRIVATE) -> Outcome:
    """Run the probe, and see that it keeps its promises."""
    simulator.requests.clear()
    stdout, stderr = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        exit_status = main(arguments)
    outcome = Outcome(exit_status, stdout.getvalue(), stderr.getvalue())
    assert len(simulator.requests) <= MAX_REQUESTS == 25
    assert {request.method for request in simulator.requests} <= {"GET"}
    output = outcome.report + outcome.said.replace(simulator.endpoint, "")
    assert [value for value in private if value in output] == []
    if outcome.report:
        assert f"Requests: {len(simulator.requests)} of" in outcome.report
    return outcome


NAMED = ("--enterprise-project", ENTERPRISE_PROJECTS[1])


def test_report_has_version_site_and_date(simulator: coc_simulator.Simulator) -> None:
    outcome = run(simulator, *NAMED)
    assert re.match("# Probe of COC's scheduled tasks\n\n- Collection: huaweicloud.coc [0-9.]+\n", outcome.report)
    assert "\n- Site: none of the known ones (its address is not shown)\n" in outcome.report
    assert name_site("https://coc-intl.myhuaweicloud.com") == "International"
    assert re.search(r"\n- Date: 20\d\d-\d\d-\d\d \d\d:\d\d UTC\n", outcome.report)
    assert "\n- Tasks: 60 in total, 60 compared\n" in outcome.report
    assert "**" not in outcome.report, "nothing odd was seen"


def test_report_goes_to_a_file_and_replaces_the_one_before(simulator: coc_simulator.Simulator, tmp_path: t.Any) -> None:
    path = tmp_path / "output" / "probe.md"
    assert run(simulator, "--output", str(path)).report == ""
    assert path.read_text("utf-8").startswith("# Probe of COC's scheduled tasks\n")
    simulator.faults.append(status(401))
    assert run(simulator, "--output", str(path)).status == 1
    assert not path.exists()


def test_says_what_it_will_do_before_it_starts(
    simulator: coc_simulator.Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HUAWEICLOUD_SDK_AK")
    outcome = run(simulator)
    assert (outcome.status, outcome.report, simulator.requests) == (1, "", [])
    assert "HUAWEICLOUD_SDK_AK missing" in " ".join(outcome.said.split())

    monkeypatch.setenv("HUAWEICLOUD_SDK_AK", coc_simulator.ACCESS_KEY)
    simulator.refuse()
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    outcome = run(simulator)
    said = " ".join(outcome.said.split())
    assert (outcome.status, outcome.report, simulator.requests) == (1, "", [])
    assert f"at most 25 GET requests to {simulator.endpoint}, with the credentials from the environment var" in said
    assert "changes nothing" in said
    assert [row.words for row in QUESTIONS if row.words not in said] == []
    assert said.index("changes nothing") < said.index("The probe ended without a result.")


def test_finds_credentials_in_the_profile_file(
    simulator: coc_simulator.Simulator, monkeypatch: pytest.MonkeyPatch, tmp_path: t.Any
) -> None:
    for name in ("AK", "SK", "SECURITY_TOKEN", "DOMAIN_ID", "PROJECT_ID"):
        monkeypatch.delenv(f"HUAWEICLOUD_SDK_{name}")
    profile = tmp_path / ".huaweicloud" / "credentials"
    profile.parent.mkdir()
    profile.write_text(f"[basic]\nak = {coc_simulator.ACCESS_KEY}\nsk = {coc_simulator.SECRET_KEY}\n")
    profile.chmod(0o600)
    outcome = run(simulator, *NAMED)
    assert outcome.status == 0
    assert outcome.answers == expect(PLAIN)


def test_answers_are_what_the_simulator_was_told(simulator: coc_simulator.Simulator) -> None:
    for setting in [{}, *SETTINGS]:
        simulator.behaviour = replace(PLAIN, **setting)
        outcome = run(simulator, *NAMED)
        assert (setting, outcome.status, outcome.answers) == (setting, 0, expect(simulator.behaviour))


@pytest.mark.parametrize("position", range(len(SETTINGS)), ids=lambda position: str(SETTINGS[position]))
def test_answers_for_every_combination_of_two(simulator: coc_simulator.Simulator, position: int) -> None:
    first = SETTINGS[position]
    for second in SETTINGS[position + 1 :]:
        behaviour = combine(first, second)
        if behaviour is None:  # two values of one setting
            continue
        simulator.behaviour = behaviour
        outcome = run(simulator, *NAMED)
        wrong = outcome.answers.items() - expect(behaviour).items()
        assert (first, second, outcome.status, wrong) == (first, second, 0, set())


@pytest.mark.parametrize("count", [0, 1])
def test_few_tasks_tell_less_but_nothing_wrong(simulator: coc_simulator.Simulator, count: int) -> None:
    simulator.tasks = TASKS[:count]
    told_by_none = {"name_filter", "last_marker", "offset_applies", "order"}
    for setting in [{}, *SETTINGS]:
        simulator.behaviour = replace(PLAIN, **setting)
        outcome = run(simulator)
        expected = {**expect(simulator.behaviour, count), "empty_fields": outcome.answers["empty_fields"]}
        wrong = {
            key: verdict
            for key, verdict in outcome.answers.items()
            if verdict not in (UNKNOWN, expected[key]) and setting != {"markers": "stuck"}
        }
        assert (setting, outcome.status, wrong) == (setting, 0, {})
        assert outcome.answers["limit_beyond"] == expected["limit_beyond"]
        assert outcome.answers["scope_needed"] == expected["scope_needed"]
        assert outcome.answers["language_without"] == expected["language_without"]
        assert told_by_none & outcome.answers.keys() == told_by_none
        is_empty = "**No tasks were returned.**" in outcome.report
        assert is_empty == (not simulator.tasks or simulator.behaviour.default_project == "0")


def test_one_task_settles_what_it_can(simulator: coc_simulator.Simulator) -> None:
    simulator.tasks = TASKS[:1]
    outcome = run(simulator)
    told = {key for key, verdict in outcome.answers.items() if verdict != UNKNOWN}
    untold = {"filter_task_type", "filter_associated_task_type", "filter_task_id"}  # the vendor's tests show these
    wanted = {"name_part", "name_case", "last_marker", "offset_applies", *ABOUT.values()}
    assert wanted - told == untold
    assert {outcome.evidence(key) for key in untold} == {"all 25 requests had been sent |"}


LARGE = coc_simulator.sample_tasks(2500)
LARGE_PRIVATE = private_values(LARGE)


@pytest.mark.parametrize(
    "setting",
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
def test_thousands_of_tasks(simulator: coc_simulator.Simulator, setting: dict[str, t.Any]) -> None:
    simulator.tasks = LARGE
    simulator.behaviour = replace(PLAIN, **setting)
    outcome = run(simulator, *NAMED, private=LARGE_PRIVATE)
    assert (outcome.status, outcome.answers) == (0, expect(simulator.behaviour, len(LARGE)))


def test_project_to_compare_with_must_be_named(simulator: coc_simulator.Simulator) -> None:
    simulator.behaviour = replace(PLAIN, default_project="0")
    assert run(simulator).answers["default_project"] == UNKNOWN
    outcome = run(simulator, *NAMED)
    counts = [sum(task["enterprise_project_id"] == project for task in TASKS) for project in ENTERPRISE_PROJECTS[:2]]
    assert outcome.answers["default_project"] == NO
    assert f"without it: {counts[0]}; `0`: {counts[0]}; named projects: {counts[1]} |" in outcome.evidence(
        "default_project"
    )


def test_evidence_has_the_counts(simulator: coc_simulator.Simulator) -> None:
    simulator.behaviour = replace(PLAIN, rate_limit=200, empty_fields="absent", ignored_filters=("region_id",))
    outcome = run(simulator, *NAMED)
    never_ran = sum(not task.get("last_execution_time") for task in TASKS)
    assert f"`last_execution_time`: 0 null, 0 empty, {never_ran} absent;" in outcome.evidence("empty_fields")
    sent = len(simulator.requests)
    assert outcome.evidence("rate_limit") == (
        "`X-Apig-Ratelimit-User`: `remain:199,limit:200,time:5 minute` first, "
        f"`remain:{200 - sent},limit:200,time:5 minute` last, on {sent} responses |"
    )
    assert re.search("tasks returned with another value: [1-9]", outcome.evidence("filter_region_id"))
    assert re.search("of which [1-9][0-9]* returned; .*another value: 0", outcome.evidence("filter_reviewer"))


def test_values_of_unknown_rate_headers_are_not_shown(simulator: coc_simulator.Simulator) -> None:
    simulator.faults.append(lambda exchange, answer: _with_header(exchange, answer, "X-Quota", "user li.na, 5 left"))
    outcome = run(simulator, *NAMED)
    assert outcome.evidence("rate_limit") == "`X-Quota`: `(not shown)` first, `(not shown)` last, on 1 responses |"


def _with_header(exchange: t.Any, answer: t.Any, name: str, value: str) -> None:
    answer.headers[name] = value
    exchange.deliver(answer)


def test_new_fields_are_named(simulator: coc_simulator.Simulator) -> None:
    simulator.tasks = [{**task, "next_run": 1, "key with Li Na in it": 2} for task in TASKS]
    outcome = run(simulator, *NAMED, private={*PRIVATE, "Li Na"})
    assert (outcome.answers["new_fields"], outcome.evidence("new_fields")) == (YES, "2 such fields: `next_run` |")


def test_wrong_key_ends_it_at_once(simulator: coc_simulator.Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUAWEICLOUD_SDK_SK", "WrongSecretKey00000000000000000000000001")
    outcome = run(
        simulator, private={*PRIVATE, "WrongSecretKey00000000000000000000000001"} - {coc_simulator.ACCESS_KEY}
    )
    assert (outcome.status, outcome.report, len(simulator.requests)) == (1, "", 1)
    assert "The probe ended without a result." in outcome.said
    assert "HTTP 401" in outcome.said


def test_scope_that_is_missing_ends_it_with_what_to_do(
    simulator: coc_simulator.Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HUAWEICLOUD_SDK_DOMAIN_ID")
    monkeypatch.delenv("HUAWEICLOUD_SDK_PROJECT_ID")
    assert run(simulator).answers["scope_needed"] == NO
    simulator.behaviour = replace(PLAIN, required_scope="domain")
    outcome = run(simulator)
    assert (outcome.status, outcome.report, len(simulator.requests)) == (1, "", 1)
    assert "set domain_id or project_id" in " ".join(outcome.said.split())


@pytest.mark.parametrize("position", [1, 4, 8, 12, 17, 20])
@pytest.mark.parametrize(
    ("fault", "tries", "words"),
    [
        (status(401), 1, "HTTP 401, APIGW.0301."),
        (status(429), 3, "HTTP 429, APIGW.0308."),
        (status(503), 3, "HTTP 503, APIGW.0202."),
        (status(302, headers={"Location": "https://login.example.com/"}), 1, "HTTP 302"),
        (body({"count": "many"}), 1, "HTTP 200 without a list of tasks."),
        (body(b"<title>Proxy</title>"), 1, "HTTP 200 without a list of tasks."),
        (reset(), 3, "/v1/schedule/task failed: "),
        (close("headers"), 3, "/v1/schedule/task failed: "),
        (cut_body(), 3, "the response was cut short"),
    ],
    ids=["401", "429", "503", "302", "shape", "html", "reset", "close", "cut"],
)
def test_what_fails_ends_it_and_leaves_the_rest_unasked(
    simulator: coc_simulator.Simulator, pauses: list[float], position: int, fault: t.Any, tries: int, words: str
) -> None:
    simulator.faults += [None] * position + [fault] * tries
    outcome = run(simulator, *NAMED)
    assert outcome.status == 1
    assert len(simulator.requests) == position + tries
    assert outcome.report.startswith("# Probe of COC's scheduled tasks (incomplete)\n")
    assert words in outcome.report
    assert words in " ".join(outcome.said.split())
    expected = expect(PLAIN)
    answers = outcome.answers
    assert answers.keys() == expected.keys()
    asked = {key: verdict for key, verdict in answers.items() if verdict != NOT_ASKED}
    assert asked == {key: expected[key] for key in asked}
    assert list(answers.values())[len(asked) :] == [NOT_ASKED] * (len(answers) - len(asked)) != []


@pytest.mark.parametrize("position", [0, 3, 9, 15, 20])
def test_what_passes_is_tried_again_within_the_25_requests(
    simulator: coc_simulator.Simulator, pauses: list[float], position: int
) -> None:
    simulator.faults += [None] * position + [status(503), reset()]
    outcome = run(simulator, *NAMED)
    assert (outcome.status, len(pauses)) == (0, 2)
    assert outcome.answers == expect(PLAIN)


def test_requests_that_run_out_are_told(simulator: coc_simulator.Simulator, pauses: list[float]) -> None:
    simulator.faults += [status(503), None] * 8
    outcome = run(simulator, *NAMED)
    assert (outcome.status, len(simulator.requests)) == (0, 25)
    spent = {key for key in outcome.answers if outcome.evidence(key) == "all 25 requests had been sent |"}
    assert "filter_task_id" in spent
    assert "default_project" not in spent
    assert outcome.answers == {**expect(PLAIN), **dict.fromkeys(spent, UNKNOWN)}


def test_refusals_are_answers(simulator: coc_simulator.Simulator) -> None:
    simulator.faults += [None, status(403)]
    outcome = run(simulator, *NAMED)
    assert outcome.status == 0
    assert outcome.answers["project_filter"] == UNKNOWN
    assert outcome.evidence("project_filter") == "the request was refused: HTTP 403, APIGW.0302 |"
    assert outcome.answers["default_project"] == YES


def test_tells_if_the_number_of_tasks_changed(simulator: coc_simulator.Simulator) -> None:
    simulator.faults += [mutate(lambda document: {**document, "count": 61})]
    assert "**The number of tasks changed during the probe,**" in run(simulator, *NAMED).report


@pytest.mark.parametrize(
    ("required", "given", "verdict", "words"),
    [
        ("none", ["DOMAIN_ID"], NO, "a request with neither was accepted, with the same count of tasks |"),
        ("domain", ["DOMAIN_ID"], YES, "X-Domain-Id; without it: HTTP 400, COC.00011013 |"),
        ("domain", ["DOMAIN_ID", "PROJECT_ID"], YES, "X-Domain-Id alone is enough; without both: HTTP 400"),
        ("project", ["DOMAIN_ID", "PROJECT_ID"], YES, "X-Project-Id is needed; without both: HTTP 400"),
    ],
)
def test_scope_is_tried_with_what_is_given(
    simulator: coc_simulator.Simulator,
    monkeypatch: pytest.MonkeyPatch,
    required: str,
    given: list[str],
    verdict: str,
    words: str,
) -> None:
    for name in {"DOMAIN_ID", "PROJECT_ID"} - set(given):
        monkeypatch.delenv(f"HUAWEICLOUD_SDK_{name}")
    simulator.behaviour = replace(PLAIN, required_scope=required)
    outcome = run(simulator, *NAMED)
    assert outcome.answers["scope_needed"] == verdict
    assert outcome.evidence("scope_needed").startswith(words)


def test_filter_that_matches_nothing_spoils_no_other(simulator: coc_simulator.Simulator) -> None:
    def nobody_is_found(exchange: t.Any, answer: t.Any) -> None:
        fault = mutate(lambda document: {"count": 0, "scheduled_tasks": []})
        (fault if "created_by=" in exchange.request_read.raw_query else mutate(lambda document: document))(
            exchange, answer
        )

    simulator.faults += [nobody_is_found] * MAX_REQUESTS
    outcome = run(simulator, *NAMED)
    assert outcome.evidence("filter_created_by").startswith("a value that tasks have matched none of them. ")
    spent = {key for key in outcome.answers if outcome.evidence(key).startswith("all 25 requests")}
    assert outcome.answers == {**expect(PLAIN), "filter_created_by": NO, **dict.fromkeys(spent, UNKNOWN)}
