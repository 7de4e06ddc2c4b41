"""Static points do not lie below the road."""

import numpy as np

from dfnet_tf.geometry import ground

CAMERA_HEIGHT = 1.6


def picture():
    """Rays [1, N, 3] of a camera over a road, and the inverse depth of the road."""
    x, y = np.meshgrid(np.linspace(-0.8, 0.8, 40), np.linspace(-0.3, 0.3, 30))
    rays = np.float32(np.stack([x, y, np.ones_like(x)], -1).reshape(1, -1, 3))
    return rays, np.maximum(rays[..., 1], 1e-3) / CAMERA_HEIGHT


def test_slopes_lead_down_across_the_direction_of_travel():
    """A camera that looks 0.1 below its travel direction has the horizon 0.1 above its centre."""
    course = np.float32([[0, -0.1, 1]]) / np.sqrt(1.01)
    slope = ground.slopes(np.float32([[[0, -0.1, 1], [0, 0, 1], [0, 0.4, 1]]]), course)
    np.testing.assert_allclose(slope, [[0, 0.0995, 0.4975]], atol=1e-4)


def test_a_camera_that_moves_sideways_has_the_ground_below_it():
    slope = ground.slopes(np.float32([[[0, 0.3, 1]]]), np.float32([[1, 0, 0]]))
    np.testing.assert_allclose(slope, [[0.3]], atol=1e-6)


def test_what_stands_on_the_road_is_not_below_it_and_what_drives_along_is():
    rays, road = picture()
    slope = np.array(ground.slopes(rays, np.float32([[0, 0, 1]])))
    column = np.abs(rays[..., 0]) < 0.1
    prior = np.where(column, np.maximum(road, 0.1), road)  # A car, at the network's depth.
    np.testing.assert_array_equal(ground.below(slope, prior, prior), np.zeros_like(road))
    far = np.where(column, 0.5 * road, prior)  # It moves along, which halves its parallax.
    expected = column & (slope > ground.LEAST_SLOPE)
    np.testing.assert_array_equal(ground.below(slope, far, prior), np.float32(expected))
    near = np.where(column, 2.0 * prior, prior)
    np.testing.assert_array_equal(ground.below(slope, near, prior), np.zeros_like(road))


def test_above_the_horizon_nothing_is_below_the_ground():
    rays, road = picture()
    slope = np.array(ground.slopes(rays, np.float32([[0, 0, 1]])))
    found = np.array(ground.below(slope, np.full_like(road, 1e-6), road))
    assert found[slope > 0.06].all() and not found[slope < 0.04].any()
