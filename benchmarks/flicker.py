"""Measures how much the depth of a film flickers, for several models on the same points.

python -m benchmarks.flicker --model=depth_float32.tflite --model=depth_int8.tflite --video=DRIVE

For each pair of consecutive frames, this is the mean change of log depth along the optical flow
that camera motion does not explain (`depth_change`), over all points whose forward and backward
flow agree, including moving points. Each model is compared with the first, pair by pair. The
interval is a bootstrap over seconds, because neighbouring pairs are similar.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from absl import flags

from dfnet_tf.program import mains, progress

LEAST_TRUSTED = 0.25  # Share of the pixels; after a cut, or without texture, fewer are trusted.

_MODELS = flags.DEFINE_multi_string(
    "model", None, "A .tflite depth model. May be given repeatedly.", required=True
)
_VIDEO = flags.DEFINE_string("video", None, "A video, a clip or a folder of images.", required=True)
_SECONDS = flags.DEFINE_float("seconds", 30.0, "Seconds to use (images: 10 per second).", 1.0)


def main() -> None:
    mains.load_tensorflow()
    from dfnet_tf.prediction import inputs
    from export.tflite_model import TfliteModel

    models = [TfliteModel(Path(model), num_threads=1) for model in _MODELS.value]
    if len({model.size for model in models}) > 1:
        sizes = ", ".join(f"{width}x{height}" for height, width in (m.size for m in models))
        raise ValueError(f"Expected models of one size, to compare them. Received: {sizes}.")
    film = inputs.open_input([Path(_VIDEO.value)], None)
    wanted = round(_SECONDS.value * film.frame_rate)
    frames = itertools.islice(film.frames(), wanted)
    shown = progress.progress(frames, "Flicker", "frame", min(wanted, film.num_frames or wanted))
    changes = np.array(list(_changes(shown, models)))
    if len(changes) < 2 * film.frame_rate:
        raise ValueError(
            f"{_VIDEO.value}: expected two seconds of frames without cuts. "
            f"Received: {len(changes)} pairs."
        )
    print(f"{len(changes)} pairs of frames")
    print(table([Path(model).name for model in _MODELS.value], changes, round(film.frame_rate)))


def _changes(frames: Iterator[np.ndarray], models: list) -> Iterator[np.ndarray]:
    """The flicker of each model, for each comparable pair of frames."""
    import cv2

    from benchmarks import depth_change

    height, width = models[0].size
    last = None
    for frame in frames:
        small = cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA)
        disparities = [model.disparity(frame) for model in models]
        if last is not None:
            flow, trusted = depth_change.tracked(last[0], small)
            if trusted.mean() >= LEAST_TRUSTED:
                yield np.array(
                    [
                        depth_change.flicker(before, after, flow, trusted)
                        for before, after in zip(last[1], disparities, strict=True)
                    ]
                )
        last = small, disparities


def table(names: list[str], changes: np.ndarray, block: int) -> str:
    """Markdown, in percent: each model's mean, and its difference from the first model.

    Args:
      names: of the models.
      changes: [pairs, models], from `depth_change.flicker`.
      block: number of neighbouring pairs that count as one observation.
    """
    lines = ["| | flicker, % | minus the first (95 % interval) |", "|---|---|---|"]
    percents = 100 * changes.T
    for i, (name, each) in enumerate(zip(names, percents, strict=True)):
        gap = interval(each - percents[0], block) if i else ""
        lines.append(f"| {name} | {each.mean():.3f} | {gap} |")
    return "\n".join(lines)


def interval(differences: np.ndarray, block: int) -> str:
    """Mean of paired differences [pairs] and its interval, from a bootstrap over blocks."""
    from scipy import stats

    blocks = np.array_split(differences, len(differences) // block)
    means = [part.mean() for part in blocks]
    rng = np.random.default_rng(0)
    found = stats.bootstrap((means,), np.mean, method="percentile", rng=rng)  # At 95 %.
    low, high = found.confidence_interval
    return f"{differences.mean():+.3f} ({low:+.3f} to {high:+.3f})"


if __name__ == "__main__":
    mains.run(main)
