import numpy as np
import pytest

from dfnet_tf.geometry import camera, optical_flow, rigid_motion, scene_flow

INTRINSICS = np.float32([[[20, 0, 7.5], [0, 24, 3.5], [0, 0, 1]]])


def test_a_static_world_moves_as_the_camera_does():
    depth = np.random.default_rng(0).uniform(2, 20, (1, 8, 16, 1)).astype("float32")
    motion = rigid_motion.matrix_from_six_vector(np.float32([[0.3, -0.1, 0.5, 0.02, 0.1, -0.05]]))
    points = camera.backproject(depth, INTRINSICS)
    there = rigid_motion.transform(points, motion)
    flow = optical_flow.rigid_flow(depth, INTRINSICS, motion)
    found = scene_flow.scene_flow(depth, there[..., 2:], flow, INTRINSICS)
    np.testing.assert_allclose(found, there - points, atol=1e-4)


def test_a_point_that_comes_nearer_and_to_the_right_by_hand():
    # At pixel (7.5 + 10, 3.5 + 12) and 4 m: P = (2, 2, 4). A flow of (10, -24) and 2 m: (2, -1, 2).
    intrinsics = INTRINSICS - np.float32([[[0, 0, 17.5], [0, 0, 15.5], [0, 0, 0]]])
    depth, next_depth = np.full((1, 1, 1, 1), 4, "float32"), np.full((1, 1, 1, 1), 2, "float32")
    found = scene_flow.scene_flow(depth, next_depth, np.float32([[[[10, -24]]]]), intrinsics)
    np.testing.assert_allclose(np.asarray(found)[0, 0, 0], [0, -3, -2], atol=1e-5)


def test_depth_is_read_exactly_between_the_pixels_of_a_plane():
    x = np.arange(16.0)
    depth = np.broadcast_to(1 / (0.1 + 0.02 * x), (1, 8, 16))[..., None].astype("float32")
    flow = np.zeros((1, 8, 16, 2), "float32")
    flow[..., 0] = 1.25
    found = np.asarray(scene_flow.depth_at_end_points(depth, flow))[0, :, :14, 0]
    np.testing.assert_allclose(found, np.tile(1 / (0.1 + 0.02 * (x[:14] + 1.25)), (8, 1)), 1e-5)


def test_a_lifted_pixel_projects_to_itself():
    pixels = np.random.default_rng(0).uniform(-3, 20, (1, 4, 5, 2)).astype("float32")
    points = camera.lift(pixels, np.full((1, 4, 5, 1), 3, "float32"), INTRINSICS)
    assert np.asarray(points)[..., 2] == pytest.approx(3)
    np.testing.assert_allclose(camera.project(points, INTRINSICS), pixels, atol=1e-4)
