"""Depth from motion and flow, and its uncertainty."""

import numpy as np

from dfnet_tf.geometry import rigid_motion, triangulation

MOTION = np.array(
    rigid_motion.matrix_from_six_vector(np.float32([[0.3, -0.1, -1, 0.01, -0.02, 0]]))
)


def seen(depth, motion, first):
    points = np.concatenate([first, np.ones_like(first[..., :1])], -1) * depth[..., None]
    moved = points @ motion[0, :3, :3].T + motion[0, :3, 3]
    return np.float32(moved[..., :2] / moved[..., 2:])


def scene(count=500):
    rng = np.random.default_rng(0)
    first = np.float32(rng.uniform((-0.8, -0.3), (0.8, 0.3), (1, count, 2)))
    depth = np.float32(rng.uniform(3, 30, (1, count)))
    return first, depth


def test_gives_the_depth_of_the_points():
    first, depth = scene()
    inverse_depth, _, across = triangulation.of_matches(MOTION, first, seen(depth, MOTION, first))
    np.testing.assert_allclose(inverse_depth, 1 / depth, rtol=2e-3, atol=1e-4)
    np.testing.assert_allclose(across, 0.0, atol=1e-5)


def test_inverse_depth_is_in_the_unit_of_the_translation():
    first, depth = scene()
    half = MOTION.copy()
    half[:, :3, 3] *= 0.5
    inverse_depth, _, _ = triangulation.of_matches(half, first, seen(depth, MOTION, first))
    np.testing.assert_allclose(inverse_depth, 2 / depth, rtol=2e-3, atol=2e-4)


def test_a_camera_taken_to_move_the_other_way_sees_all_points_behind_it():
    first, depth = scene()
    opposite = MOTION.copy()
    opposite[:, :3, 3] *= -1
    inverse_depth, _, _ = triangulation.of_matches(opposite, first, seen(depth, MOTION, first))
    assert np.all(np.array(inverse_depth) < 0)


def test_a_step_across_the_epipolar_line_changes_no_depth():
    first, depth = scene()
    second = seen(depth, MOTION, first)
    _, parallax, _ = triangulation.of_matches(MOTION, first, second)
    parallax = np.array(parallax)
    across = parallax[..., ::-1] * [-1, 1] / np.linalg.norm(parallax, axis=-1, keepdims=True)
    inverse_depth, _, told = triangulation.of_matches(
        MOTION, first, np.float32(second + 0.002 * across)
    )
    np.testing.assert_allclose(told, 0.002, rtol=0.05)
    np.testing.assert_allclose(inverse_depth, 1 / depth, atol=0.01)


def test_parallax_says_how_a_step_along_the_line_changes_inverse_depth():
    first, depth = scene()
    second = seen(depth, MOTION, first)
    before, parallax, _ = (np.array(x) for x in triangulation.of_matches(MOTION, first, second))
    length = np.linalg.norm(parallax, axis=-1)
    moved = np.float32(second + 1e-3 * parallax / length[..., None])
    after = np.array(triangulation.of_matches(MOTION, first, moved)[0])
    clear = length > 0.2
    np.testing.assert_allclose((after - before)[clear], (1e-3 / length)[clear], rtol=0.1)


def test_views_are_averaged_by_their_precision():
    inverse_depth, doubt = np.float32([[0.1], [0.2]]), np.float32([[0.05], [0.1]])
    mean, relative, known = triangulation.combined(inverse_depth, doubt, np.ones_like(doubt))
    np.testing.assert_allclose(mean, [(4 * 0.1 + 0.2) / 5], rtol=1e-6)
    np.testing.assert_allclose(relative, [1 / np.sqrt(1 / 0.05**2 + 1 / 0.1**2) / 0.12], rtol=1e-5)
    np.testing.assert_array_equal(known, [1.0])


def test_a_view_does_not_count_at_pixels_it_does_not_see():
    inverse_depth, doubt = np.float32([[0.1], [0.1], [9.0]]), np.full((3, 1), 0.01, "float32")
    seen_by = np.float32([[1], [1], [0]])
    mean, _, known = triangulation.combined(inverse_depth, doubt, seen_by)
    np.testing.assert_allclose(mean, [0.1], rtol=1e-6)
    assert known[0] == 1


def test_pixels_with_one_view_or_behind_or_with_disagreeing_views_are_unknown():
    doubt = np.full((2, 4), 0.01, "float32")
    inverse_depth = np.float32([[0.1, 0.1, -0.1, 0.1], [0.1, 0.1, -0.1, 0.5]])
    seen_by = np.float32([[1, 1, 1, 1], [1, 0, 1, 1]])
    known = triangulation.combined(inverse_depth, doubt, seen_by)[2]
    np.testing.assert_array_equal(known, [1, 0, 0, 0])


def test_the_stated_doubt_is_the_error_that_noise_makes():
    """Two thirds of the errors are within one standard deviation, 95 % within two."""
    first, depth = scene(4000)
    rng, noise = np.random.default_rng(1), 5e-4
    estimates, doubts = [], []
    for factor in (1.0, -1.0, 2.0):
        motion = MOTION.copy()
        motion[:, :3, 3] *= factor
        second = seen(depth, motion, first)
        second = np.float32(second + rng.normal(0, noise, second.shape))
        inverse_depth, parallax, _ = triangulation.of_matches(motion, first, second)
        estimates.append(np.array(inverse_depth))
        doubts.append(noise / np.linalg.norm(np.array(parallax), axis=-1))
    estimates, doubts = np.stack(estimates), np.stack(doubts)
    mean, relative, known = (
        np.array(x) for x in triangulation.combined(estimates, doubts, np.ones_like(doubts))
    )
    error = np.abs(mean - 1 / depth)[known > 0] / (relative * mean)[known > 0]
    assert 0.62 < (error < 1).mean() < 0.8
    assert (error < 2).mean() > 0.93
