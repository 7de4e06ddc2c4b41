"""Intrinsics from the user, for films that do not contain them."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dfnet_tf.data import pinhole
from dfnet_tf.data.files import calibration_files, intrinsics_files
from dfnet_tf.data.files.calibration_files import Calibration
from dfnet_tf.data.preparation import lens

ESTIMATE = "estimate"  # Instead of a file's name: the camera is unknown.
GUESSED_FIELD_OF_VIEW = 60.0  # degrees, horizontal: between a phone's and a dashboard camera's
PHONE = 65.0  # degrees, along the long side of a phone's main camera


@dataclass(frozen=True, eq=False)
class GivenCamera:
    """A given or guessed camera, for images whose size is not known yet."""

    origin: str  # Where the numbers come from, for messages.
    intrinsics: Callable[[tuple[int, int]], np.ndarray]  # (height, width) -> [3, 3], pixels
    is_guessed: bool = False  # Doubtful, so training should refine it.
    # For dataset.json, by the images' size: how the camera was estimated, or its lens.
    details: Callable[[tuple[int, int]], dict] | None = None
    # Removes the lens's distortion from an image; `intrinsics` are those of the result.
    straight: Callable[[np.ndarray], np.ndarray] = lambda image: image

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


def from_flags(fov_degrees: float | None, intrinsics: str | None) -> GivenCamera | None:
    """The camera that --fov_degrees or --intrinsics gives; None without both, or for ESTIMATE.

    Raises:
      ValueError: both are given, or the field of view can only be in radians.
      ClipError: as in `from_file`.
    """
    if fov_degrees is not None and intrinsics is not None:
        raise ValueError("Expected --fov_degrees or --intrinsics. Received: both.")
    if fov_degrees is not None:
        return from_field_of_view(fov_degrees)
    return None if intrinsics in (None, ESTIMATE) else from_file(intrinsics)


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
    """Reads 3x3 numbers in pixels of the input's own size, or a format of `calibration_files`.

    Raises:
      ClipError: the file cannot be read or has other content; or, in `intrinsics(size)`, such a
        camera cannot take images of this size.
    """
    calibration = calibration_files.read_calibration(path)
    numbers = " ".join(f"{value:g}" for value in calibration.matrix.flat)
    origin = f"file {path}: {numbers}"
    if calibration.distortion:
        return _with_lens(origin, calibration, lambda size: lens.at_size(calibration, size, path))

    def intrinsics(size: tuple[int, int]) -> np.ndarray:
        if calibration.size is None:
            intrinsics_files.check_stated_size(path, size)
        matrix = lens.at_size(calibration, size, path).matrix
        intrinsics_files.checked_intrinsics(matrix, size, path)
        return matrix

    return GivenCamera(origin, intrinsics)


def distorted(camera: GivenCamera, distortion: Sequence[float]) -> GivenCamera:
    """A `camera` without a known lens, and OpenCV's coefficients k1, k2, p1, p2 ... of its lens.

    Two coefficients are k1 and k2. Raises ValueError for other numbers of coefficients than
    OpenCV's, and for a camera whose lens is known.
    """
    if camera.details:
        raise ValueError(f"Expected --distortion or a file with one. Received: {camera.origin}.")
    coefficients = tuple(distortion) + (0.0, 0.0) * (len(distortion) == 2)
    calibration_files.checked_distortion(coefficients)
    calibration = Calibration(np.eye(3), distortion=coefficients)
    return _with_lens(
        camera.origin,
        calibration,
        lambda size: replace(calibration, matrix=camera.intrinsics(size), size=size),
    )


def _with_lens(
    origin: str, calibration: Calibration, at_size: Callable[[tuple[int, int]], Calibration]
) -> GivenCamera:
    @functools.lru_cache(maxsize=4)
    def straightening(size: tuple[int, int]) -> lens.Straightening:
        known = at_size(size)
        intrinsics_files.checked_intrinsics(known.matrix, size, origin)
        return lens.Straightening(known, size, origin)

    text = " ".join(f"{value:g}" for value in calibration.distortion)
    return GivenCamera(
        f"{origin}, {calibration.model} distortion {text} removed",
        lambda size: straightening(size).intrinsics,
        details=lambda size: {
            "removed_distortion": list(calibration.distortion),
            "lens_model": calibration.model,
            "intrinsics_with_distortion": np.round(at_size(size).matrix, 6).tolist(),
        },
        straight=lambda image: straightening(image.shape[:2]).straight(image),
    )
