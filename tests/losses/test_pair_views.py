"""Views of a wall of noise, parallel to the image, along which the camera moves."""

import numpy as np
import pytest
import tensorflow as tf

from dfnet_tf.losses import flow_views

HEIGHT, WIDTH, STEP = 6, 16, 2  # Each frame is STEP pixels further to the right than the last.
FOCAL, DEPTH = 10.0, 5.0
INTRINSICS = np.float32([[[FOCAL, 0, (WIDTH - 1) / 2], [0, FOCAL, (HEIGHT - 1) / 2], [0, 0, 1]]])
FLOWS = np.float32([STEP, -STEP, -STEP, STEP])  # In x, of the pairs 1 -> 0, 1 -> 2, 0 -> 1, 2 -> 1.
FIRST, SECOND = [1, 1, 0, 2], [0, 2, 1, 1]


@pytest.fixture(scope="module")
def images():
    wall = np.random.default_rng(0).uniform(size=[HEIGHT, WIDTH + 2 * STEP, 3]).astype("float32")
    return np.stack([wall[:, i * STEP :][:, :WIDTH] for i in range(3)])[None]


def flow_maps(x):
    """Constant flows along x, [P] -> [P, H, W, 2]."""
    flows = np.zeros([len(x), HEIGHT, WIDTH, 2], "float32")
    flows[..., 0] = np.reshape(x, (-1, 1, 1))
    return flows


def motions_of(x):
    """The camera's motions [1, 2, 2, 6] that make these flows of the wall."""
    motions = np.zeros([1, 2, 2, 6], "float32")
    motions[0, ..., 0] = np.reshape(x, (2, 2)).T * DEPTH / FOCAL
    return motions


def rigid(images, x=FLOWS, disparities=None, occlusions=True):
    if disparities is None:
        disparities = np.full([1, 3, HEIGHT, WIDTH, 1], 1 / DEPTH, "float32")
    return flow_views.rigid_view(images, INTRINSICS, disparities, motions_of(x), occlusions)


def inside(x):
    """1 where a flow ends inside the image, [P, H, W, 1]."""
    ends = np.arange(WIDTH) + np.reshape(x, (-1, 1))
    mask = (ends >= 0) & (ends <= WIDTH - 1)
    return np.broadcast_to(mask[:, None, :, None], [len(x), HEIGHT, WIDTH, 1])


def assert_sees_the_wall(view, images):
    np.testing.assert_allclose(view.flow, flow_maps(FLOWS), atol=1e-4)
    np.testing.assert_allclose(view.backward, flow_maps(-FLOWS), atol=1e-4)
    np.testing.assert_array_equal(view.visible, inside(FLOWS))
    gap = np.abs(view.image - images[0, FIRST]) * inside(FLOWS)
    assert gap.max() < 1e-3 < np.abs(images[0, SECOND] - images[0, FIRST]).mean()


def test_the_flow_of_the_wall_shows_the_first_frame_again(images):
    assert_sees_the_wall(flow_views.predicted_view(images, flow_maps(FLOWS)), images)


def test_depth_and_motion_show_the_first_frame_again(images):
    assert_sees_the_wall(rigid(images), images)


def test_a_coarse_flow_is_resized_to_the_frames(images):
    coarse = flow_maps(FLOWS)[:, ::2, ::2] / 2  # In pixels of its own grid.
    assert_sees_the_wall(flow_views.predicted_view(images, coarse), images)


def test_a_pixel_whose_way_back_ends_elsewhere_is_hidden(images):
    wrong = FLOWS * np.float32([1, 1, 3, 1])  # 0 -> 1 does not undo 1 -> 0.
    for view in (flow_views.predicted_view(images, flow_maps(wrong)), rigid(images, wrong)):
        seen = np.array(view.visible).mean(axis=(1, 2, 3)) > 0
        np.testing.assert_array_equal(seen, [False, True, False, True])


def test_without_occlusions_all_that_stays_in_the_image_counts(images):
    wrong = FLOWS * np.float32([1, 1, 3, 1])
    view = rigid(images, wrong, occlusions=False)
    np.testing.assert_array_equal(view.visible, inside(wrong))


def test_the_depth_is_that_of_the_second_frame(images):
    disparities = np.full([1, 3, HEIGHT, WIDTH, 1], 1 / DEPTH, "float32")
    columns = np.linspace(1, 2, WIDTH, dtype="float32")[:, None]
    disparities[:, 0] = 1 / columns  # Of a source: its pairs have other flows, the target's not.
    depth = rigid(images, disparities=disparities).depth[0]
    np.testing.assert_allclose(
        depth[:, :-STEP], np.broadcast_to(columns, depth.shape)[:, STEP:], rtol=1e-4
    )


def test_the_mask_gives_depth_no_gradient(images):
    disparities = tf.fill([1, 3, HEIGHT, WIDTH, 1], 1 / DEPTH)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(disparities)
        view = rigid(images, disparities=disparities)
        parts = tf.reduce_sum(view.backward), tf.reduce_sum(view.flow**2)
    # The flows there are constant, so the place where a map is sampled does not matter either.
    of_backward, of_flow = (np.abs(tape.gradient(part, disparities)).max() for part in parts)
    assert of_backward < 1e-3 * of_flow


def test_each_level_of_the_pyramid_has_half_the_size_and_the_same_view(images):
    levels = flow_views.pyramid(images[:, :, :4], INTRINSICS, 3)
    assert [frames.shape for frames, _ in levels] == [
        (1, 3, 4 >> s, WIDTH >> s, 3) for s in range(3)
    ]
    for s, (frames, intrinsics) in enumerate(levels):
        assert np.mean(frames) == pytest.approx(np.mean(images[:, :, :4]), rel=1e-5)
        focal = FOCAL / 2**s  # The axis stays in the middle.
        x, y = ((side / 2**s - 1) / 2 for side in (WIDTH, HEIGHT))
        np.testing.assert_allclose(intrinsics[0, :2], [[focal, 0, x], [0, focal, y]], rtol=1e-6)
