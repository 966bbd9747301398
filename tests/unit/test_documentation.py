# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation says what the code does: options, variables, errors, results, action groups."""

from __future__ import annotations

import functools
import re

import pytest
import yaml
from ansible.plugins.loader import fragment_loader, lookup_loader, module_loader
from ansible.utils.plugin_docs import get_plugin_docs

from ansible_collections.huaweicloud.coc.plugins.module_utils import (
    _client,
    _credentials,
    _endpoint,
    _scheduled_task,
    _scheduled_task_query,
)
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._lookup_options import LOOKUP_SPEC
from ansible_collections.huaweicloud.coc.tests.coc_simulator import status
from ansible_collections.huaweicloud.coc.tests.unit.conftest import COLLECTION, run_lookup, run_module

README = COLLECTION / "README.md"
MODULE = "huaweicloud.coc.scheduled_task_info"
LOOKUP = "huaweicloud.coc.scheduled_task"
VARIABLE = "ansible_huaweicloud_"

SPECS = {MODULE: _scheduled_task_query.ARGUMENT_SPEC, LOOKUP: LOOKUP_SPEC}

by_name = pytest.mark.parametrize("name", SPECS)


@functools.lru_cache
def documentation(plugin):
    """Return DOCUMENTATION, EXAMPLES and RETURN, with the fragments, as ansible-doc has them."""
    kind, loader = ("module", module_loader) if plugin == MODULE else ("lookup", lookup_loader)
    return get_plugin_docs(plugin, kind, loader, fragment_loader, False)[:3]


def options(plugin):
    return {name: facts for name, facts in documentation(plugin)[0]["options"].items() if name != "_terms"}


# Options


FACTS = ("type", "default", "choices", "aliases", "elements", "required")


@by_name
def test_the_documented_options_are_those_of_the_code(name):
    documented, coded = (
        {option: {fact: facts[fact] for fact in FACTS if facts.get(fact) is not None} for option, facts in spec.items()}
        for spec in (options(name), SPECS[name])
    )
    assert documented == coded


def test_the_two_plugins_document_the_same_options():
    module, lookup = ({name: {**facts, "vars": None} for name, facts in options(key).items()} for key in SPECS)
    del lookup["cache_timeout"], lookup["on_missing"]
    assert module == lookup


def test_every_option_of_the_lookup_has_its_variable():
    variables = {name: [variable["name"] for variable in option["vars"]] for name, option in options(LOOKUP).items()}
    assert variables == {name: [VARIABLE + name] for name in SPECS[LOOKUP]}


@by_name
def test_the_documented_environment_variables_are_those_that_are_read(name):
    read = {value for name, value in vars(_endpoint).items() if name.endswith("_VARIABLE")}
    read |= {value for name, value in vars(_credentials).items() if name.endswith("_VARIABLE")}
    read |= {*_credentials.SDK_ENVIRONMENT.values(), *_credentials.TERRAFORM_ENVIRONMENT.values()}
    read |= set(_credentials.CONTAINER_ENVIRONMENT.values())
    read |= {"REQUESTS_CA_BUNDLE", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"}
    assert set(re.findall(r"E\((\w+)\)", str(documentation(name)[0]))) == read


def test_the_action_group_has_every_module():
    modules = sorted(path.stem for path in (COLLECTION / "plugins" / "modules").glob("*.py") if path.stem != "__init__")
    runtime = yaml.safe_load((COLLECTION / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    assert runtime["action_groups"] == {"coc": modules}


def test_the_guide_to_errors_names_every_status_and_error_code_that_the_code_knows():
    text = (COLLECTION / "docs/docsite/rst/errors_and_retries.rst").read_text(encoding="utf-8")
    known = {f"HTTP {status}" for status in {403, *_client.TRANSIENT_STATUSES, *_client.STATUS_ADVICE}}
    known |= {*_client.TRANSIENT_CODES, *_client.CODE_ADVICE}
    assert {name for name in known if name not in text} == set()


def test_readme_names_every_option_and_every_site():
    text = README.read_text(encoding="utf-8")
    assert set(SPECS[LOOKUP]) <= set(re.findall(r"`(\w+)", text))
    for region, (site, endpoint) in _endpoint.SITES.items():
        assert f"| {site} | `{region}` | `{endpoint}` |" in text


# Variables, which nothing checks where a page does not use them in a play; tests/docs runs the examples


def test_every_variable_that_is_named_is_that_of_an_option():
    pages = [COLLECTION / "README.md", *(COLLECTION / "docs").rglob("*.*"), *(COLLECTION / "playbooks").rglob("*.*")]
    texts = [page.read_text("utf-8") for page in pages if page.suffix in (".md", ".rst", ".yml", ".j2")]
    named = {name for text in texts for name in re.findall(VARIABLE + r"(\w+)", text)}
    assert "task_name" in named
    assert named <= set(SPECS[LOOKUP])


# Results

TYPES = {"str": str, "int": int, "bool": bool, "list": list, "dict": dict}


def of_type(documented, found):
    """Return whether ``found``, of which some are not null, are all of the documented type."""
    found = [one for one in found if one is not None]
    kind = TYPES[documented["type"]]
    return bool(found) and all(isinstance(one, kind) and isinstance(one, bool) == (kind is bool) for one in found)


@pytest.mark.parametrize(
    "ending, faults",
    [("success", []), ("failure", [status(403, headers={"Retry-After": "7"})])],
    ids=["success", "failure"],
)
def test_return_is_what_comes_back(simulator, connection, ending, faults):
    simulator.faults += faults
    result = run_module({**connection, "limit": 59}).result
    documented = {key: facts for key, facts in documentation(MODULE)[2].items() if facts["returned"].startswith(ending)}
    assert set(result) - {"changed", "failed", "exception", "invocation"} == set(documented)
    for key, facts in documented.items():
        assert of_type(facts, [result[key]]) and of_type(facts, [facts["sample"]]), key


def test_tasks_of_both_plugins_and_of_the_sample_have_the_documented_fields(connection):
    documented = documentation(MODULE)[2]["scheduled_tasks"]
    returned_by_lookup = documentation(LOOKUP)[2]
    assert list(returned_by_lookup) == ["_raw"]
    for facts in (documented, returned_by_lookup["_raw"]):
        assert (facts["type"], facts["elements"]) == ("list", "dict")
    fields, [sample] = documented["contains"], documented["sample"]
    tasks = [sample, *run_module(connection).tasks, *run_lookup(connection).tasks]
    assert {tuple(task) for task in tasks} == {tuple(fields)} == {tuple(_scheduled_task.FIELDS)}
    assert [name for name, facts in fields.items() if not of_type(facts, [task[name] for task in tasks])] == []
