"""What is quantized, what stays in float, and on which ranges."""

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from export import NETWORKS, convert, flatbuffer, signatures
from export.quantize import CONVOLUTIONS, CalibrationError, quantize


class LikeFlowNetC(keras.Model):
    """Encodes both images at once, reads only the first's features, and widens them."""

    size_multiple = 1

    def __init__(self):
        super().__init__()
        self.encoder = keras.layers.Conv2D(32, 3, padding="same")
        self.widen = keras.layers.Conv2DTranspose(32, 4, 2, padding="same")
        self.head = keras.layers.Conv2D(2, 3, padding="same")

    def call(self, first, second):
        encoded = self.encoder(keras.ops.concatenate([first, second]))
        return [self.head(self.widen(keras.ops.split(encoded, 2)[0]))]


def tensor_types(model):
    """The dtype of every tensor by its name."""
    details = Interpreter(model_content=model).get_tensor_details()
    return {tensor["name"]: tensor["dtype"] for tensor in details}


@pytest.mark.parametrize("kind", NETWORKS)
def test_int8_convolutions_write_int8_and_the_heads_float(kind, int8_models):
    types = tensor_types(int8_models[kind])
    convolutions = [
        operator
        for operator in flatbuffer.operators(int8_models[kind])
        if operator.name in CONVOLUTIONS
    ]
    heads = [types[one.outputs[0]] for one in convolutions if one.channels <= 2]
    wide = [types[one.outputs[0]] for one in convolutions if one.channels > 16]
    assert len(heads) == {"depth": 1, "flow": 4}[kind]
    assert set(heads) == {np.float32}
    assert len(wide) > 10
    assert set(wide) == {np.int8}


def test_warping_and_correlation_stay_in_float(int8_models):
    types = tensor_types(int8_models["flow"])
    written = {
        types[operator.outputs[0]]
        for operator in flatbuffer.operators(int8_models["flow"])
        if operator.name in ("GATHER", "BATCH_MATMUL", "RSQRT")
    }
    assert written == {np.float32}


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize(("quantization", "share"), [("float16", 0.6), ("dynamic", 0.4)])
def test_quantized_models_are_smaller(kind, quantization, share, float_models):
    small = quantize(float_models[kind], quantization, kind, [])
    assert len(small) < share * len(float_models[kind])


@pytest.mark.parametrize("kind", NETWORKS)
def test_int8_models_are_smaller(kind, int8_models, float_models):
    assert len(int8_models[kind]) < 0.4 * len(float_models[kind])


def test_the_order_of_the_pictures_does_not_matter(float_models, int8_models, samples_of):
    samples = samples_of["depth"][::-1]
    assert quantize(float_models["depth"], "int8", "depth", samples) == int8_models["depth"]


def test_a_dark_first_picture_clips_no_other(float_models, samples_of, signature_of):
    (sample, *_) = samples_of["depth"]
    dark = {"image": 0 * sample["image"]}
    alone = quantize(float_models["depth"], "int8", "depth", [sample])
    after_the_dark = quantize(float_models["depth"], "int8", "depth", [dark, sample])
    expected = signature_of["depth"].function(**sample)["disparity"]
    errors = []
    for model in (alone, after_the_dark):
        runner = Interpreter(model_content=model).get_signature_runner("depth")
        errors.append(np.abs(runner(**sample)["disparity"] - expected).mean())
    assert errors[1] < 2 * errors[0]


def test_int8_without_pictures_is_refused(float_models):
    with pytest.raises(CalibrationError, match="pictures to calibrate int8 on. Received: none"):
        quantize(float_models["depth"], "int8", "depth", [])


def test_flownet_c_s_unread_features_and_transposed_convolutions_can_be_quantized(samples_of):
    network = LikeFlowNetC()
    sample = samples_of["flow"][0]
    network(**sample)
    model = convert.to_tflite(signatures.flow(network, (64, 96)))
    small = quantize(model, "int8", "flow", [sample])
    types = tensor_types(small)
    written = {one.name: types[one.outputs[0]] for one in flatbuffer.operators(small)}
    assert written["TRANSPOSE_CONV"] == np.int8


def test_convolutions_too_large_for_the_quantizer_become_float16(monkeypatch, float_models):
    largest = max(one.weight_bytes for one in flatbuffer.operators(float_models["depth"]))
    assert largest == 48 * 9 * 96 * 4  # 48 filters of 3 x 3 x 96 float32.
    monkeypatch.setattr("export.quantize.MOST_WEIGHT_BYTES", largest - 1)
    types = list(tensor_types(quantize(float_models["depth"], "dynamic", "depth", [])).values())
    assert types.count(np.float16) == 1
    assert types.count(np.int8) > 5
