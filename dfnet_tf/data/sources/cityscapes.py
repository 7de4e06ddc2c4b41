"""Cityscapes' video snippets (Cordts et al., CVPR 2016): leftImg8bit_sequence and camera.

leftImg8bit_sequence/train/aachen/aachen_000000_000000_leftImg8bit.png ...  30 frames per snippet
camera/train/aachen/aachen_000000_000019_camera.json      only for the annotated frame, the 20th

Names are CITY_SEQUENCE_FRAME. A sequence holds one snippet, or many with numbers far apart, at 17
frames per second. (Layout: the README of mcordts/cityscapesScripts.)
"""

import functools
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files.stored_bytes import BROKEN_JSON, read_text
from dfnet_tf.data.sources.image_frames import read_frames
from dfnet_tf.data.sources.recording import Frame, Recording

SNIPPET_FRAMES = 30
ANNOTATED = 19  # Index of the annotated frame in its snippet.
CAMERA_SIZE = 1024, 2048  # Height and width of the images to which the camera files refer.
# Below is the bonnet with its star. SfMLearner (Zhou et al., CVPR 2017) cuts here, as do loaders
# of later work (those derived from monodepth2: "bottom 25% of the image cropped").
KEPT_ROWS = 0.75


def recordings(root: str | Path, split: str = "train") -> list[Recording]:
    """One recording for each snippet, named after its first frame: CITY_SEQUENCE_FRAME.

    A copy of the data set with smaller images also works: the intrinsics are scaled.

    Raises:
      ClipError: no such tree; a sequence without any camera file, or with a damaged one.
    """
    root = Path(root)
    images = _numbered(root / "leftImg8bit_sequence" / split, r"leftImg8bit\.(png|jpg)")
    cameras = _numbered(root / "camera" / split, r"camera\.json")
    if not images:
        raise ClipError(
            f"{root}: expected leftImg8bit_sequence/{split}/CITY/"
            f"CITY_SEQUENCE_FRAME_leftImg8bit.png. Received: {_what_is_there(root)}."
        )
    size = _image_size(sorted(path for files in images.values() for path in files.values()))
    found = []
    for (city, sequence), files in sorted(images.items()):
        for numbers in _snippets(sorted(files)):
            camera = _nearest_camera(cameras.get((city, sequence), {}), numbers[0])
            if camera is None:
                raise ClipError(
                    f"{root}: expected camera/{split}/{city}/{city}_{sequence}_FRAME_camera.json. "
                    "Received: no such file."
                )
            name = f"{city}_{sequence}_{numbers[0]:06d}"
            found.append(_recording(name, files, numbers, _intrinsics(camera, size), size))
    return found


def _recording(
    name: str, files: dict[int, Path], numbers: list[int], intrinsics: np.ndarray, size: tuple
) -> Recording:
    """A recording from the first to the last of `numbers`, including missing frames between."""
    snippet = [files.get(number) for number in range(numbers[0], numbers[-1] + 1)]
    read = functools.partial(read_frames, snippet, size)
    return Recording(name, len(snippet), intrinsics, read, KEPT_ROWS)


def _numbered(folder: Path, ending: str) -> dict[tuple[str, str], dict[int, Path]]:
    """(city, sequence) -> frame number -> file, for the files in the cities' folders."""
    pattern = re.compile(rf"([^_]+)_(\d+)_(\d+)_{ending}")
    files = defaultdict(dict)
    for path in folder.glob("*/*"):
        if parts := pattern.fullmatch(path.name):
            city, sequence, frame = parts.group(1, 2, 3)
            files[city, sequence][int(frame)] = path
    return files


def _snippets(numbers: list[int]) -> Iterator[list[int]]:
    """Splits sorted frame numbers where a whole snippet or more is missing."""
    cuts = np.flatnonzero(np.diff(numbers) > SNIPPET_FRAMES) + 1
    starts = [0, *cuts, len(numbers)]
    return (numbers[start:end] for start, end in zip(starts, starts[1:], strict=False))


def _nearest_camera(files: dict[int, Path], first: int) -> Path | None:
    """The camera file of the snippet that starts at `first`, or the nearest in its sequence."""
    nearest = min(files, key=lambda number: abs(number - first - ANNOTATED), default=None)
    return files.get(nearest)


def _image_size(paths: list[Path]) -> tuple[int, int]:
    """Height and width of the first decodable image."""
    for frame in read_frames(paths):
        if isinstance(frame, Frame):
            return frame.image.shape[:2]
    raise ClipError(f"{paths[0]}: expected an image. Received: none here or in later files.")


def _intrinsics(path: Path, size: tuple[int, int]) -> np.ndarray:
    """The intrinsics [3, 3] of a camera file, in pixels of images of this size."""
    try:
        values = json.loads(read_text(path))["intrinsic"]
        fx, fy, cx, cy = (float(values[key]) for key in ("fx", "fy", "u0", "v0"))
    except (*BROKEN_JSON, OSError) as error:
        raise ClipError(
            f'{path}: expected JSON with numbers "fx", "fy", "u0", "v0" under "intrinsic". '
            f"Received: {type(error).__name__}, {error}."
        ) from error
    if not (0 < fx < np.inf and 0 < fy < np.inf and np.isfinite([cx, cy]).all()):
        raise ClipError(
            f"{path}: expected positive focal lengths. Received: {fx} {fy}, centre {cx} {cy}."
        )
    scale_y, scale_x = np.divide(size, CAMERA_SIZE)
    original = np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])
    # Pixel centres are integers: c' = (c + 0.5) * scale - 0.5, as in geometry/camera.py.
    resize = [[scale_x, 0, (scale_x - 1) / 2], [0, scale_y, (scale_y - 1) / 2], [0, 0, 1]]
    return resize @ original


def _what_is_there(root: Path) -> str:
    if (root / "leftImg8bit").is_dir():
        return "only leftImg8bit; its single images make no clips"
    return "none" if root.is_dir() else "no such folder"
