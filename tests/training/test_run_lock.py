"""Two trainings never write to one run folder at once."""

import os
import signal
import subprocess
import sys

import pytest
from folder_contents import contents

from dfnet_tf.presets import preset
from dfnet_tf.training import loop, run_lock
from dfnet_tf.training.checkpoints import RunError

HOLDER = """
import pathlib, sys
from dfnet_tf.training import run_lock
with run_lock.held(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_process_keeps_others_out_until_it_is_killed(tmp_path):
    folder = tmp_path / "new/run"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline() == b"held\n"
        for _ in range(2):
            with pytest.raises(RunError, match=rf"Received: {folder}, of process {holder.pid} on"):
                run_lock.held(folder).__enter__()
        holder.send_signal(signal.SIGKILL)
    with run_lock.held(folder):
        assert (folder / run_lock.FILE).read_text().startswith(f"process {os.getpid()} on ")


def test_a_folder_can_be_held_again(tmp_path):
    for _ in range(2):
        with run_lock.held(tmp_path):
            pass


def test_training_leaves_the_folder_of_another_training_alone(clips, tmp_path):
    config = preset("tiny").replace(
        data__height=32,
        data__width=64,
        training__jit_loss=False,
        training__epochs=1,
        training__steps_per_epoch=1,
    )
    with run_lock.held(tmp_path):
        before = contents(tmp_path)
        with pytest.raises(RunError, match="no other training runs"):
            loop.train(config, clips, tmp_path)
        assert contents(tmp_path) == before
