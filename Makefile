# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What a developer runs. Everything is set up inside .venv and .nox; nothing else on the machine is changed.

PYTHON ?= python3
NOX = .venv/bin/python -m nox
ROUNDS ?= 5

.PHONY: help demo demo-events docs test matrix coverage bench clean

help:
	@echo "make demo      the example playbooks, on a simulator of the service"
	@echo "make demo-events  a rule of Event-Driven Ansible fires on the simulator; needs Java 17 or later"
	@echo "make test      linters, sanity, unit and integration tests with one ansible-core"
	@echo "make matrix    the same tests with every ansible-core and Python of this machine; ONLY=ends: oldest and newest"
	@echo "make coverage  share of the plugins' lines that the tests run"
	@echo "make bench     speed beside what people would use instead, in about 10 minutes; ROUNDS=1 is faster"
	@echo "make docs      the documentation site, in docs/build/html"
	@echo "make clean     removes what the commands above set up"

demo: .venv/ready
	@$(NOX) --session demo

demo-events: .venv/ready
	@$(NOX) --session demo-events

test: .venv/ready
	$(NOX) --parallel auto

matrix: .venv/ready
	$(NOX) --parallel auto --tags matrix$(ONLY) -- $(ONLY)

coverage: .venv/ready
	$(NOX) --session coverage

bench: .venv/ready
	$(NOX) --session bench -- --rounds $(ROUNDS)

docs: .venv/ready
	$(NOX) --session docs

clean:
	rm -rf .ansible .nox .venv docs/build tests/output

.venv/ready: Makefile
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15) and "Python 3.11 to 3.14 is needed: make PYTHON=/path/to/it")'
	$(PYTHON) -m venv --clear .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check nox==2026.10.20 antsibull-nox==1.10.0
	@touch $@
