"""Reads and writes 3x3 intrinsics as text, and checks whether they fit an image."""

import re
from pathlib import Path

import numpy as np

from dfnet_tf.data import pinhole
from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files.number_files import read_numbers
from dfnet_tf.data.files.stored_bytes import read_text

GUESSED = "guessed"  # The file's note starts with this word if the camera was unknown.
WIDEST = 170.0  # Degrees: no lens has a larger field of view without bending lines.
DOUBTFUL_VIEWS = 5.0, 130.0  # Degrees: fields of view outside are rare and usually a mistake.
DOUBTFUL_CENTER = 0.18  # Share of the width or height: few principal points are farther off-centre.
DOUBTFUL_ASPECT = 2.0  # Ratio of the focal lengths: pixels are hardly ever more elongated.


def write_intrinsics(
    path: str | Path, intrinsics: np.ndarray, size: tuple[int, int], note: str = ""
) -> None:
    """Writes [3, 3], in pixels of images of `size` (height, width); the file states the size.

    `note` becomes the first line. Inverse of `read_intrinsics`.
    """
    header = f"{note}\n" * bool(note) + f"for images of {size_text(size)}"
    np.savetxt(path, intrinsics, "%.9g", header=header)


def read_intrinsics(path: str | Path, size: tuple[int, int]) -> np.ndarray:
    """Reads 3x3 numbers, or nine in a line: float32 [3, 3], in pixels of images of `size`.

    Raises ClipError for other content, or for intrinsics that cannot belong to such images.
    """
    check_stated_size(path, size)
    return checked_intrinsics(read_matrix(path), size, path)


def check_stated_size(path: str | Path, size: tuple[int, int]) -> None:
    """Raises ClipError if the file states that it belongs to images of another size."""
    said = re.search(r"^# for images of (\d{1,6})x(\d{1,6}) ", read_text(path), re.MULTILINE)
    if said and (int(said[2]), int(said[1])) != tuple(size):
        raise ClipError(
            f"{path}: expected intrinsics for images of {size_text(size)}. Received: some for "
            f"{said[1]}x{said[2]}, as the file states. Use them with images of that size, for "
            "example those of the clip they were made for."
        )


def read_matrix(path: str | Path) -> np.ndarray:
    """The file's 3x3 numbers, float64, unchecked; ClipError if there are not nine."""
    numbers = read_numbers(path)
    if numbers.size != 9:
        received = " ".join(f"{value:g}" for value in numbers.flat[:12])
        more = " ..." * (numbers.size > 12)
        raise ClipError(f"{path}: expected 3x3 numbers. Received: {received}{more}.")
    return numbers.reshape(3, 3)


def is_guessed(path: str | Path) -> bool:
    """True if the first line marks the intrinsics as a guess."""
    return read_text(path).startswith(f"# {GUESSED}")


def checked_intrinsics(matrix: np.ndarray, size: tuple[int, int], where: str | Path) -> np.ndarray:
    """Returns `matrix` as float32 [3, 3]; raises ClipError if no such camera can exist."""
    matrix = np.asarray(matrix, np.float64)
    received = " ".join(f"{value:g}" for value in matrix.flat[:9])
    # In float32, numbers that are too large or too small become infinity or 0.
    with np.errstate(over="ignore"):
        matrix = matrix.astype(np.float32)
    if matrix.shape != (3, 3) or not np.isfinite(matrix).all():
        raise ClipError(f"{where}: expected 3x3 finite intrinsics. Received: {received}.")
    (fx, skew, cx), (zero, fy, cy), last = matrix
    if fx <= 0 or fy <= 0 or skew or zero or (last != (0, 0, 1)).any():
        expected = "positive focal lengths and no skew: fx 0 cx 0 fy cy 0 0 1"
        raise ClipError(f"{where}: expected {expected}. Received: {received}.")
    height, width = size
    if not (0 < cx < width and 0 < cy < height):
        raise ClipError(
            f"{where}: expected a principal point inside the {size_text(size)} image; are the "
            f"intrinsics for another image size? Received: ({cx:g}, {cy:g})."
        )
    widest = max(views(matrix, size))
    if widest > WIDEST:
        reason = "they may be in millimetres, or for a smaller image"
        if cx <= 1 and cy <= 1:
            reason = f"if they are fractions of the image, multiply the first row by {width} "
            reason += f"and the second by {height}"
        raise ClipError(
            f"{where}: expected intrinsics in pixels of the {size_text(size)} image. Received: "
            f"focal lengths {fx:g} and {fy:g}, a view of {widest:.0f} degrees; {reason}."
        )
    return matrix


def doubt(matrix: np.ndarray, size: tuple[int, int]) -> str:
    """Why possible intrinsics are unlikely for images of `size`; "" if they are likely."""
    (fx, _, cx), (_, fy, cy), _ = np.asarray(matrix, np.float64)
    height, width = size
    far = max(abs((cx + 0.5) / width - 0.5), abs((cy + 0.5) / height - 0.5))
    angles = views(matrix, size)
    if far > DOUBTFUL_CENTER:
        return (
            f"the principal point ({cx:g}, {cy:g}) is far from the middle of {size_text(size)} "
            "images; the intrinsics may be for another image size"
        )
    if max(angles) < DOUBTFUL_VIEWS[0] or max(angles) > DOUBTFUL_VIEWS[1]:
        return (
            f"focal lengths {fx:g} and {fy:g} give a view of {angles[0]:.0f} x {angles[1]:.0f} "
            f"degrees in {size_text(size)} images; they may be in another unit than pixels"
        )
    if max(fx / fy, fy / fx) > DOUBTFUL_ASPECT:
        return f"the focal lengths {fx:g} and {fy:g} differ much; they may not be in pixels"
    return ""


def views(matrix: np.ndarray, size: tuple[int, int]) -> tuple[float, float]:
    """The horizontal and the vertical field of view, in degrees."""
    height, width = size
    fx, fy = float(matrix[0][0]), float(matrix[1][1])
    return tuple(pinhole.field_of_view(focal, side) for focal, side in ((fx, width), (fy, height)))


def size_text(shape: tuple[int, ...]) -> str:
    """Formats (height, width, ...) for messages."""
    return f"{shape[1]}x{shape[0]} (width x height)"
