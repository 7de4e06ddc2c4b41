"""One scale over a video whose predictor multiplies every frame by another factor."""

import numpy as np
import pytest
from true_predictor import TruePredictor

from dfnet_tf.data.sources import synthetic
from dfnet_tf.prediction import scale_tracker
from dfnet_tf.prediction.views import views

NUM_FRAMES = 16


@pytest.fixture(scope="module")
def film():
    return synthetic.render_clip(1, NUM_FRAMES, 32, 64)


def held(film, factors):
    """The factor of the true depth of every frame, after tracking."""
    seen = views(TruePredictor(film, factors), film.images, film.intrinsics)
    return np.array([np.median(view.depth / film.depth[i]) for i, view in enumerate(seen)])


def steps(film, view_factors):
    """The lengths of the trajectory's steps, relative to the true ones."""
    seen = views(TruePredictor(film, view_factors), film.images, film.intrinsics)
    places = np.stack([view.camera_to_first[:3, 3] for view in seen])
    truth = film.camera_to_world[:, :3, 3]
    return np.linalg.norm(np.diff(places, axis=0), axis=1) / np.linalg.norm(
        np.diff(truth, axis=0), axis=1
    )


def test_a_scale_that_jumps_from_frame_to_frame_is_held(film):
    factors = np.exp(np.random.default_rng(0).normal(0, 0.3, NUM_FRAMES))
    before, after = np.log(factors), np.log(held(film, factors))
    assert np.abs(np.diff(after)).mean() < 0.1 * np.abs(np.diff(before)).mean()
    lengths = np.log(steps(film, factors))  # Motion has the factors of its depth.
    assert np.abs(np.diff(lengths)).mean() < 0.1 * np.abs(np.diff(before)).mean()


def test_a_steady_scale_stays_as_it_is(film):
    np.testing.assert_allclose(held(film, np.full(NUM_FRAMES, 3.0)), 3.0, rtol=0.05)


def test_a_lasting_change_of_scale_is_followed_slowly(film):
    """First the old scale is kept, then it approaches the network's at the rate of the leak."""
    factors = np.where(np.arange(NUM_FRAMES) < 4, 1.0, 2.0)
    after = held(film, factors)
    assert after[4] == pytest.approx(2.0**scale_tracker.LEAK, rel=0.03)
    assert (np.diff(after[4:]) > 0).all()
    passed = NUM_FRAMES - 4
    assert after[-1] == pytest.approx(2 ** (1 - (1 - scale_tracker.LEAK) ** passed), rel=0.1)


def test_the_change_by_hand():
    """A wall 10 ahead; after a drive of 2 it is 8 ahead, but predicted as 4: half the scale."""
    depth, next_depth = np.full((2, 1, 8, 8, 1), [[[[[10.0]]]], [[[[4.0]]]]], "float32")
    intrinsics = np.float32([[[8, 0, 3.5], [0, 8, 3.5], [0, 0, 1]]])
    motion = np.eye(4, dtype="float32")[None]
    motion[:, 2, 3] = -2
    static = np.ones_like(depth)
    # Forward: 8 / 4. Backward: (4 + 2) / 10.
    change = np.sqrt((8 / 4) / (6 / 10))
    found = scale_tracker.next_scale(1.5, depth, next_depth, intrinsics, motion, static)
    assert found == pytest.approx((1.5 * change) ** (1 - scale_tracker.LEAK), rel=1e-5)


def test_without_comparable_pixels_the_scale_stays(film):
    """No static pixel, and a motion after which the next frame sees nothing of this one."""
    depth, next_depth = film.depth[:1, ..., None], 5 * film.depth[1:2, ..., None]
    motion = np.eye(4, dtype="float32")[None]
    motion[:, :3, :3] = np.diag([-1, 1, -1])  # The camera looks back.
    static = np.zeros_like(depth)
    found = scale_tracker.next_scale(1.5, depth, next_depth, film.intrinsics[None], motion, static)
    assert found == pytest.approx(1.5 ** (1 - scale_tracker.LEAK))
