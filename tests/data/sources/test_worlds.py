"""The truth of rendered towns and rooms."""

from dataclasses import fields

import numpy as np
import pytest
from rendered_truth import points_in_next_image, rigid_flow, share_hidden_by_nearer, warp

from dfnet_tf.data.sources import synthetic

HEIGHT, WIDTH, FRAMES = 48, 96, 3
PICTURE = np.random.default_rng(9).integers(0, 256, (60, 80, 3)).astype("uint8")


@pytest.fixture(scope="module", params=[("town", 1), ("town", 5), ("room", 4)], ids=str)
def rendered(request):
    world, seed = request.param
    return synthetic.render_clip(seed, FRAMES, HEIGHT, WIDTH, world)


def test_where_nothing_moves_the_flow_is_rigid(rendered):
    gap = np.linalg.norm(rigid_flow(rendered) - rendered.forward_flow, axis=-1)
    moving = rendered.moving[:-1] > 0
    assert gap[~moving].max() < 0.02


@pytest.mark.parametrize(("world", "seed"), [("town", 1), ("room", 20)])
def test_what_moves_has_a_flow_of_its_own(world, seed):
    rendered = synthetic.render_clip(seed, FRAMES, HEIGHT, WIDTH, world)
    gap = np.linalg.norm(rigid_flow(rendered) - rendered.forward_flow, axis=-1)
    moving = rendered.moving[:-1] > 0
    assert 0.002 < moving.mean() < 0.6
    assert np.median(gap[moving]) > 0.3


def test_forward_and_backward_flow_cancel_where_visible(rendered):
    there, back = rendered.forward_flow, rendered.backward_flow
    visible = rendered.forward_visible > 0
    gap = np.linalg.norm(there + warp(back, there), axis=-1)
    assert visible.mean() > 0.5
    assert np.median(gap[visible]) < 0.03  # Exact except where `back` is interpolated.


def test_what_hides_a_point_is_nearer_than_the_point(rendered):
    inside, hidden = points_in_next_image(rendered)
    assert not rendered.forward_visible[~inside].any()
    assert 0.001 < hidden.mean() < 0.3
    assert share_hidden_by_nearer(rendered, hidden) > 0.6


def test_the_flow_leads_to_the_same_colours(rendered):
    images, seen = rendered.images.astype("float32"), rendered.forward_visible > 0

    def error(flow):
        return np.abs(warp(images[1:], flow) - images[:-1]).mean(axis=-1)[seen].mean()

    assert error(rendered.forward_flow) < 0.85 * error(0 * rendered.forward_flow)


@pytest.mark.parametrize("world", ["town", "room"])
def test_a_seed_gives_the_same_bytes_and_another_seed_another_camera(world):
    first, again, other = (synthetic.render_clip(seed, 2, 24, 48, world) for seed in (5, 5, 6))
    for field in fields(first):
        ours, theirs = getattr(first, field.name), getattr(again, field.name)
        assert ours.tobytes() == theirs.tobytes(), field.name
    assert first.intrinsics[0, 0] != other.intrinsics[0, 0]


def test_the_field_of_view_is_that_of_the_intrinsics():
    """A depth map of twice the width over the same field of view has twice the focal length."""
    small, large = (synthetic.render_clip(7, 1, *size, "town") for size in ((16, 32), (48, 96)))
    assert large.intrinsics[0, 0] == pytest.approx(3 * small.intrinsics[0, 0])
    gap = np.abs(np.log(small.depth / large.depth[:, 1::3, 1::3]))
    assert np.median(gap) < 1e-6  # Edges and holes in leaves round differently.


def test_depth_fits_a_depth_file_and_is_never_behind_the_camera():
    for seed in range(4):
        depth = synthetic.render_clip(seed, 2, 12, 40, "town").depth
        assert depth.min() > 0.5 and depth.max() < 256


def test_a_room_is_a_few_units_wide_and_seen_from_inside():
    for seed in range(4):
        rendered = synthetic.render_clip(seed, 2, 12, 40, "room")
        assert rendered.depth.min() > 0.1 and 1 < np.median(rendered.depth) < 6
        assert rendered.depth.max() < 10


@pytest.mark.parametrize("world", ["town", "room"])
def test_pictures_become_textures(world):
    """The same random choices with a picture and with its negative."""
    one, other = (
        synthetic.render_clip(3, 1, 24, 48, world, [picture])
        for picture in (PICTURE, 255 - PICTURE)
    )
    np.testing.assert_array_equal(one.depth, other.depth)
    assert (one.images != other.images).mean() > 0.01


def test_too_long_a_film_is_refused():
    with pytest.raises(ValueError, match="must be 1 to 60. Received: 61"):
        synthetic.render_clip(0, 61, 8, 16, "town")
