# Every target sets up what it misses. Variables to override: make VENV=/tmp/venv setup
PYTHON       ?= python3
VENV         ?= .venv
REQUIREMENTS ?= requirements/cpu.txt
# Extra package index for torch and torchvision alone; see docs/install.md.
TORCH_INDEX  ?=
ARGS         ?=
FRESH        ?=
# Of the tests; one that runs out of them takes over half of another's. More than cores: many tests wait.
PROCESSES    ?= 3

# Commands start many processes that import the same modules: without this each would compile ours again where the variable is set.
unexport PYTHONDONTWRITEBYTECODE

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint doctor bench-env clean

SHIM   := packaging/torchvision-cpu-shim
INPUTS := pyproject.toml packaging/setup.sh packaging/warm_up.py $(REQUIREMENTS) requirements/dev.txt \
          $(filter-out %.md,$(wildcard $(SHIM)/*.py $(SHIM)/*.pth $(SHIM)/*.toml $(SHIM)/*.in))
# The stamp's name is the digest of what the set-up depends on: it exists only if exactly this set-up was finished here.
KEY    := $(shell { echo '$(CURDIR)' '$(VENV)' '$(REQUIREMENTS)'; sha256sum $(INPUTS) 2>/dev/null; } | sha256sum | cut -c1-16)
STAMP  := $(VENV)/.setup-$(KEY).stamp
BIN    := $(VENV)/bin

help:
	@echo 'make demo    build data, warm up, train, benchmark and report; FRESH=1 starts over, ARGS="..." goes to `rl demo`'
	@echo 'make test    run the tests in PROCESSES processes; ARGS="..." goes to pytest (ARGS="-n 0 -k name" runs some of them in one)'
	@echo 'make lint    formatting, lint, types and import rules'
	@echo 'make doctor  what works on this machine, what does not, and what to do; ARGS="--deep" also starts Ray'
	@echo 'make bench-env  the peers that benchmarks/ runs beside us, in .venv-bench'
	@echo 'make setup   the environment alone, in $(VENV); REQUIREMENTS=requirements/gpu.txt VENV=.venv-gpu for CUDA'
	@echo 'make clean   remove caches and build products; the environment and runs/ stay'

setup: $(STAMP)

$(STAMP):
	@PYTHON='$(PYTHON)' VENV='$(VENV)' REQUIREMENTS='$(REQUIREMENTS)' TORCH_INDEX='$(TORCH_INDEX)' STAMP='$@' bash packaging/setup.sh

demo: setup
	@$(BIN)/rl demo configs/demo/demo.yaml $(if $(FRESH),--fresh) $(ARGS)

test: setup
	@$(BIN)/pytest -n $(PROCESSES) --dist worksteal $(ARGS)

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports --no-logo

doctor: setup
	@$(BIN)/openk15 doctor $(ARGS)

# Peers that benchmarks measure against contradict the main lock; they live beside it.
bench-env: .venv-bench/.stamp

.venv-bench/.stamp: requirements/bench.txt
	$(PYTHON) -m venv --clear .venv-bench
	.venv-bench/bin/python -m pip install -qq --no-deps -r requirements/bench.txt
	touch $@

clean:
	rm -rf build dist *.egg-info .pytest_cache .ruff_cache .hypothesis .import_linter_cache $(SHIM)/build $(SHIM)/*.egg-info
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -not -path './.venv*' -prune -exec rm -rf {} +
