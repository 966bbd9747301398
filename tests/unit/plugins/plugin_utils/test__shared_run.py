# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the forks of a run share: real processes, real files, and everything that can be wrong with them."""

from __future__ import annotations

import contextlib
import errno
import functools
import multiprocessing
import os
import re
import stat
import time
import unittest.mock
from datetime import timedelta

import pytest

pytest.importorskip("ansible.constants", reason="targets have no controller code")

from ansible import constants

from ansible_collections.huaweicloud.coc.plugins.module_utils._client import describe_skew
from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.plugin_utils import _shared_run
from ansible_collections.huaweicloud.coc.plugins.plugin_utils._shared_run import NOT_SENT_AGAIN, SharedRun

FORKS = multiprocessing.get_context("fork")
ASKED, QUESTION, IDENTITY = ("as given",), ("what", "of whom"), ("https://coc.example.com", "FakeKey", "FakeSecret")
REFUSED = CocError("GET … returned HTTP 401.", status=401, error_code="APIGW.0301")
AWAY = CocError("GET … failed: Connection refused.", transient=True)
CANNOT_SHARE = "The lookups of this run cannot share results, so each asks the service ({})."


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    """The folder that the forks of this run share."""
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    return tmp_path / _shared_run.FOLDER


class Fetch:
    """A fetch that counts, in a file, how often it is called in whatever process."""

    def __init__(self, log):
        self._log = log
        log.touch()

    def __call__(self, result="tasks", seconds=0.0, error=None):
        with self._log.open("a") as file:
            file.write("x")
        time.sleep(seconds)
        if error:
            raise error
        return result

    def calls(self):
        return self._log.stat().st_size


@pytest.fixture
def fetches(tmp_path):
    return Fetch(tmp_path / "fetches")


@pytest.fixture
def warnings():
    return []


@pytest.fixture
def run(warnings):
    return SharedRun(warnings.append)


def get(shared, fetch, max_age=60, asked=ASKED, question=QUESTION, profile="/no/profile", **arguments):
    return shared.get(asked, question, str(profile), max_age, functools.partial(fetch, **arguments))


def in_forks(count, function):
    """Return what ``function(number)`` returns in so many processes at once, or the message that it raises."""
    results, start = FORKS.Queue(), FORKS.Barrier(count)

    def work(number):
        start.wait(60)
        try:
            results.put(function(number))
        except CocError as error:
            results.put(error.msg)

    processes = [FORKS.Process(target=work, args=(number,)) for number in range(count)]
    for process in processes:
        process.start()
    found = [results.get(timeout=60) for _process in processes]
    for process in processes:
        process.join()
    return found


# Results


def test_fifty_processes_share_one_fetch(fetches, run):
    assert in_forks(50, lambda _number: get(run, fetches, seconds=0.3)) == ["tasks"] * 50
    assert fetches.calls() == 1


def test_fifty_processes_share_one_failure_and_those_that_come_later_ask_anew(fetches, run):
    assert in_forks(50, lambda _number: get(run, fetches, seconds=2, error=AWAY)) == [AWAY.msg] * 50
    assert fetches.calls() == 1
    assert get(run, fetches) == "tasks"


def test_a_result_is_used_while_it_is_young_enough_from_before_its_fetch(fetches, run, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def slow():
        now[0] += 4
        return fetches()

    assert get(run, slow, max_age=10) == "tasks"
    now[0] += 6
    assert (get(run, fetches, max_age=10), run.recall(ASKED)) == ("tasks", "tasks")
    now[0] += 0.1
    assert run.recall(ASKED) is None
    assert get(run, fetches, max_age=10, result="newer") == "newer"
    assert (run.recall(ASKED), fetches.calls()) == ("newer", 2)


def test_the_same_question_in_other_words_shares_and_another_never(fetches, run):
    get(run, fetches)
    assert get(run, fetches, asked=["in other words"], result="newer") == "tasks"
    assert get(run, fetches, question=["what", "of somebody else"], result="other") == "other"


def test_words_mean_something_else_once_the_profile_file_changed(fetches, run, tmp_path):
    profile = tmp_path / "credentials"
    profile.write_text("[global]\nak = one\n")
    get(run, fetches, profile=profile)
    assert run.recall(ASKED) == "tasks"
    profile.write_text("[global]\nak = two\n")
    assert run.recall(ASKED) is None


# Keys


def test_a_refused_key_is_sent_once(fetches, run):
    said = in_forks(20, lambda _number: run.send(IDENTITY, lambda: fetches(seconds=0.2, error=REFUSED)))
    assert sorted(said) == [REFUSED.msg] + [f"{REFUSED.msg} {NOT_SENT_AGAIN}"] * 19
    assert fetches.calls() == 1
    with pytest.raises(CocError) as refusal:
        run.send(IDENTITY, fetches)
    assert (refusal.value.status, refusal.value.error_code) == (401, "APIGW.0301")
    assert run.send([*IDENTITY, "another"], fetches) == "tasks"


@pytest.mark.parametrize("outcome", [None, CocError("Forbidden.", status=403)], ids=["good", "403"])
def test_once_the_key_is_accepted_requests_go_side_by_side(outcome, fetches, run):
    with pytest.raises(CocError) if outcome else contextlib.nullcontext():
        run.send(IDENTITY, lambda: fetches(error=outcome))
    meeting = FORKS.Barrier(10)  # only those that are sent at the same time can meet
    assert in_forks(10, lambda _number: run.send(IDENTITY, lambda: meeting.wait(20) >= 0)) == [True] * 10


@pytest.mark.parametrize("is_away", [False, True])
def test_until_the_key_is_accepted_requests_go_one_by_one(run, fetches, tmp_path, is_away):
    if is_away:
        with pytest.raises(CocError):
            run.send(IDENTITY, lambda: fetches(error=AWAY))

    def request():
        (tmp_path / "under way").mkdir()  # fails if another is
        time.sleep(0.5)
        (tmp_path / "under way").rmdir()
        return "tasks"

    assert in_forks(2, lambda _number: run.send(IDENTITY, request)) == ["tasks"] * 2


def test_a_key_that_is_refused_later_is_not_sent_again_either(fetches, run):
    run.send(IDENTITY, fetches)
    for words in (REFUSED.msg, NOT_SENT_AGAIN):
        with pytest.raises(CocError, match=re.escape(words)):
            run.send(IDENTITY, lambda: fetches(error=REFUSED))
    assert fetches.calls() == 2


# Warnings


def test_a_warning_is_given_once_in_all_forks_whatever_the_clocks_say(tmp_path):
    log = tmp_path / "warnings"
    files = ["The profile file ~/1 contains secrets.", "The profile file ~/2 contains secrets."]

    def warn(number):
        shared = SharedRun(lambda text: log.open("a").write(text + "\n"))
        for text in (describe_skew(timedelta(minutes=60 + number)), *files):
            shared.warn(text)

    in_forks(10, warn)
    said = sorted(log.read_text().splitlines())
    assert (said[:-1], "minutes apart" in said[-1]) == (files, True)


# Files


def test_files_are_private_and_tell_nothing_of_keys(fetches, run, folder):
    get(run, fetches)
    with pytest.raises(CocError):
        run.send(IDENTITY, lambda: fetches(error=REFUSED))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        text = path.name + path.read_text()
        assert not [secret for secret in (*IDENTITY[1:], *QUESTION) if secret in text]


def test_nobody_can_try_a_secret_against_the_names_without_the_memory_of_the_run(run, monkeypatch):
    name = run._name("identity", IDENTITY)
    assert in_forks(2, lambda _number: run._name("identity", IDENTITY)) == [name] * 2
    monkeypatch.setattr(multiprocessing.current_process(), "authkey", bytes(32))
    assert run._name("identity", IDENTITY) != name


def seal_another_result(path):
    SharedRun(pytest.fail)._write("another", {"name": "another", "result": "another"})
    path.write_bytes((path.parent / "another").read_bytes())


def replace_by_folder(path):
    path.unlink()
    path.mkdir()


def link_elsewhere(path):
    target = path.parent.parent / "elsewhere"
    target.write_text("something private")
    path.unlink()
    path.symlink_to(target)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.write_bytes(path.read_bytes().replace(b"tasks", b"tusks")),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(os.urandom(1000)),
        seal_another_result,
        replace_by_folder,
        link_elsewhere,
    ],
    ids=["cut", "changed", "empty", "random", "another in its place", "a folder", "a link"],
)
def test_a_damaged_or_foreign_file_counts_as_none(damage, fetches, run, folder):
    get(run, fetches)
    for path in list(folder.iterdir()):
        if path.suffix != ".lock":
            damage(path)
    assert run.recall(ASKED) is None
    assert get(run, fetches, result="newer") == "newer"
    assert fetches.calls() == 2


def failing(number):
    """A function of the operating system that fails with this error."""
    return unittest.mock.Mock(side_effect=OSError(number, os.strerror(number)))


@pytest.mark.parametrize(
    "breaks, error",
    [
        (lambda folder, patch: folder.parent.rename(folder.parent.with_name("gone")), errno.ENOENT),
        (lambda folder, patch: patch.setattr("fcntl.flock", failing(errno.ENOLCK)), errno.ENOLCK),
        (lambda folder, patch: patch.setattr("os.replace", failing(errno.ENOSPC)), errno.ENOSPC),
        (lambda folder, patch: folder.write_text("a file"), errno.ENOTDIR),
    ],
    ids=["no folder", "no locks", "full disk", "not a folder"],
)
def test_without_usable_files_each_asks_for_itself(breaks, error, run, warnings, folder, monkeypatch):
    fetch = unittest.mock.Mock(return_value="tasks")
    breaks(folder, monkeypatch)
    for _use in range(2):
        assert get(run, fetch) == "tasks"
        assert run.send(IDENTITY, fetch) == "tasks"
    assert set(warnings) == {CANNOT_SHARE.format(os.strerror(error))}  # Ansible shows the same text once
    assert fetch.call_count >= 3
    assert not list(folder.glob(f"*.{os.getpid()}"))  # drafts


def test_a_worker_that_dies_with_the_lock_leaves_the_next_to_ask(fetches, run, warnings):
    started = FORKS.Event()

    def hang():
        started.set()
        time.sleep(60)

    worker = FORKS.Process(target=get, args=(run, hang))
    worker.start()
    assert started.wait(20)
    worker.kill()
    assert get(run, fetches) == "tasks"
    worker.join()
    assert (fetches.calls(), warnings) == (1, [])


def test_two_runs_share_nothing(fetches, run, monkeypatch, tmp_path):
    get(run, fetches)
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path / "another run"))
    (tmp_path / "another run").mkdir()
    assert get(SharedRun(pytest.fail), fetches, result="its own") == "its own"
