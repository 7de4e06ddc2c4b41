"""Writes clips as sharded TFRecords: few large files, which networks and archives handle better.

Each record is one frame, a self-contained tf.train.Example: `clip` and `file` are its names,
`index` its position in the clip; `images`, `depth`, `flow`, `moving`, `visible` are the bytes of
its files; `pose` holds 12 numbers, camera-to-world. Missing files are left out.
"""

import json
import shutil
from pathlib import Path

import tensorflow as tf

from dfnet_tf.data import tfrecord_clip
from dfnet_tf.data.clip import Clip
from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.tfrecord_clip import TRUTH_KINDS
from dfnet_tf.program import outputs
from dfnet_tf.program.progress import progress

HEAD, FOOT = 12, 4  # Bytes around a record: length and checksum of the length; checksum.


def write_records(clips_folder: Path, output: Path, num_shards: int) -> None:
    """Writes the clips of a folder as TFRecords that `clips.read_clips` can open.

    Files are stored unchanged. A clip stays within one shard. An existing dataset.json is copied.

    Args:
      clips_folder: a clip or a folder of clips.
      output: the folder to write, which appears whole or not at all.
      num_shards: number of files; reduced to the number of clips if larger.

    Raises:
      ValueError: `num_shards` is not in 1..99999.
      ClipError: a clip violates the format, or two clips have the same name.
    """
    if not 1 <= num_shards <= tfrecord_clip.MAX_SHARDS:
        raise ValueError(
            f"`num_shards` must be 1 to {tfrecord_clip.MAX_SHARDS}. Received: {num_shards}."
        )
    clips = read_clips(clips_folder)
    names = [clip.name for clip in clips]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ClipError(
            f"{clips_folder}: expected clips of different names. "
            f"Received: several called {', '.join(twice)}."
        )
    shards = _balanced(clips, min(num_shards, len(clips)))
    with outputs.whole_folder(output) as folder:
        entries = _write_shards(clips, shards, folder)
        index = {"version": tfrecord_clip.VERSION, "num_shards": len(shards), "clips": entries}
        (folder / tfrecord_clip.INDEX_FILE).write_text(json.dumps(index) + "\n")
        about = Path(clips_folder) / "dataset.json"
        if about.is_file():
            shutil.copyfile(about, folder / about.name)
        tfrecord_clip.read_records(folder)  # Checks the records before they replace anything.


def _balanced(clips: list[Clip], num_shards: int) -> list[list[int]]:
    """Assigns the clips, longest first, each to the shard with the fewest frames so far."""
    shards, loads = [[] for _ in range(num_shards)], [0] * num_shards
    for number in sorted(range(len(clips)), key=lambda i: -len(clips[i])):
        lightest = loads.index(min(loads))
        shards[lightest].append(number)
        loads[lightest] += len(clips[number])
    return [sorted(shard) for shard in shards]


def _write_shards(clips: list[Clip], shards: list[list[int]], folder: Path) -> list[dict]:
    """Writes the records; returns the index entries of `clips`, in their order."""
    entries = [None] * len(clips)
    with progress(None, "records", "frame", total=sum(map(len, clips))) as bar:
        for shard, numbers in enumerate(shards):
            path = folder / tfrecord_clip.shard_file(shard, len(shards))
            start = 0
            with tf.io.TFRecordWriter(str(path)) as writer:
                for number in numbers:
                    entries[number] = entry = _entry(clips[number], shard)
                    for i, pose in enumerate(entry["poses"] or [None] * len(clips[number])):
                        record, frame = _record(clips[number], i, pose, start + HEAD)
                        writer.write(record)
                        entry["frames"].append(frame)
                        start += HEAD + len(record) + FOOT
                        bar.update()
    return entries


def _entry(clip: Clip, shard: int) -> dict:
    """A clip's index entry, without its frames."""
    poses = clip.poses()
    return {
        "name": clip.name,
        "size": list(clip.size),
        "intrinsics": clip.intrinsics.tolist(),
        "intrinsics_guessed": clip.intrinsics_guessed,
        "poses": None if poses is None else poses[:, :3].reshape(-1, 12).tolist(),
        "shard": shard,
        "frames": [],
    }


def _record(clip: Clip, i: int, pose: list | None, offset: int) -> tuple[bytes, dict]:
    """Serialises a frame for `offset` in its shard; returns the record and its index entry."""
    files = {kind: clip.stored(kind, i) for kind in ("images", *TRUTH_KINDS)}
    contents = {kind: stored.read() for kind, stored in files.items() if stored}
    name = clip.images[i].name
    features = {
        "clip": _bytes_feature(clip.name.encode()),
        "file": _bytes_feature(name.encode()),
        "index": tf.train.Feature(int64_list=tf.train.Int64List(value=[i])),
        **{kind: _bytes_feature(content) for kind, content in contents.items()},
    }
    if pose is not None:
        features["pose"] = tf.train.Feature(float_list=tf.train.FloatList(value=pose))
    example = tf.train.Example(features=tf.train.Features(feature=features))
    record = example.SerializeToString(deterministic=True)
    places = {kind: [offset + record.index(data), len(data)] for kind, data in contents.items()}
    return record, {"file": name, **places}


def _bytes_feature(value: bytes):
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
