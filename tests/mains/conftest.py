"""A small run and clip, and functions that run the mains on them."""

import functools
import shutil

import pytest
from main_results import (
    CONFIG,
    NUM_FRAMES,
    TRAIN_FLAGS,
)
from untrained_run import write_untrained_run

from dfnet_tf.data.sources import synthetic


@pytest.fixture(scope="module")
def street_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips") / "street"
    synthetic.write_clip(synthetic.render_clip(0, NUM_FRAMES, 48, 96), folder)
    return folder


@pytest.fixture
def street(street_dir, tmp_path):
    """A rendered clip that a test may spoil."""
    return shutil.copytree(street_dir, tmp_path / "street")


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    """A run that was stopped before its first step."""
    return write_untrained_run(tmp_path_factory.mktemp("runs") / "tiny", CONFIG)


@pytest.fixture
def spoilt_run(run_dir, tmp_path):
    """A copy of the run that a test may spoil."""
    return shutil.copytree(run_dir, tmp_path / "run")


@pytest.fixture
def train(run_main, tmp_path):
    """Trains on `data`; the run folder is tmp_path/new."""

    def run(data, *flags):
        return run_main(
            "dfnet_tf.train", f"--data={data}", f"--run_dir={tmp_path}/new", *TRAIN_FLAGS, *flags
        )

    return run


@pytest.fixture
def evaluate(run_main):
    return functools.partial(run_main, "dfnet_tf.evaluate")


@pytest.fixture
def predict(run_main, tmp_path):
    """Predicts `source`; the output folder is tmp_path/out."""

    def run(run_dir, source, *flags):
        return run_main(
            "dfnet_tf.predict",
            f"--run_dir={run_dir}",
            f"--input={source}",
            f"--output={tmp_path}/out",
            *flags,
        )

    return run


@pytest.fixture(params=["evaluate", "predict"])
def use_run(request, street, tmp_path):
    """Runs evaluate or predict on a run folder; nothing may be left of either."""
    main = request.getfixturevalue(request.param)
    if request.param == "predict":
        return lambda folder: main(folder, street)
    output = f"--output={tmp_path}/out"
    return lambda folder: main(f"--run_dir={folder}", "--task=depth", f"--data={street}", output)
