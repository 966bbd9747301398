# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs as AWX runs them: credentials rendered as its injectors do, and ansible-runner in a private data directory.

They run with the ansible-core of the example of an execution environment, if EXECUTION_ENVIRONMENT in the environment
is the folder where ``pip install --target`` put it, and what the collection needs; else with that of the tests.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import ansible_runner
import jinja2.sandbox
import pytest
import yaml

from ansible_collections.huaweicloud.coc.plugins.filter.task_report import task_report
from ansible_collections.huaweicloud.coc.tests import coc_simulator

COLLECTION = Path(__file__).parents[2]
CREDENTIAL_TYPES = COLLECTION / "docs/awx/credential_types"
GUIDE = COLLECTION / "docs/docsite/rst/awx_guide.rst"
CHROMIUM = shutil.which("chromium")
KEYS = {"access_key": coc_simulator.ACCESS_KEY, "secret_key": coc_simulator.SECRET_KEY}
WRONG_KEY = "FakeSecretKeyThatIsWrong/+=00000000000001"
SIGNATURE = "FakeSignatureOfTheUpload"
SECRETS = (coc_simulator.SECRET_KEY, coc_simulator.SECURITY_TOKEN, coc_simulator.AUTH_TOKEN, WRONG_KEY, SIGNATURE)
WRITTEN = int(time.time()) - 3600  # when AWX wrote the facts that it has: by the time it sees if a job changed them
Facts = t.Dict[str, t.Any]
(SETUP,) = yaml.safe_load((COLLECTION / "docs/awx/setup.yml").read_text("utf-8"))
# What the set-up gives the one host of the inventory; each value is a template that gives the text to store.
LOCALHOST = {
    name: jinja2.Template(value).render()
    for task in SETUP["tasks"]
    for name, value in task.get("awx.awx.host", {}).get("variables", {}).items()
}


@pytest.fixture(scope="module", autouse=True)
def clean_environment(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[None]:
    """Hide the credentials of whoever runs the tests, and let whatever would leave this machine fail."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if re.match("(HW|HUAWEICLOUD|CONTROLLER|TOWER)_|.*_PROXY$", name.upper()):
                patch.delenv(name)
        patch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("TZ", "Asia/Shanghai")  # what is shown is UTC all the same
        patch.setenv("ANSIBLE_PIPELINING", "true")  # quicker
        yield


@pytest.fixture
def simulator() -> t.Iterator[coc_simulator.Simulator]:
    with coc_simulator.Simulator() as running:
        yield running


def credential_type(name: str) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """Return inputs and injectors of one of the credential types."""
    files = [CREDENTIAL_TYPES / name / f"{part}.yml" for part in ("inputs", "injectors")]
    inputs, injectors = (yaml.safe_load(file.read_text("utf-8")) for file in files)
    return inputs, injectors


def inject(injectors: dict[str, t.Any], filled: dict[str, str], folder: Path) -> dict[str, str]:
    """Return the variables that a credential gives a job, and write its file, as AWX does.

    ``filled`` are the fields that were filled in. The templates do not know the others: those come out as ''.
    """
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment()
    known: dict[str, t.Any] = {field: value for field, value in filled.items() if value}
    for template in injectors.get("file", {}).values():
        path = folder / "tmp_credential"
        path.write_text(environment.from_string(template).render(known), "utf-8")
        path.chmod(0o600)
        known["tower"] = {"filename": str(path)}
    variables = {**injectors.get("env", {}), **injectors.get("extra_vars", {})}
    return {name: environment.from_string(template).render(known) for name, template in variables.items()}


def render_report(*listings: dict[str, t.Any]) -> str:
    """Return the page of the playbook ``report``, without running it: its template needs nothing of Ansible."""
    loader = jinja2.FileSystemLoader(COLLECTION / "playbooks/templates")
    environment = jinja2.Environment(loader=loader, trim_blocks=True, undefined=jinja2.StrictUndefined)
    return environment.get_template("report.html.j2").render(_coc_report=task_report(list(listings)))


def leaked(text: str) -> list[str]:
    """Return the secrets that ``text`` has, as they are or as in a URL."""
    return [secret for secret in SECRETS if secret in text or quote(secret, safe="") in text]


@dataclass
class Job:
    """What is left of a job. ``facts`` are those that AWX has after it, ``cache`` is what the job left: name → text."""

    runner: t.Any
    folder: Path
    facts: Facts
    cache: dict[str, str]

    @property
    def successful(self) -> bool:
        return self.runner.status == "successful"

    @property
    def stdout(self) -> str:
        return t.cast(str, self.runner.stdout.read())

    def message(self, task: str) -> t.Any:
        """Return what a task that ran once says, from the events; one of output alone has no data."""
        data = [event.get("event_data", {}) for event in self.runner.events]
        (message,) = (one["res"]["msg"] for one in data if one.get("task") == task and "res" in one)
        return message

    @property
    def artifacts(self) -> dict[str, t.Any]:
        """What a workflow hands on: AWX takes it from the event that ends a playbook."""
        (end,) = (event for event in self.runner.events if event["event"] == "playbook_on_stats")
        return t.cast("dict[str, t.Any]", end["event_data"]["artifact_data"])

    @property
    def kept(self) -> str:
        """Everything that AWX keeps. It leaves out ``command``, which has the job's environment in it."""
        files = [file for file in (self.folder / "artifacts").rglob("*") if file.is_file() and file.name != "command"]
        assert len(files) > 5
        return "".join(file.read_text("utf-8", "replace") for file in files)


@pytest.fixture
def run_job(tmp_path: Path, simulator: coc_simulator.Simulator) -> t.Callable[..., Job]:
    """Run a job template's playbook, with the answers of its survey and a credential.

    Nothing that AWX keeps of it may have a secret. Further extra variables are what an earlier node of a workflow, or
    another credential, gives. ``kind`` is None for a job without a credential of this collection. ``text`` is a
    playbook that the project does not have. ``stored`` are facts that AWX has. ``newer`` runs it with the ansible-core
    of the tests, in place of the execution environment's.
    """
    installed = os.environ.get("EXECUTION_ENVIRONMENT")
    paths = {}
    if installed:
        paths = {
            "PATH": f"{installed}/bin{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": f"{installed}{os.pathsep}{os.environ['PYTHONPATH']}",
        }

    def run(
        playbook: str,
        survey: dict[str, t.Any] | None = None,
        filled: dict[str, str] | None = None,
        kind: str | None = "environment",
        handed_on: dict[str, t.Any] | None = None,
        text: str = "",
        stored: Facts | None = None,
        newer: bool = False,
    ) -> Job:
        folder = tmp_path / "private"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(COLLECTION / "docs/awx/project", folder / "project")
        for name in ("env", "inventory"):
            (folder / name).mkdir()
        hosts = {"localhost": LOCALHOST, "bastion": {"ansible_connection": "local"}}
        (folder / "inventory/hosts").write_text(yaml.safe_dump({"all": {"hosts": hosts}}))
        if text:
            (folder / "project" / playbook).write_text(text, "utf-8")
        filled = {"endpoint": simulator.endpoint, **(KEYS if filled is None else filled)}
        envvars = inject(credential_type(kind)[1], filled, folder / "env") if kind else {}
        (folder / "env/envvars").write_text(yaml.safe_dump(envvars), "utf-8")
        (folder / "env/extravars").write_text(unsafe({**(handed_on or {}), **(survey or {})}), "utf-8")
        (folder / "env/settings").write_text("fact_cache_type: jsonfile\n")
        facts = folder / "artifacts/job/fact_cache/localhost"  # which AWX writes, and reads if the job has changed it
        facts.parent.mkdir(parents=True)
        if stored:
            facts.write_text(json.dumps(stored), "utf-8")
            os.utime(facts, (WRITTEN, WRITTEN))
        runner = ansible_runner.run(
            private_data_dir=str(folder), playbook=playbook, ident="job", quiet=True, envvars={} if newer else paths
        )
        cache = {file.name: file.read_text("utf-8") for file in facts.parent.iterdir()}
        changed = json.loads(cache.get("localhost", "{}"))  # AWX takes a file that is not there for cleared facts
        kept = facts.exists() and facts.stat().st_mtime <= WRITTEN
        job = Job(runner, folder, stored or {} if kept else changed, cache)
        assert leaked(job.kept) == []
        return job

    return run


def unsafe(variables: dict[str, t.Any]) -> str:
    """Return YAML in which no text is a template, as AWX writes variables that come from users."""
    lines = (
        f"{name}: {'!unsafe ' if isinstance(value, str) else ''}{json.dumps(value, ensure_ascii=False)}\n"
        for name, value in variables.items()
    )
    return "".join(lines) or "{}"


@pytest.fixture(scope="module")
def browser() -> t.Iterator[t.Any]:
    """A browser, for tests that need Playwright. CI installs one."""
    from playwright import sync_api  # large, and other tests run without it

    if not CHROMIUM:
        pytest.skip("NOT LOOKED AT IN A BROWSER: there is no chromium on this machine")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM)
        yield running
        running.close()


@pytest.fixture
def look_at(browser: t.Any) -> t.Iterator[t.Callable[..., t.Any]]:
    """Open a report in a window; in the end, its console must have been silent, and nothing else been asked for."""
    said: list[str] = []
    asked: list[str] = []
    opened: list[t.Any] = []

    def open_page(path: Path, width: int = 1280, height: int = 900, **settings: t.Any) -> t.Any:
        page = browser.new_page(viewport={"width": width, "height": height}, **settings)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        opened.append(page)
        page.goto(path.as_uri())
        return page

    yield open_page
    assert (said, asked) == ([], [page.url.partition("#")[0] for page in opened])
    for page in opened:
        page.close()
