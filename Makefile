# Every command works on a machine with only Python 3.11+ and make. PYTHON=python3.12 picks another one.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install -q -c constraints.txt
NEEDS := pyproject.toml constraints.txt
ENGINES := numba torch
SEPARATE := keras

.PHONY: help install demo test test-together test-separate check format docs bench clean

help:  ## Say what each command does
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(NEEDS) | $(BIN)/python
	$(PIP) -e '.[all]'
	@touch $@

$(VENV)/.installed-development: $(VENV)/.installed
	$(PIP) -e '.[all,test,check]'
	$(PIP) -e '.[keras]' || echo "TensorFlow cannot be installed here: the engine keras will not be tested."
	@touch $@

$(VENV)/.installed-benchmarks: $(VENV)/.installed-development
	$(PIP) -e '.[all,test,check,bench]'
	@touch $@

install: $(VENV)/.installed  ## Make .venv and install Unspool into it
	@echo "Installed. Try: $(BIN)/unspool --help"

demo: $(VENV)/.installed  ## Train on the embedded corpus for a minute, then write
	$(BIN)/python -m unspool demo

test: $(VENV)/.installed-development  ## Run the tests; each engine is compared with NumPy in a process of its own
	@$(MAKE) --no-print-directory -j2 test-together test-separate

test-together:
	$(BIN)/python -m pytest --ignore=tests/conformance
	for engine in $(ENGINES); do UNSPOOL_TEST_ENGINE=$$engine $(BIN)/python -m pytest tests/conformance || exit 1; done

test-separate:  # meanwhile; what it says is shown when it is done
	@UNSPOOL_TEST_ENGINE=$(SEPARATE) $(BIN)/python -m pytest > $(VENV)/$(SEPARATE).log 2>&1; \
	code=$$?; cat $(VENV)/$(SEPARATE).log; exit $$code

check: $(VENV)/.installed-development  ## Lint, formatting, types, direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(VENV)/.installed-development  ## Format the code and mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.installed-development  ## Generate docs/reference from the code
	$(BIN)/python -m docs.generate

bench: $(VENV)/.installed-benchmarks  ## Run the benchmarks and write docs/benchmarks.md; UNSPOOL_DATA names the folder of data sets
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks --report

clean:  ## Remove the environment and what tools left behind
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
