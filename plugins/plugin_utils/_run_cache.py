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
    """The files of this run. If they cannot be used, each lookup asks the service for itself, and a warning says so.

    ``warn`` shows a text to the user. Whoever waits for another lookup gives up when ``stop`` is set.
    """

    def __init__(self, warn: t.Callable[[str], None], stop: threading.Event | None = None) -> None:
        self._show = warn
        self._stop = stop or threading.Event()
        settings: t.Any = constants  # it gets its attributes when it is imported
        self._folder: str = settings.DEFAULT_LOCAL_TMP

    def share(self, key: object, fetch: t.Callable[[], T], max_age: float) -> T:
        """Return what ``fetch`` returns, which must fit into JSON, or what it returned for whoever called it first.

        The first caller with a ``key`` fetches. Those that come meanwhile wait, and share its result or its
        :class:`CocError`. Those that come later share a result that was requested at most ``max_age`` seconds ago, and
        a refusal of the credentials (HTTP 401), but no other failure.
        """
        arrived = time.monotonic()  # the same clock in all processes
        name = _file_name("result", key)
        with self._locked(name, lambda: self._find(name, arrived, max_age)) as outcome:
            return self._fetch(name, fetch) if outcome is None else outcome()

    def _find(self, name: str, arrived: float, max_age: float) -> t.Callable[[], t.Any] | None:
        """Return a function that returns the result in a file, or raises the failure.

        Return None if there is no such file, or none for whoever arrived at this time.
        """
        try:
            with open(os.path.join(self._folder, name), encoding="utf-8") as file:
                started, ended, error = json.loads(file.readline())
                is_kept = error["status"] == 401 if error else arrived - started <= max_age
                text = file.read() if is_kept or arrived <= ended else None
        except OSError:
            return None
        return None if text is None else lambda: _read_outcome(error, text)

    def _fetch(self, name: str, fetch: t.Callable[[], T]) -> T:
        started = time.monotonic()
        try:
            result = fetch()
        except CocError as error:
            self._keep(name, started, error=error.as_result())
            raise
        self._keep(name, started, result=result)
        return result

    def refuse(self, key: object, error: CocError) -> None:
        """Let all later calls of :meth:`share` with this key fail, because the service has refused the credentials."""
        self._keep(_file_name("result", key), time.monotonic(), error=error.as_result())

    def warn(self, key: str, text: str) -> None:
        """Show a warning, once in a run for each key."""
        with contextlib.suppress(OSError):
            try:
                os.close(self._open(_file_name("warning", key), os.O_EXCL))
            except FileExistsError:
                return
        self._show(text)

    def _open(self, name: str, flags: int) -> int:
        return os.open(os.path.join(self._folder, name), flags | os.O_CREAT | os.O_WRONLY, 0o600)

    @contextlib.contextmanager
    def _locked(self, name: str, find: t.Callable[[], T | None]) -> t.Iterator[T | None]:
        """Yield what ``find`` returns, as soon as that is not None; else hold the lock of a file and yield None."""
        descriptor = None
        try:
            found = find()
            try:
                descriptor = self._open(f"{name}.lock", 0)
                while found is None and not self._lock(descriptor):
                    found = find()
                found = found or find()
            except OSError as error:
                self._complain(error)
            yield found
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def _lock(self, descriptor: int) -> bool:
        """Return whether the file is locked now; if another has the lock, wait a moment."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if self._stop.wait(POLL):
                raise CocError("The lookup was ended.") from None
            return False
        return True

    def _keep(self, name: str, started: float, result: object = None, error: dict[str, t.Any] | None = None) -> None:
        """Write an outcome, whole or not at all."""
        lines = [json.dumps([started, time.monotonic(), error]), json.dumps(result)]
        draft = f"{name}.{os.getpid()}.{threading.get_ident()}"
        try:
            with os.fdopen(self._open(draft, os.O_TRUNC), "w", encoding="utf-8") as file:
                file.write("\n".join(lines))
            os.replace(os.path.join(self._folder, draft), os.path.join(self._folder, name))
        except OSError as problem:
            with contextlib.suppress(OSError):
                os.remove(os.path.join(self._folder, draft))
            self._complain(problem)

    def _complain(self, error: OSError) -> None:
        text = f"The lookups of this run cannot share results, so each asks the service ({error.strerror})."
        self.warn("run cache", text)


def _read_outcome(error: dict[str, t.Any] | None, result: str) -> t.Any:
    if error:
        raise CocError(**error)
    return json.loads(result)


def _file_name(kind: str, key: object) -> str:
    """Return a file name for ``key``. It does not show the secrets that may be in it."""
    text = json.dumps(key, sort_keys=True, default=str)
    return f"huaweicloud.coc-{kind}-{hashlib.sha256(text.encode()).hexdigest()}"
