"""Trains one tiny run under every strategy, for test_strategies.py: python strategy_teams.py FOLDER

All processes are forked from this one, which has imported TensorFlow and computed nothing. Member
`rank` of a team leaves FOLDER/TEAM_RANK.npz with what it ended with, or TEAM_RANK.txt with the
error; its run folder is FOLDER/TEAM/RANK.
"""

import functools
import json
import os
import pathlib
import signal
import socket
import sys

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import numpy as np
import tensorflow as tf

from dfnet_tf.config import Config
from dfnet_tf.data.batches import pipeline
from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.sources import synthetic
from dfnet_tf.networks import flow_net
from dfnet_tf.presets import preset
from dfnet_tf.training import loop, schedule, strategies
from dfnet_tf.training.divergence import StopOnSkipped

TIMEOUT = 600  # Seconds, after which a process that hangs is killed.
SPOILT_STEP = 2  # Counted from 0: the first of the second epoch. Its batch holds NaN.
LAST_STEP_OF_THE_DYING = 3  # Done by then, which is after the first epoch's checkpoint.
LEARNING_RATE = 7e-4


def settings(**changes) -> Config:
    """Four steps of a batch of six; gradients are clipped, which must follow their summation."""
    return preset("tiny", "robust").replace(
        data__height=32,
        data__width=64,
        data__num_frames=2,
        data__batch_size=6,
        loss__flow_level_weights=(1.0,),
        training__stage="flow",
        training__jit_loss=False,
        training__epochs=2,
        training__steps_per_epoch=2,
        training__learning_rate=LEARNING_RATE,
        training__clip_norm=0.5,
        **changes,
    )


def main(folder: pathlib.Path) -> None:
    synthetic_clip(folder)
    cluster = Cluster(folder)
    wait([*cluster.start("one", 1), *cluster.start("mirrored", 1, name="mirrored", devices=2)])
    wait(cluster.start("three", 3))
    wait(cluster.start("quarrel", 2, other=1))
    wait(cluster.start("dying", 2, dies=1))
    (folder / "dying_0.txt").rename(folder / "left_0.txt")
    wait(cluster.start("dying", 2))


def synthetic_clip(folder: pathlib.Path) -> None:
    """In a new process: this one must not compute before it forks."""
    pid = os.fork()
    if not pid:
        synthetic.write_clip(synthetic.render_clip(0, 8, 32, 64), folder / "clip")
        os._exit(0)
    wait([pid])


class Cluster:
    """Starts teams of processes that train together."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder

    def start(self, team, size, name="auto", devices=1, dies=None, other=None) -> list[int]:
        """Process numbers of a team. `dies` is killed in training, `other` has other settings."""
        workers = [f"127.0.0.1:{free_port()}" for _ in range(size)]
        pids = []
        for rank in range(size):
            if not (pid := os.fork()):
                signal.alarm(TIMEOUT)
                if size > 1:
                    task = {"type": "worker", "index": rank}
                    settings_of_tf = {"cluster": {"worker": workers}, "task": task}
                    os.environ["TF_CONFIG"] = json.dumps(settings_of_tf)
                config = settings(loss__flow_smoothness=1.0) if other == rank else settings()
                self.train(f"{team}_{rank}", config, name, devices, dies == rank)
            pids.append(pid)
        return pids

    def train(self, member: str, config: Config, name: str, devices: int, dies: bool) -> None:
        """Trains as a member of a team, writes the result, and ends the process."""
        change_program(dies)
        set_devices(devices)
        team, rank = member.split("_")
        try:
            clips = read_clips(self.folder / "clip")
            strategy = strategies.make(name)
            run_dir = self.folder / team / rank
            model = loop.train(config, clips, run_dir, strategy=strategy)
            tell(model, self.folder / f"{member}.npz")
        except ValueError as error:
            (self.folder / f"{member}.txt").write_text(f"{type(error).__name__}: {error}")
        sys.exit()


def change_program(dies: bool) -> None:
    """The changes that the tests need, in this process."""
    # One level suffices, and starts in a third of the time.
    flow_net.TinyFlowNet.ENCODER_FILTERS, flow_net.TinyFlowNet.DECODER_FILTERS = (16, 16), (16,)
    # Adam divides by the gradient's size; a gradient near zero would show only the rounding.
    schedule.AveragingAdam = functools.partial(schedule.AveragingAdam, epsilon=1e-2)
    pipeline.training_batches = functools.partial(spoilt, pipeline.training_batches)
    if dies:
        loop.StopOnSkipped = Dying


def set_devices(count: int) -> None:
    """So many logical CPU devices, with one thread."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    (cpu,) = tf.config.list_physical_devices("CPU")
    logical = [tf.config.LogicalDeviceConfiguration()] * count
    tf.config.set_logical_device_configuration(cpu, logical)


def spoilt(training_batches, clips, data, seed, first_step, part=None, **settings):
    """The batches; that of SPOILT_STEP has NaN, only in the last replica's part."""
    part = part or pipeline.Part()
    batches = training_batches(clips, data, seed, first_step, part=part, **settings)
    number = (SPOILT_STEP - first_step + 1) * part.replicas - 1
    last = part.worker == part.workers - 1

    def spoil(i, batch):
        factor = tf.where(last & (i == number), np.nan, 1.0)
        return {**batch, "images": batch["images"] * factor}

    return batches.enumerate().map(spoil)


class Dying(StopOnSkipped):
    """Kills its process in the middle of training, like a failing machine."""

    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch, logs)
        if int(self.model.optimizer.iterations.numpy()) == LAST_STEP_OF_THE_DYING:
            os.kill(os.getpid(), signal.SIGKILL)


def tell(model, path: pathlib.Path) -> None:
    """Writes the last epoch's averages, the weights, and the optimizer's state of gradients."""
    logs = {f"log_{name}": np.array(value) for name, value in model.get_metrics_result().items()}
    weights = {f"weight_{v.path}": v.numpy() for v in model.trainable_variables}
    moments = {f"optimizer_{v.path}": v.numpy() for v in model.optimizer.variables}
    np.savez(path, **{k.replace("/", "."): v for k, v in (logs | weights | moments).items()})


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def wait(pids: list[int]) -> None:
    for pid in pids:
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
