# What a developer does here, and CI does exactly the same. `make` alone lists it.
# Needed: Python 3.11 or later with venv, make, and package indexes. Everything else is optional and named where it is missed.

VENV := .venv
BIN := $(VENV)/bin
# The first interpreter that is new enough; `make PYTHON=/path/to/python3` overrules it.
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$name; break; }; done)
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check --no-input
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make requirements' $(UPGRADE)

# The studio is built with the machine's own Node where that is new enough for Vite, else with one in .venv.
NODE_IS_NEW := node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)'
OWN_NODE := $(shell command -v npm >/dev/null 2>&1 && $(NODE_IS_NEW) 2>/dev/null && echo yes)
NPM := $(if $(OWN_NODE),,PATH="$(CURDIR)/$(BIN):$$PATH" )npm --prefix studio --no-fund --no-audit --no-update-notifier

# Extra words for the command: `make demo ARGS=--exit`, `make test ARGS='-k claim'`.
ARGS ?=
# Test processes: two for each core, since many tests wait for another process. Each test has a database of its own.
# `make test WORKERS=0` runs in one process.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(2 * (os.cpu_count() or 1))')

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test check bench studio types requirements audit test-containers image clean

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F '|' '{ printf "%-24s %s\n", $$1, $$2 }'

setup: $(VENV)/.dev page  ## install everything that developing needs into .venv, and build the studio
	@echo 'ready: $(BIN)/rushes'

demo: $(VENV)/.runtime page  ## watch a sample film render: no account, no Docker, no server (ARGS=--exit stops when it is done)
	@$(BIN)/rushes demo $(ARGS)

test: $(VENV)/.dev  ## run the test suite (ARGS='-k claim' picks, WORKERS=0 runs in one process)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m 'not containers' $(ARGS)

check: $(VENV)/.dev  ## lint, format, types, layers and the house rules
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -q tests/unit/test_house.py tests/unit/test_papers.py

bench: $(VENV)/.bench  ## measure the budgets against their baselines (ARGS= picks)
	@$(BIN)/python -m benchmarks $(ARGS)

studio: types  ## check, test and build the web page into api/static
	@$(NPM) run --silent check
	@$(NPM) run --silent test
	@$(NPM) run --silent build

types: $(VENV)/.runtime $(VENV)/.modules  ## make the studio's types from the API as it is now
	@$(BIN)/python -m cli.openapi
	@$(NPM) run --silent types

test-containers: $(VENV)/.dev  ## run the database tests on PostgreSQL in a container, and the image's own tests
	@$(BIN)/python -m tests.containers.run $(ARGS)

image: studio  ## build the container image rushes:latest
	@docker build --network host --tag rushes:latest .

requirements: $(VENV)/.dev  ## bring requirements/ in step with pyproject.toml (UPGRADE=--upgrade takes the newest)
	@$(LOCK) pyproject.toml --output-file requirements/runtime.txt
	@$(LOCK) pyproject.toml --extra veo --group dev --constraint requirements/runtime.txt --output-file requirements/dev.txt
	@$(LOCK) pyproject.toml --extra veo --constraint requirements/dev.txt --output-file requirements/veo.txt
	@$(LOCK) --group node --output-file requirements/node.txt
	@$(LOCK) --group fidelity --output-file requirements/fidelity.txt
	@$(LOCK) pyproject.toml --group bench --constraint requirements/dev.txt --output-file requirements/bench.txt
	@$(LOCK) --group build --constraint requirements/dev.txt --output-file requirements/build.txt

audit: $(VENV)/.dev  ## look the pinned packages up among the known vulnerabilities
	@$(BIN)/pip-audit --strict --progress-spinner off --disable-pip --require-hashes --requirement requirements/veo.txt

clean:  ## remove .venv and what the tools left; var/ holds your clips and stays
	rm -rf $(VENV) build dist api/static studio/node_modules studio/openapi.json studio/src/api/schema.d.ts .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps below make a second `make setup` free: each stands for "installed, from these very files".

$(BIN)/python:
	@$(or $(PYTHON),false) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo 'Rushes needs Python 3.11 or later. Install it, or name it: make PYTHON=/path/to/python3' >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); \
		echo '$(PYTHON) cannot make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv' >&2; exit 1; }

$(VENV)/.runtime: pyproject.toml requirements/runtime.txt requirements/build.txt | $(BIN)/python
	@echo 'installing what Rushes runs on (about a minute, the first time)'
	@$(PIP) install --no-deps --require-hashes -r requirements/runtime.txt -r requirements/build.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.txt
	@echo 'installing what developing needs'
	@$(PIP) install --no-deps --require-hashes -r requirements/dev.txt
	@touch $@

# Everything works without the page, and the API then serves one that says how to build it: a machine that cannot
# build it is told so, and goes on.
.PHONY: page
page: $(VENV)/.runtime
	@$(MAKE) --silent $(VENV)/.page || { [ -z "$$RUSHES_REQUIRE_ALL" ] && \
		echo 'the studio is not built (the reason stands above); everything else works: make studio builds it' >&2; }

$(VENV)/.page: $(VENV)/.modules $(shell find studio/src studio/index.html studio/*.ts studio/*.json ! -name openapi.json ! -name schema.d.ts -type f)
	@$(NPM) run --silent build -- --logLevel warn
	@touch $@

$(VENV)/.modules: studio/package.json studio/package-lock.json $(if $(OWN_NODE),,$(VENV)/.node) | $(BIN)/python
	@echo 'installing what the studio is built with'
	@$(NPM) ci --loglevel error --fetch-retries 1
	@touch $@

$(VENV)/.node: requirements/node.txt | $(BIN)/python
	@echo 'installing Node for the studio (60 MB, once): this machine has none of version 20.19 or later'
	@$(PIP) install --no-deps --require-hashes -r requirements/node.txt
	@touch $@

$(VENV)/.bench: $(VENV)/.dev requirements/bench.txt
	@echo 'installing the peers that the benchmarks compare with'
	@$(PIP) install --no-deps --require-hashes -r requirements/bench.txt
	@touch $@
