# demo and test need only Python 3.11 or later, pip, make and a shell. CI runs the same targets.
PYTHON ?= $(shell command -v python3.11 || command -v python3 || command -v python)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
PORT ?= 8000
WORKERS ?= auto
KERNEL := $(wildcard src/securebase/model/kernel/*.[ch])

.PHONY: help demo serve test test-core check check-types check-imports check-style check-language docs bench lock screenshots clean
help:
	@echo "make demo         install everything and serve the workbench with a simulated demo clinic"
	@echo "make serve        the same with your own clinic, empty at first"
	@echo "make test         install everything and run the tests"
	@echo "make test-core    test the library alone, without web and compiler, in a separate venv"
	@echo "make check        check language, style, types and imports (ruff, mypy, import-linter, oxfmt, oxlint, djade, djlint)"
	@echo "make docs         run the tests that compare the documentation with the code"
	@echo "make bench        measure and write docs/benchmarks.md (make bench PARTS=speed: that part only)"
	@echo "make lock         update the hashed requirement files (needs uv)"
	@echo "make screenshots  update the screenshots in docs/images (needs Chromium)"

$(BIN)/python:
	@echo "== Creating a virtual environment in $(VENV) with $(PYTHON)"
	@test -n "$(PYTHON)" || { echo "No Python found: install Python 3.11 or later, or run make PYTHON=/path/to/python"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than Python 3.11: run make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(BIN)/.workbench: requirements/workbench.txt pyproject.toml setup.py $(KERNEL) | $(BIN)/python
	@echo "== Installing the workbench's packages (a minute or two the first time; pip lists its downloads below)"
	@$(PIP) install --progress-bar off --require-hashes -r requirements/workbench.txt
	@echo "== Installing Securebase itself (without a C compiler, the readable kernel is used)"
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(BIN)/.dev: requirements/dev.txt pyproject.toml setup.py $(KERNEL) | $(BIN)/python
	@echo "== Installing the packages for checks and tests (a minute or two the first time; pip lists its downloads below)"
	@$(PIP) install --progress-bar off --require-hashes -r requirements/dev.txt
	@echo "== Installing Securebase itself (without a C compiler, the readable kernel is used)"
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@ $(BIN)/.workbench

demo: $(BIN)/.workbench
	@echo "== Serving the demo clinic"
	@$(BIN)/securebase demo --port $(PORT)

serve: $(BIN)/.workbench
	@$(BIN)/securebase serve --port $(PORT)

# The tests start some hundred processes, each of which would compile the package anew.
test test-core: export PYTHONDONTWRITEBYTECODE =

test: $(BIN)/.dev
	@echo "== Running the tests"
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

check: check-types check-imports check-style check-language
check-types: $(BIN)/.dev
	@echo "== mypy";          $(BIN)/mypy
check-imports: $(BIN)/.dev
	@echo "== import-linter"; $(BIN)/lint-imports
check-style: $(BIN)/.dev
	@echo "== ruff";          $(BIN)/ruff check . && $(BIN)/ruff format --check .
	@echo "== oxfmt";         $(BIN)/oxfmt --check "src/**/*.css" "src/**/*.js"
	@echo "== oxlint";        $(BIN)/oxlint src
	@echo "== djade";         $(BIN)/djade --check $$(find src/securebase/workbench src/securebase/ipt -name "*.html")
	@echo "== djlint";        $(BIN)/djlint --lint --quiet src/securebase/workbench src/securebase/ipt && $(BIN)/djlint --profile jinja --lint --quiet src/securebase/reports
check-language: $(BIN)/.dev
	@echo "== language";      $(BIN)/python tools/check_language.py

docs: $(BIN)/.dev
	@$(BIN)/python -m pytest tests/repository

# The library as `pip install .` installs it: not editable, without web, and with CC=false, a compiler that always fails.
# The tests run the path from table to report, the commands that are fast without a compiler, and the functions that call
# the readable kernel. `make test` covers the rest, and compares the readable kernel with exact equations.
CORE_TESTS = journeys test_public_names.py repository/test_start_up.py \
  $(addprefix cli/test_,main.py doctor.py instruments.py score.py simulate.py theory.py) \
  $(addprefix model/test_,equations.py smoothing.py track.py simulate_panel.py)
CORE := .venv-core
$(CORE)/.packages: requirements/core.txt
	@echo "== Installing the packages of the library alone"
	@test -x $(CORE)/bin/python || $(PYTHON) -m venv $(CORE)
	@$(CORE)/bin/python -m pip --disable-pip-version-check install --progress-bar off --quiet --require-hashes -r requirements/core.txt
	@touch $@

# Built from a copy, because a build writes beside the source, where tests and other builds may run.
test-core: $(CORE)/.packages
	@echo "== The library alone: no web, no compiler"
	@rm -rf $(CORE)/source && mkdir $(CORE)/source
	@tar -c --exclude=__pycache__ --exclude="*.egg-info" --exclude="*.so" LICENSE README.md pyproject.toml setup.py src | tar -x -C $(CORE)/source
	@CC=false $(CORE)/bin/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --force-reinstall ./$(CORE)/source
	@rm -rf $(CORE)/source
	@$(CORE)/bin/python -c "import importlib.util as u, sys; sys.exit(u.find_spec('django') is not None or u.find_spec('securebase.model.kernel._compiled') is not None)" || { echo "This is not the library alone: Django or a compiled kernel is installed"; exit 1; }
	@$(CORE)/bin/python -m pytest -q -n $(WORKERS) --dist worksteal -m "not slow" $(addprefix tests/,$(CORE_TESTS))

bench: $(BIN)/.dev
	@$(BIN)/python -m benchmarks $(PARTS)

lock:
	@for set in "core --extra test" "workbench --extra workbench" "dev --extra dev"; do \
	  name=$${set%% *}; extra=$${set#$$name}; echo "== requirements/$$name.txt"; \
	  uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header $$extra pyproject.toml requirements/build.in -o requirements/$$name.txt || exit 1; \
	done

screenshots: $(BIN)/.dev
	@$(BIN)/python docs/images/make.py

clean:
	@rm -rf build dist src/*.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
