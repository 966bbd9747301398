# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request to the service, and what a question may know of its response."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.huaweicloud.coc.plugins.module_utils import _response
from ansible_collections.huaweicloud.coc.plugins.module_utils._client import Client, Reply
from ansible_collections.huaweicloud.coc.plugins.module_utils._credentials import Credentials
from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._response import Response
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import fetch_page

MAX_REQUESTS = 25
CHINESE = re.compile("[\u4e00-\u9fff]")
RATE_HEADERS = re.compile("rate-?limit|retry-after|quota|remain", re.IGNORECASE)
SCOPE = {"X-Domain-Id": "domain_id", "X-Project-Id": "project_id"}  # the headers, and the credentials' fields


class OutOfRequests(Exception):
    """All requests that the probe may send have been sent."""


class Ask(t.NamedTuple):
    """A request: its query, and the headers that it leaves out."""

    query: tuple[tuple[str, str | int], ...]
    left_out: frozenset[str] = frozenset()

    def without(self, *headers: str) -> Ask:
        """Return the same request without these headers."""
        return self._replace(left_out=frozenset(headers))


def ask(**query: str | int) -> Ask:
    """Return the request with this query, for 1000 tasks unless ``limit`` says otherwise."""
    return Ask(tuple(sorted({"limit": 1000, **query}.items())))


@dataclasses.dataclass(frozen=True)
class Page:
    """What came back: tasks, or a refusal. ``raw`` are the tasks as they were sent, ``tasks`` with null for ''.

    ``marker`` is next_maker, None if it has no value; ``marker_form`` says in words how it came.
    """

    count: int = 0
    tasks: tuple[t.Mapping[str, t.Any], ...] = ()
    raw: tuple[t.Mapping[str, t.Any], ...] = ()
    marker: str | None = None
    marker_form: str = "absent"
    refusal: CocError | None = None
    is_chinese: bool | None = None  # the message of the refusal; None if it has none

    @property
    def ids(self) -> list[str]:
        """The IDs of the tasks, in the order of the page."""
        return [task["id"] for task in self.tasks]


class Service(Client):
    """The collection's client, which counts what it sends and never sends more than :data:`MAX_REQUESTS`.

    ``rate_headers`` collects the headers about a rate limit: their names, each with its values.
    """

    sent = 0
    _left_out: frozenset[str] = frozenset()
    _response: Response | None = None
    _reply: Reply | None = None

    def __init__(self, *arguments: t.Any) -> None:
        super().__init__(*arguments)
        self.rate_headers: dict[str, list[str]] = {}

    def page(self, request: Ask) -> Page:
        """Return what the service has to say to ``request``, a refusal too.

        Raises :class:`CocError` for what is not an answer: failures, 401, 429, and anything but a page of tasks.
        Raises :class:`OutOfRequests` rather than send too many.
        """
        self._left_out = request.left_out
        try:
            tasks, count, marker = fetch_page(self, dict(request.query), 0)
        except CocError as error:
            if not _is_refusal(error):
                raise
            return _refused(error, self._response)
        document = self._reply.document if self._reply else {}
        form = "absent"
        if "next_maker" in document:
            form = {None: "null", "": "an empty string"}.get(document["next_maker"], "a value")
        return Page(count, tuple(tasks), tuple(document.get("scheduled_tasks") or ()), marker, form)

    def get(self, path: str, query: t.Mapping[str, object], permission: str, consequence: str = "") -> Reply:
        """Return the reply, and keep it: :func:`fetch_page` does not tell null from ''."""
        self._reply = super().get(path, query, permission, consequence)
        return self._reply

    def _send(self, url: str, credentials: Credentials) -> Response:
        if self.sent >= MAX_REQUESTS:
            raise OutOfRequests
        self.sent += 1
        self._response = response = super()._send(url, credentials)
        for name, value in response.headers.items():
            if RATE_HEADERS.search(name):
                self.rate_headers.setdefault(name, []).append(value)
        return response

    def _headers(self, url: str, credentials: Credentials) -> dict[str, str]:
        # people publish what the probe prints, and the gateway's messages repeat these
        identity = (credentials.access_key, credentials.domain_id, credentials.project_id)
        self._secrets.update(filter(None, identity))
        # these are signed, so they are left out before
        unscoped: dict[str, t.Any] = {field: None for header, field in SCOPE.items() if header in self._left_out}
        headers = super()._headers(url, dataclasses.replace(credentials, **unscoped))
        return {name: value for name, value in headers.items() if name not in self._left_out}


def _is_refusal(error: CocError) -> bool:
    """Return whether an error answers the question: the service does not take this request, and never will."""
    is_error_code = error.status == 200 and error.error_code is not None
    is_client_error = error.status is not None and 400 <= error.status < 500 and error.status != 401
    return (is_error_code or is_client_error) and not error.transient


def _refused(error: CocError, response: Response | None) -> Page:
    message = _response.describe(response).message if response else ""
    return Page(refusal=error, is_chinese=bool(CHINESE.search(message)) if message else None)


def describe(error: CocError) -> str:
    """Return status and code of an error, without its message, which may quote the request."""
    code = error.error_code or ""
    shown = f", {code}" if re.fullmatch(r"[A-Za-z]{2,10}\.[0-9]{1,12}", code) else ""
    return f"HTTP {error.status}{shown}"
