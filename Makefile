# Two commands for newcomers: `make demo` and `make test`.  Both do all set-up by themselves.

VENV := .venv
BIN := $(VENV)/bin
NODE_PACKAGES := tests/seed/node_modules/.package-lock.json
FIND_PYTHON := for p in python3 python3.11 python3.12 python3.13 python3.14; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done
PYTHON ?= $(shell $(FIND_PYTHON))

.PHONY: help demo demo-cluster test test-fast check words bench reset
.DEFAULT_GOAL := help

help:
	@echo "make demo    start the server, the simulated shop and the workbench; Ctrl-C ends all"
	@echo "make demo-cluster  the same with two servers that share a Redis"
	@echo "make test    run every test"
	@echo "make test-fast  run the tests that need no browser, no Redis and no other process"
	@echo "make check   lint and check types"
	@echo "make words   bring the catalogues of the pages' words up to the code, and say what lacks"
	@echo "make bench   measure the server next to a bare write and to a plain server: some eight minutes"
	@echo "make reset   empty the data folder"

demo: $(VENV)/.demo .env
	@PATH="$(CURDIR)/$(BIN):$$PATH" PYTHONUNBUFFERED=1 $(BIN)/honcho -e /dev/null start || [ $$? -eq 130 ]

demo-cluster: $(VENV)/.demo .env
	@command -v redis-server >/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[cluster]'
	@PATH="$(CURDIR)/$(BIN):$$PATH" PYTHONUNBUFFERED=1 $(BIN)/honcho -f Procfile.cluster -e /dev/null start || [ $$? -eq 130 ]

# Without npm the tests that need the packages are skipped; they fail where CI is set.
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
	@rm -rf data
	@echo "The data folder is empty: orders, conversations and saved messages are gone."

.env:
	@(umask 077; $(BIN)/python -c 'import secrets; print("WORKBENCH_JWT_SECRET=" + secrets.token_hex(32))' > $@)
	@echo "Wrote .env with a random secret."

$(VENV)/.demo: pyproject.toml | $(BIN)/python
	@echo "Installing (about a minute, the first time only) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	@echo "Installing, with the tools for tests (about a minute, the first time only) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.demo

$(NODE_PACKAGES): tests/seed/package-lock.json
	@echo "Installing TypeScript for tests/seed (a few seconds, the first time only) ..."
	@cd tests/seed && npm ci --loglevel=error >/dev/null
	@touch $@

$(BIN)/python:
	@[ -n "$(PYTHON)" ] || { echo "Python 3.11 or newer is needed: install it, or say make PYTHON=/path/to/python"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "A virtual environment could not be made. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
