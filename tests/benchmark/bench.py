# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the collection with what people would use instead, against the simulator: see README.md."""

from __future__ import annotations

import argparse
import functools
import gzip
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from unittest import mock

from ansible_collections.huaweicloud.coc.plugins.plugin_utils._scheduled_task_events import find_changes
from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.coc_simulator import server

HERE = Path(__file__).parent
PYTHON = sys.executable
# A command, the one that it is compared with, tasks, milliseconds before each answer, and the most that the ratio of
# their times may be, each less its floor's.
ROWS = (
    ("module", "one uri", 200, 0, 1.2),
    *(("module", "uri", 200, latency, 0.5) for latency in (0, 50)),
    *(("module", "uri", 10_000, latency, 0.33) for latency in (0, 50)),
    *(("module", "data floor", tasks, 0, 1.25) for tasks in (10_000, 100_000)),
    *(("module", "SDK through command", 10_000, latency, 0.5) for latency in (0, 50)),
    *(("lookup", "module", 200, latency, 1.0) for latency in (0, 50)),
    *(("lookup", "module", 10_000, latency, 1.2) for latency in (0, 50)),
    ("lookup", "lookup data floor", 10_000, 0, None),
    ("lookup, 20 IDs", "lookup, 1 ID", 200, 0, 3.0),
    ("lookup, loop over 20 IDs", "lookup, 1 ID", 200, 0, None),
    *((bare, "module", 10_000, 0, None) for bare in ("SDK alone", "curl")),
    *((f"{hosts} hosts: lookup", f"{hosts} hosts: variable", 200, 0, None) for hosts in (10, 100)),
    *((f"{hosts} hosts: cache_timeout", f"{hosts} hosts: variable", 200, 0, 1.1) for hosts in (10, 100)),
    *((f"{hosts} hosts: uri of each", f"{hosts} hosts: variable", 200, 0, None) for hosts in (10, 100)),
    *((f"import {plugin}", "import requests", 0, 0, None) for plugin in ("module", "lookup")),
)
# Run in a small process of its own: a process inherits the peak of the one that starts it.
PEAK = """import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)"""


def check(that):
    return {"ansible.builtin.assert": {"that": that, "quiet": True}}


def keep(found, **keywords):
    return {"ansible.builtin.set_fact": {"found": "{{ " + found + " }}"}, **keywords}


def get(offset, **keywords):
    url = "{{ endpoint }}/v1/schedule/task?limit=1000&offset=" + offset
    return {"ansible.builtin.uri": {"url": url, "headers": {"X-Auth-Token": "{{ token }}"}}, **keywords}


def query(arguments=""):
    return f"query('huaweicloud.coc.scheduled_task'{arguments})"


OTHERS = "others.results | map(attribute='json.scheduled_tasks') | flatten(1)"
REST = get("{{ item }}", loop="{{ range(1000, first.json.count, 1000) | list }}", register="others")
SCRIPT = {"ansible.builtin.command": {"argv": "{{ sdk }}"}, "register": "script"}
EACH = check("each.results | length == 20")
ALL, ALL_LISTED = check("found | length == number"), check("listing.scheduled_tasks | length == number")
# Each play ends with all tasks in one variable, and looks at it: so nothing is counted that Ansible has put off.
PLAYS = {
    "ping": [{"ansible.builtin.ping": {}, "register": "pong"}, check("pong.ping | length == 4")],
    "data floor": [{"tasks_from_file": {"path": "{{ path }}"}, "register": "listing"}, ALL_LISTED],
    "module": [{"huaweicloud.coc.scheduled_task_info": {}, "register": "listing"}, ALL_LISTED],
    "one uri": [get("0", register="first"), check("first.json.scheduled_tasks | length > 0")],
    "uri": [get("0", register="first"), REST, keep(f"first.json.scheduled_tasks + {OTHERS}"), ALL],
    "SDK through command": [SCRIPT, keep("script.stdout | from_json"), ALL],
    "set_fact": [keep("[{'id': 'ST20260101000000000000demo'}]"), check("found | length == 1")],
    "lookup data floor": [keep("(lookup('ansible.builtin.file', path) | from_json).scheduled_tasks"), ALL],
    "lookup": [keep(query()), ALL],
    "lookup, 1 ID": [keep(query(", ids[0]")), check("found | length == 1")],
    "lookup, 20 IDs": [keep(query(", *ids")), check("found | length == 20")],
    "lookup, loop over 20 IDs": [keep(query(", item"), loop="{{ ids }}", register="each"), EACH],
    # three uses by each of many hosts
    "hosts: variable": [check("listed | length == number")] * 3,
    "hosts: lookup": [check(f"{query()} | length == number")] * 3,
    "hosts: cache_timeout": [check(f"{query(', cache_timeout=600')} | length == number")] * 3,
    "hosts: uri of each": [get("0")] * 3,
}
ANSIBLE, PLUGINS = (
    "import ansible.cli.playbook, ansible.module_utils.basic",
    "ansible_collections.huaweicloud.coc.plugins",
)
IMPORTS = {
    "import": ANSIBLE,
    "import requests": f"{ANSIBLE}, requests",
    "import module": f"{ANSIBLE}, {PLUGINS}.modules.scheduled_task_info",
    "import lookup": f"{ANSIBLE}, {PLUGINS}.lookup.scheduled_task",
}


def floor_of(name):
    """Return the name of the command whose time is no part of what is compared."""
    if name in ("SDK alone", "curl") or " hosts: " in name:
        return "nothing"
    return {"import": "import", "lookup": "set_fact"}.get(name[:6], "ping")


class Bench:
    """Runs commands against a simulator, in a folder of its own."""

    def __init__(self, simulator, folder, sdk):
        self.simulator, self.folder = simulator, Path(folder)
        self.sdk = ["env", f"PYTHONPATH={sdk}", PYTHON, str(HERE / "sdk.py"), "1000"]
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "ANSIBLE_COLLECTIONS_PATH", "PYTHONPATH")},
            **{"LC_ALL": "C.UTF-8", "HOME": folder, "ANSIBLE_HOME": folder, "ANSIBLE_LIBRARY": str(HERE / "library")},
            "HUAWEICLOUD_COC_ENDPOINT": simulator.endpoint,
            "HUAWEICLOUD_SDK_AK": coc_simulator.ACCESS_KEY,
            "HUAWEICLOUD_SDK_SK": coc_simulator.SECRET_KEY,
        }

    def serve(self, number, latency):
        """Let the simulator have ``number`` tasks, and wait ``latency`` milliseconds before each answer."""
        self.tasks = coc_simulator.sample_tasks(number)
        for task in self.tasks:  # the SDK cannot read "" where a number is expected
            task.update({name: None for name, value in task.items() if value == ""})
        self.simulator.tasks, self.simulator.latency = self.tasks, latency / 1000
        self.path = self.folder / "listing.json"
        filled = [{**dict.fromkeys(self.tasks[0]), **task} for task in self.tasks]  # as the module returns them
        self.path.write_text(json.dumps({"scheduled_tasks": filled, "count": number}, ensure_ascii=False), "utf-8")

    def command(self, name):
        """Return the command line of ``name``, an entry of PLAYS or IMPORTS or a bare program, for what is served."""
        if name in IMPORTS:
            return [PYTHON, "-c", IMPORTS[name]]
        offsets = ",".join(map(str, range(0, len(self.tasks), 1000)))
        url = f"{self.simulator.endpoint}/v1/schedule/task?limit=1000&offset={{{offsets}}}"
        curl = ["curl", "-sSf", "--compressed", "-H", f"X-Auth-Token: {coc_simulator.AUTH_TOKEN}", url]
        bare = {"nothing": ["true"], "curl": curl, "SDK alone": self.sdk}
        if name in bare:
            return bare[name]
        hosts = int(name.partition(" ")[0]) if " hosts: " in name else 1
        variables = {
            **{"endpoint": self.simulator.endpoint, "token": coc_simulator.AUTH_TOKEN, "sdk": self.sdk},
            **{"number": len(self.tasks), "path": str(self.path), "ids": [task["id"] for task in self.tasks[:20]]},
            **{"ansible_connection": "local", "ansible_python_interpreter": PYTHON},
            **({"listed": self.tasks} if hosts > 1 else {}),
        }
        inventory, play = self.folder / f"inventory {name}.json", self.folder / f"{name}.json"
        inventory.write_text(json.dumps({"all": {"hosts": {f"h{n}": None for n in range(hosts)}, "vars": variables}}))
        tasks = PLAYS[name.removeprefix(f"{hosts} ")]
        play.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
        return ["ansible-playbook", str(play), "-i", str(inventory), "--forks", "20"]

    def run(self, command, **environment):
        """Return seconds and CPU seconds of a command. Ends the benchmark with its output where it fails."""
        self.simulator.requests.clear()
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        environment = {**self.environment, **environment}
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder, env=environment, check=False)
        wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode:
            sys.exit(f"{command} failed:\n{done.stdout}{done.stderr}")
        return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def ratio_row(bench, rounds, name, other, tasks, latency, most):
    """Return a line: the ratio of the times over the floors, which each round measures side by side."""
    bench.serve(tasks, latency)
    commands = {one: bench.command(one) for one in (floor_of(name), floor_of(other), name, other)}
    runs: dict[str, list[tuple[float, float]]] = {one: [] for one in commands}
    requests = {}
    for _turn in range(rounds):
        for one, command in commands.items():
            runs[one].append(bench.run(command))
            requests[one] = len(bench.simulator.requests)

    def over_floor(one, field):
        return statistics.median(run[field] - least[field] for run, least in zip(runs[one], runs[floor_of(one)]))

    wall, cpu = (over_floor(name, field) / over_floor(other, field) for field in (0, 1))
    target = f"{most} {'met' if wall <= most else '**missed**'}" if most else ""
    seconds = [f"{statistics.median(run[0] for run in runs[one]):.2f}" for one in (name, other, floor_of(name))]
    cells = [f"{name} ÷ {other}", tasks, latency, f"{wall:.2f}", f"{cpu:.2f}", target, *seconds, requests[name]]
    return f"| {' | '.join(map(str, cells))} |"


def memory(bench, _rounds):
    """Yield the size of what is sent to a target, and the most memory that the module's process uses."""
    bench.serve(10_000, 0)
    for name in ("ping", "data floor", "module", "one uri"):
        place = bench.folder / f"payload of {name}"
        bench.run(bench.command(name), ANSIBLE_KEEP_REMOTE_FILES="true", ANSIBLE_REMOTE_TMP=str(place))
        (payload,) = place.glob("*/AnsiballZ_*.py")
        command = [PYTHON, "-c", PEAK, PYTHON, str(payload)]
        done = subprocess.run(command, env=bench.environment, check=True, capture_output=True, text=True)
        peak = int(done.stdout) / 2**20
        yield f"- {name}: payload {payload.stat().st_size / 1024:.0f} KiB, peak memory at 10 000 tasks {peak:.0f} MiB"


def list_accounts(number, forks=5):
    """Return the command that lists the tasks of ``number`` accounts, which are all those of the simulator."""
    extra = {"coc_accounts": [{"name": f"account {index}"} for index in range(number)], "coc_forks": forks}
    return ["ansible-playbook", "huaweicloud.coc.list_tasks", "--extra-vars", json.dumps(extra)]


def accounts(bench, rounds):
    """Yield how many latencies a playbook with ten accounts waits, and the CPU time that each account more costs."""
    for forks in (5, 1):
        seconds = []
        for latency in (0, 200):
            bench.serve(10, latency)
            seconds.append(statistics.median(bench.run(list_accounts(10, forks))[0] for _turn in range(rounds)))
        waits = (seconds[1] - seconds[0]) / 0.2
        yield f"- list_tasks, 10 accounts, coc_forks={forks}: {seconds[0]:.1f} s, and {waits:.1f} times the latency"
    cpu: dict[str, list[float]] = {"accounts": [], "floor": []}
    for number in (1, 50):
        bench.serve(200, 0)
        cpu["accounts"].append(statistics.median(bench.run(list_accounts(number))[1] for _turn in range(rounds)))
        bench.serve(200 * number, 0)
        floor = bench.command("lookup data floor")
        cpu["floor"].append(statistics.median(bench.run(floor)[1] for _turn in range(rounds)))
    each, least = (1000 * (many - one) / 49 for one, many in cpu.values())
    target = f"at most 120 {'met' if each <= 120 else '**missed**'}"
    yield f"- list_tasks, each account more (200 tasks): {each:.0f} ms of CPU, {target}; its data floor {least:.0f} ms"


def events(_bench, _rounds):
    """Yield how long the event source takes to compare two listings, beside decoding one."""
    text = json.dumps({task["id"]: task for task in coc_simulator.sample_tasks(10_000)})
    start = time.perf_counter()
    before, after = json.loads(text), json.loads(text)
    decoding = (time.perf_counter() - start) / 2
    for task in list(after.values())[::100]:
        task["execution_count"] += 1
    start = time.perf_counter()
    changes = len(list(find_changes(before, after)))
    ratio = (time.perf_counter() - start) / decoding
    yield f"- event source, {changes} changes among 10 000 tasks: comparing takes {ratio:.2f} of decoding one listing"


pages: dict[tuple, bytes] = {}


def encode_once(document):
    """Encode a document as the simulator does, but each page once: it is not the simulator that is measured."""
    tasks = document.get("scheduled_tasks")
    key = (document["count"], tasks[0]["id"], tasks[-1]["id"]) if tasks else ()
    if not tasks or key not in pages:
        pages[key] = coc_simulator.to_json(document)
    return pages[key]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each command runs (default: %(default)s)")
    parser.add_argument("--sdk", type=Path, required=True, help="the folder where huaweicloudsdkcoc is installed")
    parser.add_argument("--output", type=Path, required=True, help="the folder for the report, in Markdown")
    parser.add_argument("--only", default="", help="only the rows with this text")
    arguments = parser.parse_args()
    versions = ", ".join(f"{name} {version(name)}" for name in ("ansible-core", "requests", "urllib3"))
    report = [f"{arguments.rounds} rounds; {os.cpu_count()} cores, Python {platform.python_version()}, {versions}.", ""]
    report += ["| row | tasks | ms | time | CPU time | at most | first, s | second, s | floor, s | requests |"]
    report += ["|" + " --- |" * 10]
    quick = mock.patch.object(server, "to_json", encode_once)
    pack_once = mock.patch.object(gzip, "compress", functools.lru_cache(maxsize=None)(gzip.compress))
    simulated = coc_simulator.Simulator([], markers="never")  # it would look for the task of a marker one by one
    with quick, pack_once, simulated as simulator, tempfile.TemporaryDirectory() as folder:
        bench = Bench(simulator, folder, arguments.sdk.absolute())
        for row in ROWS:
            if arguments.only in f"{row[0]} ÷ {row[1]}":
                report.append(ratio_row(bench, arguments.rounds, *row))
                print(report[-1], file=sys.stderr, flush=True)
        report.append("")
        for more in (memory, accounts, events):
            if arguments.only in more.__name__:
                report += more(bench, arguments.rounds)
    arguments.output.mkdir(parents=True, exist_ok=True)
    (arguments.output / "report.md").write_text("\n".join(report) + "\n", "utf-8")
    print("\n".join(report))


if __name__ == "__main__":
    main()
