"""The motion solved for from depth and flow."""

import numpy as np
import pytest

from dfnet_tf.geometry import ego_motion, optical_flow, rigid_motion

INTRINSICS = np.float32([[[50, 0, 31.5], [0, 55, 15.5], [0, 0, 1]]])
STILL = np.eye(4, dtype="float32")[None]
TRUSTED = np.ones((1, 32, 64, 1), "float32")


def _depth():
    rng = np.random.default_rng(0)
    return rng.uniform(2, 30, (1, 32, 64, 1)).astype("float32")


def _motion(*six_vector):
    return np.asarray(rigid_motion.matrix_from_six_vector(np.float32([six_vector])))


def _flow(depth, motion):
    return np.array(optical_flow.rigid_flow(depth, INTRINSICS, motion))


@pytest.mark.parametrize(
    "six_vector",
    [(0, 0, -1, 0, 0, 0), (0.3, -0.1, 0.5, 0.02, -0.05, 0.03), (0, 0, 0, 0, 0.2, 0)],
)
def test_finds_the_motion_that_made_the_flow(six_vector):
    depth, motion = _depth(), _motion(*six_vector)
    found = ego_motion.refined(STILL, _flow(depth, motion), 1 / depth, INTRINSICS, TRUSTED)
    np.testing.assert_allclose(found, motion, atol=1e-3)


def test_its_translation_is_in_the_unit_of_the_depth():
    depth, motion = _depth(), _motion(0.3, -0.1, 0.5, 0.02, -0.05, 0.03)
    flow = _flow(depth, motion)
    found = np.asarray(ego_motion.refined(STILL, flow, 0.5 / depth, INTRINSICS, TRUSTED))
    np.testing.assert_allclose(found[:, :3, 3], 2 * motion[:, :3, 3], atol=2e-3)
    np.testing.assert_allclose(found[:, :3, :3], motion[:, :3, :3], atol=1e-3)


def test_a_third_that_moves_by_itself_changes_little():
    depth, motion = _depth(), _motion(0, 0, -1, 0, 0.05, 0)
    flow = _flow(depth, motion)
    flow[:, :, 40:60] += [6.0, 2.0]
    found = ego_motion.refined(STILL, flow, 1 / depth, INTRINSICS, TRUSTED)
    np.testing.assert_allclose(found, motion, atol=0.01)


def test_wrong_depths_hardly_turn_the_direction_of_travel():
    """A third wrong in the right half, where all parallax points to the right: 2 degrees if it
    were a camera moving right."""
    depth, motion = _depth(), _motion(0, 0, -1, 0, 0, 0)
    guess, disparity = _motion(0.2, 0.1, -1, 0.02, 0.01, 0), 1 / depth
    disparity[:, :, 32:] /= 1.33
    found = ego_motion.refined(guess, _flow(depth, motion), disparity, INTRINSICS, TRUSTED)
    direction = np.asarray(found)[0, :3, 3] / np.linalg.norm(np.asarray(found)[0, :3, 3])
    assert direction @ [0, 0, -1] > np.cos(np.radians(0.5))
    np.testing.assert_allclose(found[:, :3, :3], motion[:, :3, :3], atol=3e-3)


def test_what_is_not_trusted_does_not_count():
    depth, motion = _depth(), _motion(0, 0, -1, 0, 0.05, 0)
    flow, trusted = _flow(depth, motion), TRUSTED.copy()
    flow[:, :, 20:] = 40.0
    trusted[:, :, 20:] = 0.0
    found = ego_motion.refined(STILL, flow, 1 / depth, INTRINSICS, trusted)
    np.testing.assert_allclose(found, motion, atol=1e-3)


def test_the_guess_stays_where_another_motion_explains_little_more():
    """Three quarters of the picture move by themselves, each place its own way."""
    depth, guess = _depth(), _motion(0, 0, -1, 0, 0.05, 0)
    flow = _flow(depth, guess) + np.float32([0.5, 0.0])
    noise = np.random.default_rng(1).uniform(-1, 1, flow.shape).astype("float32")
    amplitude = np.where(np.arange(64) < 48, 20, 1)[:, None].astype("float32")
    found = ego_motion.refined(guess, flow + amplitude * noise, 1 / depth, INTRINSICS, TRUSTED)
    np.testing.assert_array_equal(found, guess)
    found = ego_motion.refined(guess, flow, 1 / depth, INTRINSICS, TRUSTED)
    assert not np.array_equal(found, guess)


def test_nothing_to_go_by_leaves_the_first_guess():
    motion = _motion(0.3, -0.1, 0.5, 0.02, -0.05, 0.03)
    flow = np.full((1, 32, 64, 2), 9.0, "float32")
    found = ego_motion.refined(motion, flow, 1 / _depth(), INTRINSICS, 0 * TRUSTED)
    np.testing.assert_allclose(found, motion, atol=1e-6)
