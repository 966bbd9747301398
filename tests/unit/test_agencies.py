# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several accounts, and the agencies of some: what they have in common, and what a run shares of an exchange."""

from __future__ import annotations

import json

from ansible_collections.huaweicloud.coc.plugins.plugin_utils._run_cache import RunCache
from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.coc_simulator import iam, status
from ansible_collections.huaweicloud.coc.tests.unit.conftest import ids_of, run_lookup
from ansible_collections.huaweicloud.coc.tests.unit.plugins.module_utils import test__sts
from ansible_collections.huaweicloud.coc.tests.unit.plugins.module_utils.test__sts import (
    BY_ID,
    BY_NAME,
    TASKS,
    V3,
    paths,
)

connection = test__sts.connection  # the fixture


def run_accounts(connection, *accounts):
    return run_lookup({**connection, "accounts": list(accounts), "forks": 1}, name="scheduled_task_accounts").tasks


def test_one_key_reads_two_accounts(simulator, connection):
    common = {**connection, "domain_id": "of the base account"}
    base, branch = run_accounts(common, {"name": "Base"}, {"name": "Branch", **BY_NAME, "access_key": ""})
    assert (ids_of(base["scheduled_tasks"]), ids_of(branch["scheduled_tasks"])) == (
        ids_of(simulator.tasks),
        ids_of(simulator.agency_tasks),
    )
    assert [request.header("X-Domain-Id") for request in simulator.requests] == ["of the base account", None, None]


def test_hosts_share_the_result_but_no_temporary_key(simulator, connection, monkeypatch):
    """With cache_timeout, they make one exchange between them, and no file has what it gave."""
    kept: list[str] = []
    keep = RunCache._write

    def note(*values, **more):
        kept.append(f"{values}{more}")
        keep(*values, **more)

    monkeypatch.setattr(RunCache, "_write", note)
    same = [{"name": name, **BY_NAME} for name in ("1", "2", "3")]
    entries = run_accounts({**connection, "cache_timeout": 60}, *same)
    assert [entry["count"] for entry in entries] == [len(simulator.agency_tasks)] * 3
    assert paths(simulator) == [V3, TASKS]
    secret, token = coc_simulator.TEMPORARY[coc_simulator.AGENCY_ACCESS_KEY], "SecurityToken"
    assert kept and not any(text in entry for entry in kept for text in (secret, token, coc_simulator.SECRET_KEY))


def test_a_key_of_its_own_is_not_used_for_the_agency_of_all(simulator, connection):
    keys = {name: connection[name] for name in ("access_key", "secret_key")}
    own, common = run_accounts({**connection, **BY_NAME}, {"name": "own", **keys}, {"name": "common"})
    assert (own["count"], common["count"]) == (len(simulator.tasks), len(simulator.agency_tasks))


def test_one_file_has_the_profiles_of_all_accounts(simulator, connection, endpoint, tmp_path):
    keys = {"accessKeyId": connection["access_key"], "secretAccessKey": connection["secret_key"]}
    agency = {"agencyName": iam.AGENCY, "agencyDomainName": iam.DOMAIN_NAME}
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"profiles": [{"name": "base", **keys}, {"name": "branch", **keys, **agency}]}))
    file.chmod(0o600)
    accounts = [{"name": name, "profile": name.lower()} for name in ("Base", "Branch")]
    base, branch = run_accounts({**endpoint, "credentials_file": str(file)}, *accounts)
    assert (base["count"], branch["count"]) == (len(simulator.tasks), len(simulator.agency_tasks))


def test_a_blank_agency_of_an_account_is_refused(simulator, connection):
    outcome = run_lookup(
        {**connection, "accounts": [{"name": "Branch", "agency_name": ""}]}, name="scheduled_task_accounts"
    )
    assert "agency_name: is blank." in outcome.error
    assert simulator.connections == 0


def test_a_refused_base_key_is_sent_once(simulator, connection):
    wrong = {**connection, "secret_key": "FakeWrongSecretKey0000001"}
    entries = run_accounts(wrong, {"name": "1", **BY_NAME}, {"name": "2", **BY_ID}, {"name": "3"})
    assert [entry["status"] for entry in entries] == [401] * 3
    assert paths(simulator) == [V3]


def test_an_agency_that_is_refused_concerns_no_other(simulator, connection):
    wrong = {**BY_NAME, "agency_name": "other"}
    entries = run_accounts(connection, {"name": "1", **wrong}, {"name": "2", **BY_NAME}, {"name": "3"})
    assert [entry["failed"] for entry in entries] == [True, False, False]


def test_temporary_keys_are_not_refused_for_the_base_key(simulator, connection):
    simulator.faults += [None, status(401)]
    entries = run_accounts(connection, {"name": "1", **BY_NAME}, {"name": "2", **BY_ID}, {"name": "3"})
    assert [entry["failed"] for entry in entries] == [True, False, False]
    words = f"The credentials came from agency '{iam.AGENCY}' of account '{iam.DOMAIN_NAME}', by those in the options."
    assert words in entries[0]["msg"]
