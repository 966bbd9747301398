# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Typos of keywords and variables are refused, and variables for something else are left alone."""

from __future__ import annotations

import string

import pytest

from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task_query import QUERY_PARAMETERS
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._lookup_options import LOOKUP_SPEC
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._validation import refuse_typos, refuse_unknown, validate
from ansible_collections.huaweicloud.coc.tests.unit.conftest import refusal


@pytest.mark.parametrize(
    "keyword, hint",
    [
        ("tsk_name", "Did you mean task_name?"),
        ("risklevel", "Did you mean risk_level?"),
        ("secretkey", "Did you mean secret_key?"),
        ("Region", "Did you mean region?"),
        ("errors_only", "It takes region, endpoint, "),
    ],
)
def test_an_unknown_keyword_is_refused_and_the_nearest_named(keyword, hint):
    error = refusal(refuse_unknown, ["limit", keyword], LOOKUP_SPEC, "the lookup")
    assert error.startswith(f"{keyword}: the lookup has no such option. {hint}")


@pytest.mark.parametrize(
    "typo, option",
    [
        ("ak", "access_key"),
        ("tsk_name", "task_name"),
        ("riskLevel", "risk_level"),
        ("risk-level", "risk_level"),
        ("RISK_LEVEL", "risk_level"),
        *[(typo, "limit") for typo in ("Limit", "limt", "limmit", "limti", "linit", "imit", "limi")],
        ("enterprise_project", "enterprise_project_id"),
        ("task", "task_id or my_task_name or my_task_type"),
    ],
)
def test_a_typo_of_an_option_names_it(typo, option):
    error = refusal(refuse_typos, ["my_limit", "other_limt", f"my_{typo}"], "my_", LOOKUP_SPEC, QUERY_PARAMETERS)
    assert error == f"my_{typo}: looks like a typo. Did you mean my_{option}?"


def is_refused(name):
    try:
        refuse_typos([name], "", LOOKUP_SPEC, QUERY_PARAMETERS)
    except CocError:
        return True
    return False


def test_nearly_every_typo_of_an_option_is_refused():
    typos: list[str] = []
    for option in LOOKUP_SPEC:
        places = range(len(option))
        wrong = {option[:i] + option[i + 1 :] for i in places}  # a letter lost
        wrong |= {option[:i] + option[i] + option[i:] for i in places}  # doubled
        wrong |= {option[:i] + option[i + 1 : i + 2] + option[i : i + 1] + option[i + 2 :] for i in places}  # swapped
        wrong |= {option[:i] + letter + option[i + 1 :] for i in places for letter in string.ascii_lowercase}
        typos += wrong - set(LOOKUP_SPEC)
    assert len(typos) > 11_000
    assert sum(map(is_refused, typos)) > 0.99 * len(typos)


INNOCENT = """
    account account_id agency_name api_id app_key app_secret auth auth_type auth_url availability_zone backup_id
    bandwidth bucket bucket_name ca_cert cce_cluster cluster_id created_at cts_tracker db_name db_user debug delay
    disk_size disk_type dms_id dns_zone domain domain_name eip elb_id endpoints eps_id
    execution_id execution_status file_path filters flavor flavor_id function_name http_proxy iam_endpoint iam_user
    image_id insecure instance_id job_id key_name keypair kafka_topic level limits listener_id log_level lts_group
    max_items max_results mode name namespace network node_pool obs_bucket obs_endpoint page_size password port
    project project_ids project_name protocol proxy rds_id record_name region_ids regions repository resource_group
    resource_ids resource_name resource_type retries role role_name schedule_id script_id secret secret_name
    security_group server_name site snapshot_id source start_time state status subnet_id tags task_ids task_status
    timeouts token topic_urn type user_id username vault_name verify volume_type vpc_id zone zone_id
"""


def test_a_variable_for_something_else_is_left_alone():
    names = INNOCENT.split()
    assert len(names) > 100
    assert [name for name in names if is_refused(name)] == []


def test_options_are_converted_and_have_defaults():
    options = validate({"limit": "7", "validate_certs": "no", "risk_level": " ", "task_name": None}, LOOKUP_SPEC)
    assert (options["limit"], options["validate_certs"], options["on_missing"]) == (7, False, "error")
    assert options["timeout"] == 30.0
    assert options.get("risk_level") is options.get("task_name") is None


@pytest.mark.parametrize(
    "given, words",
    [
        ({"risk_level": "high"}, "value of risk_level must be one of: HIGH, MEDIUM, LOW, got: high"),
        (
            {"limit": "ten", "risk_level": "high"},
            "limit: 'ten' is not a whole number.",
        ),  # only the first, as in a module
    ],
    ids=str,
)
def test_what_no_option_takes_is_refused(given, words):
    assert words in refusal(validate, given, LOOKUP_SPEC)
