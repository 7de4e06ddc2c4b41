"""Intrinsics from the user, for films that do not contain them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dfnet_tf.data import pinhole
from dfnet_tf.data.files import intrinsics_files

GUESSED_FIELD_OF_VIEW = 60.0  # degrees, horizontal: between a phone's and a dashboard camera's
PHONE = 65.0  # degrees, along the long side of a phone's main camera


@dataclass(frozen=True, eq=False)
class GivenCamera:
    """A given or guessed camera, for images whose size is not known yet."""

    origin: str  # Where the numbers come from, for messages.
    intrinsics: Callable[[tuple[int, int]], np.ndarray]  # (height, width) -> [3, 3], pixels
    is_guessed: bool = False

    def remarks(self, size: tuple[int, int]) -> list[str]:
        """Doubts whether this camera fits images of `size`; usually empty."""
        doubt = intrinsics_files.doubt(self.intrinsics(size), size)
        return [f"{self.origin}: {doubt}"] if doubt else []


@dataclass(frozen=True, eq=False)
class FieldOfView(GivenCamera):
    """A camera given by its horizontal field of view."""

    def remarks(self, size: tuple[int, int]) -> list[str]:
        """A note if the camera was held upright: the angle then belongs to the short side."""
        height, width = size
        if height <= width:
            return []
        across = 2 * np.degrees(np.arctan(np.tan(np.radians(PHONE) / 2) * width / height))
        return [
            f"held upright: the {self.origin} applies to the short side, {width} of "
            f"{width}x{height} pixels; a phone's {PHONE:g} degrees along the long side are "
            f"{across:.0f} along the short one"
        ]


def from_field_of_view(degrees: float) -> GivenCamera:
    """A camera with square pixels, central optical axis, and this horizontal field of view.

    Raises ValueError if the value can only be in radians.
    """
    if degrees <= np.pi:
        raise ValueError(
            f"Expected a field of view in degrees. Received: {degrees:g}; in radians that would be "
            f"{np.degrees(degrees):.0f} degrees."
        )

    def intrinsics(size: tuple[int, int]) -> np.ndarray:
        return pinhole.central(pinhole.focal_length(degrees, size[1]), size)

    return FieldOfView(f"field of view of {degrees:g} degrees", intrinsics)


def guessed() -> GivenCamera:
    """A first guess, for training that learns the intrinsics."""
    camera = from_field_of_view(GUESSED_FIELD_OF_VIEW)
    origin = f"{intrinsics_files.GUESSED}: {camera.origin}"
    return GivenCamera(origin, camera.intrinsics, is_guessed=True)


def from_file(path: str | Path) -> GivenCamera:
    """Reads a text file of 3x3 numbers, in pixels of the input's own size.

    Raises:
      ClipError: the file cannot be read or has other content; or, in `intrinsics(size)`, such a
        camera cannot take images of this size.
    """
    matrix = intrinsics_files.read_matrix(path)
    received = " ".join(f"{value:g}" for value in matrix.flat)

    def intrinsics(size: tuple[int, int]) -> np.ndarray:
        intrinsics_files.read_intrinsics(path, size)
        return matrix

    return GivenCamera(f"file {path}: {received}", intrinsics)
