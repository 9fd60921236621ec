# Short recipes that need only make and Python >= 3.11; uv is used when it is there.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test check lint types layers format bench faults histories fuzz lock clean

PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
UV := $(shell command -v uv 2>/dev/null)
VENV := .venv
BIN := $(VENV)/bin

ifdef UV
install = $(UV) pip install --quiet --compile-bytecode --python $(BIN)/python
create = $(UV) venv --quiet --allow-existing --python $(PYTHON) $(VENV)
else
install = $(BIN)/python -m pip install -qq --disable-pip-version-check
create = $(PYTHON) -m venv $(VENV)
endif

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' Makefile

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Weft needs Python 3.11 or newer; none was found." >&2; exit 1; }
	@$(create)

$(VENV)/core: requirements/core.txt requirements/build.txt pyproject.toml | $(BIN)/python
	@echo "installing Weft into $(VENV) ..."
	@$(install) --require-hashes --only-binary :all: -r requirements/core.txt -r requirements/build.txt
	@$(install) --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q src/weft
	@touch $@

$(VENV)/dev: $(VENV)/core requirements/dev.txt
	@echo "installing what the tests need into $(VENV) ..."
	@$(install) --require-hashes --only-binary :all: -r requirements/dev.txt
	@touch $@

# Packages that are tried in place of the ones in the environment, each in a folder of its own.
$(VENV)/engine $(VENV)/compiled: $(VENV)/%: requirements/%.txt | $(VENV)/core
	@echo "installing what the tests compare with into $@ ..."
	@rm -rf $@
	@$(install) --require-hashes --only-binary :all: --target $@ -r $<
	@touch $@

demo: $(VENV)/core ## write the example mesh, apply it, show it
	@$(BIN)/weft demo skyline

test: $(VENV)/dev $(VENV)/engine $(VENV)/compiled ## run every test
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -q

check: lint types layers test ## what CI runs: lint, types, layers, then every test

lint: $(VENV)/dev
	@$(BIN)/ruff format --check --quiet . || { echo "run: make format" >&2; exit 1; }
	@$(BIN)/ruff check --quiet .

types: $(VENV)/dev
	@$(BIN)/mypy

layers: $(VENV)/dev
	@$(BIN)/lint-imports --no-cache

format: $(VENV)/dev ## format the code
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

bench: $(VENV)/dev $(VENV)/compiled ## measure, print a table, write benchmarks/results/latest.json
	@$(BIN)/python -m compileall -q src/weft
	@$(BIN)/python benchmarks/run.py

faults: $(VENV)/dev ## the whole fault loop, on the lake and on Postgres (hours)
	@$(BIN)/python tests/faults/campaign.py
	@WEFT_TEST_EVERY=1 $(BIN)/python -m pytest -q tests/conformance/warehouses/test_postgres_cuts.py
	@WEFT_PUBLISHES=500 WEFT_READERS=200 $(BIN)/python -m pytest -q tests/faults/test_readers_postgres.py

histories: $(VENV)/dev ## compare plans with the model of a port's life, over 5,000 histories (minutes)
	@WEFT_HISTORIES=5000 WEFT_EXAMPLES=new $(BIN)/python -m pytest -q tests/unit/plan/test_life_cycle.py

fuzz: $(VENV)/dev ## the tests that make up what they try, with things never tried before (minutes)
	@WEFT_EXAMPLES=new $(BIN)/python -m pytest -n 2 --dist loadgroup -q -m hypothesis

COMPILE = $(UV) pip compile --universal --python-version 3.11 -c requirements/constraints.in --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate --upgrade --quiet

lock: ## choose the pinned versions anew (needs uv)
	@$(COMPILE) pyproject.toml -o requirements/core.txt
	@$(COMPILE) requirements/build.in -o requirements/build.txt
	@$(COMPILE) pyproject.toml --extra dev -o requirements/dev.txt
	@$(COMPILE) requirements/compiled.in -c requirements/core.txt -o requirements/compiled.txt
	@$(subst -c requirements/constraints.in,,$(COMPILE)) requirements/engine.in -o requirements/engine.txt

clean: ## remove the environment and everything that was made
	@rm -rf $(VENV) skyline .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
