# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup asks the service as often as its guide says."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import yaml

from ansible_collections.huaweicloud.coc.tests import coc_simulator

LOOKUP = "query('huaweicloud.coc.scheduled_task', limit=2, offset={})"  # the offset tells the plays apart

# Where the lookup stands, for how many requests of all hosts.
PLAYS = """
- name: 0  # a variable that nobody uses
  vars: {found: "{{ LOOKUP }}"}
  tasks:
    - ansible.builtin.debug: {msg: nothing}
- name: 4  # a variable that two expressions use, one of them twice
  vars: {found: "{{ LOOKUP }}"}
  tasks:
    - ansible.builtin.debug: {msg: "{{ found | length }} {{ found | selectattr('enabled') | length }}"}
    - ansible.builtin.debug: {msg: "{{ found | length }}"}
- name: 2  # an argument
  tasks:
    - ansible.builtin.debug: {msg: "{{ LOOKUP | length }}"}
- name: 6  # an argument in a loop over three items
  tasks:
    - ansible.builtin.debug: {msg: "{{ LOOKUP | length }}"}
      loop: [1, 2, 3]
- name: 2  # a loop over the two tasks that are found
  tasks:
    - ansible.builtin.debug: {msg: "{{ item.name }}"}
      loop: "{{ LOOKUP }}"
- name: 6  # a condition in a loop over three items
  tasks:
    - ansible.builtin.debug: {msg: some}
      when: LOOKUP | length > 0
      loop: [1, 2, 3]
- name: 6  # a condition that is tried three times
  tasks:
    - ansible.builtin.debug: {msg: some}
      until: LOOKUP | length == 0
      retries: 2
      delay: 0
      ignore_errors: true
- name: 2  # set_fact
  tasks:
    - ansible.builtin.set_fact: {found: "{{ LOOKUP }}"}
    - ansible.builtin.debug: {msg: "{{ found | length }}"}
    - ansible.builtin.debug: {msg: "{{ found | length }}"}
- name: 1  # set_fact, once for all hosts
  tasks:
    - ansible.builtin.set_fact: {kept: "{{ LOOKUP }}"}
      run_once: true
    - ansible.builtin.debug: {msg: "{{ kept | length }}"}
"""


def test_requests(simulator: coc_simulator.Simulator, run, tmp_path: Path) -> None:
    parts = PLAYS.split("- name: ")
    playbook = "- name: ".join(part.replace("LOOKUP", LOOKUP.format(number)) for number, part in enumerate(parts))
    plays = [{"hosts": "all", "gather_facts": False, **play} for play in yaml.safe_load(playbook)]
    (tmp_path / "playbook.yml").write_text(yaml.safe_dump(plays))

    done = run("ansible-playbook", "-i", "one,two", tmp_path / "playbook.yml")

    assert done.returncode == 0, done.stdout + done.stderr
    requests = Counter(int(dict(request.query)["offset"]) for request in simulator.requests)
    assert [requests[number] for number in range(1, len(parts))] == [play["name"] for play in plays]
