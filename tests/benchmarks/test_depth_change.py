"""Flicker is zero in a steady film, equals the noise, and ignores untrusted pixels."""

import cv2
import numpy as np
import pytest

from benchmarks import depth_change

SHAPE = 64, 96
NO_FLOW = np.zeros((*SHAPE, 2), "float32")
EVERYWHERE = np.ones(SHAPE, bool)


@pytest.fixture
def disparity():
    return np.random.default_rng(0).uniform(0.1, 1.0, SHAPE).astype("float32")


def noise(seed, sigma):
    return np.exp(np.random.default_rng(seed).normal(0.0, sigma, SHAPE)).astype("float32")


def test_flow_follows_a_shifted_texture():
    texture = np.random.default_rng(0).uniform(0, 255, (*SHAPE, 3)).astype("uint8")
    first = cv2.GaussianBlur(texture, (0, 0), 2.0)
    flow, trusted = depth_change.tracked(first, np.roll(first, 3, axis=1))
    inside = trusted[10:-10, 10:-10]
    assert inside.mean() > 0.9
    assert np.median(flow[10:-10, 10:-10][inside], axis=0) == pytest.approx([3.0, 0.0], abs=0.1)
    assert not trusted[:, -2:].any()  # They left the image.


def test_where_nothing_can_be_followed_nothing_is_trusted():
    frames = np.random.default_rng(0).uniform(0, 255, (2, *SHAPE, 3)).astype("uint8")
    assert depth_change.tracked(*frames)[1].mean() < 0.2


def test_motion_and_scale_are_no_flicker(disparity):
    nearer = 1.0 / (1.0 / disparity - 0.1)
    assert np.abs(np.log(nearer / disparity)).mean() > 0.05
    assert depth_change.flicker(disparity, 1.3 * nearer, NO_FLOW, EVERYWHERE) < 2e-3


def test_depth_that_goes_with_its_points_does_not_flicker(disparity):
    flow = NO_FLOW + np.float32([2.0, 1.0])
    moved = np.roll(disparity, (1, 2), axis=(0, 1))
    trusted = np.zeros(SHAPE, bool)
    trusted[:-1, :-2] = True
    assert depth_change.flicker(disparity, moved, flow, trusted) < 1e-5
    assert depth_change.flicker(disparity, moved, NO_FLOW, trusted) > 0.3


@pytest.mark.parametrize("farthest", [0.1, 0.9])
@pytest.mark.parametrize("sigma", [0.02, 0.1])
def test_noise_counts_in_full(sigma, farthest):
    """Also with nearly constant depth, noise of the first frame must not look like motion."""
    disparity = np.random.default_rng(0).uniform(farthest, 1.0, SHAPE).astype("float32")
    before, after = disparity * noise(1, sigma), disparity * noise(2, sigma)
    expected = 2 * sigma / np.sqrt(np.pi)  # E|N| of the difference of two normal variables.
    found = depth_change.flicker(before, after, NO_FLOW, EVERYWHERE)
    assert found == pytest.approx(expected, rel=0.05)


def test_what_is_not_trusted_does_not_count(disparity):
    after = disparity.copy()
    after[:, 40:] = noise(3, 1.0)[:, 40:]
    trusted = np.zeros(SHAPE, bool)
    trusted[:, :40] = True
    assert depth_change.flicker(disparity, after, NO_FLOW, trusted) < 1e-5
    assert depth_change.flicker(disparity, after, NO_FLOW, EVERYWHERE) > 0.3
