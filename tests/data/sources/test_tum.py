"""Properties of the TUM RGB-D reader."""

import cv2
import numpy as np
import pytest
from dataset_trees import FREIBURG1, write_tum_tree

from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.sources import tum
from dfnet_tf.data.sources.recording import Excluded, Frame
from dfnet_tf.data.sources.synthetic import render_clip

NUM_FRAMES = 3


@pytest.fixture(scope="module")
def rendered():
    return render_clip(seed=0, num_frames=NUM_FRAMES, height=48, width=64)


@pytest.fixture
def folder(tmp_path, rendered):
    folder = tmp_path / "rgbd_dataset_freiburg1_street"
    write_tum_tree(folder, rendered)
    return folder


def change(path, function):
    """Changes the lines of a list, except comments."""
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:2], *function(lines[2:])]))


def test_frames_come_with_depth_pose_and_camera(folder, rendered):
    (recording,) = tum.recordings(folder)
    assert (recording.name, recording.num_frames) == (folder.name, NUM_FRAMES)
    np.testing.assert_array_equal(recording.intrinsics, FREIBURG1)
    frames = list(recording.read())
    poses = [frame.pose for frame in frames]
    np.testing.assert_allclose(poses, rendered.camera_to_world, atol=2e-6)
    # The principal ray shows the same point in the rendered image and in this camera.
    x, y = np.rint(rendered.intrinsics[:2, 2]).astype(int)
    fx, fy = np.diag(FREIBURG1)[:2] / np.diag(rendered.intrinsics)[:2]
    column = round(318.6 + fx * (x - rendered.intrinsics[0, 2]))
    row = round(255.3 + fy * (y - rendered.intrinsics[1, 2]))
    for frame, image, depth in zip(frames, rendered.images, rendered.depth, strict=True):
        assert frame.image.shape == (480, 640, 3)
        np.testing.assert_allclose(frame.image[row, column], image[y, x], atol=3)
        expected = depth[y, x] if depth[y, x] < 13 else 0
        assert frame.depth[row, column] == pytest.approx(expected, abs=1e-4)


def test_5000_is_a_metre(folder):
    (path, *_) = sorted((folder / "depth").iterdir())
    stored = np.zeros((480, 640), np.uint16)
    stored[0, :3] = 5000, 12500, 65535
    cv2.imwrite(str(path), stored)
    (recording,) = tum.recordings(folder)
    depth = next(recording.read()).depth
    np.testing.assert_allclose(depth[0, :4], [1, 2.5, 13.107, 0], rtol=1e-6)


def test_a_quarter_turn_to_the_right_is_its_quaternion(folder):
    """About Y, which points down: the camera then looks along the world's X."""
    half = np.sqrt(0.5)
    change(folder / "groundtruth.txt", lambda old: [f"{old[0].split()[0]} 1 2 3 0 {half} 0 {half}"])
    (recording,) = tum.recordings(folder)
    pose = next(recording.read()).pose
    np.testing.assert_allclose(pose @ [0, 0, 1, 1], [2, 2, 3, 1], atol=1e-12)


@pytest.mark.parametrize(
    ("name", "intrinsics", "noted"),
    [
        ("rgbd_dataset_freiburg2_desk", (520.9, 521.0, 325.1, 249.7), False),
        ("rgbd_dataset_freiburg3_walking_xyz", (535.4, 539.2, 320.1, 247.6), False),
        ("my_room", (525.0, 525.0, 319.5, 239.5), True),
    ],
)
def test_the_folders_name_tells_the_camera(folder, name, intrinsics, noted):
    (recording,) = tum.recordings(folder.rename(folder.with_name(name)))
    assert tuple(recording.intrinsics[(0, 1, 0, 1), (0, 1, 2, 2)]) == intrinsics
    assert bool(recording.note) == noted


def test_the_folder_one_stands_in_has_a_name_too(folder, monkeypatch):
    monkeypatch.chdir(folder)
    (recording,) = tum.recordings(".")
    assert recording.name == folder.name


def test_a_folder_of_sequences_is_a_recording_each(folder, rendered):
    write_tum_tree(folder.with_name("another"), rendered)
    found = tum.recordings(folder.parent)
    assert [recording.name for recording in found] == ["another", folder.name]


def test_a_frame_without_depth_stays_and_one_without_pose_goes(folder):
    change(folder / "depth.txt", lambda lines: lines[1:])
    change(folder / "groundtruth.txt", lambda lines: lines[:-2])
    (recording,) = tum.recordings(folder)
    first, second, third = recording.read()
    assert first.depth is None
    assert first.pose is not None
    assert second.depth is not None
    assert third == Excluded("no pose")


@pytest.mark.parametrize("lost", [("depth.txt", "depth"), ("groundtruth.txt", "pose")])
def test_without_a_list_all_frames_stay(folder, lost):
    path, what = lost
    (folder / path).unlink()
    (recording,) = tum.recordings(folder)
    frames = list(recording.read())
    assert [type(frame) for frame in frames] == [Frame] * NUM_FRAMES
    assert [getattr(frame, what) for frame in frames] == [None] * NUM_FRAMES


def test_broken_files_leave_holes(folder):
    (image, *_), (*_, depth) = (sorted((folder / kind).iterdir()) for kind in ("rgb", "depth"))
    image.write_bytes(b"no image")
    depth.write_bytes(b"no image")
    (recording,) = tum.recordings(folder)
    first, _, last = recording.read()
    assert first == Excluded("cannot be decoded")
    assert last == Excluded("depth cannot be decoded")


def associate_as_published(first, second):
    """All pairs, nearest first, each time used once: the rule of associate.py."""
    pairs = sorted((abs(a - b), a, b) for a in first for b in second if abs(a - b) < 0.02)
    matches = {}
    for _, a, b in pairs:
        if a not in matches and b not in matches.values():
            matches[a] = b
    return matches


@pytest.mark.parametrize("seed", range(20))
def test_times_are_paired_as_the_benchmarks_tool_pairs_them(seed):
    rng = np.random.default_rng(seed)
    first, second = (np.sort(1.3e9 + rng.uniform(0, 0.4, rng.integers(0, 30))) for _ in range(2))
    partners = tum.associate(first, second)
    matches = {first[i]: second[k] for i, k in enumerate(partners) if k >= 0}
    assert matches == associate_as_published(first.tolist(), second.tolist())


def test_the_nearest_pair_takes_the_partner():
    np.testing.assert_array_equal(tum.associate(np.array([0, 0.01]), np.array([0.008])), [-1, 0])


def test_20_milliseconds_apart_are_no_pair():
    partners = tum.associate(np.array([0.0, 1.0]), np.array([0.02, 1.019]))
    np.testing.assert_array_equal(partners, [-1, 1])


def test_lists_may_be_out_of_order_and_have_commas(folder, rendered):
    change(folder / "groundtruth.txt", lambda lines: [x.replace(" ", ", ") for x in lines[::-1]])
    change(folder / "rgb.txt", lambda lines: lines[::-1])
    (recording,) = tum.recordings(folder)
    poses = [frame.pose for frame in recording.read()]
    np.testing.assert_allclose(poses, rendered.camera_to_world, atol=2e-6)


def test_images_that_the_calibration_does_not_fit_are_refused(folder):
    for path in (folder / "rgb").iterdir():
        cv2.imwrite(str(path), np.zeros((240, 320, 3), np.uint8))
    (recording,) = tum.recordings(folder)
    with pytest.raises(ClipError, match=r"\.png: expected the calibration's size, 640x480. Rec"):
        next(recording.read())


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("rgb.txt", "1305031102.2"),
        ("rgb.txt", "yesterday rgb/a.png"),
        ("depth.txt", "nan depth/a.png"),
        ("groundtruth.txt", "1305031102.2 1 2 3 0 0 0"),
        ("groundtruth.txt", "1305031102.2 1 2 3 0 0 0 0"),
        ("groundtruth.txt", "1305031102.2 1 2 3 0 0 inf 1"),
        ("groundtruth.txt", "1305031102.2 1 2 3 0 0 0 1 0"),
    ],
)
def test_a_damaged_list_is_named_with_its_line(folder, name, line):
    change(folder / name, lambda lines: [lines[0], line])
    with pytest.raises(ClipError, match=f"{name}, line 4: expected .* Received: '{line}'"):
        tum.recordings(folder)


def test_what_is_no_sequence_is_refused(tmp_path):
    with pytest.raises(ClipError, match="with rgb.txt, or a folder of such. Received: neither"):
        tum.recordings(tmp_path)
    with pytest.raises(ClipError, match="Received: no such folder"):
        tum.recordings(tmp_path / "none")


@pytest.mark.parametrize("name", ["fr1_xyz", "my_Freiburg1_desk", "rgbd-fr1"])
def test_short_names_tell_the_camera_as_well(folder, name):
    (recording,) = tum.recordings(folder.rename(folder.with_name(name)))
    assert (recording.intrinsics[0, 0], recording.note) == (517.3, "")


def test_poses_of_another_clock_are_reported(folder):
    """Time stamps in nanoseconds."""
    change(
        folder / "groundtruth.txt",
        lambda lines: [f"{float(x.split()[0]) * 1e9:.0f} 0 0 0 0 0 0 1" for x in lines],
    )
    (recording,) = tum.recordings(folder)
    assert "none of the 6 lines of groundtruth.txt is within 0.02 s of an image" in recording.note
    assert all(frame.pose is None for frame in recording.read())


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_lists_may_come_from_other_systems(folder, encoding, rendered):
    for name in ("rgb.txt", "depth.txt", "groundtruth.txt"):
        text = (folder / name).read_text().replace("\n", "\r\n") + "\r\n\r\n"
        (folder / name).write_bytes(text.encode(encoding))
    (recording,) = tum.recordings(folder)
    poses = [frame.pose for frame in recording.read()]
    np.testing.assert_allclose(poses, rendered.camera_to_world, atol=2e-6)
