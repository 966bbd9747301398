# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for the REST API of AWX, as far as the modules of awx.awx need it to set things up.

It keeps what is created, hides secrets, and refuses what AWX refuses and a set-up could get wrong. The rules are those
of AWX 24.6.1, and so is what its user interface sends: see :func:`open_question` and what follows it.
"""

from __future__ import annotations

import base64
import contextlib
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
TOKENS = {user: base64.b64encode(f"{user}:{PASSWORD}".encode()).decode() for user in ORGANIZATIONS}
USERS = {f"{scheme} {token}": user for user, token in TOKENS.items() for scheme in ("Basic", "Bearer")}
ENCRYPTED = "$encrypted$"

FIELD_KEYS = {"id", "label", "type", "secret", "choices", "help_text", "format", "multiline", "default"}
IDENTIFIER = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
QUESTION_KEYS: dict[str, t.Any] = {
    **{"question_name": str, "type": str, "variable": str, "required": bool},
    **dict.fromkeys(("min", "max"), (int, type(None))),
}
ANSWER_TYPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("text", "textarea", "password", "multiplechoice"), (str,)),
    **{"multiselect": (list,), "integer": (int,), "float": (int, float)},
}
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
    """What AWX answers with an error status."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def require(condition: object, refusal: str, status: int = 400) -> None:
    """Raise :class:`Refusal` unless the condition is met."""
    if not condition:
        raise Refusal(refusal, status)


def check_inputs(inputs: Item) -> None:
    """Raise :class:`Refusal` for inputs of a credential type that AWX does not save."""
    fields = inputs.get("fields", [])
    require(set(inputs) <= {"fields", "required"}, f"inputs: unknown keys in {inputs}")
    require(all({"id", "label"} <= set(field) <= FIELD_KEYS for field in fields), f"inputs: wrong keys in {fields}")
    ids = [field["id"] for field in fields]
    names = {name for name in ids if IDENTIFIER.fullmatch(name) and name != "tower"}
    require(len(names) == len(ids), f"inputs: IDs must be unique variable names: {ids}")
    require(set(inputs.get("required", [])) <= names, "inputs: a required field is not defined")
    for field in fields:
        kind = field.get("type", "string")
        require(kind in ("string", "boolean"), f"inputs: type of {field['id']}")
        of_text = {"secret", "choices", "format", "multiline"} & set(field)
        require(kind == "string" or not of_text, f"inputs: {field['id']} is a boolean")


def check_injectors(injectors: Item, inputs: Item) -> None:
    """Raise :class:`Refusal` for injectors of a credential type that AWX does not save."""
    require(set(injectors) <= {"env", "extra_vars", "file"}, f"injectors: {sorted(injectors)}")
    files = injectors.get("file", {})
    names = all(re.fullmatch(r"template(\.[a-zA-Z_]\w*)?", name) for name in files)
    require(names and ("template" not in files or len(files) == 1), f"injectors: files {sorted(files)}")
    variables = [*injectors.get("env", {}), *injectors.get("extra_vars", {})]
    require(all(map(IDENTIFIER.fullmatch, variables)), f"injectors: not all are names of variables: {variables}")
    own = not any(name.startswith("ANSIBLE_") for name in injectors.get("env", {}))
    require(own, f"injectors: a variable may affect Ansible's configuration: {variables}")
    known: Item = {field["id"]: "EXAMPLE" for field in inputs["fields"]}
    known["tower"] = {"filename": "EXAMPLE"} if files else {}
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined)
    for name, template in (item for kind in injectors.values() for item in kind.items()):
        require(isinstance(template, str), f"injectors: {name} is no text")
        try:
            environment.from_string(template).render(known)
        except jinja2.TemplateError as error:
            raise Refusal(f"injectors: {name}: {error}") from None


def check_survey(survey: Item) -> None:
    """Raise :class:`Refusal` for a survey that AWX does not save."""
    require({"name", "description", "spec"} <= set(survey) and survey["spec"], f"survey: not complete: {survey}")
    variables = [question["variable"] for question in survey["spec"]]
    require(len(set(variables)) == len(variables), f"survey: repeated variables in {variables}")
    for question in survey["spec"]:
        complete = all(isinstance(question.get(key), kinds) for key, kinds in QUESTION_KEYS.items())
        require(complete, f"survey: incomplete question {question}")
        kind, default = question["type"], question.get("default")
        require(kind in ANSWER_TYPES, f"survey: type of {question}")
        require(("choices" in question) == kind.startswith("multi"), f"survey: choices of {question}")
        if default:  # an empty one is never refused
            fits = type(default) in ANSWER_TYPES[kind] and is_offered(default, question)
            require(fits, f"survey: default of {question}")


def is_offered(answer: t.Any, question: Item) -> bool:
    """Return whether a question has no choices, or all of the answer, which may be a list, are among them."""
    chosen = set(answer) if isinstance(answer, list) else {answer}
    return "choices" not in question or chosen <= set(question["choices"])


def check_answers(answers: Item, survey: Item) -> None:
    """Raise :class:`Refusal` for answers to a survey that AWX does not take, null among them.

    Without answers to required questions it takes a node or a schedule, since others may give them.
    """
    questions = {question["variable"]: question for question in survey.get("spec", [])}
    for name, value in answers.items():
        require(name in questions, f"extra_data: the job template does not ask for {name}")
        question = questions[name]
        types = ANSWER_TYPES[question["type"]]
        require(type(value) in types, f"extra_data: {name}: {value!r} is of another type than the question")
        require(is_offered(value, question), f"extra_data: {name}: {value!r} is no choice")
        if "choices" not in question:
            size = len(value) if isinstance(value, str) else value
            least, most = (size if question.get(key) is None else question[key] for key in ("min", "max"))
            require(least <= size <= most, f"extra_data: {name}: {value!r} is out of range")


def check_rrule(rrule: str) -> None:
    """Raise :class:`Refusal` for a schedule's rule that AWX does not take."""
    starts = len(re.findall(r"DTSTART(?:;[^:]+)?:\d+T\d+", rrule))
    zoned = not re.search(r"DTSTART:\d+T\d+(?!\d|Z)", rrule)
    require(starts == 1 and zoned, f"rrule: one DTSTART is needed, with a time zone: {rrule}")
    require("RRULE:" in rrule, f"rrule: an RRULE is needed: {rrule}")
    require(not re.search("(?:EX|R)DATE:", rrule), f"rrule: neither EXDATE nor RDATE is supported: {rrule}")
    for rule in re.findall(r"(?:RR|EXR)ULE:\S*", rrule):
        parts = dict(part.split("=", 1) for part in rule.partition(":")[2].split(";") if "=" in part)
        require("INTERVAL" in parts, f"rrule: INTERVAL is needed: {rule}")
        require(parts.get("FREQ") != "SECONDLY", f"rrule: SECONDLY is not supported: {rule}")
        require(not re.match(r"\d", parts.get("BYDAY", "")), f"rrule: no number may come before BYDAY: {rule}")
        require(not {"COUNT", "UNTIL"} <= set(parts), f"rrule: COUNT excludes UNTIL: {rule}")
        require(not re.match(r"[1-9]\d{3}", parts.get("COUNT", "")), f"rrule: COUNT is 999 at most: {rule}")
    utc_until = re.sub(r"(UNTIL=\d+T\d+)(?!\d|Z)", r"\1Z", rrule)  # AWX converts one in local time
    try:
        first = next(iter(rrulestr(utc_until, forceset=True)), None)
    except ValueError as error:
        raise Refusal(f"rrule: {error}: {rrule}") from None
    require(first is None or first.tzinfo, f"rrule: its time zone is unknown: {rrule}")


def check_paths(paths: list[str]) -> None:
    """Raise :class:`Refusal` for "Paths to expose to isolated jobs" that AWX does not save."""
    for path in paths:
        valid = re.fullmatch(r"/[^:]*(:/[^:]*(:(z|O|ro|rw))?)?", path)
        require(valid, f"AWX_ISOLATION_SHOW_PATHS: {path} is not HOST-DIR[:CONTAINER-DIR[:OPTIONS]]")


# What the user interface does.


def open_question(question: Item) -> Item:
    """Return what the form to edit a question of a survey begins with. Raises KeyError where the interface fails."""
    return {**question, "default": question["default"] if "choices" in question else question.get("default", "")}


def make_question(**question: t.Any) -> Item:
    """Return what the interface stores for a question that is not required, and for which no default was given."""
    return {"question_description": "", "required": False, "min": None, "max": None, "default": "", **question}


def scheduled_answers(survey: Item, answers: Item) -> Item:
    """Return what the interface posts for a schedule or node whose survey was answered with ``answers``.

    It leaves out a text that was not answered, and posts the default of other questions, an empty one, too.
    """
    others = [question for question in survey["spec"] if question["type"] not in ("text", "textarea", "password")]
    return {**{question["variable"]: question["default"] for question in others if "default" in question}, **answers}


def credential_form(inputs: Item, credential: Item, filled: Item) -> Item:
    """Return what the interface sends as the fields of an edited credential.

    ``inputs`` are those of the credential type, and ``credential`` is what the API shows. Every field that is not
    secret is sent, even if it is not filled in. A secret that was not replaced is sent as it is shown.
    """
    plain = {field["id"]: "" for field in inputs["fields"] if not field.get("secret")}
    return {**plain, **credential["inputs"], **filled}


class Controller(http.server.ThreadingHTTPServer):
    """The service; runs within a ``with`` block. ``playbooks`` are those of every project.

    It has two organizations, and a user for each key of :data:`ORGANIZATIONS`. ``items`` has what was created:
    collection → ID → fields, those that the API itself adds included. ``changes`` names every request that changed
    something.
    """

    def __init__(self, playbooks: t.Collection[str]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.playbooks = playbooks
        organizations = {number: {"id": number, "name": name} for number, name in ((1, "Default"), (2, "Second"))}
        self.items: dict[str, dict[int, Item]] = {"organizations": organizations}
        self.associations: dict[str, list[int]] = {}
        self.surveys: dict[int, Item] = {}
        self.changes: list[str] = []

    def __enter__(self) -> Controller:
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.shutdown()
        self.server_close()

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
        require(not missing, f"variables_needed_to_start: {missing}")
        own = self.associations.get(f"job_templates/{template['id']}/credentials/", [])
        given, kept = ([self.items["credentials"][one] for one in ids] for ids in (credentials or own, own))
        removed = {one["credential_type"] for one in kept} - {one["credential_type"] for one in given}
        require(not removed, f"credentials: removed without one of the same type in its place: {removed}")
        for credential in given:
            inputs = self.items["credential_types"][credential["credential_type"]]["inputs"]
            empty = [name for name in inputs.get("required", []) if not credential["inputs"].get(name)]
            require(not empty, f"credentials: {credential['name']} has no {empty}")
        variables: Item = {}
        for default in ({name: one["default"]} for name, one in questions.items() if "default" in one):
            with contextlib.suppress(Refusal):
                check_answers(default, survey)
                variables.update(default)
        prompted = answers if template.get("ask_variables_on_launch") else asked  # others are ignored, without a word
        return {**variables, **prompted}

    def answer(self, user: str, method: str, path: str, query: dict[str, str], data: Item) -> tuple[int, t.Any]:
        """Return status and document of the answer to a user's request; ``path`` is without ``/api/v2``."""
        collection, *rest = path.strip("/").split("/")
        if collection == "tokens":
            return (204, None) if method == "DELETE" else (201, {"id": 1, "token": TOKENS[user]})
        if method == "GET":
            return 200, self._get(user, collection, rest, query)
        allowed = user == ADMINISTRATOR or collection != "credential_types"
        require(allowed, "You do not have permission to perform this action.", 403)
        status, document = self._change(collection, rest, data)
        self.changes.append(f"{method} {path}")
        return status, document

    def _get(self, user: str, collection: str, rest: list[str], query: dict[str, str]) -> t.Any:
        if rest[1:] == ["survey_spec"]:
            return self.surveys.get(int(rest[0]), {})
        if rest[1:]:
            found = [{"id": one} for one in self._associated(collection, *rest)]
        elif rest:
            return self._shown(collection, self._all(collection)[int(rest[0])])
        else:
            alternatives = {key[4:]: query.pop(key) for key in list(query) if key.startswith("or__")}
            found = [
                self._shown(collection, item)
                for item in self._all(collection).values()
                if all(str(item.get(key)) == value for key, value in query.items())
                and (not alternatives or any(str(item.get(key)) == value for key, value in alternatives.items()))
                and (ORGANIZATIONS[user] is None or item.get("organization") in (None, ORGANIZATIONS[user]))
            ]
        return {"count": len(found), "next": None, "previous": None, "results": found}

    def _change(self, collection: str, rest: list[str], data: Item) -> tuple[int, t.Any]:
        if rest[1:] == ["survey_spec"]:
            check_survey(data)
            self.surveys[int(rest[0])] = data
            return 200, data
        if rest[1:]:
            associated = self._associated(collection, *rest)
            (associated.remove if data.get("disassociate") else associated.append)(data["id"])
            return 204, None
        item = self._all(collection)[int(rest[0])] if rest else self._new(collection)
        self._save(collection, item, data)
        self.items.setdefault(collection, {})[item["id"]] = item
        return 200 if rest else 201, self._shown(collection, item)

    def _associated(self, collection: str, number: str, name: str) -> list[int]:
        if name not in ASSOCIATIONS:
            raise KeyError(name)
        return self.associations.setdefault(f"{collection}/{number}/{name}/", [])

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
        }

    def _save(self, collection: str, item: Item, data: Item) -> None:
        changed = {**item, **data}
        missing = {key for key in REQUIRED[collection] if changed.get(key) in (None, "")}
        require(not missing, f"{collection}: {sorted(missing)} missing in {data}")
        if collection == "job_templates":
            require(changed["playbook"] in self.playbooks, "playbook: Playbook not found for project.")
            changed["organization"] = self.items["projects"][changed["project"]]["organization"]
        unique = UNIQUE.get(collection, ("name", "organization"))
        others = [other for other in self.items.get(collection, {}).values() if other["id"] != item["id"]]
        taken = any(all(other[key] == changed[key] for key in unique) for other in others)
        require(not taken, f"{collection}: there is one with this {' and '.join(unique)}: {data}")
        if collection == "credential_types":
            check_inputs(changed["inputs"])
            check_injectors(changed["injectors"], changed["inputs"])
        if collection == "credentials":
            self._check_credential(changed, item.get("inputs", {}))
        if collection == "execution_environments":
            movable = "image" not in item or changed["organization"] in (None, item["organization"])
            require(movable, "organization: Cannot change the organization of an execution environment")
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
        inputs = credential["inputs"]
        fields = self.items["credential_types"][credential["credential_type"]]["inputs"]["fields"]
        unknown = set(inputs) - {field["id"] for field in fields}
        require(not unknown, f"inputs: {sorted(unknown)} unknown")
        require(all(isinstance(value, str) for value in inputs.values()), "inputs: not all are text")
        kept = [name for name, value in inputs.items() if value == ENCRYPTED]
        require(set(kept) <= set(before), f"inputs: {ENCRYPTED} is reserved: {kept}")
        credential["inputs"] = {**inputs, **{name: before[name] for name in kept}}

    def _shown(self, collection: str, item: Item) -> Item:
        if collection != "credentials":
            return item
        fields = self.items["credential_types"][item["credential_type"]]["inputs"]["fields"]
        hidden = {field["id"]: ENCRYPTED for field in fields if field.get("secret") and field["id"] in item["inputs"]}
        return {**item, "inputs": {**item["inputs"], **hidden}}


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Controller

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""

    def _handle(self) -> None:
        url = urlsplit(self.path)
        path = url.path.partition("/api/v2/")[2]
        data = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "{}")
        document: object
        try:
            user = USERS.get(self.headers.get("Authorization", ""), "")
            require(user, "Invalid username/password.", 401)
            status, document = self.server.answer(user, self.command, path, dict(parse_qsl(url.query)), data)
        except Refusal as refusal:
            text = str(refusal)
            status, document = refusal.status, {"__all__": [text], "error": text, "detail": text}
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
