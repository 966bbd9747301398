# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rulebooks, those in the guide and in EXAMPLES included, use options, fields, events and playbooks that exist."""

from __future__ import annotations

import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_rulebook.condition_parser import parse_condition
from ansible_rulebook.util import substitute_variables
from ansible_rulebook.validators import Validate

from ansible_collections.huaweicloud.coc.extensions.eda.plugins.event_source import scheduled_task as source
from ansible_collections.huaweicloud.coc.plugins.module_utils import _scheduled_task
from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.tests.docs.test_examples import blocks
from ansible_collections.huaweicloud.coc.tests.eda.conftest import CHECKOUT

GUIDE = CHECKOUT / "docs/docsite/rst/event_driven_guide.rst"
PAGE = CHECKOUT / "docs/docsite/rst/event_source.rst"
NAME = "huaweicloud.coc.scheduled_task"

TYPES = {"execution", "approval", "definition", "created", "removed", "failure", "recovery"}
KEYS = {
    "event.scheduled_task": set(_scheduled_task.FIELDS),
    "event.previous": set(_scheduled_task.FIELDS),
    "event.failure": set(CocError("").as_result()),
}
# What YAML the guide has, rulebooks and variables.
DOCUMENTS = [yaml.safe_load(code) for language, code in blocks(GUIDE) if language == "yaml"]


def rulebooks() -> dict[str, list[dict[str, t.Any]]]:
    """Return all rulebooks, by where they are."""
    paths = [*sorted(CHECKOUT.glob("extensions/eda/rulebooks/*")), *sorted(CHECKOUT.glob("docs/examples/rulebooks/*"))]
    found = {str(path.relative_to(CHECKOUT)): yaml.safe_load(path.read_text("utf-8")) for path in paths}
    found["EXAMPLES"] = yaml.safe_load(source.EXAMPLES)
    (found[GUIDE.name],) = (one for one in DOCUMENTS if isinstance(one, list) and "sources" in one[0])
    return found


RULEBOOKS = rulebooks()
SHIPPED = {f"huaweicloud.coc.{path.stem}" for path in (CHECKOUT / "extensions/eda/rulebooks").iterdir()}
each_rulebook = pytest.mark.parametrize("name", RULEBOOKS)


def texts(node: t.Any) -> t.Iterator[str]:
    """Yield each text within a rulebook."""
    if isinstance(node, (dict, list)):
        for child in node.values() if isinstance(node, dict) else node:
            yield from texts(child)
    else:
        yield str(node)


def wrong_names(rulebook: list[dict[str, t.Any]]) -> set[str]:
    """Return what conditions and templates read of an event but no event has."""
    text = "\n".join(texts(rulebook))
    types = set(re.findall(r'event\.type == "(\w*)"', text))
    types |= {name for group in re.findall(r"event\.type in \[(.*?)\]", text) for name in re.findall(r"\w+", group)}
    wrong = types - TYPES
    for path in re.findall(r"\bevent\.[a-z_.]+", text):
        parent, _dot, key = path.rpartition(".")
        if path not in {"event.type", *KEYS} and key not in KEYS.get(parent, ()):
            wrong.add(path)
    return wrong


@each_rulebook
def test_is_valid(name: str) -> None:
    Validate.rulebook(RULEBOOKS[name])  # raises what is wrong, and so does parse_condition
    rules = [rule for ruleset in RULEBOOKS[name] for rule in ruleset["rules"]]
    assert rules
    for rule in rules:
        parse_condition(rule["condition"])


@each_rulebook
def test_gives_the_source_options_that_it_takes(name: str) -> None:
    for ruleset in RULEBOOKS[name]:
        for given in ruleset["sources"]:
            assert set(given) == {NAME}
            options = {key: substitute_variables(value, {}) for key, value in (given[NAME] or {}).items()}
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
    assert set(re.findall(r"^   \* - ``([a-z]+)``$", text, re.MULTILINE)) == TYPES
    assert set(re.findall(r"^   \* - ``(huaweicloud\.coc\.\w+)``$", text, re.MULTILINE)) == SHIPPED
    assert set(re.findall(r"--rulebook (huaweicloud\.coc\.\w+)", text)) <= SHIPPED


def test_the_variables_of_the_guide_are_those_of_the_rulebooks() -> None:
    shipped = [path.read_text("utf-8") for path in (CHECKOUT / "extensions/eda/rulebooks").iterdir()]
    used = set(re.findall(r"\bcoc_\w+(?= \| default)", "".join(shipped)))
    named = {key for document in DOCUMENTS if isinstance(document, dict) for key in document}
    assert {key for key in named if key.startswith("coc_")} <= used
    assert {"drools_db_file_path", "drools_deduplication_window_size"} <= named
    for text in shipped:  # the head of each file, or that of the file that it refers to, explains them
        explained = set(re.findall(r"^# - (coc_\w+):", text, re.MULTILINE))
        assert explained in (set(), set(re.findall(r"\bcoc_\w+(?= \| default)", text)))


def test_the_page_about_the_source_is_up_to_date(tmp_path: Path) -> None:
    written = tmp_path / "page.rst"
    subprocess.run([sys.executable, CHECKOUT / "utils/event_source_docs.py", written], check=True)
    assert PAGE.read_text("utf-8") == written.read_text("utf-8"), "Run utils/event_source_docs.py"
    assert "``interval`` (int)" in written.read_text("utf-8")
