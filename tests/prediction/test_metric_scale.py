"""Lengths in metres from the camera's height."""

import numpy as np
import pytest
from true_predictor import TruePredictor

from dfnet_tf.data.sources import synthetic
from dfnet_tf.data.sources.street import CAMERA_HEIGHT
from dfnet_tf.prediction.metric_scale import height_above_ground, in_metres
from dfnet_tf.prediction.views import View, views

INTRINSICS = np.array([[100.0, 0, 95.5], [0, 100, 31.5], [0, 0, 1]])


def road(height, pitch=0.0, size=(64, 192)):
    """Depth [H, W] of a road, 50 above the horizon, seen by a camera that looks down by `pitch`."""
    y = (np.arange(size[0]) - INTRINSICS[1, 2]) / INTRINSICS[1, 1]
    down = y * np.cos(pitch) + np.sin(pitch)
    depth = np.where(down > height / 50, height / np.maximum(down, 1e-6), 50)
    return np.tile(depth[:, None], (1, size[1]))


@pytest.mark.parametrize("pitch", [0.0, 0.08, -0.08])
def test_the_height_above_a_road_is_found_whatever_the_pitch(pitch):
    direction = np.array([0, -np.sin(pitch), np.cos(pitch)])
    height = height_above_ground(road(1.6, pitch), INTRINSICS, 0.3 * direction)
    assert height == pytest.approx(1.6, rel=1e-3)
    assert height_above_ground(3 * road(1.6, pitch), INTRINSICS, direction) == pytest.approx(
        4.8, rel=1e-3
    )


def test_things_on_a_part_of_the_road_do_not_change_the_height():
    depth = road(1.6)
    depth[:, 60:85] = np.minimum(depth[:, 60:85], 4.0)
    assert height_above_ground(depth, INTRINSICS, [0, 0, 1]) == pytest.approx(1.6, rel=0.01)


def test_a_camera_that_looks_up_sees_no_road():
    upward = INTRINSICS.copy()
    upward[1, 2] = 80.0
    assert np.isnan(height_above_ground(road(1.6), upward, [0, 0, 1]))


@pytest.fixture(scope="module", params=[2, 7])
def film(request):
    return synthetic.render_clip(request.param, 8, 64, 192)


def test_a_rendered_street_is_in_metres(film):
    """The network's unit changes from frame to frame; the street's camera height is known."""
    factors = 0.3 * np.exp(np.random.default_rng(1).normal(0, 0.1, len(film.images)))
    predictor = TruePredictor(film, factors)
    seen = list(
        in_metres(views(predictor, film.images, film.intrinsics), film.intrinsics, CAMERA_HEIGHT)
    )
    truth = film.camera_to_world
    for i, view in enumerate(seen):
        assert np.median(view.depth / film.depth[i]) == pytest.approx(1, abs=0.08)
        np.testing.assert_allclose(
            view.depth * predictor.disparity(film.images[i]), view.scale, rtol=1e-4
        )
    steps = [np.linalg.norm(view.next_from_frame[:3, 3]) for view in seen[:-1]]
    true_steps = np.linalg.norm(np.diff(truth[:, :3, 3], axis=0), axis=1)
    assert np.median(steps / true_steps) == pytest.approx(1, abs=0.08)
    for view, following in zip(seen[:-1], seen[1:], strict=True):
        chained = view.camera_to_first @ np.linalg.inv(view.next_from_frame)
        np.testing.assert_allclose(following.camera_to_first, chained, atol=1e-9)


def test_all_lengths_of_a_view_share_the_scale(film):
    predictor = TruePredictor(film)
    before = list(views(predictor, film.images, film.intrinsics))
    after = list(in_metres(before, film.intrinsics, 2 * CAMERA_HEIGHT))
    for old, new in zip(before[:-1], after[:-1], strict=True):
        ratio = new.scale / old.scale
        np.testing.assert_allclose(new.scene_flow, ratio * old.scene_flow, rtol=1e-5)
        np.testing.assert_allclose(
            new.next_from_frame[:3, 3], ratio * old.next_from_frame[:3, 3], rtol=1e-9
        )
        np.testing.assert_array_equal(new.flow, old.flow)
    assert after[-1].next_from_frame is None


def test_one_wrong_frame_hardly_changes_the_scale(film):
    seen = list(views(TruePredictor(film), film.images, film.intrinsics))
    right = [view.scale for view in in_metres(seen, film.intrinsics, CAMERA_HEIGHT)]
    seen[5] = seen[5].__class__(**{**vars(seen[5]), "depth": 4 * seen[5].depth})
    wrong = [view.scale for view in in_metres(seen, film.intrinsics, CAMERA_HEIGHT)]
    np.testing.assert_allclose(wrong, right, rtol=0.05)


def test_a_camera_without_a_road_is_told():
    image = np.zeros((64, 192, 3), np.uint8)

    upward = INTRINSICS.copy()
    upward[1, 2] = 80.0
    with pytest.raises(ValueError, match="a level camera that sees the road"):
        list(in_metres([View(image, road(1.6), 1.0, None)], upward, 1.6))
