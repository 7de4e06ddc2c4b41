"""Float32 models: the same numbers under the same names; incomplete models are refused."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from export import NETWORKS, convert, signatures
from export.tflite_model import TfliteModel


class Digamma(keras.Model):
    """A network with an op that TFLite lacks."""

    size_multiple = 1

    def call(self, images):
        return [tf.math.digamma(images)]


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_model_gives_the_numbers_of_keras_under_the_same_names(
    kind, float_models, signature_of, samples_of
):
    sample = samples_of[kind][0]
    expected = signature_of[kind].function(**sample)
    received = TfliteModel(float_models[kind])(**sample)
    assert received.keys() == expected.keys()
    for name, values in expected.items():
        assert np.std(values) > 0.1 * np.mean(np.abs(values)), "Nothing to compare."
        np.testing.assert_allclose(received[name], values, rtol=1e-4, atol=1e-4)


def test_flow_knows_its_first_frame_from_its_second(float_models, signature_of, samples_of):
    first, second = samples_of["flow"][0].values()
    model = TfliteModel(float_models["flow"])
    there = model(second=second, first=first)["flow"]
    back = model(first=second, second=first)["flow"]
    assert np.abs(there - back).mean() > 0.1
    expected = signature_of["flow"].function(first=second, second=first)["flow"]
    np.testing.assert_allclose(back, expected, atol=1e-4)


def test_flow_is_in_pixels_of_the_input(float_models, networks, samples_of):
    sample = samples_of["flow"][0]
    quarter = networks["flow"](*sample.values())[0]
    full = TfliteModel(float_models["flow"])(**sample)["flow"]
    assert full.shape == (1, 64, 96, 2)
    np.testing.assert_allclose(full.mean(), 4 * np.mean(quarter), rtol=0.05)


def test_a_model_without_its_weights_is_refused(signature_of):
    signature = signature_of["depth"]
    image = tf.TensorSpec((1, *signature.size, 3), name="image")
    function = tf.function(signature.function).get_concrete_function(image)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], signature.network)
    with pytest.raises(convert.ConversionError, match="constant weights. Received: .*VAR_HANDLE"):
        convert.check_whole(converter.convert(), signature)


def test_a_model_with_too_few_weights_is_refused(float_models, signature_of, monkeypatch):
    monkeypatch.setattr(signature_of["flow"].network, "count_params", lambda: 400_000)
    with pytest.raises(convert.ConversionError, match="about 1600000 bytes .* Received: "):
        convert.check_whole(float_models["flow"], signature_of["flow"])


def test_ops_that_tflite_lacks_are_named_in_one_line():
    network = Digamma()
    network(np.ones((1, 8, 8, 3), "float32"))
    with pytest.raises(convert.ConversionError, match="TFLite's own ops. Received: Digamma") as e:
        convert.to_tflite(signatures.depth(network, (8, 8)))
    assert "\n" not in str(e.value)


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_size_that_the_network_cannot_take_is_refused(kind, networks):
    with pytest.raises(ValueError, match="multiples of 32. Received: 96 x 100"):
        signatures.SIGNATURES[kind](networks[kind], (96, 100))
