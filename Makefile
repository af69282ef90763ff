# `make help` lists what there is. Python 3.11 or newer is all that must be installed.

PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --root-user-action=ignore
# Modules are compiled when first imported: most never are, and compiling all takes half a minute.
LOCKED := $(PIP) --no-compile --require-hashes -r
RUN := .venv/installed
ALL := .venv/installed-all
CATALOG := locale/zh_Hans/LC_MESSAGES/django

.DEFAULT_GOAL := help
.PHONY: help setup run demo test lint fix messages docs bench faults pages lock

help: ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(RUN) $(CATALOG).mo ## make .venv with the locked packages and the `shuxiang` command

$(RUN): requirements-run.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Shuxiang needs Python 3.11 or newer; say which one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing the locked packages into .venv"
	@$(LOCKED) requirements-run.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(ALL): $(RUN) requirements.lock
	@echo "installing what tests and linters need"
	@$(LOCKED) requirements.lock
	@touch $@

$(CATALOG).mo: $(wildcard $(CATALOG).po) tools/messages.py | $(RUN)
	@$(BIN)/python tools/messages.py compile

run: setup ## the whole library: web, SIP2, worker; the demo library on first start
	@$(BIN)/shuxiang run $(ARGS)

demo: setup ## the demo library alone, without serving it
	@$(BIN)/shuxiang demo $(ARGS)

test: setup $(ALL) ## every test: on SQLite, then those with a database on PostgreSQL
	@$(BIN)/python tools/suite.py $(ARGS)

lint: setup $(ALL) ## style, types, architecture, templates, texts, migrations, generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --cache-dir .import_linter_cache
	$(BIN)/djlint --lint --quiet shuxiang
	$(BIN)/python tools/messages.py check
	SHUXIANG_HOME=build/lint $(BIN)/python -m shuxiang.project.manage makemigrations --check --dry-run
	$(BIN)/python tools/vendor.py verify
	$(BIN)/python tools/docs.py check
	$(BIN)/pytest -q tests/house

fix: setup $(ALL) ## what the linters can put right by themselves
	-$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python tools/docs.py write

messages: setup ## which texts lack a translation; then compile
	-$(BIN)/python tools/messages.py check
	$(BIN)/python tools/messages.py compile

docs: setup ## write the tables that are generated from the code
	$(BIN)/python tools/docs.py write

bench: setup ## the benchmarks, e.g. make bench ARGS="--items 230000"
	@$(BIN)/shuxiang bench $(ARGS)

faults: setup $(ALL) ## the long fault runs: kills, races, full disks
	@$(BIN)/pytest -m faults $(ARGS)

pages: setup $(ALL) ## the browser tests, axe at every width of every page
	@SHUXIANG_TEST_EVERY_WIDTH=1 $(BIN)/pytest $(ARGS) tests/browser

lock: ## write both lock files anew from pyproject.toml (needs uv on the path)
	uv pip compile -q --all-extras --generate-hashes --no-header --no-emit-index-url pyproject.toml -o requirements.lock
	uv pip compile -q --extra build -c requirements.lock --generate-hashes --no-header --no-annotate --no-emit-index-url pyproject.toml -o requirements-run.lock
