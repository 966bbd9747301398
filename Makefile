# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What a contributor runs. Everything is set up in .venv and .nox; nothing else on the machine is changed, except for
# pip's cache.

PYTHON ?= python3
BIN = .venv/bin/python -m
NOX = .nox/venv/bin/python -m nox
ROUNDS ?= 5
# What `make test` leaves to `make test-all`: it needs AWX's own modules, ansible-builder, a browser, or Java.
EXTRA = $(addprefix tests/, awx/test_setup.py awx/test_environments.py awx/test_report_in_browser.py eda)
TESTS ?= tests/unit tests/docs tests/awx $(EXTRA:%=--ignore=%)

# Ansible refuses to work without UTF-8, and takes twice as long without bytecode.
export LC_ALL = C.UTF-8
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help test test-all lint format matrix coverage demo demo-events bench docs clean

help:
	@echo "make test         what to run after each change: linters, types and tests, in two and a half minutes"
	@echo "make test TESTS='tests/unit/test_listing.py -k marker'   some of the tests"
	@echo "make test-all     make test, and everything that needs more tools: see CONTRIBUTING.md"
	@echo "make format       formats the Python code"
	@echo "make matrix       sanity, unit and integration tests with every ansible-core and Python of this machine; ONLY=ends: oldest and newest"
	@echo "make coverage     the lines and branches of the plugins that the unit tests run"
	@echo "make demo         the example playbooks, on a simulator of the service"
	@echo "make demo-events  a rule of Event-Driven Ansible fires on the simulator; needs Java 17 or later"
	@echo "make bench        speed beside what people would use instead, in about 20 minutes; ROUNDS=1 is faster"
	@echo "make docs         the documentation site, in docs/build/html"
	@echo "make clean        removes what these commands set up or wrote"

test: lint
	@$(BIN) pytest --numprocesses=3 --durations=10 $(TESTS)

lint: .venv/ready
	@$(BIN) ruff format --check --quiet . || { echo "Run: make format"; exit 1; }
	@$(BIN) ruff check --quiet .
	@if [ -e .yamllint.yml ]; then $(BIN) yamllint --strict .; \
	    else echo "yamllint: NOT RUN: the tarball of a release does not have its settings"; fi
	@cd .venv/collections && MYPYPATH=. ../bin/python -m mypy --config-file ../../pyproject.toml --no-error-summary \
	    $(addprefix ansible_collections/huaweicloud/coc/, plugins extensions tests utils)

test-all: test .nox/ready
	@rm -f .nox/not-run
	@$(NOX) --parallel auto; status=$$?; cat .nox/not-run 2> /dev/null; exit $$status

format: .venv/ready
	@$(BIN) ruff check --quiet --fix-only .
	@$(BIN) ruff format .

matrix: .nox/ready
	@rm -f .nox/not-run
	@$(NOX) --tags matrix$(ONLY) --parallel auto -- $(ONLY); status=$$?; cat .nox/not-run 2> /dev/null; exit $$status

coverage: .venv/ready
	@$(BIN) coverage run -m pytest tests/unit
	@$(BIN) coverage report

demo: .venv/ready
	@PATH="$$PWD/.venv/bin:$$PATH" ANSIBLE_COLLECTIONS_PATH="$$PWD/.venv/collections" \
	    ANSIBLE_HOME="$$PWD/.venv/ansible" ANSIBLE_REMOTE_TMP="$$PWD/.venv/ansible/tmp" \
	    .venv/bin/python tests/coc_simulator -- python utils/demo.py

demo-events bench docs: .nox/ready
	@$(NOX) --session $@ -- $(if $(filter bench,$@),--rounds $(ROUNDS))

clean:
	rm -rf .ansible .coverage .hypothesis .mypy_cache .nox .pytest_cache .ruff_cache .venv docs/build tests/output
	find . -name __pycache__ -prune -exec rm -r {} +

# The one environment of `make test`, in which the checkout has the name of the collection.
.venv/ready: tests/requirements.txt tests/unit/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=/path/to/it")'
	@echo "Setting up .venv, once"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN) pip install --disable-pip-version-check --progress-bar off -r tests/requirements.txt
	@mkdir -p .venv/collections/ansible_collections/huaweicloud
	@ln -s ../../../.. .venv/collections/ansible_collections/huaweicloud/coc
	@touch $@

.nox/ready: Makefile
	@echo "Setting up .nox, once"
	@$(PYTHON) -m venv --clear .nox/venv
	@.nox/venv/bin/python -m pip install --quiet --disable-pip-version-check nox==2026.10.20 antsibull-nox==1.10.0
	@touch $@
