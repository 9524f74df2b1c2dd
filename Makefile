# Each target makes the virtual environment it needs, and again when pyproject.toml has changed. PYTHON=... is any other
# Python from 3.11 on, with an environment of its own.
PYTHON ?= python3
VENV := .venv$(if $(filter python3,$(PYTHON)),,-$(shell $(PYTHON) -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])'))
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
RUNS := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
TEST := $(VENV)/.installed-test
LOCALE := mispmini/locale
POT := $(VENV)/mispmini.pot
N ?= 10

# A test run starts a hundred processes: none compiles again what another one has, whatever the shell says.
export PYTHONPYCACHEPREFIX := $(CURDIR)/$(VENV)/bytecode
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo check smoke long slow moved nightly test bench bench-sync suites chaos fuzz translations pyz

help:
	@echo "make demo          two servers that exchange an event, in a temporary folder"
	@echo "make check         format, lint, types and tests"
	@echo "make check PYTHON=/usr/bin/python3   the same with another Python"
	@echo "make smoke         the demo, a restore and a slice of the tests, for another Python"
	@echo "make slow          the tests that take many seconds each"
	@echo "make moved         the tests of REST, services and pages under four other clocks (Debian's faketime)"
	@echo "make long          both"
	@echo "make nightly       the documents' own lines in a clean Debian, which takes minutes"
	@echo "make test          the tests alone; ARGS='-k push' is handed to pytest"
	@echo "make bench         the product beside a bare program, with its gates"
	@echo "make bench-sync    how fast events cross between live servers"
	@echo "make suites        PyMISP's own live suites against fresh instances"
	@echo "make chaos N=10    N random kills while events are written and pushed"
	@echo "make fuzz N=20000  N requests full of the wrong things, none of which may end in a 5xx"
	@echo "make pyz           the product in one file, dist/mispmini.pyz"
	@echo "make translations  collect, update and compile the texts of the pages"

demo: $(RUNS)
	$(BIN)/python app.py demo $(ARGS)

check: $(DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

smoke: $(TEST)
	$(BIN)/python app.py demo --once
	$(BIN)/pytest -n 2 tests/test_caring.py tests/test_cli.py tests/domain tests/jobs tests/contract/test_two_servers.py

slow: $(DEV)
	$(BIN)/pytest -m slow $(ARGS)

moved: $(DEV)
	$(BIN)/python -m tests.moved $(ARGS)

long: slow moved

nightly: $(DEV)
	$(BIN)/pytest -m nightly --durations=5 $(ARGS)

test: $(DEV)
	$(BIN)/pytest $(ARGS)

bench: $(DEV)
	$(BIN)/python -m tests.bench.run $(ARGS)

bench-sync: $(DEV)
	$(BIN)/python -m tests.bench.sync $(ARGS)

suites: $(DEV)
	$(BIN)/python -m tests.suites.run $(ARGS)

chaos: $(DEV)
	$(BIN)/python -m tests.faults.chaos --times $(N) $(ARGS)

fuzz: $(DEV)
	MISPMINI_FUZZ=$(N) $(BIN)/pytest tests/contract/test_fuzz.py --timeout=0 $(ARGS)

pyz: $(DEV)
	$(BIN)/python .ci/pyz.py

translations: $(DEV)
	$(BIN)/python -m babel.messages.frontend extract --mapping $(LOCALE)/babel.cfg --ignore-dirs '.*' --project mispmini --sort-output --add-location file --output $(POT) .
	$(BIN)/pybabel update --domain mispmini --input-file $(POT) --output-dir $(LOCALE) --no-fuzzy-matching --ignore-pot-creation-date
	$(BIN)/pybabel compile --domain mispmini --directory $(LOCALE) --statistics

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "mispmini needs Python 3.11 or newer.")'
	$(PYTHON) -m venv $(VENV)

$(RUNS): pyproject.toml | $(BIN)/pip
	$(PIP) install --editable .
	@touch $@

$(TEST): pyproject.toml | $(BIN)/pip
	$(PIP) install --editable '.[test]'
	@touch $@

$(DEV): pyproject.toml | $(BIN)/pip
	$(PIP) install --editable '.[dev]'
	@touch $(RUNS) $@
