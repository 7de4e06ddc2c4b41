"""KITTI's layouts, and the frames that training may use."""

import numpy as np
import pytest
from kitti_tree import DRIVE, OFFSET, projection, write_odometry_tree, write_raw_tree

from dfnet_tf.data.files.image_files import read_rgb, write_rgb
from dfnet_tf.data.sources import kitti, synthetic
from dfnet_tf.data.sources.kitti import KittiError
from dfnet_tf.data.sources.recording import Excluded, Frame
from dfnet_tf.data.truth import velodyne

TEST_DRIVE = "2011_09_26/2011_09_26_drive_0002_sync"
FLOW_DRIVE = "2011_09_26/2011_09_26_drive_0005_sync"  # Pairs of KITTI flow 2015 begin at 10, 59.


@pytest.fixture(scope="module")
def rendered():
    return synthetic.render_clip(seed=0, num_frames=5, height=24, width=48)


def reasons(recording):
    """For each point in time: None for a frame, or the reason for its exclusion."""
    return [item.reason if isinstance(item, Excluded) else None for item in recording.read()]


def change(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


# KITTI raw.


def test_both_cameras_of_a_drive_are_recordings_frame_by_frame(tmp_path, rendered):
    write_raw_tree(tmp_path, rendered)
    left, right = kitti.raw_recordings(tmp_path)
    assert [left.name, right.name] == ["2011_09_26_drive_0001_02", "2011_09_26_drive_0001_03"]
    for recording in (left, right):
        frames = list(recording.read())
        assert recording.num_frames == len(frames) == 5
        np.testing.assert_array_equal([frame.image for frame in frames], rendered.images)
        np.testing.assert_allclose(recording.intrinsics, rendered.intrinsics, rtol=1e-6)
        assert (recording.note, frames[0].depth, frames[0].pose) == ("", None, None)


def test_intrinsics_are_those_of_the_day_and_the_camera(tmp_path, rendered):
    write_raw_tree(tmp_path, rendered)
    other_day = "2011_09_28/2011_09_28_drive_0001_sync"
    write_raw_tree(tmp_path, rendered, other_day)
    path = tmp_path / "2011_09_28" / "calib_cam_to_cam.txt"
    lines = [line for line in path.read_text().splitlines() if not line.startswith("P_rect_03")]
    path.write_text("\n".join([*lines, "P_rect_03: 30 0 20 1 0 31 10 0 0 0 1 0"]))
    *same, other = kitti.raw_recordings(tmp_path)
    assert len(same) == 3
    for recording in same:
        np.testing.assert_allclose(recording.intrinsics, rendered.intrinsics, rtol=1e-6)
    np.testing.assert_array_equal(other.intrinsics, [[30, 0, 20], [0, 31, 10], [0, 0, 1]])


def test_training_leaves_out_test_drives_flow_frames_and_standstill(tmp_path, rendered):
    write_raw_tree(tmp_path, rendered, TEST_DRIVE)
    write_raw_tree(tmp_path, rendered, FLOW_DRIVE, numbers=[20, 21, 22, 23, 24], standing=[23])
    train = kitti.raw_recordings(tmp_path)
    assert {recording.name[:21] for recording in train} == {"2011_09_26_drive_0005"}
    for recording in train:
        flow, still = "flow benchmark", "camera stands still"
        assert reasons(recording) == [flow, flow, None, still, None]
    everything = kitti.raw_recordings(tmp_path, split="all")
    assert len(everything) == 4
    assert all(reasons(recording) == [None] * 5 for recording in everything)


def test_speed_is_forward_leftward_and_upward(tmp_path, rendered):
    """Each of fields 8, 9, 10 of 30 can show that the car moves; no other field does."""
    oxts = write_raw_tree(tmp_path, rendered) / "oxts" / "data"
    for number, fields in enumerate([range(8), [8], [9], [10], range(11, 30)]):
        values = [float(k in fields) for k in range(30)]
        (oxts / f"{number:010d}.txt").write_text(" ".join(map(str, values)))
    still = "camera stands still"
    assert reasons(kitti.raw_recordings(tmp_path)[0]) == [still, None, None, None, still]


def test_a_drive_without_oxts_says_so(tmp_path, rendered):
    folder = write_raw_tree(tmp_path, rendered, standing=[1])
    (folder / "oxts").rename(folder / "elsewhere")
    recording = kitti.raw_recordings(tmp_path)[0]
    assert "oxts" in recording.note
    assert reasons(recording) == [None] * 5


def test_gaps_in_the_numbers_and_broken_images_are_excluded(tmp_path, rendered):
    folder = write_raw_tree(tmp_path, rendered, numbers=[3, 4, 6, 7, 8])
    (folder / "image_02" / "data" / "0000000007.png").write_bytes(b"not a picture")
    for split in ("eigen_train", "all"):
        left, right = kitti.raw_recordings(tmp_path, split)
        assert left.num_frames == right.num_frames == 6
        assert reasons(left) == [None, None, "missing frame", None, "cannot be decoded", None]
        assert reasons(right) == [None, None, "missing frame", None, None, None]


def test_jpg_images_and_a_single_camera_will_do(tmp_path, rendered):
    folder = write_raw_tree(tmp_path, rendered)
    (folder / "image_03").rename(folder / "elsewhere")
    for path in (folder / "image_02" / "data").glob("*.png"):
        write_rgb(path.with_suffix(".jpg"), read_rgb(path))
        path.unlink()
    (recording,) = kitti.raw_recordings(tmp_path)
    assert all(isinstance(item, Frame) for item in recording.read())


def test_distorted_drives_are_not_read(tmp_path, rendered):
    write_raw_tree(tmp_path, rendered, DRIVE.replace("_sync", "_extract"))
    with pytest.raises(KittiError, match="_sync"):
        kitti.raw_recordings(tmp_path)


def test_a_missing_tree_is_one_clear_error(tmp_path, rendered):
    with pytest.raises(KittiError, match="nowhere: expected KITTI raw .* no such folder"):
        kitti.raw_recordings(tmp_path / "nowhere")
    write_raw_tree(tmp_path, rendered, TEST_DRIVE)
    with pytest.raises(KittiError, match="outside Eigen's test split.*Received: none"):
        kitti.raw_recordings(tmp_path)
    with pytest.raises(ValueError, match="eigen_train, all. Received: 'train'"):
        kitti.raw_recordings(tmp_path, split="train")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("P_rect_02:", "P_rect_99:", 'expected a line "P_rect_02: ..."'),
        ("P_rect_02:", "P_rect_02: 1", "P_rect_02: expected 12 finite"),
        ("S_rect_02: 4.8", "S_rect_02: inf 4.8", "S_rect_02: expected 2 finite"),
        ("S_rect_02: 4.800000000000e+01", "S_rect_02: inf", "S_rect_02: expected 2 finite"),
        ("S_rect_02: 4.8", "S_rect_02: x4.8", "S_rect_02: expected 2 finite"),
        ("P_rect_02: ", "P_rect_02: -", "P_rect_02: expected a rectified camera"),
    ],
)
def test_a_damaged_calibration_is_one_clear_error(tmp_path, rendered, old, new, expected):
    write_raw_tree(tmp_path, rendered)
    path = tmp_path / "2011_09_26" / "calib_cam_to_cam.txt"
    change(path, old, new)
    with pytest.raises(KittiError, match=expected) as error:
        kitti.raw_recordings(tmp_path)
    assert str(path) in str(error.value) and "Received: " in str(error.value)
    path.unlink()
    with pytest.raises(KittiError, match="no such file"):
        kitti.raw_recordings(tmp_path)


def test_damage_found_while_reading_names_its_file(tmp_path, rendered):
    folder = write_raw_tree(tmp_path, rendered)
    (folder / "oxts" / "data" / "0000000001.txt").write_text("49.0 8.4 oops")
    left, right = kitti.raw_recordings(tmp_path)
    with pytest.raises(KittiError, match="0000000001.txt: expected 30 finite numbers"):
        list(left.read())
    image = folder / "image_03" / "data" / "0000000000.png"
    write_rgb(image, rendered.images[0][:20])
    with pytest.raises(KittiError, match="0000000000.png: expected 48x24 .* Received: 48x20"):
        list(right.read())
    image.rename(image.with_name("preview.png"))
    with pytest.raises(KittiError, match="preview.png: expected a frame's number"):
        kitti.raw_recordings(tmp_path)


def test_the_calibration_projects_the_scan_onto_the_image(tmp_path, rendered):
    folder = write_raw_tree(tmp_path, rendered)
    camera = kitti.raw_calibration(folder.parent)[2]
    assert camera.size == rendered.images.shape[1:3]
    points = velodyne.read_points(kitti.velodyne_path(tmp_path, DRIVE, 3))
    homogeneous = np.hstack([points[:, :3], np.ones([len(points), 1])])
    seen = homogeneous @ camera.camera_from_velodyne[:3].T
    np.testing.assert_allclose(seen[:, 2].reshape(camera.size), rendered.depth[3], rtol=1e-4)
    x, y = (seen / seen[:, 2:] @ camera.intrinsics.T)[:, :2].T.reshape(2, *camera.size)
    np.testing.assert_allclose(x, np.tile(np.arange(48), (24, 1)), atol=1e-3)
    np.testing.assert_allclose(y.T, np.tile(np.arange(24), (48, 1)), atol=1e-3)


def test_the_right_camera_stands_right_of_the_left_one(tmp_path, rendered):
    write_raw_tree(tmp_path, rendered)
    left, right = kitti.raw_calibration(tmp_path / "2011_09_26").values()
    right_from_left = right.camera_from_velodyne @ np.linalg.inv(left.camera_from_velodyne)
    expected = np.eye(4)
    expected[0, 3] = OFFSET[3] - OFFSET[2]  # -0.53 m: points appear further left on the right.
    np.testing.assert_allclose(right_from_left, expected, atol=1e-9)


def test_the_paths_of_a_frame(tmp_path, rendered):
    write_raw_tree(tmp_path, rendered)
    path = kitti.raw_image_path(tmp_path, DRIVE, 3, 4)
    np.testing.assert_array_equal(read_rgb(path), rendered.images[4])
    assert kitti.raw_image_path(tmp_path, DRIVE, 3, 5) is None
    name = DRIVE.split("/")[1]
    end = f"{name}/proj_depth/groundtruth/image_03/0000000007.png"
    assert kitti.improved_depth_path(tmp_path, DRIVE, 3, 7) == tmp_path / "train" / end
    (tmp_path / "val" / name).mkdir(parents=True)
    assert kitti.improved_depth_path(tmp_path, DRIVE, 3, 7) == tmp_path / "val" / end


# KITTI odometry.


@pytest.mark.parametrize("colour", [True, False])
def test_odometry_comes_with_the_poses_of_its_own_camera(tmp_path, rendered, colour):
    write_odometry_tree(tmp_path, rendered, "03", colour)
    (recording,) = kitti.odometry_recordings(tmp_path)
    frames = list(recording.read())
    assert (recording.name, recording.num_frames, len(frames)) == ("odometry_03", 5, 5)
    np.testing.assert_array_equal([frame.image for frame in frames], rendered.images)
    np.testing.assert_allclose([f.pose for f in frames], rendered.camera_to_world, atol=1e-9)
    np.testing.assert_allclose(recording.intrinsics, rendered.intrinsics, rtol=1e-6)


def test_colour_is_preferred_to_grey(tmp_path, rendered):
    grey = synthetic.render_clip(seed=1, num_frames=5, height=24, width=48)
    write_odometry_tree(tmp_path, grey, colour=False)
    write_odometry_tree(tmp_path, rendered, colour=True)
    (recording,) = kitti.odometry_recordings(tmp_path)
    np.testing.assert_array_equal(next(recording.read()).image, rendered.images[0])


def test_sequences_without_truth_have_no_poses(tmp_path, rendered):
    write_odometry_tree(tmp_path, rendered, "11")
    (tmp_path / "poses" / "11.txt").unlink()
    (recording,) = kitti.odometry_recordings(tmp_path)
    assert all(frame.pose is None for frame in recording.read())


def test_sequences_can_be_chosen(tmp_path, rendered):
    for name in ("00", "09", "10"):
        write_odometry_tree(tmp_path, rendered, name)
    assert len(kitti.odometry_recordings(tmp_path)) == 3
    names = [recording.name for recording in kitti.odometry_recordings(tmp_path, ["10", "09"])]
    assert names == ["odometry_10", "odometry_09"]
    with pytest.raises(KittiError, match="sequences/08/image_2. Received: 00, 09, 10"):
        kitti.odometry_recordings(tmp_path, ["08"])


def test_a_gap_does_not_shift_the_poses(tmp_path, rendered):
    folder = write_odometry_tree(tmp_path, rendered)
    (folder / "image_2" / "000002.png").unlink()
    items = list(kitti.odometry_recordings(tmp_path)[0].read())
    assert items[2] == Excluded("missing frame")
    np.testing.assert_allclose(items[3].pose, rendered.camera_to_world[3], atol=1e-9)


def test_damaged_odometry_is_one_clear_error(tmp_path, rendered):
    with pytest.raises(KittiError, match="expected KITTI odometry.* Received: no sequence"):
        kitti.odometry_recordings(tmp_path)
    folder = write_odometry_tree(tmp_path, rendered)
    poses = tmp_path / "poses" / "00.txt"
    lines = poses.read_text().splitlines()
    poses.write_text("\n".join(lines[:4]))
    with pytest.raises(KittiError, match="00.txt: expected a pose for each of 5 .* Received: 4"):
        kitti.odometry_recordings(tmp_path)
    poses.write_text("\n".join([*lines[:2], "1 2 3", *lines[3:]]))
    with pytest.raises(KittiError, match="00.txt, line 3: expected 12 finite numbers"):
        kitti.odometry_recordings(tmp_path)
    change(folder / "calib.txt", "P2:", "P7:")
    with pytest.raises(KittiError, match='calib.txt: expected a line "P2: ..."'):
        kitti.odometry_recordings(tmp_path)
    (folder / "image_2").rename(folder / "image_1")
    with pytest.raises(KittiError, match="expected images in image_2 or image_0"):
        kitti.odometry_recordings(tmp_path)


def test_a_projection_is_taken_apart_whatever_its_shift(tmp_path):
    """Real calibrations also shift in z (2.7 mm), which changes all of K^-1 P[:, 3]."""
    intrinsics = np.array([[720.0, 0, 610], [0, 721, 173], [0, 0, 1]])
    matrix = projection(intrinsics, 0.06)
    matrix[:, 3] = intrinsics @ (0.06, -0.001, 0.003)
    path = tmp_path / "calib.txt"
    path.write_text("P2: " + " ".join(f"{value:.15g}" for value in matrix.flat))
    found, shift = kitti.kitti_files.read_projection(path, "P2")
    np.testing.assert_array_equal(found, intrinsics)
    np.testing.assert_allclose(shift[:3], np.hstack([np.eye(3), [[0.06], [-0.001], [0.003]]]))


def test_poses_may_come_from_other_systems(tmp_path, rendered):
    write_odometry_tree(tmp_path, rendered)
    poses = tmp_path / "poses" / "00.txt"
    text = poses.read_text().replace(" ", ", ").replace("\n", "\r\n") + "\r\n\r\n"
    poses.write_bytes(text.encode("utf-8-sig"))
    items = list(kitti.odometry_recordings(tmp_path)[0].read())
    np.testing.assert_allclose([x.pose for x in items], rendered.camera_to_world, atol=1e-9)
