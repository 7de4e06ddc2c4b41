"""Models with uint8 input."""

import numpy as np
import pytest

from export import NETWORKS, convert, signatures
from export.tflite_model import TfliteModel

SIZE = (64, 96)


@pytest.mark.parametrize("kind", NETWORKS)
def test_uint8_and_float_inputs_give_the_same_outputs(kind, networks, float_models, samples_of):
    """`to_tflite` also checks that the division is one of TFLite's own ops."""
    signature = signatures.SIGNATURES[kind](networks[kind], SIZE, "uint8")
    model = TfliteModel(convert.to_tflite(signature))
    assert model.dtype == "uint8"
    sample = signature.sample(*samples_of[kind][0].values())
    assert {values.dtype for values in sample.values()} == {np.dtype("uint8")}
    same = {name: np.float32(values / 255) for name, values in sample.items()}
    received, expected = model(**sample), TfliteModel(float_models[kind])(**same)
    for name, values in expected.items():
        np.testing.assert_allclose(received[name], values, rtol=1e-4, atol=1e-4)


def test_a_uint8_model_is_called_with_the_same_pictures(networks, float_models):
    signature = signatures.depth(networks["depth"], SIZE, "uint8")
    picture = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), np.uint8)
    received = TfliteModel(convert.to_tflite(signature)).disparity(picture)
    expected = TfliteModel(float_models["depth"]).disparity(picture)
    np.testing.assert_allclose(received, expected, rtol=1e-4)
