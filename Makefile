# Everything runs in .venv, which the first target that needs it creates. `make help` lists them.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python

# Of android-models: the run folder to export, and clips like what the phone will see.
RUN_DIR ?= pretrained/mobile
CALIBRATION ?= data/streets
MODELS := out/android
ASSETS := android_demo/app/src/main/assets/models
# The size nearest to a camera's 16:9 that both networks take, about as many pixels as trained on.
EXPORT = $(RUN) -m export.export_tflite --run_dir=$(RUN_DIR) --calibration=$(CALIBRATION) \
  --height=192 --width=320 --output=$(MODELS) --overwrite

# Of web-demo: sizes of the networks, height x width; each is exported once for a run folder.
WEB_SIZES ?= 192x320 128x192
WEB_MODELS := out/web/$(subst /,-,$(RUN_DIR))
WEB_EXPORT = $(RUN) -m export.export_tflite --run_dir=$(RUN_DIR) --calibration=$(CALIBRATION) \
  --height=$(word 1,$(subst x, ,$*)) --width=$(word 2,$(subst x, ,$*)) --output=$(@D) --overwrite

# requirements_lock.txt: every package in one version, with hashes; versions that still fit are kept.
LOCK = $(RUN) -m uv pip compile --quiet requirements.txt requirements-dev.txt --universal --python-version=3.11 \
  --generate-hashes --no-annotate --custom-compile-command="make lock"

# Of fuzz.
SECONDS ?= 60

# The style of BUILD.
BUILDIFIER = @bazel/buildifier@8.2.1

.PHONY: help venv demo android-models web-demo web-check test test-slow test-jax mutation-test kill-test fuzz soak bazel-check tfa-oracle android-check arm64 docs wheel-check test-newest types lock lint format clean
.DEFAULT_GOAL := help

help:  ## Lists the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: $(VENV)/.ready  ## Sets up .venv with everything; PYTHON=python3.12 chooses the Python

demo: $(VENV)/.ready  ## Trains, evaluates and exports on a rendered clip, into demo_output/
	$(RUN) -m dfnet_tf.demo --output=demo_output

android-models: $(VENV)/.ready $(CALIBRATION)  ## Exports networks into the Android app; RUN_DIR=runs/drive CALIBRATION=data/drive
	$(EXPORT) --quantization=int8 --input=uint8
	$(EXPORT) --quantization=float16 --network=depth
	mkdir -p $(ASSETS)
	for model in depth_int8 flow_int8 depth_float16; do \
	  cp $(MODELS)/$$model.tflite $(MODELS)/$$model.json $(ASSETS)/ || exit 1; done

data/streets:
	$(RUN) -m dfnet_tf.prepare --source=synthetic --num_clips=4 --num_frames=9 --height=192 --width=320 --output=$@

web-demo: $(WEB_SIZES:%=$(WEB_MODELS)/%/.exported) web_demo/public/street.mp4 web_demo/node_modules  ## Exports networks into the page and builds it; RUN_DIR=runs/drive CALIBRATION=data/drive
	rm -rf web_demo/models
	for size in $(WEB_SIZES); do mkdir -p web_demo/models/$$size && \
	  cp $(WEB_MODELS)/$$size/*_*.json $(WEB_MODELS)/$$size/*.tflite web_demo/models/$$size/ || exit 1; done
	cd web_demo && npm run --silent build
	@echo "Serve it: python3 -m http.server --directory web_demo/dist 8000, then open http://localhost:8000"

web-check: web_demo/node_modules  ## Tests the page that web-demo built, in headless Chromium if there is one
	cd web_demo && npm run --silent test && npm run --silent test:browser

$(WEB_MODELS)/%/.exported: $(wildcard $(RUN_DIR)/*) | $(VENV)/.ready $(CALIBRATION)
	$(WEB_EXPORT) --quantization=int8 --input=uint8
	$(WEB_EXPORT) --quantization=float16
	@touch $@

web_demo/node_modules: web_demo/package-lock.json
	@command -v npm > /dev/null || { echo "Expected npm, and Node 20.19 or newer. On Debian and Ubuntu: apt install npm" >&2; exit 1; }
	cd web_demo && npm ci --silent
	@touch $@

data/street:
	$(RUN) -m dfnet_tf.prepare --source=synthetic --seed=7 --num_frames=36 --height=288 --width=480 --output=$@

web_demo/public/street.mp4: web_demo/make_film.py | $(VENV)/.ready data/street
	$(RUN) web_demo/make_film.py data/street/000000 $@

test: $(VENV)/.ready  ## Runs the tests, two at a time; ARGS="tests/data -k video" some of them
	$(RUN) -m pytest -n 2 --dist loadfile -m "not slow" $(ARGS)

test-slow: $(VENV)/.ready  ## Runs the tests that `make test` leaves out: whole trainings, kills, teams of processes
	$(RUN) -m pytest -n 2 --dist loadfile -m slow $(ARGS)

kill-test: $(VENV)/.ready  ## Kills trainings 36 times at random moments; ARGS="--toy --seed=1": faster ones
	$(RUN) tests/kill_harness.py $(ARGS)

mutation-test: $(VENV)/.ready  ## Changes lines, and lists changes that no test notices; ARGS="--per_file=20 dfnet_tf/losses"
	$(RUN) tests/mutation_run.py $(ARGS)

soak: $(VENV)/.ready  ## Predicts a film of 20000 frames, and measures how memory grows; ARGS=1500: a shorter film
	PYTHONPATH=. $(RUN) tests/soak.py $(ARGS)

fuzz: $(VENV)/.ready .atheris/.ready  ## Breaks input files, guided by coverage, for SECONDS=3600
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" PYTHONPATH=.atheris:. tests/fuzz_readers.py $(SECONDS) $(ARGS)

.atheris/.ready: requirements-fuzz.txt | $(VENV)/.ready
	$(RUN) -m pip install --quiet --disable-pip-version-check --upgrade --target=$(@D) -r requirements-fuzz.txt
	@touch $@

bazel-check: $(VENV)/.ready  ## Analyses BUILD with Bazel 7 or older, without network; ARGS="//:tests_test_api" runs tests
	$(RUN) tests/bazel_offline.py $(ARGS)

test-jax: $(VENV)/.ready  ## Compares what JAX computes, in .venv-jax, with TensorFlow
	$(PYTHON) -m venv .venv-jax
	.venv-jax/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-jax.txt
	$(RUN) tests/jax_lane/computed.py out/tensorflow.npz
	KERAS_BACKEND=jax .venv-jax/bin/python -m pytest --confcutdir=tests/jax_lane tests/jax_lane

tfa-oracle:  ## Writes anew what tensorflow-addons computes, in .venv-tfa; PYTHON=python3.11 at most
	$(PYTHON) -m venv .venv-tfa
	.venv-tfa/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-tfa.txt
	.venv-tfa/bin/python tests/make_tfa_golden.py tests/networks/tfa_golden.npz

android-check: $(VENV)/.ready  ## Proves of the Android app what can be without its SDK; a rung without its tools is skipped
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" android_demo/verify/all

arm64: $(VENV)/.ready  ## Runs models on ARM64 kernels and compares; ARGS="out/models/depth_int8.tflite"
	android_demo/verify/arm64 $(ARGS)

docs:  ## Builds the site into site/, in .venv-docs, and checks its links
	$(PYTHON) -m venv .venv-docs
	.venv-docs/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-docs.txt
	.venv-docs/bin/sphinx-build -W --keep-going -q -c docs . site
	@echo "Open site/index.html."

wheel-check: $(VENV)/.ready  ## Builds the wheel and uses it in an empty environment; PYTHON=python3.13 chooses the Python
	tests/wheel_check $(PYTHON)

test-newest:  ## Runs the tests in .venv-newest, with the newest versions that requirements*.txt allow; ARGS as of test
	$(PYTHON) -m venv .venv-newest
	.venv-newest/bin/python -m pip install --quiet --disable-pip-version-check --upgrade -r requirements.txt -r requirements-dev.txt
	.venv-newest/bin/python -m pytest -n 2 --dist loadfile $(ARGS)

types: $(VENV)/.ready  ## Checks the types of the public modules
	$(RUN) -m mypy

lock: $(VENV)/.ready  ## Resolves requirements_lock.txt for Python 3.11 to 3.13; ARGS=--upgrade to the newest versions
	$(LOCK) --output-file=requirements_lock.txt $(ARGS)

lint: $(VENV)/.ready  ## Checks style and format
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	@if command -v npx > /dev/null; then npx --yes $(BUILDIFIER) -mode=check -lint=warn BUILD MODULE.bazel; \
	  else echo "buildifier SKIPPED: expected npx, of Node."; fi

format: $(VENV)/.ready  ## Formats, and mends what can be mended by itself
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

clean:  ## Removes the environments, the demo's output and caches; keeps runs/, out/ and data/
	rm -rf $(VENV) .atheris .venv-jax .venv-tfa .venv-newest .venv-docs site demo_output .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.ready: requirements_lock.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "Expected Python 3.11 to 3.13; choose one with PYTHON=python3.12." \
	    "Received: $$($(PYTHON) --version 2>&1)." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Expected Python's venv and ensurepip modules." \
	    "On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements_lock.txt
	@touch $@
