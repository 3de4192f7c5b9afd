# Every command works on a machine with only Python 3.11+ and make. PYTHON=python3.12 picks another one.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install -q -c constraints.txt
NEEDS := pyproject.toml constraints.txt
# Processes of one thread each: one for each core, and one more where many tests wait for processes that they started. A
# file stays in one process, and what its tests share is made once.
CORES := $(shell getconf _NPROCESSORS_ONLN)
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest --dist loadfile
ENGINES := numba torch
SEPARATE := keras
# The comparisons come first: each of their files needs kernels of its own, and what they have compiled is there for all
# that follows, where several processes would compile the same.
# Tests start many hundred processes, each of which would compile the package anew without its bytecode.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install demo test check format docs tutorials pages bench clean

help:  ## Say what each command does
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(NEEDS) | $(BIN)/python
	$(PIP) -e '.[all]'
	@touch $@

$(VENV)/.installed-development: $(NEEDS) | $(BIN)/python
	$(PIP) -e '.[all,test,check,docs]'
	$(PIP) -e '.[keras]' || echo "TensorFlow cannot be installed here: the engine keras will not be tested."
	@touch $(VENV)/.installed $@

$(VENV)/.installed-benchmarks: $(VENV)/.installed-development
	$(PIP) -e '.[all,test,check,docs,bench]'
	@touch $@

install: $(VENV)/.installed  ## Make .venv and install Unspool into it
	@echo "Installed. Try: $(BIN)/unspool --help"

demo: $(VENV)/.installed  ## Train on the embedded corpus for a minute, then write
	$(BIN)/python -m unspool demo

test: $(VENV)/.installed-development  ## Run the tests; each engine is compared with NumPy in processes of its own
	for engine in $(ENGINES); do UNSPOOL_TEST_ENGINE=$$engine $(PYTEST) -n $(CORES) tests/conformance || exit 1; done
	$(PYTEST) -n $$(($(CORES) + 1)) --ignore=tests/conformance
	UNSPOOL_TEST_ENGINE=$(SEPARATE) $(PYTEST) -n $(CORES)

check: $(VENV)/.installed-development  ## Lint, formatting, types, direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(VENV)/.installed-development  ## Format the code and mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.installed-development  ## Generate docs/reference from the code, and build the site into site/
	$(BIN)/python -m docs.generate
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict
	@echo "The site was built. Open site/index.html."

tutorials: $(VENV)/.installed-development  ## Execute the notebooks of docs/tutorials; NAMES="2" picks one of them
	$(BIN)/python -m docs.tutorials.build $(NAMES)

pages: $(VENV)/.installed-development  ## Open the report of every task and the site in Chromium, with axe-core where npm can install it
	npm ci --silent --prefix benchmarks || echo "axe-core cannot be installed here: contrast and roles will not be checked."
	$(BIN)/python -m pytest -m slow tests/cli/test_report_browser.py tests/cli/test_site.py

bench: $(VENV)/.installed-benchmarks  ## Run the benchmarks and write docs/benchmarks.md; UNSPOOL_DATA names the folder of data sets
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks --report

clean:  ## Remove the environment and what tools left behind
	rm -rf $(VENV) build dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis
