# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demonstration: runs one command after the other and shows each before its output.

``make demo`` starts it with the collection installed and the simulator running.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

EXAMPLES = "docs/examples"
MODULE = "huaweicloud.coc.scheduled_task_info"
OUTPUT = "tests/output"

# What each step shows, and its command.
STEPS = (
    ("What failed within the last day?", ["ansible-playbook", f"{EXAMPLES}/failed_tasks.yml"]),
    ("What waits for approval, and for whose?", ["ansible-playbook", f"{EXAMPLES}/pending_approvals.yml"]),
    ("The lookup: do something for each task", ["ansible-playbook", f"{EXAMPLES}/for_each_task.yml"]),
    (
        "The example of the API reference: the first ten tasks that ran once and finished",
        ["ansible-playbook", f"{EXAMPLES}/finished_once.yml"],
    ),
    (
        "The same in one line, with all that the service tells of a task",
        ["ansible", "localhost", "-m", MODULE, "-a", "scheduled_type=ONCE last_execution_status=FINISHED limit=10"],
    ),
    (
        "All tasks, as a page for a browser",
        ["ansible-playbook", "huaweicloud.coc.report", "-e", f"coc_report_path={OUTPUT}/coc-report.html"],
    ),
)

# The examples' own settings, and nothing of the user's.
SETTINGS = {"ANSIBLE_CONFIG": f"{EXAMPLES}/ansible.cfg", "ANSIBLE_INVENTORY": os.devnull}


def main() -> int:
    """Run the steps up to the first that fails. Returns its exit status, 0 if none does."""
    os.makedirs(OUTPUT, exist_ok=True)
    for title, command in STEPS:
        print(f"\n# {title}\n$ {shlex.join(command)}", flush=True)
        status = subprocess.run(command, env={**os.environ, **SETTINGS}, check=False).returncode
        if status:
            return status
        print(flush=True)
    return 0


if __name__ == "__main__":
    os.chdir(Path(__file__).parents[1])
    sys.exit(main())
