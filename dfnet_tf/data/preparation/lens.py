"""Removes a lens's distortion from images, without a black border."""

import cv2
import numpy as np

from dfnet_tf.data import pinhole
from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files.calibration_files import FISHEYE, Calibration
from dfnet_tf.data.files.intrinsics_files import size_text

SAME_ASPECT = 0.01  # Largest relative difference of the aspect of a resized image.
ZOOMS = np.geomspace(6.0, 0.2, 400)  # Of the focal length; the first ones show only the middle.


class Straightening:
    """Maps images of a distorting lens to a pinhole camera.

    The pinhole camera keeps the lens's principal point and the ratio of its focal lengths. It shows
    as much as it can without a black border.

    Attributes:
      intrinsics: float64 [3, 3], of the pinhole camera, in pixels of `size`.
    """

    def __init__(self, calibration: Calibration, size: tuple[int, int], where: object):
        """`calibration` of images of `size`, (height, width), with distortion.

        Raises ClipError, which names `where`, if the distortion moves the image's middle away.
        """
        self.intrinsics = _widest(calibration, size, where)
        opencv = cv2.fisheye if calibration.model == FISHEYE else cv2
        self._maps = opencv.initUndistortRectifyMap(
            calibration.matrix,
            np.array(calibration.distortion),
            np.eye(3),
            self.intrinsics,
            size[::-1],
            cv2.CV_32FC1,
        )

    def straight(self, image: np.ndarray) -> np.ndarray:
        """The image [H, W, 3] that the pinhole camera would have taken."""
        return cv2.remap(image, *self._maps, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def at_size(calibration: Calibration, size: tuple[int, int], where: object) -> Calibration:
    """The calibration for images resized to `size`; raises ClipError if the aspect differs."""
    if calibration.size in (None, tuple(size)):
        return Calibration(calibration.matrix, size, calibration.distortion, calibration.model)
    (height, width), (known_height, known_width) = size, calibration.size
    scale = width / known_width, height / known_height
    if abs(scale[0] / scale[1] - 1) > SAME_ASPECT:
        raise ClipError(
            f"{where}: expected a calibration for {size_text(size)} images, or for the same aspect."
            f" Received: one for {size_text(calibration.size)}; crop the film or calibrate again."
        )
    matrix = pinhole.new_from_old(scale, (0, 0)) @ calibration.matrix
    return Calibration(matrix, size, calibration.distortion, calibration.model)


def _widest(calibration: Calibration, size: tuple[int, int], where: object) -> np.ndarray:
    """The intrinsics [3, 3] with the smallest focal length that shows no point outside the image.

    Zooms out from the middle until a point of the border would lie outside, or the polynomial
    begins to fold back.
    """
    height, width = size
    x, y = np.meshgrid(np.linspace(0, width - 1, 33), np.linspace(0, height - 1, 33))
    is_border = (x % (width - 1) == 0) | (y % (height - 1) == 0)
    border = np.stack([x[is_border], y[is_border]], axis=-1)
    widest, reached = None, 0.0
    for zoom in ZOOMS:
        intrinsics = calibration.matrix * [[zoom, 1, 1], [1, zoom, 1], [1, 1, 1]]
        seen = _distorted((border - intrinsics[:2, 2]) / intrinsics[[0, 1], [0, 1]], calibration)
        away = np.linalg.norm(seen - intrinsics[:2, 2], axis=1)
        inside = (seen >= -0.5) & (seen <= (width - 0.5, height - 0.5))
        if not inside.all() or (away < reached).any():
            break
        widest, reached = intrinsics, away
    if widest is None:
        received = " ".join(f"{value:g}" for value in calibration.distortion)
        raise ClipError(
            f"{where}: expected a distortion that leaves the image's middle in place. Received: "
            f"coefficients {received} with focal length {calibration.matrix[0, 0]:g} pixels."
        )
    return widest


def _distorted(rays: np.ndarray, calibration: Calibration) -> np.ndarray:
    """The pixels [N, 2] at which the lens shows rays [N, 2], in focal lengths."""
    points = np.concatenate([rays, np.ones_like(rays[:, :1])], axis=1)[:, None]
    opencv = cv2.fisheye if calibration.model == FISHEYE else cv2
    still, coefficients = np.zeros(3), np.array(calibration.distortion)
    pixels, _ = opencv.projectPoints(points, still, still, calibration.matrix, coefficients)
    return pixels.reshape(-1, 2)
