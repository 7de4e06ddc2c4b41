"""Exported models as predictors of pictures."""

import numpy as np
import pytest

from export import exporter
from export.tflite_model import TfliteModel, resized


@pytest.fixture
def frames():
    pair = exporter.noise_pairs((192, 288))[0]
    return [np.rint(255 * frame[0]).astype(np.uint8) for frame in pair]


def test_pictures_of_any_size_give_predictions_of_the_models_size(
    float_models, signature_of, frames
):
    first, second = (resized(frame, (64, 96)) for frame in frames)
    disparity = TfliteModel(float_models["depth"]).disparity(frames[0])
    expected = signature_of["depth"].function(first)["disparity"]
    np.testing.assert_allclose(disparity, expected[0, ..., 0], rtol=1e-4)
    flow = TfliteModel(float_models["flow"]).flow(*frames)
    expected = signature_of["flow"].function(first, second)["flow"]
    np.testing.assert_allclose(flow, expected[0], atol=1e-4)


def test_a_picture_is_averaged_not_sampled():
    picture = np.zeros((4, 6, 3), np.uint8)
    picture[::2, ::3] = 255  # One pixel of every 2 x 3.
    small = resized(picture, (2, 2))
    assert small.shape == (1, 2, 2, 3)
    np.testing.assert_allclose(small, 1 / 6, rtol=1e-6)


def test_a_file_and_its_content_are_the_same_model(float_models, frames, tmp_path):
    path = tmp_path / "depth.tflite"
    path.write_bytes(float_models["depth"])
    expected = TfliteModel(float_models["depth"]).disparity(frames[0])
    np.testing.assert_array_equal(TfliteModel(path).disparity(frames[0]), expected)


def test_what_is_no_such_model_is_refused(float_models, frames, tmp_path):
    with pytest.raises(ValueError, match="Expected a flow model. Received: a depth model"):
        TfliteModel(float_models["depth"]).flow(*frames)
    (tmp_path / "a.tflite").write_bytes(b"no model at all")
    with pytest.raises(ValueError, match="[Mm]odel"):
        TfliteModel(tmp_path / "a.tflite")
    with pytest.raises(OSError, match="b.tflite"):
        TfliteModel(tmp_path / "b.tflite")
