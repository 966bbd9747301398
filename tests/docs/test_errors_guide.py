# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide to errors says what the suite shows, and lists the messages of the code, all of them and no other.

Its examples wait for what may pass, and send a wrong key once.
"""

from __future__ import annotations

import ast
import math
import re
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.huaweicloud.coc.plugins.module_utils import _client, _credentials, _transport
from ansible_collections.huaweicloud.coc.plugins.module_utils._options import CONNECTION
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import MAX_DEPTH
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task_query import QUERY_PARAMETERS
from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.docs.test_examples import blocks
from ansible_collections.huaweicloud.coc.tests.unit.fault_table import EVERY_ROW, HARMLESS, RECOVERS

CHECKOUT = Path(__file__).parents[2]
GUIDE = CHECKOUT / "docs/docsite/rst/errors_and_retries.rst"
TITLE = re.compile(r"^(.+)\n(?:=+|-+)\n", re.MULTILINE)
CELL = re.compile(r"^   \* - (``.+(?:\n       .+)*)", re.MULTILINE)  # in the first column of a table
TEXT = GUIDE.read_text("utf-8")
SECTIONS = dict(zip(TITLE.findall(TEXT), TITLE.split(TEXT)[2::2]))
# An ellipsis stands for what varies.
MESSAGES = [
    " ".join(message.split())
    for cell in CELL.findall(SECTIONS["Messages"])
    for message in re.findall(r"``([^`]+)``", cell)
]

CODE = [
    node
    for folder in ("lookup", "module_utils", "plugin_utils")
    for path in CHECKOUT.glob(f"plugins/{folder}/*.py")
    for node in ast.walk(ast.parse(path.read_text("utf-8")))
]
CONSTANTS = {**vars(_client), **vars(_credentials), **vars(_transport)}
RAISERS = {"CocError": 0, "TransportError": 0, "Meaning": 2, "Failure": 0, "warn": 0, "warning": 0}


def section(title):
    return " ".join(SECTIONS[title].replace("``", "").split())


def template(node):
    """Return a string of the code, with an ellipsis for each value that is put in; None for anything else."""
    if isinstance(node, ast.FormattedValue):
        constant = CONSTANTS.get(getattr(node.value, "id", ""))
        return constant if isinstance(constant, str) else "…"
    if isinstance(node, ast.JoinedStr):
        return "".join(map(str, map(template, node.values)))
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def messages_of_the_code():
    """Return the texts that the code raises or warns with, and those that a decision about pages returns."""
    calls = [
        (node, getattr(node.func, "attr", getattr(node.func, "id", ""))) for node in CODE if isinstance(node, ast.Call)
    ]
    texts = [template(call.args[RAISERS[name]]) for call, name in calls if name in RAISERS and call.args]
    texts += [template(node.value) for node in CODE if isinstance(node, ast.Return)]
    return [text for text in texts if text and " " in text.strip("GET… .")]


def has(text, message):
    return re.search(".*".join(map(re.escape, message.split("…"))), text)


def test_the_guide_says_what_becomes_of_each_fault():
    again, never, harmless = map(section, ("What is tried again", "What is never tried again", "What does no harm"))
    for row in EVERY_ROW:
        retried = row.outcome == RECOVERS or row.options.get("max_retries") == 0
        text = harmless if row.outcome == HARMLESS else again if retried else never
        assert row.phrase.lower() in text.lower(), row.name


def test_the_guide_says_how_long_it_takes():
    retries, timeout = (CONNECTION[option]["default"] for option in ("max_retries", "timeout"))
    requests = (retries + 1) * timeout
    own_pauses = sum(0.5 * 2**number for number in range(retries))
    text = section("How long it can take")
    assert f"{math.ceil(requests + own_pauses)} seconds by default" in text
    assert f"{requests + retries * _client.LONGEST_DELAY:.0f} seconds where the service asks" in text


def test_the_guide_says_the_bounds():
    assert f"more than {MAX_DEPTH} levels deep" in section("What does no harm")
    assert f"larger than {_transport.MAX_BODY // 1024**2} MiB" in section("What is never tried again")
    assert _client.LONGEST_DELAY == 60
    assert "up to a minute" in section("What is tried again")


def test_the_code_has_every_message_of_the_guide():
    known = [text for node in CODE if (text := template(node)) is not None]
    known += [words for row in EVERY_ROW for words in row.words]
    known += ArgumentSpecValidator(QUERY_PARAMETERS).validate({"risk_level": "x", "limit": "x"}).error_messages
    assert len(MESSAGES) > 50
    assert [message for message in MESSAGES if not any(has(text, message) for text in known)] == []


def test_the_guide_has_every_message_of_the_code():
    texts = messages_of_the_code()
    assert len(texts) > 40
    assert [text for text in texts if not any(has(text, message) for message in MESSAGES)] == []


UNTIL, RESCUE = [yaml.safe_load(code.replace("delay: 600", "delay: 0")) for _language, code in blocks(GUIDE)]
AWAY = coc_simulator.reset()
GOES_ON = "There is no list of scheduled tasks. GET "


@pytest.mark.parametrize(
    "tasks, faults, requests, succeeds, words",
    [
        (UNTIL, [], 1, True, ""),
        (UNTIL, [503, AWAY, 429], 4, True, ""),
        (UNTIL, [503] * 7, 7, False, "HTTP 503"),
        (UNTIL, [401], 1, False, "HTTP 401"),
        (UNTIL, [503, 401], 2, False, "HTTP 401"),
        (RESCUE, [503], 1, True, GOES_ON + ".*HTTP 503"),
        (RESCUE, [AWAY], 1, True, GOES_ON + ".*Connection reset by peer"),
        (RESCUE, [403], 1, False, "HTTP 403"),
    ],
    ids=["well", "comes back", "stays away", "refused", "refused later", "503", "reset", "403"],
)
def test_examples_go_on_only_after_what_may_pass(run, simulator, tmp_path, tasks, faults, requests, succeeds, words):
    simulator.faults += [coc_simulator.status(fault) if isinstance(fault, int) else fault for fault in faults]
    defaults = {"group/huaweicloud.coc.coc": {"max_retries": 0}}
    play = {"hosts": "localhost", "gather_facts": False, "module_defaults": defaults, "tasks": tasks}
    (tmp_path / "playbook.yml").write_text(yaml.safe_dump([play]))
    done = run("ansible-playbook", tmp_path / "playbook.yml")
    assert (done.returncode == 0) == succeeds, done.stdout
    assert re.search(words, " ".join(done.stdout.split()))
    assert len(simulator.requests) == requests
