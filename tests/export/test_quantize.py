"""Which operators are quantized or stay in float, and with which ranges."""

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from export import NETWORKS, convert, flatbuffer, recipe, signatures
from export.quantize import CalibrationError, apply, quantize

CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV")


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


def types_written(model, wanted):
    """The dtypes of the outputs of `wanted` operators."""
    types = tensor_types(model)
    return [types[one.outputs[0]] for one in flatbuffer.operators(model) if wanted(one)]


def written_by(model, kind):
    """The output tensors of operators of one kind."""
    operators = flatbuffer.operators(model)
    return {tensor for one in operators if one.name == kind for tensor in one.outputs}


@pytest.mark.parametrize("kind", NETWORKS)
def test_the_heads_of_int8_models_write_float(kind, int8_models):
    heads = types_written(
        int8_models[kind], lambda one: one.name in CONVOLUTIONS and one.channels <= 2
    )
    assert heads == {"depth": 1, "flow": 4}[kind] * [np.float32]


def test_wide_convolutions_of_int8_depth_and_what_lies_between_write_int8(int8_models):
    kinds = (*CONVOLUTIONS, "CONCATENATION", "RESIZE_NEAREST_NEIGHBOR", "ADD")
    written = types_written(
        int8_models["depth"], lambda one: one.name in kinds and one.channels > 16
    )
    assert len(written) > 15
    assert set(written) == {np.int8}


def test_int8_flow_finds_the_range_of_mixed_units_on_the_picture_itself(int8_models):
    model = int8_models["flow"]
    types, mixed = tensor_types(model), written_by(model, "CONCATENATION")
    wide = [
        one for one in flatbuffer.operators(model) if one.name in CONVOLUTIONS and one.channels > 16
    ]
    dynamic = [one for one in wide if mixed.intersection(one.inputs)]
    assert len(dynamic) == 4  # The first operator of the decoder, at each level.
    assert {types[one.outputs[0]] for one in dynamic} == {np.float32}
    assert all(np.int8 in [types[name] for name in one.inputs] for one in dynamic)
    assert {types[one.outputs[0]] for one in wide if one not in dynamic} == {np.int8}


def test_warping_and_correlation_stay_in_float(int8_models):
    outside = ("GATHER", "BATCH_MATMUL", "RSQRT", "RELU")
    assert set(types_written(int8_models["flow"], lambda one: one.name in outside)) == {np.float32}


@pytest.mark.parametrize("kind", NETWORKS)
def test_leaky_relu_between_int8_convolutions_is_int8_and_none_is_lost(
    kind, int8_models, float_models
):
    def is_leaky(one):
        return one.name == "LEAKY_RELU"

    written = types_written(int8_models[kind], is_leaky)
    assert len(written) == len(types_written(float_models[kind], is_leaky))
    assert written.count(np.int8) >= 6


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize(
    ("quantization", "share"), [("float16", 0.6), ("dynamic", 0.4), ("int8_weights", 0.4)]
)
def test_quantized_models_are_smaller(kind, quantization, share, float_models):
    small = quantize(float_models[kind], quantization, kind, [])
    assert len(small) < share * len(float_models[kind])


@pytest.mark.parametrize("kind", NETWORKS)
def test_int8_models_are_smaller(kind, int8_models, float_models):
    assert len(int8_models[kind]) < 0.4 * len(float_models[kind])


@pytest.mark.parametrize("kind", NETWORKS)
def test_int8_weights_are_only_stored_in_8_bits(kind, float_models):
    small = quantize(float_models[kind], "int8_weights", kind, [])
    types = tensor_types(small)
    convolutions = [one for one in flatbuffer.operators(small) if one.name in CONVOLUTIONS]
    assert {types[name] for one in convolutions for name in (*one.inputs, *one.outputs)} == {
        np.float32
    }
    stored = {
        types[one.inputs[0]] for one in flatbuffer.operators(small) if one.name == "DEQUANTIZE"
    }
    assert stored == {np.int8}


def test_the_order_of_the_pictures_does_not_matter(float_models, int8_models, samples_of):
    samples = samples_of["depth"][::-1]
    assert quantize(float_models["depth"], "int8", "depth", samples) == int8_models["depth"]


def test_a_range_ends_at_the_mean_of_the_pictures_extremes():
    image = keras.Input((4, 4, 3), batch_size=1, name="image")
    network = keras.Model(image, [keras.layers.Conv2D(32, 1, name="only")(image)])
    network.size_multiple = 1
    model = convert.to_tflite(signatures.depth(network, (4, 4)))
    samples = [
        {"image": np.linspace(0, top, 48, dtype="float32").reshape(1, 4, 4, 3)}
        for top in (0.1, 1.0, 1.0)
    ]
    small = apply((recipe.Rule(("CONV_2D",), "static"),), model, "depth", samples)
    (image,) = [one for one in flatbuffer.operators(small) if one.name == "QUANTIZE"]
    details = Interpreter(model_content=small).get_tensor_details()
    (scale,) = [one["quantization"][0] for one in details if one["name"] == image.outputs[0]]
    assert scale == pytest.approx((0.1 + 1.0 + 1.0) / 3 / 255)


def test_int8_without_pictures_is_refused(float_models):
    with pytest.raises(CalibrationError, match="pictures to calibrate int8 on. Received: none"):
        quantize(float_models["depth"], "int8", "depth", [])


def test_flownet_c_s_unread_features_and_transposed_convolutions_can_be_quantized(samples_of):
    network = LikeFlowNetC()
    sample = samples_of["flow"][0]
    network(**sample)
    small = quantize(
        convert.to_tflite(signatures.flow(network, (64, 96))), "int8", "flow", [sample]
    )
    assert types_written(small, lambda one: one.name == "TRANSPOSE_CONV") == [np.int8]


def test_convolutions_too_large_for_the_quantizer_become_float16(monkeypatch, float_models):
    largest = max(one.weight_bytes for one in flatbuffer.operators(float_models["depth"]))
    assert largest == 48 * 9 * 96 * 4  # 48 filters of 3 x 3 x 96 float32.
    monkeypatch.setattr(recipe, "MOST_WEIGHT_BYTES", largest - 1)
    small = quantize(float_models["depth"], "int8_weights", "depth", [])
    types = list(tensor_types(small).values())
    assert types.count(np.float16) == 1
    assert types.count(np.int8) > 5
