"""Lens distortion is removed exactly, and no black border appears."""

import cv2
import numpy as np
import pytest

from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files.calibration_files import FISHEYE, RADIAL, Calibration
from dfnet_tf.data.preparation import lens

SIZE = 120, 200
MATRIX = np.array([[110.0, 0, 97], [0, 115, 61], [0, 0, 1]])
LENSES = {
    "barrel": (RADIAL, (-0.28, 0.07, 0.001, -0.002)),
    "pincushion": (RADIAL, (0.12, -0.02, 0.0, 0.0, 0.003)),
    "rational": (RADIAL, (0.3, 0.05, 0.0, 0.0, 0.0, 0.5, 0.1, 0.0)),
    "fisheye": (FISHEYE, (-0.03, 0.01, -0.004, 0.001)),
}


def brightness(rays):
    """A smooth pattern of rays (x, y), bright everywhere: 90 to 250."""
    x, y = rays[..., 0], rays[..., 1]
    return 170 + 40 * np.sin(7 * x + 1) + 40 * np.cos(8 * y)


def photograph(calibration):
    """What the lens shows of `brightness`: every pixel's ray by OpenCV's inverse, uint8."""
    grid = np.stack(np.meshgrid(np.arange(SIZE[1]), np.arange(SIZE[0])), axis=-1)
    opencv = cv2.fisheye if calibration.model == FISHEYE else cv2
    pixels = grid.reshape(-1, 1, 2).astype(np.float64)
    found = opencv.undistortPoints(pixels, MATRIX, np.array(calibration.distortion))
    grey = np.uint8(np.rint(brightness(found.reshape(*SIZE, 2))))
    return np.repeat(grey[..., None], 3, axis=2)


def pinhole_photograph(intrinsics):
    grid = np.stack(np.meshgrid(np.arange(SIZE[1]), np.arange(SIZE[0])), axis=-1)
    return brightness((grid - intrinsics[:2, 2]) / intrinsics[[0, 1], [0, 1]])


@pytest.mark.parametrize("kind", LENSES)
def test_a_straightened_image_is_a_pinhole_cameras(kind):
    model, distortion = LENSES[kind]
    calibration = Calibration(MATRIX, SIZE, distortion, model)
    straightening = lens.Straightening(calibration, SIZE, "a test")
    straight = straightening.straight(photograph(calibration))[..., 0].astype(float)
    expected = pinhole_photograph(straightening.intrinsics)
    np.testing.assert_allclose(straight, expected, atol=4)  # Every pixel, also in the corners.
    undistorted = np.abs(photograph(calibration)[..., 0] - pinhole_photograph(MATRIX))
    assert undistorted.max() > 15  # The lens does distort.


@pytest.mark.parametrize("kind", LENSES)
def test_the_widest_view_without_a_black_border_is_shown(kind):
    model, distortion = LENSES[kind]
    calibration = Calibration(MATRIX, SIZE, distortion, model)
    widest = lens.Straightening(calibration, SIZE, "a test").intrinsics
    np.testing.assert_allclose(widest[:, 2], MATRIX[:, 2])
    assert widest[0, 0] / widest[1, 1] == pytest.approx(MATRIX[0, 0] / MATRIX[1, 1])
    wider = widest * [[0.98, 1, 1], [1, 0.98, 1], [1, 1, 1]]
    opencv = cv2.fisheye if model == FISHEYE else cv2
    maps = [
        opencv.initUndistortRectifyMap(
            MATRIX, np.array(distortion), np.eye(3), matrix, SIZE[::-1], cv2.CV_32FC1
        )
        for matrix in (widest, wider)
    ]
    inside, outside = (
        all(axis.min() >= -0.5 and axis.max() <= side - 0.5 for axis, side in pairs)
        for pairs in (zip(x_and_y, SIZE[::-1], strict=True) for x_and_y in maps)
    )
    assert inside and not outside


def test_a_calibration_is_scaled_to_a_resized_film():
    calibration = Calibration(MATRIX, SIZE, (-0.2, 0.1, 0, 0))
    half = lens.at_size(calibration, (60, 100), "k.yaml")
    np.testing.assert_allclose(half.matrix[0], [55, 0, 97.5 / 2 - 0.5])
    np.testing.assert_allclose(half.matrix[1], [0, 57.5, 61.5 / 2 - 0.5])
    assert half.distortion == calibration.distortion


def test_a_cropped_film_is_refused():
    expected = "k.yaml: .*100x100.*Received: one for 200x120.*crop the film"
    with pytest.raises(ClipError, match=expected):
        lens.at_size(Calibration(MATRIX, SIZE), (100, 100), "k.yaml")
