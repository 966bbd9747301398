# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the forks of a run share: real processes, real files, and what can be wrong with them."""

from __future__ import annotations

import errno
import os
import stat
import time
import unittest.mock

import pytest

pytest.importorskip("ansible.constants", reason="targets have no controller code")

from ansible import constants

from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._run_cache import WHOLE_RUN, RunCache
from ansible_collections.huaweicloud.coc.tests.unit.conftest import FORKS, in_forks, refusal

KEY = ["what", "FakeSecret"]
REFUSED = CocError("GET … returned HTTP 401.", status=401, error_code="APIGW.0301")
AWAY = CocError("GET … failed: Connection refused.", transient=True)


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    """The temporary folder of this run."""
    path = tmp_path / "run"
    path.mkdir()
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(path))
    return path


@pytest.fixture
def warnings():
    return []


@pytest.fixture
def cache(warnings):
    return RunCache(warnings.append)


@pytest.fixture
def fetch(tmp_path):
    """A function that counts, in a file, how often it is called in whatever process."""
    log = tmp_path / "fetches"
    log.touch()

    def fetch(result="tasks", seconds=0.0, error=None):
        with log.open("a") as file:
            file.write("x")
        time.sleep(seconds)
        if error:
            raise error
        return result

    vars(fetch)["calls"] = lambda: log.stat().st_size
    return fetch


@pytest.mark.parametrize(
    "error, later, calls",
    [(None, "newer", 2), (AWAY, "newer", 2), (REFUSED, REFUSED.msg, 1)],
    ids=["result", "failure", "401"],
)
def test_who_comes_meanwhile_shares_the_outcome_and_only_a_401_is_kept(error, later, calls, fetch, cache):
    found = in_forks(20, lambda: cache.share(KEY, lambda: fetch(seconds=2, error=error), 0))
    assert found == [error.msg if error else "tasks"] * 20
    assert fetch.calls() == 1
    assert in_forks(1, lambda: cache.share(KEY, lambda: fetch("newer"), 0)) == [later]
    assert fetch.calls() == calls


def test_a_result_is_kept_while_it_is_young_enough_from_before_its_request(fetch, cache, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def slow():
        now[0] += 4
        return fetch("newer" if fetch.calls() else "tasks")

    found = []
    for seconds in (0, 6, 0.1):
        now[0] += seconds
        found.append(cache.share(KEY, slow, 10))
    assert found == ["tasks", "tasks", "newer"]
    assert cache.share(["another"], lambda: "other", 10) == "other"


def test_what_is_refused_later_is_not_fetched_any_more(fetch, cache):
    assert cache.share(KEY, fetch, WHOLE_RUN) == "tasks"
    cache.keep_refusal(KEY, REFUSED)
    assert refusal(cache.share, KEY, pytest.fail, WHOLE_RUN) == REFUSED.msg


def test_a_warning_is_given_once_for_each_key_in_all_forks(tmp_path):
    log = tmp_path / "warnings"

    def warn():
        cache = RunCache(lambda text: log.open("a").write(text + "\n"))
        for key, text in (("a", f"It is {time.time()}."), ("b", "Another.")):
            cache.warn(key, text)

    in_forks(10, warn)
    first, second = sorted(log.read_text().splitlines())
    assert (first, second.startswith("It is ")) == ("Another.", True)


def test_files_are_private_and_their_names_tell_nothing_of_keys(fetch, cache, folder):
    cache.share(KEY, fetch, 60)
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert not [secret for secret in KEY if secret in path.name + path.read_text()]


def failing(number):
    """A function of the operating system that fails with this error."""
    return unittest.mock.Mock(side_effect=OSError(number, os.strerror(number)))


@pytest.mark.parametrize(
    "breaks, error",
    [
        (lambda folder, patch: folder.rmdir(), errno.ENOENT),
        (lambda folder, patch: patch.setattr("fcntl.flock", failing(errno.ENOLCK)), errno.ENOLCK),
        (lambda folder, patch: patch.setattr("os.replace", failing(errno.ENOSPC)), errno.ENOSPC),
    ],
    ids=["no folder", "no locks", "full disk"],
)
def test_without_usable_files_each_fetches_for_itself(breaks, error, cache, warnings, folder, monkeypatch):
    breaks(folder, monkeypatch)
    for result in ("one", "two"):
        found = cache.share(KEY, lambda result=result: result, 60)
        assert found == result or error == errno.ENOLCK
    text = f"The lookups of this run cannot share results, so each sends its own request ({os.strerror(error)})."
    assert set(warnings) == {text}  # Ansible shows the same text once
    assert not [path.name for path in folder.glob(f"*.{os.getpid()}.*")]  # drafts


def test_a_worker_that_dies_with_the_lock_leaves_the_next_to_fetch(fetch, cache):
    started = FORKS.Event()

    def hang():
        started.set()
        time.sleep(60)

    worker = FORKS.Process(target=cache.share, args=(KEY, hang, 60))
    worker.start()
    assert started.wait(20)
    worker.kill()
    assert cache.share(KEY, fetch, 60) == "tasks"
    worker.join()
