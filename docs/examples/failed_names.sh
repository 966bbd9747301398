#!/bin/sh
# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Prints the names of the tasks that failed, from JSON.

ansible-playbook huaweicloud.coc.list_tasks -e coc_format=json -e coc_output_path="${TMPDIR:-/tmp}/tasks.json" >&2 &&
  jq -r '.[] | select(.last_execution_status == "ABNORMAL") | .name' "${TMPDIR:-/tmp}/tasks.json"
