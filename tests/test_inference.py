"""Running the networks on pictures of any size."""

import numpy as np
import pytest

from dfnet_tf.config import preset
from dfnet_tf.inference import Predictor
from dfnet_tf.model import DFNet

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
    assert (larger.depth_size, predictor.flow_size) == (SIZE, SIZE)


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
