# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation says what the code does: options, examples, results, environment variables, action groups.

Examples are those of the plugins, the playbooks, and the YAML in README.md and in the guides. What they give to a
plugin is checked by the code that checks what users give.
"""

from __future__ import annotations

import functools
import re

import jinja2
import pytest
import yaml
from ansible.parsing.splitter import parse_kv
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
from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._validation import validate
from ansible_collections.huaweicloud.coc.tests.coc_simulator import status
from ansible_collections.huaweicloud.coc.tests.docs.test_examples import blocks
from ansible_collections.huaweicloud.coc.tests.unit.conftest import COLLECTION, run_lookup, run_module

README = COLLECTION / "README.md"
MODULE = "huaweicloud.coc.scheduled_task_info"
LOOKUP = "huaweicloud.coc.scheduled_task"
GROUP = "group/huaweicloud.coc.coc"
VARIABLE = "ansible_huaweicloud_"
OF_EVERY_LOOKUP = ("wantlist", "errors")  # keywords that are none of its options

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

AD_HOC = re.compile(re.escape(f"{MODULE} -a ") + r"(['\"])(.*?)\1", re.DOTALL)
BARE = ("when", "that", "until", "failed_when", "changed_when")  # keywords whose text may be an expression
PAGES, YAML, TEMPLATES = (".md", ".rst"), (".yml", ".yaml"), (".j2",)


def read_documents(path):
    """Return the YAML documents in a file; a template is one, a string."""
    text = path.read_text(encoding="utf-8")
    if path.suffix in TEMPLATES:
        return [text]
    codes = [code for language, code in blocks(path) if language.startswith("yaml")] if path.suffix in PAGES else [text]
    return [document for code in codes for document in yaml.safe_load_all(code)]


# What has examples, by its name: its text, and the YAML documents in that.
FILES = {
    str(path.relative_to(COLLECTION)): path
    for path in [README, *COLLECTION.glob("docs/**/*"), *COLLECTION.glob("playbooks/**/*")]
    if path.suffix in PAGES + YAML + TEMPLATES and "build" not in path.parts
}
TEXTS = {plugin: documentation(plugin)[1] for plugin in SPECS}
DOCUMENTS = {plugin: [yaml.safe_load(text)] for plugin, text in TEXTS.items()}
TEXTS.update({name: path.read_text(encoding="utf-8") for name, path in FILES.items()})
DOCUMENTS.update({name: read_documents(path) for name, path in FILES.items()})


def walk(node, key=""):
    """Yield each value within YAML documents, with the key that it is under."""
    yield key, node
    if isinstance(node, dict):
        for name, child in node.items():
            yield from walk(child, name)
    elif isinstance(node, list):
        for child in node:
            yield from walk(child, key)


def templates(documents):
    """Yield each text within YAML documents, parsed as a template; a backslash is one, as it is for Ansible."""
    for key, node in walk(documents):
        if isinstance(node, str):
            text = "{{ " + node + " }}" if key in BARE and "{{" not in node else node
            yield jinja2.Environment().parse(text.replace("\\", "\\\\"))


def value(node):
    """Return the value of a literal in a template, or what stands for one that only a run can tell."""
    return node.value if isinstance(node, nodes.Const) else "{{ }}"


def uses(name):
    """Yield the plugin and the options of each use of a plugin in a text; a term of the lookup is a task_id."""
    for _quote, arguments in AD_HOC.findall(TEXTS[name]):
        yield MODULE, parse_kv(arguments)
    for key, given in walk(DOCUMENTS[name]):
        if key in (MODULE, GROUP):
            yield MODULE, parse_kv(given) if isinstance(given, str) else given or {}
        elif str(key).startswith(VARIABLE):
            yield LOOKUP, {key[len(VARIABLE) :]: given}
    for template in templates(DOCUMENTS[name]):
        for call in template.find_all(nodes.Call):
            is_lookup = getattr(call.node, "name", None) in ("lookup", "query", "q")
            if is_lookup and call.args and value(call.args[0]) == LOOKUP:
                keywords = {keyword.key: value(keyword.value) for keyword in call.kwargs}
                yield LOOKUP, {name: given for name, given in keywords.items() if name not in OF_EVERY_LOOKUP}
                yield from ((LOOKUP, {"task_id": value(term)}) for term in call.args[1:])


def problem(plugin, given):
    """Return what the plugin would say against these options, without templates: only a run tells their value."""
    literal = {name: v for name, v in given.items() if name not in SPECS[plugin] or "{{" not in str(v)}
    try:
        _scheduled_task_query.build_query(validate(literal, SPECS[plugin]))
    except CocError as error:
        return error.msg
    return None


def test_examples_give_options_that_exist_and_values_that_pass():
    checked = [(name, plugin, given, problem(plugin, given)) for name in TEXTS for plugin, given in uses(name)]
    assert [row for row in checked if row[-1]] == []


def test_every_variable_that_is_named_is_that_of_an_option():
    for name, text in TEXTS.items():
        assert set(re.findall(VARIABLE + r"(\w+)", text)) <= set(SPECS[LOOKUP]), name


@pytest.mark.parametrize(
    "plugin, given, said",
    [
        (MODULE, {"tsk_name": "x"}, "tsk_name. Supported parameters include"),
        (MODULE, {"on_missing": "{{ x }}"}, "on_missing. Supported parameters include"),
        (LOOKUP, {"risk_level": "high"}, "value of risk_level must be one of"),
        (LOOKUP, {"task_id": "ST1"}, "task_id: 'ST1' is not a task ID"),
        (MODULE, {"limit": "x"}, "argument 'limit' is of type"),
        (MODULE, {"limit": 0}, "limit: 0 is too small"),
        (MODULE, {"limit": "{{ n }}", "risk_level": "{{ r }}"}, "None"),
    ],
    ids=str,
)
def test_a_wrong_example_would_be_found(plugin, given, said):
    assert str(problem(plugin, given)).startswith(said)


# What examples read of results

OF_ANSIBLE = {"results", "changed", "failed", "skipped", "msg"}  # of any registered result
OF_AN_ACCOUNT = {"options", "region"}  # of the accounts that some examples loop over


def keys_read(name):
    """Yield each key that the templates of a text read, whether by themselves or through a filter."""
    for template in templates(DOCUMENTS[name]):
        for node in template.find_all((nodes.Getattr, nodes.Getitem, nodes.Filter)):
            if isinstance(node, nodes.Getattr):
                yield node.attr
            elif isinstance(node, nodes.Getitem):
                yield value(node.arg)
            else:
                named = [given.value for given in node.kwargs if given.key in ("attribute", "key_name", "value_name")]
                first = node.args[:1] if node.name in ("selectattr", "rejectattr", "groupby") else []
                yield from map(value, first + named)


# The set-up of AWX reads what the modules of AWX return.
EXAMPLES = [name for name in TEXTS if list(uses(name)) and not name.startswith("docs/awx/")]


def test_examples_read_what_is_returned():
    returned = {*documentation(MODULE)[2], *_scheduled_task.FIELDS, *OF_ANSIBLE, *OF_AN_ACCOUNT, "{{ }}"}
    for name in EXAMPLES:
        assert {key for key in keys_read(name) if isinstance(key, str)} <= returned, name


def test_the_examples_are_found():
    """Else the tests above would pass for having nothing to check."""
    found = {name: {plugin for plugin, _given in uses(name)} for name in EXAMPLES}
    assert MODULE in found[MODULE] and LOOKUP in found[LOOKUP]
    assert found["README.md"] == {MODULE, LOOKUP}
    assert (MODULE, {"approve_status": "PENDING", "limit": "5"}) in list(uses("README.md"))
    for folder in ("docs/examples", "docs/docsite/rst", "playbooks"):
        assert any(name.startswith(folder) for name in found), f"no example in {folder}"
    assert {"count", "scheduled_tasks", "next_marker", "name", "id"} <= set(keys_read(MODULE))
    assert {"name", "id", "enabled"} <= set(keys_read(LOOKUP))
    assert {"scheduled_tasks", "name", "id", "created_user_name"} <= set(keys_read("README.md"))


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
