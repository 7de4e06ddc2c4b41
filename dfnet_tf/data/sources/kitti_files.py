"""KITTI's text files: calibration, poses and speed (from the raw and odometry devkits)."""

import math
from pathlib import Path

import numpy as np

from dfnet_tf.data.files import image_limits
from dfnet_tf.data.files.stored_bytes import read_text

SPEED_FIELDS = slice(8, 11)  # vf, vl, vu of oxts/dataformat.txt: forward, leftward, upward, m/s.
OXTS_FIELDS = 30


class KittiError(ValueError):
    """A KITTI tree, or one of its files, violates its layout."""


def read_calibration(path: Path, key: str, *shape: int) -> np.ndarray:
    """The numbers of the line "KEY: ..." of a calibration file, in the given `shape`."""
    lines = dict(line.split(":", 1) for line in _text(path).splitlines() if ":" in line)
    if key not in lines:
        raise KittiError(f'{path}: expected a line "{key}: ...". Received: none.')
    return _numbers(lines[key], f"{path}, {key}", *shape)


def read_projection(path: Path, key: str) -> tuple[np.ndarray, np.ndarray]:
    """Splits the projection P = K [I | t], [3, 4], of a rectified camera.

    Returns:
      K [3, 3], in pixels; [I | t] [4, 4], which moves points from camera 0 to this one, metres.
    """
    matrix = read_calibration(path, key, 3, 4)
    intrinsics = matrix[:, :3]
    (fx, skew, _), (zero, fy, _), last = intrinsics
    if fx <= 0 or fy <= 0 or skew or zero or (last != (0, 0, 1)).any():
        received = " ".join(f"{value:g}" for value in matrix.flat)
        raise KittiError(f"{path}, {key}: expected a rectified camera's. Received: {received}.")
    shift = np.linalg.solve(intrinsics, matrix[:, 3])
    if not np.isfinite(shift).all():
        raise KittiError(
            f"{path}, {key}: expected focal lengths in pixels. Received: {fx:g} {fy:g}."
        )
    return intrinsics, motion(np.eye(3), shift)


def read_size(path: Path, key: str) -> tuple[int, int]:
    """(height, width) from the line "KEY: width height" of a calibration file."""
    width, height = read_calibration(path, key, 2)
    if min(width, height) < 1 or width % 1 or height % 1:
        raise KittiError(f"{path}, {key}: expected a size. Received: {width:g} {height:g}.")
    try:
        image_limits.check(int(width), int(height), image_limits.MOST_TRUTH)
    except image_limits.ImageSizeError as error:
        raise KittiError(f"{path}, {key}: {error}") from error
    return int(height), int(width)


def read_poses(path: Path, num_frames: int) -> np.ndarray | None:
    """Camera-to-world of frames 0, 1, ..., 12 numbers per line: [N, 4, 4]; None: no such file.

    Raises KittiError if there are fewer than `num_frames` poses, or damaged numbers.
    """
    if not path.exists():
        return None
    lines = enumerate(_text(path).splitlines(), 1)
    rows = [_numbers(line, f"{path}, line {i}", 3, 4) for i, line in lines if line.strip()]
    if len(rows) < num_frames:
        raise KittiError(
            f"{path}: expected a pose for each of {num_frames} frames. Received: {len(rows)}."
        )
    return np.array([motion(row[:, :3], row[:, 3]) for row in rows])


def read_speed(path: Path) -> float | None:
    """The car's speed in m/s, from a frame's oxts/data/*.txt; None: no such file."""
    if not path.exists():
        return None
    return math.hypot(*_numbers(_text(path), str(path), OXTS_FIELDS)[SPEED_FIELDS])


def motion(rotation: np.ndarray, translation: np.ndarray) -> np.ndarray:
    """Combines a rotation [3, 3] and a translation [3] to [4, 4]."""
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = rotation, translation
    return matrix


def _text(path: Path) -> str:
    if not path.is_file():
        raise KittiError(f"{path}: expected a text file of KITTI's. Received: no such file.")
    try:
        return read_text(path)
    except OSError as error:
        received = error.strerror
        raise KittiError(
            f"{path}: expected a text file of KITTI's. Received: {received}."
        ) from error


def _numbers(text: str, where: str, *shape: int) -> np.ndarray:
    try:
        numbers = np.array(text.replace(",", " ").split(), np.float64)
    except ValueError:
        numbers = np.array([])
    count = int(np.prod(shape))
    if numbers.size != count or not np.isfinite(numbers).all():
        raise KittiError(
            f"{where}: expected {count} finite numbers. Received: {text.strip()[:80]}."
        )
    return numbers.reshape(shape)
