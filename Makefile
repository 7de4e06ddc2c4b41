# Everything runs in .venv, which the first target that needs it creates. `make help` lists them.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python

.PHONY: help venv demo test kill-test tfa-oracle lint format clean
.DEFAULT_GOAL := help

help:  ## Lists the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: $(VENV)/.ready  ## Sets up .venv with everything; PYTHON=python3.12 chooses the Python

demo: $(VENV)/.ready  ## Trains, evaluates and exports on a rendered clip, into demo_output/
	$(RUN) -m dfnet_tf.demo --output=demo_output

test: $(VENV)/.ready  ## Runs the tests; ARGS="tests/data -k video" some of them
	$(RUN) -m pytest $(ARGS)

kill-test: $(VENV)/.ready  ## Kills trainings 36 times at random moments; ARGS="--toy --seed=1": faster ones
	$(RUN) tests/kill_harness.py $(ARGS)

tfa-oracle:  ## Writes anew what tensorflow-addons computes, in .venv-tfa; PYTHON=python3.11 at most
	$(PYTHON) -m venv .venv-tfa
	.venv-tfa/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-tfa.txt
	.venv-tfa/bin/python tests/make_tfa_golden.py tests/networks/tfa_golden.npz

lint: $(VENV)/.ready  ## Checks style and format
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .

format: $(VENV)/.ready  ## Formats, and mends what can be mended by itself
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

clean:  ## Removes the environments, the demo's output and caches; keeps runs/, out/ and data/
	rm -rf $(VENV) .venv-tfa demo_output .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.ready: requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "Expected Python 3.11 to 3.13; choose one with PYTHON=python3.12." \
	    "Received: $$($(PYTHON) --version 2>&1)." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Expected Python's venv and ensurepip modules." \
	    "On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
