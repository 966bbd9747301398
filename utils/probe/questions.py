# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The questions, in the order in which they are asked, and how each is answered.

A question is a generator that does nothing but think: it yields the requests that it needs, is sent their pages, and
returns its answer. The same request is sent once, whoever needs it. No text of an answer may have a value of a task.
"""

from __future__ import annotations

import functools
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import FIELDS
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task_query import TIMES
from ansible_collections.huaweicloud.coc.utils.probe import filters
from ansible_collections.huaweicloud.coc.utils.probe.service import SCOPE, Ask, Page, ask, describe

YES, NO, UNKNOWN = "Yes", "No", "Cannot be told"
DEFAULT_PROJECT = "0"
FURTHER = 3  # how far an offset goes beyond the first task, so that it is not taken for a marker
ORDERED = 5  # different values, before an order counts as more than chance
NAME = re.compile(r".{5,}")  # the shortest name that has a part that is a name, of 3 characters (API definition)


class Answer(t.NamedTuple):
    """What the service does (``verdict``), and the counts or the reason behind it."""

    verdict: str
    evidence: str


@dataclass(frozen=True)
class Account:
    """What is known before a question is asked: ``projects`` that the user named, the headers of the ``scope`` that
    are sent, the ``pages`` so far, the ``rate_headers`` that came with them, and the ``groups`` of filters to try."""

    projects: t.Sequence[str]
    scope: t.Sequence[str]
    pages: t.Mapping[Ask, Page]
    rate_headers: t.Mapping[str, t.Sequence[str]]
    groups: t.Mapping[str, filters.Group]


Steps = t.Generator[Ask, Page, Answer]
Question = t.Callable[[Account], Steps]

ALL = ask()
ONE = ask(limit=1)
REFUSED = ask(limit=1001)
NO_TASKS = Answer(UNKNOWN, "no tasks were returned")


def refused(page: Page) -> Answer:
    """Return the answer to a question that a refusal does not answer."""
    return Answer(UNKNOWN, f"the request was refused: {describe(page.refusal)}" if page.refusal else "")


def tasks_of(page: Page) -> str:
    """Return how many tasks were returned, of how many."""
    return f"{len(page.tasks)} of {page.count} tasks returned"


# Enterprise projects


def default_project(account: Account) -> Steps:
    """Does leaving out enterprise_project_id return tasks of all enterprise projects?"""
    everything = yield ALL
    seen = {task["enterprise_project_id"] for task in everything.tasks}
    if seen - {DEFAULT_PROJECT, None}:
        evidence = (
            f"without it: {everything.count} tasks; the first {len(everything.ids)} belong to {len(seen)} projects"
        )
        return Answer(YES, evidence)
    pages = []
    for project in [DEFAULT_PROJECT, *account.projects[:2]]:
        page = yield ask(enterprise_project_id=project)
        pages.append(page)
    others = sum(task["enterprise_project_id"] != DEFAULT_PROJECT for page in pages for task in page.tasks)
    counts = f"without it: {everything.count}; `0`: {pages[0].count}; " + (
        f"named projects: {', '.join(str(page.count) for page in pages[1:]) or 'none'}"
    )
    if others:
        return Answer(NO, f"only tasks of the default project were returned. {counts}")
    return Answer(UNKNOWN, f"no task outside the default project was returned. {counts}")


def project_filter(account: Account) -> Steps:
    """Does the service filter by enterprise_project_id?"""
    everything = yield ALL
    if not everything.tasks:
        return NO_TASKS
    projects = {task["enterprise_project_id"] for task in everything.tasks}
    known = sorted(project for project in projects if project not in (None, DEFAULT_PROJECT))
    nowhere = filters.impossible_value("enterprise_project_id", everything.tasks) or ""
    pages = {}
    for project in [DEFAULT_PROJECT, *[*account.projects, *known, nowhere][:1]]:
        page = yield ask(enterprise_project_id=project)
        pages[project] = page
    wrong = sum(task["enterprise_project_id"] != project for project, page in pages.items() for task in page.tasks)
    counts = "; ".join(
        f"{'`0`' if project == DEFAULT_PROJECT else 'another'}: {page.count}" for project, page in pages.items()
    )
    counts = f"without it: {everything.count}; {counts}; tasks of a wrong project: {wrong}"
    if not wrong and not any(page.tasks for page in pages.values()):
        return Answer(UNKNOWN, f"neither project has tasks. {counts}")
    return Answer(NO if wrong else YES, counts)


def project_sum(account: Account) -> Steps:
    """Do the counts of the enterprise projects add up to the count without enterprise_project_id?"""
    everything = yield ALL
    if not everything.tasks:
        return NO_TASKS
    if len(everything.tasks) < everything.count:
        return Answer(UNKNOWN, f"{tasks_of(everything)}: the others may belong to further projects")
    projects = sorted({task["enterprise_project_id"] or DEFAULT_PROJECT for task in everything.tasks})
    if len(projects) < 2:
        return Answer(UNKNOWN, "all tasks returned belong to one project")
    counts = []
    for project in projects:
        page = yield ask(enterprise_project_id=project)
        counts.append(page.count)
    verdict = YES if sum(counts) == everything.count else NO
    return Answer(verdict, f"without it: {everything.count}; sum over {len(counts)} projects: {sum(counts)}")


# Filters by a value


def filter_applies(name: str, account: Account) -> Steps:
    """Does the service filter by {name}?"""
    everything = yield ALL
    known = everything.tasks
    if not known:
        return NO_TASKS
    group = account.groups.get(name)
    if group is None:
        return (yield from _filter_without_witness(name, everything, account.groups))
    page = yield ask(**group.values)
    if len(group.values) > 1 and not any(map(group.matches, page.tasks)):
        group = filters.Group({name: group.values[name]})  # another filter of the group may be to blame
        page = yield ask(**group.values)
    if page.refusal:
        return refused(page)
    wrong = sum(task[filters.FIELDS[name]] != group.values[name] for task in page.tasks)
    came = sum(map(group.matches, page.tasks))
    expected = sum(map(group.matches, known))
    witnesses = sum(group.is_witness(task, name) for task in known)
    others = ", ".join(f"`{other}`" for other in group.values if other != name)
    together = f" (asked together with {others})" if others else ""
    counts = (
        f"tasks with the value{together}: {expected}, of which {came} returned; tasks that differ in this field only: "
        f"{witnesses}; tasks returned with another value: {wrong}"
    )
    if wrong:
        return Answer(NO, counts)
    return Answer(YES if came else NO, counts if came else f"a value that tasks have matched none of them. {counts}")


def _filter_without_witness(name: str, everything: Page, groups: t.Mapping[str, filters.Group]) -> Steps:
    """Answer for a filter whose field is the same in all tasks, or in no field at all."""
    known = everything.tasks
    impossible = filters.impossible_value(name, known)
    if impossible is None:
        return Answer(UNKNOWN, "no value is left that no task has")
    page = yield ask(**{name: impossible})
    if page.refusal:
        return refused(page)
    wrong = sum(task.get(filters.FIELDS.get(name, name)) != impossible for task in page.tasks)
    counts = f"a value that no task has matched {page.count} of {everything.count} tasks"
    if wrong:
        return Answer(NO, counts)
    common = filters.common_values(known, groups)
    if name not in common.values:
        return Answer(YES, f"{counts}; no value that should match is known")
    page = yield ask(**common.values)
    if page.refusal:
        return refused(page)
    if not page.tasks:
        return Answer(UNKNOWN, f"{counts}, but the values that all tasks share, asked together, matched none either")
    return Answer(YES, f"{counts}; the value that all tasks share matched {page.count}")


# task_name


class _Name(t.NamedTuple):
    """A task whose name can show something, and how many others must not come by its whole name."""

    task: t.Mapping[str, t.Any]
    witnesses: int


def _pick_name(tasks: t.Sequence[t.Mapping[str, t.Any]]) -> _Name | None:
    """Return the task to ask for by its name: one with letters that have a case, and with many witnesses."""
    tasks = tasks[: filters.MOST_COMPARED]
    names = [str(task["name"] or "") for task in tasks]
    folded = [name.casefold() for name in names]
    found = [
        (name.swapcase() != name, sum(own not in other for other in folded), task)
        for task, name, own in zip(tasks, names, folded)
        if NAME.fullmatch(name)
    ]
    best = max(found, key=lambda row: row[:2], default=None)
    return _Name(best[2], best[1]) if best else None


def name_filter(account: Account) -> Steps:
    """Does the service filter by task_name, given alone and whole?"""
    everything = yield ALL
    picked = _pick_name(everything.tasks)
    if picked is None:
        return Answer(UNKNOWN, "no task has a name of 5 characters or more")
    whole = picked.task["name"]
    page = yield ask(task_name=whole)
    wrong = sum(whole.casefold() not in str(task["name"]).casefold() for task in page.tasks)
    came = picked.task["id"] in page.ids
    counts = f"{page.count} of {everything.count} tasks returned, {wrong} of them without that name"
    if not picked.witnesses:
        impossible = yield ask(task_name=filters.impossible_value("task_name", ()) or "")
        counts += f"; for a name that no task has: {impossible.count}"
        wrong = len(impossible.tasks)
    return Answer(YES if came and not wrong else NO, counts)


def _name_variant(change: t.Callable[[str], str], account: Account) -> Steps:
    applied = yield from name_filter(account)
    everything = yield ALL
    picked = _pick_name(everything.tasks)
    if picked is None or applied.verdict != YES:
        return Answer(UNKNOWN, "not shown that the service filters by the whole name")
    whole = picked.task["name"]
    if change(whole) == whole:
        return Answer(UNKNOWN, "no name has letters with upper and lower case")
    page = yield ask(task_name=change(whole))
    came = picked.task["id"] in page.ids
    meant = "including" if came else "not including"
    return Answer(YES if came else NO, f"tasks returned: {page.count}, {meant} the one meant")


def name_part(account: Account) -> Steps:
    """Does task_name match a part in the middle of a name?"""
    return (yield from _name_variant(lambda name: name[1:-1], account))


def name_case(account: Account) -> Steps:
    """Does task_name match a name in the other case?"""
    return (yield from _name_variant(str.swapcase, account))


# Times


def _pick_time(tasks: t.Sequence[t.Mapping[str, t.Any]]) -> int | None:
    """Return the time in the middle of those when tasks ran, None if none ran."""
    times = sorted({task["last_execution_time"] for task in tasks if task["last_execution_time"] is not None})
    return times[len(times) // 2] if times else None


def time_filter(name: str, account: Account) -> Steps:
    """Does the service filter by {name}?"""
    everything = yield ALL
    at = _pick_time(everything.tasks)
    if at is None:
        return Answer(UNKNOWN, "no task has a last_execution_time")
    inward = 1 if name == TIMES[0] else -1
    witnesses = sum(map(_outside(name, at), everything.tasks))
    inside = sum(_ran(task) and not _outside(name, at + inward)(task) for task in everything.tasks)
    page = yield ask(**{name: at})
    wrong, came = _misplaced(page, name, at), _count_runs(page)
    if not witnesses:  # nothing ran outside: move the bound until something did
        page = yield ask(**{name: at + inward})
        wrong += _misplaced(page, name, at + inward)
    if not came and not inside:  # nothing ran inside: the same
        page = yield ask(**{name: at - inward})
        came = _count_runs(page)
    idle = sum(not _ran(task) for task in page.tasks)
    counts = (
        f"tasks outside the bound: {witnesses}, of which {wrong} returned; tasks within it: {inside}; tasks returned: "
        f"{came} that ran, {idle} that never ran"
    )
    return Answer(YES if came and not wrong else NO, counts)


def _count_runs(page: Page) -> int:
    return sum(map(_ran, page.tasks))


def _misplaced(page: Page, name: str, bound: int) -> int:
    return sum(map(_outside(name, bound), page.tasks))


def time_bound(name: str, account: Account) -> Steps:
    """Does {name} include a task that ran at exactly that time?"""
    applied = yield from time_filter(name, account)
    if applied.verdict != YES:
        return Answer(UNKNOWN, "not shown that the service filters by it")
    everything = yield ALL
    at = _pick_time(everything.tasks)
    page = yield ask(**{name: at or 0})
    expected, came = (
        sum(task["last_execution_time"] == at for task in tasks) for tasks in (everything.tasks, page.tasks)
    )
    return Answer(YES if came else NO, f"such tasks: {expected}, of which {came} returned")


def _ran(task: t.Mapping[str, t.Any]) -> bool:
    return task["last_execution_time"] is not None


def _outside(name: str, bound: int) -> t.Callable[[t.Mapping[str, t.Any]], bool]:
    sign = 1 if name == TIMES[0] else -1
    return lambda task: _ran(task) and sign * (task["last_execution_time"] - bound) < 0


# Pages


def limit_one(account: Account) -> Steps:
    """Does limit=1 return one task?"""
    everything = yield ALL
    if everything.count < 2:
        return Answer(UNKNOWN, f"{tasks_of(everything)}: this needs at least 2")
    page = yield ONE
    return Answer(YES if len(page.tasks) == 1 else NO, tasks_of(page))


def limit_most(account: Account) -> Steps:
    """Does limit=1000 return all tasks up to 1000 at once?"""
    everything = yield ALL
    if not everything.count:
        return NO_TASKS
    verdict = YES if len(everything.tasks) == min(everything.count, 1000) else NO
    return Answer(verdict, f"{tasks_of(everything)}; a cap above the number of tasks does not show")


def limit_beyond(account: Account) -> Steps:
    """Is limit=1001 accepted?"""
    page = yield REFUSED
    return Answer(NO, describe(page.refusal)) if page.refusal else Answer(YES, tasks_of(page))


def _marker_after(page: Page, position: int, everything: Page, sent: str = "") -> str:
    """Return the marker of the list that goes on after the task at ``position``: the service's, if ``page`` ends there,
    else the ID of that task."""
    last = everything.ids[position]
    ends_there = page.ids[-1:] == [last] and page.marker not in (None, sent)
    return page.marker if ends_there and page.marker else last


def _second(everything: Page, page: Page) -> Ask:
    """Return the request for the task after the first one, by its marker."""
    return ask(limit=1, marker=_marker_after(page, 0, everything))


def _place(page: Page, everything: Page) -> int | None:
    """Return where in the list the page begins, None if it is empty or begins after what is known."""
    first = page.ids[:1]
    return everything.ids.index(first[0]) if first and first[0] in everything.ids else None


def middle_marker(account: Account) -> Steps:
    """Does a page in the middle have a value in next_maker?"""
    everything = yield ALL
    if everything.count < 2:
        return Answer(UNKNOWN, f"{tasks_of(everything)}: this needs at least 2")
    page = yield ONE
    if len(page.tasks) >= page.count:
        return Answer(UNKNOWN, f"limit=1 returned them all: {tasks_of(page)}")
    return Answer(YES if page.marker else NO, f"{tasks_of(page)}; next_maker was {page.marker_form}")


def marker_is_id(account: Account) -> Steps:
    """Is next_maker the ID of the last task on the page?"""
    yield ALL
    pages = [page for page in account.pages.values() if page.marker and page.tasks]
    same = sum(page.marker == page.ids[-1] for page in pages)
    if not pages:
        return Answer(UNKNOWN, "no page with tasks had a value in next_maker")
    return Answer(YES if same == len(pages) else NO, f"on {same} of {len(pages)} pages with a next_maker")


def last_marker(account: Account) -> Steps:
    """Does the last page have a value in next_maker, if it was asked for without offset?"""
    yield ALL
    pages = [
        page
        for request, page in account.pages.items()
        if not {"offset", "marker"} & dict(request.query).keys() and 0 < page.count == len(page.tasks)
    ]
    if not pages:
        return Answer(UNKNOWN, "no page was the last one")
    forms = ", ".join(f"{form} on {sum(page.marker_form == form for page in pages)}" for form in _forms(pages))
    return Answer(
        YES if any(page.marker for page in pages) else NO, f"of {len(pages)} last pages, next_maker was {forms}"
    )


def _forms(pages: t.Iterable[Page]) -> list[str]:
    return sorted({page.marker_form for page in pages})


def marker_place(account: Account) -> Steps:
    """Does the page after a marker begin with the task that follows the marker's task?"""
    everything = yield ALL
    if len(everything.tasks) < 2:
        return Answer(UNKNOWN, f"{tasks_of(everything)}: this needs at least 2")
    first = yield ONE
    page = yield _second(everything, first)
    place = _place(page, everything)
    words = {
        0: "it began with the marker's own task",
        1: "it began with the next task",
        None: "no known task was returned",
    }
    return Answer(YES if place == 1 else NO, words.get(place, "it began further on"))


def marker_advances(account: Account) -> Steps:
    """Does the page after a marker have another marker?"""
    everything = yield ALL
    if everything.count < 3 or len(everything.tasks) < 2:
        return Answer(UNKNOWN, f"{tasks_of(everything)}: this needs at least 3")
    first = yield ONE
    request = _second(everything, first)
    page = yield request
    if not page.marker:
        return Answer(UNKNOWN, f"its next_maker was {page.marker_form}")
    return Answer(
        NO if page.marker == dict(request.query)["marker"] else YES, "compared with the marker in the request"
    )


def _offset(everything: Page) -> int:
    """Return the offset to try: of a task that is there, unless there is one task only."""
    return max(1, min(FURTHER, everything.count - 1))


def offset_applies(account: Account) -> Steps:
    """Does offset count tasks from the start of the list?"""
    everything = yield ALL
    if not everything.count:
        return NO_TASKS
    offset = _offset(everything)
    page = yield ask(limit=1, offset=offset)
    if offset >= len(everything.tasks) < everything.count:
        return Answer(UNKNOWN, f"too few tasks on one page: {tasks_of(everything)}")
    place = _place(page, everything)
    if everything.count == 1:
        return Answer(NO if page.tasks else YES, f"with one task and offset=1, {len(page.tasks)} returned")
    where = "with no task that is known" if place is None else f"{place} tasks after the start"
    return Answer(YES if place == offset else NO, f"with offset={offset} the page began {where}")


def offset_marker(account: Account) -> Steps:
    """Does a page in the middle have a value in next_maker, if it was asked for with offset?"""
    everything = yield ALL
    if everything.count < 3:
        return Answer(UNKNOWN, f"{tasks_of(everything)}: this needs at least 3")
    page = yield ask(limit=1, offset=_offset(everything) if everything.count > FURTHER + 1 else 1)
    place = _place(page, everything)
    if place is None or place + len(page.tasks) >= page.count:
        return Answer(UNKNOWN, f"the page was not in the middle: {tasks_of(page)}")
    return Answer(YES if page.marker else NO, f"next_maker was {page.marker_form}")


def last_offset_marker(account: Account) -> Steps:
    """Does the last page have a value in next_maker, if it was asked for with offset?"""
    everything = yield ALL
    if everything.count < 2:
        return Answer(UNKNOWN, f"{tasks_of(everything)}: this needs at least 2")
    applies = yield from offset_applies(account)
    if applies.verdict != YES:
        return Answer(UNKNOWN, "the service did not show that it counts by offset")
    page = yield ask(limit=1, offset=everything.count - 1)
    if not page.tasks:
        return Answer(UNKNOWN, "the page was empty")
    return Answer(YES if page.marker else NO, f"next_maker was {page.marker_form}")


def marker_and_offset(account: Account) -> Steps:
    """Do marker and offset work together: does the offset count from the marker on?"""
    everything = yield ALL
    if len(everything.tasks) < FURTHER + 3:
        return Answer(UNKNOWN, f"{tasks_of(everything)}: it takes {FURTHER + 3} to tell")
    first = yield ONE
    request = _second(everything, first)
    second = yield request
    if second.refusal:
        return Answer(UNKNOWN, f"the marker alone was refused: {describe(second.refusal)}")
    marker = _marker_after(second, 1, everything, str(dict(request.query)["marker"]))
    page = yield ask(limit=1, marker=marker, offset=FURTHER)
    if page.refusal:
        return Answer(NO, f"both in a request were refused: {describe(page.refusal)}")
    place = _place(page, everything)
    if place in (FURTHER + 1, FURTHER + 2):  # with or without the marker's own task
        return Answer(YES, f"with a marker after 2 tasks and offset={FURTHER}, the page began after {place}")
    words = {0: "neither counts", 1: "only the marker counts", 2: "only the marker counts", 3: "only the offset counts"}
    if place not in words:
        return Answer(UNKNOWN, "the page began with no task that was expected")
    return Answer(NO, f"{words[place]}: with a marker after 2 tasks and offset={FURTHER}, the page began after {place}")


# Fields, order, headers, messages


def order(account: Account) -> Steps:
    """Are the tasks in the order of a field?"""
    everything = yield ALL
    found = []
    for field in ("created_time", "modified_time", "last_execution_time", "id", "name"):
        values = [task[field] for task in everything.tasks if task[field] is not None]
        if len(set(values)) < ORDERED:
            continue
        if values == sorted(values):
            found.append(f"`{field}`, ascending")
        elif values == sorted(values, reverse=True):
            found.append(f"`{field}`, descending")
    if found:
        return Answer(YES, f"{len(everything.tasks)} tasks are in the order of {'; also '.join(found)}")
    if len(everything.tasks) < ORDERED:
        return Answer(UNKNOWN, f"{tasks_of(everything)}: this needs at least {ORDERED}")
    return Answer(NO, f"{len(everything.tasks)} tasks, not in the order of a time, the ID or the name")


def empty_fields(account: Account) -> Steps:
    """Do fields come without a value?"""
    everything = yield ALL
    if not everything.raw:
        return NO_TASKS
    lines = []
    for field in FIELDS:
        null, empty, absent = (
            sum(field in task and task[field] is None for task in everything.raw),
            sum(task.get(field) == "" for task in everything.raw),
            sum(field not in task for task in everything.raw),
        )
        if null or empty or absent:
            lines.append(f"`{field}`: {null} null, {empty} empty, {absent} absent")
    return Answer(YES if lines else NO, f"of {len(everything.raw)} tasks; " + ("; ".join(lines) or "all have a value"))


def new_fields(account: Account) -> Steps:
    """Do tasks have fields that the API reference does not list?"""
    everything = yield ALL
    if not everything.raw:
        return NO_TASKS
    unknown = {field for task in everything.raw for field in task} - FIELDS.keys()
    names = ", ".join(f"`{field}`" for field in sorted(unknown) if re.fullmatch("[a-z_]{1,40}", field))
    return Answer(YES if unknown else NO, f"{len(unknown)} such fields{': ' + names if names else ''}")


def scope_needed(account: Account) -> Steps:
    """Must a request name the account or the project (X-Domain-Id, X-Project-Id)?"""
    if not account.scope:
        yield ALL
        return Answer(NO, "the requests had neither header, and were accepted")
    neither = yield ALL.without(*SCOPE)
    if not neither.refusal:
        same = (yield ALL).count == neither.count
        return Answer(
            NO, f"a request with neither was accepted, with {'the same' if same else 'another'} count of tasks"
        )
    if len(account.scope) == 1:
        return Answer(YES, f"{account.scope[0]}; without it: {describe(neither.refusal)}")
    domain, project = SCOPE
    only_domain = yield ALL.without(project)
    needed = f"{project} is needed" if only_domain.refusal else f"{domain} alone is enough"
    return Answer(YES, f"{needed}; without both: {describe(neither.refusal)}")


def rate_limit(account: Account) -> Steps:
    """Do headers tell of a rate limit?"""
    yield ALL
    shown = [f"`{name}`: {_show_rates(values)}" for name, values in sorted(account.rate_headers.items())]
    return Answer(YES if shown else NO, "; ".join(shown) or "no response had one")


def _show_rates(values: t.Sequence[str]) -> str:
    """Return the first and the last value if they are numbers with words that are known."""
    word = r"((remain|limit|time|reset):)?\d{1,12}( ?(second|minute|hour|day)s?)?"
    shown = [
        value if re.fullmatch(f"{word}([,;] ?{word})*", value) else "(not shown)" for value in (values[0], values[-1])
    ]
    return f"`{shown[0]}` first, `{shown[1]}` last, on {len(values)} responses"


def language(is_asked_for: bool, account: Account) -> Steps:
    """Are error messages in English {words} X-Language: en-us?"""
    bad = yield REFUSED
    request = REFUSED if bad.refusal else ask(risk_level="NONE")
    page = yield request if is_asked_for else request.without("X-Language")
    if page.is_chinese is None:
        return Answer(UNKNOWN, "a wrong value was refused without a message" if page.refusal else "nothing was refused")
    return Answer(NO if page.is_chinese else YES, "the message was in " + ("Chinese" if page.is_chinese else "English"))


class Row(t.NamedTuple):
    """A question: a key for tests, its words, how it is answered, and whether that takes a refusal for an answer."""

    key: str
    words: str
    ask: Question
    takes_refusals: bool = False


def _row(question: t.Callable[..., Steps], key: str = "", takes_refusals: bool = False, **words: str) -> Row:
    text = " ".join((question.__doc__ or "").split()).format(**words)
    return Row(key or question.__name__, text, question, takes_refusals)


def _filter_row(name: str) -> Row:
    return _row(filter_applies, f"filter_{name}", takes_refusals=True, name=name)._replace(
        ask=functools.partial(filter_applies, name)
    )


def _time_rows(name: str) -> list[Row]:
    applies = _row(time_filter, f"filter_{name}", name=name)._replace(ask=functools.partial(time_filter, name))
    bound = _row(time_bound, f"bound_{name}", name=name)._replace(ask=functools.partial(time_bound, name))
    return [applies, bound]


def _language_row(is_asked_for: bool) -> Row:
    words = "with" if is_asked_for else "without"
    return _row(language, f"language_{words}", takes_refusals=True, words=words)._replace(
        ask=functools.partial(language, is_asked_for)
    )


# What is least known comes first: requests may run out. What needs no request of its own comes last.
QUESTIONS = [
    _row(default_project),
    _row(project_filter),
    _row(name_filter),
    _row(name_part),
    _row(name_case),
    *_time_rows(TIMES[0]),
    *_time_rows(TIMES[1]),
    _filter_row("resource_id"),
    _row(limit_one),
    _row(middle_marker),
    _row(marker_place),
    _row(marker_advances),
    _row(offset_applies),
    _row(offset_marker),
    _row(last_offset_marker),
    _row(marker_and_offset, takes_refusals=True),
    _row(limit_most),
    _row(limit_beyond, takes_refusals=True),
    _row(scope_needed, takes_refusals=True),
    _language_row(True),
    _language_row(False),
    *map(_filter_row, filters.FIELDS),
    _row(project_sum),
    _row(last_marker),
    _row(marker_is_id),
    _row(order),
    _row(empty_fields),
    _row(new_fields),
    _row(rate_limit),
]
