"""Optical flow in Middlebury's .flo files, also used by Sintel.

Little endian: the float32 202021.25 (the letters "PIEH"), int32 width and height, then float32 u, v
of every pixel, row by row. Baker et al., "A database and evaluation methodology for optical flow",
IJCV 2011, and the README of its flow code.
"""

from pathlib import Path

import numpy as np

from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files import image_limits
from dfnet_tf.data.files.stored_bytes import Stored

MAGIC = b"PIEH"
UNKNOWN_ABOVE = 1e9  # Pixels: longer vectors, and NaN, mark unknown flow.
UNKNOWN = 1e10  # The value written for unknown flow.


def read_flo(path: str | Path) -> tuple[np.ndarray, np.ndarray]:
    """Reads a .flo file. Inverse of `write_flo`.

    Returns:
      float32 [H, W, 2], (u, v) in pixels, 0 where unknown; valid (known), float32 [H, W].

    Raises:
      ClipError: the file is not a .flo file, or its length does not match its size.
    """
    content = Stored(Path(path)).read(12 + 8 * image_limits.MOST_TRUTH)
    if content[:4] != MAGIC or len(content) < 12:
        raise ClipError(
            f'{path}: expected a .flo file, which begins with "PIEH". '
            f"Received: {len(content)} bytes that begin with {content[:4]!r}."
        )
    width, height = (int(side) for side in np.frombuffer(content, "<i4", count=2, offset=4))
    try:
        image_limits.check(width, height, image_limits.MOST_TRUTH)
    except image_limits.ImageSizeError as error:
        raise ClipError(f"{path}: {error}") from error
    if len(content) != 12 + 8 * width * height:
        raise ClipError(
            f"{path}: expected {12 + 8 * width * height} bytes for {width}x{height} pixels. "
            f"Received: {len(content)}."
        )
    flow = np.frombuffer(content, "<f4", offset=12).reshape(height, width, 2).astype(np.float32)
    known = (np.abs(flow) <= UNKNOWN_ABOVE).all(axis=-1)  # NaN compares false.
    return np.where(known[..., None], flow, np.float32(0)), known.astype(np.float32)


def write_flo(path: str | Path, flow: np.ndarray, valid: np.ndarray) -> None:
    """Writes flow [H, W, 2] in pixels; pixels where `valid` [H, W] is not 1 become unknown."""
    height, width = flow.shape[:2]
    stored = np.where(valid[..., None] > 0, flow, UNKNOWN).astype("<f4")
    size = np.array([width, height], "<i4")
    Path(path).write_bytes(MAGIC + size.tobytes() + stored.tobytes())
