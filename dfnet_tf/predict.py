"""Shows what a trained run sees in an image, a folder of images, or a video.

python -m dfnet_tf.predict --run_dir=runs/drive --input=drive.mp4 --output=out/drive

Leaves in the output folder, for every frame: depth/000000.png and flow/000000.png (pictures; flow
leads to the next frame), arrays/000000.npz (`disparity` [h, w], 1 / depth up to scale; `flow`
[h, w, 2], pixels of h x w; `next_from_frame` [4, 4], translation in the unit of the depth), and
panel.mp4 with frame, depth and flow one above the other.
"""

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from absl import app, flags

from dfnet_tf import mains, outputs, visualize
from dfnet_tf.data import clip, video

FRAME_RATE = 10.0  # Of the panel, where the input has none.
PANEL_WIDTH = 640  # At most, in pixels; as wide as the input if that is smaller.

_RUN_DIR = flags.DEFINE_string("run_dir", None, "The folder of a training run.", required=True)
_INPUT = flags.DEFINE_string(
    "input", None, "An image, a folder of images, a clip folder, or a video file.", required=True
)
_OUTPUT = flags.DEFINE_string("output", None, "The folder to write.", required=True)
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace --output if it exists.")


def main(argv: list[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"Expected flags alone. Received: {' '.join(argv[1:])}.")
    output = Path(_OUTPUT.value)
    outputs.refuse_existing(output, _OVERWRITE.value)
    frames, frame_rate = _open(Path(_INPUT.value))

    from dfnet_tf.inference import Predictor  # After the checks: TensorFlow takes seconds.
    from dfnet_tf.training import checkpoints

    predictor = Predictor(checkpoints.load_trained(Path(_RUN_DIR.value)))
    with outputs.whole_folder(output) as folder:
        count = _write_all(predictor, frames, frame_rate, folder)
    print(f"Wrote {count} frames to {output}.")


def _open(path: Path) -> tuple[Iterator[np.ndarray], float]:
    """The frames, uint8 RGB, and how many there are in a second."""
    if not path.exists():
        raise clip.ClipError(f"{path}: expected images or a video. Received: no such path.")
    if path.is_dir():
        folder = path / "images" if (path / "images").is_dir() else path
        files = clip.image_files(folder)
        if not files:
            raise clip.ClipError(f"{path}: expected a folder of images. Received: none in it.")
        return (clip.read_rgb(file) for file in files), FRAME_RATE
    if path.suffix.lower() in clip.IMAGE_TYPES:
        return iter([clip.read_rgb(path)]), FRAME_RATE
    reader = video.VideoReader(path)
    return iter(reader), reader.frame_rate or FRAME_RATE


def _write_all(predictor, frames: Iterator[np.ndarray], frame_rate: float, folder: Path) -> int:
    """Writes every frame's predictions, two frames in memory at a time; returns their number."""
    for name in ("depth", "flow", "arrays"):
        (folder / name).mkdir()
    scale = _Scale()
    with video.VideoWriter(folder / "panel.mp4", frame_rate) as panels:
        count = 0
        for frame, following in itertools.pairwise(itertools.chain(frames, [None])):
            arrays = _predict(predictor, frame, following)
            np.savez_compressed(folder / f"arrays/{count:06d}.npz", **arrays)
            pictures = scale.pictures(arrays)
            for name, picture in pictures.items():
                clip.write_rgb(folder / f"{name}/{count:06d}.png", picture)
            panels.add(_panel(frame, pictures))
            count += 1
            if sys.stderr.isatty():
                print(f"\rframe {count}", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return count


def _panel(frame: np.ndarray, pictures: dict[str, np.ndarray]) -> np.ndarray:
    """The frame above its depth and flow; the last frame's flow, which leads nowhere, is white."""
    width = min(frame.shape[1], PANEL_WIDTH)
    size = width, round(frame.shape[0] * width / frame.shape[1])
    tiles = {"frame": frame, "flow": np.full_like(frame, 255), **pictures}
    rows = [(name, cv2.resize(tiles[name], size)) for name in ("frame", "depth", "flow")]
    return visualize.panel([[row] for row in rows])


def _predict(predictor, frame: np.ndarray, following: np.ndarray | None) -> dict:
    """Everything that is known of a frame and, unless it is the last, of the next one."""
    arrays = {"disparity": predictor.disparity(frame)}
    if following is not None:
        arrays["flow"] = predictor.flow(frame, following)
        arrays["next_from_frame"] = np.linalg.inv(predictor.frame_from_next([frame, following], 0))
    return arrays


class _Scale:
    """Colour ranges that follow the video slowly, so that its pictures do not flicker."""

    INERTIA = 0.9

    def __init__(self):
        self._ranges: dict[str, np.ndarray] = {}

    def pictures(self, arrays: dict) -> dict[str, np.ndarray]:
        """Depth and, where there is one, flow as pictures [h, w, 3] of the size of the depth."""
        disparity = arrays["disparity"]
        limits = self._smoothed("depth", np.percentile(disparity, (2, 98)))
        pictures = {"depth": visualize.color_disparity(disparity, tuple(limits))}
        if "flow" in arrays:
            longest = np.percentile(np.linalg.norm(arrays["flow"], axis=-1), 99)
            (longest,) = self._smoothed("flow", np.array([longest]))
            pictures["flow"] = visualize.color_flow(arrays["flow"], longest)
        return pictures

    def _smoothed(self, name: str, now: np.ndarray) -> np.ndarray:
        before = self._ranges.get(name, now)
        self._ranges[name] = self.INERTIA * before + (1 - self.INERTIA) * now
        return self._ranges[name]


if __name__ == "__main__":
    mains.run(main)
