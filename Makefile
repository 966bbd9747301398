# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What a developer runs. Everything is set up inside .venv and .nox; nothing else on the machine is changed, but for the
# cache of pip.

PYTHON ?= python3
NOX = .venv/bin/python -m nox
RUN = CI=true .venv/bin/python utils/run_sessions.py  # with CI linters only check
ROUNDS ?= 5

export LC_ALL = C.UTF-8
export PIP_COMPILE = no

.PHONY: help demo demo-events test format matrix coverage bench docs probe clean

help:
	@echo "make demo      the example playbooks, on a simulator of the service"
	@echo "make demo-events  a rule of Event-Driven Ansible fires on the simulator; needs Java 17 or later"
	@echo "make test      linters and all tests with one ansible-core; VERBOSE=1 shows all output"
	@echo "make format    formats the Python code"
	@echo "make matrix    sanity, unit and integration tests with every ansible-core and Python of this machine; ONLY=ends: oldest and newest"
	@echo "make coverage  share of the plugins' lines that the tests run"
	@echo "make bench     speed beside what people would use instead, in about 10 minutes; ROUNDS=1 is faster"
	@echo "make docs      the documentation site, in docs/build/html"
	@echo "make probe     what your account can tell about the service, in 25 requests; PROJECT=ID: an enterprise project"
	@echo "make clean     removes what the commands above set up"
	@echo "One test:      .venv/bin/nox -e units -- tests/unit/test_listing.py -k marker"

demo: .venv/ready
	@$(NOX) --session demo

demo-events: .venv/ready
	@$(NOX) --session demo-events

test: .venv/ready
	@$(RUN)

format: .venv/ready
	@CI=false $(NOX) --session formatters

matrix: .venv/ready
	@$(RUN) --tags matrix$(ONLY) -- $(ONLY)

coverage: .venv/ready
	@$(NOX) --session coverage

bench: .venv/ready
	@$(NOX) --session bench -- --rounds $(ROUNDS)

probe: .venv/ready
	@$(NOX) --session probe -- $(if $(PROJECT),--enterprise-project $(PROJECT))

docs: .venv/ready
	@$(NOX) --session docs

clean:
	rm -rf .ansible .hypothesis .mypy_cache .nox .pytest_cache .ruff_cache .venv docs/build tests/output
	find . -name __pycache__ -prune -exec rm -r {} +

.venv/ready: Makefile
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15) and "Python 3.11 to 3.14 is needed: make PYTHON=/path/to/it")'
	$(PYTHON) -m venv --clear .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check nox==2026.10.20 antsibull-nox==1.10.0
	@touch $@
