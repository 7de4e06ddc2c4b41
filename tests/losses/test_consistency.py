import numpy as np
import pytest
import tensorflow as tf

from dfnet_tf.geometry import rigid_motion
from dfnet_tf.losses import consistency

VISIBLE = np.array([[[[1.0], [1.0], [0.0]]]], "float32")


def _flow(*vectors):
    return np.array([[vectors]], "float32")


def test_depth_term_is_the_mean_gap_where_visible():
    depth, warped = (
        np.array([[[[1.0], [2.0], [3.0]]]], "f"),
        np.array([[[[1.5], [1.0], [9.0]]]], "f"),
    )
    expected = (0.5 + 1.0) / 2.001
    np.testing.assert_allclose(
        consistency.depth_consistency(depth, warped, VISIBLE), [expected], rtol=1e-6
    )


def test_flow_and_its_return_cancel():
    forward, back = _flow((1, 2), (3, 0), (5, 5)), _flow((-1, -2), (-2, 0.5), (0, 0))
    expected = (0 + 1.5) / 2.001
    np.testing.assert_allclose(
        consistency.flow_consistency(forward, back, VISIBLE), [expected], rtol=1e-6
    )


def test_cross_task_term_is_the_gap_of_the_two_flows():
    rigid, flow = _flow((1, 2), (3, 0), (5, 5)), _flow((0, 0), (3, 0), (0, 0))
    expected = (1 + 2) / 2.001
    np.testing.assert_allclose(
        consistency.cross_task_consistency(rigid, flow, VISIBLE), [expected], rtol=1e-6
    )


def test_motion_consistency_of_a_hand_worked_pair():
    # Rotations about z by 0.3 and -0.2 radians leave 0.1. No translation.
    there, back = np.zeros([2, 6], "float32")
    there[5], back[5] = 0.3, -0.2
    angle = float(consistency.motion_consistency(there, back))
    assert angle == pytest.approx(2 * np.sin(0.05), abs=2e-4)
    # 1 there and 0.8 back leaves 0.2, divided by the mean length 0.9.
    there, back = np.zeros([2, 6], "float32")
    there[2], back[2] = 1.0, -0.8
    assert float(consistency.motion_consistency(there, back)) == pytest.approx(0.2 / 0.9, rel=1e-3)


def test_a_motion_and_its_inverse_are_consistent():
    there = np.array([0.3, -0.1, 1.0, 0.05, -0.2, 0.1], "float32")
    matrix = np.array(rigid_motion.matrix_from_six_vector(there))
    r, t = matrix[:3, :3].T, -matrix[:3, :3].T @ matrix[:3, 3]
    angles = np.arctan2(-r[1, 2], r[2, 2]), np.arcsin(r[0, 2]), np.arctan2(-r[0, 1], r[0, 0])
    back = np.array([*t, *angles], "float32")
    assert float(consistency.motion_consistency(there, back)) < 1e-5
    assert float(consistency.motion_consistency(there, -there)) > 0.01  # Turns do not commute.


def test_longer_motions_do_not_lower_the_motion_consistency():
    # The gap is 0.2 / 0.9: it grows with the motions, because their mean length gets no gradient.
    scale = tf.constant(1.0)
    with tf.GradientTape() as tape:
        tape.watch(scale)
        there, back = ([0.0, 0.0, z, 0.0, 0.0, 0.0] * scale for z in (1.0, -0.8))
        gap = consistency.motion_consistency(there, back)
    assert float(tape.gradient(gap, scale)) == pytest.approx(0.2 / 0.9, rel=1e-3)


def test_motion_consistency_has_a_finite_gradient_at_no_motion():
    motion = tf.zeros([6])
    with tf.GradientTape() as tape:
        tape.watch(motion)
        gap = consistency.motion_consistency(motion, motion)
    assert np.isfinite(tape.gradient(gap, motion)).all()


def test_every_motion_of_a_batch_has_its_own_consistency():
    there, back = np.random.default_rng(0).normal(0, 0.3, [2, 2, 3, 6]).astype("float32")
    each = [
        [consistency.motion_consistency(*pair) for pair in zip(*clip, strict=True)]
        for clip in zip(there, back, strict=True)
    ]
    np.testing.assert_allclose(consistency.motion_consistency(there, back), each, rtol=1e-5)
