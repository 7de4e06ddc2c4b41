"""A training that is killed, as by a power cut, and started again by the same command."""

import os
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

from dfnet_tf.data import synthetic
from dfnet_tf.training import checkpoints

ROOT = Path(__file__).parents[2]
TIMEOUT = 240  # seconds
LAST = "step_00000008.weights.h5"


@pytest.fixture
def start(tmp_path):
    """Starts `python -m dfnet_tf.train` in another process, on one small clip."""
    synthetic.write_clip(synthetic.render_clip(0, 6, 32, 64), tmp_path / "clip")
    flags = "--preset=tiny --height=32 --width=64 --nojit_loss --epochs=4 --steps_per_epoch=2"
    started = []
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": "-1"}

    def run(run_dir):
        command = [sys.executable, "-m", "dfnet_tf.train", *flags.split()]
        process = subprocess.Popen(
            [*command, f"--data={tmp_path}/clip", f"--run_dir={run_dir}"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:  # None outlives a failed test.
        process.kill()
        process.wait()


def finish(process):
    output, _ = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, output
    return output


def kill_at_first_checkpoint(process, run_dir):
    end = time.monotonic() + TIMEOUT
    while not checkpoints.all_checkpoints(run_dir):
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < end
        time.sleep(0.01)
    process.kill()
    process.communicate()


def contents(path):
    """Every array of a checkpoint, weights and optimizer, by its name in the file."""
    arrays = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, node: arrays.update({name: node[()]} if hasattr(node, "shape") else {})
        )
    return arrays


def test_a_killed_training_ends_with_the_weights_of_an_undisturbed_one(start, tmp_path):
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    process = start(killed)
    kill_at_first_checkpoint(process, killed)
    assert not (killed / "checkpoints" / LAST).exists()
    undisturbed, resumed = start(whole), start(killed)  # Beside each other: it takes half as long.
    finish(undisturbed)
    assert "Resuming at step " in finish(resumed)
    expected, received = (contents(folder / "checkpoints" / LAST) for folder in (whole, killed))
    assert len(expected) > 50
    assert expected.keys() == received.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(received[name], array, err_msg=name)
