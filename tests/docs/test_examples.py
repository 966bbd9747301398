# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every example of the documentation works: playbooks, lists of tasks, and commands that begin with ``ansible``."""

from __future__ import annotations

import importlib
import json
import re
import shlex
import shutil
import textwrap
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.coc_simulator import iam

CHECKOUT = Path(__file__).parents[2]
PAGES = sorted([CHECKOUT / "README.md", *CHECKOUT.glob("docs/docsite/rst/*.rst")])
PAGES = [page for page in PAGES if not page.name.startswith("event_")]  # those have rulebooks, for tests/eda
assert len(PAGES) > 4
PLUGINS = ("plugins.modules.scheduled_task_info", "plugins.lookup.scheduled_task")
FILTERS = ("local_time", "task_artifacts", "task_health", "task_report", "task_table")

MARKDOWN = re.compile(r"^```(?P<language>\S+)\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE)
RST = re.compile(r"^( *)\.\. code-block:: (?P<language>\S+)\n(?P<code>(?:\n|\1 +.*\n)+)", re.MULTILINE)

COMMAND = re.compile(
    r"^(?:\$ )?((?:ansible|ansible-doc|ansible-playbook huaweicloud.coc.list_tasks)\b(?!-).*)$", re.MULTILINE
)

# What an example leaves to its reader.
PROFILES = ("branch", "production")
VARIABLES = {
    "ansible_connection": "local",
    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    **{f"{account}_access_key": coc_simulator.ACCESS_KEY for account in ("branch", "vault")},
    **{f"{account}_secret_key": coc_simulator.SECRET_KEY for account in ("branch", "vault")},
    **{f"{name}_credentials_file": f"~/.huaweicloud/{name}" for name in PROFILES},
    **{f"{name}_{field}": "" for name in PROFILES for field in ("region", "endpoint")},  # by the environment
}


def blocks(page: Path) -> list[tuple[str, str]]:
    """Return language and code of each code block of ``page``."""
    pattern = MARKDOWN if page.suffix == ".md" else RST
    return [(one["language"], textwrap.dedent(one["code"])) for one in pattern.finditer(page.read_text("utf-8"))]


def plays(name: str, code: str, simulator: coc_simulator.Simulator) -> list[dict[str, t.Any]]:
    """Return the plays that run ``code``, a playbook or a list of tasks; none if it is another kind of YAML.

    The IDs of tasks and the addresses of the service in it become those of the simulator.
    """
    given = {
        found: task["id"] for found, task in zip(dict.fromkeys(re.findall(r"\bST\w{24}\b", code)), simulator.tasks)
    }
    for example, real in given.items():
        code = code.replace(example, real)
    code = re.sub(r"https://coc[\w.-]*\.myhuaweicloud\.\w+", simulator.endpoint, code)
    items = yaml.safe_load(code)
    if not isinstance(items, list):
        return []
    if "hosts" in items[0]:
        return [{**play, "name": f"{name}: {play['name']}"} for play in items]
    return [{"name": name, "hosts": "localhost", "gather_facts": False, "tasks": items}]


def copy_collection(folder: Path, metadata_address: str) -> dict[str, str]:
    """Return the variable that makes Ansible take a copy of the collection that asks for metadata at another address.

    A folder collections beside the playbook would not do where the temporary folder lies inside a collection.
    """
    copied = folder / "copy/ansible_collections/huaweicloud/coc"
    for name in ("plugins", "meta"):
        shutil.copytree(CHECKOUT / name, copied / name)
    metadata = copied / "plugins/module_utils/_sts.py"
    text = metadata.read_text("utf-8")
    assert text.count('"169.254.169.254"') == 1
    metadata.write_text(text.replace("169.254.169.254", metadata_address), "utf-8")
    return {"ANSIBLE_COLLECTIONS_PATH": str(folder / "copy")}


def run_plays(run, folder: Path, playbook: list[dict[str, t.Any]], **variables: str) -> str:
    """Run a playbook to its end, without any warning; return its output. The folder is the home of who runs it."""
    (folder / ".huaweicloud").mkdir(exist_ok=True)
    for name in PROFILES:
        profile = folder / ".huaweicloud" / name
        profile.write_text(f"[basic]\nak = {coc_simulator.ACCESS_KEY}\nsk = {coc_simulator.SECRET_KEY}\n")
        profile.chmod(0o600)
    keys = {"accessKeyId": coc_simulator.ACCESS_KEY, "secretAccessKey": coc_simulator.SECRET_KEY}
    shared = folder / ".hcloud" / "config.json"
    shared.parent.mkdir(exist_ok=True)
    shared.write_text(json.dumps({"profiles": [{"name": "production", **keys}]}))
    shared.chmod(0o600)
    (folder / ".identity-token").write_text(iam.IDENTITY_TOKEN)
    (folder / "playbook.yml").write_text(yaml.safe_dump(playbook, allow_unicode=True, sort_keys=False))
    command = ["ansible-playbook", "-i", "bastion,", "-e", json.dumps(VARIABLES), folder / "playbook.yml"]
    done = run(*command, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_of_a_page(page: Path, simulator: coc_simulator.Simulator, run, tmp_path: Path) -> None:
    playbook: list[dict[str, t.Any]] = []
    commands: list[str] = []
    for number, (language, code) in enumerate(blocks(page), 1):
        assert max(map(len, code.splitlines())) <= 100, "a page is not wide enough for it"
        if language.startswith("yaml"):
            playbook += plays(f"{page.name}, block {number}", code, simulator)
        elif language in ("shell", "console"):
            commands += COMMAND.findall(code)
    assert playbook or commands, "a page with nothing to try"
    if playbook:
        asks_metadata = any("ecs_metadata" in str(play) for play in playbook)
        copy = copy_collection(tmp_path, f"127.0.0.1:{simulator.port}") if asks_metadata else {}
        run_plays(run, tmp_path, playbook, **copy)
        asked = {request.path for request in simulator.requests}
        assert (coc_simulator.METADATA_SECURITY_KEY in asked) == asks_metadata
    for command in commands:
        done = run(*shlex.split(command))
        assert (done.returncode, done.stderr) == (0, ""), (command, done.stdout)


@pytest.mark.parametrize("plugin", PLUGINS)
def test_examples_of_a_plugin(plugin: str, simulator: coc_simulator.Simulator, run, tmp_path: Path) -> None:
    examples = importlib.import_module(f"ansible_collections.huaweicloud.coc.{plugin}").EXAMPLES
    simulator.tasks = [{**task, "scheduled_type": "ONCE"} for task in coc_simulator.sample_tasks(600)]  # to fill a page
    assert "skipping" not in run_plays(run, tmp_path, plays(plugin, examples, simulator))
    assert len(simulator.requests) > 2


def test_examples_of_the_filters(simulator: coc_simulator.Simulator, run, tmp_path: Path) -> None:
    folder = "ansible_collections.huaweicloud.coc.plugins.filter"
    examples = {name: importlib.import_module(f"{folder}.{name}").EXAMPLES for name in FILTERS}
    playbook = [play for name, code in examples.items() for play in plays(name, code, simulator)]
    assert "skipping" not in run_plays(run, tmp_path, playbook)
    assert len(simulator.requests) == sum(code.count("query(") for code in examples.values())


def test_snippet_of_the_module(run, tmp_path: Path) -> None:
    name = "scheduled_task_info"
    tasks = yaml.safe_load(run("ansible-doc", "--snippet", f"huaweicloud.coc.{name}").stdout)
    assert len(tasks[0][name]) > 30
    tasks[0][f"huaweicloud.coc.{name}"] = tasks[0].pop(name)  # ansible-doc leaves it to the reader, as the guide says
    run_plays(run, tmp_path, [{"hosts": "localhost", "gather_facts": False, "tasks": tasks}])


@pytest.mark.parametrize(
    "plugin", ["module huaweicloud.coc.scheduled_task_info", "lookup huaweicloud.coc.scheduled_task"]
)
def test_documentation_reads_as_text(plugin: str, run) -> None:
    """Nothing of its markup is left, and nothing is escaped, but the headings, which Ansible makes bold."""
    shown = re.sub(r"\x1b\[[0-9;]*m", "", run("ansible-doc", "--type", *plugin.split()).stdout)
    assert len(shown.splitlines()) > 200
    assert re.findall(r".*(?:\b[A-Z]{1,2}\(\S|\\|``|\x1b|&\w+;).*", shown) == []
