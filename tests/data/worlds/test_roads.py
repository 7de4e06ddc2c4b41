"""The coordinates of a curved road."""

import numpy as np
import pytest

from dfnet_tf.data.worlds.materials import Palette
from dfnet_tf.data.worlds.roads import NOWHERE, Road
from dfnet_tf.data.worlds.roadsides import Roadside
from dfnet_tf.data.worlds.traffic import Traffic


def road(curve, crossing=NOWHERE):
    return Road(curve, -4, 4, (0, 0), ((0, 1),), (), np.zeros(3), 0.0, crossing)


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


@pytest.mark.parametrize("crossing", [(20.0, 30.0), NOWHERE])
def test_nothing_stands_where_another_road_crosses(crossing):
    """Rays from the middle of the road to its right, one unit above the ground."""
    palette, crossed = Palette(np.random.default_rng(0), []), road(1 / 1000, crossing)
    side, traffic = Roadside(palette, crossed, 1, 2), Traffic(palette, crossed, np.zeros(2))
    traffic.park(side.out - 1.0, 0.0)
    side.pavement(2.0)
    side.hedge()
    side.houses(terrace=True)
    solids = [solid for solid in side.solids + traffic.solids if len(solid.centre) == 1]

    def nearest(along):
        start = crossed.place(np.zeros_like(along), along)[0].T - [[0.0], [1.0], [0.0]]
        right = np.tile([[1.0], [0.0], [0.0]], len(along))
        return np.min([solid.enter(start, right, 0) for solid in solids], axis=0)

    within, before = nearest(np.linspace(22, 28, 60)), nearest(np.linspace(2, 18, 60))
    assert (before < 15).mean() > 0.9
    assert (within < 15).any() == (crossing == NOWHERE)
