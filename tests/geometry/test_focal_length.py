"""The focal length of a turning camera."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from dfnet_tf.geometry import focal_length

FOCAL = 0.6


def matches(yaw, path, pitch=0.0, center=(0.0, 0.0), noise=0.0, wrong=0.0, seed=0):
    """Matches of pairs whose camera turns right by `yaw` degrees [P] and moves along `path` [P, 3].

    Returns first, second [P, N, 2] and weight [P, N], as `focal_length.fitted` takes them.
    """
    random = np.random.default_rng(seed)
    count = 80
    first = random.uniform((-0.5, -0.2), (0.5, 0.2), (len(yaw), count, 2))
    rays = np.concatenate([(first - center) / FOCAL, np.ones((len(yaw), count, 1))], axis=-1)
    points = rays * random.uniform(4, 40, (len(yaw), count, 1))
    angles = np.stack([np.broadcast_to(pitch, np.shape(yaw)), yaw, np.zeros(len(yaw))], axis=1)
    turned = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    seen = (points - np.asarray(path)[:, None]) @ turned
    second = seen[..., :2] / seen[..., 2:] * FOCAL + center
    second += random.normal(0, noise, second.shape)
    is_wrong = random.uniform(size=second.shape[:2]) < wrong
    second[is_wrong] += random.uniform(-0.1, 0.1, second.shape)[is_wrong]
    return first, second, np.ones(second.shape[:2])


def arcs(yaw):
    """Paths [P, 3] along circles that the camera touches: directions half of each yaw."""
    half = np.radians(yaw) / 2
    return 1.5 * np.stack([np.sin(half), np.zeros_like(half), np.cos(half)], axis=1)


YAW = np.array([2.0, -3, 4, 5, -6, 7, 3, -4])
PANS = np.tile([0.1, 0.0, 1.0], (8, 1))  # Turns without a turn of the path.


def test_exact_matches_give_the_focal_length():
    found = focal_length.fitted(*matches(YAW, PANS))
    assert found.focal == pytest.approx(FOCAL, rel=0.01)
    np.testing.assert_allclose(found.center, 0, atol=1e-3)
    np.testing.assert_allclose(found.angles, np.abs(YAW), rtol=0.01)
    ways = PANS / np.linalg.norm(PANS, axis=1, keepdims=True)
    moved = found.rotation.swapaxes(1, 2) @ found.direction[..., None]  # In the first frame.
    np.testing.assert_allclose(np.abs((moved[..., 0] * ways).sum(1)), 1, atol=1e-4)


def test_the_principal_point_is_found_too():
    """With the centre fixed, this offset would change the focal length by several per cent."""
    center = 0.012, -0.01
    found = focal_length.fitted(*matches(YAW, PANS, pitch=YAW / 3, center=center, noise=1e-4))
    assert found.focal == pytest.approx(FOCAL, rel=0.02)
    np.testing.assert_allclose(found.center, center, atol=0.004)


def test_noise_and_wrong_matches_stay_within_the_interval():
    found = focal_length.fitted(*matches(YAW, PANS, noise=1.6e-4, wrong=0.15))
    low, high = focal_length.interval(found)
    assert low < FOCAL < high < 1.4 * low
    assert found.focal == pytest.approx(FOCAL, rel=0.05)


def test_an_arc_along_which_the_camera_looks_tells_nothing():
    """tan(a / 2) f is all that such matches show."""
    arc, pan = (matches(YAW, paths, noise=1.6e-4) for paths in (arcs(YAW), PANS))
    assert focal_length.clarity(focal_length.fitted(*arc), *arc) < 10
    assert focal_length.clarity(focal_length.fitted(*pan), *pan) > 60


def test_turns_are_seen_before_the_focal_length_is_known():
    angles = focal_length.turns(*matches(np.array([0.0, 1, 4, -8]), PANS[:4]))
    np.testing.assert_allclose(angles, [0, 1, 4, 8], rtol=0.45, atol=0.3)
    assert (np.diff(angles) > 0).all()


def test_a_match_of_weight_0_does_not_count():
    first, second, weight = matches(YAW, PANS)
    second[:, :40] += 0.05
    weight[:, :40] = 0
    assert focal_length.fitted(first, second, weight).focal == pytest.approx(FOCAL, rel=0.01)
