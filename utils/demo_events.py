# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show how tasks fail on the simulator and a rule of Event-Driven Ansible fires; --check-java: only look for a Java."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

COMMAND = (
    "tests/coc_simulator --changes docs/examples/changes.json -- "
    "ansible-rulebook --rulebook docs/examples/rulebooks/failed_tasks.yml"
)
FAILURES = 3  # in the changes
PATIENCE = 60  # seconds


def check_java() -> None:
    """Exit with a message if there is no Java that the rule engine of ansible-rulebook can use."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin" if home else None)
    version = java and subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', version or "")
    if not found or int(found[1]) < 17:
        sys.exit(
            f"ansible-rulebook needs a Java runtime, version 17 or later, but {java or 'java'} is "
            f"{found[0] if found else 'missing'}. Install one, such as openjdk-17-jre-headless, or set JAVA_HOME to it."
        )


def main() -> None:
    """Run the rulebook until its rule has fired for each failure. Exits with a message if it does not."""
    print("# On the simulator, a task fails 4, 8 and 12 seconds after its start. A rule prints the name of each.")
    print(f"$ python {COMMAND}", flush=True)
    fired = 0
    os.environ["PYTHONUNBUFFERED"] = "1"
    command = [sys.executable, *shlex.split(COMMAND)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        watchdog = threading.Timer(PATIENCE, running.terminate)
        watchdog.start()
        for line in running.stdout or ():
            print(line, end="", flush=True)
            fired += " failed in " in line
            if fired == FAILURES:
                break
        running.terminate()
        watchdog.cancel()
    if fired < FAILURES:
        sys.exit(f"The rule fired {fired} times, not {FAILURES}: see above.")
    print("\n# A rule fired for each failed execution, and no request left this machine.")


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback
    os.chdir(Path(__file__).parents[1])
    check_java()
    if sys.argv[1:] != ["--check-java"]:
        main()
