"""A camera's 3x3 intrinsics in a text file, and whether they can be those of an image."""

import re
from pathlib import Path

import numpy as np

from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files.number_files import read_numbers
from dfnet_tf.data.files.stored_bytes import read_text

GUESSED = "guessed"  # How the note begins where nothing was known of the camera.
WIDEST = 170.0  # Degrees of view: no lens shows more without bending lines.
DOUBTFUL_VIEWS = 5.0, 130.0  # Degrees: what is outside is rare, and mostly a mistake.
DOUBTFUL_CENTER = 0.18  # Of the width or height: so far from the middle is the centre of few.
DOUBTFUL_ASPECT = 2.0  # Of the focal lengths: pixels are hardly ever more elongated.


def write_intrinsics(
    path: str | Path, intrinsics: np.ndarray, size: tuple[int, int], note: str = ""
) -> None:
    """Writes [3, 3], in pixels of images of `size` (height, width), which the file says as well.

    `note` becomes its first line. Inverse of `read_intrinsics`.
    """
    header = f"{note}\n" * bool(note) + f"for images of {size_text(size)}"
    np.savetxt(path, intrinsics, "%.9g", header=header)


def read_intrinsics(path: str | Path, size: tuple[int, int]) -> np.ndarray:
    """Reads 3x3 numbers, or nine in a line: float32 [3, 3], in pixels of images of `size`.

    Raises ClipError if they are something else, or no camera's that takes such images.
    """
    matrix = read_matrix(path)
    said = re.search(r"^# for images of (\d{1,6})x(\d{1,6}) ", read_text(path), re.MULTILINE)
    if said and (int(said[2]), int(said[1])) != tuple(size):
        raise ClipError(
            f"{path}: expected intrinsics for images of {size_text(size)}. Received: some for "
            f"{said[1]}x{said[2]}, as the file says; images of that size, such as the clip's that "
            "it was made for, go with it."
        )
    return checked_intrinsics(matrix, size, path)


def read_matrix(path: str | Path) -> np.ndarray:
    """The file's 3x3 numbers, float64, unchecked; ClipError if there are others."""
    numbers = read_numbers(path)
    if numbers.size != 9:
        received = " ".join(f"{value:g}" for value in numbers.flat[:12])
        more = " ..." * (numbers.size > 12)
        raise ClipError(f"{path}: expected 3x3 numbers. Received: {received}{more}.")
    return numbers.reshape(3, 3)


def is_guessed(path: str | Path) -> bool:
    """Whether the first line says that the intrinsics are a guess."""
    return read_text(path).startswith(f"# {GUESSED}")


def checked_intrinsics(matrix: np.ndarray, size: tuple[int, int], where: str | Path) -> np.ndarray:
    """Returns `matrix` as float32 [3, 3], or raises ClipError if no such camera is possible."""
    matrix = np.asarray(matrix, np.float64)
    received = " ".join(f"{value:g}" for value in matrix.flat[:9])
    # In float32, as they are used, what is too large or too small becomes infinity or 0.
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
            reason = f"if they are shares of the image, multiply the first row by {width}, "
            reason += f"the second by {height}"
        raise ClipError(
            f"{where}: expected intrinsics in pixels of the {size_text(size)} image. Received: "
            f"focal lengths {fx:g} and {fy:g}, a view of {widest:.0f} degrees; {reason}."
        )
    return matrix


def doubt(matrix: np.ndarray, size: tuple[int, int]) -> str:
    """What makes possible intrinsics unlikely to be those of images of `size`; "": nothing."""
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
            f"focal lengths {fx:g} and {fy:g} are a view of {angles[0]:.0f} x {angles[1]:.0f} "
            f"degrees in {size_text(size)} images; they may not be in pixels of these"
        )
    if max(fx / fy, fy / fx) > DOUBTFUL_ASPECT:
        return f"the focal lengths {fx:g} and {fy:g} differ much; they may not be in pixels"
    return ""


def views(matrix: np.ndarray, size: tuple[int, int]) -> tuple[float, float]:
    """The horizontal and the vertical field of view, in degrees."""
    height, width = size
    fx, fy = float(matrix[0][0]), float(matrix[1][1])
    return tuple(
        float(np.degrees(2 * np.arctan2(s / 2, f))) for s, f in ((width, fx), (height, fy))
    )


def size_text(shape: tuple[int, ...]) -> str:
    """(height, width, ...) for people."""
    return f"{shape[1]}x{shape[0]} (width x height)"
