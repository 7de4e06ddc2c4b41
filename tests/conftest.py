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
from absl import app, flags

from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.sources import synthetic


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
