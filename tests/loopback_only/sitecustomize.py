# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep a process on this machine: it fails where it sends anything elsewhere, and a note of it stays.

Python imports a module of this name when it starts, from a folder in PYTHONPATH. The tests put this one there, so
that it binds every Python process that a test starts, the modules that Ansible runs included.
"""

from __future__ import annotations

import ipaddress
import os
import sys

VARIABLE = "COC_TESTS_REFUSED"  # names the file for the notes


def refuse(event: str, arguments: tuple[object, ...]) -> None:
    """Raise PermissionError for an audit event that would send something to another machine."""
    if event not in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        return
    address = arguments[1]
    if not isinstance(address, tuple):  # a Unix socket's is a path
        return
    try:
        is_loopback = ipaddress.ip_address(address[0]).is_loopback
    except ValueError:
        is_loopback = address[0] == "localhost"
    if not is_loopback:
        with open(os.environ.get(VARIABLE, os.devnull), "a", encoding="utf-8") as notes:
            notes.write(f"{event} {address}\n")
        raise PermissionError(f"a test sends to {address}")


if VARIABLE in os.environ:
    sys.addaudithook(refuse)
