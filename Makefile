# `make demo` and `make test` set up all that they need on a bare machine with python3, pip and make.
PYTHON ?= python3
BIN := .venv/bin
TRIPLES ?= 200000
SEED ?= 1
SECONDS ?= 300
SEEDS ?= 4000
HOUSEHOLDS ?= 5000
ATTACKS ?= 5000
FUZZ ?= 1000000
DEMO := docs/demo

.PHONY: demo test check lint types layers docs package spark postgresql agreement fuzz fuzz-coverage benchmarks clean

.venv/core: pyproject.toml hatch_build.py
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/dev: .venv/core
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: .venv/core ## decide the couple of Wufeng, then walk the family of Huimin through it, with all reasons
	@$(BIN)/python docs/demo/run.py

test: .venv/dev ## lessons, properties, end-to-end runs
	$(BIN)/python -m pytest

check: lint types layers test docs package ## all that CI runs

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev
	$(BIN)/mypy

layers: .venv/dev
	$(BIN)/lint-imports

docs: .venv/dev ## the site, in site/
	$(BIN)/python docs/build.py
	$(BIN)/mkdocs build --strict --quiet

package: .venv/dev ## sdist to wheel to a fresh environment outside the tree
	$(BIN)/python tests/package.py

spark: .venv/dev ## the run on a real local Spark; needs Java 17
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[spark]'
	$(BIN)/python -m pytest tests/test_spark.py

postgresql: .venv/dev ## the run on queries of a real PostgreSQL, whose programs are installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'adbc-driver-postgresql>=1.5'
	$(BIN)/python -m pytest tests/test_postgresql.py

agreement: .venv/dev ## random programs, households, learnt facts; the kernel, the terms of Z3 and what is proved, on shipped policies too
	$(BIN)/python -m tests.agreement --triples $(TRIPLES)
	$(BIN)/python -m tests.agreement --kernel $(SEEDS) --households $(HOUSEHOLDS)
	$(BIN)/python -m tests.agreement --terms $(SEEDS) --households $(HOUSEHOLDS)
	$(BIN)/python -m tests.agreement --proofs --households $(ATTACKS)

fuzz: .venv/dev ## hostile policies and facts, FUZZ=1000000 of them; what fails is in build/fuzzing
	$(BIN)/python tests/fuzzing.py --inputs $(FUZZ) --seed $(SEED)

fuzz-coverage: .venv/dev ## bytes led by the lines that they reach, SECONDS=300; needs atheris
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[fuzz]'
	@mkdir -p build
	$(BIN)/python tests/fuzzing_by_coverage.py build/corpus -max_total_time=$(SECONDS) -artifact_prefix=build/

benchmarks: .venv/dev ## figures side by side
	$(BIN)/python -m benchmarks

clean:
	rm -rf .venv dist site src/aidrules/grammar/tables.py
