"""KITTI's raw recordings and its odometry benchmark, as unpacked (Geiger et al., IJRR 2013).

2011_09_26/calib_cam_to_cam.txt, calib_velo_to_cam.txt                  one calibration per day
2011_09_26/2011_09_26_drive_0001_sync/image_02/data/0000000000.png      02, 03: left, right colour
2011_09_26/2011_09_26_drive_0001_sync/oxts/data/0000000000.txt          speed and position
2011_09_26/2011_09_26_drive_0001_sync/velodyne_points/data/0000000000.bin

sequences/00/image_2/000000.png, calib.txt; poses/00.txt                odometry

Only the rectified images (_sync) are read, because those of _extract are distorted. Images may have
been converted to .jpg of the same size. KITTI's pixel coordinates start at 0, as ours do.
"""

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from dfnet_tf.data.files.image_files import IMAGE_TYPES, image_files
from dfnet_tf.data.sources import kitti_files, kitti_splits
from dfnet_tf.data.sources.image_frames import read_frames
from dfnet_tf.data.sources.kitti_files import KittiError
from dfnet_tf.data.sources.recording import Excluded, Frame, Recording

COLOUR_CAMERAS = (2, 3)
SPLITS = ("eigen_train", "all")
# Slower than this, the camera counts as standing still: at 3 cm per frame, a point 10 m ahead and
# 4 m to the side moves by one pixel. The INS itself drifts by a few cm/s.
STANDSTILL = 0.3  # m/s
LAST_FRAME = 10**6  # Larger numbers are mistakes: the longest drive has 5177 frames.
NOT_CHECKED = "without oxts: frames at a standstill are not left out"


@dataclass(frozen=True, eq=False)
class RawCamera:
    """A rectified camera of KITTI raw.

    Attributes:
      intrinsics: [3, 3], in pixels of the rectified images.
      camera_from_velodyne: [4, 4], p_camera = camera_from_velodyne @ p_velodyne, metres.
      size: (height, width) of the rectified images.
    """

    intrinsics: np.ndarray
    camera_from_velodyne: np.ndarray
    size: tuple[int, int]


def raw_recordings(root: str | Path, split: str = "eigen_train") -> list[Recording]:
    """Both colour cameras of every drive in `root`, named like 2011_09_26_drive_0001_02.

    Args:
      root: the folder of the days.
      split: "eigen_train": the field's training set (Zhou et al., SfMLearner, CVPR 2017; DF-Net).
        It leaves out the 28 drives of Eigen's test split, the frames of KITTI flow 2012 and 2015
        with their neighbours (see `kitti_splits.flow_benchmark_frames`), and frames at which the
        camera stands still, according to the car's speed; SfMLearner uses a list instead. If a
        drive has no oxts/, its recordings have a `note`.
        "all": everything.

    Raises:
      KittiError: there is no such tree, or its calibration or frame numbers are damaged; while
        reading: oxts/ is damaged, or an image's size differs from the calibration's.
    """
    root = Path(root)
    if split not in SPLITS:
        raise ValueError(f"`split` must be one of {', '.join(SPLITS)}. Received: {split!r}.")
    is_training = split == "eigen_train"
    drives = sorted(path for path in root.glob("20??_??_??/*_drive_????_sync") if path.is_dir())
    if is_training:
        tests = kitti_splits.EIGEN_TEST_DRIVES
        drives = [path for path in drives if _drive_name(path) not in tests]
    held_out = kitti_splits.flow_benchmark_frames() if is_training else None
    found = (_raw_recording(path, camera, held_out) for path in drives for camera in COLOUR_CAMERAS)
    recordings = [recording for recording in found if recording is not None]
    if not recordings:
        test = " outside Eigen's test split" if is_training else ""
        raise KittiError(
            f"{root}: expected KITTI raw drives{test}, DAY/DRIVE_sync/image_02/data/*.png. "
            f"Received: {'none' if root.is_dir() else 'no such folder'}."
        )
    return recordings


def odometry_recordings(
    root: str | Path, sequences: Iterable[str] | None = None
) -> list[Recording]:
    """The left colour camera (or the left grey one) of odometry sequences, named odometry_00.

    Sequences 00 to 10 have poses. The benchmark's poses are those of camera 0, the left grey
    camera. For camera 2, 6 cm to its left, they are converted; the world remains the first frame of
    camera 0.

    Args:
      root: the folder of sequences/ and poses/.
      sequences: names like "09"; None: all that exist.

    Raises:
      KittiError: there is no such tree or sequence, or its calibration, poses or frame numbers are
        damaged.
    """
    root = Path(root)
    found = sorted(path.name for path in root.glob("sequences/[0-9][0-9]") if path.is_dir())
    names = found if sequences is None else list(sequences)
    missing = [name for name in names if name not in found]
    if missing or not names:
        example = missing[0] if missing else "00"
        raise KittiError(
            f"{root}: expected KITTI odometry, with sequences/{example}/image_2. "
            f"Received: {', '.join(found) or 'no sequence'}."
        )
    return [_odometry_recording(root, name) for name in names]


def raw_calibration(day_folder: str | Path) -> dict[int, RawCamera]:
    """The colour cameras {2: left, 3: right} of a day, from its two calibration files.

    calib_cam_to_cam.txt projects points of the rectified camera 0 with P_rect = K [I | t]. So
    camera_from_velodyne = [I | t] @ R_rect_00 @ [R | T of calib_velo_to_cam.txt].

    Raises:
      KittiError: a file or a line of it is missing or damaged.
    """
    day_folder = Path(day_folder)
    velodyne, cameras = day_folder / "calib_velo_to_cam.txt", day_folder / "calib_cam_to_cam.txt"
    rotation = kitti_files.read_calibration(velodyne, "R", 3, 3)
    translation = kitti_files.read_calibration(velodyne, "T", 3)
    rectify = kitti_files.read_calibration(cameras, "R_rect_00", 3, 3)
    from_velodyne = kitti_files.motion(rectify @ rotation, rectify @ translation)
    calibration = {}
    for camera in COLOUR_CAMERAS:
        intrinsics, shift, size = _rectified_camera(cameras, camera)
        calibration[camera] = RawCamera(intrinsics, shift @ from_velodyne, size)
    return calibration


def raw_image_path(root: str | Path, drive: str, camera: int, frame: int) -> Path | None:
    """The image of a frame, of any type; None if missing. `drive`: see `improved_depth_path`."""
    folder = Path(root) / drive / f"image_{camera:02d}" / "data"
    paths = (folder / f"{frame:010d}{suffix}" for suffix in IMAGE_TYPES)
    return next((path for path in paths if path.exists()), None)


def velodyne_path(root: str | Path, drive: str, frame: int) -> Path:
    """The laser scan of a frame; a few are missing. `drive`: see `improved_depth_path`."""
    return Path(root) / drive / "velodyne_points" / "data" / f"{frame:010d}.bin"


def improved_depth_path(root: str | Path, drive: str, camera: int, frame: int) -> Path:
    """The improved depth of a frame (Uhrig et al., 3DV 2017), uint16 PNG: `truth_files.read_depth`.

    Args:
      root: data_depth_annotated, which holds train/ and val/.
      drive: as in `kitti_splits`: "2011_09_26/2011_09_26_drive_0002_sync".
      camera: 2 or 3.
      frame: frame number; the first and last five frames of a drive have no file.
    """
    root, name = Path(root), Path(drive).name
    part = "val" if (root / "val" / name).is_dir() else "train"
    folder = root / part / name / "proj_depth" / "groundtruth" / f"image_{camera:02d}"
    return folder / f"{frame:010d}.png"


def _raw_recording(drive: Path, camera: int, held_out: set | None) -> Recording | None:
    """One camera of a drive; None without images. `held_out`: (drive, frame); None: keep all."""
    images = _numbered_images(drive / f"image_{camera:02d}" / "data")
    if not images:
        return None
    intrinsics, _, size = _rectified_camera(drive.parent / "calib_cam_to_cam.txt", camera)
    why_not, note = _keep_all, ""
    if held_out is not None:
        flow_frames = {frame for name, frame in held_out if name == _drive_name(drive)}
        why_not = partial(_why_not_for_training, drive / "oxts" / "data", flow_frames)
        if not (drive / "oxts" / "data").is_dir():
            note = NOT_CHECKED
    return Recording(
        name=f"{drive.name.removesuffix('_sync')}_{camera:02d}",
        num_frames=max(images) - min(images) + 1,
        intrinsics=intrinsics,
        read=partial(_frames, images, why_not, size=size),
        note=note,
    )


def _odometry_recording(root: Path, name: str) -> Recording:
    folder = root / "sequences" / name
    for camera in (2, 0):
        images = _numbered_images(folder / f"image_{camera}")
        if images:
            break
    else:
        raise KittiError(f"{folder}: expected images in image_2 or image_0. Received: none.")
    intrinsics, shift = kitti_files.read_projection(folder / "calib.txt", f"P{camera}")
    poses = kitti_files.read_poses(root / "poses" / f"{name}.txt", max(images) + 1)
    if poses is not None:
        poses = poses @ np.linalg.inv(shift)
    return Recording(
        name=f"odometry_{name}",
        num_frames=max(images) - min(images) + 1,
        intrinsics=intrinsics,
        read=partial(_frames, images, _keep_all, poses=poses),
    )


def _frames(
    images: dict[int, Path],
    why_not: Callable[[int], str | None],
    size: tuple[int, int] | None = None,
    poses: np.ndarray | None = None,
) -> Iterator[Frame | Excluded]:
    """Reads images by number; `why_not` returns the reason to leave a number out, or None."""
    numbers = range(min(images), max(images) + 1)
    items = read_frames(images.get(number) for number in numbers)
    for number, item in zip(numbers, items, strict=True):
        reason = None if isinstance(item, Excluded) else why_not(number)
        if reason is not None:
            item = Excluded(reason)
        elif isinstance(item, Frame):
            _check_size(item.image, size, images[number])
            item = item if poses is None else dataclasses.replace(item, pose=poses[number])
        yield item


def _check_size(image: np.ndarray, size: tuple[int, int] | None, path: Path) -> None:
    if size is not None and image.shape[:2] != size:
        raise KittiError(
            f"{path}: expected {size[1]}x{size[0]} pixels, as the calibration says. "
            f"Received: {image.shape[1]}x{image.shape[0]}."
        )


def _keep_all(_: int) -> None:
    return None


def _why_not_for_training(oxts: Path, flow_frames: set[int], number: int) -> str | None:
    if number in flow_frames:
        return "flow benchmark"
    speed = kitti_files.read_speed(oxts / f"{number:010d}.txt")
    return "camera stands still" if speed is not None and speed < STANDSTILL else None


def _drive_name(folder: Path) -> str:
    """ "2011_09_26/2011_09_26_drive_0001_sync", as in `kitti_splits`."""
    return f"{folder.parent.name}/{folder.name}"


def _rectified_camera(path: Path, camera: int) -> tuple[np.ndarray, np.ndarray, tuple[int, int]]:
    """Intrinsics [3, 3], motion [4, 4] from camera 0, (height, width); calib_cam_to_cam.txt."""
    intrinsics, shift = kitti_files.read_projection(path, f"P_rect_{camera:02d}")
    return intrinsics, shift, kitti_files.read_size(path, f"S_rect_{camera:02d}")


def _numbered_images(folder: Path) -> dict[int, Path]:
    """{frame number: file} of images named like 0000000005.png; empty without the folder."""
    paths = image_files(folder)
    strange = [p for p in paths if not (p.stem.isdecimal() and int(p.stem) <= LAST_FRAME)]
    if strange:
        raise KittiError(f"{strange[0]}: expected a frame's number as name. Received: another.")
    return {int(path.stem): path for path in paths}
