# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people run into: an input, through which entrance it comes, and what must happen.

Each row was seen to give a wrong answer without a word, to put a key at risk, or to mislead. Add yours.
"""

from __future__ import annotations

import json
import time
from urllib.parse import quote, urlencode

import pytest

pytest.importorskip("ansible.plugins.lookup", reason="targets have no controller code")

from ansible_collections.huaweicloud.coc.extensions.eda.plugins.event_source.scheduled_task import check_options
from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task_query import build_query
from ansible_collections.huaweicloud.coc.tests.coc_simulator import SECRET_KEY
from ansible_collections.huaweicloud.coc.tests.unit.conftest import queries, run_lookup, run_module, run_python

START, END = "last_execution_start_time", "last_execution_end_time"
NOW = int(time.time())
LATER = NOW + 90000
NO_LIST = "takes one value, not a list. Leave it out and select from the result, or query once for each value."
NO_BOOLEAN = "must not be a boolean. YAML reads yes, no, on and off as booleans: put such text in quotes."
NO_FRACTION = "must not be a number with a fraction. YAML reads 1.10 as 1.1: put such text in quotes."
NO_TIME = "is not a valid time."
FUTURE = "is in the future, so nothing can match yet."
OUTSIDE = "is before the year 2000 or after 2199."
INVISIBLE = "has the invisible character"

# Any entrance


def accounts_lookup(options, variables=None):
    return run_lookup(options, variables=variables, name="scheduled_task_accounts")


def as_variables(options):
    return {f"ansible_huaweicloud_{name}": value for name, value in options.items()}


def run_with(run):
    """Return a function that runs a plugin and returns its error and the filter that it sent."""

    def enter(simulator, connection, options):
        outcome = run(connection, options)
        sent = queries(simulator)[0].replace("limit=1000", "").strip("&") if simulator.requests else ""
        return outcome.msg, sent

    return enter


def check_of_event_source(_simulator, connection, options):
    try:
        return "", urlencode(build_query(check_options({**connection, **options})), quote_via=quote)
    except CocError as error:
        return error.msg, ""


def accounts_in(container):
    return lambda connection, options: accounts_lookup(
        connection, {"coc_accounts": container([{"name": "a", **options}])}
    )


ENTRANCES = {
    "module": run_with(lambda connection, options: run_module({**connection, **options})),
    "keywords": run_with(lambda connection, options: run_lookup({**connection, **options})),
    "variables": run_with(lambda connection, options: run_lookup(connection, variables=as_variables(options))),
    "account": run_with(accounts_in(list)),
    "account in JSON": run_with(accounts_in(json.dumps)),
    "event source": check_of_event_source,
}

# An option's value, and the filter that is sent, or the error.
VALUES = [
    # white space comes along with a file, a text area or YAML's >
    ("created_by", " maria silva\n", "created_by=maria%20silva"),
    ("risk_level", "HIGH\r\n", "risk_level=HIGH"),
    ("task_name", "\t\n", ""),
    ("task_name", "nightly\x07backup", f"task_name: {INVISIBLE} U+0007"),
    ("task_name", "nightly\nbackup", f"task_name: {INVISIBLE} U+000A"),
    # what YAML makes of a text without quotes
    ("task_name", 1.1, f"task_name: {NO_FRACTION}"),
    ("task_name", False, f"task_name: {NO_BOOLEAN}"),
    ("task_name", 404, "task_name=404"),
    ("enterprise_project_id", 0, "enterprise_project_id=0"),
    ("max_retries", "many", "max_retries: 'many' is not a whole number."),
    ("validate_certs", "maybe", "validate_certs: 'maybe' is not true or false."),
    # several values
    ("risk_level", ["HIGH", "LOW"], f"risk_level: {NO_LIST}"),
    ("task_name", '["a", "b"]', f"task_name: {NO_LIST}"),
    ("task_name", {"name": "a"}, "task_name: takes one value, not a dictionary."),
    # times in another unit, and where nothing can match
    (START, 1769846400, f"{START}: 1769846400 {OUTSIDE} Did you mean 1769846400000, in milliseconds?"),
    (END, "1769846400123456", f"{END}: 1769846400123456 {OUTSIDE} Did you mean 1769846400123, in milliseconds?"),
    (START, 0, f"{START}=0"),
    (END, LATER * 1000, f"{END}={LATER}000"),
    (START, LATER * 1000, f"{START}: {LATER}000 {FUTURE}"),
    (START, NOW * 1000 + 3600000, f"{START}={NOW * 1000 + 3600000}"),  # a clock may be off
    (START, "-1M", f"{START}: '-1M' {NO_TIME}"),
    # what is shown of a refused value
    ("task_id", "nightly-backup", "task_id: 'nightly-backup' is not a task ID, which has 26 characters"),
]


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_a_value_is_sent_or_refused(entrance, simulator, connection):
    wrong = []
    for name, value, expected in VALUES:
        simulator.requests.clear()
        error, sent = ENTRANCES[entrance](simulator, connection, {name: value})
        is_right = expected in error if ": " in expected else (error, sent) == ("", expected)
        if not is_right or (error and simulator.requests):
            wrong.append((name, value, error, sent))
    assert wrong == []


# Variables that are not quite inputs

REFUSED = {
    "ansible_huaweicloud_risk": "ansible_huaweicloud_risk_level",
    "ansible_huaweicloud_approv": "ansible_huaweicloud_approve_status",
    "ansible_huaweicloud_enterprise_project": "ansible_huaweicloud_enterprise_project_id",
    "ansible_huaweicloud_last_execution_start": f"ansible_huaweicloud_{START}",
}
REFUSED_FOR_ACCOUNTS = {
    **REFUSED,
    "coc_acounts": "coc_accounts",
    "coc_acount_production": "coc_account_production",
    "coc_max_age_hour": "coc_max_age_hours",
    "coc_max_age": "coc_max_age_hours",
    "coc_cheks": "coc_checks",
    "coc_min_task": "coc_min_tasks",
    "coc_time_zone": "coc_timezone",
    "coc_report_pth": "coc_report_path",
    "coc_risk_level": "ansible_huaweicloud_risk_level",
    "coc_limit": "ansible_huaweicloud_limit",
    "ansible_huaweicloud_accounts": "coc_accounts",
}
OTHERS = """
    ansible_huaweicloud_project ansible_huaweicloud_auth ansible_huaweicloud_bucket coc_report_url coc_report_format
    coc_health coc_asked coc_task_count coc_task_counts coc_task_ids coc_task_names coc_failed_accounts coc_region
    coc_scheduled_tasks coc_abnormal_task_ids coc_rejected_task_ids coc_overdue_task_ids coc_account_id coc_event
    coc_interval coc_playbook coc_project_url coc_organization coc_image coc_accounts_file coc_m coc_owner risk_level
"""


@pytest.mark.parametrize("lookup, names", [(run_lookup, REFUSED), (accounts_lookup, REFUSED_FOR_ACCOUNTS)])
def test_a_variable_that_would_be_ignored_is_refused_with_the_right_name(simulator, connection, lookup, names):
    others = {name: "x" for name in OTHERS.split()}
    for name, meant in names.items():
        outcome = lookup(connection, variables={**others, name: "x"})
        assert outcome.error.startswith(f"{name}: ") and outcome.error.endswith(f"Did you mean {meant}?")
    assert simulator.requests == []
    assert lookup(connection, variables=others).msg == ""


def test_a_variable_of_any_name_can_be_the_value_of_a_filter(simulator, connection):
    outcome = accounts_lookup(connection, {"coc_limit": 1, "ansible_huaweicloud_limit": 1})
    assert (outcome.msg, queries(simulator)) == ("", ["limit=1"])


# Terms of the lookup

NO_ID = "is not a task ID, which has 26 characters and starts with ST. Give options as keywords."
TERMS = [
    ({"secret_key": SECRET_KEY}, f"term: this {NO_ID}"),
    (f"secret_key={SECRET_KEY}", f"term: this {NO_ID}"),
    (f"me:{SECRET_KEY}@example.com", f"term: this {NO_ID}"),
    ("nightly-backup", f"term: 'nightly-backup' {NO_ID}"),
    ("\n{id} ", None),
]


def test_a_term_that_is_no_id_is_refused_and_no_secret_shown(simulator, connection):
    task_id = simulator.tasks[0]["id"]
    for term, error in TERMS:
        outcome = run_lookup(connection, [term.format(id=task_id) if isinstance(term, str) else term])
        assert (outcome.msg == error and SECRET_KEY not in outcome.output) if error else outcome.ids == [task_id]


# Keys

KEYS = [
    ("{}", True),
    ('"{}"', False),
    ("'{}'", False),
    ("{} # production", False),
    ("{} ; production", False),
    ("{}#1", True),
]


@pytest.mark.parametrize("plugin", [run_module, run_lookup, accounts_lookup])
@pytest.mark.parametrize("place", ["HUAWEICLOUD_SDK_", "HW_", "profile"])
def test_quotes_and_comments_around_a_key_cost_no_failed_authentication(
    plugin, place, simulator, endpoint, monkeypatch, tmp_path
):
    for form, is_sent in KEYS:
        simulator.requests.clear()
        keys = ["FakeAccessKey0000001", form.format("FakeSecretKey0000001")]
        if place == "profile":
            (tmp_path / "profile").write_text("[global]\nak = {}\nsk = {}\n".format(*keys))
            monkeypatch.setenv("HUAWEICLOUD_SDK_CREDENTIALS_FILE", str(tmp_path / "profile"))
        for name, key in zip(("AK", "SK") if place == "HUAWEICLOUD_SDK_" else ("ACCESS_KEY", "SECRET_KEY"), keys):
            if place != "profile":
                monkeypatch.setenv(place + name, key)
        outcome = plugin(endpoint)
        error = outcome.msg or outcome.tasks[0]["msg"]
        assert bool(simulator.requests) == is_sent, error
        assert is_sent or "has quotes around it or a comment behind it" in error
        assert "FakeSecretKey" not in outcome.output


# omit, and inline vault values

PLAYBOOK = """
- hosts: localhost
  connection: local
  gather_facts: false
  vars:
    ansible_huaweicloud_risk_level: "{{ nothing | default(omit) }}"
    ansible_huaweicloud_endpoint: "{{ my_endpoint }}"
    coc_account_one: {name: one, region_id: "{{ nothing | default(omit) }}", sk: "{{ nothing | default(omit) }}"}
    secret_key: VAULTED
    options:
      access_key: "{{ my_access_key }}"
      secret_key: VAULTED
      created_by: "{{ nothing | default(omit) }}"
  tasks:
    - ansible.builtin.set_fact:
        single: "{{ query('huaweicloud.coc.scheduled_task', task_name=nothing | default(omit), **options) }}"
        several: "{{ query('huaweicloud.coc.scheduled_task_accounts', access_key=my_access_key, secret_key=secret_key,
                           accounts=[{'name': 'two', 'reviewer': nothing | default(omit)}]) }}"
    - ansible.builtin.assert:
        that: [single | length > 0, several | selectattr('failed') | length == 0, several | length == 2]
"""


def test_what_is_omitted_is_not_given_and_vault_values_are_read(simulator, connection, tmp_path):
    (tmp_path / "password").write_text("FakePassword")
    vault = ("--vault-password-file", str(tmp_path / "password"))
    vaulted = run_python("-m", "ansible.cli.vault", "encrypt_string", *vault, connection["secret_key"]).stdout
    lines = " ".join(vaulted.replace("!vault |", "").split()).replace(" ", "\\n")
    (tmp_path / "playbook.yml").write_text(PLAYBOOK.replace("VAULTED", f'!vault "{lines}"'))
    extra = json.dumps({"my_endpoint": connection["endpoint"], "my_access_key": connection["access_key"]})
    done = run_python("-m", "ansible.cli.playbook", *vault, "-e", extra, str(tmp_path / "playbook.yml"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(queries(simulator)) == {"limit=1000"}
