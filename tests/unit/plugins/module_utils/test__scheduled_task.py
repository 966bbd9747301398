# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From options to a query: what passes, under which name, and what is refused before any request."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._options import CONNECTION
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task_query import (
    LATEST,
    MAX_LENGTH,
    QUERY_PARAMETERS,
    TIMES,
    UNIT_SECONDS,
    build_query,
    check_task_id,
    parse_time,
)
from ansible_collections.huaweicloud.coc.tests import coc_simulator

NOW = 1769846400  # 2026-01-31T08:00:00Z
NOW_MS = NOW * 1000
HOUR = 3600000  # milliseconds
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
TASK_ID = "ST1234567890123456abcdef09"

# Options, each as a user may give it, and as it is to be sent.
EVERY_PARAMETER = {
    "enterprise_project_id": ("0", "0"),
    "task_id": (TASK_ID, TASK_ID),
    "task_name": ("数据库 巡检+*~%", "数据库 巡检+*~%"),
    "scheduled_type": ("CRON", "CRON"),
    "task_type": ("RUNBOOK", "RUNBOOK"),
    "associated_task_type": ("COMMUNAL", "COMMUNAL"),
    "risk_level": ("HIGH", "HIGH"),
    "created_by": ("张伟", "张伟"),
    "reviewer": ("0a1f5c3e9b7d4826a1c0e4f7b9d25638", "0a1f5c3e9b7d4826a1c0e4f7b9d25638"),
    "reviewer_user_name": (" maria silva ", " maria silva "),
    "approve_status": ("PENDING", "PENDING"),
    "last_execution_status": ("ABNORMAL", "ABNORMAL"),
    "last_execution_start_time": ("-24h", NOW_MS - 24 * HOUR),
    "last_execution_end_time": ("2026-01-31 08:00:00+00:00", NOW_MS),
    "region_id": ("cn-north-4", "cn-north-4"),
    "resource_id": ("5e0d7c2a-91b4-4f3e-8a6c-000000000001", "5e0d7c2a-91b4-4f3e-8a6c-000000000001"),
    "marker": ("a/b==", "a/b=="),
    "offset": (0, 0),
    "limit": (1, 1),
}


# What the simulator wants its texts to look like.
PATTERNS = {
    name: allowed.pattern for name, allowed in coc_simulator.PARAMETERS.items() if isinstance(allowed, re.Pattern)
}


def refused(function, *arguments):
    """Return the message that ``function`` refuses its arguments with."""
    with pytest.raises(CocError) as refusal:
        function(*arguments)
    return refusal.value.msg


# The query


def test_parameters_and_choices_are_those_of_the_service():
    """The simulator's list was written from the API reference by itself."""
    assert set(QUERY_PARAMETERS) == set(coc_simulator.PARAMETERS) == set(EVERY_PARAMETER)
    assert set(QUERY_PARAMETERS) == {*PATTERNS, *TIMES, "offset", "limit"}
    choices = {name: spec["choices"] for name, spec in QUERY_PARAMETERS.items() if "choices" in spec}
    allowed = {
        name: pattern.split("|") for name, pattern in PATTERNS.items() if name.endswith(("type", "status", "level"))
    }
    assert choices == allowed


@pytest.mark.parametrize("name", EVERY_PARAMETER)
def test_each_parameter_passes_under_its_name(name):
    given, sent = EVERY_PARAMETER[name]
    assert build_query({name: given}, NOW) == {name: sent}


def test_all_parameters_pass_together():
    options = {name: given for name, (given, _sent) in EVERY_PARAMETER.items()}
    assert build_query(options, NOW) == {name: sent for name, (_given, sent) in EVERY_PARAMETER.items()}


def test_nothing_is_sent_that_was_not_given():
    """Least of all enterprise_project_id: whether 0 and none mean the same is not known."""
    assert build_query({}) == {}
    assert build_query(dict.fromkeys(QUERY_PARAMETERS)) == {}


def test_other_options_are_no_parameters():
    others = {**CONNECTION, "on_missing": {}}
    assert build_query({**dict.fromkeys(others, "x"), "task_type": "SCRIPT"}) == {"task_type": "SCRIPT"}


def test_ages_count_from_the_present():
    before = datetime.now(timezone.utc)
    query = build_query({"last_execution_start_time": "-0s"})
    after = datetime.now(timezone.utc)
    moment = EPOCH + timedelta(milliseconds=int(query["last_execution_start_time"]))
    assert before - timedelta(milliseconds=1) <= moment <= after


printable = st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"))
numbers = st.integers(0, LATEST)
plausible: dict[str, st.SearchStrategy] = {
    name: st.sampled_from(spec["choices"]) for name, spec in QUERY_PARAMETERS.items() if "choices" in spec
}
for name, most in MAX_LENGTH.items():
    plausible[name] = st.text(printable, min_size=1, max_size=most)
plausible.update(
    task_id=st.text(st.sampled_from("0123456789abcdefABCDEF"), min_size=24, max_size=24).map("ST".__add__),
    task_name=plausible["created_by"],
    last_execution_start_time=numbers.map(str),
    last_execution_end_time=st.just(str(LATEST)),
    offset=st.integers(0, 2**31 - 1),
    limit=st.integers(1, 1000),
)


@given(st.fixed_dictionaries({}, optional=plausible))
def test_what_is_let_through_the_service_takes(options):
    query = build_query(options)
    assert coc_simulator.read_parameters((name, str(value)) for name, value in query.items()) == query


# What is refused


@pytest.mark.parametrize("name", MAX_LENGTH)
@pytest.mark.parametrize("character", ["a", "中", "𝒳", " a"])
def test_length_is_counted_in_characters(name, character):
    most = MAX_LENGTH[name]
    longest = (character * most)[:most]
    assert build_query({name: longest}) == {name: longest}
    assert refused(build_query, {name: longest + "a"}) == (
        f"{name}: {most + 1} characters are too many; it takes at most {most}."
    )


def test_lengths_are_those_of_the_service():
    """The longest name that the service lets a filter have is not known."""
    longest = {name: int(pattern[len(".{1,") : -1]) for name, pattern in PATTERNS.items() if pattern.startswith(".{")}
    del longest["task_name"]
    assert longest == MAX_LENGTH


@pytest.mark.parametrize("name", [name for name, spec in QUERY_PARAMETERS.items() if spec["type"] == "str"])
def test_text_that_cannot_be_encoded_is_refused(name):
    """The file system gives such text for names that are not UTF-8."""
    assert refused(build_query, {name: "a\udcff"}) == f"{name}: 'a\\udcff' is not valid text. Give it in UTF-8."


@pytest.mark.parametrize(
    "task_id",
    [
        "ST" + "0" * 24,
        "ST" + "f" * 24,
        "STDEADBEEF0123456789abcdef",
        "ST2026013108000012345678ef",
        "STz-_.~!/0123456789012345z",
    ],
)
def test_task_id(task_id):
    assert check_task_id("term", task_id) == task_id
    assert build_query({"task_id": task_id}) == {"task_id": task_id}


@pytest.mark.parametrize(
    "task_id",
    [
        "ST" + "0" * 23,
        "ST" + "0" * 25,
        "st" + "0" * 24,
        "TS" + "0" * 24,
        "0" * 26,
        " ST" + "0" * 23,
        "ST" + "0" * 23 + " ",
        "ST" + "0" * 24 + "\n",
        "ST" + "0" * 23 + "中",
        "ST",
    ],
)
def test_other_task_ids_are_refused(task_id):
    problem = f"{task_id!r} is not a task ID, which has 26 characters and starts with ST."
    assert refused(build_query, {"task_id": task_id}) == f"task_id: {problem}"
    assert refused(check_task_id, "term", task_id) == f"term: {problem}"


@pytest.mark.parametrize("limit", [1, 1000, 1001, 10**9])
def test_limit(limit):
    assert build_query({"limit": limit}) == {"limit": limit}


@pytest.mark.parametrize("limit", [0, -1])
def test_limit_that_is_too_small_is_refused(limit):
    assert refused(build_query, {"limit": limit}) == (
        f"limit: {limit} is too small; it takes 1 or more. Leave it out to get every task."
    )


@pytest.mark.parametrize("offset", [0, 1, 2**31 - 1])
def test_offset(offset):
    assert build_query({"offset": offset}) == {"offset": offset}


@pytest.mark.parametrize("offset", [-1, 2**31])
def test_offset_out_of_range_is_refused(offset):
    assert refused(build_query, {"offset": offset}) == (f"offset: {offset} is out of range; it takes 0 to 2147483647.")


@pytest.mark.parametrize(
    "start, end",
    [
        (str(NOW_MS), str(NOW_MS - 1)),
        ("1", "0"),
        ("2026-01-31T08:00:00+08:00", "2026-01-30T23:59:59Z"),
        ("-1h", "-1d"),
        ("-1h", str(NOW_MS - HOUR - 1)),
        (str(NOW_MS + 1), "-0s"),
        ("2026-01-31 08:00:00.001+00:00", "-0s"),
        ("-59m", "2026-01-31T07:00Z"),
        (str(NOW_MS + 1), "2026-01-31T08:00:00Z"),
    ],
)
def test_start_after_end_is_refused(start, end):
    options = {"last_execution_start_time": start, "last_execution_end_time": end}
    assert refused(build_query, options, NOW) == (
        f"last_execution_start_time: {start} is after last_execution_end_time, {end}. Fix one of them."
    )


@pytest.mark.parametrize("start, end", [("-1h", "-1h"), (str(NOW_MS), "2026-01-31T16:00:00+08:00"), ("0", "0")])
def test_start_may_be_the_end(start, end):
    query = build_query({"last_execution_start_time": start, "last_execution_end_time": end}, NOW)
    assert query["last_execution_start_time"] == query["last_execution_end_time"]


# Times


@pytest.mark.parametrize(
    "text, milliseconds",
    [
        # milliseconds, as the API takes them
        ("0", 0),
        ("1769846400123", 1769846400123),
        (" 1769846400123\n", 1769846400123),
        ("9000000000000000", 9000000000000000),
        # ISO 8601 with a zone
        ("1970-01-01T00:00:00Z", 0),
        ("2026-01-31T08:00:00Z", NOW_MS),
        ("2026-01-31T08:00:00+00:00", NOW_MS),
        ("2026-01-31T08:00:00-00:00", NOW_MS),
        ("2026-01-31T16:00:00+08:00", NOW_MS),
        ("2026-01-31T16:00:00+0800", NOW_MS),
        ("2026-01-31T13:30:00+05:30", NOW_MS),
        ("2026-01-30T22:00:00-10:00", NOW_MS),
        ("2026-01-31 16:00:00+08:00", NOW_MS),
        ("2026-01-31 08:00:00Z", NOW_MS),
        ("2026-01-31T08:00:00.5Z", NOW_MS + 500),
        ("2026-01-31T08:00:00.123Z", NOW_MS + 123),
        ("2026-01-31 16:00:00.123999+08:00", NOW_MS + 123),
        ("2026-01-31T08:00Z", NOW_MS),
        ("2026-01-31 16:00+08:00", NOW_MS),
        ("2024-02-29T00:00:00Z", 1709164800000),
        ("9999-12-31T23:59:59.999Z", 253402300799999),
        ("9999-12-31T23:59:59-23:59", 253402387139000),
        ("1970-01-01T08:00:00+08:00", 0),
        # ages
        ("-0s", NOW_MS),
        ("-1s", NOW_MS - 1000),
        ("-90m", NOW_MS - 90 * 60000),
        ("-24h", NOW_MS - 24 * HOUR),
        ("-7d", NOW_MS - 7 * 24 * HOUR),
        ("-2w", NOW_MS - 14 * 24 * HOUR),
        ("-1d12h", NOW_MS - 36 * HOUR),
        ("-1w2d3h4m5s", NOW_MS - (9 * 24 + 3) * HOUR - 4 * 60000 - 5000),
        ("-1D12H", NOW_MS - 36 * HOUR),
        ("-1W", NOW_MS - 7 * 24 * HOUR),
        (" -24h ", NOW_MS - 24 * HOUR),
        ("-491624h", 0),
    ],
)
def test_time(text, milliseconds):
    assert parse_time("last_execution_start_time", text, NOW) == milliseconds


@pytest.mark.parametrize(
    "text",
    [
        # numbers that the API does not take
        "-1",
        "-1769846400123",
        "9000000000000001",
        "99999999999999999",
        "1769846400.123",
        "1e12",
        "+5",
        "1_000",
        "0x10",
        # no zone, or none that is known everywhere
        "2026-01-31",
        "2026-01-31T08:00:00 Europe/Berlin",
        # no such time, or none that the service knows
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "1969-12-31T23:59:59.999999Z",
        "1970-01-01T00:00:00+08:00",
        "10000-01-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-31T24:00:00Z",
        "2026-01-31T08:60:00Z",
        "2026-01-31T08:00:60Z",
        "2026-01-31T08:00:00+24:00",
        "2026-01-31T08:00:00+8",
        "31.01.2026 08:00:00Z",
        # ages in another form, and before 1970
        "24h",
        "+24h",
        "-",
        "-h",
        "-24",
        "-24 h",
        "-1.5h",
        "-1y",
        "-12h1d",
        "-1h1h",
        "--1h",
        "-1h-1m",
        "-491624h1s",
        "-999999999w",
        "-9999999999s",
        # anything else
        "now",
        "yesterday",
        "None",
    ],
)
def test_other_times_are_refused(text):
    assert refused(parse_time, "last_execution_end_time", text, NOW) == (
        f"last_execution_end_time: {text!r} is not a time that the service can compare. Give milliseconds since the "
        "epoch (0 to 9000000000000000), ISO 8601 with a zone such as 2026-01-31T08:00:00Z, or an age such as -24h or "
        "-1d12h."
    )


zones = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1970, 1, 3), datetime(9999, 12, 30), timezones=zones)


@given(moment=moments, separator=st.sampled_from("T "))
def test_iso_8601_round_trip(moment, separator):
    milliseconds = parse_time("t", moment.isoformat(separator), NOW)
    assert timedelta() <= moment - (EPOCH + timedelta(milliseconds=milliseconds)) < timedelta(milliseconds=1)


@given(milliseconds=st.integers(0, LATEST))
def test_milliseconds_round_trip(milliseconds):
    assert parse_time("t", str(milliseconds), NOW) == milliseconds


@given(parts=st.dictionaries(st.sampled_from("wdhms"), st.integers(0, 500), min_size=1))
def test_age_round_trip(parts):
    age = timedelta(
        weeks=parts.get("w", 0),
        days=parts.get("d", 0),
        hours=parts.get("h", 0),
        minutes=parts.get("m", 0),
        seconds=parts.get("s", 0),
    )
    text = "-" + "".join(f"{parts[unit]}{unit}" for unit in UNIT_SECONDS if unit in parts)
    assert timedelta(milliseconds=NOW_MS - parse_time("t", text, NOW)) == age


@given(text=st.text() | st.text(st.sampled_from("-0123456789wdhmsTZ:+. "), max_size=30))
@example("-" + "9" * 9 + "w")
def test_any_text_is_a_time_or_is_refused(text):
    try:
        milliseconds = parse_time("t", text, NOW)
    except CocError as refusal:
        assert refusal.msg.startswith("t: ")
    else:
        assert 0 <= milliseconds <= LATEST


@pytest.mark.parametrize(
    "written",
    [
        "2026-01-31T16:00:00+08:00",
        "2026-01-31 16:00:00 +08:00",
        "2026-01-31T08:00:00Z",
        "2026-01-31t03:00:00-05:00",
        "2026-01-31 03:00:00.000 -5",
        "'2026-01-31T08:00:00Z'",
        "1769846400000",
        "'1769846400000'",
    ],
)
def test_time_as_yaml_hands_it_over(written):
    """Unquoted, YAML makes a time or a number of it, and ansible-core a text of that again."""
    value = yaml.safe_load(f"last_execution_start_time: {written}")["last_execution_start_time"]
    assert parse_time("last_execution_start_time", str(value), NOW) == NOW_MS


def test_date_is_refused_as_yaml_hands_it_over():
    value = yaml.safe_load("2026-01-31")
    assert "ISO 8601 with a zone" in refused(parse_time, "last_execution_start_time", str(value), NOW)


TIMES_WITHOUT_A_ZONE = ["2026-01-31T08:00:00", "2026-01-31 08:00:00", "2026-01-31T08:00:00.123", "2026-01-31T08:00"]


@pytest.mark.parametrize("written", TIMES_WITHOUT_A_ZONE)
@pytest.mark.parametrize("read", [str, yaml.safe_load], ids=["quoted", "as YAML hands it over"])
def test_time_without_a_zone_is_refused(written, read):
    value = str(read(written))
    assert refused(parse_time, "last_execution_start_time", value, NOW) == (
        f"last_execution_start_time: {value!r} has no zone. Add Z for UTC, or an offset such as +08:00."
    )
