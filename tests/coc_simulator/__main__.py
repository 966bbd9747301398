# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start the command line."""

from __future__ import annotations

import importlib
import os
import sys

PACKAGE = __package__
if not PACKAGE:  # run by its path: let the package be found by its own name, so that its files can import each other
    folder = os.path.dirname(os.path.abspath(__file__))
    sys.path[0], PACKAGE = os.path.split(folder)

try:
    sys.exit(importlib.import_module(PACKAGE + ".command").main(sys.argv[1:]))
except OSError as error:  # a port in use, a command or a file that does not exist
    sys.exit(f"coc_simulator: {error}")
