"""The scales of views and the range of the network's opinion."""

import numpy as np
import pytest

from dfnet_tf.film import fusion

RNG = np.random.default_rng(0)
TRUE = np.float32(np.exp(RNG.uniform(np.log(0.02), np.log(0.3), 4000)))  # Inverse depths.
COMPRESSED = np.log(TRUE)[None] * 0.8  # The opinion of a network that shrinks the range.


def test_views_that_see_different_pixels_are_scaled_alike():
    """One view sees what is near, one what is far; they share the middle."""
    scales = np.float32([3.0, 0.5])
    near = TRUE[None] / scales[:, None]
    seen = np.float32([TRUE > 0.05, TRUE < 0.12])
    begun, spread = fusion._scales(COMPRESSED, near, seen)
    apart = np.log(np.array(begun) / scales)
    assert abs(apart[0] - apart[1]) > 0.1
    assert (np.array(spread) < 0.2).all()
    doubt = 0.1 * near
    found = fusion._aligned(begun, COMPRESSED, near, doubt, seen, seen)
    apart = np.log(np.array(found) / scales)
    assert abs(apart[0] - apart[1]) < 0.03
    # Together they keep the network's unit.
    assert np.median(COMPRESSED - np.log(TRUE)) == pytest.approx(apart.mean(), abs=0.05)


def test_a_view_that_does_not_count_changes_nothing():
    near = np.stack([TRUE, TRUE, 7 * TRUE])
    seen = np.float32([TRUE > 0, TRUE > 0, TRUE < 0])
    found = fusion._aligned(
        np.ones(3, "float32"), np.log(TRUE)[None], near, 0.02 * near, seen, seen
    )
    np.testing.assert_allclose(found, np.ones(3), atol=1e-5)


def test_the_line_to_the_known_pixels_corrects_all_pixels():
    known = np.float32(TRUE > 0.04)[None]
    views = np.log(TRUE)[None] + RNG.normal(0, 0.05, TRUE.shape)
    views = np.float32(np.where(RNG.uniform(size=TRUE.shape) < 0.2, views + 1.0, views))
    correction = fusion._correction(COMPRESSED, COMPRESSED, views, known)
    np.testing.assert_allclose(COMPRESSED + correction, np.log(TRUE)[None], atol=0.06)


def test_few_known_pixels_correct_nothing():
    known = np.float32(np.arange(TRUE.size) < fusion.FEWEST * TRUE.size)[None]
    views = np.float32(np.log(TRUE)[None])
    assert not np.any(fusion._correction(COMPRESSED, COMPRESSED, views, known))


def test_a_line_too_steep_to_be_true_is_bounded():
    known, flat = np.ones((1, TRUE.size), "float32"), np.log(TRUE)[None] * 0.05
    correction = np.array(fusion._correction(flat, flat, np.log(TRUE)[None], known))
    slope, _ = np.polyfit(flat[0], correction[0], 1)
    assert slope == pytest.approx(fusion.SLOPES[1], rel=1e-3)
