"""Networks on pictures of any size."""

import numpy as np
import pytest

from dfnet_tf.geometry import optical_flow
from dfnet_tf.models.dfnet import DFNet
from dfnet_tf.prediction import predictor as predictor_module
from dfnet_tf.prediction.predictor import Predictor
from dfnet_tf.presets import preset

SIZE = (32, 64)


@pytest.fixture(scope="module")
def model():
    config = preset("tiny").replace(data__height=SIZE[0], data__width=SIZE[1])
    model = DFNet(config)
    model.build()
    return model


@pytest.fixture(scope="module")
def predictor(model):
    return Predictor(model)


@pytest.fixture
def images():
    return list(np.random.default_rng(0).integers(0, 255, (5, 40, 70, 3), np.uint8))


def test_predictions_have_the_networks_size_whatever_the_pictures(predictor, images):
    for height, width in ((40, 70), (20, 30), SIZE):
        first, second = (image[:height, :width] for image in images[:2])
        assert predictor.disparity(first).shape == SIZE
        assert predictor.flow(first, second).shape == (*SIZE, 2)


def test_flow_can_run_at_another_size(model, predictor, images):
    """The network is convolutional. Its flow is in pixels of that size."""
    larger = Predictor(model, flow_size=(64, 128))
    assert larger.flow(*images[:2]).shape == (64, 128, 2)
    assert (larger.depth_size, predictor.flow_size(images[0])) == (SIZE, SIZE)


def test_both_flows_at_once_are_those_of_two_calls(predictor, images):
    there, back = predictor.flows(*images[:2])
    np.testing.assert_allclose(there, predictor.flow(*images[:2]), atol=1e-5)
    np.testing.assert_allclose(back, predictor.flow(*images[1::-1]), atol=1e-5)
    assert np.abs(there - back).max() > 1e-3


def test_recent_results_are_cached(model, images, monkeypatch):
    computed = []
    predictor = Predictor(model)
    inner = predictor._flow
    monkeypatch.setattr(predictor, "_flow", lambda *pair: computed.append(pair) or inner(*pair))
    there, back, again = (predictor.flow(*pair) for pair in (images[:2], images[1::-1], images[:2]))
    assert len(computed) == 2
    np.testing.assert_array_equal(there, again)
    assert not np.array_equal(there, back)
    images[0][0, 0] += 1  # The same array with another content.
    predictor.flow(*images[:2])
    assert len(computed) == 3
    with pytest.raises(ValueError, match="read-only"):  # Callers cannot change the cache.
        again += 1


def test_the_cache_has_a_limited_size(predictor, images, monkeypatch):
    monkeypatch.setattr(predictor_module, "REMEMBERED", 3)
    predictor._answers.clear()
    for image in images:
        predictor.disparity(image)
    assert len(predictor._answers) == 3


def test_a_size_that_the_flow_network_cannot_take_is_refused(model, images):
    with pytest.raises(ValueError, match="multiple"):
        Predictor(model, flow_size=(33, 64)).flow(*images[:2])


def test_motion_comes_from_the_window_around_the_frame(predictor, images, monkeypatch):
    seen = []

    def motions(window):
        seen.append([next(i for i, image in enumerate(images) if image is w) for w in window])
        return np.tile(np.eye(4), (2, 1, 1))

    monkeypatch.setattr(predictor, "motions", motions)
    for index in range(4):
        predictor.frame_from_next(images, index)
    assert seen == [[0, 0, 1], [0, 1, 2], [1, 2, 3], [2, 3, 4]]
    assert (predictor.frames_before, predictor.frames_after) == (1, 1)


@pytest.fixture
def street(predictor, monkeypatch):
    """Depth and flow of a camera that moves over a plane, and its two pictures."""
    height, width = SIZE
    intrinsics = np.array([[50, 0, (width - 1) / 2], [0, 50, (height - 1) / 2], [0, 0, 1]])
    depth = np.linspace(8, 2, height, dtype="float32")[:, None] * np.ones(width, "float32")
    next_from_frame = np.eye(4)
    next_from_frame[:3, 3] = 0.1, 0.0, -0.2

    def induced(motion):
        arrays = np.float32(intrinsics)[None], np.float32(motion)[None]
        return np.asarray(optical_flow.rigid_flow(depth[None, ..., None], *arrays))

    y, x = np.mgrid[:height, :width]
    waves = [np.sin(x / 3 + y / 5), np.sin(x / 4 - y / 3), np.cos(x / 5) * np.cos(y / 4)]
    following = np.float32(127 + 120 * np.stack(waves, axis=-1))
    there, back = induced(next_from_frame), induced(np.linalg.inv(next_from_frame))
    frame = np.asarray(optical_flow.warp(following[None], there))[0]
    frames = [np.uint8(picture) for picture in (frame, following)]
    monkeypatch.setattr(predictor, "disparity", lambda _: 1 / depth)
    monkeypatch.setattr(predictor, "flows", lambda *_: np.concatenate([there, back]))
    return frames, intrinsics, np.linalg.inv(next_from_frame)


def test_known_intrinsics_refine_the_motion_until_depth_and_flow_agree(predictor, street):
    frames, intrinsics, frame_from_next = street
    found = predictor.frame_from_next(frames, 0, intrinsics)
    np.testing.assert_allclose(found, frame_from_next, atol=0.02)
    chained = predictor.snippet(frames, intrinsics)
    np.testing.assert_allclose(chained[1], found, atol=1e-6)
    guessed = predictor.frame_from_next(frames, 0)
    assert np.abs(guessed - found).max() > 0.05


def test_a_failed_flow_keeps_the_pose_networks_motion(predictor, street, monkeypatch):
    """Zero in both directions is consistent, and fully explained by a static camera."""
    frames, intrinsics, frame_from_next = street
    half = np.linalg.inv(frame_from_next)
    half[:3, 3] /= 2  # A half-right motion explains the pictures better than no motion.
    monkeypatch.setattr(predictor, "motions", lambda _: np.stack([np.eye(4), half]))
    monkeypatch.setattr(predictor, "flows", lambda *_: np.zeros((2, *SIZE, 2), "float32"))
    found = predictor.frame_from_next(frames, 0, intrinsics)
    np.testing.assert_allclose(found, np.linalg.inv(half), atol=1e-6)


def test_zero_flow_is_trusted_if_the_camera_stands_still(predictor, street, monkeypatch):
    frames, intrinsics, frame_from_next = street
    guess = np.linalg.inv(frame_from_next)
    monkeypatch.setattr(predictor, "motions", lambda _: np.stack([np.eye(4), guess]))
    monkeypatch.setattr(predictor, "flows", lambda *_: np.zeros((2, *SIZE, 2), "float32"))
    found = predictor.frame_from_next([frames[0], frames[0].copy()], 0, intrinsics)
    np.testing.assert_allclose(found, np.eye(4), atol=1e-3)
