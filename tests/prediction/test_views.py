"""Views made from the truth instead of networks must be true."""

import dataclasses
import weakref

import numpy as np
import pytest
from true_predictor import TruePredictor

from dfnet_tf.data.sources import synthetic
from dfnet_tf.prediction.views import views, windows

NUM_FRAMES = 4


@pytest.fixture(scope="module")
def film():
    return synthetic.render_clip(3, NUM_FRAMES, 48, 96)


@pytest.fixture(scope="module")
def seen(film):
    return list(views(TruePredictor(film), film.images, film.intrinsics))


def test_depth_flow_and_path_are_the_true_ones(film, seen):
    assert len(seen) == NUM_FRAMES
    first = np.linalg.inv(film.camera_to_world[0])
    for i, view in enumerate(seen):
        assert view.image is not None and (view.image == film.images[i]).all()
        np.testing.assert_allclose(view.depth, view.scale * film.depth[i], rtol=1e-5)
        rotation = (first @ film.camera_to_world[i])[:3, :3]
        np.testing.assert_allclose(view.camera_to_first[:3, :3], rotation, atol=1e-9)
        # Beyond the first step, the tracked scale matters.
        place = (first @ film.camera_to_world[i])[:3, 3]
        np.testing.assert_allclose(view.camera_to_first[:3, 3], place, rtol=0.03, atol=0.01)
    for i, view in enumerate(seen[:-1]):
        np.testing.assert_array_equal(view.flow, film.forward_flow[i])
        step = np.linalg.inv(view.camera_to_first) @ seen[i + 1].camera_to_first
        np.testing.assert_allclose(step @ view.next_from_frame, np.eye(4), atol=1e-9)


def test_what_is_static_has_its_rigid_flow_and_no_motion_of_its_own(film, seen):
    for i, view in enumerate(seen[:-1]):
        static = film.moving[i] == 0
        gap = view.rigid_flow - film.forward_flow[i]
        assert np.abs(gap[static]).max() < 0.01
        np.testing.assert_array_equal(view.object_motion, view.flow - view.rigid_flow)
        assert np.abs(view.object_motion[~static]).max() > 1
        assert not (view.moving > film.moving[i]).any() and view.moving.any()


def test_intrinsics_are_those_of_the_frames_not_of_the_smaller_predictions(film, seen):
    larger = dataclasses.replace(film, images=film.images.repeat(2, axis=1).repeat(2, axis=2))
    intrinsics = film.intrinsics * [[2], [2], [1]] + [[0, 0, 0.5], [0, 0, 0.5], [0, 0, 0]]
    first, *_ = views(TruePredictor(larger), larger.images, intrinsics)
    np.testing.assert_allclose(first.rigid_flow, seen[0].rigid_flow, atol=1e-3)
    np.testing.assert_allclose(first.scene_flow, seen[0].scene_flow, atol=1e-3)


def test_scene_flow_is_where_the_points_are_in_the_next_camera(film, seen):
    """Without flow and the next depth: through the world, by the true motion."""
    inverse = np.linalg.inv(film.intrinsics)
    y, x = np.mgrid[:48, :96]
    for i, view in enumerate(seen[:-1]):
        points = np.stack([x, y, np.ones_like(x)], axis=-1) @ inverse.T * film.depth[i, ..., None]
        motion = np.linalg.inv(film.camera_to_world[i + 1]) @ film.camera_to_world[i]
        expected = points @ motion[:3, :3].T + motion[:3, 3] - points
        judged = (film.moving[i] == 0) & (film.forward_visible[i] > 0)
        gap = np.linalg.norm(view.scene_flow / view.scale - expected, axis=-1)
        assert np.median(gap[judged] / film.depth[i][judged]) < 0.01


def test_the_last_frame_has_no_flow_or_motion(film, seen):
    names = ("flow", "next_from_frame", "rigid_flow", "object_motion", "moving", "scene_flow")
    assert all(getattr(seen[-1], name) is None for name in names)
    (alone,) = views(TruePredictor(film), film.images[:1], film.intrinsics)
    assert all(getattr(alone, name) is None for name in names)


def test_without_intrinsics_a_view_has_only_network_outputs(film, seen):
    blind = list(views(TruePredictor(film), film.images))
    assert all(view.scale == 1 for view in blind)
    assert all(view.rigid_flow is view.scene_flow is view.moving is None for view in blind)
    np.testing.assert_array_equal(blind[0].flow, seen[0].flow)
    assert len(blind) == len(seen)


def test_a_window_holds_all_existing_neighbours():
    assert list(windows(range(5), 1, 2)) == [
        ([0, 1, 2], 0),
        ([0, 1, 2, 3], 1),
        ([1, 2, 3, 4], 1),
        ([2, 3, 4], 1),
        ([3, 4], 1),
    ]
    assert list(windows(range(3), 0, 1)) == [([0, 1], 0), ([1, 2], 0), ([2], 0)]
    assert list(windows(range(1), 2, 2)) == [([0], 0)]
    assert list(windows([], 1, 1)) == []


def test_a_long_recording_needs_no_more_memory_than_a_short_one(film):
    class Frame(np.ndarray):
        """An array that a weak set can hold."""

        __hash__ = object.__hash__

    alive, counts = weakref.WeakSet(), []

    def recording():
        for _ in range(25):
            frame = film.images[0].copy().view(Frame)
            alive.add(frame)
            counts.append(len(alive))
            yield frame

    class Blind:
        frames_before = frames_after = 1

        def disparity(self, *_):
            return np.ones((4, 6), "float32")

        def flows(self, *_):
            return np.zeros((2, 4, 6, 2), "float32")

        def frame_from_next(self, *_):
            return np.eye(4)

    for view in views(Blind(), recording(), film.intrinsics):
        assert view.flow is None or not view.moving.any()
    assert len(counts) == 25
    assert max(counts) <= 5  # The window of 3, the current view, and the next one.


def test_neighbouring_frames_improve_depth_and_give_the_motion():
    """A network whose depth is 40 % too large on one side of every frame."""
    film = synthetic.render_clip(101, 7, 96, 320)
    truth = TruePredictor(film)

    class Wrong(TruePredictor):
        def disparity(self, image):
            return np.where(np.arange(320) < 160, 1.0, 1 / 1.4) * truth.disparity(image)

        frame_from_next = None  # The film gives the motion.

    seen = list(views(Wrong(film), film.images, film.intrinsics, film_depth=True))
    assert len(seen) == 7
    view, static = seen[3], film.moving[3] == 0
    assert view.depth.shape == view.rigid_flow.shape[:2] == film.depth[3].shape
    near = static & (film.depth[3] < 20)
    ratio = np.log(view.depth / film.depth[3])
    side = np.median(ratio[:, 160:][near[:, 160:]]) - np.median(ratio[:, :160][near[:, :160]])
    assert abs(side) < 0.5 * np.log(1.4)
    step = np.linalg.inv(film.camera_to_world[4]) @ film.camera_to_world[3]
    np.testing.assert_allclose(view.next_from_frame[:3, :3], step[:3, :3], atol=3e-3)
