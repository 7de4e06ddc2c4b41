import shutil

import cv2
import numpy as np
import pytest
from kitti_2015_tree import BASELINE, write_2015_tree

from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files.truth_files import write_depth
from dfnet_tf.data.sources import synthetic
from dfnet_tf.data.truth.scene_flow_pairs import read_moving_pairs, read_scene_flow_pairs
from dfnet_tf.geometry import camera, rigid_motion


@pytest.fixture(scope="module")
def rendered():
    return synthetic.render_clip(seed=3, num_frames=4, height=48, width=160)


@pytest.fixture
def street(tmp_path, rendered):
    synthetic.write_clip(rendered, tmp_path / "street")
    return tmp_path / "street"


def moved_depth(rendered, i):
    """The next depth of static points, from the camera's motion only."""
    poses = rendered.camera_to_world
    motion = np.float32(np.linalg.inv(poses[i + 1]) @ poses[i])
    points = camera.backproject(rendered.depth[i, None, ..., None], rendered.intrinsics[None])
    return np.asarray(rigid_motion.transform(points, motion[None]))[0, ..., 2]


def test_the_next_depth_of_a_static_point_is_the_cameras_doing(street, rendered):
    for pair in read_scene_flow_pairs(street):
        truth = pair.truth()
        known = truth.next_depth > 0
        assert 0.6 < known.mean() < 1
        assert not known[rendered.forward_visible[pair.i] == 0].any()
        static = known & (rendered.moving[pair.i] == 0)
        error = np.abs(truth.next_depth / moved_depth(rendered, pair.i) - 1)[static]
        assert error.mean() < 2e-3
        assert np.percentile(error, 99) < 0.02
        np.testing.assert_allclose(truth.depth, rendered.depth[pair.i], atol=1 / 500)
        np.testing.assert_allclose(truth.flow, rendered.forward_flow[pair.i], atol=1 / 120)


def test_a_pairs_frames_are_consecutive_and_say_which_is_its_first(street, rendered):
    pairs = read_scene_flow_pairs(street)
    assert [pair.name for pair in pairs] == [f"street/00000{i}" for i in range(3)]
    for pair in pairs:
        images, index = pair.frames()
        expected = rendered.images[max(pair.i - 2, 0) : pair.i + 4]
        np.testing.assert_array_equal(images, expected)
        np.testing.assert_array_equal(images[index], rendered.images[pair.i])


def test_truth_of_another_size_has_intrinsics_of_its_own(street):
    shutil.rmtree(street / "visible")
    for i, path in enumerate(sorted((street / "depth").iterdir())):
        write_depth(path, np.full((24, 80), 5.0 + i))
    for path in (street / "flow").iterdir():
        stored = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        cv2.imwrite(str(path), stored[::2, ::2])
    pair = read_scene_flow_pairs(street)[1]
    truth = pair.truth()
    assert truth.intrinsics[0, 0] == pytest.approx(pair.intrinsics[0, 0] / 2)
    assert truth.next_depth.max() == pytest.approx(7)
    for path in (street / "flow").iterdir():
        cv2.imwrite(str(path), stored)
    with pytest.raises(ClipError, match="street/000001: expected depth, flow and visible of one"):
        pair.truth()


def test_what_moves_is_read_from_the_clips_masks(street, rendered):
    for pair in read_moving_pairs(street):
        np.testing.assert_array_equal(pair.moving(), rendered.moving[pair.i] > 0)


def test_only_pairs_with_all_their_truth_are_found(street):
    (street / "depth/000001.png").unlink()
    (street / "moving/000002.png").unlink()
    assert [pair.i for pair in read_scene_flow_pairs(street)] == [2]
    assert [pair.i for pair in read_moving_pairs(street)] == [0, 1]
    (street / "moving/000001.png").rename(street / "moving/000002.png")
    assert read_scene_flow_pairs(street)[0].moving() is not None


@pytest.mark.parametrize("read", [read_scene_flow_pairs, read_moving_pairs])
def test_a_folder_without_truth_is_refused(street, tmp_path, read):
    shutil.rmtree(street / "depth")
    shutil.rmtree(street / "moving")
    with pytest.raises(ClipError, match="street: expected KITTI 2015's .*Received: neither"):
        read(street)
    with pytest.raises(ClipError, match="Received: no such folder"):
        read(tmp_path / "none")


def test_kitti_2015_is_read_as_its_devkit_says(tmp_path, rendered):
    next_depth = np.where(rendered.forward_visible[0] > 0, moved_depth(rendered, 0), 0)
    root = write_2015_tree(tmp_path, rendered, next_depth)
    for folder in (root, tmp_path):
        (pair,) = read_scene_flow_pairs(folder)
        (moving_pair,) = read_moving_pairs(folder)
        assert pair.root == moving_pair.root == root
    truth = pair.truth()
    np.testing.assert_allclose(pair.intrinsics, rendered.intrinsics, rtol=1e-5)
    assert pair.baseline == pytest.approx(BASELINE, rel=1e-5)
    # Disparity is stored in steps of 1/256 pixel.
    reach = pair.intrinsics[0, 0] * BASELINE
    np.testing.assert_allclose(reach / truth.depth, reach / rendered.depth[0], atol=1 / 500)
    np.testing.assert_array_equal(truth.next_depth == 0, next_depth == 0)
    known = next_depth > 0
    np.testing.assert_allclose(
        reach / truth.next_depth[known], reach / next_depth[known], atol=1 / 500
    )
    np.testing.assert_allclose(truth.flow, rendered.forward_flow[0], atol=1 / 120)
    np.testing.assert_array_equal(pair.moving(), rendered.moving[0] > 0)
    images, index = pair.frames()
    np.testing.assert_array_equal(images, rendered.images[:2])
    assert index == 0


def test_kittis_multi_view_frames_are_offered_too(tmp_path, rendered):
    root = write_2015_tree(tmp_path, rendered, rendered.depth[0])
    for number in ("08", "09", "12", "20"):
        shutil.copy(root / "image_2/000000_11.png", root / f"image_2/000000_{number}.png")
    images, index = read_scene_flow_pairs(root)[0].frames()
    assert (len(images), index) == (5, 2)
    np.testing.assert_array_equal(images[index], rendered.images[0])


def test_kittis_missing_files_are_named(tmp_path, rendered):
    root = write_2015_tree(tmp_path, rendered, rendered.depth[0])
    (pair,) = read_scene_flow_pairs(root)
    (root / "image_2/000000_11.png").unlink()
    (root / "obj_map/000000_10.png").unlink()
    (root / "calib_cam_to_cam/000000.txt").unlink()
    with pytest.raises(ValueError, match="000000_11.png: expected an image"):
        pair.frames()
    with pytest.raises(ValueError, match="calib_cam_to_cam/000000.txt: expected"):
        pair.truth()
    assert pair.moving() is None
