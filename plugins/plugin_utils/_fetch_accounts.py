# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tasks of several accounts, requested side by side by threads."""

from __future__ import annotations

import threading
import typing as t
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._accounts import Account
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._fetch import SharingClient, fetch
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._lookup_options import COMMON_SPEC, result_key
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._request import build_request
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._run_cache import RunCache
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._validation import validate


class AccountRequest:
    """The request for the tasks of one account. Raises :class:`CocError` for options that are wrong."""

    def __init__(self, account: Account, cache: RunCache) -> None:
        self.name = account.name
        self._min_tasks = account.min_tasks
        self.warnings: list[tuple[str, str]] = []  # key and text of each
        self._cache = cache
        try:
            options = validate(account.options, COMMON_SPEC)
            self._key = result_key(options, None)
            self._request = build_request(options, None, self._warn)
            self.client = SharingClient(self._request, cache, self._warn)
        except CocError as error:
            if account.name is None:
                raise
            raise CocError(f"account {account.name!r}: {error.msg}") from None

    def _warn(self, key: str, text: str) -> None:
        prefix = "" if self.name is None else f"{self.name}: "
        self.warnings.append((prefix + key, prefix + text))

    def fetch(self) -> dict[str, t.Any]:
        """Return the entry of the account: its tasks, or why they could not be listed."""
        request, max_age = self._request, self._request.options["cache_timeout"]
        try:
            with self.client as client:
                found = self._cache.share(self._key, lambda: fetch(client, request), max_age)
        except CocError as error:
            return self.failure(error)
        account = {} if self.name is None else {"account": self.name}
        tasks = [{**task, **account} for task in found["scheduled_tasks"]]
        return {**self._entry(), **found, "scheduled_tasks": tasks, "failed": False}

    def failure(self, error: CocError) -> dict[str, t.Any]:
        """Return the entry of an account that failed."""
        nothing: dict[str, t.Any] = {"scheduled_tasks": [], "count": None, "next_marker": None}
        return {**self._entry(), **nothing, "failed": True, **error.as_result()}

    def _entry(self) -> dict[str, t.Any]:
        return {"name": self.name, "filters": self._request.filters, "min_tasks": self._min_tasks}


def fetch_accounts(
    accounts: t.Sequence[Account], forks: int, skipped: t.Mapping[str, t.Any], warn: t.Callable[[str], None]
) -> list[dict[str, t.Any]]:
    """Return an entry for each account, in this order: its tasks, or why they could not be listed.

    At most ``forks`` accounts are requested at the same time. For those in ``skipped``, which has the reason by name,
    nothing is sent.
    Warnings are shown at the end. Raises :class:`CocError` for wrong options, before anything is sent.
    """
    stop = threading.Event()
    texts: list[str] = []
    cache = RunCache(texts.append, stop)
    requests = [AccountRequest(account, cache) for account in accounts]
    with ThreadPoolExecutor(forks) as pool:
        try:
            entries = {request: pool.submit(request.fetch) for request in requests if request.name not in skipped}
            result = [
                entries[request].result()
                if request in entries
                else request.failure(CocError(str(skipped[str(request.name)])))
                for request in requests
            ]
        except BaseException:  # Ctrl-C or the task's timeout: no thread outlives the lookup
            stop.set()
            for request in requests:
                request.client.abort()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    for request in requests:
        for key, text in request.warnings:
            cache.warn(key, text)
    for text in texts:
        warn(text)
    return result
