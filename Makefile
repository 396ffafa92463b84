# Every target sets up what it needs: a private .venv, never the system's packages. Needed beforehand: Python 3.9 or later, git, make.
# Another interpreter: `make test PYTHON=python3.12` (after `make clean`, if .venv was made by a different one).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# More workers than a small machine has cores: most of their time goes into waiting for conditions. Neighbours share fixtures.
PYTEST := $(BIN)/python -m pytest -n 6 --dist worksteal
COVERAGE := --cov --cov-report=term:skip-covered

# Where nothing compiled may be kept, every process compiles all that it imports, and pytest all tests in each worker.
unexport PYTHONDONTWRITEBYTECODE

# The steps of a target share files (.venv, build/): one after the other, also under -j.
.NOTPARALLEL:
.PHONY: demo demo-send demo-vendor checked test test-all systems hosts framework matrix suites bench fleet lint types build pictures trials sandbox clean

demo: $(READY)  # Publish in an embedded studio and watch the files arrive
	$(BIN)/ftrack-accsyn demo

demo-send: $(READY)  # Also send a shot to a site and back, get it on another machine, and sync a folder both ways
	$(BIN)/ftrack-accsyn demo --send

demo-vendor: $(READY)  # Hand a task out to a vendor, take it back in three ways, and end their access
	$(BIN)/ftrack-accsyn demo --vendor

# Each of pytest's processes would compile all tests for itself; one does it before, beside what checks them.
checked: $(READY)
	@$(BIN)/python -m pytest -qq --collect-only >/dev/null 2>&1 & $(MAKE) --no-print-directory lint types; code=$$?; wait; exit $$code

test: checked  # Format, lint, types, tests but those of `make systems`, build
	$(PYTEST) --ignore=tests/systems
	$(BIN)/python setup.py --quiet build_plugin

test-all: checked  # All tests, with the slow tier, examples drawn anew, and how much of the plugin the tests reach
	$(PYTEST) $(COVERAGE) -m "" --hypothesis-profile=others
	$(BIN)/python setup.py --quiet build_plugin

systems: $(READY)  # Staging, outbox, publishing, damage and clean on disks with the manners of Windows, macOS, a NAS and a stick
	$(PYTEST) -q -m "" tests/systems
	@for disk in windows macos nas ntfs exfat; do \
		echo "On $$disk:"; $(PYTEST) -q --coarse-clock --disk $$disk @tests/systems/suites.txt || exit 1; \
	done

hosts: $(READY)  # The built archive in every kind of host: threads, forks, loops, odd accounts, frozen applications, signals, limits
	$(PYTEST) -q -m "" tests/hosting $(addprefix tests/e2e/test_,archive_publish.py search_path.py)

# With the framework's own publisher, from a checkout of ftrack's integrations: make framework INTEGRATIONS=../integrations
framework: $(READY)  # ftrack's framework publishes without a window, with the built archive, on every CPython that it runs on
	$(PYTEST) -q -m "" tests/e2e/framework

matrix: $(READY)  # The tests on every CPython found, with the oldest and newest ftrack-python-api and accsyn-python-api
	$(BIN)/python tests/matrix.py

# Folders with checkouts, several of one suite with blanks between them: make suites ACCSYN_PYTHON_API=../accsyn-python-api
SUITES := accsyn-python-api=ACCSYN_PYTHON_API ftrack-python=FTRACK_PYTHON ftrack-query=FTRACK_QUERY trackteroid=TRACKTEROID
suites: $(READY)  # Suites that were not written here, against the sandbox; fetches none, name the folders of checkouts
	$(BIN)/python tests/suites/run.py \
		$(foreach suite,$(SUITES),$(foreach folder,$($(lastword $(subst =, ,$(suite)))),--$(firstword $(subst =, ,$(suite))) $(folder)))

bench: $(READY)  # What the plugin costs beside a plain disk location; figures also in build/bench.json
	$(BIN)/python tests/bench/run.py

fleet: $(READY)  # What 500 machines behind one internet address ask of accsyn, simulated; 1 where a promise is missed
	$(BIN)/python tests/fleet/run.py

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy
	@# What hosts import, against the oldest of them; the command line's libraries have left CPython 3.9 behind.
	$(BIN)/mypy --python-version 3.9 --package ftrack_accsyn_accessor --exclude /cli/

build: $(READY)  # The archive for ftrack Connect, and a wheel with the command line, in build/
	$(BIN)/python setup.py --quiet build_plugin
	@rm -rf build/lib build/bdist.*
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir build .

pictures: $(READY)  # Icons and screenshots in resource/, from the sandbox
	$(BIN)/python tests/pictures/make.py

trials: $(READY)  # How many tests stand behind each promise, written into the manual's table of reliability
	$(BIN)/python tests/trials.py

sandbox: $(READY)  # Keep the embedded studio running, for work of your own
	$(BIN)/ftrack-accsyn sandbox

clean:
	rm -rf $(VENV) build dist htmlcov .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis source/*.egg-info

# The stamp is written last: an interrupted set-up is done again, a changed setup.py installs anew.
$(READY): setup.py pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 9))' || \
		{ echo "Python 3.9 or later is needed; name one with: make PYTHON=/path/to/python3"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "$(PYTHON) cannot make a virtual environment (Debian, Ubuntu: install python3-venv)"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
