# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the examples one after the other on the simulator that started this, up to the first that fails."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

REPORT = Path("tests/output/coc-report.html")
ONCE = "scheduled_type=ONCE last_execution_status=FINISHED limit=10"
STEPS = {
    "What failed in the last 24 hours?": "ansible-playbook docs/examples/failed_tasks.yml",
    "What is waiting for approval, and by whom?": "ansible-playbook docs/examples/pending_approvals.yml",
    "The lookup: do something for each task": "ansible-playbook docs/examples/for_each_task.yml",
    "The example of the API reference: tasks that ran once and finished, ten at most": (
        "ansible-playbook docs/examples/finished_once.yml"
    ),
    "The same in one line, with everything that the service tells about a task": (
        f"ansible localhost -m huaweicloud.coc.scheduled_task_info -a '{ONCE}'"
    ),
    "One key, two accounts: the branch has an agency": "ansible-playbook docs/examples/two_accounts.yml",
    "All tasks, as a page for a browser": f"ansible-playbook huaweicloud.coc.report -e coc_report_path={REPORT}",
}

signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback
os.chdir(Path(__file__).parents[1])
# The examples' own settings, and nothing of the user's.
os.environ.update(ANSIBLE_CONFIG="docs/examples/ansible.cfg")
os.environ.pop("ANSIBLE_INVENTORY", None)
REPORT.parent.mkdir(parents=True, exist_ok=True)
for title, command in STEPS.items():
    print(f"\n# {title}\n$ {command}", flush=True)
    status = subprocess.run(shlex.split(command), check=False).returncode
    if status:
        sys.exit(status)
print(f"\n# No request left this machine. Open the report in a browser:\n{REPORT.absolute().as_uri()}")
