# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Believable tasks."""

from __future__ import annotations

import random
import time
import zlib

MINUTE, HOUR, DAY = 60000, 3600000, 86400000  # milliseconds
REGIONS = ("cn-north-4", "cn-east-3", "cn-south-1", "ap-southeast-3", "eu-west-101", "sa-brazil-1")
ENTERPRISE_PROJECTS = ("0", "6b5a1c1e-2f63-4d0e-9f0b-0d6f3a9c7e11", "c2d94f70-8a3b-4e55-b1d7-7e40a6f2c893")
USERS = (
    ("0a1f5c3e9b7d4826a1c0e4f7b9d25638", "zhang.wei"),
    ("1b2e6d4f8c9a4735b2d1f5a8c0e36749", "李娜"),
    ("2c3d7e5a9d8b4644c3e2a6b9d1f4785a", "ops-automation"),
    ("3d4c8f6bae7c4553d4f3b7cae2a5896b", "maria.silva"),
)
# name of the task; name of its script or job, in both languages; task_type, associated_task_type, risk_level,
# scheduled_type
TEMPLATES = (
    ("restart-order-service", "重启订单服务", "Restart the order service", "SCRIPT", "CUSTOMIZATION", "MEDIUM", "ONCE"),
    ("nightly-backup", "备份云服务器", "Back up cloud servers", "RUNBOOK", "COMMUNAL", "LOW", "PERIODIC"),
    ("数据库巡检", "数据库健康检查", "Check the health of databases", "SCRIPT", "COMMUNAL", "LOW", "CRON"),
    ("patch-web-servers", "安装系统补丁", "Install system patches", "RUNBOOK", "COMMUNAL", "HIGH", "CRON"),
    ("日志清理", "清理过期日志", "Remove expired logs", "SCRIPT", "CUSTOMIZATION", "LOW", "PERIODIC"),
    ("rotate-tls-certificates", "轮换证书", "Rotate certificates", "RUNBOOK", "CUSTOMIZATION", "HIGH", "CRON"),
    ("生产环境扩容", "调整弹性伸缩组", "Resize a scaling group", "RUNBOOK", "COMMUNAL", "HIGH", "ONCE"),
    ("disk-usage-report", "磁盘使用率报告", "Report disk usage", "SCRIPT", "COMMUNAL", "LOW", "PERIODIC"),
    ("stop-test-servers", "关闭云服务器", "Stop cloud servers", "RUNBOOK", "COMMUNAL", "MEDIUM", "CRON"),
    ("主机安全基线检查", "安全基线检查", "Check the security baseline", "SCRIPT", "COMMUNAL", "MEDIUM", "PERIODIC"),
    ("rds-failover-drill", "主备切换演练", "Rehearse a failover", "RUNBOOK", "CUSTOMIZATION", "HIGH", "ONCE"),
    ("clear-redis-cache", "清空缓存", "Clear the cache", "SCRIPT", "CUSTOMIZATION", "HIGH", "PERIODIC"),
    ("同步时钟配置", "同步时钟", "Synchronise clocks", "SCRIPT", "COMMUNAL", "LOW", "CRON"),
)
SUFFIXES = ("", "-prod", "-staging", "-dr", "-华北")
HISTORY = (  # the status of the last execution, from task to task
    *("FINISHED", "FINISHED", "ABNORMAL", "FINISHED", "PROCESSING", "FINISHED"),
    *("READY", "ABNORMAL", "FINISHED", "PAUSED", "CANCELED"),
)
# The fields that a real response may leave out, or give as null or "".
MAY_BE_EMPTY = (
    "last_execution_time",
    "last_execution_status",
    "reviewer",
    "reviewer_user_name",
    "associated_task_name_en",
)
LONGEST_AGE = {"PROCESSING": 20 * MINUTE, "ABNORMAL": 2 * DAY, "FINISHED": 7 * DAY}  # of the last execution


def sample_tasks(count=60, seed=0, now_ms=None):
    """Make believable tasks: the same ones for the same arguments, and the same IDs and names at any time.

    The first one is the API reference's example, the only one that is ONCE and FINISHED.

    :param count: (int) how many
    :param seed: (int) another seed gives other tasks, None others at each call
    :param now_ms: (int) the time they refer to, milliseconds since the epoch; default now
    :returns: (list of dict) with the 22 fields of the API reference; as in real answers a field that has nothing to
        tell (of a task that never ran, or that nobody reviews) is null, "" or left out
    """
    chance = random.Random(seed)
    now = int(time.time() * 1000) if now_ms is None else now_ms
    tasks = []
    for index in range(count):
        name, script, script_en, task_type, associated_type, risk, scheduled = TEMPLATES[index % len(TEMPLATES)]
        turn = index // len(TEMPLATES)
        approval = "PENDING" if index % 7 == 4 else "REJECTED" if index % 17 == 11 else "PASSED"
        status = HISTORY[index % len(HISTORY)]
        if index and (scheduled, status) == ("ONCE", "FINISHED"):
            status = "CANCELED"
        creator, creator_name = chance.choice(USERS)
        created = now - chance.randrange(20 * DAY, 400 * DAY)
        task = {
            "id": f"ST{chance.randrange(10**15, 10**16)}{index:08x}",
            "enterprise_project_id": chance.choice(ENTERPRISE_PROJECTS),
            "name": name + (SUFFIXES[turn] if turn < len(SUFFIXES) else f"-{turn}"),
            "scheduled_type": scheduled,
            "task_type": task_type,
            "associated_task_type": associated_type,
            "risk_level": risk,
            "created_by": creator,
            "created_user_name": creator_name,
            "update_by": chance.choice(USERS)[0],
            "reviewer": None,
            "reviewer_user_name": None,
            "approve_status": approval,
            "last_execution_time": None,
            "last_execution_status": None,
            "execution_count": 0,
            "enabled": approval == "PASSED" and status not in ("PAUSED", "CANCELED"),
            "created_time": created,
            "modified_time": created + chance.randrange(10 * DAY),
            "region_id": chance.choice(REGIONS),
            "associated_task_name": script,
            "associated_task_name_en": script_en if associated_type == "COMMUNAL" else None,
        }
        if risk != "LOW":
            task["reviewer"], task["reviewer_user_name"] = chance.choice(USERS)
        if approval == "PASSED" and index % 13 != 12:  # else it never ran
            task["last_execution_time"] = now - chance.randrange(5 * MINUTE, LONGEST_AGE.get(status, 9 * DAY))
            task["last_execution_status"] = status
            task["execution_count"] = 1 if scheduled == "ONCE" else chance.randrange(1, 300)
        for field in [field for field, value in task.items() if value is None]:
            if index % 3 == 1:
                task[field] = ""
            elif index % 3 == 2:
                del task[field]
        tasks.append(task)
    return tasks


def resource_ids(task):
    """IDs (list of str) of the two resources that a task works on: no field of an answer, but ``resource_id`` filters
    on them. They follow from the task's ID and are shared by several tasks."""
    number = zlib.crc32(task["id"].encode())
    return [f"5e0d7c2a-91b4-4f3e-8a6c-{number // divisor % 40:012x}" for divisor in (1, 40)]
