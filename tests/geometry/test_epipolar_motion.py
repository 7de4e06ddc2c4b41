"""Rotation and direction of travel from matched points, without depth."""

import numpy as np
import pytest

from dfnet_tf.geometry import epipolar_motion, rigid_motion

START = np.float32([np.eye(4)])


def matrix(six_vector):
    motion = np.array(rigid_motion.matrix_from_six_vector(np.float32([six_vector])))
    motion[:, :3, 3] /= np.linalg.norm(motion[:, :3, 3])
    return motion


def matches(motion, seed=0, count=400):
    """Rays [1, N, 2] of the same points in both frames."""
    rng = np.random.default_rng(seed)
    first = rng.uniform((-0.8, -0.3), (0.8, 0.3), (1, count, 2))
    depth = rng.uniform(4, 40, (1, count, 1))
    points = np.concatenate([first, np.ones_like(depth)], -1) * depth
    moved = points @ motion[0, :3, :3].T + motion[0, :3, 3]
    return np.float32(first), np.float32(moved[..., :2] / moved[..., 2:]), np.ones((1, count), "f4")


MOTIONS = [
    (0, 0, -1, 0, 0, 0),
    (0.1, -0.05, -1, 0.01, -0.03, 0.005),
    (-0.2, 0.1, 1, 0.02, 0.01, -0.02),
    (1, 0.1, -0.2, 0, 0.02, 0.01),
]


@pytest.mark.parametrize("six_vector", MOTIONS)
def test_finds_the_motion_that_made_the_matches(six_vector):
    motion = matrix(six_vector)
    start = matrix((six_vector[0] + 0.2, six_vector[1] - 0.1, six_vector[2], 0, 0, 0))
    found = epipolar_motion.fitted(start, *matches(motion))
    np.testing.assert_allclose(found, motion, atol=2e-3)


def test_points_in_front_of_the_camera_tell_forwards_from_backwards():
    motion = matrix((0.1, 0, -1, 0, 0.01, 0))
    found = epipolar_motion.fitted(matrix((0, 0, 1, 0, 0, 0)), *matches(motion))
    np.testing.assert_allclose(found, motion, atol=2e-3)


def test_a_start_without_translation_goes_straight_ahead():
    motion = matrix((0.1, 0.05, -1, 0, 0.01, 0))
    found = epipolar_motion.fitted(START, *matches(motion))
    np.testing.assert_allclose(found, motion, atol=2e-3)


def test_exchanging_the_frames_inverts_the_motion():
    motion = matrix(MOTIONS[1])
    first, second, weight = matches(motion)
    second = second + np.random.default_rng(1).normal(0, 1e-3, second.shape).astype("float32")
    there = np.array(epipolar_motion.fitted(START, first, second, weight))
    back = np.array(epipolar_motion.fitted(matrix((0, 0, 1, 0, 0, 0)), second, first, weight))
    np.testing.assert_allclose(back, np.linalg.inv(there), atol=2e-3)


def test_matches_of_things_that_move_are_outliers():
    motion = matrix(MOTIONS[1])
    first, second, weight = matches(motion)
    second[:, ::4] += [0.05, 0.03]
    found = epipolar_motion.fitted(START, first, second, weight)
    np.testing.assert_allclose(found, motion, atol=3e-3)


def test_matches_without_weight_change_nothing():
    first, second, weight = matches(matrix(MOTIONS[1]))
    weight[:, 100:] = 0.0
    clean = np.array(epipolar_motion.fitted(START, first, second, weight))
    second[:, 100:] = 3.0
    np.testing.assert_array_equal(epipolar_motion.fitted(START, first, second, weight), clean)


def test_each_pair_of_a_batch_is_solved_separately():
    motions = [matrix(MOTIONS[1]), matrix(MOTIONS[3])]
    parts = zip(*(matches(motion) for motion in motions), strict=True)
    start = np.concatenate([matrix((0, 0, -1, 0, 0, 0)), matrix((1, 0, 0, 0, 0, 0))])
    found = epipolar_motion.fitted(start, *(np.concatenate(part) for part in parts))
    np.testing.assert_allclose(found, np.concatenate(motions), atol=2e-3)


def test_the_distance_by_hand():
    """Straight ahead, epipolar lines lead through the centre; y is 0.01 off the line."""
    first, second = np.float32([[[0.2, 0.0]]]), np.float32([[[0.25, 0.01]]])
    expected = 0.2 * 0.01 / np.sqrt(0.2**2 + 0.25**2 + 0.01**2)
    for length in (1.0, 3.0):
        ahead = rigid_motion.with_length(matrix((0, 0, -1, 0, 0, 0)), np.float32([length]))
        found = epipolar_motion.distances(ahead, first, second)
        np.testing.assert_allclose(found, [[expected]], rtol=1e-4)


def test_the_true_motion_has_no_distances_and_another_one_has():
    motion = matrix(MOTIONS[1])
    first, second, _ = matches(motion)
    assert np.max(epipolar_motion.distances(motion, first, second)) < 1e-5
    assert np.median(epipolar_motion.distances(matrix(MOTIONS[2]), first, second)) > 1e-3


@pytest.mark.parametrize("unknown", range(6))
def test_derivatives_are_those_of_the_epipolar_product(unknown):
    """The Sampson distance times its own denominator, whose change is of second order."""
    motion = matrix((0.3, -0.2, -1, 0.1, -0.2, 0.05))
    rotation, direction = motion[:, :3, :3], motion[:, :3, 3]
    first, second, _ = matches(matrix((0.2, -0.2, -1, 0.1, -0.15, 0.05)))
    first, second = (np.concatenate([a, np.ones_like(a[..., :1])], -1) for a in (first, second))
    step = 1e-3

    def product(sign):
        change = np.zeros(6, "float32")
        change[unknown] = sign * step
        turn = matrix_of_turn(change[:3])
        along = direction[0] + change[3:] - (change[3:] @ direction[0]) * direction[0]
        turned = first[0] @ (turn @ rotation[0]).T
        return (second[0] * np.cross(along, turned)).sum(-1)

    turned = np.float32(first @ rotation[0].T)
    rows, distance = epipolar_motion._linearised(turned, second, rotation, direction)
    size = product(0) / np.array(distance)[0]
    differences = (product(1) - product(-1)) / (2 * step)
    found = np.array(rows)[0, :, unknown] * size
    np.testing.assert_allclose(found, differences, rtol=1e-2, atol=1e-3)


def matrix_of_turn(angles):
    six = np.concatenate([np.zeros(3, "float32"), angles])[None]
    return np.array(rigid_motion.matrix_from_six_vector(six))[0, :3, :3]
