# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a lookup requests: options that have been checked, and the credentials to send."""

from __future__ import annotations

import dataclasses
import os
import typing as t

from ansible_collections.huaweicloud.coc.plugins.module_utils._credentials import (
    OPTION_NAMES,
    Identity,
    NoCredentials,
    find_credentials,
)
from ansible_collections.huaweicloud.coc.plugins.module_utils._endpoint import find_endpoint
from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._options import SCOPE_FIELDS
from ansible_collections.huaweicloud.coc.plugins.module_utils._scheduled_task_query import (
    QUERY_PARAMETERS,
    build_query,
    check_task_id,
)
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._lookup_options import Options
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._run_cache import Warn


@dataclasses.dataclass(frozen=True, repr=False)  # no repr: it would show the secrets
class Request:
    """A list of scheduled tasks to request.

    ``options`` are at least those of ``COMMON_SPEC``, with the endpoint even if it was not set; ``query`` has the
    API's parameters; ``task_ids`` is None if all tasks that match are wanted. ``identity`` returns the credentials to
    use now, or raises :class:`CocError`.
    """

    options: Options
    query: dict[str, str | int]
    task_ids: list[str] | None
    identity: Identity

    @property
    def filters(self) -> Options:
        """The parameters of the API that were set, as the user set them: a time may be an age such as ``-24h``."""
        return {name: self.options[name] for name in QUERY_PARAMETERS if self.options[name] is not None}

    @property
    def endpoint_and_key(self) -> list[str | None]:
        """The endpoint, and the key or token that it, or the IAM beside it, may refuse."""
        return [self.options["endpoint"], *self.identity.base]


def build_request(options: Options, task_ids: list[str] | None, warn: Warn) -> Request:
    """Return the request that these options and task IDs make. The types of the options have been checked.

    Raises :class:`CocError` for whatever is wrong with them. If credentials are neither among the options nor found
    elsewhere, the request fails only when it is sent: the other accounts are still listed.
    """
    query = build_query(options)
    if options["cache_timeout"] < 0:
        raise CocError(f"cache_timeout: {options['cache_timeout']} is too small; it takes 0 or more seconds.")
    for task_id in task_ids or ():
        check_task_id("term", task_id)
    if task_ids is not None and "task_id" in query:
        raise CocError("task_id: give the IDs as terms or this option, not both.")
    options = {**options, "endpoint": find_endpoint(options, os.environ)}
    return Request(options, query, task_ids, _credentials_or_failure(options, warn))


def _credentials_or_failure(options: Options, warn: Warn) -> Identity:
    try:
        return find_credentials(options, warn)
    except CocError as error:
        is_named = any(options[name] for name in OPTION_NAMES if name not in SCOPE_FIELDS)
        if is_named and not isinstance(error, NoCredentials):
            raise
        problem = error

    def fail(_client: object) -> t.NoReturn:
        raise problem

    return Identity([problem.msg], fail, {}, {})
