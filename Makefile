# Two commands for newcomers: `make demo` and `make test`.  Both install what they need.

VENV := .venv
BIN := $(VENV)/bin
NODE_PACKAGES := tests/seed/node_modules/.package-lock.json
FIND_PYTHON := for p in python3 python3.11 python3.12 python3.13 python3.14; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done
PYTHON ?= $(shell $(FIND_PYTHON))

.PHONY: help demo demo-cluster test test-fast check words bench reset reset-all
.DEFAULT_GOAL := help

help:
	@echo "make demo          start the server, the simulated shop and the workbench; Ctrl-C stops all"
	@echo "make demo-cluster  the same with two servers that share a Redis"
	@echo "make test          run every test"
	@echo "make test-fast     run the tests that need no browser, no Redis and no other process"
	@echo "make check         run linters and type checks"
	@echo "make words         update the translation catalogue and list missing translations"
	@echo "make bench         run the benchmark: about eleven minutes"
	@echo "make reset         delete orders, conversations and saved messages; keep lessons, learners and recordings"
	@echo "make reset-all     delete the whole data folder"

demo: $(VENV)/.demo .env
	@PATH="$(CURDIR)/$(BIN):$$PATH" PYTHONUNBUFFERED=1 $(BIN)/honcho -e /dev/null start || [ $$? -eq 130 ]

demo-cluster: $(VENV)/.demo .env
	@command -v redis-server >/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[cluster]'
	@PATH="$(CURDIR)/$(BIN):$$PATH" PYTHONUNBUFFERED=1 $(BIN)/honcho -f Procfile.cluster -e /dev/null start || [ $$? -eq 130 ]

# Without npm, tests that need its packages are skipped, or fail if CI is set.
test: $(VENV)/.dev $(if $(shell command -v npm 2>/dev/null),$(NODE_PACKAGES))
	@$(BIN)/pytest

test-fast: $(VENV)/.dev
	@$(BIN)/pytest -m "not external"

check: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

words: $(VENV)/.demo
	@$(BIN)/python -m dashboard.i18n.extract

bench: $(VENV)/.dev
	@$(BIN)/python -m bench --json data/bench.json

reset:
	@[ ! -d data ] || find data -mindepth 1 -maxdepth 1 ! -name lessons ! -name learners ! -name recordings -exec rm -rf {} +
	@echo "Deleted orders, conversations and saved messages. Kept lessons, learners and recordings: \`make reset-all\` deletes them, too."

reset-all:
	@rm -rf data
	@echo "Deleted the data folder."

.env:
	@(umask 077; $(BIN)/python -c 'import secrets; print("WORKBENCH_JWT_SECRET=" + secrets.token_hex(32))' > $@)
	@echo "Wrote .env with a random secret."

$(VENV)/.demo: pyproject.toml | $(BIN)/python
	@echo "Installing (about a minute, the first time only) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	@echo "Installing with test tools (about a minute, the first time only) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.demo

$(NODE_PACKAGES): tests/seed/package-lock.json
	@echo "Installing TypeScript for tests/seed (a few seconds, the first time only) ..."
	@cd tests/seed && npm ci --loglevel=error >/dev/null
	@touch $@

$(BIN)/python:
	@[ -n "$(PYTHON)" ] || { echo "Python 3.11 or newer is required: install it, or run make PYTHON=/path/to/python"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "Could not create a virtual environment. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
