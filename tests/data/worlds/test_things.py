"""Things have the sizes of real ones and stand on the ground."""

import numpy as np
import pytest

from dfnet_tf.data.worlds import furniture, vehicles
from dfnet_tf.data.worlds.buildings import draw_house
from dfnet_tf.data.worlds.materials import Palette
from dfnet_tf.data.worlds.people import draw_cyclist, draw_person
from dfnet_tf.data.worlds.plants import draw_bush, draw_tree
from dfnet_tf.data.worlds.things import standing


@pytest.fixture(scope="module")
def palette():
    return Palette(np.random.default_rng(0), [])


def bounds(parts):
    """The lowest and highest X, Y and Z of a thing at the origin, each [3]."""
    corners = np.concatenate([s.corners(0) for s in standing(parts, np.zeros(3), 0.0)], axis=1)
    return corners.min(axis=1), corners.max(axis=1)


def assert_stands(parts, least, most):
    low, high = bounds(parts)
    assert high[1] == pytest.approx(0, abs=0.05)  # Y points down.
    assert least <= -low[1] <= most


@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [
        ("hatchback", 1.4, 1.6),
        ("estate", 1.4, 1.6),
        ("tall", 1.6, 1.9),
        ("van", 1.8, 2.7),
        ("lorry", 2.6, 3.7),
        ("trailer", 2.6, 4.1),
        ("bus", 2.9, 4.3),
    ],
)
def test_vehicles_stand_on_wheels_and_cover_the_ground_they_claim(palette, kind, least, most):
    for _ in range(5):
        vehicle = vehicles.draw_vehicle(palette, kind)
        assert_stands(vehicle.parts, least, most)
        low, high = bounds(vehicle.parts)
        assert 1.6 < 2 * vehicle.half_width < 2.6  # A lane is 2.6 wide or more.
        np.testing.assert_allclose(high[2], vehicle.half_length, atol=0.05)
        np.testing.assert_allclose([-low[0], high[0]], vehicle.half_width, atol=0.05)


def test_people_trees_and_houses_have_their_usual_heights(palette):
    for _ in range(5):
        assert_stands(draw_person(palette, 1.75), 1.7, 1.85)
        assert_stands(draw_cyclist(palette), 1.6, 1.9)
        assert_stands(draw_tree(palette, 8.0), 6.5, 9.5)
        assert_stands(draw_bush(palette, 1.0), 0.9, 1.1)
        assert_stands(draw_house(palette, 10, 9, 2), 7, 12)


@pytest.mark.parametrize("kind", [*furniture.AT_WALLS, *furniture.FREE])
def test_furniture_stands_on_the_floor_within_its_place(palette, kind):
    for _ in range(5):
        piece = furniture.draw_furniture(palette, kind)
        assert_stands(piece.parts, 0.2, 2.4)
        low, high = bounds(piece.parts)
        assert max(high[0], -low[0]) <= piece.half_width + 0.2
        assert max(high[2], -low[2]) <= piece.half_length + 0.2
