# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: output_path
short_description: Check the path of a file before it is written
version_added: 2.0.0
description:
  - Returns the absolute path of a file on the controller that a playbook is going to write, or fails with what is wrong
    with the path. The playbooks of this collection check their paths with it before they query the service.
  - The folder must exist, and the user must be able to write to it. The file must be a regular one if it exists; a
    symbolic link is not. It must not be inside the installed collection.
author:
  - huaweicloud.coc contributors (!UNKNOWN)
positional: _input, option
options:
  _input:
    description: The path. A relative one counts from the folder where the command was started.
    type: str
    required: true
  option:
    description: The name of the variable that the path came from, for the message.
    type: str
    required: true
  default:
    description: The path to take if it is blank. Without it, a blank path stays blank.
    type: str
    default: ""
  in_awx:
    description:
      - Whether the playbook runs as a job of AWX, whose folder is deleted with the job. A relative path is refused
        then.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Write the names of all tasks to a file
  ansible.builtin.copy:
    content: "{{ query('huaweicloud.coc.scheduled_task') | map(attribute='name') | join('\n') }}"
    dest: "{{ './names.txt' | huaweicloud.coc.output_path('names_path') }}"
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The absolute path; blank if no path and no default is given.
  type: str
"""

import os
import typing as t
from pathlib import Path

from ansible.errors import AnsibleFilterError

COLLECTION = Path(__file__).resolve().parents[2]
IN_AWX = "In AWX, it is a path in the container of the job."


def output_path(value: object, option: str, default: str = "", in_awx: bool = False) -> str:
    """Return the absolute path of the file ``value``. Raises AnsibleFilterError if it cannot be written there."""
    if not isinstance(value, str):
        raise AnsibleFilterError(f"{option}: takes the path of a file, as a text.")
    given = value.strip()
    if not (given or default):
        return ""
    file = Path(os.path.expanduser(given or default))
    if given and in_awx and not file.is_absolute():
        raise AnsibleFilterError(
            f"{option}: {given} is relative to the folder of this job, which is deleted with the job. Give the "
            "absolute path of a folder that is mounted into the container of the job, or leave it out."
        )
    path = file.parent.resolve() / file.name
    problem = _find_problem(path)
    if problem:
        raise AnsibleFilterError(f"{option}: {given or path} {problem}.{' ' + IN_AWX if in_awx else ''}")
    return str(path)


def _find_problem(path: Path) -> str:
    """Return why a file cannot be written, '' if it can."""
    # os.path, since pathlib raises for a folder that this user may not enter
    if not os.path.isdir(path.parent):
        return "is not in a folder that exists and that the user of this playbook can enter"
    if os.path.islink(path) or (os.path.exists(path) and not os.path.isfile(path)):
        return "is a symbolic link or something else that is not a regular file"
    if not os.access(path.parent, os.W_OK | os.X_OK):
        return "is in a folder that the user of this playbook cannot write to"
    if COLLECTION in path.parents and COLLECTION not in (Path.cwd() / "file").parents:
        return "is inside the installed collection. Choose a path outside it"
    return ""


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"output_path": output_path}
