"""The motion solved from depth and from forward and backward flow."""

import numpy as np
import pytest
import tensorflow as tf

from dfnet_tf.geometry import ego_motion, epipolar_motion, optical_flow, rigid_motion

INTRINSICS = np.float32([[[50, 0, 31.5], [0, 55, 15.5], [0, 0, 1]]])
STILL = np.eye(4, dtype="float32")[None]
TRUSTED = np.ones((1, 32, 64, 1), "float32")
TURNING = (0.3, -0.1, 0.5, 0.02, -0.05, 0.03)
AHEAD = (0, 0, -1, 0, 0.05, 0)


def depths(seed):
    return np.random.default_rng(seed).uniform(2, 30, (1, 32, 64, 1)).astype("float32")


def matrix(six_vector):
    return np.array(rigid_motion.matrix_from_six_vector(np.float32([six_vector])))


def inverse(motion):
    return np.float32(np.linalg.inv(motion))


def flow(depth, motion):
    return np.array(optical_flow.rigid_flow(depth, INTRINSICS, motion))


def ways(motion):
    """Both directions of a pair; each direction's pixels see their own points."""
    there, back = depths(0), depths(1)
    return (
        ego_motion.Way(flow(there, motion), 1 / there, TRUSTED),
        ego_motion.Way(flow(back, inverse(motion)), 1 / back, TRUSTED),
    )


@tf.function
def _refined(guess, there, back):
    return ego_motion.refined(guess, there, back, INTRINSICS)


def refined(guess, there, back):
    return _refined(guess, there, back).numpy()


def unseen(way):
    """The way with a wrong flow that is not trusted."""
    return way._replace(flow=np.full_like(way.flow, 9.0), trusted=0 * TRUSTED)


@pytest.mark.parametrize("six_vector", [(0, 0, -1, 0, 0, 0), TURNING, (0, 0, 0, 0, 0.2, 0)])
@pytest.mark.parametrize("seen", ["both", "there", "back"])
def test_finds_the_motion_that_made_the_flow(six_vector, seen):
    motion = matrix(six_vector)
    there, back = ways(motion)
    there = there if seen != "back" else unseen(there)
    back = back if seen != "there" else unseen(back)
    np.testing.assert_allclose(refined(STILL, there, back), motion, atol=1e-3)


def test_exchanging_the_frames_inverts_the_motion():
    there, back = ways(matrix(TURNING))
    noise = np.random.default_rng(2).normal(0, 0.05, (2, *there.flow.shape)).astype("float32")
    there, back = (
        way._replace(flow=way.flow + added) for way, added in zip((there, back), noise, strict=True)
    )
    once, again = refined(STILL, there, back), refined(STILL, back, there)
    np.testing.assert_allclose(again, inverse(once), atol=2e-3)


def test_its_translation_is_in_the_unit_of_the_depth():
    motion = matrix(TURNING)
    there, back = (way._replace(disparity=0.5 * way.disparity) for way in ways(motion))
    found = refined(STILL, there, back)
    np.testing.assert_allclose(found[:, :3, 3], 2 * motion[:, :3, 3], atol=2e-3)
    np.testing.assert_allclose(found[:, :3, :3], motion[:, :3, :3], atol=1e-3)


def test_every_clip_of_a_batch_has_a_motion_of_its_own():
    motions = [matrix(TURNING), matrix(AHEAD)]
    there, back = (
        ego_motion.Way(*(np.concatenate(parts) for parts in zip(*pair, strict=True)))
        for pair in zip(*map(ways, motions), strict=True)
    )
    found = ego_motion.refined(
        np.concatenate([STILL, STILL]), there, back, np.concatenate([INTRINSICS, INTRINSICS])
    )
    np.testing.assert_allclose(found, np.concatenate(motions), atol=1e-3)


def test_a_third_of_moving_pixels_changes_the_motion_little():
    motion = matrix(AHEAD)
    there, back = ways(motion)
    for way in (there, back):
        way.flow[:, :, 40:60] += [6.0, 2.0]
    np.testing.assert_allclose(refined(STILL, there, back), motion, atol=0.01)


def test_wrong_depths_hardly_turn_the_direction_of_travel():
    """A third has wrong depth in the right half, where all parallax points to the right: the error
    is 2 degrees, if a camera moves right."""
    motion, guess = matrix((0, 0, -1, 0, 0, 0)), matrix((0.2, 0.1, -1, 0.02, 0.01, 0))
    there, back = ways(motion)
    for way in (there, back):
        way.disparity[:, :, 32:] /= 1.33
    found = refined(guess, there, back)
    direction = found[0, :3, 3] / np.linalg.norm(found[0, :3, 3])
    assert direction @ [0, 0, -1] > np.cos(np.radians(0.5))
    np.testing.assert_allclose(found[:, :3, :3], motion[:, :3, :3], atol=3e-3)


def alongside(way, motion, moves):
    """The way if the right half of its picture drives: the camera moves past it `moves` times as
    far as past the street."""
    depth, relative = np.full_like(way.disparity, 4.0), motion.copy()
    relative[:, :3, 3] *= moves
    driving = np.arange(64)[:, None] >= 32
    return way._replace(
        flow=np.where(driving, flow(depth, relative), way.flow),
        disparity=np.where(driving, 1 / depth, way.disparity),
    )


@pytest.mark.parametrize("moves", [0.0, -0.3])
def test_traffic_that_drives_alongside_changes_neither_direction_nor_length(moves):
    """Its flow contradicts its depth, but it has the epipolar lines of the street."""
    motion = matrix((0.05, 0, -1, 0, 0.01, 0))
    there, back = ways(motion)
    there, back = alongside(there, motion, moves), alongside(back, inverse(motion), moves)
    found = refined(matrix((0, 0, -1, 0, 0, 0)), there, back)
    np.testing.assert_allclose(found, motion, atol=0.02)


def test_a_motion_without_depth_that_fits_worse_replaces_nothing(monkeypatch):
    """As from a guess so bad that the fit without depth ends in a false minimum."""
    motion, astray = matrix(AHEAD), matrix((0.6, 0, -0.8, 0, 0.08, 0))
    monkeypatch.setattr(epipolar_motion, "fitted", lambda *_: astray)
    there, back = ways(motion)
    found = ego_motion.refined(STILL, there, back, INTRINSICS)
    np.testing.assert_allclose(found, motion, atol=1e-3)


def test_a_camera_that_only_turns_has_no_length():
    motion = matrix((0, 0, 0, 0.01, 0.03, 0))
    there, back = ways(motion)
    rng = np.random.default_rng(3)
    there, back = (
        way._replace(flow=way.flow + rng.normal(0, 0.02, way.flow.shape).astype("float32"))
        for way in (there, back)
    )
    found = refined(matrix((0, 0, -1, 0, 0, 0)), there, back)
    assert np.linalg.norm(found[0, :3, 3]) < 0.02
    np.testing.assert_allclose(found[:, :3, :3], motion[:, :3, :3], atol=1e-3)


def test_what_is_not_trusted_does_not_count():
    motion = matrix(AHEAD)
    there, back = ways(motion)
    trusted = TRUSTED.copy()
    trusted[:, :, 20:] = 0.0
    spoilt = [way._replace(trusted=trusted, flow=way.flow.copy()) for way in (there, back)]
    clean = refined(STILL, *spoilt)
    for way in spoilt:
        way.flow[:, :, 20:] = 40.0
    np.testing.assert_array_equal(refined(STILL, *spoilt), clean)
    np.testing.assert_allclose(clean, motion, atol=1e-3)


def test_a_smaller_weight_counts_for_less():
    """Of two halves that move differently, by less than their noise, the heavier wins."""
    motion, other = matrix((0, 0, 0, 0, 0.01, 0)), matrix((0, 0, 0, 0, 0.014, 0))
    noise = np.random.default_rng(4).normal(0, 0.4, (1, 32, 64, 2)).astype("float32")
    turns = []
    for weight in (1.0, 0.2):
        trusted = TRUSTED.copy()
        trusted[:, :, ::2] = weight
        mixed = [
            a._replace(
                flow=np.where(np.arange(64)[:, None] % 2 == 0, a.flow, b.flow) + noise,
                trusted=trusted,
            )
            for a, b in zip(ways(motion), ways(other), strict=True)
        ]
        turns.append(refined(STILL, *mixed)[0, 0, 2])
    assert turns[0] + 5e-4 < turns[1]


def test_without_trusted_pixels_the_first_guess_stays():
    motion = matrix(TURNING)
    there, back = (unseen(way) for way in ways(motion))
    np.testing.assert_allclose(refined(motion, there, back), motion, atol=1e-6)


@pytest.mark.parametrize("unknown", range(6))
def test_derivatives_are_those_of_the_projection(unknown):
    """Without translation nothing is whitened: minus the residual is the projection."""
    motion, step = matrix((0, 0, 0, 0.1, -0.2, 0.05)), 1e-3
    depth = depths(0)
    points = np.array(ego_motion.camera.backproject(depth, INTRINSICS))
    ends = np.zeros((1, 32, 64, 2), "float32")

    def projected(sign):
        change = np.zeros(6, "float32")
        change[unknown] = sign * step
        moved = rigid_motion.transform(points, rigid_motion.compose(matrix(change), motion))
        return np.array(ego_motion._seen(moved)).reshape(1, -1, 2)

    rows, residual = ego_motion._linearised(points, motion, ends)
    np.testing.assert_allclose(-np.array(residual), projected(0), atol=1e-6)
    differences = (projected(1) - projected(-1)) / (2 * step)
    np.testing.assert_allclose(np.array(rows)[..., unknown], differences, rtol=2e-2, atol=2e-3)
