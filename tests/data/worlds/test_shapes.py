"""Rays meet solids where a brute-force march finds their surface."""

import numpy as np
import pytest

from dfnet_tf.data.worlds import shapes, things

ROOF = shapes.GABLE
CABIN = shapes.tapered(front=0.9, back=0.5, side=0.2)


def inside(shape, points):
    """Whether own points [3, M] are in a unit shape, from its definition alone."""
    x, y, z = points
    if shape is shapes.BALL:
        return x * x + y * y + z * z <= 1
    if shape is shapes.DRUM:
        return (x * x + z * z <= 1) & (np.abs(y) <= 1)
    within = np.abs(points).max(axis=0) <= 1
    if shape is ROOF:
        return within & (np.abs(z) <= (y + 1) / 2)
    if shape is CABIN:
        low = (y - 1) / 2  # 0 at the base, -1 at the top.
        return within & (z <= 1 + 0.9 * low) & (z >= -1 - 0.5 * low) & (np.abs(x) <= 1 + 0.2 * low)
    return within


@pytest.mark.parametrize(
    "shape",
    [shapes.BLOCK, shapes.BALL, shapes.DRUM, ROOF, CABIN],
    ids=["block", "ball", "drum", "gable", "tapered"],
)
def test_a_ray_enters_a_solid_where_a_march_does(shape):
    rng = np.random.default_rng(0)
    axes, centre = np.eye(3)[None] + rng.uniform(-0.4, 0.4, (1, 3, 3)), np.array([[0.3, -0.2, 4.0]])
    solid = shapes.Solid(shape, axes, centre)
    rays = np.vstack([rng.uniform(-0.5, 0.5, (2, 200)), np.ones(200)])
    steps = np.linspace(0, 8, 4001)
    marched = rays[:, :, None] * steps  # From the origin.
    own = np.linalg.inv(axes[0]) @ (marched.reshape(3, -1) - centre.T)
    within = inside(shape, own).reshape(200, -1)
    expected = np.where(within.any(axis=1), steps[within.argmax(axis=1)], np.inf)
    entered = solid.enter(np.zeros((3, 1)), rays, 0)
    assert 40 < np.isfinite(expected).sum() < 190
    assert (np.isfinite(entered) == np.isfinite(expected)).mean() > 0.98  # Grazing rays differ.
    both = np.isfinite(entered) & np.isfinite(expected)
    np.testing.assert_allclose(entered[both], expected[both], atol=0.0021)


def test_rays_of_an_axis_meet_faces_at_hand_worked_depths():
    """A block from 3 to 5 ahead, rotated by 90 degrees; a ray beside it misses."""
    part = things.Part(shapes.BLOCK, (0, 0, 0), (1, 0.5, 2), None)
    (solid,) = things.standing([part], [0, 0, 4], np.pi / 2)
    rays = np.array([[0.0, 0, 1], [1.9 / 3, 0, 1], [2.1 / 3, 0, 1]]).T
    np.testing.assert_allclose(solid.enter(np.zeros((3, 1)), rays, 0), [3, 3, np.inf])


def test_a_drum_is_met_at_its_cap_from_above_and_at_its_side_from_beside():
    solid = shapes.Solid(shapes.DRUM, np.eye(3)[None], np.zeros((1, 3)))
    from_above = solid.enter(np.array([[0.5], [-4], [0.5]]), np.array([[0.0], [1], [0]]), 0)
    from_beside = solid.enter(np.array([[-4.0], [0], [0]]), np.array([[1.0], [0], [0]]), 0)
    np.testing.assert_allclose([from_above, from_beside], [[3], [3]])


def test_a_dome_is_seen_from_inside():
    solid = shapes.Solid(shapes.DOME, 5 * np.eye(3)[None], np.array([[0.0, 0, 1]]))
    assert solid.enter(np.zeros((3, 1)), np.array([[0.0], [0], [1]]), 0) == pytest.approx(6)


def test_holes_let_their_share_of_rays_through():
    rng = np.random.default_rng(1)
    rays = np.vstack([rng.uniform(-0.6, 0.6, (2, 1000)), np.ones(1000)])
    pierced, missed = [], []
    for centre in rng.uniform(-50, 50, (8, 3, 1)):
        start = centre + [[0], [0], [-8]]
        whole, holed = (
            shapes.Solid(shapes.BALL, 6 * np.eye(3)[None], centre.T, holes=share).enter(
                start, rays, 0
            )
            for share in (0.0, 0.4)
        )
        met = np.isfinite(whole)
        assert (holed >= whole).all()
        pierced.append(np.mean(holed[met] > whole[met]))
        missed.append(np.mean(np.isinf(holed[met])))
    assert np.mean(pierced) == pytest.approx(0.4, abs=0.05)
    assert np.mean(missed) == pytest.approx(0.16, abs=0.05)  # Through the front and the back.


def test_a_moving_solid_takes_its_points_along():
    part = things.Part(shapes.BALL, (0, 0, 1), (1, 1, 1), None)
    (solid,) = things.standing([part], [[0, 0, 0], [5, 0, 0]], [0, np.pi / 2])
    assert solid.moves
    moved = solid.moved(np.array([[0.0], [0], [2]]), 0, 1)
    np.testing.assert_allclose(moved[:, 0], [7, 0, 0], atol=1e-12)  # Z becomes X.
