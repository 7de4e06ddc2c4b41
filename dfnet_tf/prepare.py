"""Turns a video, a folder of images or a seed into clip folders, which every other tool accepts.

python -m dfnet_tf.prepare --source=video --input=drive.mp4 --fov_degrees=60 --output=data/drive
python -m dfnet_tf.prepare --source=synthetic --num_clips=4 --output=data/streets
"""

import itertools
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from absl import app, flags

from dfnet_tf import mains, outputs
from dfnet_tf.data import clip, synthetic
from dfnet_tf.data.video import VideoReader

SYNTHETIC_SIZE = (128, 416)  # Height and width of synthetic clips where nothing else is asked for.
PROGRESS_EVERY = 200  # frames

_SOURCE = flags.DEFINE_enum(
    "source", None, ["synthetic", "images", "video"], "What to make clips from.", required=True
)
_INPUT = flags.DEFINE_string("input", None, "The video file, or the folder of images.")
_OUTPUT = flags.DEFINE_string(
    "output",
    None,
    "The clip folder to write; with --source=synthetic, the folder of clips.",
    required=True,
)
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace what --output holds.")
_FOV = flags.DEFINE_float(
    "fov_degrees",
    None,
    "Horizontal field of view of the input, in degrees; the optical axis is its centre.",
    lower_bound=1.0,
    upper_bound=179.0,
)
_INTRINSICS = flags.DEFINE_string(
    "intrinsics", None, "Text file of 3x3 intrinsics, in pixels of the input's own size."
)
_HEIGHT = flags.DEFINE_integer(
    "height",
    None,
    "Height of the clip, in pixels. Without --width the aspect stays. With both, the input is "
    "first cropped about its centre to their aspect; the intrinsics move along.",
    lower_bound=32,
)
_WIDTH = flags.DEFINE_integer("width", None, "Width of the clip; see --height.", lower_bound=32)
_FRAME_STEP = flags.DEFINE_integer("frame_step", 1, "Keep every n-th frame.", lower_bound=1)
_STATIC_THRESHOLD = flags.DEFINE_float(
    "static_threshold",
    0.0,
    "Drop a frame whose mean absolute grey difference (0 to 255, on a small blurred copy) to the "
    "last kept frame is below this: the camera stands still. About 1 to 2; 0 keeps all frames.",
    lower_bound=0.0,
)
_NUM_CLIPS = flags.DEFINE_integer("num_clips", 1, "Synthetic clips to make.", lower_bound=1)
_NUM_FRAMES = flags.DEFINE_integer("num_frames", 60, "Frames a synthetic clip.", lower_bound=2)
_SEED = flags.DEFINE_integer("seed", 0, "Seed of the first synthetic clip; +1 for each more.")

_OF_A_RECORDING = ("input", "fov_degrees", "intrinsics", "frame_step", "static_threshold")
_OF_SYNTHETIC = ("num_clips", "num_frames", "seed")


def main(argv: list[str]) -> None:
    _check_flags(argv)
    output = Path(_OUTPUT.value)
    outputs.refuse_existing(output, _OVERWRITE.value)
    if _SOURCE.value == "synthetic":
        _write_synthetic(output)
    else:
        _write_recording(output)
    print(f"Next: python -m dfnet_tf.train --data={output} --run_dir=runs/{output.name}")


def _check_flags(argv: list[str]) -> None:
    """Raises UsageError for flags that miss or contradict each other."""
    if len(argv) > 1:
        raise app.UsageError(f"Expected flags alone. Received: {' '.join(argv[1:])}.")
    source = f"--source={_SOURCE.value}"
    is_recording = _SOURCE.value != "synthetic"
    for name in _OF_SYNTHETIC if is_recording else _OF_A_RECORDING:
        if flags.FLAGS[name].present:
            raise app.UsageError(f"Expected no --{name} with {source}. Received: one.")
    if is_recording and _INPUT.value is None:
        raise app.UsageError(f"Expected --input with {source}. Received: none.")
    given = [flag.name for flag in (_FOV, _INTRINSICS) if flag.value is not None]
    if is_recording and len(given) != 1:
        received = "both" if given else "neither"
        raise app.UsageError(
            f"Expected one of --fov_degrees and --intrinsics with {source}. Received: {received}."
        )


def _write_synthetic(output: Path) -> None:
    height, width = _HEIGHT.value or SYNTHETIC_SIZE[0], _WIDTH.value or SYNTHETIC_SIZE[1]
    numbers = range(_NUM_CLIPS.value)
    with outputs.whole_folder(output) as folder:
        for i in _with_progress(numbers, len(numbers), "clip", every=1):
            rendered = synthetic.render_clip(_SEED.value + i, _NUM_FRAMES.value, height, width)
            synthetic.write_clip(rendered, folder / f"{i:06d}")
    print(
        f"Wrote {len(numbers)} x {_NUM_FRAMES.value} frames, {width}x{height} pixels, "
        f"focal length {_focal_text(rendered.intrinsics)}, to {output}."
    )


def _write_recording(output: Path) -> None:
    total, frames = _open_video() if _SOURCE.value == "video" else _open_images()
    frames = itertools.islice(
        _with_progress(frames, total, "frame", PROGRESS_EVERY), 0, None, _FRAME_STEP.value
    )
    gate = _MotionGate(_STATIC_THRESHOLD.value)
    view, kept = None, 0
    with clip.ClipWriter(output, overwrite=_OVERWRITE.value) as writer:
        for frame in frames:
            if view is None:
                view = _view(frame.shape[:2], _HEIGHT.value, _WIDTH.value)
                original = _input_intrinsics(frame.shape[:2])
            if gate.passes(frame):
                writer.add(view.picture(frame))
                kept += 1
        if kept < 2:
            raise clip.ClipError(
                f"{_INPUT.value}: expected at least 2 frames with motion between them. "
                f"Received: {kept} ({gate.dropped} dropped as static)."
            )
        writer.intrinsics = view.intrinsics(original)
    print(
        f"Wrote {kept} frames (dropped {gate.dropped} as static), {view.width}x{view.height} "
        f"pixels, focal length {_focal_text(writer.intrinsics)}, to {output}."
    )


def _open_video() -> tuple[int, Iterator[np.ndarray]]:
    """The number of frames, perhaps estimated, and the frames."""
    video = VideoReader(_INPUT.value)
    return video.num_frames, iter(video)


def _open_images() -> tuple[int, Iterator[np.ndarray]]:
    folder = Path(_INPUT.value)
    paths = clip.image_files(folder)
    if not paths:
        received = "a folder without any" if folder.is_dir() else "no such folder"
        raise clip.ClipError(
            f"{folder}: expected a folder of images ({', '.join(clip.IMAGE_TYPES)}). "
            f"Received: {received}."
        )
    return len(paths), _images_of_one_size(paths)


def _images_of_one_size(paths: list[Path]) -> Iterator[np.ndarray]:
    first = None
    for path in paths:
        image = clip.read_rgb(path)
        first = first or image.shape
        if image.shape != first:
            raise clip.ClipError(
                f"{path}: expected the first image's size, {first[1]}x{first[0]}. "
                f"Received: {image.shape[1]}x{image.shape[0]}."
            )
        yield image


def _input_intrinsics(size: tuple[int, int]) -> np.ndarray:
    """The input camera's [3, 3], in pixels of its (height, width), from whichever flag is given."""
    height, width = size
    if _FOV.value is not None:
        focal = width / (2 * np.tan(np.radians(_FOV.value) / 2))
        return np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1]])
    try:
        matrix = np.loadtxt(_INTRINSICS.value, ndmin=2)
    except ValueError as error:
        raise clip.ClipError(f"{_INTRINSICS.value}: expected 3x3 numbers. {error}") from error
    # The writer checks the rest, at the end; a calibration for another size should not wait for it.
    if matrix.shape != (3, 3) or not (0 < matrix[0, 2] < width and 0 < matrix[1, 2] < height):
        raise clip.ClipError(
            f"{_INTRINSICS.value}: expected 3x3 intrinsics whose centre lies in the input's "
            f"{width}x{height} pixels. Received: {' '.join(f'{v:g}' for v in matrix.flat)}."
        )
    return matrix


@dataclass(frozen=True)
class _View:
    """Which part of the input becomes a picture of the clip, and how large."""

    rows: slice
    columns: slice
    height: int
    width: int

    def picture(self, image: np.ndarray) -> np.ndarray:
        part = image[self.rows, self.columns]
        shrinks = self.height <= part.shape[0] and self.width <= part.shape[1]
        mode = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR  # AREA enlarges in blocks.
        return cv2.resize(part, (self.width, self.height), interpolation=mode)

    def intrinsics(self, original: np.ndarray) -> np.ndarray:
        """`original` [3, 3], moved with the crop and the resize."""
        from dfnet_tf.geometry import camera  # Imports TensorFlow: --help need not wait for it.

        shift = -self.columns.start, -self.rows.start
        cropped = camera.move_intrinsics(original, (1, 1), shift)
        scale_x = self.width / (self.columns.stop - self.columns.start)
        scale_y = self.height / (self.rows.stop - self.rows.start)
        return camera.scale_intrinsics(cropped, scale_x, scale_y)


def _view(size: tuple[int, int], height: int | None, width: int | None) -> _View:
    """The largest central part of a (height, width) input that has the aspect asked for."""
    rows, columns = size
    if height and width:
        rows = max(1, min(size[0], round(size[1] * height / width)))
        columns = max(1, min(size[1], round(size[0] * width / height)))
    elif height:
        width = round(size[1] * height / size[0])
    elif width:
        height = round(size[0] * width / size[1])
    top, left = (size[0] - rows) // 2, (size[1] - columns) // 2
    rows, columns = slice(top, top + rows), slice(left, left + columns)
    return _View(rows, columns, height or size[0], width or size[1])


class _MotionGate:
    """Lets a frame pass that differs from the last one that passed, and counts the others."""

    def __init__(self, threshold: float):
        self.threshold = threshold
        self.dropped = 0
        self._last: np.ndarray | None = None

    def passes(self, frame: np.ndarray) -> bool:
        small = _small_grey(frame)
        if self._last is not None and np.abs(small - self._last).mean() < self.threshold:
            self.dropped += 1
            return False
        self._last = small
        return True


def _small_grey(frame: np.ndarray) -> np.ndarray:
    """A blurred grey copy, 160 columns, float32 in [0, 255]: pixel noise averages out."""
    height, width = frame.shape[:2]
    size = (160, max(1, round(160 * height / width)))
    grey = cv2.cvtColor(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    return cv2.GaussianBlur(grey, (5, 5), 0).astype(np.float32)


def _with_progress(items, total: int, what: str, every: int) -> Iterator:
    """Yields `items`, telling on stderr how far they are: one live line, or one now and then."""
    is_live = sys.stderr.isatty()
    for i, item in enumerate(items, 1):
        yield item
        if is_live or i % every == 0:
            text = f"{what} {i} of {total}" if total else f"{what} {i}"
            print(text, end="\r" if is_live else "\n", file=sys.stderr, flush=True)
    if is_live:
        print(file=sys.stderr)


def _focal_text(intrinsics: np.ndarray) -> str:
    return f"{intrinsics[0, 0]:.1f} {intrinsics[1, 1]:.1f}"


if __name__ == "__main__":
    mains.run(main)
