.DEFAULT_GOAL := help
.PHONY: help serve demo test test-faults check format bench-quality fit bench-ablation bench-evidence bench-compare bench-latency bench-embed bench-hydration bench-lexical bench-vector bench-recall bench-scale bench-durability bench-checkpoints bench-trials bench-ingest bench-micro bench-peers bench-report clean

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.server: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing the service into $(VENV) (PyTorch is large; the first time takes minutes) …"
	$(PIP) install -c constraints.txt -e '.[server,offline]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing the service and its tools into $(VENV) …"
	$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $(VENV)/.server $@

$(VENV)/.peers: $(VENV)/.dev
	@echo "installing the peers into $(VENV) …"
	$(PIP) install -c constraints.txt -e '.[dev,peers]'
	@touch $@

# The client as `pip install .` brings it, to be tried against a daemon.
$(VENV)/.client: pyproject.toml constraints.txt $(wildcard agent_client/*.py agent_client/*/*.py) | $(BIN)/python
	$(PYTHON) -m venv $(VENV)/client-alone
	$(VENV)/client-alone/bin/python -m pip --disable-pip-version-check --quiet install --force-reinstall -c constraints.txt .
	@touch $@

# An older DuckDB, to see that it still reads our stores.
$(VENV)/.duckdb-1.5: | $(BIN)/python
	$(PYTHON) -m venv $(VENV)/duckdb-1.5
	$(VENV)/duckdb-1.5/bin/python -m pip --disable-pip-version-check --quiet install duckdb==1.5.6
	@touch $@

serve: $(VENV)/.server  ## install and start the daemon on 127.0.0.1:1933
	$(BIN)/memory-service serve $(ARGS)

demo: $(VENV)/.server  ## import a conversation and ask it questions (DATA=path/to/locomo10.json)
	$(BIN)/python -m benchmarks.demo $(if $(DATA),--data $(DATA)) $(ARGS)

test: $(VENV)/.dev $(VENV)/.client $(VENV)/.duckdb-1.5  ## run the tests
	CLIENT_PYTHON=$(abspath $(VENV))/client-alone/bin/python \
	DUCKDB_1_5_PYTHON=$(abspath $(VENV))/duckdb-1.5/bin/python \
	$(BIN)/python -m pytest -q -n auto --dist loadfile -m "not long" --ignore tests/faults $(ARGS)

test-faults: $(VENV)/.dev  ## kill, damage and restart real daemons (short trials)
	$(BIN)/python -m pytest -q tests/faults $(ARGS)
	$(BIN)/python -m pytest -q -m long --ignore tests/faults tests

check: $(VENV)/.dev  ## format, lint, types, import layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy

format: $(VENV)/.dev  ## write the format and the safe fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench-quality: $(VENV)/.dev  ## retrieval quality over a set (DATA=folder in the uniform layout)
	$(BIN)/python -m benchmarks.quality $(if $(DATA),--data $(DATA)) $(ARGS)

bench-ablation: $(VENV)/.dev  ## what each mechanism is worth (DATA=…)
	$(BIN)/python -m benchmarks.ablation $(if $(DATA),--data $(DATA)) $(ARGS)

bench-evidence: $(VENV)/.dev  ## whether it knows what it does not know (DATA=…)
	$(BIN)/python -m benchmarks.evidence $(if $(DATA),--data $(DATA)) $(ARGS)

bench-compare: $(VENV)/.dev  ## two configurations on the same questions (A=… B=…, by --per-query)
	$(BIN)/python -m benchmarks.compare $(A) $(B) $(ARGS)

fit: $(VENV)/.dev  ## fit the ranking's coefficients anew (DATA=…)
	$(BIN)/python -m benchmarks.fit $(if $(DATA),--data $(DATA)) $(ARGS)

bench-embed: $(VENV)/.dev  ## the model by itself, compiled and as its library runs it
	$(BIN)/python -m benchmarks.embed $(ARGS)

bench-latency: $(VENV)/.dev  ## recall over HTTP beyond the model's forward pass (DATA=…)
	$(BIN)/python -m benchmarks.latency $(if $(DATA),--data $(DATA)) $(ARGS)

bench-hydration: $(VENV)/.dev  ## entries and filters from memory, beside the database (ARGS='--entries 1000000')
	$(BIN)/python -m benchmarks.hydration $(if $(DATA),--data $(DATA)) $(ARGS)

bench-lexical: $(VENV)/.dev  ## the lexical leg by itself, beside FTS5, tantivy and bm25s
	$(BIN)/python -m benchmarks.lexical $(ARGS)

bench-vector: $(VENV)/.dev  ## the vector leg by itself, beside plain FAISS (ARGS='--sizes 1000000')
	$(BIN)/python -m benchmarks.vector $(ARGS)

bench-recall: $(VENV)/.dev  ## recall through HTTP at scale, by stage and against the bare parts (DATA=…)
	$(BIN)/python -m benchmarks.recall $(if $(DATA),--data $(DATA)) $(ARGS)

bench-scale: $(VENV)/.dev  ## memory, disk, start and latency by size and namespaces (DATA=…)
	$(BIN)/python -m benchmarks.scale $(if $(DATA),--data $(DATA)) $(ARGS)

bench-durability: $(VENV)/.dev  ## kills, power cuts, damage, failed syncs, full disks (ARGS=--short)
	$(BIN)/python -m benchmarks.durability $(ARGS)

bench-checkpoints: $(VENV)/.dev  ## recalls beside a checkpoint, and how long a log takes to read
	$(BIN)/python -m benchmarks.checkpoints $(ARGS)

bench-trials: $(VENV)/.dev  ## the bad cases at full length: merges, full disks, imports, growth
	$(BIN)/python -m benchmarks.bad_cases $(ARGS)

bench-ingest: $(VENV)/.dev  ## import a set through the client, kill and restart (DATA=…)
	$(BIN)/python -m benchmarks.ingest $(if $(DATA),--data $(DATA)) $(ARGS)

bench-micro: $(VENV)/.dev  ## how long ranking, cut and index take by themselves
	$(BIN)/python -m pytest -q tests/micro --benchmark-enable --benchmark-only $(ARGS)

bench-peers: $(VENV)/.peers  ## quality and speed beside other stores (DATA=…, ARGS='--mix 100000')
	$(BIN)/python -m benchmarks.peers $(if $(DATA),--data $(DATA)) $(ARGS)

bench-report: $(VENV)/.dev  ## write the tables in benchmarks/README.md from benchmarks/results
	$(BIN)/python -m benchmarks.report $(ARGS)

clean:  ## remove the environment and the caches
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build *.egg-info
