# One door. `make` lists everything.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Without compiled modules every process would compile Great Expectations and Airflow anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup setup-dev system demo up down test test-airflow test-others test-hosts compose-trial check check-source check-catalogue fast soak bench lock clean

help: ## list what make can do
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

# uv installs in seconds what pip takes minutes for; where it cannot reach an index that pip can, pip does it.
install = $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r $(1) 2>/dev/null \
	|| $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(1)

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv
	-$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt

.venv/.runtime: requirements/runtime.txt | .venv/bin/python
	@echo "Installing packages (once; up to a few minutes) ..."
	@$(call install,requirements/runtime.txt)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.runtime
	@$(call install,requirements/dev.txt)
	@touch $@

setup: .venv/.runtime ## virtual environment with what the product runs on
setup-dev: .venv/.dev ## ... and with what tests and checks need

system: ## programs the tests need (LibreOffice, poppler, Chromium), from Debian packages where possible
	@ops/system.sh

demo: setup ## the whole job on real plans and simulated data: forms, intake, attainment, reports
	$(BIN)/python -m ops.demo

up: setup ## start PostgreSQL and Airflow on loopback; prints address and login
	$(BIN)/python -m ops.local up

down: ## stop what `make up` started
	$(BIN)/python -m ops.local down

check: setup-dev ## style, names, types, import rules, SQL, catalogue
	$(MAKE) --no-print-directory --jobs 2 --output-sync=target check-catalogue check-source

check-source: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint sql

check-catalogue: setup-dev
	$(BIN)/pytest -n 2 --dist worksteal tests/catalogue tests/house

fast: setup-dev ## tests that need neither Airflow nor long runs
	$(BIN)/pytest -m "not airflow and not slow"

# Airflow's tests wait for most of their time, so they run beside the others.
test: setup-dev system check ## everything: check, then every test
	$(MAKE) --no-print-directory --jobs 2 test-airflow test-others

test-airflow: setup-dev
	$(BIN)/pytest -m airflow tests/ops

test-others: setup-dev system
	$(BIN)/pytest -n 2 --dist loadscope --no-loadscope-reorder -m "not airflow" --ignore tests/catalogue --ignore tests/house

# Not part of `test`: it makes network namespaces, as root. TONGKET_HOSTS_FILES sets how many files are sent.
test-hosts: setup-dev ## Airflow on three hosts by Celery: a worker, a host, the scheduler lost amid work
	@ops/system.sh hosts
	$(BIN)/pytest -s tests/hosts

MINUTES ?= 60
SEED ?= 1
soak: setup-dev ## kill the whole flow at every durable operation, then send, kill and stop for MINUTES
	TONGKET_KILL_POINTS=all $(BIN)/pytest -s tests/e2e/test_kill.py
	$(BIN)/python -m simulation.soak --minutes $(MINUTES) --seed $(SEED)

bench: setup-dev ## speed and memory, as ratios side by side
	$(BIN)/python -m benchmarks.bench

compose-trial: setup-dev ## docker-compose.yml, brought up and used (needs Docker, or root on Debian)
	@docker info >/dev/null 2>&1 || ops/system.sh containers
	$(BIN)/python -m ops.compose_trial

lock: setup-dev ## compile requirements/*.in into hashed locks
	$(BIN)/uv pip compile --universal --python-version 3.11 --no-header --no-annotate --generate-hashes --quiet requirements/uv.in -o requirements/uv.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --no-header --no-annotate --generate-hashes --quiet requirements/runtime.in -o requirements/runtime.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --no-header --no-annotate --generate-hashes --quiet requirements/dev.in -c requirements/runtime.txt -o requirements/dev.txt

clean: down ## remove everything that was made here, data included
	rm -rf var .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
