# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for the REST API of AWX, as far as the modules of awx.awx need it to set things up.

It keeps what is created, hides secrets, and refuses what AWX refuses and a set-up could get wrong. The rules are those
of AWX 24's own validation.
"""

from __future__ import annotations

import base64
import http.server
import json
import re
import threading
import typing as t
from urllib.parse import parse_qsl, urlsplit

import jinja2
import jinja2.sandbox

USERNAME = "admin"
PASSWORD = "FakePasswordOfTheController"
TOKEN = "FakeTokenOfTheController"
AUTHORIZATIONS = (f"Basic {base64.b64encode(f'{USERNAME}:{PASSWORD}'.encode()).decode()}", f"Bearer {TOKEN}")

FIELD_KEYS = {"id", "label", "type", "secret", "choices", "help_text", "format", "multiline", "default"}
IDENTIFIER = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
RRULE = re.compile(
    r"DTSTART(;TZID=[\w/+-]+:\d{8}T\d{6}|:\d{8}T\d{6}Z) RRULE:FREQ=(MINUTELY|HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY)"
    r";INTERVAL=\d+(;(BYDAY|BYMONTHDAY|BYMONTH|BYSETPOS|BYHOUR|BYMINUTE|WKST|UNTIL|COUNT)=[\w,-]+)*"
)
ANSWER_TYPES = {"integer": (int,), "float": (int, float), "multiselect": (list,)}  # others are text
SURVEY_TYPES = {"text", "textarea", "multiplechoice", "multiselect", "integer", "float"}
ASSOCIATIONS = {"credentials", "success_nodes", "failure_nodes", "always_nodes", "instance_groups", "labels"}
REQUIRED = {
    "credential_types": {"name", "kind", "inputs", "injectors"},
    "credentials": {"name", "credential_type", "organization"},
    "execution_environments": {"name", "image"},
    "projects": {"name", "organization", "scm_url"},
    "inventories": {"name", "organization"},
    "hosts": {"name", "inventory"},
    "job_templates": {"name", "project", "playbook", "inventory"},
    "workflow_job_templates": {"name"},
    "workflow_job_template_nodes": {"unified_job_template", "workflow_job_template", "identifier"},
    "schedules": {"name", "unified_job_template", "rrule"},
}

Item = t.Dict[str, t.Any]


class Refusal(Exception):
    """What AWX answers with status 400."""


def check_inputs(inputs: Item) -> None:
    """Raise :class:`Refusal` for inputs of a credential type that AWX does not save."""
    fields = inputs.get("fields", [])
    if set(inputs) - {"fields", "required"} or not all({"id", "label"} <= set(field) <= FIELD_KEYS for field in fields):
        raise Refusal(f"inputs: unknown or missing keys in {inputs}")
    ids = [field["id"] for field in fields]
    if len(set(ids)) < len(ids) or not all(IDENTIFIER.fullmatch(name) and name != "tower" for name in ids):
        raise Refusal(f"inputs: IDs must be unique variable names: {ids}")
    if not set(inputs.get("required", [])) <= set(ids):
        raise Refusal("inputs: a required field is not defined")
    for field in fields:
        if field.get("type", "string") not in ("string", "boolean"):
            raise Refusal(f"inputs: type of {field['id']}")
        if field.get("type") == "boolean" and {"secret", "choices", "format", "multiline"} & set(field):
            raise Refusal(f"inputs: {field['id']} is a boolean")


def check_injectors(injectors: Item, inputs: Item) -> None:
    """Raise :class:`Refusal` for injectors of a credential type that AWX does not save."""
    if set(injectors) - {"env", "extra_vars", "file"}:
        raise Refusal(f"injectors: {sorted(injectors)}")
    files = injectors.get("file", {})
    names = all(re.fullmatch(r"template(\.[a-zA-Z_]\w*)?", name) for name in files)
    if not names or ("template" in files and len(files) > 1):
        raise Refusal(f"injectors: files {sorted(files)}")
    for name in [*injectors.get("env", {}), *injectors.get("extra_vars", {})]:
        if not IDENTIFIER.fullmatch(name):
            raise Refusal(f"injectors: {name} is no name of a variable")
    for name in injectors.get("env", {}):
        if name.startswith("ANSIBLE_"):
            raise Refusal(f"injectors: {name} may affect Ansible's configuration")
    known: Item = {field["id"]: "EXAMPLE" for field in inputs["fields"]}
    known["tower"] = {"filename": "EXAMPLE"} if files else {}
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined)
    for kind in injectors.values():
        for name, template in kind.items():
            if not isinstance(template, str):
                raise Refusal(f"injectors: {name} is no text")
            try:
                environment.from_string(template).render(known)
            except jinja2.TemplateError as error:
                raise Refusal(f"injectors: {name}: {error}") from None


def check_survey(survey: Item) -> None:
    """Raise :class:`Refusal` for a survey that AWX does not save."""
    if not {"name", "description", "spec"} <= set(survey):
        raise Refusal(f"survey: keys {sorted(survey)}")
    variables = [question["variable"] for question in survey["spec"]]
    if len(set(variables)) < len(variables):
        raise Refusal(f"survey: repeated variables in {variables}")
    for question in survey["spec"]:
        kinds = {"question_name": str, "type": str, "variable": str, "required": bool}
        if any(not isinstance(question.get(key), kind) for key, kind in kinds.items()):
            raise Refusal(f"survey: incomplete question {question}")
        if question["type"] not in SURVEY_TYPES or ("choices" in question) != question["type"].startswith("multi"):
            raise Refusal(f"survey: type of {question}")
        if any(question.get(key, 0).__class__ is not int for key in ("min", "max")):
            raise Refusal(f"survey: limits of {question}")


def check_answers(answers: Item, survey: Item) -> None:
    """Raise :class:`Refusal` for answers to a survey that AWX does not take."""
    questions = {question["variable"]: question for question in survey["spec"]}
    for name, value in answers.items():
        if name not in questions:
            raise Refusal(f"extra_data: the job template does not ask for {name}")
        question = questions[name]
        if type(value) not in ANSWER_TYPES.get(question["type"], (str,)):
            raise Refusal(f"extra_data: {name}: {value!r} is of another type than the question")
        size = value if question["type"] in ("integer", "float") else len(value)
        chosen = value if isinstance(value, list) else [value]
        if "choices" in question and not set(chosen) <= set(question["choices"]):
            raise Refusal(f"extra_data: {name}: {value!r} is no choice")
        if "choices" not in question and not question.get("min", size) <= size <= question.get("max", size):
            raise Refusal(f"extra_data: {name}: {value!r} is out of range")


class Controller:
    """The service; runs within a ``with`` block. ``playbooks`` are those of every project.

    ``items`` has what was created: collection → ID → fields, those that the API itself adds included. ``changes`` names
    every request that changed something.
    """

    def __init__(self, playbooks: t.Collection[str]) -> None:
        self.playbooks = playbooks
        self.items: dict[str, dict[int, Item]] = {"organizations": {1: {"id": 1, "name": "Default"}}}
        self.associations: dict[str, list[int]] = {}
        self.surveys: dict[int, Item] = {}
        self.changes: list[str] = []

    def __enter__(self) -> Controller:
        handler = type("Handler", (_Handler,), {"controller": self})
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def named(self, collection: str, name: str) -> Item:
        """Return the one item of this name (of nodes: identifier)."""
        (item,) = (one for one in self.items[collection].values() if name in (one.get("name"), one.get("identifier")))
        return item

    def answer(self, method: str, path: str, query: dict[str, str], data: Item) -> tuple[int, t.Any]:
        """Return status and document of the answer to a request; ``path`` is without ``/api/v2``."""
        parts = path.strip("/").split("/")
        if parts[0] == "tokens":
            return (204, None) if method == "DELETE" else (201, {"id": 1, "token": TOKEN})
        if method != "GET":
            self.changes.append(f"{method} {path}")
        if len(parts) == 3:
            return self._related(method, int(parts[1]), parts[2], path, data)
        if len(parts) == 2:
            item = self._all(parts[0])[int(parts[1])]
            if method == "PATCH":
                self._save(parts[0], item, data)
            return 200, self._shown(parts[0], item)
        if method == "POST":
            item = self._new(parts[0])
            self._save(parts[0], item, data)
            self.items.setdefault(parts[0], {})[item["id"]] = item
            return 201, self._shown(parts[0], item)
        alternatives = {key[4:]: query.pop(key) for key in list(query) if key.startswith("or__")}
        found = [
            self._shown(parts[0], item)
            for item in self._all(parts[0]).values()
            if all(str(item.get(key)) == value for key, value in query.items())
            and (not alternatives or any(str(item.get(key)) == value for key, value in alternatives.items()))
        ]
        return 200, {"count": len(found), "next": None, "previous": None, "results": found}

    def _all(self, collection: str) -> dict[int, Item]:
        if collection != "unified_job_templates":
            return self.items.get(collection, {})
        kinds = ("projects", "job_templates", "workflow_job_templates")
        return {key: item for kind in kinds for key, item in self.items.get(kind, {}).items()}

    def _new(self, collection: str) -> Item:
        number = 1 + max((key for items in self.items.values() for key in items), default=0)  # unique, whatever it is
        url = f"/api/v2/{collection}/{number}/"
        return {
            "id": number,
            "url": url,
            "type": {"inventories": "inventory"}.get(collection, collection[:-1]),
            "related": {"survey_spec": url + "survey_spec/"},
            "summary_fields": {},
            "scm_revision": "",
            "kind": "",
            "host_filter": None,
        }

    def _save(self, collection: str, item: Item, data: Item) -> None:
        changed = {**item, **data}
        missing = {key for key in REQUIRED[collection] if changed.get(key) in (None, "")}
        if missing:
            raise Refusal(f"{collection}: {sorted(missing)} missing in {data}")
        if collection == "credential_types":
            check_inputs(changed["inputs"])
            check_injectors(changed["injectors"], changed["inputs"])
        if collection == "credentials":
            self._check_credential(changed)
        if collection == "job_templates":
            if changed["playbook"] not in self.playbooks:
                raise Refusal("playbook: Playbook not found for project.")
            changed["organization"] = self.items["projects"][changed["project"]]["organization"]
        if collection == "workflow_job_template_nodes":
            survey = self.surveys.get(changed["unified_job_template"], {"spec": []})
            check_answers(changed.get("extra_data", {}), survey)
        if collection == "schedules" and not RRULE.fullmatch(changed["rrule"]):
            raise Refusal(f"rrule: {changed['rrule']}")
        item.update(changed)

    def _check_credential(self, credential: Item) -> None:
        kind = self.items["credential_types"][credential["credential_type"]]["inputs"]
        unknown = set(credential["inputs"]) - {field["id"] for field in kind["fields"]}
        missing = {name for name in kind.get("required", []) if not credential["inputs"].get(name)}
        if unknown or missing:
            raise Refusal(f"inputs: {sorted(unknown)} unknown, {sorted(missing)} missing")

    def _shown(self, collection: str, item: Item) -> Item:
        if collection != "credentials":
            return item
        fields = self.items["credential_types"][item["credential_type"]]["inputs"]["fields"]
        secret = {field["id"] for field in fields if field.get("secret")}
        return {
            **item,
            "inputs": {key: "$encrypted$" if key in secret else value for key, value in item["inputs"].items()},
        }

    def _related(self, method: str, number: int, name: str, path: str, data: Item) -> tuple[int, t.Any]:
        if name == "survey_spec":
            if method == "POST":
                check_survey(data)
                self.surveys[number] = data
            return 200, self.surveys.get(number, {})
        if name not in ASSOCIATIONS:
            raise KeyError(path)
        associated = self.associations.setdefault(path, [])
        if method == "POST":
            (associated.remove if data.get("disassociate") else associated.append)(data["id"])
            return 204, None
        return 200, {"count": len(associated), "next": None, "results": [{"id": one} for one in associated]}


class _Handler(http.server.BaseHTTPRequestHandler):
    controller: Controller

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""

    def _handle(self) -> None:
        url = urlsplit(self.path)
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        data = json.loads(content) if content else {}
        status: int
        document: object
        try:
            if self.headers.get("Authorization") not in AUTHORIZATIONS:
                status, document = 401, {"detail": "Invalid username/password."}
            else:
                path = url.path.partition("/api/v2/")[2]
                status, document = self.controller.answer(self.command, path, dict(parse_qsl(url.query)), data)
        except Refusal as refusal:
            status, document = 400, {"__all__": [str(refusal)], "error": str(refusal)}
        except KeyError as error:
            status, document = 404, {"detail": f"Not found: {error}"}
        body = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-API-Product-Name", "AWX")
        self.send_header("X-API-Product-Version", "24.6.1")
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = do_DELETE = _handle
