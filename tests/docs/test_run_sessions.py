# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The end of ``make test`` names the line that says what is wrong, and the command that runs it alone."""

from __future__ import annotations

import pytest

from ansible_collections.huaweicloud.coc.utils import run_sessions

UNITS = """\
=========================== short test summary info ============================
FAILED ../../../tests/unit/test_listing.py::test_marker[lookup-'a b'] - AssertionError: assert 1 == 2
======================== 1 failed, 1362 passed in 24.56s =======================
FATAL: Command "pytest -r a" returned exit status 1.
"""
COLLECTION = """\
ERROR tests/docs/test_demo.py - ImportError: cannot import name 'x'
!!!!!!!!!!!!!!!!!!!! Interrupted: 1 error during collection !!!!!!!!!!!!!!!!!!!!
"""
SANITY = """\
Running sanity test "pep8"
ERROR: Found 1 pep8 issue(s) which need to be resolved:
ERROR: plugins/lookup/scheduled_task.py:9:1: E302: expected 2 blank lines, found 1
FATAL: The 1 sanity test(s) listed below (out of 41) failed. See error output above for details.
"""
INTEGRATION = """\
Running lookup_scheduled_task integration test role
ok: [testhost]
Running playbooks integration test role
[ERROR]: Task failed: Action failed: Assertion failed
fatal: [testhost]: FAILED! => {"assertion": "item.rc == 0"}
FATAL: Command "ansible-playbook playbooks-x.yml" returned exit status 2.
"""
TYPING = """\
noxfile.py:153:5: [call-overload]
  No overload variant of "run" matches
nox > Session typing aborted: Mypy failed (took 6 seconds).
"""
LINT = """\
WARNING  Listing 1 violation(s) that are fatal
yaml[line-length]: Line too long (127 > 120 characters)
playbooks/report.yml:20
nox > Command ansible-lint --offline --strict failed with exit code 2
"""
EMPTY = "nox > Running session docs-check\nnox > Session docs-check failed.\n"


@pytest.mark.parametrize(
    ("session", "output", "error", "test"),
    [
        ("units", UNITS, "::test_marker[lookup-'a b'] - AssertionError", "tests/unit/test_listing.py -k test_marker"),
        ("examples", COLLECTION, "ERROR tests/docs/test_demo.py - ImportError", "tests/docs/test_demo.py"),
        ("sanity", SANITY, "scheduled_task.py:9:1: E302: expected 2 blank lines", None),
        ("integration", INTEGRATION, "[ERROR]: Task failed: Action failed: Assertion failed", "playbooks"),
        ("typing", TYPING, "noxfile.py:153:5: [call-overload]\n  No overload variant", None),
        ("ansible-lint", LINT, "Line too long (127 > 120 characters)\nplaybooks/report.yml:20", None),
        ("docs-check", EMPTY, "Session docs-check failed", None),
    ],
)
def test_failure_has_its_error_and_its_commands(session: str, output: str, error: str, test: str | None) -> None:
    assert error in run_sessions.first_error(output)
    alone = f".venv/bin/nox -e {session}"
    assert run_sessions.commands(session, output) == [alone, *([f"{alone} -- {test}"] if test else [])]
