"""Calibrations as other programs write them."""

import numpy as np
import pytest

from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files.calibration_files import FISHEYE, RADIAL, read_calibration

COLMAP = """# Camera list with one line of data per camera:
#   CAMERA_ID, MODEL, WIDTH, HEIGHT, PARAMS[]
# Number of cameras: 1
1 {}
"""
ROS = """image_width: 640
image_height: 480
camera_name: narrow_stereo
camera_matrix:
  rows: 3
  cols: 3
  data: [500, 0, 320, 0, 510, 240, 0, 0, 1]
distortion_model: {}
distortion_coefficients:
  rows: 1
  cols: {}
  data: [{}]
rectification_matrix: {{rows: 3, cols: 3, data: [1, 0, 0, 0, 1, 0, 0, 0, 1]}}
"""
KALIBR = """cam0:
  cam_overlaps: []
  camera_model: pinhole
  distortion_coeffs: [-0.01, 0.02, -0.003, 0.001]
  distortion_model: {}
  intrinsics: [500, 510, 320, 240]
  resolution: [640, 480]
  rostopic: /cam0/image_raw
  T_cam_imu:
  - [1.0, 0.0, 0.0, 0.0]
  - [0.0, 1.0, 0.0, 0.0]
"""
OPENCV = """%YAML:1.0
---
calibration_time: "Tue 01 Jan 2030 10:00:00"
image_width: 640
image_height: 480
flags: 0
{}camera_matrix: !!opencv-matrix
   rows: 3
   cols: 3
   dt: d
   data: [ 500., 0., 320., 0., 510., 240., 0.,
       0., 1. ]
distortion_coefficients: !!opencv-matrix
   rows: 5
   cols: 1
   dt: d
   data: [ {} ]
"""
RAW = """calib_time: 09-Jan-2012 14:00:15
corner_dist: 9.950000e-02
S_00: 1.392000e+03 5.120000e+02
S_rect_02: 6.400000e+02 4.800000e+02
P_rect_02: 500 0 320 44.8 0 510 240 0.2 0 0 1 0.003
"""
ODOMETRY = """P0: 1 0 2 0 0 1 2 0 0 0 1 0
P2: 500 0 320 44.8 0 510 240 0.2 0 0 1 0.003
Tr: 1 0 0 0 0 1 0 0 0 0 1 0
"""
FOUR, FIVE = "-0.01, 0.02, -0.003, 0.001", "-0.01, 0.02, -0.003, 0.001, 0.3"
K4, K5 = (tuple(map(float, text.split(","))) for text in (FOUR, FIVE))

CASES = {
    "colmap_opencv": (
        COLMAP.format("OPENCV 640 480 500 510 320.5 240.5 " + FOUR.replace(",", "")),
        K4,
    ),
    "colmap_fisheye": (
        COLMAP.format("OPENCV_FISHEYE 640 480 500 510 320.5 240.5 " + FOUR.replace(",", "")),
        K4,
        FISHEYE,
    ),
    "colmap_pinhole": (COLMAP.format("PINHOLE 640 480 500 510 320.5 240.5"), ()),
    "ros": (ROS.format("plumb_bob", 5, FIVE), K5),
    "ros_fisheye": (ROS.format("equidistant", 4, FOUR), K4, FISHEYE),
    "ros_rectified": (ROS.format("plumb_bob", 5, "0, 0, 0, 0, 0"), ()),
    "kalibr": (KALIBR.format("radtan"), K4),
    "kalibr_fisheye": (KALIBR.format("equidistant"), K4, FISHEYE),
    "kalibr_none": (KALIBR.format("none"), ()),
    "opencv": (OPENCV.format("", FIVE), K5),
    "opencv_fisheye": (OPENCV.format("fisheye_model: 1\n", FOUR), K4, FISHEYE),
    "kitti_raw": (RAW, ()),
    "kitti_odometry": (ODOMETRY, ()),
}


def written(folder, text):
    (folder / "camera").write_text(text)
    return folder / "camera"


@pytest.mark.parametrize("case", CASES)
def test_each_format_gives_the_same_camera(tmp_path, case):
    text, distortion, *model = CASES[case]
    found = read_calibration(written(tmp_path, text))
    np.testing.assert_allclose(found.matrix, [[500, 0, 320], [0, 510, 240], [0, 0, 1]])
    assert found.size == (None if case == "kitti_odometry" else (480, 640))
    assert found.distortion == distortion
    assert found.model == (model[0] if model else RADIAL)


def test_colmaps_models_with_one_focal_length_have_square_pixels(tmp_path):
    text = COLMAP.format("SIMPLE_RADIAL 640 480 500 320.5 240.5 -0.1")
    found = read_calibration(written(tmp_path, text))
    np.testing.assert_allclose(found.matrix, [[500, 0, 320], [0, 500, 240], [0, 0, 1]])
    assert found.distortion == (-0.1, 0, 0, 0)


def test_plain_numbers_remain_a_calibration(tmp_path):
    found = read_calibration(written(tmp_path, "# mine\n500 0 320\n0 510 240\n0 0 1\n"))
    np.testing.assert_allclose(found.matrix, [[500, 0, 320], [0, 510, 240], [0, 0, 1]])
    assert (found.size, found.distortion) == (None, ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (COLMAP.format("FOV 640 480 500 510 320 240 0.9"), "a lens model of .* Received: FOV"),
        (
            COLMAP.format("OPENCV 640 480 500 510 320 240 0.9"),
            "4, 5, .* coefficients. Received: 0.9",
        ),
        (COLMAP.format("PINHOLE 64 48 50 51 32 24") * 2, "one camera; .* Received: 2"),
        (KALIBR.format("radtan").replace("pinhole", "omni"), "pinhole. Received: omni"),
        (KALIBR.format("fov"), "radtan, equidistant, none. Received: fov"),
        (KALIBR.format("radtan") + KALIBR.format("radtan").replace("cam0", "cam1"), "Received: 2"),
        (ROS.format("thin_prism", 5, FIVE), "plumb_bob.* Received: thin_prism"),
        (ROS.format("plumb_bob", 5, "a, b"), "Received: one with ValueError"),
        ("image_width: 3\n", "an entry camera_matrix. Received: image_width"),
        ("camera_matrix: [1, 2", "Received: one with ParserError"),
        ("camera_matrix: !!python/object:os.system {}", "Received: one with ConstructorError"),
        ("a: &a [1]\ncamera_matrix: *a\n", "an alias"),
        ("1 OPENCV 24 1", "Received: one with IndexError"),
        ("nothing", "rows of numbers"),
    ],
)
def test_what_no_lens_has_is_told_in_one_line(tmp_path, text, expected):
    with pytest.raises(ClipError, match=expected) as raised:
        read_calibration(written(tmp_path, text))
    assert "\n" not in str(raised.value) and "camera: " in str(raised.value)


@pytest.mark.parametrize(
    "numbers",
    ["0 120 100 100 60", f"1{400 * '0'} 120 100 100 60", "200 120 1e20 100 60", "200 120 nan 9 9"],
    ids=["no width", "a huge width", "a huge focal length", "no number"],
)
def test_impossible_numbers_are_refused_in_one_line(tmp_path, numbers):
    path = tmp_path / "cameras.txt"
    path.write_text(f"1 SIMPLE_RADIAL {numbers} -0.1\n")
    with pytest.raises(ClipError, match="expected numbers below 1e\\+06") as refusal:
        read_calibration(path)
    assert str(path) in str(refusal.value) and len(str(refusal.value)) < 300
