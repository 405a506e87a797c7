# What people run. `make demo` and `make test` are complete on a machine that has Python 3.11+ and make.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

# The first Python on the path that is new enough; `make setup PYTHON=/path/to/python` overrules it.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
# Tests share two cores in CI; more cores may take more.
JOBS ?= 2
ARGS ?=

.PHONY: help
help:  ## list what can be made
	@sed -nE 's/^([a-z]+):.*##(.*)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 22

.PHONY: setup
setup: $(INSTALLED)  ## install into .venv, nothing else

# Written last, so that an interrupted installation is taken up again.
$(INSTALLED): constraints.txt pyproject.toml
	@if [ -z "$(PYTHON)" ]; then echo "No Python 3.11 or newer was found. Install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; exit 1; fi
	@if ! [ -x $(BIN)/python ] || ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
		echo "Creating $(VENV) with $$($(PYTHON) --version)"; \
		rm -rf $(VENV); \
		$(PYTHON) -m venv $(VENV) || { echo "$(PYTHON) cannot create a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }; \
	fi
	@echo "Installing the pinned packages into $(VENV) (once; some minutes on a slow line)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes -r constraints.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.PHONY: demo
demo: $(INSTALLED)  ## try it: a Coda twin, PostgreSQL, a first sync and the Dagster UI; needs nothing else
	@exec $(BIN)/coda-pipeline demo $(ARGS)

.PHONY: dev
dev: $(INSTALLED)  ## the same processes against your own configuration, schedules off
	@exec $(BIN)/coda-pipeline dev $(ARGS)

.PHONY: test
test: $(INSTALLED)  ## all quick tests
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m "not drill" $(ARGS)

.PHONY: check
check: $(INSTALLED)  ## lint, format and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/basedpyright

.PHONY: drills
drills: $(INSTALLED) chromium  ## slow proofs: browser, kills, foreign clients, faults
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder -m drill -rs $(ARGS)

.PHONY: bench
bench: $(INSTALLED)  ## measure speed and memory
	@$(BIN)/python -m bench $(ARGS)

# The browser of the drills comes from the system, so that no drill downloads one.
.PHONY: chromium
chromium:
	@if command -v chromium >/dev/null; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing chromium for the browser drills"; \
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; } \
			|| echo "chromium could not be installed: the browser drills will say so and not run" >&2; \
	else \
		echo "chromium is not installed (Debian: apt-get install chromium): the browser drills will say so and not run" >&2; \
	fi

.PHONY: constraints
constraints: $(INSTALLED)  ## pin anew, after a change of the requirements in pyproject.toml
	@$(BIN)/python -m venv build/pin && build/pin/bin/python -m pip install --quiet --disable-pip-version-check uv
	@{ sed -n '1,2p' constraints.txt; build/pin/bin/uv pip compile --quiet pyproject.toml --group dev --group build \
		--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras --no-annotate --no-header; } > build/constraints.txt
	@mv build/constraints.txt constraints.txt
