# Tallybridge: `make demo` and `make test` work on a fresh machine with Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCK := --universal --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --python-version 3.11 --quiet
# What make test also runs on PostgreSQL: what races, what is kept and copied, and a customer's days.
ON_POSTGRESQL := $(addprefix tests/ledger/test_,at_once.py postgresql.py keeping.py writes.py leases.py upgrading.py) \
	$(addprefix tests/end_to_end/test_,given_example.py on_postgresql.py)

# Tests start the program hundreds of times: compiling it anew for each is a fifth of what that costs.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test test-postgresql browser check lint types imports unit rehearse rehearse-workers simulate mutants benchmark ledger-year screenshots pages lock clean

help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/runtime.installed ## set everything up, bill one day on the simulated systems, show the result
	@$(BIN)/tallybridge demo

test: $(VENV)/dev.installed browser ## set everything up and run every check and test
	@$(MAKE) --no-print-directory check

browser: ## see to it that the browser tests find a Chromium
	@sh tests/browser/provide_chromium.sh

check: lint types imports unit ## the same without setting up

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types:
	$(BIN)/mypy

imports:
	$(BIN)/lint-imports

unit:
	$(BIN)/pytest -n 2 --dist loadfile
	@echo "The core of them again, on PostgreSQL; all of them: make test-postgresql"
	TALLYBRIDGE_TEST_DATABASE=postgresql $(BIN)/pytest -n 2 --dist loadfile $(ON_POSTGRESQL)

test-postgresql: $(VENV)/dev.installed ## run every test on PostgreSQL, which make test does with the core of them only
	TALLYBRIDGE_TEST_DATABASE=postgresql $(BIN)/pytest -n 2 --dist loadfile

rehearse: $(VENV)/dev.installed ## kill the program fifty times while it bills, and compare what it makes of that
	TALLYBRIDGE_KILLS=50 $(BIN)/pytest tests/rehearsals --log-cli-level=INFO

rehearse-workers: $(VENV)/dev.installed ## kill two of four workers on each of twenty days, on a real PostgreSQL (DAYS=20)
	TALLYBRIDGE_WORKER_DAYS=$(or $(DAYS),20) $(BIN)/pytest tests/rehearsals/test_workers.py --log-cli-level=INFO

simulate: $(VENV)/dev.installed ## play ten thousand seeded sequences of days, faults and crashes (SEQUENCES=10000 FIRST_SEED=0)
	$(BIN)/python -m tests.simulation --sequences $(or $(SEQUENCES),10000) --first-seed $(or $(FIRST_SEED),0)

mutants: $(VENV)/dev.installed ## change the rules in some three thousand small ways, one by one, and see that a test notices (ONLY="guards linking")
	PYTHONHASHSEED=0 $(BIN)/python -m tests.mutation $(addprefix --only ,$(ONLY))

benchmark: $(VENV)/dev.installed ## measure fleets beside a bare client and write docs/performance.md (WHOLE=1: a million seats too)
	$(BIN)/python -m benchmarks $(if $(WHOLE),--whole)

ledger-year: $(VENV)/dev.installed ## measure how the ledger grows over a simulated year, and write the page about it
	$(BIN)/python -m benchmarks.ledger_year --page docs

screenshots: $(VENV)/dev.installed browser ## take a picture of every page of the console, light and dark, wide and narrow (FOLDER=build/screenshots)
	$(BIN)/python -m tests.browser.screenshots $(or $(FOLDER),build/screenshots)

pages: $(VENV)/dev.installed ## write the reference pages that come from the code
	$(BIN)/python -m docs.generate
	$(BIN)/python -m tallybridge.configuration.reference docs/reference/configuration.md

lock: $(VENV)/dev.installed ## resolve requirements/*.txt again from pyproject.toml
	$(BIN)/uv pip compile $(LOCK) --group build -o requirements/build.txt
	$(BIN)/uv pip compile $(LOCK) pyproject.toml -o requirements/runtime.txt
	$(BIN)/uv pip compile $(LOCK) pyproject.toml --group dev -o requirements/dev.txt

# The installed-markers are files, so that a second `make demo` starts at once and a changed lock installs again.
# A half-made environment (a Python without its venv package) is removed, so that the next call begins anew.
$(VENV)/bin/python:
	@command -v $(PYTHON) > /dev/null || { echo "There is no $(PYTHON) here. Install Python 3.11 or later, or name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit("Tallybridge needs Python 3.11 or later; name one: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "$(PYTHON) cannot make a virtual environment. On Debian and Ubuntu: apt install python3-venv"; exit 1; }

$(VENV)/runtime.installed: requirements/build.txt requirements/runtime.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.txt -r requirements/runtime.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.installed: requirements/dev.txt $(VENV)/runtime.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

clean: ## remove what the set-up made
	rm -rf $(VENV) build *.egg-info src/*.egg-info
