# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the lookups of one run of Ansible share, across its forks: results, refused keys, warnings.

Each task of each host runs in a fork of its own, so nothing can be shared in memory. Files can: they are in the
temporary folder that ansible-core makes for each run and deletes at its end, and that only the user of the run may
enter. Locks are those of the kernel, which releases them when a process dies.

The one secret that all forks have in memory, and that no file contains, is the authentication key of multiprocessing:
32 random bytes that each process inherits. File names are derived with it, so they reveal nothing about access keys,
and file contents are sealed with it, so that a damaged or foreign file is treated as missing.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import hmac
import json
import multiprocessing
import os
import time
import typing as t

from ansible import constants

from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError

T = t.TypeVar("T")

FOLDER = "huaweicloud.coc"
# The service fails with these once the gateway has accepted the key. Others, such as 503, say nothing about it.
ACCEPTED = (200, 400, 403)
NOT_SENT_AGAIN = "It was refused earlier in this run, so it was not sent again."


class SharedRun:
    """The files of this run. If they cannot be used, each lookup asks for itself, and ``warn`` is called once.

    A refused key is then sent again by each lookup, too.
    """

    def __init__(self, warn: t.Callable[[str], None]) -> None:
        self._warn = warn
        settings: t.Any = constants  # it gets its attributes when it is imported
        self._folder = os.path.join(settings.DEFAULT_LOCAL_TMP, FOLDER)

    def recall(self, asked: object) -> t.Any:
        """Return what :meth:`get` returned for the same ``asked``, None if there is nothing or it is too old by now."""
        note = self._read(self._name("call", asked))
        kept = self._read(note["name"]) if note and note["profile"] == _describe_file(note["path"]) else None
        return kept["result"] if note and kept and time.monotonic() - kept["started"] <= note["max_age"] else None

    def get(self, asked: object, question: object, profile: str, max_age: int, fetch: t.Callable[[], T]) -> T:
        """Return what somebody fetched for ``question`` at most ``max_age`` seconds ago in this run, or fetch it.

        Callers that arrive during a fetch wait for it, and share its result or its :class:`CocError`. ``asked`` is the
        question as the user put it, which means the same as long as the file ``profile`` does not change.
        """
        arrived = time.monotonic()  # the same clock in all processes
        name = self._name("result", question)
        note = {"name": name, "max_age": max_age, "path": profile, "profile": _describe_file(profile)}
        with self._locked(name):
            kept = self._read(name)
            if kept and (arrived <= kept["ended"] or arrived - kept["started"] <= max_age):
                result = t.cast(T, kept["result"])
            else:
                result = self._fetch(name, arrived, fetch)
        self._write(self._name("call", asked), note)
        return result

    def _fetch(self, name: str, arrived: float, fetch: t.Callable[[], T]) -> T:
        """Return ``fetch()``, and keep it for the others. Callers that waited for a fetch that failed get its error."""
        failure = self._read(f"{name}.failure")
        if failure and arrived <= failure["ended"]:
            raise CocError(**failure["error"])
        started = time.monotonic()
        try:
            result = fetch()
        except CocError as error:
            self._write(f"{name}.failure", {"ended": time.monotonic(), "error": error.as_result()})
            raise
        self._write(name, {"started": started, "ended": time.monotonic(), "result": result})
        return result

    def send(self, identity: object, request: t.Callable[[], T]) -> T:
        """Return ``request()``, unless the service refused ``identity`` earlier in this run: then raise what it said.

        Requests of an identity are sent one by one until the service has accepted or refused it, then in parallel.
        """
        name = self._name("identity", identity)
        known = self._read(name)
        if not known:
            with self._locked(name):
                known = self._read(name)
                if not known:
                    return self._send(name, request, is_known=False)
        if known["refusal"]:
            raise CocError(**{**known["refusal"], "msg": f"{known['refusal']['msg']} {NOT_SENT_AGAIN}"})
        return self._send(name, request, is_known=True)

    def _send(self, name: str, request: t.Callable[[], T], is_known: bool) -> T:
        """Return ``request()``, and remember what the service thinks of its key."""
        try:
            result = request()
        except CocError as error:
            if error.status == 401:
                self._write(name, {"refusal": error.as_result()})
            elif not is_known and error.status in ACCEPTED:
                self._write(name, {"refusal": None})
            raise
        if not is_known:
            self._write(name, {"refusal": None})
        return result

    def warn(self, key: str, text: str) -> None:
        """Warn of what has this ``key`` once in a run."""
        with contextlib.suppress(OSError):
            try:
                os.close(self._open(self._name("warning", key), os.O_EXCL))
            except FileExistsError:
                return
        self._warn(text)

    def _name(self, kind: str, value: object) -> str:
        """Return a file name for ``value`` that reveals nothing about it to anybody without the authentication key."""
        return f"{kind}-{self._seal(json.dumps(value, sort_keys=True, default=str).encode())[:32]}"

    def _seal(self, content: bytes) -> str:
        return hmac.new(multiprocessing.current_process().authkey, content, hashlib.sha256).hexdigest()

    def _open(self, name: str, flags: int) -> int:
        """Return the descriptor of a file in the folder, which is made if need be. Raises OSError."""
        with contextlib.suppress(FileExistsError):
            os.mkdir(self._folder, 0o700)
        return os.open(os.path.join(self._folder, name), flags | os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW, 0o600)

    @contextlib.contextmanager
    def _locked(self, name: str) -> t.Iterator[None]:
        """Hold a lock, or none if that is impossible."""
        descriptor = None
        try:
            descriptor = self._open(f"{name}.lock", 0)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as error:
            self._complain(error)
        try:
            yield
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def _read(self, name: str) -> dict[str, t.Any] | None:
        """Return what a fork of this run wrote, None if there is no such file or nobody in this run sealed it."""
        try:
            with open(os.path.join(self._folder, name), "rb") as file:
                seal, _line_break, content = file.read().partition(b"\n")
        except OSError:
            return None
        if not hmac.compare_digest(seal, self._seal(name.encode() + content).encode()):
            return None
        value: dict[str, t.Any] = json.loads(content)
        return value

    def _write(self, name: str, value: dict[str, t.Any]) -> None:
        """Write what the other forks are to read, whole or not at all."""
        content = json.dumps(value).encode()
        draft = f"{name}.{os.getpid()}"
        try:
            with os.fdopen(self._open(draft, os.O_EXCL), "wb") as file:
                file.write(self._seal(name.encode() + content).encode() + b"\n" + content)
            os.replace(os.path.join(self._folder, draft), os.path.join(self._folder, name))
        except OSError as error:
            with contextlib.suppress(OSError):
                os.remove(os.path.join(self._folder, draft))
            self._complain(error)

    def _complain(self, error: OSError) -> None:
        self.warn(
            "folder", f"The lookups of this run cannot share results, so each asks the service ({error.strerror})."
        )


def _describe_file(path: str) -> list[int] | None:
    """Return values that change whenever the file does, None if there is no such file."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return [status.st_ino, status.st_size, status.st_mtime_ns]
