"""Shared by all tests: quiet libraries, and the same random state for every test."""

import contextlib
import io
import os
import runpy
import sys
from unittest import mock

import dfnet_tf  # noqa: F401 (quietens OpenCV, which looks when it is first imported)

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import pytest
import tensorflow as tf
from absl import app, flags

from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.sources import synthetic
from dfnet_tf.prediction.predictor import Predictor
from dfnet_tf.training import checkpoints


@pytest.fixture(autouse=True)
def _same_random_state():
    keras.utils.set_random_seed(0)
    yield
    keras.config.set_dtype_policy("float32")


@pytest.fixture(scope="session")
def clips(tmp_path_factory):
    """A small clip of a rendered street; modules that need other clips have their own."""
    folder = tmp_path_factory.mktemp("street") / "clip"
    synthetic.write_clip(synthetic.render_clip(0, 6, 32, 64), folder)
    return read_clips(folder)


@pytest.fixture(scope="module")
def eagerly():
    """A module that uses this traces no function: of a few steps, tracing would take longest."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def networks_built_once():
    """Builds and compiles the networks of an intact run once; a broken one is read every time."""
    load, compile_, models, predictors = checkpoints.load_trained, Predictor.__init__, {}, {}

    def load_trained(run_dir, networks=()):
        files = [*checkpoints.all_checkpoints(run_dir), run_dir / "config.json"]
        state = tuple((path, path.stat().st_mtime_ns) for path in files if path.exists())
        if state not in models or not set(networks) <= set(checkpoints.trained_networks(run_dir)):
            models[state] = load(run_dir, networks)
        return models[state]

    def share(self, model, flow_size=None):
        if (id(model), flow_size) not in predictors:
            compile_(self, model, flow_size)
            predictors[id(model), flow_size] = self.__dict__
        self.__dict__ = predictors[id(model), flow_size]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoints, "load_trained", load_trained)
        patch.setattr(Predictor, "__init__", share)
        yield


@pytest.fixture(scope="session")
def run_main():
    """Runs `python -m module *arguments` in this process: exit status, stdout and stderr."""

    def run(module, *arguments):
        app.define_help_flags()  # absl defines these once only: they must not be deleted.
        known = set(flags.FLAGS)
        out, err = io.StringIO(), io.StringIO()
        argv = [module.rpartition(".")[2], *map(str, arguments)]
        try:
            with (
                pytest.raises(SystemExit) as end,
                mock.patch.object(sys, "argv", argv),
                contextlib.redirect_stdout(out),
                contextlib.redirect_stderr(err),
            ):
                runpy.run_module(module, run_name="__main__", alter_sys=True)
        finally:
            for name in set(flags.FLAGS) - known:  # Flags are global; every run defines its own.
                delattr(flags.FLAGS, name)
        return end.value.code or 0, out.getvalue(), err.getvalue()

    return run
