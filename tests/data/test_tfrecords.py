import itertools
import json

import numpy as np
import pytest
import tensorflow as tf

from dfnet_tf.data import tfrecord_clip, tfrecord_writer
from dfnet_tf.data.batches import broken_frames, pipeline
from dfnet_tf.data.clip_writer import ClipWriter
from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.errors import ClipError
from dfnet_tf.presets import preset

CONFIG = preset("tiny").replace(data__height=32, data__width=64, data__batch_size=2).data
INTRINSICS = np.array([[100.1, 0, 63.5], [0, 99.9, 31.5], [0, 0, 1]])
LENGTHS = {"a": 5, "b": 3, "c": 4, "d": 6}


@pytest.fixture
def folder(tmp_path):
    """Four clips of noise; the first has all kinds of truth, the last has guessed intrinsics."""
    rng = np.random.default_rng(0)
    for name, length in LENGTHS.items():
        with ClipWriter(tmp_path / "clips" / name) as writer:
            writer.intrinsics = INTRINSICS
            writer.intrinsics_note = "guessed" if name == "d" else ""
            for i in range(length):
                image = rng.integers(0, 256, (64, 128, 3), dtype=np.uint8)
                depth, flow, pose = np.full([4, 8], 1.0 + i), np.full([64, 128, 2], i), np.eye(4)
                pose[0, 3] = i / 3
                writer.add(image, *((depth, flow, None, pose) if name == "a" else ()))
    (tmp_path / "clips" / "dataset.json").write_text('{"totals": 18}')
    return tmp_path / "clips"


@pytest.fixture
def made(folder):
    """The folder of the same clips as records, in two shards."""
    tfrecord_writer.write_records(folder, folder.parent / "records", 2)
    return folder.parent / "records"


def test_clips_read_alike_from_files_and_from_records(folder, made):
    files, stored = read_clips(folder), read_clips(made)
    assert [c.name for c in stored] == [c.name for c in files] == list(LENGTHS)
    for expected, received in zip(files, stored, strict=True):
        assert len(received) == len(expected) and received.size == expected.size
        assert received.intrinsics_guessed == expected.intrinsics_guessed
        np.testing.assert_array_equal(received.intrinsics, expected.intrinsics)
        np.testing.assert_array_equal(received.poses(), expected.poses())
        for i in range(len(expected)):
            np.testing.assert_array_equal(received.image(i), expected.image(i))
            np.testing.assert_array_equal(received.depth(i), expected.depth(i))
            for part in (0, 1) if expected.flow(i) else ():
                np.testing.assert_array_equal(received.flow(i)[part], expected.flow(i)[part])
    assert stored[3].intrinsics_guessed and stored[1].flow(0) is None
    assert (made / "dataset.json").read_text() == '{"totals": 18}'


def test_every_batch_is_the_same_from_both_formats(folder, made):
    from_files, from_records = (
        pipeline.training_batches(read_clips(source), CONFIG, seed=3, first_step=2)
        for source in (folder, made)
    )
    for expected, received in itertools.islice(zip(from_files, from_records, strict=False), 6):
        for name in expected:
            np.testing.assert_array_equal(received[name], expected[name])


def test_shards_are_plain_tfrecords_of_examples_with_the_files_own_bytes(folder, made):
    features = {
        **{name: tf.io.FixedLenFeature([], tf.string) for name in ("clip", "file", "images")},
        "index": tf.io.FixedLenFeature([], tf.int64),
        "depth": tf.io.FixedLenFeature([], tf.string, ""),
        "pose": tf.io.FixedLenSequenceFeature([], tf.float32, allow_missing=True),
    }
    paths = sorted(made.glob("*.tfrecord"))
    assert [p.name for p in paths] == [f"train-0000{i}-of-00002.tfrecord" for i in (0, 1)]
    seen = set()
    for record in tf.data.TFRecordDataset([str(path) for path in paths]):
        example = tf.io.parse_single_example(record, features)
        name, file = (example[key].numpy().decode() for key in ("clip", "file"))
        path = folder / name / "images" / file
        assert example["images"].numpy() == path.read_bytes()
        assert example["index"].numpy() == int(path.stem)
        depth = folder / name / "depth" / f"{path.stem}.png"
        assert example["depth"].numpy() == (depth.read_bytes() if depth.exists() else b"")
        if name == "a":
            pose = example["pose"].numpy().reshape(3, 4)
            assert pose[0, 3] == pytest.approx(int(path.stem) / 3)
        seen.add((name, file))
    assert len(seen) == sum(LENGTHS.values())


def test_shards_are_balanced_and_no_clip_is_split(made):
    clips = read_clips(made)
    shards = [{frame["images"].path for frame in c.frames} for c in clips]
    assert all(len(paths) == 1 for paths in shards)
    loads = {path: 0 for paths in shards for path in paths}
    for c, (path,) in zip(clips, shards, strict=True):
        loads[path] += len(c)
    assert sorted(loads.values()) == [9, 9]


def test_there_are_no_more_shards_than_clips(folder):
    tfrecord_writer.write_records(folder, folder.parent / "many", 99)
    assert len(list((folder.parent / "many").glob("*.tfrecord"))) == 4
    with pytest.raises(ValueError, match="`num_shards` must be 1 to 99999. Received: 0"):
        tfrecord_writer.write_records(folder, folder.parent / "none", 0)


def test_clips_with_equal_names_get_different_labels(folder):
    for source, target in (("b", "x/same"), ("c", "y/same")):
        (folder / target).parent.mkdir()
        (folder / source).rename(folder / target)
    tfrecord_writer.write_records(folder, folder.parent / "records", 2)
    names = [one.name for one in read_clips(folder.parent / "records")]
    assert sorted(names) == ["a", "d", "x_same", "y_same"]


def test_an_error_leaves_nothing_behind(folder):
    (folder / "c" / "intrinsics.txt").write_text("1 2 3")
    with pytest.raises(ClipError, match="3x3"):
        tfrecord_writer.write_records(folder, folder.parent / "records", 2)
    assert [path.name for path in folder.parent.iterdir()] == ["clips"]


def _error_of_training(clips):
    with pytest.raises(ClipError) as error, broken_frames.tolerated(10, 0.0) as broken:
        batches = pipeline.training_batches(clips, CONFIG, 0, broken=broken)
        for _ in zip(range(9), batches, strict=False):
            pass
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_damaged_record_is_named(made):
    stored = read_clips(made)[2].stored("images", 1)
    with open(stored.path, "r+b") as shard:
        shard.seek(stored.offset)
        shard.write(bytes(64))
    message = _error_of_training(read_clips(made))
    assert message.startswith(f"{stored.path}, c/images/000001.jpg: expected an image file.")


def test_a_cut_off_shard_is_named_at_once(made):
    stored = read_clips(made)[2].stored("images", 3)
    stored.path.write_bytes(stored.path.read_bytes()[: stored.offset + 100])
    with pytest.raises(ClipError, match=f"c/images/000003.jpg in bytes .*{stored.path.name}"):
        read_clips(made)
    stored.path.unlink()
    with pytest.raises(ClipError, match=f"the shard {stored.path.name}. Received: no such"):
        read_clips(made)


def test_a_shard_cut_off_while_it_is_in_use_is_named(made):
    clips = read_clips(made)
    path = clips[2].stored("images", 3).path
    path.write_bytes(path.read_bytes()[:-2000])
    assert f"{path}, " in _error_of_training(clips)


DAMAGE = {
    "not JSON": (lambda _: None, "index.json: expected an index of records"),
    "another version": (lambda index: index.update(version=2), "version 1. Received: 2"),
    "a million shards": (lambda index: index.update(num_shards=10**6), "a number of shards"),
    "no shards": (lambda index: index.update(num_shards=True), "a number of shards"),
    "a shard too many": (lambda index: index.update(num_shards=3), "train-00000-of-00003"),
    "no clips": (lambda index: index.update(clips=[]), "clips of different names"),
    "clips of one name": (lambda index: index["clips"][1].update(name="a"), "different names"),
    "clips of a number": (lambda index: index.update(clips=7), "expected an index of records"),
    "no name": (lambda index: index["clips"][0].pop("name"), "KeyError 'name'"),
    "a path up": (lambda index: index["clips"][0].update(name="../a"), "name that is no path"),
    "a root": (lambda index: index["clips"][0].update(name="/etc"), "name that is no path"),
    "a dot": (lambda index: index["clips"][0].update(name=".."), "name that is no path"),
    "a zero byte": (lambda index: index["clips"][0].update(name="a\0"), "name that is no path"),
    "an empty name": (lambda index: index["clips"][0].update(name=""), "name that is no path"),
    "a size of one": (lambda index: index["clips"][0].update(size=[64]), r"a: \(height, width\)"),
    "a size below 0": (lambda index: index["clips"][0].update(size=[64, -1]), r"\(height, width\)"),
    "no number": (lambda index: index["clips"][0].update(size="ab"), r"a: \(height, width\)"),
    "no such shard": (lambda index: index["clips"][0].update(shard=2), "a: a shard. Received: 2"),
    "intrinsics": (lambda index: index["clips"][0].update(intrinsics=[[1]]), "a: .*3x3"),
    "ragged": (lambda index: index["clips"][0].update(intrinsics=[[1], 2]), "index of records"),
    "a guess of 1": (lambda index: index["clips"][0].update(intrinsics_guessed=1), "true or false"),
    "poses": (lambda index: index["clips"][0].update(poses=[[1.0] * 12]), "a: .*5 images"),
    "no frames": (lambda index: index["clips"][0].update(frames=[]), "names of images"),
    "a file up": (lambda index: _frame(index).update(file="../a.jpg"), "names of images"),
    "no image": (lambda index: _frame(index).update(file="a.txt"), "names of images"),
    "disorder": (lambda index: _frame(index).update(file="9.jpg"), "in the order of their names"),
    "no bytes": (lambda index: _frame(index).update(images=None), "index of records"),
    "before 0": (lambda index: _frame(index).update(images=[-1, 4]), "in bytes -1 to 3"),
    "beyond": (lambda index: _frame(index).update(images=[5, 10**15]), "Received: a file of"),
    "backwards": (lambda index: _frame(index).update(images=[500, -90]), "in bytes 500 to 410"),
    "half a byte": (lambda index: _frame(index).update(depth=[0.5, 4]), "two integers"),
}


def _frame(index):
    return index["clips"][0]["frames"][0]


@pytest.mark.parametrize("kind", DAMAGE)
def test_an_index_is_not_trusted(made, kind):
    path = made / tfrecord_clip.INDEX_FILE
    change, message = DAMAGE[kind]
    index = json.loads(path.read_text())
    change(index)
    path.write_text(json.dumps(index) if kind != "not JSON" else "{")
    with pytest.raises(ClipError, match=message) as error:
        read_clips(made)
    assert str(error.value).startswith(str(path))
