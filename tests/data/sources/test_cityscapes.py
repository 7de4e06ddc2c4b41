"""Properties of the Cityscapes reader."""

import json

import cv2
import numpy as np
import pytest
from dataset_trees import write_cityscapes_tree

from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.sources import cityscapes
from dfnet_tf.data.sources.recording import Excluded, Frame
from dfnet_tf.data.sources.synthetic import render_clip


@pytest.fixture(scope="module")
def rendered():
    return render_clip(seed=0, num_frames=4, height=32, width=64)


def image_file(root, frame, city="aachen", sequence=0):
    name = f"{city}_{sequence:06d}_{frame:06d}_leftImg8bit.png"
    return root / "leftImg8bit_sequence" / "train" / city / name


def camera_file(root, frame, city="aachen"):
    return root / "camera" / "train" / city / f"{city}_000000_{frame:06d}_camera.json"


def test_a_snippet_is_a_recording_of_its_frames_and_its_camera(tmp_path, rendered):
    write_cityscapes_tree(tmp_path, rendered, "ulm", sequence=7, first=40)
    (recording,) = cityscapes.recordings(tmp_path)
    assert (recording.name, recording.num_frames) == ("ulm_000007_000040", 4)
    assert recording.kept_rows == 0.75
    np.testing.assert_allclose(recording.intrinsics, rendered.intrinsics, rtol=1e-6)
    images = [frame.image for frame in recording.read()]
    np.testing.assert_array_equal(images, rendered.images)


def test_intrinsics_follow_a_smaller_copy_of_the_images(tmp_path, rendered):
    write_cityscapes_tree(tmp_path, rendered)
    values = {"fx": 2262.52, "fy": 2265.3, "u0": 1096.98, "v0": 513.137}
    camera_file(tmp_path, 19).write_text(json.dumps({"intrinsic": values}))
    (recording,) = cityscapes.recordings(tmp_path)
    (fx, _, cx), (_, fy, cy), _ = recording.intrinsics  # 64x32 of 2048x1024: a 32nd.
    assert (fx, fy) == pytest.approx((2262.52 / 32, 2265.3 / 32))
    assert (cx, cy) == pytest.approx((1097.48 / 32 - 0.5, 513.637 / 32 - 0.5))


def test_cities_sequences_and_distant_snippets_are_apart(tmp_path, rendered):
    write_cityscapes_tree(tmp_path, rendered, "ulm", sequence=1)
    write_cityscapes_tree(tmp_path, rendered, "ulm", sequence=0)
    write_cityscapes_tree(tmp_path, rendered, "bonn", sequence=0, first=600)
    write_cityscapes_tree(tmp_path, rendered, "bonn", sequence=0, first=5)
    write_cityscapes_tree(tmp_path, rendered, "jena", split="val")
    found = cityscapes.recordings(tmp_path)
    names = ["bonn_000000_000005", "bonn_000000_000600", "ulm_000000_000000", "ulm_000001_000000"]
    assert [recording.name for recording in found] == names
    assert [r.name for r in cityscapes.recordings(tmp_path, "val")] == ["jena_000000_000000"]


def test_a_snippet_takes_its_own_camera_of_a_long_sequence(tmp_path, rendered):
    write_cityscapes_tree(tmp_path, rendered, first=0)
    write_cityscapes_tree(tmp_path, rendered, first=600)
    for frame, focal in ((19, 2000), (619, 3000)):
        values = {"fx": focal, "fy": focal, "u0": 1024, "v0": 512}
        camera_file(tmp_path, frame).write_text(json.dumps({"intrinsic": values}))
    focal = [recording.intrinsics[0, 0] for recording in cityscapes.recordings(tmp_path)]
    assert focal == [2000 / 32, 3000 / 32]


def test_missing_and_broken_frames_leave_holes(tmp_path, rendered):
    write_cityscapes_tree(tmp_path, rendered)
    image_file(tmp_path, 1).unlink()
    image_file(tmp_path, 2).write_bytes(b"no image")
    (recording,) = cityscapes.recordings(tmp_path)
    assert recording.num_frames == 4
    first, *holes, last = recording.read()
    assert holes == [Excluded("missing frame"), Excluded("cannot be decoded")]
    np.testing.assert_array_equal([first.image, last.image], rendered.images[[0, 3]])


def test_other_files_are_no_frames(tmp_path, rendered):
    write_cityscapes_tree(tmp_path, rendered)
    for name in ("aachen_000000_000004_gtFine.png", "notes_leftImg8bit.png", ".DS_Store"):
        image_file(tmp_path, 0).with_name(name).touch()
    (recording,) = cityscapes.recordings(tmp_path)
    assert [type(frame) for frame in recording.read()] == [Frame] * 4


def test_a_broken_first_image_breaks_no_data_set(tmp_path, rendered):
    write_cityscapes_tree(tmp_path, rendered)
    image_file(tmp_path, 0).write_bytes(b"no image")
    (recording,) = cityscapes.recordings(tmp_path)
    np.testing.assert_allclose(recording.intrinsics, rendered.intrinsics, rtol=1e-6)
    for i in range(1, 4):
        image_file(tmp_path, i).write_bytes(b"no image")
    with pytest.raises(ClipError, match="000000_leftImg8bit.png: expected an image"):
        cityscapes.recordings(tmp_path)


def test_a_snippet_of_another_size_than_the_first_ones_is_refused(tmp_path, rendered):
    write_cityscapes_tree(tmp_path, rendered, "bonn")
    write_cityscapes_tree(tmp_path, render_clip(0, 1, 64, 128), "ulm")
    _, recording = cityscapes.recordings(tmp_path)
    with pytest.raises(ClipError, match="calibration's size, 64x32. Received: 128x64"):
        next(recording.read())


def test_an_image_of_another_size_is_refused(tmp_path, rendered):
    write_cityscapes_tree(tmp_path, rendered)
    cv2.imwrite(str(image_file(tmp_path, 2)), np.zeros((64, 64, 3), np.uint8))
    (recording,) = cityscapes.recordings(tmp_path)
    with pytest.raises(ClipError, match="000002_leftImg8bit.png: .* size, 64x32. Received: 64x64"):
        list(recording.read())


def test_what_is_no_cityscapes_tree_is_refused(tmp_path, rendered):
    with pytest.raises(ClipError, match="expected leftImg8bit_sequence/train/CITY.*Received: none"):
        cityscapes.recordings(tmp_path)
    with pytest.raises(ClipError, match="Received: no such folder"):
        cityscapes.recordings(tmp_path / "none")
    (tmp_path / "leftImg8bit").mkdir()
    with pytest.raises(ClipError, match="single images make no clips"):
        cityscapes.recordings(tmp_path)
    write_cityscapes_tree(tmp_path, rendered)
    with pytest.raises(ClipError, match="expected leftImg8bit_sequence/test/CITY"):
        cityscapes.recordings(tmp_path, "test")


def test_a_missing_camera_file_is_refused(tmp_path, rendered):
    write_cityscapes_tree(tmp_path, rendered)
    camera_file(tmp_path, 19).unlink()
    with pytest.raises(ClipError, match="aachen_000000_FRAME_camera.json. Received: no such file"):
        cityscapes.recordings(tmp_path)


@pytest.mark.parametrize(
    ("text", "received"),
    [
        ("not JSON", "JSONDecodeError"),
        ("[1]", "TypeError"),
        ('{"intrinsic": {"fx": 1, "fy": 1, "u0": 1}}', "KeyError, 'v0'"),
        ('{"intrinsic": {"fx": "x", "fy": 1, "u0": 1, "v0": 1}}', "ValueError"),
        ('{"intrinsic": {"fx": NaN, "fy": 1, "u0": 1, "v0": 1}}', "positive focal lengths"),
        ('{"intrinsic": {"fx": -1, "fy": 1, "u0": 1, "v0": 1}}', "Received: -1.0 1.0"),
    ],
)
def test_a_damaged_camera_file_is_named(tmp_path, rendered, text, received):
    write_cityscapes_tree(tmp_path, rendered)
    camera_file(tmp_path, 19).write_text(text)
    with pytest.raises(ClipError, match=f"000019_camera.json: .*{received}"):
        cityscapes.recordings(tmp_path)
