# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep a process on this machine: sending anything elsewhere fails, and leaves a note for the test.

Python imports it at its start, since the tests put this folder into PYTHONPATH.
"""

from __future__ import annotations

import os
import sys

VARIABLE = "COC_TESTS_REFUSED"  # names the file for the notes
SENDING = ("socket.connect", "socket.sendto", "socket.sendmsg")


def refuse(event: str, arguments: tuple[object, ...]) -> None:
    """Raise PermissionError for an audit event that would send something to another machine."""
    if event not in SENDING or not isinstance(arguments[1], tuple):  # a Unix socket's address is a path
        return
    host = str(arguments[1][0])
    if host not in ("localhost", "::1") and not host.startswith("127."):
        with open(os.environ.get(VARIABLE, os.devnull), "a", encoding="utf-8") as notes:
            notes.write(f"{event} {arguments[1]}\n")
        raise PermissionError(f"a test sends to {arguments[1]}")


if VARIABLE in os.environ:
    sys.addaudithook(refuse)
