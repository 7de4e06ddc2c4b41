import numpy as np
import tensorflow as tf

from dfnet_tf.geometry import rigid_motion


def _axis_rotations(rx, ry, rz):
    cx, cy, cz = np.cos([rx, ry, rz])
    sx, sy, sz = np.sin([rx, ry, rz])
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return about_x, about_y, about_z


def test_rotation_is_rx_times_ry_times_rz():
    about_x, about_y, about_z = _axis_rotations(0.3, -0.2, 0.5)
    motion = rigid_motion.matrix_from_six_vector(np.array([[1, 2, 3, 0.3, -0.2, 0.5]], "float32"))
    np.testing.assert_allclose(motion[0, :3, :3], about_x @ about_y @ about_z, atol=1e-6)
    np.testing.assert_allclose(motion[0, :, 3], [1, 2, 3, 1])


def test_a_composed_motion_moves_points_by_the_second_motion_and_then_by_the_first():
    random = np.random.default_rng(0)
    vectors = random.normal(size=[2, 3, 6]).astype("float32")
    first, second = rigid_motion.matrix_from_six_vector(vectors)
    composed = rigid_motion.compose(first, second)
    np.testing.assert_allclose(composed, np.array(first) @ np.array(second), atol=1e-6)
    assert np.abs(composed - rigid_motion.compose(second, first)).max() > 0.1
    points = random.normal(size=[3, 2, 4, 3]).astype("float32")
    by_turns = rigid_motion.transform(rigid_motion.transform(points, second), first)
    np.testing.assert_allclose(rigid_motion.transform(points, composed), by_turns, atol=1e-5)


def test_a_quarter_turn_to_the_right_brings_forward_to_the_right():
    motion = np.array([[0, 0, 1, 0, np.pi / 2, 0]], "float32")
    point = np.array([[[[0, 0, 2.0]]]], "float32")
    moved = rigid_motion.transform(point, rigid_motion.matrix_from_six_vector(motion))
    np.testing.assert_allclose(moved[0, 0, 0], [2, 0, 1], atol=1e-6)


def test_gradient_is_finite_at_no_rotation():
    motion = tf.zeros([1, 6])
    with tf.GradientTape() as tape:
        tape.watch(motion)
        total = tf.reduce_sum(rigid_motion.matrix_from_six_vector(motion))
    assert np.isfinite(tape.gradient(total, motion)).all()


def test_the_inverse_undoes_a_motion():
    motion = rigid_motion.matrix_from_six_vector(np.float32([[1, -2, 3, 0.3, -0.2, 0.5]]))
    undone = rigid_motion.compose(rigid_motion.inverse(motion), motion)
    np.testing.assert_allclose(undone, np.eye(4)[None], atol=1e-6)


def test_the_adjoint_moves_a_small_motion_to_the_other_side():
    motion = rigid_motion.matrix_from_six_vector(np.float32([[1, -2, 3, 0.3, -0.2, 0.5]]))
    small = 1e-3 * np.float32([[1, 2, -1, 3, -2, 1]])
    moved = np.sum(np.array(rigid_motion.adjoint(motion)) * small[:, None], axis=-1)
    before = rigid_motion.compose(motion, rigid_motion.matrix_from_six_vector(small))
    after = rigid_motion.compose(rigid_motion.matrix_from_six_vector(moved), motion)
    np.testing.assert_allclose(before, after, atol=5e-5)


def test_a_length_changes_the_translation_alone():
    motion = np.array(rigid_motion.matrix_from_six_vector(np.float32([[1, -2, 3, 0.3, -0.2, 0.5]])))
    longer = np.array(rigid_motion.with_length(motion, np.float32([2.0])))
    np.testing.assert_allclose(longer[:, :3, 3], 2 * motion[:, :3, 3])
    np.testing.assert_array_equal(longer[:, :, :3], motion[:, :, :3])
