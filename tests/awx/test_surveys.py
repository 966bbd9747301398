# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The surveys and the schedule of the set-up are such that AWX saves them, and people can edit them on screen."""

from __future__ import annotations

import re

import pytest

from ansible_collections.huaweicloud.coc.plugins.filter.task_table import FORMATS
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task_query import ARGUMENT_SPEC
from ansible_collections.huaweicloud.coc.tests.awx.conftest import SETUP

SURVEYS = {
    template["name"]: [*SETUP["vars"]["coc_questions"], *template["questions"]]
    for template in SETUP["vars"]["coc_job_templates"]
}
ALWAYS = {"question_name", "question_description", "variable", "type", "required"}
CHOICES = {f"ansible_huaweicloud_{name}": spec.get("choices") for name, spec in ARGUMENT_SPEC.items()}
CHOICES["coc_format"] = list(FORMATS)
FURTHER = {"text": {"min", "max"}, "integer": {"min", "max"}, "multiplechoice": {"default", "choices"}}


@pytest.mark.parametrize("survey", SURVEYS.values(), ids=SURVEYS)
def test_survey_can_be_left_blank_edited_and_scheduled(survey):
    """AWX 24.6.1 cannot edit a choice without a default, nor schedule one whose blank default is not a choice.

    Its schedules post the default of every question but a text, so a number must not have a blank one.
    """
    assert len({question["variable"] for question in survey}) == len(survey)
    choices = [question for question in survey if question["type"] == "multiplechoice"]
    assert len(choices) >= 3
    for question in survey:
        assert set(question) == ALWAYS | FURTHER[question["type"]]
        assert question["required"] is False
        assert question in choices or 0 <= question["min"] < question["max"]
    for question in choices:
        assert (question["default"], question["choices"][0]) == ("", "")
        assert set(question["choices"][1:]) == set(CHOICES[question["variable"]] or ())


def test_schedule_is_a_rule_that_awx_takes():
    """It requires one start with a time zone, and INTERVAL."""
    assert re.fullmatch(r"DTSTART:\d{8}T060000Z RRULE:FREQ=DAILY;INTERVAL=1", SETUP["vars"]["coc_schedule"])
