# `make help` lists what there is. Everything runs in .venv, which `make setup` builds from requirements.lock.

VENV   := .venv
PY     := $(VENV)/bin/python
STAMP  := $(VENV)/.installed
KERAS  := $(VENV)/.keras
# What Keras brings that nothing else here needs, as a pattern for grep.
ADDED  := ^(absl-py|h5py|keras|ml_dtypes|namex|optree)==
TORCH  := $(shell sed -n 's/^\(torch==[^ ;]*\).*/\1/p' requirements.lock)
JOBS   ?= 2

# nbgrader calls `alembic` by name; several test processes at once must not each start a thread for every core.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# The first Python from 3.11 to 3.13 that runs (a shim may be there and refuse). Set PYTHON=... to choose another.
FITS   := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
            if $$p -c '$(FITS)' >/dev/null 2>&1; then echo $$p; break; fi; done)

.DEFAULT_GOAL := help
.PHONY: help setup keras demo test test-all build release grade report lock learn bench lint clean

help:  ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name text; do \
	  printf '  make %-9s %s\n' "$$name" "$$text"; done

setup: $(STAMP)  ## build .venv from requirements.lock (every other target does so first)

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12 or 3.13 with venv was found. Install one (Debian, Ubuntu: python3 and \
	python3-venv) or say which: make setup PYTHON=/path/to/python3.11" >&2; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet "$(TORCH)"
	$(PY) -m pip install --quiet -r requirements.lock
	$(PY) -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

keras: $(KERAS)  ## add Keras to .venv, for the appendix keras_tour alone

# --no-deps: the pins are complete, and nothing that is installed already, torch above all, may change for them.
$(KERAS): requirements-keras.lock $(STAMP)
	$(PY) -m pip install --quiet --no-deps -r requirements-keras.lock
	@touch $@

demo: $(STAMP)  ## build lesson 6, mark six sample submissions, show marks and feedback
	$(PY) -m autograder.demo

test: lint  ## quick checks: style, release up to date and free of leaks, fast tests
	$(PY) -m autograder build --check
	$(PY) -m pytest -m "not slow" -n $(JOBS) --dist loadgroup

test-all: lint $(KERAS)  ## every test, the solutions executed anew among them
	$(PY) -m autograder build --check
	$(PY) -m pytest -n $(JOBS) --dist loadgroup

build: $(STAMP)  ## sources -> executed solutions and student notebooks
	$(PY) -m autograder build

release: $(STAMP)  ## gather what is published to students in dist/release
	$(PY) -m autograder release

grade: $(STAMP)  ## mark what lies in grading/inbox and is new or changed
	$(PY) -m autograder grade

report: $(STAMP)  ## write the class report
	$(PY) -m autograder report

lock: $(KERAS)  ## write both lock files anew from what .venv holds
	@$(PY) -m pip freeze --all --exclude-editable \
	  | sed -n -e '/^pip==/d' -e 's/^\([A-Za-z0-9_.-]*==[^+ ]*\).*/\1/p' \
	  | sed -e 's/^sandlock==.*/&; sys_platform == "linux"/' > pins.new
	@{ echo "# Exact pins of this repository's environment, written by \`make lock\`; \`make setup\` installs them."; \
	  grep -vE '$(ADDED)' pins.new; } > requirements.lock
	@{ echo "# What Keras adds to requirements.lock, written by \`make lock\`; \`make keras\` installs it."; \
	  grep -E '$(ADDED)' pins.new; } > requirements-keras.lock
	@rm pins.new

learn: $(STAMP)  ## open the solutions in JupyterLab
	$(PY) -m jupyter lab solutions

bench: $(STAMP)  ## measure how fast marking is here
	$(PY) -m benchmarks.marking

lint: $(STAMP)  ## style alone
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

clean:  ## remove caches and gathered releases; students' work in grading/ stays
	rm -rf dist .pytest_cache .ruff_cache .hypothesis *.egg-info
	find . -path ./$(VENV) -prune -o -path ./grading -prune -o -name __pycache__ -type d -exec rm -rf {} +
