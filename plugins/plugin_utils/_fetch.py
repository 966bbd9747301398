# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The requests that a lookup sends, and what it shares of them with the others of its run."""

from __future__ import annotations

import typing as t

from ansible_collections.huaweicloud.coc.plugins.module_utils._client import Client, Reply
from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import (
    NO_SUCH_TASK,
    PAGE_SIZE,
    list_tasks,
)
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task_query import PAGING
from ansible_collections.huaweicloud.coc.plugins.module_utils._transport import require_requests
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._request import Request
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._run_cache import WHOLE_RUN, RunCache, T, Warn

# Statuses that the service returns only after it has accepted the key. Others, such as 503, say nothing about the key.
KEY_ACCEPTED = (200, 400, 403, 404)


class SharingClient(Client):
    """A client that never sends a key that the service refused earlier in this run.

    Requests with a key are sent one by one until the service has answered one of them, and in parallel afterwards. If a
    request gets no answer, those that wait for it fail with the same error. A key that is exchanged for the credentials
    of an agency is in that exchange only.
    """

    def __init__(self, request: Request, cache: RunCache, warn: Warn) -> None:
        require_requests()
        # each identity is warned by itself
        super().__init__(
            request.options, request.identity, lambda key, text: warn(f"{request.identity.key} {key}", text)
        )
        self._request = request
        self._cache = cache

    def get(self, path: str, query: t.Mapping[str, object], permission: str, note: str = "") -> Reply:
        def send() -> Reply:
            return super(SharingClient, self).get(path, query, permission, note)

        identity = self._request.identity
        if not identity.is_exchanged:
            return self._send_accepted(send)
        self._send_accepted(lambda: identity(self))
        return send()

    def _send_accepted(self, send: t.Callable[[], T]) -> T:
        """Return what ``send`` returns, which sends the key, unless the service has refused that."""
        first: list[T | CocError] = []

        def send_first() -> None:
            try:
                first.append(send())
            except CocError as error:
                if error.status not in KEY_ACCEPTED:
                    raise
                first.append(error)  # it concerns this request only

        endpoint_and_key = self._request.endpoint_and_key
        self._cache.share(endpoint_and_key, send_first, WHOLE_RUN)
        try:
            return _unwrap(first[0]) if first else send()
        except CocError as error:
            if error.status == 401:
                self._cache.keep_refusal(endpoint_and_key, error)
            raise


def _unwrap(outcome: T | CocError) -> T:
    if isinstance(outcome, CocError):
        raise outcome
    return outcome


def fetch(client: Client, request: Request) -> t.Any:
    """Return what :func:`find_tasks` returns, or what :func:`list_tasks` returns if there are no IDs."""
    if request.task_ids is None:
        return list_tasks(client, request.query)
    return find_tasks(client, request.query, request.task_ids)


def find_tasks(
    client: Client, query: t.Mapping[str, str | int], task_ids: t.Sequence[str]
) -> dict[str, list[dict[str, t.Any]]]:
    """Return for each ID a list with the task that has it and matches ``query``; it is empty if there is none.

    Several IDs are looked for among the first tasks that the other filters match, as many as one page can have. Those
    that are not there are requested one by one: which enterprise projects a list covers is not known.
    """
    first: dict[str, list[dict[str, t.Any]]] = {}
    if len(set(task_ids)) > 1 and not any(name in query for name in PAGING):
        tasks = list_tasks(client, {**query, "limit": PAGE_SIZE})["scheduled_tasks"]
        first = {task["id"]: [task] for task in tasks}
    return {task_id: first.get(task_id) or _find_task(client, query, task_id) for task_id in dict.fromkeys(task_ids)}


def _find_task(client: Client, query: t.Mapping[str, str | int], task_id: str) -> list[dict[str, t.Any]]:
    try:
        return list_tasks(client, {**query, "task_id": task_id})["scheduled_tasks"]
    except CocError as error:
        if error.error_code == NO_SUCH_TASK:
            return []
        raise
