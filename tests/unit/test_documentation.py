# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation says what the code does: options, examples, results, environment variables, action groups.

Examples are those of the plugins, the playbooks, and the YAML in README.md and in the guides. What they give to a
plugin is checked by the code that checks what users give.
"""

from __future__ import annotations

import datetime
import functools
import re
import textwrap

import jinja2
import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
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
from ansible_collections.huaweicloud.coc.tests.coc_simulator import status
from ansible_collections.huaweicloud.coc.tests.unit.conftest import COLLECTION, run_lookup, run_module

README = COLLECTION / "README.md"
MODULE = "huaweicloud.coc.scheduled_task_info"
LOOKUP = "huaweicloud.coc.scheduled_task"
GROUP = "group/huaweicloud.coc.coc"
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

FENCED = re.compile(r"^```(?P<language>\S+)\n(?P<code>.*?)^```", re.MULTILINE | re.DOTALL)
DIRECTIVE = re.compile(r"^\.\. code-block:: (?P<language>\S+)\n\s*\n(?P<code>(?:(?: .*)?\n)+)", re.MULTILINE)
AD_HOC = re.compile(re.escape(f"{MODULE} -a ") + r"(['\"])(.*?)\1", re.DOTALL)
BARE = ("when", "that", "until", "failed_when", "changed_when")  # keywords whose text may be an expression


def texts():
    """Yield name and text of everything that has examples."""
    for plugin in SPECS:
        yield f"{plugin} EXAMPLES", documentation(plugin)[1]
    paths = [README, *sorted(COLLECTION.glob("docs/**/*")), *sorted(COLLECTION.glob("playbooks/**/*"))]
    for path in paths:
        if path.suffix in (".md", ".rst", ".yml", ".yaml", ".j2") and "build" not in path.parts:
            yield str(path.relative_to(COLLECTION)), path.read_text(encoding="utf-8")


def blocks(name, text):
    """Return the YAML documents in a text, and its templates as strings."""
    if name.endswith(".j2"):
        return [text]
    if not name.endswith((".md", ".rst")):
        return list(yaml.safe_load_all(text))
    matches = (FENCED if name.endswith(".md") else DIRECTIVE).finditer(text)
    codes = [textwrap.dedent(match["code"]) for match in matches if match["language"].startswith("yaml")]
    return [document for code in codes for document in yaml.safe_load_all(code)]


TEXTS = {name: text for name, text in texts() if "huaweicloud" in text}
BLOCKS = {name: blocks(name, text) for name, text in TEXTS.items()}


def mappings(node):
    """Yield each mapping within a YAML document."""
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from mappings(child)


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


def is_lookup(node):
    """Return whether a node of a template is a call of the lookup."""
    if not isinstance(node, nodes.Call) or getattr(node.node, "name", None) not in ("lookup", "query", "q"):
        return False
    return bool(node.args) and value(node.args[0]) == LOOKUP


def value(node):
    """Return the value of a literal in a template, or what stands for one that only a run can tell."""
    return node.value if isinstance(node, nodes.Const) else "{{ }}"


def uses(name):
    """Yield the plugin and the options of each use of a plugin in a text."""
    for _quote, arguments in AD_HOC.findall(TEXTS[name]):
        yield MODULE, parse_kv(arguments)
    for document in BLOCKS[name]:
        for mapping in mappings(document):
            for key, given in mapping.items():
                if key in (MODULE, GROUP):
                    yield MODULE, parse_kv(given) if isinstance(given, str) else given or {}
                elif str(key).startswith(VARIABLE):
                    yield LOOKUP, {key[len(VARIABLE) :]: given}
        for template in templates(document):
            for call in filter(is_lookup, template.find_all(nodes.Call)):
                terms = {"_terms": [value(term) for term in call.args[1:]]}
                yield LOOKUP, {**terms, **{keyword.key: value(keyword.value) for keyword in call.kwargs}}


def problem(plugin, given):
    """Return what the plugin would say against these options, without templates: only a run tells their value."""
    given = dict(given)
    terms = [term for term in given.pop("_terms", []) if "{{" not in str(term)]
    keywords = {"wantlist", "errors"} if plugin == LOOKUP else set()
    known = {*SPECS[plugin], *(alias for option in SPECS[plugin].values() for alias in option.get("aliases", ()))}
    unknown = set(given) - known - keywords
    if unknown:
        return f"no such option: {unknown}"
    literal = {name: v for name, v in given.items() if name in known and "{{" not in str(v)}
    literal = {name: str(v) if isinstance(v, datetime.datetime) else v for name, v in literal.items()}
    checked = ArgumentSpecValidator(SPECS[plugin]).validate(literal)
    if checked.error_messages:
        return checked.error_messages[0]
    try:
        _scheduled_task_query.build_query(checked.validated_parameters)
        for term in terms:
            _scheduled_task_query.check_task_id("term", term)
    except CocError as error:
        return error.msg
    return None


def test_examples_give_options_that_exist_and_values_that_pass():
    checked = [(name, plugin, given, problem(plugin, given)) for name in TEXTS for plugin, given in uses(name)]
    assert [row for row in checked if row[-1]] == []


def test_every_variable_that_is_named_is_that_of_an_option():
    for name, text in TEXTS.items():
        assert set(re.findall(VARIABLE + r"(\w+)", text)) <= set(SPECS[LOOKUP]), name


def test_the_examples_are_found():
    """Else the tests above would pass for having nothing to check."""
    found = {name: {plugin for plugin, given in uses(name)} for name in TEXTS}
    assert MODULE in found[f"{MODULE} EXAMPLES"] and LOOKUP in found[f"{LOOKUP} EXAMPLES"]
    assert found["README.md"] == {MODULE, LOOKUP}
    assert (MODULE, {"approve_status": "PENDING", "limit": "5"}) in list(uses("README.md"))
    for folder in ("docs/examples", "docs/docsite/rst", "playbooks"):
        plugins = {plugin for name in found if name.startswith(folder) for plugin in found[name]}
        assert plugins, f"no example in {folder}"


@pytest.mark.parametrize(
    "plugin, given, said",
    [
        (MODULE, {"tsk_name": "x"}, "no such option: {'tsk_name'}"),
        (MODULE, {"on_missing": "skip"}, "no such option: {'on_missing'}"),
        (LOOKUP, {"risk_level": "high"}, "value of risk_level must be one of"),
        (LOOKUP, {"_terms": ["ST1"]}, "term: 'ST1' is not a task ID"),
        (MODULE, {"limit": 0}, "limit: 0 is too small"),
        (MODULE, {"limit": "{{ n }}", "risk_level": "{{ r }}"}, "None"),
    ],
    ids=str,
)
def test_a_wrong_example_would_be_found(plugin, given, said):
    assert str(problem(plugin, given)).startswith(said)


# What examples read of results

FIELDS = set(_scheduled_task.FIELDS)
OF_ANSIBLE = {"results", "changed", "failed", "skipped", "msg"}  # of any registered result


def root(node):
    """Return what an expression starts from: the name of a variable, LOOKUP for the lookup, or None."""
    while isinstance(node, (nodes.Filter, nodes.Getattr, nodes.Getitem, nodes.Call)):
        if is_lookup(node):
            return LOOKUP
        node = node.node
    return node.name if isinstance(node, nodes.Name) else None


def root_of(text):
    """Return what a value is made of, if it is a single expression."""
    outputs = [node for template in templates(text) for node in template.body]
    expressions = outputs[0].nodes if len(outputs) == 1 and isinstance(outputs[0], nodes.Output) else []
    return root(expressions[0]) if len(expressions) == 1 else None


def results(document):
    """Return the names of the variables of a document that hold what the plugins returned, or a part of it."""
    names = {LOOKUP}
    for _pass in range(3):  # one variable may be made of another
        for mapping in mappings(document):
            if MODULE in mapping and "register" in mapping:
                names.add(mapping["register"])
            for keyword in ("vars", "ansible.builtin.set_fact"):
                values = mapping.get(keyword) or {}
                names.update(name for name, text in values.items() if isinstance(text, str) and root_of(text) in names)
    return names


def keys_read(template, names):
    """Yield each key that a template reads of the variables ``names``, whether by itself or through a filter."""
    called = {id(call.node) for call in template.find_all(nodes.Call)}
    for node in template.find_all((nodes.Getattr, nodes.Getitem, nodes.Filter)):
        if root(node) not in names or id(node) in called:
            continue
        if isinstance(node, nodes.Getattr):
            yield node.attr
        elif isinstance(node, nodes.Getitem):
            yield value(node.arg)
        else:
            yield from (value(given) for given in node.args[:1] if node.name in ("selectattr", "rejectattr", "groupby"))
            yield from (
                value(given.value) for given in node.kwargs if given.key in ("attribute", "key_name", "value_name")
            )


def all_keys_read(name):
    for document in BLOCKS[name]:
        names = results(document)
        for mapping in mappings(document):
            loop = mapping.get("loop")
            if isinstance(loop, str) and root_of(loop) in names:
                item = (mapping.get("loop_control") or {}).get("loop_var", "item")
                for template in templates({key: child for key, child in mapping.items() if key != "loop"}):
                    yield from keys_read(template, {item})
        for template in templates(document):
            yield from keys_read(template, names)


def test_examples_read_what_is_returned():
    returned = {*documentation(MODULE)[2], *FIELDS, *OF_ANSIBLE, "{{ }}"}
    for name in TEXTS:
        assert {key for key in all_keys_read(name) if isinstance(key, str)} <= returned, name


def test_what_examples_read_is_found():
    assert {"count", "scheduled_tasks", "next_marker", "name", "id"} <= set(all_keys_read(f"{MODULE} EXAMPLES"))
    assert {"name", "id", "enabled"} <= set(all_keys_read(f"{LOOKUP} EXAMPLES"))
    assert {"scheduled_tasks", "name", "id", "created_user_name"} <= set(all_keys_read("README.md"))


# Results

TYPES = {"str": str, "int": int, "bool": bool, "list": list, "dict": dict}


def of_type(documented, found):
    """Return whether ``found``, of which some are not null, are all of the documented type."""
    found = [one for one in found if one is not None]
    kind = TYPES[documented["type"]]
    return bool(found) and all(isinstance(one, kind) and isinstance(one, bool) == (kind is bool) for one in found)


def test_return_is_what_comes_back_of_a_success(connection):
    outcome = run_module({**connection, "limit": 59})
    documented = {key: facts for key, facts in documentation(MODULE)[2].items() if facts["returned"] == "success"}
    assert set(outcome.result) - {"changed", "invocation"} == set(documented)
    assert all(of_type(facts, [outcome.result[key]]) for key, facts in documented.items())
    fields = documented["scheduled_tasks"]["contains"]
    assert documented["scheduled_tasks"]["elements"] == "dict"
    for task in outcome.tasks:
        assert list(task) == list(fields)
    assert all(of_type(facts, [task[field] for task in outcome.tasks]) for field, facts in fields.items())


def test_return_is_what_comes_back_of_a_failure(simulator, connection):
    simulator.faults.append(status(403, headers={"Retry-After": "7"}))
    outcome = run_module(connection)
    documented = {key: facts for key, facts in documentation(MODULE)[2].items() if "failure" in facts["returned"]}
    assert set(outcome.result) - {"changed", "failed", "exception", "invocation"} == set(documented)
    assert all(of_type(facts, [outcome.result[key]]) for key, facts in documented.items())


def test_the_lookup_returns_the_fields_that_the_module_documents(connection):
    _documented, _examples, returned = documentation(LOOKUP)
    tasks = run_lookup(connection).tasks
    assert (set(returned), returned["_raw"]["type"], returned["_raw"]["elements"]) == ({"_raw"}, "list", "dict")
    assert {frozenset(task) for task in tasks} == {frozenset(documentation(MODULE)[2]["scheduled_tasks"]["contains"])}


def test_the_samples_are_of_the_documented_shape():
    documented = documentation(MODULE)[2]
    assert all(of_type(facts, [facts["sample"]]) for facts in documented.values())
    fields = documented["scheduled_tasks"]["contains"]
    [sample] = documented["scheduled_tasks"]["sample"]
    assert list(sample) == list(fields) == list(_scheduled_task.FIELDS)
    assert all(sample[field] is None or of_type(facts, [sample[field]]) for field, facts in fields.items())
