"""Writes small trees in KITTI's layouts from a rendered clip, for tests.

Calibrations have what real ones have and identities would hide: cameras beside camera 0, a
rectifying rotation, and a scanner with other axes than the camera's.
"""

from pathlib import Path

import cv2
import numpy as np

from dfnet_tf.data.sources.synthetic import RenderedClip

DRIVE = "2011_09_26/2011_09_26_drive_0001_sync"
OFFSET = {0: 0.0, 2: 0.06, 3: -0.47}  # x of [I | t], metres: camera 2 stands left of camera 0.
SLIGHT = cv2.Rodrigues(np.array([0.01, -0.02, 0.005]))[0]
VELODYNE_AXES = np.array([[0.0, -1, 0], [0, 0, -1], [1, 0, 0]])  # x forward -> Z, y left -> -X.
VELODYNE_PLACE = np.array([-0.004, -0.08, -0.27])
SPEED = 10.0  # m/s


def write_raw_tree(
    root: Path, rendered: RenderedClip, drive: str = DRIVE, numbers=None, standing=()
) -> Path:
    """Writes a drive of KITTI raw, with the calibration of its day. Returns the drive's folder.

    Both cameras show the same images; the laser scans hold every true depth of camera 2.

    Args:
      numbers: of the frames, as many as `rendered` has; None: 0, 1, 2, ...
      standing: numbers at which the car stands still.
    """
    folder = root / drive
    write_raw_calibration(folder.parent, rendered)
    numbers = range(len(rendered.images)) if numbers is None else numbers
    for number, image, depth in zip(numbers, rendered.images, rendered.depth, strict=True):
        for camera in ("02", "03"):
            path = _parent(folder / f"image_{camera}" / "data" / f"{number:010d}.png")
            cv2.imwrite(str(path), image[..., ::-1])
        scan = velodyne_points(depth, rendered.intrinsics).astype("<f4")
        _parent(folder / "velodyne_points" / "data" / f"{number:010d}.bin").write_bytes(scan)
        values = np.zeros(30)
        values[8] = 0.0 if number in standing else SPEED
        _parent(folder / "oxts" / "data" / f"{number:010d}.txt").write_text(_row(values))
    return folder


def write_odometry_tree(
    root: Path, rendered: RenderedClip, sequence: str = "00", colour: bool = True
) -> Path:
    """Writes an odometry sequence and its poses. Returns the sequence's folder.

    The images are those of camera 2, or of camera 0 if not `colour`; poses/ are camera 0's.
    """
    folder = root / "sequences" / sequence
    camera = 2 if colour else 0
    for number, image in enumerate(rendered.images):
        path = _parent(folder / f"image_{camera}" / f"{number:06d}.png")
        cv2.imwrite(str(path), image[..., ::-1])
    lines = [f"P{k}: {_row(projection(rendered.intrinsics, x))}" for k, x in OFFSET.items()]
    (folder / "calib.txt").write_text("\n".join(lines) + "\n")
    camera_from_camera_0 = np.eye(4)
    camera_from_camera_0[0, 3] = OFFSET[camera]
    poses = rendered.camera_to_world @ camera_from_camera_0
    path = _parent(root / "poses" / f"{sequence}.txt")
    path.write_text("".join(_row(pose[:3]) + "\n" for pose in poses))
    return folder


def write_raw_calibration(day: Path, rendered: RenderedClip) -> None:
    height, width = rendered.images.shape[1:3]
    lines = ["calib_time: 09-Jan-2012 13:57:47", f"R_rect_00: {_row(SLIGHT)}"]
    for camera, x in OFFSET.items():
        lines.append(f"S_rect_{camera:02d}: {_row(np.array([width, height]))}")
        lines.append(f"P_rect_{camera:02d}: {_row(projection(rendered.intrinsics, x))}")
    _parent(day / "calib_cam_to_cam.txt").write_text("\n".join(lines) + "\n")
    lines = [f"R: {_row(VELODYNE_AXES)}", f"T: {_row(VELODYNE_PLACE)}"]
    (day / "calib_velo_to_cam.txt").write_text("\n".join(lines) + "\n")


def projection(intrinsics: np.ndarray, x: float) -> np.ndarray:
    """P = K [I | t], t = (x, 0, 0)."""
    return intrinsics.astype(float) @ np.hstack([np.eye(3), [[x], [0], [0]]])


def velodyne_points(depth: np.ndarray, intrinsics: np.ndarray) -> np.ndarray:
    """A scan [N, 4] that hits the surface at every pixel of camera 2's true depth [H, W]."""
    height, width = depth.shape
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    rays = np.stack([x, y, np.ones_like(x)], axis=-1).reshape(-1, 3) @ np.linalg.inv(intrinsics).T
    in_camera_0 = (rays * depth.reshape(-1, 1) - (OFFSET[2], 0, 0)) @ SLIGHT  # = SLIGHT^-1 p
    points = (in_camera_0 - VELODYNE_PLACE) @ VELODYNE_AXES
    return np.hstack([points, np.full([len(points), 1], 0.5)])


def _parent(path: Path) -> Path:
    """`path`, in a folder that exists."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _row(values: np.ndarray) -> str:
    return " ".join(f"{value:.12e}" for value in values.flat)
