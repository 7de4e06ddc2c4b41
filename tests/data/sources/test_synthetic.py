from dataclasses import fields

import cv2
import numpy as np
import pytest
from rendered_truth import points_in_next_image, rigid_flow, share_hidden_by_nearer, warp

from dfnet_tf.data.clips import read_clip
from dfnet_tf.data.sources import synthetic

HEIGHT, WIDTH, FRAMES = 48, 96, 4


@pytest.fixture(scope="module", params=[0, 3])  # Seed 3 has an oncoming car nearby.
def rendered(request):
    return synthetic.render_clip(request.param, FRAMES, HEIGHT, WIDTH)


def warping_error(rendered, flow, where=1.0):
    """Mean brightness difference, in 0..255, between each frame and the warped next one."""
    images = rendered.images.astype("float32")
    gap = np.abs(warp(images[1:], flow) - images[:-1]).mean(axis=-1)
    return gap[rendered.forward_visible * where > 0].mean()


def test_arrays_have_the_promised_shapes_and_types(rendered):
    image, pair = (FRAMES, HEIGHT, WIDTH), (FRAMES - 1, HEIGHT, WIDTH)
    expected = {
        "images": ((*image, 3), "uint8"),
        "depth": (image, "float32"),
        "camera_to_world": ((FRAMES, 4, 4), "float64"),
        "intrinsics": ((3, 3), "float32"),
        "forward_flow": ((*pair, 2), "float32"),
        "backward_flow": ((*pair, 2), "float32"),
        "forward_visible": (pair, "float32"),
        "backward_visible": (pair, "float32"),
        "moving": (image, "float32"),
    }
    arrays = {field.name: getattr(rendered, field.name) for field in fields(rendered)}
    assert {name: (array.shape, str(array.dtype)) for name, array in arrays.items()} == expected


def test_a_seed_gives_the_same_bytes_and_another_seed_others():
    first, again, other = (synthetic.render_clip(seed, 2, 24, 48) for seed in (5, 5, 6))
    for field in fields(first):
        ours, theirs = getattr(first, field.name), getattr(again, field.name)
        assert ours.tobytes() == theirs.tobytes(), field.name
    assert (first.images != other.images).mean() > 0.5
    assert not np.array_equal(first.camera_to_world, other.camera_to_world)


def test_the_flow_leads_to_the_same_surface_in_the_next_image(rendered):
    error = warping_error(rendered, rendered.forward_flow)
    assert error < 6
    assert warping_error(rendered, 0 * rendered.forward_flow) > 2.5 * error
    assert warping_error(rendered, -rendered.forward_flow) > 4 * error


def test_what_moves_carries_its_texture_along(rendered):
    error = warping_error(rendered, rendered.forward_flow, rendered.moving[:-1])
    assert warping_error(rendered, rigid_flow(rendered), rendered.moving[:-1]) > 1.6 * error


def test_where_nothing_moves_the_flow_is_rigid(rendered):
    gap = np.linalg.norm(rigid_flow(rendered) - rendered.forward_flow, axis=-1)
    moving = rendered.moving[:-1] > 0
    assert gap[~moving].max() < 1e-2
    assert gap[moving].mean() > 0.3


def test_forward_and_backward_flow_cancel_where_visible(rendered):
    there, back = rendered.forward_flow, rendered.backward_flow
    gap = np.linalg.norm(there + warp(back, there), axis=-1)
    visible = rendered.forward_visible > 0
    # Exact except where `back` is interpolated across edges.
    assert np.median(gap[visible]) < 0.01
    assert np.median(gap[~visible]) > 0.1
    gap = np.linalg.norm(back + warp(there, back), axis=-1)
    assert np.median(gap[rendered.backward_visible > 0]) < 0.01


def test_a_point_in_the_next_image_can_be_hidden(rendered):
    inside, hidden = points_in_next_image(rendered)
    assert not rendered.forward_visible[~inside].any()
    assert 0.001 < hidden.mean() < 0.2
    assert share_hidden_by_nearer(rendered, hidden) > 0.6


def test_something_moves_in_every_frame_and_fills_less_than_half(rendered):
    share = rendered.moving.mean(axis=(1, 2))
    assert (share > 0.005).all() and (share < 0.5).all()


def test_the_ground_is_a_camera_height_below(rendered):
    """Depth from one image needs a constant: depth * slope = 1.5 where the lane is clear."""
    bottom = rendered.depth[:, -1, WIDTH // 2]
    focal, centre = rendered.intrinsics[1, 1:]
    ray = np.array(
        [(WIDTH // 2 - rendered.intrinsics[0, 2]) / focal, (HEIGHT - 1 - centre) / focal, 1]
    )
    heights = bottom * (rendered.camera_to_world[:, 1, :3] @ ray)
    np.testing.assert_allclose(heights, 1.5, atol=1e-4)


def test_depth_varies_much(rendered):
    depth = rendered.depth
    assert depth.min() > 1 and depth.max() < 60
    median = np.median(depth, axis=(1, 2), keepdims=True)
    assert 0.35 < (np.abs(depth - median) / depth).mean() < 0.9


def test_the_size_of_the_image_does_not_change_the_world():
    small, large = synthetic.render_clip(1, 2, 15, 31), synthetic.render_clip(1, 2, 45, 93)
    np.testing.assert_array_equal(small.camera_to_world, large.camera_to_world)
    np.testing.assert_allclose(small.depth, large.depth[:, 1::3, 1::3], rtol=1e-4)


def test_a_pixel_is_centred_on_its_ray():
    small, large = (synthetic.render_clip(1, 1, *size).images[0] for size in ((16, 32), (48, 96)))

    def gap(dx, dy):
        """Between the small image and the large one, shifted by a third of a small pixel."""
        shifted = np.roll(large.astype("float32"), (dy, dx), axis=(0, 1))
        reduced = shifted.reshape(16, 3, 32, 3, 3).mean(axis=(1, 3))
        return np.abs(small - reduced)[1:-1, 1:-1].mean()

    shifts = [(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
    assert min(shifts, key=lambda shift: gap(*shift)) == (0, 0)


def test_one_frame_has_no_flow():
    assert synthetic.render_clip(0, 1, 8, 16).forward_flow.shape == (0, 8, 16, 2)


@pytest.mark.parametrize("arguments", [(0, 8, 16), (301, 8, 16), (2, 1, 16), (2, 8, 1)])
def test_impossible_sizes_are_refused(arguments):
    with pytest.raises(ValueError, match="Received"):
        synthetic.render_clip(0, *arguments)


def test_a_written_clip_reads_back_within_quantisation(rendered, tmp_path):
    folder = tmp_path / "street"
    synthetic.write_clip(rendered, folder)
    clip = read_clip(folder)
    assert len(clip) == FRAMES
    np.testing.assert_allclose(clip.intrinsics, rendered.intrinsics, rtol=1e-6)
    np.testing.assert_array_equal(clip.poses(), rendered.camera_to_world)
    for i in range(FRAMES):
        np.testing.assert_array_equal(clip.image(i), rendered.images[i])
        np.testing.assert_allclose(clip.depth(i), rendered.depth[i], atol=0.5 / 256 + 1e-4)
        moving = cv2.imread(str(folder / "moving" / f"{i:06d}.png"), cv2.IMREAD_UNCHANGED)
        np.testing.assert_array_equal(moving, 255 * rendered.moving[i])
    for i in range(FRAMES - 1):
        flow, valid = clip.flow(i)
        np.testing.assert_allclose(flow, rendered.forward_flow[i], atol=0.5 / 64 + 1e-4)
        assert valid.all()
        visible = cv2.imread(str(folder / "visible" / f"{i:06d}.png"), cv2.IMREAD_UNCHANGED)
        np.testing.assert_array_equal(visible, 255 * rendered.forward_visible[i])
    assert clip.flow(FRAMES - 1) is None
