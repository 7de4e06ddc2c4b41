"""The TUM RGB-D benchmark (Sturm et al., IROS 2012): colour, depth and motion of hand-held cameras.

rgb.txt, depth.txt     lines "timestamp file"; comments begin with #
groundtruth.txt        lines "timestamp tx ty tz qx qy qz qw": colour camera to world
depth/*.png            uint16, 5000 = 1 m, 0 = none; registered to the colour image
"""

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
from scipy.spatial.transform import Rotation

from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files import truth_files
from dfnet_tf.data.files.stored_bytes import read_text
from dfnet_tf.data.sources.image_frames import read_frames
from dfnet_tf.data.sources.recording import Excluded, Frame, Recording

SIZE = 480, 640  # Height and width of the images to which the calibrations refer.
DEPTH_SCALE = 5000.0  # Stored value = metres * 5000.
LONGEST_DIFFERENCE = 0.02  # Seconds between matching entries, as in the benchmark's associate.py.
MOST_AT_A_MOMENT = 100  # Entries within twice that time; more would make too many pairs.
# fx, fy, cx, cy of the colour cameras, from the benchmark's page on calibration. The first two have
# a lens distortion (k1 of 0.26 and 0.23), which stays in the images. The third's images are
# undistorted.
CAMERAS = {
    "1": (517.3, 516.5, 318.6, 255.3),
    "2": (520.9, 521.0, 325.1, 249.7),
    "3": (535.4, 539.2, 320.1, 247.6),
}
CAMERA_IN_NAME = re.compile(r"(?<![a-z])fr(?:eiburg)?([123])(?!\d)", re.IGNORECASE)
OTHER_CAMERA = 525.0, 525.0, 319.5, 239.5  # ROS's default for such a camera.


def recordings(root: str | Path) -> list[Recording]:
    """One recording for a sequence's folder, or for each sequence in a folder.

    The folder's name determines the camera: names with "freiburg1" to "freiburg3", or "fr1" to
    "fr3", get the published calibrations. Others get ROS's default for a Kinect, with a `note`.
    There is also a note if no pose, or no depth, matches the time of any image.

    A frame gets the depth and pose nearest in time. It may lack depth. A frame without a pose is
    excluded, unless no frame has one.

    Raises:
      ClipError: no rgb.txt, or a damaged list.
    """
    root = Path(root)
    is_one = (root / "rgb.txt").is_file()
    folders = [root] if is_one else sorted(path.parent for path in root.glob("[!.]*/rgb.txt"))
    if not folders:
        raise ClipError(
            f"{root}: expected a TUM RGB-D sequence, with rgb.txt, or a folder of such. "
            f"Received: {'neither' if root.is_dir() else 'no such folder'}."
        )
    return [_recording(folder.resolve()) for folder in folders]


def associate(seconds: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Matches two sorted lists of times one to one, nearest pairs first.

    As in the benchmark's associate.py, matches differ by less than LONGEST_DIFFERENCE.

    Returns:
      The index in `others` for each of `seconds`, -1 without a match.
    """
    starts = np.searchsorted(others, seconds - LONGEST_DIFFERENCE)
    ends = np.searchsorted(others, seconds + LONGEST_DIFFERENCE, side="right")
    candidates = sorted(
        (abs(seconds[i] - others[k]), i, k)
        for i in range(len(seconds))
        for k in range(starts[i], ends[i])
    )
    partners = np.full(len(seconds), -1)
    taken = set()
    for difference, i, k in candidates:
        if partners[i] < 0 and k not in taken and difference < LONGEST_DIFFERENCE:
            partners[i] = k
            taken.add(k)
    return partners


def _recording(folder: Path) -> Recording:
    file_in_folder = functools.partial(_file_in, folder)
    seconds, images = _read_list(folder / "rgb.txt", file_in_folder)
    depths, without_depth = _partners(seconds, folder / "depth.txt", file_in_folder)
    poses, without_pose = _partners(seconds, folder / "groundtruth.txt", _pose)
    known = CAMERA_IN_NAME.search(folder.name)
    fx, fy, cx, cy = CAMERAS[known[1]] if known else OTHER_CAMERA
    default = "intrinsics: ROS's default for a Kinect, as the folder's name has no freiburg1 to 3"
    notes = [without_depth, without_pose, "" if known else default]
    return Recording(
        name=folder.name,
        num_frames=len(images),
        intrinsics=np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]]),
        read=functools.partial(_read, images, depths, poses),
        note="; ".join(filter(None, notes)),
    )


def _read(images: list[Path], depths: list, poses: list) -> Iterator[Frame | Excluded]:
    has_poses = any(pose is not None for pose in poses)
    for frame, depth, pose in zip(read_frames(images, SIZE), depths, poses, strict=True):
        if isinstance(frame, Excluded):
            yield frame
        elif has_poses and pose is None:
            yield Excluded("no pose")
        else:
            yield _with_depth(frame.image, depth, pose)


def _with_depth(image: np.ndarray, path: Path | None, pose: np.ndarray | None) -> Frame | Excluded:
    if path is None:
        return Frame(image, pose=pose)
    try:
        stored = truth_files.read_depth(path) * np.float32(truth_files.DEPTH_SCALE)
    except ClipError:
        return Excluded("depth cannot be decoded")
    return Frame(image, stored / np.float32(DEPTH_SCALE), pose)


def _partners(seconds: np.ndarray, path: Path, read: Callable) -> tuple[list, str]:
    """For each of `seconds`, `read` of the matching line, or None without a match.

    Also returns a note if there are lines but none matches.
    """
    if not path.is_file():
        return [None] * len(seconds), ""
    others, values = _read_list(path, read)
    found = associate(seconds, others)
    note = ""
    if (found < 0).all() and len(others) and len(seconds):
        note = (
            f"none of the {len(others)} lines of {path.name} is within {LONGEST_DIFFERENCE} s of "
            f"an image: their times are {others[0]:.2f} to {others[-1]:.2f}, the images' times "
            f"{seconds[0]:.2f} to {seconds[-1]:.2f}; both must use the same clock, in seconds"
        )
    return [values[k] if k >= 0 else None for k in found], note


def _read_list(path: Path, read: Callable[[list[str]], object]) -> tuple[np.ndarray, list]:
    """The sorted times of a list's lines, and `read` of the words after each time."""
    found = []
    for number, line in enumerate(read_text(path).splitlines(), 1):
        words = line.replace(",", " ").split()
        if not words or words[0].startswith("#"):
            continue
        try:
            found.append((_finite(words[:1])[0], read(words[1:])))
        except (ValueError, IndexError) as error:
            raise ClipError(
                f"{path}, line {number}: expected a time stamp and a file's name, or a position "
                f"and a quaternion. Received: {line[:100]!r}."
            ) from error
    found.sort(key=lambda pair: pair[0])
    times = np.array([time for time, _ in found])
    lasts = times[MOST_AT_A_MOMENT:] - times[:-MOST_AT_A_MOMENT]
    if lasts.size and lasts.min() <= 2 * LONGEST_DIFFERENCE:
        raise ClipError(
            f"{path}: expected time stamps in seconds that differ. Received: more than "
            f"{MOST_AT_A_MOMENT} within {2 * LONGEST_DIFFERENCE} s."
        )
    return times, [value for _, value in found]


def _pose(words: list[str]) -> np.ndarray:
    """Camera-to-world [4, 4] from the words tx ty tz qx qy qz qw."""
    numbers = _finite(words)
    pose = np.eye(4)
    pose[:3, :3] = Rotation.from_quat(numbers[3:]).as_matrix()  # ValueError if all are 0.
    pose[:3, 3] = numbers[:3]
    return _finite(pose)  # The norm of a very long quaternion may be infinite.


def _file_in(folder: Path, words: list[str]) -> Path:
    """The file of a line. Lists are untrusted and may only name files in their folder."""
    name = PurePosixPath(words[0])
    if name.is_absolute() or ".." in name.parts:
        raise ValueError(f"Expected a file in {folder}. Received: {name}.")
    return folder / name


def _finite(words: Sequence) -> np.ndarray:
    numbers = np.array(words, np.float64)
    if not np.isfinite(numbers).all():
        raise ValueError(f"Expected finite numbers. Received: {words}.")
    return numbers
