# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for the REST API of AWX 24.6.1, as far as the modules of awx.awx need it to set things up.

It keeps what is created, hides secrets, and shows a user their own organization only.
"""

from __future__ import annotations

import base64
import http.server
import json
import re
import threading
import typing as t
from urllib.parse import parse_qsl, urlsplit

ADMINISTRATOR = "admin"  # of the system
MANAGER = "manager"  # administrator of the second organization
PASSWORD = "FakePasswordOfTheController"
ORGANIZATIONS = {ADMINISTRATOR: None, MANAGER: 2}  # what is theirs; None: everything
TOKENS = {user: base64.b64encode(f"{user}:{PASSWORD}".encode()).decode() for user in ORGANIZATIONS}
USERS = {f"{scheme} {token}": user for user, token in TOKENS.items() for scheme in ("Basic", "Bearer")}
ENCRYPTED = "$encrypted$"
# No two items of a collection have a name and all of these in common; of some collections, not even the name.
PARENTS = ("organization", "credential_type", "inventory", "workflow_job_template", "unified_job_template")
UNIQUE_NAMES = ("credential_types", "execution_environments")

Item = t.Dict[str, t.Any]


class Refusal(Exception):
    """What AWX answers with an error status."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def check_paths(paths: list[str]) -> None:
    """Raise :class:`Refusal` for "Paths to expose to isolated jobs" that AWX does not save."""
    for path in paths:
        if not re.fullmatch(r"/[^:]*(:/[^:]*(:(z|O|ro|rw))?)?", path):
            raise Refusal(f"AWX_ISOLATION_SHOW_PATHS: {path} is not HOST-DIR[:CONTAINER-DIR[:OPTIONS]]")


class Controller(http.server.ThreadingHTTPServer):
    """The service; runs within a ``with`` block.

    ``items`` has what was created: collection → ID → fields. ``related`` has what belongs to an item: path → list of
    IDs, or a survey. ``changes`` names every request that changed something.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        names = {1: "Default", 2: "Second"}
        self.items: dict[str, dict[int, Item]] = {
            "organizations": {number: {"id": number, "name": name} for number, name in names.items()}
        }
        self.related: dict[str, t.Any] = {}
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

    def answer(self, user: str, method: str, path: str, query: dict[str, str], data: Item) -> tuple[int, t.Any]:
        """Return status and document of the answer to a user's request; ``path`` is without ``/api/v2``."""
        collection, *rest = path.strip("/").split("/")
        if collection == "tokens":
            return (204, None) if method == "DELETE" else (201, {"id": 1, "token": TOKENS[user]})
        if method == "GET":
            return 200, self._get(user, collection, rest, path, query)
        if collection == "credential_types" and user != ADMINISTRATOR:
            raise Refusal("You do not have permission to perform this action.", 403)
        self.changes.append(f"{method} {path}")
        if rest[1:] == ["survey_spec"]:
            self.related[path] = data
            return 200, data
        if rest[1:]:
            associated = self.related.setdefault(path, [])
            (associated.remove if data.get("disassociate") else associated.append)(data["id"])
            return 204, None
        item = self.items[collection][int(rest[0])] if rest else self._create(collection, data)
        item.update(data)
        if collection == "job_templates":
            item["organization"] = self.items["projects"][item["project"]]["organization"]
        return 200 if rest else 201, self._show(collection, item)

    def _get(self, user: str, collection: str, rest: list[str], path: str, query: dict[str, str]) -> t.Any:
        if rest[1:] == ["survey_spec"]:
            return self.related.get(path, {})
        items = self._all(collection)
        if rest[1:]:
            found = [{"id": one} for one in self.related.get(path, [])]
        elif rest:
            return self._show(collection, items[int(rest[0])])
        else:
            either = {key[4:]: query.pop(key) for key in list(query) if key.startswith("or__")}
            found = [
                self._show(collection, item)
                for item in items.values()
                if all(str(item.get(key)) == value for key, value in query.items())
                and (not either or any(str(item.get(key)) == value for key, value in either.items()))
                and (ORGANIZATIONS[user] is None or item.get("organization") in (None, ORGANIZATIONS[user]))
            ]
        return {"count": len(found), "next": None, "previous": None, "results": found}

    def _all(self, collection: str) -> dict[int, Item]:
        if collection != "unified_job_templates":
            return self.items.get(collection, {})
        kinds = ("projects", "job_templates", "workflow_job_templates")
        return {key: item for kind in kinds for key, item in self.items.get(kind, {}).items()}

    def _create(self, collection: str, data: Item) -> Item:
        items = self.items.setdefault(collection, {})
        identity = ("name",) if collection in UNIQUE_NAMES else ("name", "identifier", *PARENTS)
        if any(all(other.get(key) == data.get(key) for key in identity) for other in items.values()):
            raise Refusal(f"{collection}: there is one already: {data}")
        if collection == "credentials":
            fields = self.items["credential_types"][data["credential_type"]]["inputs"]["fields"]
            unknown = set(data["inputs"]) - {field["id"] for field in fields}
            if unknown:
                raise Refusal(f"inputs: {sorted(unknown)} unknown")
        number = 1 + max(key for kind in self.items.values() for key in kind)  # unique, whatever it is
        url = f"/api/v2/{collection}/{number}/"
        items[number] = {
            "id": number,
            "url": url,
            "type": {"inventories": "inventory"}.get(collection, collection[:-1]),
            "organization": None,
            "related": {"survey_spec": url + "survey_spec/"},
            "summary_fields": {},
            "scm_revision": "",
        }
        return items[number]

    def _show(self, collection: str, item: Item) -> Item:
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
            user = USERS[self.headers["Authorization"]]
            status, document = self.server.answer(user, self.command, path, dict(parse_qsl(url.query)), data)
        except Refusal as refusal:
            status, document = refusal.status, {"detail": str(refusal)}
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
