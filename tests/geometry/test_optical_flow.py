import numpy as np

from dfnet_tf.geometry import camera, optical_flow, rigid_motion

INTRINSICS = np.array([[[20.0, 0, 7.5], [0, 20.0, 3.5], [0, 0, 1]]], "float32")


def _rigid_flow(six_vector, depth=4.0):
    motion = rigid_motion.matrix_from_six_vector(np.array([six_vector], "float32"))
    depth = np.full([1, 8, 16, 1], depth, "float32")
    return np.array(optical_flow.rigid_flow(depth, INTRINSICS, motion))[0]


def test_no_motion_induces_no_flow():
    np.testing.assert_allclose(_rigid_flow([0] * 6), 0.0, atol=1e-5)


def test_points_that_move_right_flow_by_focal_times_step_over_depth():
    np.testing.assert_allclose(_rigid_flow([0.5, 0, 0, 0, 0, 0])[..., 0], 20 * 0.5 / 4, rtol=1e-4)


def test_points_that_come_nearer_flow_outwards():
    flow = _rigid_flow([0, 0, -1.0, 0, 0, 0])
    outwards = np.array(camera.pixel_grid(8, 16)) - INTRINSICS[0, :2, 2]
    assert (flow * outwards >= 0).all()
    # Nearer by a quarter: positions move away from the centre by the factor 4 / 3.
    np.testing.assert_allclose(flow, outwards / 3, rtol=1e-3, atol=1e-4)


def test_warping_by_no_flow_changes_nothing():
    image = np.random.default_rng(0).uniform(size=[1, 8, 16, 3]).astype("float32")
    np.testing.assert_array_equal(optical_flow.warp(image, np.zeros([1, 8, 16, 2], "f")), image)


def test_flow_to_the_right_reads_the_picture_shifted_right():
    target = np.random.default_rng(0).uniform(size=[1, 8, 16, 3]).astype("float32")
    source = np.roll(target, 5, axis=2)  # What was at x is now at x + 5.
    flow = np.broadcast_to(np.array([5.0, 0.0], "float32"), [1, 8, 16, 2])
    np.testing.assert_allclose(
        np.array(optical_flow.warp(source, flow))[:, :, :11], target[:, :, :11], rtol=1e-6
    )


def test_resized_flow_points_to_the_same_places():
    flow = np.broadcast_to(np.array([2.0, -3.0], "float32"), [1, 4, 6, 2])
    larger = optical_flow.resize_flow(flow, 8, 18)
    np.testing.assert_allclose(larger[0, 3, 5], [6.0, -6.0], rtol=1e-6)
    assert larger.shape == (1, 8, 18, 2)
