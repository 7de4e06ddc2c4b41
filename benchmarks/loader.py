"""Measures how fast training batches are made, beside how fast TensorFlow decodes the same files.

python -m benchmarks.loader

A sample is a window of three frames, 192x640 in the batch, as in preset `mobile`. The clip is
rendered and stored as a folder and as records. Its files are in the page cache, so disks are not
measured. All ways are measured in turn, several times. The table shows medians; shares compare
rates within one turn.
"""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from absl import flags

from dfnet_tf.presets import preset
from dfnet_tf.program import mains

_SECONDS = flags.DEFINE_float("seconds", 2.0, "Seconds per way and turn.", lower_bound=0.1)
_TURNS = flags.DEFINE_integer("turns", 7, "Number of turns.", lower_bound=1)

FILE_SIZES = ((192, 640), (375, 1242))  # The training size, and KITTI's own size.
NUM_FRAMES = 12
AUGMENTED = preset("mobile").data
PLAIN = (
    preset("mobile")
    .replace(
        data__max_scale=1.0,
        data__flip=False,
        data__contrast=0.0,
        data__brightness=0.0,
        data__channel_gain=0.0,
        data__gamma=0.0,
        data__noise=0.0,
    )
    .data
)


def main() -> None:
    for height, width in FILE_SIZES:
        with tempfile.TemporaryDirectory() as folder:
            ways, file_size = _ways(Path(folder), height, width)
            print(f"\nJPEG files of {height}x{width}, {file_size / 1e3:.0f} kB; ", end="")
            print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
            print(_table(_measure(ways)), flush=True)


def _ways(folder: Path, height: int, width: int) -> tuple[dict[str, Callable], float]:
    """Ways to make batches, {name: () -> endless data set}; and the mean file size in bytes.

    The first way only decodes.
    """
    import cv2

    from dfnet_tf.data import tfrecord_writer
    from dfnet_tf.data.batches import pipeline
    from dfnet_tf.data.clip_writer import ClipWriter
    from dfnet_tf.data.clips import read_clips
    from dfnet_tf.data.sources import synthetic

    rendered = synthetic.render_clip(1, NUM_FRAMES, height, width)
    with ClipWriter(folder / "clips/street", image_type="jpg") as writer:
        writer.intrinsics = rendered.intrinsics
        for image in rendered.images:
            writer.add(image)
    tfrecord_writer.write_records(folder / "clips", folder / "records", 1)
    ways = {"decoding alone": lambda: _decoding(read_clips(folder / "clips")[0].images)}
    for kind in ("clips", "records"):
        for name, config in (("plain", PLAIN), ("augmented", AUGMENTED)):
            ways[f"{kind}, {name}"] = lambda kind=kind, config=config: pipeline.training_batches(
                read_clips(folder / kind), config, seed=0
            )
    cv2.setNumThreads(1)  # As in training: tf.data's threads already use every core.
    sizes = [path.stat().st_size for path in (folder / "clips/street/images").iterdir()]
    return ways, float(np.mean(sizes))


def _decoding(paths: tuple[Path, ...]):
    """Decodes the frames of as many windows as a batch has, with the pipeline's threads."""
    import tensorflow as tf

    names = tf.constant([str(path) for path in paths])

    def batch(index):
        first = index * AUGMENTED.batch_size
        return [
            tf.io.decode_jpeg(tf.io.read_file(names[(first + window + frame) % len(paths)]))
            for window in range(AUGMENTED.batch_size)
            for frame in range(AUGMENTED.num_frames)
        ]

    return tf.data.Dataset.range(2**62).map(batch, num_parallel_calls=tf.data.AUTOTUNE).prefetch(2)


def _measure(ways: dict[str, Callable]) -> dict[str, np.ndarray]:
    """Samples per second and per second of processor time, [turns, 2], for each way."""
    rates = {name: [] for name in ways}
    for _ in range(_TURNS.value):
        for name, way in ways.items():
            rates[name].append(_rates(iter(way())))
    return {name: np.array(turns) for name, turns in rates.items()}


def _rates(batches) -> tuple[float, float]:
    """Samples per second, and per second of processor time of all threads, after a warm-up."""
    for _ in range(5):
        next(batches)
    count, start, processor_start = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - start < _SECONDS.value:
        next(batches)
        count += AUGMENTED.batch_size
    elapsed = time.perf_counter() - start, time.process_time() - processor_start
    return count / elapsed[0], count / elapsed[1]


def _table(rates: dict[str, np.ndarray]) -> str:
    """Medians as Markdown; shares of the first way's rate, by the clock and by processor time."""
    lines = [
        "| | samples/s | of decoding alone | processor time, ms a sample | of decoding alone |",
        "|---|---|---|---|---|",
    ]
    first = next(iter(rates.values()))
    for name, turns in rates.items():
        (rate, processor_rate), shares = np.median(turns, 0), np.median(turns / first, 0)
        lines.append(
            f"| {name} | {rate:.0f} | {shares[0]:.0%} | {1e3 / processor_rate:.2f} "
            f"| {shares[1]:.0%} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    mains.run(main)
