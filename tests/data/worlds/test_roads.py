"""The coordinates of a curved road."""

import numpy as np
import pytest

from dfnet_tf.data.worlds.roads import Road


def road(curve):
    return Road(curve, -4, 4, (0, 0), ((0, 1),), (), np.zeros(3), 0.0)


@pytest.mark.parametrize("curve", [1 / 60, -1 / 60, 1e-6, -1e-6])
def test_points_have_the_coordinates_they_were_placed_at(curve):
    across, along = np.random.default_rng(0).uniform([[-20], [-15]], [[20], [90]], (2, 100))
    place, _ = road(curve).place(across, along)
    np.testing.assert_allclose(road(curve).coordinates(place), [across, along], atol=1e-6)


def test_a_quarter_turn_to_the_right():
    place, heading = road(1 / 10).place(1.0, 10 * np.pi / 2)
    np.testing.assert_allclose(place, [10, 0, 9], atol=1e-12)
    assert heading == pytest.approx(np.pi / 2)


def test_a_bank_covers_its_strip_without_gaps():
    """Rays from above meet a pavement everywhere between its edges along a bend."""
    bend = road(1 / 60)
    bank = bend.bank(3.0, 5.0, 0.15, 0.0, None)
    across, along = np.meshgrid([3.1, 4.0, 4.9], np.linspace(-10, 140, 200))
    start = bend.place(across.ravel(), along.ravel())[0].T - [[0], [2], [0]]
    down = np.tile([[0.0], [1.0], [0.0]], start.shape[1])
    first = np.min([solid.enter(start, down, 0) for solid in bank], axis=0)
    np.testing.assert_allclose(first, 1.85, atol=1e-9)
