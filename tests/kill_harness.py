"""Kills trainings at random moments, repeatedly, and checks the remaining files.

python tests/kill_harness.py --kills=36 --seed=0

One training runs undisturbed. Equal trainings are killed (like a power cut; some while they write a
checkpoint; some are stopped by SIGTERM) and started again until they finish. After each kill every
checkpoint must be readable. Each finished run must have the same weights, optimizer, averages and
report as the undisturbed run, to the last bit, and every epoch in TensorBoard's log. The exit
status is 0 if all of this holds.

Trainings are forks of this process, which imports TensorFlow but never uses it.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import h5py
import numpy as np
import tensorflow as tf

from dfnet_tf import stages
from dfnet_tf.config import Config
from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.sources import synthetic
from dfnet_tf.models.dfnet import DFNet
from dfnet_tf.presets import preset
from dfnet_tf.program.interruption import Interrupted
from dfnet_tf.training import checkpoints, loop

CONFIG = preset("tiny").replace(
    data__height=32,
    data__width=64,
    data__batch_size=1,
    training__jit_loss=False,
    training__epochs=3,
    training__steps_per_epoch=6,
)
KINDS = ("at any moment", "in a write", "by SIGTERM")
WRITE = 0.02  # Seconds: about the time to write a checkpoint of `tiny`.
POLL = 0.0005  # Seconds.


class Failure(Exception):
    """A run that did not survive."""


def toy_terms(model: DFNet, batch, predictions):
    """Replaces the objective: quick to trace, with a gradient for every variable."""
    del batch
    leaves = tf.nest.flatten(predictions)
    size = tf.add_n([tf.reduce_mean(tf.abs(tf.cast(leaf, tf.float32))) for leaf in leaves])
    return size, {tracker.name: size for tracker in model.term_trackers}


def train(config: Config, folder: Path, run_dir: Path) -> int:
    """Runs a training in a new process; returns its exit status."""
    try:
        loop.train(config, read_clips(folder), run_dir)
    except Interrupted as end:
        return end.status
    return 0


def fork(work: Callable[[], int], log: Path) -> int:
    """Starts `work` in a fork of this process with its output in `log`; returns its id."""
    if child := os.fork():
        return child
    with open(log, "a", buffering=1) as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
        try:
            status = work()
        except BaseException:
            traceback.print_exc()
            status = 1
        sys.stdout.flush()
        os._exit(status)


def ended(child: int) -> int | None:
    """The exit status of a child, negative if it was killed; None while it runs."""
    found, status = os.waitpid(child, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def wait(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def changed(path: Path) -> int | None:
    """When a file was last written, in nanoseconds; None if there is none."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return None


def disturb(child: int, kind: str, run_dir: Path, moments: random.Random, whole: float) -> int:
    """Kills a training at a moment of this kind, unless it ends before; returns its exit status.

    Most of a run's time is its start. So only some moments are drawn from the whole run; the others
    follow the first checkpoint.
    """
    writes, longest = {
        "at any moment": (0, whole),
        "in a write": (1, WRITE),
        "by SIGTERM": (1, 0.05 * whole),
    }[kind]
    unfinished = run_dir / "checkpoints/unfinished.weights.h5"
    left, is_writing = changed(unfinished), False  # A file left by an earlier kill does not count.
    while writes:
        time.sleep(POLL)
        was_writing, is_writing = is_writing, changed(unfinished) not in (None, left)
        writes -= is_writing and not was_writing
        if (status := ended(child)) is not None:
            return status
    moment = time.monotonic() + moments.uniform(0.0, longest)
    while time.monotonic() < moment:
        time.sleep(POLL)
        if (status := ended(child)) is not None:
            return status
    os.kill(child, signal.SIGTERM if kind == "by SIGTERM" else signal.SIGKILL)
    return wait(child)


def contents(path: Path) -> dict[str, np.ndarray]:
    """Every array of a checkpoint by its name in the file."""
    arrays = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, node: arrays.update({name: node[()]} if hasattr(node, "shape") else {})
        )
    return arrays


def logged_epochs(run_dir: Path) -> set[int]:
    """The epochs whose loss is in TensorBoard's log; a file may end with a truncated record."""
    epochs = set()
    for path in (run_dir / "logs/train").glob("*tfevents*"):
        try:
            for event in tf.compat.v1.train.summary_iterator(str(path)):
                if any(value.tag == "epoch_loss" for value in event.summary.value):
                    epochs.add(event.step)
        except tf.errors.DataLossError:
            continue
    return epochs


def compare(run_dir: Path, whole_dir: Path) -> int:
    """Raises Failure if a finished run differs from the undisturbed one."""
    received = checkpoints.all_checkpoints(run_dir)[-1]
    expected = checkpoints.all_checkpoints(whole_dir)[-1]
    if received.name != expected.name:
        raise Failure(f"{run_dir}: expected {expected.name}. Received: {received.name}.")
    new, old = contents(received), contents(expected)
    differing = [name for name in old if not np.array_equal(new.get(name), old[name])]
    if differing or len(new) != len(old):
        raise Failure(f"{received}: {len(differing)} of {len(old)} arrays differ: {differing[:3]}.")
    for name in ("epochs.json", "doctor.md"):
        if (run_dir / name).read_bytes() != (whole_dir / name).read_bytes():
            raise Failure(f"{run_dir / name}: expected that of the undisturbed run.")
    if logged_epochs(run_dir) != logged_epochs(whole_dir):
        raise Failure(f"{run_dir}/logs: expected every epoch. Received: {logged_epochs(run_dir)}.")
    return 0


class Harness:
    """Trainings in a folder: the undisturbed one and those that are killed."""

    def __init__(self, folder: Path, config: Config, seed: int):
        self.folder, self.config = folder, config
        self.moments = random.Random(seed)
        self.clips, self.log = folder / "street", folder / "log.txt"
        self.whole_dir, self.whole = folder / "whole", 0.0
        self.killed = dict.fromkeys(KINDS, 0)
        self.num_runs = 0

    def start(self, run_dir: Path) -> int:
        return fork(lambda: train(self.config, self.clips, run_dir), self.log)

    def prepare(self) -> None:
        """Renders the clip, and trains undisturbed."""

        def render() -> int:
            synthetic.write_clip(synthetic.render_clip(0, 5, 32, 64), self.clips)
            return 0

        self.expect(0, wait(fork(render, self.log)))
        begun = time.monotonic()
        self.expect(0, wait(self.start(self.whole_dir)))
        self.whole = time.monotonic() - begun

    def run(self, kills: int) -> None:
        """Trains and kills as many times as asked, then lets the last run finish."""
        run_dir = self.next_run()
        while sum(self.killed.values()) < kills:
            kind = KINDS[sum(self.killed.values()) % len(KINDS)]
            status = disturb(self.start(run_dir), kind, run_dir, self.moments, self.whole)
            if status == 0:
                run_dir = self.judge(run_dir)
                self.whole /= 2  # The machine has become faster: kill earlier.
                continue
            self.expect(self.status_of(kind), status)
            self.killed[kind] += 1
            steps = self.read_all(run_dir)
            print(f"{sum(self.killed.values())}: killed {kind}, checkpoints of steps {steps}")
        self.expect(0, wait(self.start(run_dir)))
        self.judge(run_dir)

    @staticmethod
    def status_of(kind: str) -> tuple[int, ...]:
        """SIGTERM also stops a training at once that is only just starting."""
        return (-signal.SIGKILL,) if kind != "by SIGTERM" else (143, -signal.SIGTERM)

    def next_run(self) -> Path:
        self.num_runs += 1
        return self.folder / f"run_{self.num_runs}"

    def judge(self, run_dir: Path) -> Path:
        """Compares a finished run; returns the folder of the next run."""
        self.expect(0, wait(fork(lambda: compare(run_dir, self.whole_dir), self.log)))
        print(f"{run_dir.name} is through, and as if it had never been killed.")
        return self.next_run()

    def read_all(self, run_dir: Path) -> list[int]:
        """The steps of all checkpoints, each of which must be readable."""
        paths = checkpoints.all_checkpoints(run_dir)
        for path in paths:
            if len(contents(path)) < len(contents(checkpoints.all_checkpoints(self.whole_dir)[0])):
                raise Failure(f"{path}: expected a whole checkpoint.")
        return [checkpoints.step_of(path) for path in paths]

    def expect(self, expected: int | tuple[int, ...], status: int) -> None:
        if status not in (expected if isinstance(expected, tuple) else (expected,)):
            end = "".join(self.log.read_text().splitlines(keepends=True)[-40:])
            raise Failure(f"Expected exit status {expected}. Received: {status}.\n{end}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=36, help="how many, a third by SIGTERM")
    parser.add_argument("--seed", type=int, default=0, help="of their moments")
    parser.add_argument("--toy", action="store_true", help="a toy's objective; starts in a third")
    options = parser.parse_args()
    config = CONFIG
    if options.toy:
        DFNet.loss_terms = toy_terms
        config = stages.staged(config, "depth")
    with tempfile.TemporaryDirectory() as folder:
        harness = Harness(Path(folder), config, options.seed)
        harness.prepare()
        print(f"Undisturbed: {harness.whole:.1f} s.", flush=True)
        harness.run(options.kills)
    kinds = ", ".join(f"{number} {kind}" for kind, number in harness.killed.items())
    print(f"{options.kills} kills ({kinds}) of {harness.num_runs - 1} runs: nothing was lost.")


if __name__ == "__main__":
    main()
