"""Clips in sharded TFRecords: a folder of shards and index.json, which locates every file.

{"version": 1, "num_shards": 8, "clips": [{"name": "drive", "size": [height, width], "intrinsics":
[[fx, 0, cx], [0, fy, cy], [0, 0, 1]], "intrinsics_guessed": false, "poses": null or 12 numbers per
frame, "shard": 0, "frames": [{"file": "000000.jpg", "images": [offset, length], "depth": ...}]}]}

An offset is the position, in bytes, of a frame's file in the shard. Frames are read in any order
without parsing the records around them. The index is untrusted, like any downloaded file.
"""

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from dfnet_tf.data.clip import Clip, checked_poses
from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files import image_limits
from dfnet_tf.data.files.image_files import IMAGE_TYPES
from dfnet_tf.data.files.intrinsics_files import checked_intrinsics
from dfnet_tf.data.files.natural_order import natural_key
from dfnet_tf.data.files.stored_bytes import BROKEN_JSON, Stored

INDEX_FILE = "index.json"
VERSION = 1
TRUTH_KINDS = ("depth", "flow", "moving", "visible")  # Sub-folders of a clip with PNG files.
MAX_SHARDS = 99_999
MOST_INDEX = 2**27  # Bytes, enough for a million frames.
MOST_TOLD = 500  # Longest error text, because an error may quote a value of any length.


@dataclass(frozen=True, eq=False)
class RecordClip(Clip):
    """A clip in a shard. `folder` and `images` are only names of its contents."""

    frames: tuple[dict[str, Stored], ...] = ()  # By kind.
    camera_to_world: np.ndarray | None = None

    def stored(self, kind: str, i: int) -> Stored | None:
        return self.frames[i].get(kind)

    def poses(self) -> np.ndarray | None:
        return self.camera_to_world


def shard_file(number: int, num_shards: int) -> str:
    """The file name of a shard, in the style of TensorFlow Datasets."""
    return f"train-{number:05d}-of-{num_shards:05d}.tfrecord"


def read_records(folder: Path) -> list[RecordClip]:
    """Opens every clip of a folder of records; reads only the index.

    Raises:
      ClipError: the index violates the format, or a shard is missing or too short.
    """
    path = folder / INDEX_FILE
    try:
        index = json.loads(Stored(path).read(MOST_INDEX))
        _require(index["version"] == VERSION, f"version {VERSION}", index["version"])
        shards = _shards(folder, index["num_shards"])
        clips = [_clip(folder, entry, shards) for entry in index["clips"]]
        names = [clip.name for clip in clips]
        _require(names and len(set(names)) == len(names), "clips of different names", names)
    except ClipError as error:
        raise ClipError(f"{path}: {str(error)[:MOST_TOLD]}") from error
    except (*BROKEN_JSON, OSError) as error:
        received = f"{type(error).__name__} {error}"[:MOST_TOLD]
        raise ClipError(f"{path}: expected an index of records. Received: {received}.") from error
    return clips


def _shards(folder: Path, num_shards) -> list[tuple[Path, int]]:
    """The path and the size in bytes of every shard."""
    _require(_is_count(num_shards) and num_shards <= MAX_SHARDS, "a number of shards", num_shards)
    paths = [folder / shard_file(number, num_shards) for number in range(num_shards)]
    for path in paths:
        _require(path.is_file(), f"the shard {path.name}", "no such file")
    return [(path, path.stat().st_size) for path in paths]


def _clip(folder: Path, entry: dict, shards: list[tuple[Path, int]]) -> RecordClip:
    name, size, number = entry["name"], tuple(entry["size"]), entry["shard"]
    _require(_is_file_name(name), "a clip's name that is no path", name)
    _require(len(size) == 2 and all(map(_is_count, size)), f"{name}: (height, width)", size)
    _require(type(number) is int and 0 <= number < len(shards), f"{name}: a shard", number)
    image_limits.check(*size[::-1])
    guessed, poses = entry["intrinsics_guessed"], entry["poses"]
    _require(type(guessed) is bool, f"{name}: intrinsics_guessed true or false", guessed)
    frames, files = entry["frames"], [frame["file"] for frame in entry["frames"]]
    _require(files and all(map(_is_image_name, files)), f"{name}: names of images", files[:3])
    ordered = sorted(set(files), key=lambda file: natural_key(PurePosixPath(file)))
    _require(ordered == files, f"{name}: frames in the order of their names", "another order")
    return RecordClip(
        folder=folder / name,
        images=tuple(folder / name / "images" / file for file in files),
        size=size,
        intrinsics=checked_intrinsics(entry["intrinsics"], size, name),
        intrinsics_guessed=guessed,
        frames=tuple(_frame(name, frame, *shards[number]) for frame in frames),
        camera_to_world=None if poses is None else _poses(poses, len(files), name),
    )


def _poses(rows: list, num_images: int, name: str) -> np.ndarray:
    return checked_poses(np.array(rows, np.float64), num_images, name)


def _frame(clip_name: str, frame: dict, shard: Path, shard_size: int) -> dict[str, Stored]:
    """The locations of one frame's files, by kind."""
    stored = {}
    for kind in ("images", *TRUTH_KINDS):
        if kind in frame or kind == "images":
            offset, length = frame[kind]
            label = f"{clip_name}/{kind}/{frame['file']}"
            _require(type(offset) is type(length) is int, f"{label}: two integers", frame[kind])
            end = offset + length
            _require(
                0 <= offset <= end <= shard_size,
                f"{label} in bytes {offset} to {end} of {shard.name}",
                f"a file of {shard_size} bytes",
            )
            stored[kind] = Stored(shard, offset, length, label)
    return stored


def _is_count(value) -> bool:
    return type(value) is int and value > 0  # isinstance would accept a bool.


def _is_file_name(value) -> bool:
    """True for a plain, not hidden file name without a path, on any system."""
    is_plain = type(value) is str and value.isprintable() and not set(value) & set("/\\")
    return is_plain and value != "" and not value.startswith(".")


def _is_image_name(value) -> bool:
    return _is_file_name(value) and PurePosixPath(value).suffix.lower() in IMAGE_TYPES


def _require(condition: bool, expected: str, received) -> None:
    if not condition:
        raise ClipError(f"expected {expected}. Received: {received}.")
