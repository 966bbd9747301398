# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rulebooks, those in the guide and in EXAMPLES included, use options, fields, events and playbooks that exist."""

from __future__ import annotations

import re
import typing as t

import pytest
import yaml
from jinja2.nativetypes import NativeEnvironment

from ansible_collections.huaweicloud.coc.extensions.eda.plugins.event_source import scheduled_task as source
from ansible_collections.huaweicloud.coc.plugins.module_utils import _scheduled_task, _scheduled_task_query
from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.tests.eda.conftest import CHECKOUT, GUIDE, GUIDE_YAML, RULEBOOKS

NAME = "huaweicloud.coc.scheduled_task"

TYPES = {"execution", "approval", "definition", "created", "removed", "failure", "recovery"}
KEYS = {
    "event.scheduled_task": set(_scheduled_task.FIELDS),
    "event.previous": set(_scheduled_task.FIELDS),
    "event.failure": set(CocError("").as_result()),
}
SHIPPED = {f"huaweicloud.coc.{path.stem}" for path in (CHECKOUT / "extensions/eda/rulebooks").iterdir()}
each_rulebook = pytest.mark.parametrize("name", RULEBOOKS)


def texts(node: t.Any) -> t.Iterator[str]:
    """Yield each text within a rulebook."""
    if isinstance(node, (dict, list)):
        for child in node.values() if isinstance(node, dict) else node:
            yield from texts(child)
    else:
        yield str(node)


def render(value: t.Any) -> t.Any:
    """Return the value of an option, without variables, as ansible-rulebook does."""
    return NativeEnvironment().from_string(value).render() if isinstance(value, str) else value


def wrong_names(rulebook: list[dict[str, t.Any]]) -> set[str]:
    """Return what conditions and templates read of an event but no event has."""
    text = "\n".join(texts(rulebook))
    types = set(re.findall(r'event\.type == "(\w*)"', text))
    types |= {name for group in re.findall(r"event\.type in \[(.*?)\]", text) for name in re.findall(r"\w+", group)}
    wrong = types - TYPES
    for path in re.findall(r"\bevent\.[a-z_.]+", text):
        parent, _dot, key = path.rpartition(".")
        if path not in {"event.type", "event.duration", *KEYS} and key not in KEYS.get(parent, ()):
            wrong.add(path)
    return wrong


@each_rulebook
def test_gives_the_source_options_that_it_takes(name: str) -> None:
    for ruleset in RULEBOOKS[name]:
        for given in ruleset["sources"]:
            assert set(given) == {NAME}
            options = {key: render(value) for key, value in (given[NAME] or {}).items()}
            source.check_options(options)  # raises what is wrong


@each_rulebook
def test_reads_what_events_have(name: str) -> None:
    assert wrong_names(RULEBOOKS[name]) == set()


@each_rulebook
def test_runs_playbooks_of_the_collection(name: str) -> None:
    playbooks = re.findall(r"default\('huaweicloud\.coc\.(\w+)'\)", "\n".join(texts(RULEBOOKS[name])))
    assert all((CHECKOUT / f"playbooks/{playbook}.yml").exists() for playbook in playbooks)
    assert bool(playbooks) == ("run_playbook" in str(RULEBOOKS[name]))


@pytest.mark.parametrize(
    "text, wrong",
    [
        ('event.type == "executed"', {"executed"}),
        ('event.type in ["created", "new"]', {"new"}),
        ("event.scheduled_task.status", {"event.scheduled_task.status"}),
        ("event.task.name", {"event.task.name"}),
        ("{{ event.failure.message }}", {"event.failure.message"}),
        ("{{ event.previous.execution_count }}", set()),
    ],
)
def test_a_wrong_name_would_be_found(text: str, wrong: set[str]) -> None:
    assert wrong_names([{"rules": [{"condition": text}]}]) == wrong


def test_the_guide_names_every_type_of_event_and_every_rulebook() -> None:
    text = GUIDE.read_text("utf-8")
    assert len(SHIPPED) == 3
    table = text.partition("``event.type``\n")[2].partition("\n``event.scheduled_task``")[0]
    assert set(re.findall(r"^   \* - ``([a-z]+)``$", table, re.MULTILINE)) == TYPES
    assert set(re.findall(r"^   \* - ``(huaweicloud\.coc\.\w+)``$", text, re.MULTILINE)) == SHIPPED
    assert set(re.findall(r"--rulebook (huaweicloud\.coc\.\w+)", text)) <= SHIPPED


def test_the_variables_of_the_guide_are_those_of_the_rulebooks() -> None:
    shipped = [path.read_text("utf-8") for path in (CHECKOUT / "extensions/eda/rulebooks").iterdir()]
    used = set(re.findall(r"\bcoc_\w+(?= \| default)", "".join(shipped)))
    named = {key for document in GUIDE_YAML if isinstance(document, dict) for key in document}
    assert {key for key in named if key.startswith("coc_")} <= used
    assert set(re.findall(r"\* - ``(coc_\w+)``\n     - (?:all|``)", GUIDE.read_text("utf-8"))) == used  # the table
    assert {"drools_db_file_path", "drools_deduplication_window_size"} <= named
    for text in shipped:  # the head of each file, or that of the file that it refers to, explains them
        explained = set(re.findall(r"^# - (coc_\w+):", text, re.MULTILINE))
        assert explained in (set(), set(re.findall(r"\bcoc_\w+(?= \| default)", text)))


def test_the_guide_names_the_options_that_only_the_source_has_and_those_that_it_lacks() -> None:
    section = GUIDE.read_text("utf-8").partition("Options of the source\n")[2].partition("\nEnvironment variables")[0]
    lacks = section.partition("except for")[2].partition(":")[0]
    module = set(_scheduled_task_query.ARGUMENT_SPEC)
    assert set(re.findall(r"``(\w+)``", lacks)) == module - set(source.SOURCE_SPEC)
    own = set(re.findall(r"^   \* - ``(\w+)``$", section, re.MULTILINE))
    assert own == set(source.SOURCE_SPEC) - module == set(yaml.safe_load(source.DOCUMENTATION)["options"])
    assert f"The default is ``{source.SOURCE_SPEC['interval']['default']}``." in section
