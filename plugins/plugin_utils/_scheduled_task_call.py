# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One call of the lookup: its options checked, whom it asks for what, and the requests that this takes."""

from __future__ import annotations

import dataclasses
import os
import typing as t

from ansible_collections.huaweicloud.coc.plugins.module_utils._credentials import (
    KEY_FIELDS,
    Credentials,
    find_credentials,
    profile_path,
)
from ansible_collections.huaweicloud.coc.plugins.module_utils._endpoint import find_endpoint
from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._options import VARIABLE_PREFIX, ArgumentSpec
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task_query import (
    PAGING,
    QUERY_PARAMETERS,
    build_query,
    check_task_id,
)
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._validation import (
    refuse_typos,
    refuse_unknown,
    validate,
)

if t.TYPE_CHECKING:
    from ansible_collections.huaweicloud.coc.plugins.module_utils._client import Client
    from ansible_collections.huaweicloud.coc.plugins.plugin_utils._shared_run import SharedRun

Found = t.Dict[str, t.List[t.Dict[str, t.Any]]]  # the tasks by task ID, or all that match under an empty ID

PLUGIN = "the lookup huaweicloud.coc.scheduled_task"
# What a result depends on, beside the endpoint and the identity.
CONNECTION_OPTIONS = ("validate_certs", "ca_path", "timeout", "max_retries")


@dataclasses.dataclass(frozen=True, repr=False)  # no repr: it would show the secrets
class Call:
    """A call that has been checked. ``task_ids`` is None if all tasks that match are wanted."""

    options: dict[str, t.Any]
    query: dict[str, str | int]
    task_ids: list[str] | None
    endpoint: str
    credentials: t.Callable[[], Credentials]

    @property
    def identity(self) -> list[str | None]:
        """What tells one identity at one endpoint from another. The agency of this ECS is one identity."""
        if self.options["auth_source"] == "ecs_metadata":
            scope = [self.options["domain_id"], self.options["project_id"]]
            return [self.endpoint, self.options["auth_source"], *scope]
        return [self.endpoint, *dataclasses.astuple(dataclasses.replace(self.credentials(), source=""))]

    @property
    def key(self) -> list[str | None]:
        """What the service refuses with a 401: :attr:`identity` without the account and the project that it is for."""
        if self.options["auth_source"] == "ecs_metadata":
            return self.identity[:2]
        return [self.endpoint, *(getattr(self.credentials(), name) for name in (*KEY_FIELDS, "auth_token"))]

    @property
    def question(self) -> list[t.Any]:
        """What is asked of whom. An age is as it was given, so that it is the same a second later."""
        names = (*QUERY_PARAMETERS, *CONNECTION_OPTIONS)
        return [self.identity, [self.options[name] for name in names], self.task_ids]

    @property
    def profile(self) -> str:
        """The path of the profile file, which may not exist."""
        return profile_path(self.options, os.environ)

    def fetch(self, shared: SharedRun) -> Found:
        """Ask the service; with an empty list of IDs, return nothing without asking. Raises :class:`CocError`.

        A refused key is not sent again.
        """
        if self.task_ids == []:
            return {}
        return shared.send(self.key, lambda: self._send(shared))

    def _send(self, shared: SharedRun) -> Found:
        """Ask the service."""
        # imported here, since a result that another fork has fetched needs neither requests nor ssl
        from ansible_collections.huaweicloud.coc.plugins.module_utils._client import Client
        from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import list_tasks
        from ansible_collections.huaweicloud.coc.plugins.module_utils._transport import require_requests

        require_requests()
        with Client(self.options, self.credentials, shared.warn) as client:
            if self.task_ids is not None:
                return find_tasks(client, self.query, self.task_ids)
            return {"": list_tasks(client, self.query)["scheduled_tasks"]}


def check_call(
    given: t.Mapping[str, t.Any],
    variables: t.Iterable[str],
    task_ids: list[str] | None,
    spec: ArgumentSpec,
    warn: t.Callable[[str, str], None],
) -> Call:
    """Return the call that these options and IDs make.

    ``variables`` are the names of all variables with the lookup's prefix, those of other roles included. Raises
    :class:`CocError` for whatever is wrong with any of them.
    """
    refuse_unknown(given, spec, PLUGIN)
    refuse_typos(variables, VARIABLE_PREFIX, spec, PLUGIN)
    options = validate(given, spec)
    query = build_query(options)
    if options["cache_timeout"] < 0:
        raise CocError(f"cache_timeout: {options['cache_timeout']} is too small; it takes 0 or more seconds.")
    for task_id in task_ids or ():
        check_task_id("term", task_id)
    if task_ids is not None and "task_id" in query:
        raise CocError("task_id: give the IDs as terms or this option, not both.")
    return Call(options, query, task_ids, find_endpoint(options, os.environ), find_credentials(options, warn))


def find_tasks(client: Client, query: t.Mapping[str, str | int], task_ids: t.Sequence[str]) -> Found:
    """Return for each ID the tasks that have it and match ``query``: one, or none.

    Several IDs are looked for in the largest page of what the other filters match. Those that it does not show are
    asked for one by one: they may be on a later page, and which enterprise projects a list covers is not known.
    """
    from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import PAGE_SIZE, fetch_page

    page: Found = {}
    if len(set(task_ids)) > 1 and not any(name in query for name in PAGING):
        tasks, _count, _marker = fetch_page(client, {**query, "limit": PAGE_SIZE}, 0)
        page = {task["id"]: [task] for task in tasks}
    return {task_id: page.get(task_id) or _find_task(client, query, task_id) for task_id in dict.fromkeys(task_ids)}


def _find_task(client: Client, query: t.Mapping[str, str | int], task_id: str) -> list[dict[str, t.Any]]:
    from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task import NO_SUCH_TASK, list_tasks

    try:
        return list_tasks(client, {**query, "task_id": task_id})["scheduled_tasks"]
    except CocError as error:
        if error.error_code == NO_SUCH_TASK:
            return []
        raise
