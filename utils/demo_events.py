# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show how scheduled tasks fail on the simulator and a rule of Event-Driven Ansible fires.

``make demo-events`` starts it with ansible-rulebook and the collection installed. With ``--check-java`` it only checks
that there is a Java that ansible-rulebook can use.
"""

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

RULEBOOK = "docs/examples/rulebooks/failed_tasks.yml"
CHANGES = "docs/examples/changes.json"
COMMAND = ["tests/coc_simulator", "--changes", CHANGES, "--", "ansible-rulebook", "--rulebook", RULEBOOK]
FIRED = " failed in "  # in what the rule prints
FAILURES = 3  # in CHANGES
PATIENCE = 60  # seconds

OLDEST_JAVA = 17
NO_JAVA = """{found}. The rule engine of ansible-rulebook needs a Java runtime, version 17 or later. Install one:
  Debian 12: apt-get install openjdk-17-jre-headless
  Debian 13, Ubuntu 24.04: apt-get install openjdk-21-jre-headless
  Fedora, RHEL: dnf install java-21-openjdk-headless
  macOS: brew install openjdk@21, and set JAVA_HOME to it
Then run this again."""


def check_java() -> str:
    """Return what to tell the user if there is no Java that ansible-rulebook can use, else nothing."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=os.path.join(home, "bin") if home else None)
    if not java:
        return NO_JAVA.format(found=f"There is no java in {home}/bin, see JAVA_HOME" if home else "There is no java")
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    if not version or int(version[1]) < OLDEST_JAVA:
        return NO_JAVA.format(found=f"{java} is {version[0] if version else 'not a Java runtime'}")
    return ""


def main() -> int:
    """Run the rulebook on the simulator until its rule has fired. Returns the exit status, 0 if it did."""
    print("# On the simulator, a task fails 4, 8 and 12 seconds after its start. A rule prints the name of each.")
    print(f"$ python {shlex.join(COMMAND)}", flush=True)
    fired = 0
    with subprocess.Popen(
        [sys.executable, *COMMAND],
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        watchdog = threading.Timer(PATIENCE, running.send_signal, [signal.SIGTERM])
        watchdog.start()
        for line in running.stdout or ():
            print(line, end="", flush=True)
            fired += FIRED in line
            if fired == FAILURES:
                break
        running.send_signal(signal.SIGTERM)
        running.communicate()
        watchdog.cancel()
    if fired < FAILURES:
        print(f"The rule fired {fired} times, not {FAILURES}: see above.", file=sys.stderr)
        return running.returncode or 1
    print("\n# You have seen a rule fire for each failed execution, and no request left this machine.")
    print(f"# The rulebook is {RULEBOOK}, the guide docs/docsite/rst/event_driven_guide.rst.", flush=True)
    return 0


if __name__ == "__main__":
    os.chdir(Path(__file__).parents[1])
    problem = check_java()
    if problem or sys.argv[1:] == ["--check-java"]:
        sys.exit(problem or 0)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
