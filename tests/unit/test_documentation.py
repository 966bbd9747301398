# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation says what the code does: options, examples, results, environment variables, action groups.

Examples are those of the plugins and the playbooks, and the YAML in README.md and in the guides. That they run, and so
give options that exist and values that pass, is shown by tests/docs, the integration tests and tests/awx.
"""

from __future__ import annotations

import functools
import re
import textwrap
from pathlib import Path

import jinja2
import pytest
import yaml
from ansible.plugins.loader import fragment_loader, lookup_loader, module_loader
from ansible.utils.plugin_docs import get_plugin_docs
from jinja2 import nodes

from ansible_collections.huaweicloud.coc.plugins.lookup import scheduled_task
from ansible_collections.huaweicloud.coc.plugins.module_utils import (
    _credentials,
    _endpoint,
    _scheduled_task,
    _scheduled_task_query,
)
from ansible_collections.huaweicloud.coc.tests.coc_simulator import status
from ansible_collections.huaweicloud.coc.tests.unit.conftest import COLLECTION, run_lookup, run_module

README = COLLECTION / "README.md"
MODULE = "huaweicloud.coc.scheduled_task_info"
LOOKUP = "huaweicloud.coc.scheduled_task"
VARIABLE = "ansible_huaweicloud_"

SPECS = {MODULE: _scheduled_task_query.ARGUMENT_SPEC, LOOKUP: scheduled_task.OPTIONS}

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
    read = {_endpoint.REGION_VARIABLE, _endpoint.ENDPOINT_VARIABLE, _credentials.FILE_VARIABLE}
    read |= {*_credentials.SDK_ENVIRONMENT.values(), *_credentials.TERRAFORM_ENVIRONMENT.values()}
    read |= {"REQUESTS_CA_BUNDLE", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"}
    assert set(re.findall(r"E\((\w+)\)", str(documentation(name)[0]))) == read


def test_the_action_group_has_every_module():
    modules = sorted(path.stem for path in (COLLECTION / "plugins" / "modules").glob("*.py") if path.stem != "__init__")
    runtime = yaml.safe_load((COLLECTION / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    assert runtime["action_groups"] == {"coc": modules}


def test_readme_names_every_option_and_every_site():
    text = README.read_text(encoding="utf-8")
    assert set(SPECS[LOOKUP]) <= set(re.findall(r"`(\w+)", text))
    for region, (site, endpoint) in _endpoint.SITES.items():
        assert f"| {site} | `{region}` | `{endpoint}` |" in text


# Examples

BLOCKS = {
    ".md": re.compile(r"^```yaml\S*\n(.*?)^```", re.MULTILINE | re.DOTALL),
    ".rst": re.compile(r"^\.\. code-block:: yaml\S*\n\s*\n((?:(?: .*)?\n)+)", re.MULTILINE),
}
BARE = ("when", "that", "until", "failed_when", "changed_when")  # keywords whose text may be an expression
# What they read, besides fields: of any registered result, of an account, and of an event.
OTHER_KEYS = {"results", "changed", "failed", "skipped", "msg", "region", "scheduled_task", "failure"}


def texts():
    """Yield name and text of everything that has examples."""
    for plugin in SPECS:
        yield f"{plugin} EXAMPLES", documentation(plugin)[1]
    for path in [README, *sorted(COLLECTION.glob("docs/**/*")), *sorted(COLLECTION.glob("playbooks/**/*"))]:
        if path.suffix in (".md", ".rst", ".yml", ".yaml", ".j2") and "build" not in path.parts:
            yield str(path.relative_to(COLLECTION)), path.read_text(encoding="utf-8")


TEXTS = dict(texts())


def documents(name):
    """Return the YAML documents in a text."""
    blocks = BLOCKS.get(Path(name).suffix)
    codes = map(textwrap.dedent, blocks.findall(TEXTS[name])) if blocks else [TEXTS[name]]
    return [document for code in codes for document in yaml.safe_load_all(code)]


def templates(node, key=""):
    """Yield each Jinja template within a YAML document, parsed; a backslash is one, as it is for Ansible."""
    if isinstance(node, dict):
        for name, child in node.items():
            yield from templates(child, name)
    elif isinstance(node, list):
        for child in node:
            yield from templates(child, key)
    elif isinstance(node, str) and ("{{" in node or "{%" in node):
        yield jinja2.Environment().parse(node.replace("\\", "\\\\"))
    elif isinstance(node, str) and key in BARE:
        yield from templates("{{ " + node + " }}")


def keys_read(template):
    """Yield each key that a template reads of anything, by itself or through a filter."""
    for node in template.find_all((nodes.Getattr, nodes.Getitem, nodes.Filter)):
        if isinstance(node, nodes.Getattr):
            yield node.attr
            continue
        if isinstance(node, nodes.Getitem):
            given = [node.arg]
        else:
            given = node.args[:1] if node.name in ("selectattr", "rejectattr", "groupby") else []
            given += [one.value for one in node.kwargs if one.key in ("attribute", "key_name", "value_name")]
        yield from (one.value for one in given if isinstance(one, nodes.Const) and isinstance(one.value, str))


def test_every_variable_that_is_named_is_that_of_an_option():
    for name, text in TEXTS.items():
        assert set(re.findall(VARIABLE + r"(\w+)", text)) <= set(SPECS[LOOKUP]), name


def test_examples_read_what_is_returned():
    """Where an example has a default, Jinja takes a misspelled field for one without a value."""
    returned = {*documentation(MODULE)[2], *_scheduled_task.FIELDS, *OTHER_KEYS}
    checked = ("huaweicloud", "README", "docs/docsite", "docs/examples", "playbooks/one_account")
    read = {
        name: {key for document in documents(name) for template in templates(document) for key in keys_read(template)}
        for name in TEXTS
        if name.startswith(checked) and not name.endswith(".j2")
    }
    assert {name: keys - returned for name, keys in read.items() if keys - returned} == {}
    assert {"count", "scheduled_tasks", "next_marker", "name", "id"} <= read[f"{MODULE} EXAMPLES"]
    assert {"name", "id", "enabled"} <= read[f"{LOOKUP} EXAMPLES"]
    assert {"scheduled_tasks", "name", "id", "created_user_name"} <= read["README.md"]


# Results

TYPES = {"str": str, "int": int, "bool": bool, "list": list, "dict": dict}


def of_type(documented, found):
    """Return whether ``found``, of which some are not null, are all of the documented type."""
    found = [one for one in found if one is not None]
    kind = TYPES[documented["type"]]
    return bool(found) and all(isinstance(one, kind) and isinstance(one, bool) == (kind is bool) for one in found)


def check_result(outcome, when):
    """Check that the module returned what is documented as returned on ``when``, and nothing else."""
    documented = {key: facts for key, facts in documentation(MODULE)[2].items() if when in facts["returned"]}
    assert outcome.result.keys() - {"changed", "failed", "exception", "invocation"} == documented.keys()
    assert all(of_type(facts, [outcome.result[key]]) for key, facts in documented.items())


def test_return_is_what_comes_back_of_a_success(connection):
    outcome = run_module({**connection, "limit": 59})
    check_result(outcome, "success")
    documented = documentation(MODULE)[2]["scheduled_tasks"]
    fields = documented["contains"]
    assert documented["elements"] == "dict"
    assert {tuple(task) for task in outcome.tasks} == {tuple(fields)}
    assert all(of_type(facts, [task[field] for task in outcome.tasks]) for field, facts in fields.items())


def test_return_is_what_comes_back_of_a_failure(simulator, connection):
    simulator.faults.append(status(403, headers={"Retry-After": "7"}))
    check_result(run_module(connection), "failure")


def test_the_lookup_returns_the_fields_that_the_module_documents(connection):
    [(key, facts)] = documentation(LOOKUP)[2].items()
    assert (key, facts["type"], facts["elements"]) == ("_raw", "list", "dict")
    fields = documentation(MODULE)[2]["scheduled_tasks"]["contains"]
    assert {frozenset(task) for task in run_lookup(connection).tasks} == {frozenset(fields)}


def test_the_samples_are_of_the_documented_shape():
    documented = documentation(MODULE)[2]
    assert all(of_type(facts, [facts["sample"]]) for facts in documented.values())
    fields = documented["scheduled_tasks"]["contains"]
    [sample] = documented["scheduled_tasks"]["sample"]
    assert list(sample) == list(fields) == list(_scheduled_task.FIELDS)
    assert all(sample[field] is None or of_type(facts, [sample[field]]) for field, facts in fields.items())
