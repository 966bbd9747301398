# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the lookups of one run of Ansible share across its forks and threads: results, failures, warnings.

Each task of each host runs in a fork of its own, so nothing can be shared in memory. Files can: they are in the
temporary folder that ansible-core makes for each run, that only the user of the run may enter, and that ansible-core
deletes at the end. Locks are those of the kernel, which releases them when a process dies.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import threading
import time
import typing as t

from ansible import constants

from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError

T = t.TypeVar("T")
Warn = t.Callable[[str, str], None]  # a key, which says what it is about, and the text

WHOLE_RUN = float("inf")
POLL = 0.02  # seconds


class RunCache:
    """The files of this run. If they cannot be used, each lookup sends its own request, and a warning says so.

    ``warn`` shows a text to the user. A lookup that waits for another one gives up when ``stop`` is set.
    """

    def __init__(self, warn: t.Callable[[str], None], stop: threading.Event | None = None) -> None:
        self._show = warn
        self._stop = stop or threading.Event()
        settings: t.Any = constants  # it gets its attributes when it is imported
        self._folder: str = settings.DEFAULT_LOCAL_TMP

    def share(self, key: object, fetch: t.Callable[[], T], max_age: float) -> T:
        """Return what ``fetch`` returns, which must fit into JSON, or what it returned for the first caller.

        The first caller with a ``key`` fetches. Those that come meanwhile wait, and share its result or its
        :class:`CocError`. Those that come later share a result that was requested at most ``max_age`` seconds ago, and
        a refusal of the credentials (HTTP 401), but no other failure.
        """
        arrived = time.monotonic()  # the same clock in all processes
        name = _file_name("result", key)
        outcome = self._read(name, arrived, max_age)
        if outcome is None:
            with self._open_lock(f"{name}.lock") as lock:
                while outcome is None and not self._acquire(lock):
                    self._wait(name)
                    outcome = self._read(name, arrived, max_age)
                outcome = outcome or self._read(name, arrived, max_age)
                if outcome is None:
                    return self._fetch(name, fetch, max_age)
        error, result = outcome
        if error:
            raise CocError(**error)
        return t.cast(T, json.loads(result))

    def _read(self, name: str, arrived: float, max_age: float) -> tuple[dict[str, t.Any] | None, str] | None:
        """Return the error and the result in a file. None if there is no file, or if it is too old for this caller."""
        try:
            with open(self._path(name), encoding="utf-8") as file:
                started, ended, error = json.loads(file.readline())
                is_kept = error["status"] == 401 if error else arrived - started <= max_age
                return (error, file.read()) if is_kept or arrived <= ended else None
        except OSError:
            return None

    def _open_lock(self, name: str) -> contextlib.AbstractContextManager[t.Any]:
        try:
            return os.fdopen(self._open(name), "w")
        except OSError as error:
            self._warn_not_shared(error)
            return contextlib.nullcontext()

    def _acquire(self, lock: t.Any) -> bool:
        """Return whether no other lookup has the lock, or locks cannot be used."""
        try:
            if lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            self._warn_not_shared(error)
        return True

    def _wait(self, name: str) -> None:
        """Wait a moment for the caller that fetches, and ask it to keep the outcome."""
        with contextlib.suppress(OSError):
            os.close(self._open(f"{name}.waiting"))
        if self._stop.wait(POLL):
            raise CocError("The lookup was stopped while it waited for the result of another lookup.")

    def _fetch(self, name: str, fetch: t.Callable[[], T], max_age: float) -> T:
        """Return what ``fetch`` returns, and keep it if somebody else may want it."""
        started = time.monotonic()
        try:
            result = fetch()
        except CocError as error:
            if not self._stop.is_set():
                self._write(name, started, error=error.as_result())
            raise
        if max_age or os.path.exists(self._path(f"{name}.waiting")):
            self._write(name, started, result=result)
        return result

    def keep_refusal(self, key: object, error: CocError) -> None:
        """Let all later calls of :meth:`share` with this key fail, because the service has refused the credentials."""
        self._write(_file_name("result", key), time.monotonic(), error=error.as_result())

    def warn(self, key: str, text: str) -> None:
        """Show a warning, once in a run for each key."""
        with contextlib.suppress(OSError):
            try:
                os.close(self._open(_file_name("warning", key), os.O_EXCL))
            except FileExistsError:
                return
        self._show(text)

    def _path(self, name: str) -> str:
        return os.path.join(self._folder, name)

    def _open(self, name: str, flags: int = 0) -> int:
        return os.open(self._path(name), flags | os.O_CREAT | os.O_WRONLY, 0o600)

    def _write(self, name: str, started: float, result: object = None, error: dict[str, t.Any] | None = None) -> None:
        """Write an outcome, whole or not at all."""
        lines = [json.dumps([started, time.monotonic(), error]), json.dumps(result)]
        draft = f"{name}.{os.getpid()}.{threading.get_ident()}"
        try:
            with os.fdopen(self._open(draft, os.O_TRUNC), "w", encoding="utf-8") as file:
                file.write("\n".join(lines))
            os.replace(self._path(draft), self._path(name))
        except OSError as problem:
            with contextlib.suppress(OSError):
                os.remove(self._path(draft))
            self._warn_not_shared(problem)

    def _warn_not_shared(self, error: OSError) -> None:
        text = f"The lookups of this run cannot share results, so each sends its own request ({error.strerror})."
        self.warn("run cache", text)


def _file_name(kind: str, key: object) -> str:
    """Return a file name for ``key``. It does not show the secrets that may be in it."""
    text = json.dumps(key, sort_keys=True, default=str)
    return f"huaweicloud.coc-{kind}-{hashlib.sha256(text.encode()).hexdigest()}"
