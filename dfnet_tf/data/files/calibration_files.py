"""Reads camera calibrations that other programs wrote: COLMAP, ROS, Kalibr, OpenCV and KITTI."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files import intrinsics_files
from dfnet_tf.data.files.stored_bytes import BROKEN_JSON, Stored, decoded

RADIAL, FISHEYE = "radial-tangential", "fisheye"
MOST_BYTES = 2**20  # Of a calibration file.
LARGEST = 1e6  # Any number of a calibration is smaller: pixels, and coefficients of distortion.
COUNTS = {RADIAL: (4, 5, 8, 12, 14), FISHEYE: (4,)}  # Of OpenCV's coefficients.


@dataclass(frozen=True, eq=False)
class Calibration:
    """Intrinsics and lens distortion.

    Attributes:
      matrix: float64 [3, 3], in pixels; the top-left pixel's centre is (0, 0).
      size: (height, width) of the images it belongs to; None: not stated.
      distortion: OpenCV's coefficients: k1, k2, p1, p2, k3 ... or a fisheye lens's k1 to k4; ():
        none.
      model: RADIAL or FISHEYE, OpenCV's models.
    """

    matrix: np.ndarray
    size: tuple[int, int] | None = None
    distortion: tuple[float, ...] = ()
    model: str = RADIAL


def read_calibration(path: str | Path) -> Calibration:
    """Reads COLMAP's cameras.txt, ROS's camera_info, Kalibr's camchain or OpenCV's YAML, KITTI's
    calib_cam_to_cam.txt or calib.txt (P2), or 3x3 numbers.

    Raises ClipError for other content, several cameras, or a lens model that OpenCV does not know.
    """
    try:
        text = decoded(Stored(Path(path)).read(MOST_BYTES))
    except (OSError, ValueError):
        text = ""  # `read_matrix` says why.
    try:
        calibration = _reader(text)(text)
        if calibration is None:
            return Calibration(intrinsics_files.read_matrix(path))
        return _checked(calibration)
    except _Unexpected as error:
        raise ClipError(f"{path}: {error}") from error
    except (*BROKEN_JSON, yaml.YAMLError, AttributeError, IndexError) as error:
        received = " ".join(str(error).split())[:120].rstrip(".")
        raise ClipError(
            f"{path}: expected a camera's calibration by COLMAP, ROS, Kalibr, OpenCV or KITTI, or "
            f"3x3 numbers. Received: one with {type(error).__name__}: {received}."
        ) from error


class _Unexpected(ValueError):
    """A message about a calibration, without the file's name."""


def _reader(text: str) -> Callable[[str], Calibration | None]:
    """The reader of a text's format."""
    if re.search(r"^P(_rect_0|)2:", text, re.MULTILINE):
        return _kitti
    if re.search(r"^\d+ +[A-Z_]{3,} +\d", text, re.MULTILINE):
        return _colmap
    if re.search(r"^[A-Za-z_]\w*:", text, re.MULTILINE):
        return _yaml
    return lambda _: None


def _kitti(text: str) -> Calibration:
    """P_rect_02 of calib_cam_to_cam.txt, or P2 of calib.txt: a rectified camera."""
    lines = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    is_raw = "P_rect_02" in lines
    matrix = _numbers(lines["P_rect_02" if is_raw else "P2"].split()).reshape(3, 4)[:, :3]
    if not is_raw:
        return Calibration(matrix)
    width, height = _numbers(lines["S_rect_02"].split())
    return Calibration(matrix, (int(height), int(width)))


# COLMAP's models: how many focal lengths; and OpenCV's coefficients from COLMAP's.
_COLMAP = {
    "SIMPLE_PINHOLE": (1, RADIAL, lambda: ()),
    "PINHOLE": (2, RADIAL, lambda: ()),
    "SIMPLE_RADIAL": (1, RADIAL, lambda k: (k, 0, 0, 0)),
    "RADIAL": (1, RADIAL, lambda k1, k2: (k1, k2, 0, 0)),
    "OPENCV": (2, RADIAL, lambda *k: k),
    "FULL_OPENCV": (2, RADIAL, lambda *k: k),
    "OPENCV_FISHEYE": (2, FISHEYE, lambda *k: k),
    "SIMPLE_RADIAL_FISHEYE": (1, FISHEYE, lambda k: (k, 0, 0, 0)),
    "RADIAL_FISHEYE": (1, FISHEYE, lambda k1, k2: (k1, k2, 0, 0)),
}


def _colmap(text: str) -> Calibration:
    """The camera of cameras.txt: ID MODEL WIDTH HEIGHT PARAMETERS."""
    lines = [line.split() for line in text.splitlines() if line.strip() and line[0] != "#"]
    _expect_one([line[0] for line in lines])
    _, model, width, height, *parameters = lines[0]
    if model not in _COLMAP:
        raise _Unexpected(f"expected a lens model of {', '.join(_COLMAP)}. Received: {model}.")
    num_focal, lens, coefficients = _COLMAP[model]
    numbers = _numbers(parameters)
    fx, fy = numbers[0], numbers[num_focal - 1]
    cx, cy = numbers[num_focal : num_focal + 2] - 0.5  # COLMAP: the top-left corner is (0, 0).
    matrix = np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])
    distortion = coefficients(*numbers[num_focal + 2 :])
    return Calibration(matrix, (int(height), int(width)), _floats(distortion), lens)


class _Loader(yaml.SafeLoader):
    """Plain YAML, and OpenCV's matrices as mappings.

    Without aliases, because a few lines of them can stand for gigabytes.
    """

    def compose_node(self, parent, index):
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("an alias")
        return super().compose_node(parent, index)


_Loader.add_constructor(
    "tag:yaml.org,2002:opencv-matrix",
    lambda loader, node: loader.construct_mapping(node, deep=True),
)


def _yaml(text: str) -> Calibration:
    text = re.sub(r"^%YAML.*$", "", text, count=1, flags=re.MULTILINE)  # OpenCV's is malformed.
    content = yaml.load(text, _Loader)
    cameras = {key: value for key, value in content.items() if re.fullmatch(r"cam\d+", key)}
    if cameras:
        _expect_one(list(cameras))
        return _kalibr(next(iter(cameras.values())))
    return _opencv_or_ros(content)


def _kalibr(camera: dict) -> Calibration:
    lens = {"radtan": RADIAL, "equidistant": FISHEYE, "none": RADIAL}
    if camera["camera_model"] != "pinhole":
        raise _Unexpected(f"expected the camera model pinhole. Received: {camera['camera_model']}.")
    model = _known(camera["distortion_model"], lens)
    fx, fy, cx, cy = _numbers(camera["intrinsics"])
    width, height = camera["resolution"]
    distortion = () if camera["distortion_model"] == "none" else camera["distortion_coeffs"]
    matrix = np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])
    return Calibration(matrix, (int(height), int(width)), _floats(distortion), model)


def _opencv_or_ros(content: dict) -> Calibration:
    """OpenCV's calibration sample and ROS's camera_info name most things alike."""
    lens = {
        "plumb_bob": RADIAL,
        "rational_polynomial": RADIAL,
        "equidistant": FISHEYE,
        "fisheye": FISHEYE,
    }
    usual = "fisheye" if content.get("fisheye_model") else "plumb_bob"
    model = _known(content.get("distortion_model", usual), lens)
    matrix = _numbers(_first(content, "camera_matrix", "cameraMatrix", "K")["data"]).reshape(3, 3)
    names = "distortion_coefficients", "distCoeffs", "dist_coeffs", "D"
    distortion = _first(content, *names)["data"]
    size = None
    if "image_width" in content:
        size = int(content["image_height"]), int(content["image_width"])
    return Calibration(matrix, size, _floats(distortion), model)


def _first(content: dict, *names: str) -> dict:
    """The entry with the first of the `names` that exists."""
    for name in names:
        if name in content:
            return content[name]
    raise _Unexpected(f"expected an entry {names[0]}. Received: {', '.join(content)}.")


def _known(name: str, models: dict) -> str:
    if name not in models:
        raise _Unexpected(f"expected a lens model of {', '.join(models)}. Received: {name}.")
    return models[name]


def _expect_one(cameras: list) -> None:
    if len(cameras) != 1:
        raise _Unexpected(
            f"expected one camera; keep the film's and remove the others. Received: {len(cameras)}."
        )


def _numbers(values) -> np.ndarray:
    return np.array([float(value) for value in values])


def _floats(values) -> tuple[float, ...]:
    return tuple(_numbers(values).tolist())


def _checked(found: Calibration) -> Calibration:
    """`found`, without distortion that is 0; raises if no camera or lens has such numbers."""
    wrong = [value for value in found.matrix.flat if not abs(value) < LARGEST]
    wrong += [side for side in found.size or () if not 1 <= side < LARGEST]
    if wrong:
        expected = f"numbers below {LARGEST:g}, and images of at least one pixel"
        raise _Unexpected(f"expected {expected}. Received: {str(wrong[0])[:20]}.")
    if not any(found.distortion):
        return Calibration(found.matrix, found.size)
    try:
        checked_distortion(found.distortion, found.model)
    except ValueError as error:
        raise _Unexpected(error) from error
    return found


def checked_distortion(distortion: tuple[float, ...], model: str = RADIAL) -> None:
    """Raises ValueError unless OpenCV's `model` has that many coefficients, none of them huge."""
    size = np.abs(distortion).max(initial=0.0)
    if len(distortion) not in COUNTS[model] or not size < LARGEST:
        counts = ", ".join(map(str, COUNTS[model]))
        received = " ".join(f"{value:g}" for value in distortion)
        raise ValueError(f"expected {counts} {model} coefficients. Received: {received}.")
