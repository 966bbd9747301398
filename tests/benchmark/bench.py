# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the collection with what people would use instead, against the simulator: see README.md.

`make bench` sets up what it needs: ansible-playbook on the PATH, requests beside this Python, the vendor's SDK in a
folder of its own, the collection in ANSIBLE_COLLECTIONS_PATH and on the PYTHONPATH. curl has to be there. The report is
Markdown.
"""

from __future__ import annotations

import argparse
import collections
import functools
import gzip
import itertools
import json
import math
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
from typing import NamedTuple
from unittest import mock

import yaml

from ansible_collections.huaweicloud.coc.plugins.plugin_utils._scheduled_task_events import compare
from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.coc_simulator import server

HERE = Path(__file__).parent
SIZES = (200, 1000, 10_000)  # tasks that the simulator has
LATENCIES = (0, 0.05)  # seconds before each answer
SETTINGS = list(itertools.product(SIZES, LATENCIES))
SLOPE = (10_000, 50_000, 100_000)
HOSTS = (1, 10, 100, 1000)  # that use the same 200 tasks three times each
FORKS = 20
ACCOUNTS = 10  # that a playbook asks
ACCOUNT_LATENCY = 0.2  # seconds
PLUGINS = {  # and what Ansible has imported before it loads them
    "modules.scheduled_task_info": "ansible.module_utils.basic",
    "lookup.scheduled_task": "ansible.cli.playbook",
}
# Scenario, the one that it is compared with, number of tasks, and the most that the ratio of their times may be, each
# less its floor's.
TARGETS = (
    ("module", "uri", 200, 0.5),
    ("module", "uri", 10_000, 0.33),
    ("module", "data floor", 10_000, 1.25),
    ("module", "SDK through command", 10_000, 0.5),
    ("lookup", "module", 200, 1.0),
    ("lookup", "module", 10_000, 1.2),
    ("lookup, 20 IDs", "lookup, 1 ID", 200, 3.0),
)

# Run in a small process of its own: a process inherits the peak of the one that starts it.
PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


class Run(NamedTuple):
    """What one run of a command took; CPU time is that of all its processes, bytes are those of the answers."""

    wall: float  # seconds
    cpu: float  # seconds
    requests: int
    connections: int
    received: int  # bytes, headers included


class Exchange(coc_simulator.Exchange):
    """An exchange that counts what it sends."""

    sent = 0

    def send(self, content):
        Exchange.sent += len(content)
        super().send(content)


pages: dict[tuple, bytes] = {}


def encode_once(document):
    """Encode a document as the simulator does, but each page once: it is not the simulator that is measured."""
    tasks = document.get("scheduled_tasks")
    if not tasks:
        return coc_simulator.to_json(document)
    key = (document["count"], tasks[0]["id"], tasks[-1]["id"])
    if key not in pages:
        pages[key] = coc_simulator.to_json(document)
    return pages[key]


def cpu_of_children():
    """Return the CPU time, in seconds, of all processes that have been started and have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def read_plays(name):
    """Return the plays (dict) of a file by their names."""
    return {play["name"]: play for play in yaml.safe_load((HERE / name).read_text(encoding="utf-8"))}


class Bench:
    """Runs commands against a simulator, in a folder of its own."""

    def __init__(self, simulator, folder, sdk):
        self.simulator = simulator
        self.folder = Path(folder)
        self.sdk = ["env", f"PYTHONPATH={sdk}", sys.executable, str(HERE / "sdk.py")]
        # without "", which the SDK cannot read where a number is expected
        self.all_tasks = [
            {field: None if value == "" else value for field, value in task.items()}
            for task in coc_simulator.sample_tasks(max(SLOPE))
        ]
        self.environment = {
            "PATH": os.environ["PATH"],
            "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
            "LC_ALL": "C.UTF-8",
            "HOME": folder,
            "ANSIBLE_HOME": folder,
            "ANSIBLE_LIBRARY": str(HERE / "library"),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "HUAWEICLOUD_COC_ENDPOINT": simulator.endpoint,
            "HUAWEICLOUD_SDK_AK": coc_simulator.ACCESS_KEY,
            "HUAWEICLOUD_SDK_SK": coc_simulator.SECRET_KEY,
        }

    def serve(self, number, latency=0):
        """Let the simulator have ``number`` tasks, and wait ``latency`` seconds before each answer."""
        self.simulator.tasks = self.all_tasks[:number]
        self.simulator.latency = latency
        self.listing = self.folder / f"{number}.json"
        if not self.listing.exists():
            absent = dict.fromkeys(self.all_tasks[0])
            filled = [{**absent, **task} for task in self.simulator.tasks]
            listing = {"scheduled_tasks": filled, "count": number, "next_marker": None}
            text = json.dumps(listing, ensure_ascii=False, separators=(",", ":"))
            self.listing.write_text(text, encoding="utf-8")

    def play(self, play, *arguments, **variables):
        """Write a play (dict) to a file and return the command line that runs it, for the tasks that are served."""
        file = self.folder / f"{play['name']}.yml"
        file.write_text(yaml.safe_dump([play]))
        service = {"endpoint": self.simulator.endpoint, "auth_token": coc_simulator.AUTH_TOKEN}
        extra_vars = {"number": len(self.simulator.tasks), **service, **variables}
        return ["ansible-playbook", file.name, *arguments, "--extra-vars", json.dumps(extra_vars)]

    def scenarios(self):
        """Return the command line of each scenario, by its name, for the tasks that are served."""
        ids = [task["id"] for task in self.simulator.tasks[:20]]
        offsets = ",".join(map(str, range(0, len(self.simulator.tasks), 1000)))
        plays = read_plays("scenarios.yml")

        def play(name, **variables):
            return self.play(plays[name], **variables)

        return {
            "ping": play("Ping"),
            "data floor": play("Data floor", path=str(self.listing)),
            "module": play("Module"),
            "uri": play("Uri"),
            "SDK through command": play("Script", argv=[*self.sdk, "1000"]),
            "SDK through command, pages of 10": play("Script", argv=self.sdk),
            "SDK alone": [*self.sdk, "1000"],
            "SDK alone, pages of 10": self.sdk,
            "curl": [
                *("curl", "-sSf", "--compressed", "-H", f"X-Auth-Token: {coc_simulator.AUTH_TOKEN}"),
                f"{self.simulator.endpoint}/v1/schedule/task?limit=1000&offset={{{offsets}}}",
            ],
            "set_fact": play("Constant"),
            "lookup data floor": play("Lookup data floor", path=str(self.listing)),
            "lookup": play("Lookup"),
            "lookup, 1 ID": play("Lookup of IDs", task_ids=ids[:1]),
            "lookup, 20 IDs": play("Lookup of IDs", task_ids=ids),
            "lookup, loop over 20 IDs": play("Loop over IDs", task_ids=ids),
        }

    def run(self, command, **environment):
        """Return the Run of a command. Ends the benchmark with the command's output where it fails."""
        self.simulator.requests.clear()
        connections, sent, cpu = self.simulator.connections, Exchange.sent, cpu_of_children()
        environment = {**self.environment, **environment}
        with tempfile.TemporaryFile("w+", errors="replace") as output:
            start = time.perf_counter()
            code = subprocess.call(command, stdout=output, stderr=subprocess.STDOUT, cwd=self.folder, env=environment)
            wall = time.perf_counter() - start
            if code:
                output.seek(0)
                sys.exit(f"{command} failed:\n{output.read()}")
        counts = len(self.simulator.requests), self.simulator.connections - connections, Exchange.sent - sent
        return Run(wall, cpu_of_children() - cpu, *counts)

    def payload(self, scenario):
        """Return the file that Ansible sends to a target to run the module of a scenario."""
        place = self.folder / f"payload of {scenario}"
        keep = {"ANSIBLE_KEEP_REMOTE_FILES": "true", "ANSIBLE_REMOTE_TMP": str(place)}
        self.run(self.scenarios()[scenario], **keep)
        return next(place.glob("*/AnsiballZ_*.py"))

    def peak(self, payload):
        """Return the most memory that a payload uses, in bytes."""
        command = [sys.executable, "-c", PEAK, sys.executable, str(payload)]
        kib = subprocess.run(command, env=self.environment, check=True, capture_output=True, text=True).stdout
        return int(kib) * 1024


def measure(bench, rounds):
    """Return the Runs of every scenario, by (scenario, number of tasks, latency). Each round runs all of them."""
    runs: dict[tuple[str, int, float], list[Run]] = collections.defaultdict(list)
    for turn in range(rounds):
        for number, latency in SETTINGS:
            bench.serve(number, latency)
            for scenario, command in bench.scenarios().items():
                if not turn or "pages of 10" not in scenario:  # up to a minute each, and not in TARGETS: once is enough
                    runs[scenario, number, latency].append(bench.run(command))
        print(f"{time.strftime('%H:%M:%S')} round {turn + 1} of {rounds} is done", file=sys.stderr)
    return runs


def measure_slope(bench, rounds):
    """Return the Runs of the module by number of tasks, where there are very many."""
    bench.simulator.markers = "never"  # so that pages go by offset: the simulator looks for a marker's task one by one
    runs: dict[int, list[Run]] = collections.defaultdict(list)
    for number in SLOPE * rounds:
        bench.serve(number)
        runs[number].append(bench.run(bench.scenarios()["module"]))
    return runs


def measure_hosts(bench, rounds):
    """Return the Runs of plays of many hosts, by (play, number of hosts)."""
    bench.simulator.markers = "always"
    bench.serve(200)
    plays = read_plays("hosts.yml")
    plays["Plain variable"]["vars"]["found"] = json.loads(bench.listing.read_text("utf-8"))["scheduled_tasks"]
    runs: dict[tuple[str, int], list[Run]] = collections.defaultdict(list)
    for number in HOSTS:
        inventory = bench.folder / f"{number} hosts"
        python = f"ansible_python_interpreter='{sys.executable}'"
        inventory.write_text(f"host[1:{number}] ansible_connection=local {python}\n")
        for _turn in range(rounds if number < 1000 else 1):
            for name, play in plays.items():
                if number == 1000 and name in ("Lookup", "Uri of each host"):
                    continue  # 3000 requests each: minutes that tell nothing new
                runs[name, number].append(bench.run(bench.play(play, "-i", str(inventory), "--forks", str(FORKS))))
    return runs


def hosts_table(runs):
    """Yield the lines of the table of many hosts; a time is a multiple of the plain variable's in the same round."""
    yield from head("hosts × 3 uses", *HOSTS)
    for name in dict.fromkeys(name for name, number in runs):
        cells = []
        for number in HOSTS:
            taken, plain = runs[name, number], runs["Plain variable", number]
            if not taken:
                cells.append("not run")
                continue
            ratio = statistics.median(run.wall / other.wall for run, other in zip(taken, plain))
            cells.append(f"{taken[-1].requests} requests, {ratio:.2f} ({median(taken):.1f} s)")
        yield row(name, *cells)


def accounts_lines(bench, rounds):
    """Yield how many latencies, one after the other, a playbook with many accounts waits."""
    for forks in (5, 1):
        extra = {"coc_accounts": [{"name": f"account {number}"} for number in range(ACCOUNTS)], "coc_forks": forks}
        command = ["ansible-playbook", "huaweicloud.coc.list_tasks", "--extra-vars", json.dumps(extra)]
        waits = []
        for _turn in range(rounds):
            bench.serve(10)
            without = bench.run(command)
            bench.serve(10, ACCOUNT_LATENCY)
            waits.append((bench.run(command).wall - without.wall) / ACCOUNT_LATENCY)
        yield (
            f"playbook list_tasks, {ACCOUNTS} accounts, coc_forks={forks}: {without.wall:.1f} s without latency; a "
            f"latency of {ACCOUNT_LATENCY * 1000:.0f} ms is waited for {statistics.median(waits):.1f} times"
        )


def events_line():
    """Return how long the event source takes to compare two listings, beside how long it takes to decode one."""
    size = 10_000
    text = json.dumps({task["id"]: task for task in coc_simulator.sample_tasks(size)})
    start = time.perf_counter()
    before, after = json.loads(text), json.loads(text)
    decoding = (time.perf_counter() - start) / 2
    for task in list(after.values())[:: size // 100]:
        task["execution_count"] += 1
    start = time.perf_counter()
    changes = list(compare(before, after))
    comparing = time.perf_counter() - start
    return (
        f"event source, {len(changes)} changes among {size} tasks: {comparing * 1000:.0f} ms to compare the listings, "
        f"at most 50: {verdict(comparing * 1000, 50)}; {comparing / decoding:.2f} of the time to decode the JSON of one"
    )


def median(runs, field="wall"):
    return statistics.median(getattr(run, field) for run in runs)


def over_floor(runs, scenario, number, latency, field="wall"):
    """Return the seconds that a scenario takes, less those of its floor in the same round."""
    taken = [getattr(run, field) for run in runs[scenario, number, latency]]
    if scenario == "curl" or scenario.startswith("SDK alone"):  # Ansible has no part in them
        return statistics.median(taken)
    floor = runs["set_fact" if scenario.startswith("lookup") else "ping", number, latency]
    return statistics.median(seconds - getattr(run, field) for seconds, run in zip(taken, floor))


def row(*cells):
    return f"| {' | '.join(map(str, cells))} |"


def head(*cells):
    return row(*cells), row("---", *["---:"] * (len(cells) - 1))


def verdict(figure, most):
    if figure <= 0:
        return f"{figure:.2f}: too much noise"
    return f"{figure:.2f} {'met' if figure <= most else '**missed**'}"


def times_table(runs):
    """Yield the lines of the table of all scenarios."""
    heads = [f"{number} tasks{', 50 ms' if latency else ''}" for number, latency in SETTINGS]
    yield from head("", *heads, "requests", "connections", "KiB")
    for scenario in dict.fromkeys(name for name, number, latency in runs):
        cells = []
        for number, latency in SETTINGS:
            ratio = over_floor(runs, scenario, number, latency) / over_floor(runs, "module", number, latency)
            ratio = "floor" if scenario in ("ping", "set_fact") else f"{ratio:.2f}"
            cells.append(f"{ratio} ({median(runs[scenario, number, latency]):.2f} s)")
        last = runs[scenario, SIZES[-1], LATENCIES[-1]][-1]
        yield row(scenario, *cells, last.requests, last.connections, f"{last.received / 1024:.0f}")


def targets_table(runs):
    """Yield the lines of the table of those targets that are ratios of times over floors."""
    yield from head("target", "at most", "no latency", "50 ms", "no latency, CPU time")
    for scenario, other, number, most in TARGETS:
        cells = []
        for latency, field in ((0, "wall"), (0.05, "wall"), (0, "cpu")):
            ratio = over_floor(runs, scenario, number, latency, field) / over_floor(runs, other, number, latency, field)
            cells.append(verdict(ratio, most))
        if scenario == "lookup, 20 IDs":
            cells[1] = "no target"  # 20 requests, one after the other
        yield row(f"{scenario} ÷ {other}, {number} tasks", most, *cells)


def other_targets(bench, runs, slope):
    """Yield the lines of the list of the other targets, and of what else is to be known."""
    pages = [math.ceil(number / 1000) for number in SIZES]
    for scenario in ("module", "lookup"):
        last = [runs[scenario, number, 0][-1] for number in SIZES]
        met = [(run.requests, run.connections) for run in last] == [(number, 1) for number in pages]
        yield (
            f"requests of the {scenario} for {', '.join(map(str, SIZES))} tasks: "
            f"{', '.join(str(run.requests) for run in last)}, on {max(run.connections for run in last)} connection, "
            f"at most {', '.join(map(str, pages))} on 1: {'met' if met else '**missed**'}; "
            f"the vendor's Terraform provider needs {', '.join(str(number // 10) for number in SIZES)}, or one more"
        )

    bench.serve(max(SIZES))
    ping = median(runs["ping", max(SIZES), 0])
    per_thousand = {number: (median(slope[number]) - ping) / number * 1000 for number in SLOPE}
    times = ", ".join(f"{seconds * 1000:.0f} ms at {number}" for number, seconds in per_thousand.items())
    growth = per_thousand[SLOPE[-1]] / per_thousand[SLOPE[0]]
    yield f"module, time over ping per 1000 tasks: {times}; the last ÷ the first, at most 1.1: {verdict(growth, 1.1)}"

    payloads = {scenario: bench.payload(scenario) for scenario in ("ping", "data floor", "module", "uri")}
    size = bench.listing.stat().st_size
    peaks = {scenario: bench.peak(payloads[scenario]) for scenario in ("ping", "data floor", "module")}
    for bare in ("ping", "data floor"):
        yield (
            f"peak memory of the module's process at {max(SIZES)} tasks, over that of {bare}, ÷ the JSON's size "
            f"({size / 2**20:.1f} MiB), at most 4: {verdict((peaks['module'] - peaks[bare]) / size, 4)}"
        )
    yield "peak memory of the processes: " + ", ".join(f"{name} {peak / 2**20:.0f} MiB" for name, peak in peaks.items())
    yield "payload sent to a target: " + ", ".join(
        f"{scenario} {payload.stat().st_size / 1024:.0f} KiB" for scenario, payload in payloads.items()
    )

    packed, bench.simulator.gzip = bench.run(bench.scenarios()["module"]), False
    plain, bench.simulator.gzip = bench.run(bench.scenarios()["module"]), True
    yield (
        f"bytes of the module's answers at {max(SIZES)} tasks: {packed.received / 1024:.0f} KiB with gzip, "
        f"{plain.received / 1024:.0f} KiB without"
    )
    for number, floor in ((min(SIZES), "ping"), (max(SIZES), "data floor")):
        share = median(runs[floor, number, 0]) / median(runs["module", number, 0])
        yield f"Ansible's own part of the module's play at {number} tasks ({floor} ÷ module): {share:.0%}"


def import_times(output):
    """Yield what the imports of the plugins take, and leave what Python says about them in a folder."""
    for plugin, base in PLUGINS.items():
        code = f"import {base}, ansible_collections.huaweicloud.coc.plugins.{plugin}"
        command = [sys.executable, "-X", "importtime", "-c", code]
        reports = [subprocess.run(command, check=True, capture_output=True, text=True).stderr for _turn in range(5)]
        report = min(reports, key=lambda text: int(text.splitlines()[-1].split("|")[1]))  # the last is the whole plugin
        (output / f"importtime-{plugin}.txt").write_text(report)
        lines = [line.split("|") for line in report.splitlines()]
        taken = {name.strip(): int(total) / 1000 for _own, total, name in lines[1:]}
        yield (
            f"import of {plugin}: {taken[f'ansible_collections.huaweicloud.coc.plugins.{plugin}']:.0f} ms, of them "
            f"requests {taken.get('requests', 0):.0f} ms; {base} before it: {taken[base]:.0f} ms"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="how often each scenario runs (default: %(default)s)")
    parser.add_argument("--sdk", type=Path, required=True, help="the folder where huaweicloudsdkcoc is installed")
    parser.add_argument("--output", type=Path, required=True, help="the folder for the report")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    quick = mock.patch.multiple(server, Exchange=Exchange, to_json=encode_once)
    pack_once = mock.patch.object(gzip, "compress", functools.lru_cache(maxsize=None)(gzip.compress))
    with quick, pack_once, coc_simulator.Simulator([]) as simulator, tempfile.TemporaryDirectory() as folder:
        bench = Bench(simulator, folder, arguments.sdk.absolute())
        runs = measure(bench, arguments.rounds)
        slope = measure_slope(bench, min(arguments.rounds, 3))
        hosts = measure_hosts(bench, min(arguments.rounds, 3))
        versions = ", ".join(f"{name} {version(name)}" for name in ("ansible-core", "requests", "urllib3"))
        report = [
            f"Medians of {arguments.rounds} rounds; {os.cpu_count()} cores ({platform.machine()}), "
            f"Python {platform.python_version()}, {versions}.",
            "",
            *times_table(runs),
            "",
            *targets_table(runs),
            "",
            *hosts_table(hosts),
            "",
            *(f"- {line}" for line in other_targets(bench, runs, slope)),
            *(f"- {line}" for line in accounts_lines(bench, min(arguments.rounds, 3))),
            f"- {events_line()}",
            *(f"- {line}" for line in import_times(arguments.output)),
        ]
    text = "\n".join(report)
    (arguments.output / "report.md").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
