import numpy as np
import pytest

from dfnet_tf.geometry import patchwork
from dfnet_tf.geometry.patchwork import NUM_DRAWS

HEIGHT, WIDTH = 20, 30


def places():
    """A map of each pixel's own (x, y), which shows where a patchwork was read."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype("float32")
    return np.stack([x, y], axis=-1)[None]


def read_at(draws):
    return np.array(patchwork.patchwork(places(), np.float32([draws])))[0]


def patch(draws):
    """True inside the patch of a map without zoom, where x is reversed."""
    return np.abs(read_at(draws) - places()[0])[..., 0] > 0.5


def drawn(base=(0.0, 0.0, 0.0), other=(0.0, 0.0, 0.0), size=(0.0, 0.0), place=(0.0, 0.0)):
    return [*base, *other, *size, *place]


def test_outside_the_patch_a_part_without_zoom_is_the_map_itself():
    read, outside = read_at(drawn()), np.ones([HEIGHT, WIDTH], bool)
    outside[:5, :7] = False  # The smallest patch, a fifth of either side, in the top left corner.
    np.testing.assert_allclose(read[outside], places()[0][outside], atol=1e-4)


def test_the_patch_is_the_mirrored_map():
    read = read_at(drawn())[:4, :6]
    mirrored = places()[0][:, ::-1][:4, :6]
    np.testing.assert_allclose(read, mirrored, atol=1e-4)


@pytest.mark.parametrize(("draw", "first", "last"), [(0.0, 0.0, 18.125), (1.0, 10.875, 29.0)])
def test_a_zoomed_part_lies_where_it_was_drawn(draw, first, last):
    almost = np.nextafter(1, 0)
    read = read_at(drawn(base=(almost, draw, draw), place=(0.5, 0.5)))
    # 1 / 1.6 of 29 pixels from the first centre to the last.
    np.testing.assert_allclose(read[0, [0, -1], 0], [first, last], atol=1e-4)
    np.testing.assert_allclose(read[-1, 0, 1], {0.0: 11.875, 1.0: 19.0}[draw], atol=1e-4)


@pytest.mark.parametrize(("size", "share"), [(0.0, 0.2), (np.nextafter(1, 0), 0.7)])
def test_a_patch_is_as_large_as_drawn(size, share):
    found = patch(drawn(size=(size, size), place=(0.5, 0.5)))
    rows, columns = found.any(axis=1).sum(), found.any(axis=0).sum()
    assert rows == pytest.approx(share * HEIGHT, abs=1.5)
    assert columns == pytest.approx(share * WIDTH, abs=1.5)


def test_a_patch_lies_where_it_was_drawn():
    found = patch(drawn(place=(np.nextafter(1, 0), 0.0)))
    assert found[:3, -5:].all()
    assert not found[5:].any()
    assert not found[:, :-8].any()


def test_is_read_inside_the_map_whatever_is_drawn():
    draws = np.random.default_rng(0).uniform(size=[50, NUM_DRAWS]).astype("float32")
    read = np.array(patchwork.patchwork(np.repeat(places(), 50, axis=0), draws))
    assert read.min() >= 0
    assert (read.max(axis=(0, 1, 2)) <= [WIDTH - 1, HEIGHT - 1]).all()
    assert len(np.unique(read.mean(axis=(1, 2, 3)).round(3))) > 40  # All are different.


def test_two_maps_drawn_alike_are_read_at_the_same_pixels():
    draws = np.random.default_rng(1).uniform(size=[1, NUM_DRAWS]).astype("float32")
    image = np.random.default_rng(2).uniform(size=[1, HEIGHT, WIDTH, 3]).astype("float32")
    both = np.array(patchwork.patchwork(np.concatenate([image, 2 * image], axis=-1), draws))
    np.testing.assert_allclose(both[..., :3], patchwork.patchwork(image, draws), rtol=1e-6)
    np.testing.assert_allclose(both[..., 3:], 2 * both[..., :3], rtol=1e-6)
