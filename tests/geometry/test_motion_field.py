"""The motion field, and the two parts of rigid flow."""

import numpy as np
import pytest

from dfnet_tf.geometry import motion_field, optical_flow, rigid_motion

INTRINSICS = np.float32([[[50, 0, 20], [0, 60, 10], [0, 0, 1]]])
HEIGHT, WIDTH = 21, 41
MIDDLE = 0, HEIGHT // 2, WIDTH // 2  # The principal point.


def matrix(*six_vector):
    return np.array(rigid_motion.matrix_from_six_vector(np.float32([six_vector])))


def depths(seed=0):
    return np.random.default_rng(seed).uniform(2, 30, (1, HEIGHT, WIDTH, 1)).astype("float32")


def flows(depth, motion):
    return [np.array(part) for part in motion_field.flows(depth, INTRINSICS, motion)]


def test_rows_by_hand():
    rows = np.array(motion_field.rows(np.float32([0.5, -0.2]), np.float32(0.25)))
    expected = [[0.25, 0, -0.125, 0.1, 1.25, 0.2], [0, 0.25, 0.05, -1.04, -0.1, 0.5]]
    np.testing.assert_allclose(rows, expected, atol=1e-6)


@pytest.mark.parametrize("unknown", range(6))
def test_rows_are_the_derivatives_of_the_projection(unknown):
    points = np.random.default_rng(1).uniform((-2, -1, 2), (2, 1, 9), (30, 3)).astype("float32")
    step, seen = np.zeros(6), points[:, :2] / points[:, 2:]
    step[unknown] = 1e-3

    def moved(sign):
        motion = matrix(*(sign * step))[0]
        there = points @ motion[:3, :3].T + motion[:3, 3]
        return there[:, :2] / there[:, 2:]

    rows = np.array(motion_field.rows(seen, 1 / points[:, 2]))[..., unknown]
    np.testing.assert_allclose(rows, (moved(1) - moved(-1)) / 2e-3, atol=1e-3)


def test_both_parts_add_up_to_the_rigid_flow():
    depth, motion = depths(), matrix(0.3, -0.1, -0.5, 0.02, -0.05, 0.03)
    rigid = optical_flow.rigid_flow(depth, INTRINSICS, motion)
    np.testing.assert_allclose(np.add(*flows(depth, motion)), rigid, atol=1e-4)


def test_the_rotation_flow_does_not_depend_on_depth_or_translation():
    turn = 0.02, -0.05, 0.03
    first, _ = flows(depths(0), matrix(0.3, -0.1, -0.5, *turn))
    second, none = flows(depths(1), matrix(0, 0, 0, *turn))
    np.testing.assert_allclose(first, second, atol=1e-3)
    np.testing.assert_allclose(none, 0, atol=1e-4)
    pan, _ = flows(depths(), matrix(0, 0, -1, 0, 0.1, 0))
    np.testing.assert_allclose(pan[MIDDLE], (50 * np.tan(0.1), 0), atol=1e-4)


def test_the_translation_flow_is_the_parallax():
    depth = np.full((1, HEIGHT, WIDTH, 1), 5, "float32")
    still, aside = flows(depth, matrix(0.4, 0, 0, 0, 0, 0))
    np.testing.assert_allclose(still, 0, atol=1e-4)
    np.testing.assert_allclose(aside, np.broadcast_to([4.0, 0], aside.shape), atol=1e-4)
    _, far = flows(1e6 * depth, matrix(0.4, 0, -1, 0, 0.1, 0))
    np.testing.assert_allclose(far, 0, atol=1e-2)
    # Straight ahead from depth 5 to 4: each pixel moves by a quarter of its distance from the axis.
    _, ahead = flows(depth, matrix(0, 0, -1, 0, 0, 0))
    np.testing.assert_allclose(ahead[0, 10, 40], (5, 0), atol=1e-4)
    np.testing.assert_allclose(ahead[0, 0, 0], (-5, -2.5), atol=1e-4)
