# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for the REST API of AWX, as far as the modules of awx.awx need it to set things up.

It keeps what is created, hides secrets, and refuses what AWX refuses and a set-up could get wrong. The rules are those
of AWX 24.6.1, and so is what its user interface sends: see :func:`open_question` and what follows it.
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
from dateutil.rrule import rrulestr

ADMINISTRATOR = "admin"  # of the system
MANAGER = "manager"  # administrator of the second organization
PASSWORD = "FakePasswordOfTheController"
ORGANIZATIONS = {ADMINISTRATOR: None, MANAGER: 2}  # what is theirs; None: everything
TOKENS = {user: f"FakeTokenOf{user.title()}" for user in ORGANIZATIONS}
USERS = {f"Bearer {token}": user for user, token in TOKENS.items()} | {
    f"Basic {base64.b64encode(f'{user}:{PASSWORD}'.encode()).decode()}": user for user in ORGANIZATIONS
}
ENCRYPTED = "$encrypted$"

FIELD_KEYS = {"id", "label", "type", "secret", "choices", "help_text", "format", "multiline", "default"}
IDENTIFIER = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
ANSWER_TYPES = {"integer": (int,), "float": (int, float), "multiselect": (list,)}  # others are text
SURVEY_TYPES = {"text", "textarea", "password", "multiplechoice", "multiselect", "integer", "float"}
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
# What no two items of a collection have in common.
UNIQUE = {
    "credential_types": ("name",),
    "credentials": ("name", "organization", "credential_type"),
    "execution_environments": ("name",),
    "hosts": ("name", "inventory"),
    "workflow_job_template_nodes": ("identifier", "workflow_job_template"),
    "schedules": ("name", "unified_job_template"),
}

Item = t.Dict[str, t.Any]


class Refusal(Exception):
    """What AWX answers with status 400."""


class Forbidden(Exception):
    """What AWX answers with status 403."""


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
    variables = [*injectors.get("env", {}), *injectors.get("extra_vars", {})]
    if not all(map(IDENTIFIER.fullmatch, variables)):
        raise Refusal(f"injectors: not all are names of variables: {variables}")
    if any(name.startswith("ANSIBLE_") for name in injectors.get("env", {})):
        raise Refusal(f"injectors: a variable may affect Ansible's configuration: {variables}")
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
    if not {"name", "description", "spec"} <= set(survey) or not survey["spec"]:
        raise Refusal(f"survey: keys {sorted(survey)}, or no question")
    variables = [question["variable"] for question in survey["spec"]]
    if len(set(variables)) < len(variables):
        raise Refusal(f"survey: repeated variables in {variables}")
    for question in survey["spec"]:
        kinds = {"question_name": str, "type": str, "variable": str, "required": bool}
        if any(not isinstance(question.get(key), kind) for key, kind in kinds.items()):
            raise Refusal(f"survey: incomplete question {question}")
        if question["type"] not in SURVEY_TYPES or ("choices" in question) != question["type"].startswith("multi"):
            raise Refusal(f"survey: type of {question}")
        if any(not isinstance(question.get(key), (int, type(None))) for key in ("min", "max")):
            raise Refusal(f"survey: limits of {question}")
        default = question.get("default", "")  # an empty one is never refused
        if default and type(default) not in ANSWER_TYPES.get(question["type"], (str,)):
            raise Refusal(f"survey: default of {question}")
        if default and not set(chosen(default)) <= set(question.get("choices", chosen(default))):
            raise Refusal(f"survey: default of {question}")


def chosen(value: t.Any) -> list[t.Any]:
    """Return the choices in an answer to a question of either type with choices."""
    return value if isinstance(value, list) else [value]


def check_answers(answers: Item, survey: Item) -> None:
    """Raise :class:`Refusal` for answers to a survey that AWX does not take, null among them.

    Without answers to required questions it takes a node or a schedule, since others may give them.
    """
    questions = {question["variable"]: question for question in survey.get("spec", [])}
    for name, value in answers.items():
        if name not in questions:
            raise Refusal(f"extra_data: the job template does not ask for {name}")
        question = questions[name]
        if type(value) not in ANSWER_TYPES.get(question["type"], (str,)):
            raise Refusal(f"extra_data: {name}: {value!r} is of another type than the question")
        if "choices" in question:
            if not set(chosen(value)) <= set(question["choices"]):
                raise Refusal(f"extra_data: {name}: {value!r} is no choice")
            continue
        size = value if question["type"] in ("integer", "float") else len(value)
        least, most = (size if question.get(key) is None else question[key] for key in ("min", "max"))
        if not least <= size <= most:
            raise Refusal(f"extra_data: {name}: {value!r} is out of range")


def check_rrule(rrule: str) -> None:
    """Raise :class:`Refusal` for a schedule's rule that AWX does not take."""
    if len(re.findall(r"DTSTART(?:;[^:]+)?:\d+T\d+", rrule)) != 1 or re.search(r"DTSTART:\d+T\d+(?!\d|Z)", rrule):
        raise Refusal(f"rrule: one DTSTART is needed, with a time zone: {rrule}")
    rules = re.findall(r"(?:RR|EXR)ULE:\S*", rrule)
    if not any(rule.startswith("RRULE") for rule in rules) or re.search("(?:EX|R)DATE:", rrule):
        raise Refusal(f"rrule: an RRULE is needed, and no EXDATE or RDATE: {rrule}")
    for rule in rules:
        parts = dict(part.split("=", 1) for part in rule.partition(":")[2].split(";") if "=" in part)
        if "INTERVAL" not in parts or parts.get("FREQ") == "SECONDLY":
            raise Refusal(f"rrule: INTERVAL is needed, and SECONDLY is not supported: {rule}")
        if re.match(r"\d", parts.get("BYDAY", "")) or {"COUNT", "UNTIL"} <= set(parts):
            raise Refusal(f"rrule: neither a number before BYDAY, nor COUNT with UNTIL: {rule}")
        if re.match(r"[1-9]\d{3}", parts.get("COUNT", "")):
            raise Refusal(f"rrule: COUNT is 999 at most: {rule}")
    utc_until = re.sub(r"(UNTIL=\d+T\d+)(?!\d|Z)", r"\1Z", rrule)  # AWX converts one in local time
    try:
        first = next(iter(rrulestr(utc_until, forceset=True)), None)
    except ValueError as error:
        raise Refusal(f"rrule: {error}: {rrule}") from None
    if first and not first.tzinfo:
        raise Refusal(f"rrule: its time zone is unknown: {rrule}")


def check_paths(paths: list[str]) -> None:
    """Raise :class:`Refusal` for "Paths to expose to isolated jobs" that AWX does not save."""
    for path in paths:
        if not re.fullmatch(r"/[^:]*(:/[^:]*(:(z|O|ro|rw))?)?", path):
            raise Refusal(f"AWX_ISOLATION_SHOW_PATHS: {path} is not HOST-DIR[:CONTAINER-DIR[:OPTIONS]]")


# What the user interface does.


def open_question(question: Item) -> Item:
    """Return what the form to edit a question of a survey begins with. Raises KeyError where the interface fails."""
    return {**question, "default": question["default"] if "choices" in question else question.get("default", "")}


def make_question(**question: t.Any) -> Item:
    """Return what the interface stores for a question for which no default was given."""
    return {"question_description": "", "min": None, "max": None, "default": "", **question}


def scheduled_answers(survey: Item, answers: Item) -> Item:
    """Return what the interface posts for a schedule or node whose survey was answered with ``answers``.

    It leaves out a text that was not answered, and posts the default of other questions, an empty one, too.
    """
    unanswered = [
        question
        for question in survey["spec"]
        if "default" in question and question["type"] not in ("text", "textarea", "password")
    ]
    return {**{question["variable"]: question["default"] for question in unanswered}, **answers}


def credential_form(inputs: Item, credential: Item, filled: Item) -> Item:
    """Return what the interface sends as the fields of an edited credential.

    ``inputs`` are those of the credential type, and ``credential`` is what the API shows. Every field that is not
    secret is sent, even if it is not filled in. A secret that was not replaced is sent as it is shown.
    """
    plain = {field["id"]: "" for field in inputs["fields"] if not field.get("secret")}
    return {**plain, **credential["inputs"], **filled}


class Controller:
    """The service; runs within a ``with`` block. ``playbooks`` are those of every project.

    It has two organizations, and a user for each key of :data:`ORGANIZATIONS`. ``items`` has what was created:
    collection → ID → fields, those that the API itself adds included. ``changes`` names every request that changed
    something.
    """

    def __init__(self, playbooks: t.Collection[str]) -> None:
        self.playbooks = playbooks
        organizations = {number: {"id": number, "name": name} for number, name in ((1, "Default"), (2, "Second"))}
        self.items: dict[str, dict[int, Item]] = {"organizations": organizations}
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

    def named(self, collection: str, name: str, organization: int | None = None) -> Item:
        """Return the one item of this name (of nodes: identifier), or the one of an organization."""
        (item,) = (
            one
            for one in self.items[collection].values()
            if name in (one.get("name"), one.get("identifier")) and organization in (None, one.get("organization"))
        )
        return item

    def launch(self, template: Item, answers: Item, credentials: list[int] | None = None) -> Item:
        """Return the variables that a job gets when somebody launches ``template``, an item of ``job_templates``.

        ``credentials`` take the place of those of the template. Raises :class:`Refusal`.
        """
        survey = self.surveys.get(template["id"], {"spec": []})
        questions = {question["variable"]: question for question in survey["spec"]}
        asked = {name: value for name, value in answers.items() if name in questions}
        check_answers(asked, survey)
        missing = [name for name, question in questions.items() if question["required"] and name not in answers]
        if missing:
            raise Refusal(f"variables_needed_to_start: {missing}")
        own = self.associations.get(f"job_templates/{template['id']}/credentials/", [])
        given, kept = ([self.items["credentials"][one] for one in ids] for ids in (credentials or own, own))
        for credential in kept:
            if credential["credential_type"] not in [one["credential_type"] for one in given]:
                raise Refusal(f"credentials: {credential['name']} is removed without one of the same type in its place")
        for credential in given:
            inputs = self.items["credential_types"][credential["credential_type"]]["inputs"]
            empty = [name for name in inputs.get("required", []) if not credential["inputs"].get(name)]
            if empty:
                raise Refusal(f"credentials: {credential['name']} has no {empty}")
        defaults = {name: question["default"] for name, question in questions.items() if "default" in question}
        for name in list(defaults):
            try:
                check_answers({name: defaults[name]}, survey)
            except Refusal:
                del defaults[name]
        prompted = answers if template.get("ask_variables_on_launch") else asked  # others are ignored, without a word
        return {**defaults, **prompted}

    def answer(self, user: str, method: str, path: str, query: dict[str, str], data: Item) -> tuple[int, t.Any]:
        """Return status and document of the answer to a user's request; ``path`` is without ``/api/v2``."""
        parts = path.strip("/").split("/")
        if parts[0] == "tokens":
            return (204, None) if method == "DELETE" else (201, {"id": 1, "token": TOKENS[user]})
        if method == "GET":
            return self._get(user, parts, path, query)
        if user != ADMINISTRATOR and parts[0] == "credential_types":
            raise Forbidden("credential_types")
        status, document = self._change(method, parts, path, data)
        self.changes.append(f"{method} {path}")
        return status, document

    def _get(self, user: str, parts: list[str], path: str, query: dict[str, str]) -> tuple[int, t.Any]:
        if len(parts) == 3:
            return self._related("GET", int(parts[1]), parts[2], path, {})
        if len(parts) == 2:
            return 200, self._shown(parts[0], self._all(parts[0])[int(parts[1])])
        alternatives = {key[4:]: query.pop(key) for key in list(query) if key.startswith("or__")}
        found = [
            self._shown(parts[0], item)
            for item in self._all(parts[0]).values()
            if all(str(item.get(key)) == value for key, value in query.items())
            and (not alternatives or any(str(item.get(key)) == value for key, value in alternatives.items()))
            and (ORGANIZATIONS[user] is None or item.get("organization") in (None, ORGANIZATIONS[user]))
        ]
        return 200, {"count": len(found), "next": None, "previous": None, "results": found}

    def _change(self, method: str, parts: list[str], path: str, data: Item) -> tuple[int, t.Any]:
        if len(parts) == 3:
            return self._related(method, int(parts[1]), parts[2], path, data)
        if len(parts) == 2:
            item = self._all(parts[0])[int(parts[1])]
            self._save(parts[0], item, data)
            return 200, self._shown(parts[0], item)
        item = self._new(parts[0])
        self._save(parts[0], item, data)
        self.items.setdefault(parts[0], {})[item["id"]] = item
        return 201, self._shown(parts[0], item)

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
            "organization": None,
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
        if collection == "job_templates":
            if changed["playbook"] not in self.playbooks:
                raise Refusal("playbook: Playbook not found for project.")
            changed["organization"] = self.items["projects"][changed["project"]]["organization"]
        unique = UNIQUE.get(collection, ("name", "organization"))
        others = [other for other in self.items.get(collection, {}).values() if other["id"] != item["id"]]
        if any(all(other[key] == changed[key] for key in unique) for other in others):
            raise Refusal(f"{collection}: there is one with this {' and '.join(unique)}: {data}")
        if collection == "credential_types":
            check_inputs(changed["inputs"])
            check_injectors(changed["injectors"], changed["inputs"])
        if collection == "credentials":
            self._check_credential(changed, item.get("inputs", {}))
        movable = "image" not in item or changed["organization"] in (None, item["organization"])
        if collection == "execution_environments" and not movable:
            raise Refusal("organization: Cannot change the organization of an execution environment")
        if collection in ("workflow_job_template_nodes", "schedules"):
            survey = self.surveys.get(changed["unified_job_template"], {"spec": []})
            check_answers(changed.get("extra_data", {}), survey)
        if collection == "schedules":
            check_rrule(changed["rrule"])
        item.update(changed)

    def _check_credential(self, credential: Item, before: Item) -> None:
        """Check the inputs, and put the secrets of ``before`` in for those that are sent as the API shows them.

        Required fields may be missing: a job is refused then.
        """
        fields = self.items["credential_types"][credential["credential_type"]]["inputs"]["fields"]
        unknown = set(credential["inputs"]) - {field["id"] for field in fields}
        if unknown or not all(isinstance(value, str) for value in credential["inputs"].values()):
            raise Refusal(f"inputs: {sorted(unknown)} unknown, or not all are text")
        kept = [name for name, value in credential["inputs"].items() if value == ENCRYPTED]
        if not set(kept) <= set(before):
            raise Refusal(f"inputs: {ENCRYPTED} is reserved: {kept}")
        credential["inputs"] = {**credential["inputs"], **{name: before[name] for name in kept}}

    def _shown(self, collection: str, item: Item) -> Item:
        if collection != "credentials":
            return item
        fields = self.items["credential_types"][item["credential_type"]]["inputs"]["fields"]
        secret = {field["id"] for field in fields if field.get("secret")}
        return {
            **item,
            "inputs": {key: ENCRYPTED if key in secret else value for key, value in item["inputs"].items()},
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
            user = USERS.get(self.headers.get("Authorization") or "")
            if user is None:
                status, document = 401, {"detail": "Invalid username/password."}
            else:
                path = url.path.partition("/api/v2/")[2]
                status, document = self.controller.answer(user, self.command, path, dict(parse_qsl(url.query)), data)
        except Refusal as refusal:
            status, document = 400, {"__all__": [str(refusal)], "error": str(refusal)}
        except Forbidden:
            status, document = 403, {"detail": "You do not have permission to perform this action."}
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
