"""Measures the speed of several workers compared with one, on this machine over its loopback.

python -m benchmarks.scaling

Each worker is a process with one thread and processes the same number of clips per step (weak
scaling), including reading and augmentation. For comparison, the same number of workers train
independently: processes slow each other by sharing memory and cores, apart from their all-reduces.
Efficiency is the ratio of the two rates. The table is Markdown.
"""

import functools
import json
import multiprocessing
import os
import socket
import tempfile
import time
from pathlib import Path

import numpy as np
from absl import flags

from dfnet_tf.config import Config
from dfnet_tf.presets import PRESETS, preset
from dfnet_tf.program import mains
from dfnet_tf.program.progress import progress

_WORKERS = flags.DEFINE_multi_integer(
    "workers", [1, 2, 3], "Number of workers. May be given repeatedly.", lower_bound=1
)
_PRESET = flags.DEFINE_enum("preset", "tiny", list(PRESETS), "Networks and size of frames.")
_CLIPS = flags.DEFINE_integer("clips", 2, "Clips per step and worker.", lower_bound=1)
_STEPS = flags.DEFINE_integer("steps", 20, "Steps per turn, after as many warm-up steps.", 2)
_TURNS = flags.DEFINE_integer("turns", 5, "Number of turns; the median counts.", lower_bound=1)
_JIT_LOSS = flags.DEFINE_bool("jit_loss", False, "Compile the losses with XLA.")

NUM_FRAMES = 12  # Of the rendered clip.


def main() -> None:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        _in_new_processes([(_render, Path(folder) / "clip", _config(1))])
        for count in progress(_WORKERS.value, "Measuring", "team"):
            apart = _rate(Path(folder) / "clip", count, together=False)
            together = _rate(Path(folder) / "clip", count, together=True) if count > 1 else apart
            rows.append((count, together, apart))
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    print(f"{_PRESET.value}, {_CLIPS.value} clips a worker; {cores} cores, load {load:.1f}\n")
    print(_table(rows))


def _config(workers: int) -> Config:
    return preset(_PRESET.value).replace(
        data__batch_size=_CLIPS.value * workers,
        network__imagenet=False,
        training__epochs=_TURNS.value + 1,
        training__steps_per_epoch=_STEPS.value,
        training__jit_loss=_JIT_LOSS.value,
    )


def _rate(clip: Path, count: int, together: bool) -> float:
    """Clips per second of all `count` processes, which train one model together or one each."""
    if not together:
        jobs = [(_train, clip, _config(1), None)] * count
        return sum(_in_new_processes(jobs))
    workers = [f"127.0.0.1:{_free_port()}" for _ in range(count)]
    jobs = []
    for index in range(count):
        task = {"type": "worker", "index": index}
        tf_config = json.dumps({"cluster": {"worker": workers}, "task": task})
        jobs.append((_train, clip, _config(count), tf_config))
    return min(_in_new_processes(jobs))  # Each returns the global rate; the slowest counts.


def _in_new_processes(jobs: list[tuple]) -> list:
    """The results of the jobs, each a function and its arguments, run at the same time."""
    context = multiprocessing.get_context("spawn")
    ends = [context.Pipe(duplex=False) for _ in jobs]
    processes = [
        context.Process(target=_send, args=(sender, *job), daemon=True)
        for (_, sender), job in zip(ends, jobs, strict=True)
    ]
    for process, (_, sender) in zip(processes, ends, strict=True):
        process.start()
        sender.close()  # This process's copy: the pipe must end when the job fails.
    results = [receiver.recv() for receiver, _ in ends]
    for process in processes:
        process.join()
    return results


def _send(sender, function, *arguments) -> None:
    sender.send(function(*arguments))


def _render(folder: Path, config: Config) -> None:
    from dfnet_tf.data.sources import synthetic

    clip = synthetic.render_clip(0, NUM_FRAMES, config.data.height, config.data.width)
    synthetic.write_clip(clip, folder)


def _train(folder: Path, config: Config, tf_config: str | None) -> float:
    """Global clips per second, in the median turn without the first."""
    if tf_config:
        os.environ["TF_CONFIG"] = tf_config

    import keras
    import tensorflow as tf

    from dfnet_tf.data.batches import pipeline
    from dfnet_tf.data.clips import read_clips
    from dfnet_tf.models.dfnet import DFNet
    from dfnet_tf.training import runtime, schedule, strategies

    runtime.prepare(config.training)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    strategy = strategies.make("multi_worker" if tf_config else "one")
    with strategy.scope():
        model = DFNet(config)
        model.build()
        schedule.compile_model(model)
    batches = functools.partial(pipeline.training_batches, read_clips(folder), config.data, seed=0)
    times = []
    model.fit(
        strategies.distributed(strategy, batches),
        epochs=config.training.epochs,
        steps_per_epoch=config.training.steps_per_epoch,
        shuffle=False,  # The pipeline has its own order.
        verbose=0,
        callbacks=[
            keras.callbacks.LambdaCallback(
                on_epoch_begin=lambda *_: times.append(time.perf_counter()),
                on_train_end=lambda *_: times.append(time.perf_counter()),
            )
        ],
    )
    seconds = float(np.median(np.diff(times)[1:]))
    return config.data.batch_size * config.training.steps_per_epoch / seconds


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def _table(rows: list[tuple[int, float, float]]) -> str:
    """Rows of: workers, clips per second together, and independently."""
    lines = ["| workers | clips/s | each for itself | efficiency |", "|---|---|---|---|"]
    for count, together, apart in rows:
        lines.append(f"| {count} | {together:.2f} | {apart:.2f} | {together / apart:.0%} |")
    return "\n".join(lines)


if __name__ == "__main__":
    mains.run(main)
