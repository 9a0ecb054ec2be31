# Everything sets itself up: `make demo` and `make test` work in a fresh clone with only Python >= 3.11 and make.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
# The machine's own time zone data may still think that Morocco is an hour ahead: use the package's (docs/adr/0002).
export PYTHONTZPATH :=
export DO_NOT_TRACK := 1
export PREFECT_SERVER_ANALYTICS_ENABLED := false
# Each process that the tests start reads what is compiled already, even where the environment forbids to write it.
export PYTHONDONTWRITEBYTECODE :=
# One more than the two cores that the suite is sized for: a third of a worker's time it waits, for a server that starts,
# a lease that lapses, a mail server that is slow. The fast tests wait for nothing.
WORKERS ?= 3
FAST_WORKERS ?= 2

.PHONY: setup demo test test-sqlite test-postgresql check lint types imports migrations-check catalogues bench bench-notices bench-workload bench-daily bench-scale chaos crash machines lock clean

setup: $(VENV)/.ready

$(VENV)/.ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q $$($(BIN)/python -c "import site; print(site.getsitepackages()[0])") >/dev/null 2>&1 || true
	@touch $@

demo: setup
	$(BIN)/mourafaka demo

test: test-sqlite test-postgresql

test-sqlite: setup
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

# All that touches a database once more, on a PostgreSQL that the tests bring along (docs/adr/0010).
test-postgresql: setup
	MOURAFAKA_TEST_DATABASE=postgresql $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

# Rooms whose tests are whole stories of many days, commands or servers: `make test` runs them.
STORIES := cli journey faults web simulation benchmarks

check: setup lint types imports
	$(BIN)/python -m pytest -n $(FAST_WORKERS) -m "not slow" $(STORIES:%=--ignore=tests/%)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

imports: setup
	$(BIN)/lint-imports

migrations-check: setup
	$(BIN)/python -m pytest -q tests/models/test_migrations.py
	MOURAFAKA_TEST_DATABASE=postgresql $(BIN)/python -m pytest -q tests/models/test_migrations.py

bench-scale: setup
	$(BIN)/python -m benchmarks.scale $(BENCH)

# Minutes of faults, by seeds: CHAOS holds the options, as in make chaos CHAOS="--seeds 10 --kills 200" (docs/reliability.md).
chaos: setup
	$(BIN)/python -m tests.chaos $(CHAOS)

# The engine in the middle of W(33), killed with -9 a hundred times, every operation and every mail reckoned up.
crash: setup
	$(BIN)/python -m benchmarks.workload --crash 33 $(CRASH)

# Machines that lose their current or their cable, as networks on this one: needs root, and Debian's iproute2 and postgresql.
machines: setup
	MOURAFAKA_TEST_MACHINES=1 $(BIN)/python -m pytest -rs tests/faults/test_machines.py

# Puts new sentences into runtime/catalogues/*.po and drops old ones; the translations stay.
catalogues: setup
	$(BIN)/python -m runtime.extraction

# By hand, on a quiet machine: figures of speed are never a test (docs/benchmarks.md).
# BENCH holds the options of one of them: make bench-daily BENCH="--only ours".
bench: bench-notices bench-workload bench-daily bench-scale

bench-notices: setup
	$(BIN)/python -m benchmarks.notices $(BENCH)

bench-workload: setup
	$(BIN)/python -m benchmarks.workload $(BENCH)

bench-daily: setup
	$(BIN)/python -m benchmarks.daily $(BENCH)

lock: setup
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --generate-hashes --python-version 3.11 \
	  --no-emit-index-url --no-emit-find-links --no-header --output-file requirements.lock

clean:
	rm -rf $(VENV) demo-data .mypy_cache .ruff_cache .pytest_cache .hypothesis
