# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From options to a query: what passes, under which name, what is refused; and which answers contradict the query."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta, timezone

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._options import CONNECTION, quoted
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import ABSENT, find_contradiction
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task_query import (
    LATEST,
    MAX_LENGTH,
    PLAUSIBLE,
    QUERY_PARAMETERS,
    TIMES,
    build_query,
    check_task_id,
    parse_time,
)
from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.unit.conftest import refusal

NOW = 1769846400  # 2026-01-31T08:00:00Z
NOW_MS = NOW * 1000
HOUR = 3600000  # milliseconds
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
START, END = TIMES

# What texts look like for the simulator, whose list was written from the API reference by itself.
PATTERNS = {
    name: allowed.pattern for name, allowed in coc_simulator.PARAMETERS.items() if isinstance(allowed, re.Pattern)
}
CHOICES = {name: spec["choices"] for name, spec in QUERY_PARAMETERS.items() if "choices" in spec}


def cells(text):
    """Return what stands between the bars of ``text``."""
    return [cell.strip() for line in text.strip().splitlines() for cell in line.split("|")]


# The query


def test_parameters_and_choices_are_those_of_the_service():
    assert set(QUERY_PARAMETERS) == set(coc_simulator.PARAMETERS)
    assert set(QUERY_PARAMETERS) == {*PATTERNS, *TIMES, "offset", "limit"}
    with_choices = (name for name in PATTERNS if name.endswith(("type", "status", "level")))
    assert {name: PATTERNS[name].split("|") for name in with_choices} == CHOICES


def test_nothing_is_sent_that_was_not_given():
    """Least of all enterprise_project_id: whether 0 and none mean the same is not known."""
    assert build_query({"created_by": "maria silva"}) == {"created_by": "maria silva"}
    assert build_query({}) == {}
    assert build_query(dict.fromkeys(QUERY_PARAMETERS)) == {}
    others = {**CONNECTION, "on_missing": {}}
    assert build_query({**dict.fromkeys(others, "x"), "task_type": "SCRIPT"}) == {"task_type": "SCRIPT"}


printable = st.characters(exclude_categories=("Cs", "Cc", "Cf", "Zl", "Zp"))
plausible: dict[str, st.SearchStrategy] = {
    **{name: st.sampled_from(choices) for name, choices in CHOICES.items()},
    **{name: st.text(printable, min_size=1, max_size=most) for name, most in MAX_LENGTH.items()},
    "task_id": st.text(st.sampled_from("0123456789abcdefABCDEF"), min_size=24, max_size=24).map("ST".__add__),
    "task_name": st.text(printable, min_size=1, max_size=32),
    START: st.integers(PLAUSIBLE[0], int(time.time() * 1000)).map(str),
    END: st.just(str(LATEST)),
    "offset": st.integers(0, 2**31 - 1),
    "limit": st.integers(1, 1000),
}


@given(st.fixed_dictionaries({}, optional=plausible))
def test_what_is_let_through_the_service_takes(options):
    query = build_query(options)
    assert coc_simulator.read_parameters((name, str(value)) for name, value in query.items()) == query


# What is refused


@pytest.mark.parametrize("name", MAX_LENGTH)
def test_length_is_counted_in_characters(name):
    most = MAX_LENGTH[name]
    for characters in ("a", "中", "𝒳", " a"):
        longest = (characters * most)[:most]
        assert build_query({name: longest}) == {name: longest}
        error = f"{name}: has {most + 1} characters; it takes at most {most}."
        assert refusal(build_query, {name: longest + "a"}) == error


def test_lengths_are_those_of_the_service():
    """The longest name that the service lets a filter have is not known."""
    longest = {name: int(pattern[len(".{1,") : -1]) for name, pattern in PATTERNS.items() if pattern.startswith(".{")}
    del longest["task_name"]
    assert longest == MAX_LENGTH


def test_text_that_cannot_be_encoded_is_refused():
    """The file system gives such text for names that are not UTF-8."""
    for name in (name for name, spec in QUERY_PARAMETERS.items() if spec["type"] == "str"):
        assert refusal(build_query, {name: "a\udcff"}) == f"{name}: 'a\\udcff' is not valid text. Give it in UTF-8."


def test_a_task_id():
    digits = ("0" * 24, "f" * 24, "DEADBEEF0123456789abcdef", "2026013108000012345678ef", "z-_.~!/0123456789012345z")
    for task_id in ("ST" + rest for rest in digits):
        check_task_id("term", task_id)
        assert build_query({"task_id": task_id}) == {"task_id": task_id}


@pytest.mark.parametrize(
    "task_id",
    [
        *(start + "0" * 24 for start in ("st", "TS", "00")),
        *("ST" + "0" * 23 + end for end in ("", "00", " ", "中")),
        " ST" + "0" * 23,
        "ST",
    ],
)
def test_other_task_ids_are_refused(task_id):
    problem = f"{quoted(task_id)} is not a task ID, which has 26 characters and starts with ST."
    assert refusal(build_query, {"task_id": task_id}) == f"task_id: {problem}"
    assert refusal(check_task_id, "term", task_id) == f"term: {problem} Give options as keywords."


@pytest.mark.parametrize(
    "start, end",
    [
        (str(NOW_MS), str(NOW_MS - 1)),
        ("2026-01-31T08:00:00+08:00", "2026-01-30T23:59:59Z"),
        ("-1h", str(NOW_MS - HOUR - 1)),
        ("2026-01-31 08:00:00.001+00:00", "-0s"),
        ("-59m", "2026-01-31T07:00Z"),
    ],
)
def test_a_window_must_not_end_before_it_starts(start, end):
    error = f"{START}: {start} is after {END}, {end}. Fix one of them."
    assert refusal(build_query, {START: start, END: end}, NOW) == error


@pytest.mark.parametrize("start, end", [("-1h", "-1h"), (str(NOW_MS), "2026-01-31T16:00:00+08:00"), ("0", "0")])
def test_a_window_may_be_a_moment(start, end):
    query = build_query({START: start, END: end}, NOW)
    assert query[START] == query[END]


# Times


@pytest.mark.parametrize(
    "milliseconds, texts",
    [
        # milliseconds, as the API takes them
        (1769846400123, ["1769846400123"]),
        (946684800000, ["946684800000", "2000-01-01T00:00:00Z"]),
        # ISO 8601 with a zone
        (
            NOW_MS,
            cells(
                """
                2026-01-31T08:00:00Z      | 2026-01-31 08:00:00Z     | 2026-01-31T08:00:00-00:00 | 2026-01-31T08:00Z
                2026-01-31T16:00:00+08:00 | 2026-01-31T16:00:00+0800 | 2026-01-31 16:00+08:00    | -0s
                2026-01-30T22:00:00-10:00 | 2026-01-31T13:30:00+05:30
                """
            ),
        ),
        (0, ["0", "1970-01-01T00:00:00Z", "1970-01-01T08:00:00+08:00", "-491624h"]),
        (NOW_MS + 500, ["2026-01-31T08:00:00.5Z"]),
        (NOW_MS + 123, ["2026-01-31T08:00:00.123Z", "2026-01-31 16:00:00.123999+08:00"]),
        (1709164800000, ["2024-02-29T00:00:00Z"]),
        # ages; see test_age_round_trip
        (NOW_MS - 24 * HOUR, ["-24h", "-1d"]),
        (NOW_MS - 36 * HOUR, ["-1d12h"]),
        (NOW_MS - 7 * 24 * HOUR, ["-7d", "-1w"]),
        (NOW_MS + 24 * HOUR, ["2026-02-01T08:00:00Z"]),
        (NOW_MS - (9 * 24 + 3) * HOUR - 4 * 60000 - 5000, ["-1w2d3h4m5s"]),
    ],
)
def test_a_time(milliseconds, texts):
    for text in texts:
        assert parse_time(START, text, NOW) == milliseconds, text


NOT_TIMES = {
    "numbers that the API does not take": """
        -1 | -1769846400123 | 99999999999999999999 | 1769846400.123 | 1e12 | +5 | 1_000 | 0x10
    """,
    "no zone, or none that is known everywhere": "2026-01-31 | 2026-01-31T08:00:00 Europe/Berlin",
    "no such time, or none that the service knows": """
        10000-01-01T00:00:00Z     | 2026-02-29T00:00:00Z
        2026-13-01T00:00:00Z      | 2026-01-31T24:00:00Z      | 2026-01-31T08:60:00Z
        2026-01-31T08:00:60Z      | 2026-01-31T08:00:00+24:00 | 2026-01-31T08:00:00+8
        31.01.2026 08:00:00Z
    """,
    "ages in another form, and before 1970": """
        24h | +24h | - | -h | -24 | -24 h | -1.5h | -1y | -12h1d | -1h1h | --1h | -1h-1m
        -9999999999s | -1M | -1D12H | -1W
    """,
    "anything else": "now | yesterday | None",
}


@pytest.mark.parametrize("why", NOT_TIMES)
def test_other_times_are_refused(why):
    for text in cells(NOT_TIMES[why]):
        assert refusal(parse_time, END, text, NOW) == (
            f"last_execution_end_time: {quoted(text)} is not a valid time. Give milliseconds "
            "since the epoch, ISO 8601 with a zone such as 2026-01-31T08:00:00Z, or an age such as -24h or -1d12h, "
            "with the units w, d, h, m (minutes) and s in lower case."
        )


@pytest.mark.parametrize(
    "meant, texts",
    [
        # in another unit: seconds, microseconds, nanoseconds
        ("Did you mean 1769846400000, in milliseconds?", "1769846400 | 1769846400000000 | 1769846400000000000"),
        (
            f"To set no bound, use 0 or {LATEST}.",
            """
            1 | 946684799 | 9000000000000001 | 0001-01-01T00:00:00Z | 1969-12-31T23:59:59.999999Z | 1999-12-31T23:59Z
            2200-01-01T00:00Z | 9999-12-31T23:59:59-23:59 | -1400w | -999999999w
            """,
        ),
    ],
)
def test_a_time_that_can_only_be_a_slip_is_refused(meant, texts):
    for text in cells(texts):
        error = f"{END}: {text} is before the year 2000 or after 2199. {meant}"
        assert refusal(parse_time, END, text, NOW) == error


def test_bounds_that_the_api_has_by_itself_are_taken():
    for text in ("0", "1970-01-01T00:00:00Z", "1970-01-01T08:00:00+08:00", "-491624h"):
        assert parse_time(START, text, NOW) == 0
    assert parse_time(END, str(LATEST), NOW) == LATEST


def test_only_the_end_of_a_window_may_be_in_the_future():
    later = str(NOW_MS + 24 * HOUR + 1)
    assert parse_time(END, later, NOW) == int(later)
    for name in (START, "since"):
        error = f"{name}: {later} is in the future, so nothing can match yet. Give a time in the past."
        assert refusal(parse_time, name, later, NOW) == error


zones = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(2000, 1, 3), datetime(2199, 12, 30), timezones=zones)


@given(moment=moments, separator=st.sampled_from("T "))
def test_iso_8601_round_trip(moment, separator):
    milliseconds = parse_time(END, moment.isoformat(separator), NOW)
    assert timedelta() <= moment - (EPOCH + timedelta(milliseconds=milliseconds)) < timedelta(milliseconds=1)


UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


@given(parts=st.dictionaries(st.sampled_from("wdhms"), st.integers(0, 250), min_size=1))
def test_age_round_trip(parts):
    age = timedelta(**{UNITS[unit]: number for unit, number in parts.items()})
    text = "-" + "".join(f"{parts[unit]}{unit}" for unit in UNITS if unit in parts)
    assert timedelta(milliseconds=NOW_MS - parse_time("t", text, NOW)) == age


@given(text=st.text() | st.text(st.sampled_from("-0123456789wdhmsTZ:+. "), max_size=30))
@example("-" + "9" * 9 + "w")
def test_any_text_is_a_time_or_is_refused(text):
    try:
        milliseconds = parse_time("t", text, NOW)
    except CocError as error:
        assert error.msg.startswith("t: ")
    else:
        assert milliseconds in PLAUSIBLE or milliseconds in (0, LATEST)


def test_a_time_as_yaml_hands_it_over():
    """Unquoted, YAML makes a time or a number of it, and ansible-core a text of that again."""
    for written in cells(
        """
        2026-01-31T16:00:00+08:00 | 2026-01-31 16:00:00 +08:00 | 2026-01-31T08:00:00Z   | 2026-01-31t03:00:00-05:00
        2026-01-31 03:00:00.000 -5| '2026-01-31T08:00:00Z'     | 1769846400000          | '1769846400000'
        """
    ):
        assert parse_time(START, str(yaml.safe_load(written)), NOW) == NOW_MS, written
    assert "ISO 8601 with a zone" in refusal(parse_time, START, str(yaml.safe_load("2026-01-31")), NOW)


@pytest.mark.parametrize("read", [str, yaml.safe_load], ids=["quoted", "as YAML hands it over"])
def test_a_time_without_a_zone_is_refused(read):
    for written in ("2026-01-31T08:00:00", "2026-01-31 08:00:00", "2026-01-31T08:00:00.123", "2026-01-31T08:00"):
        value = str(read(written))
        error = f"{START}: {value!r} has no zone. Add Z for UTC, or an offset such as +08:00."
        assert refusal(parse_time, START, value, NOW) == error


# The answer


@pytest.mark.parametrize(
    "name, wanted, field, values, is_wrong",
    [
        *((name, choices[0], name, choices[:2], True) for name, choices in CHOICES.items()),
        ("task_id", "ST1", "id", ["ST2"], True),
        ("enterprise_project_id", "0", "enterprise_project_id", ["1"], True),
        ("enterprise_project_id", "all_granted_eps", "enterprise_project_id", ["1"], False),
        ("region_id", "CN-North-4", "region_id", ["cn-north-4", None], False),
        ("created_by", "a", "created_by", ["b"], False),  # whether it is compared with the name or the ID is not known
    ],
)
def test_what_contradicts_a_filter(name, wanted, field, values, is_wrong):
    tasks = [{**ABSENT, field: value} for value in values]
    assert find_contradiction({name: wanted}, tasks) == ((name, sorted(values)) if is_wrong else None)
