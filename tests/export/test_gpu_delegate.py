"""Findings about GPU readiness, for single operators and for the networks."""

import tensorflow as tf

from export import gpu_delegate
from export.quantize import quantize


def findings(function, *inputs) -> list[str]:
    concrete = tf.function(function, input_signature=inputs).get_concrete_function()
    return gpu_delegate.findings(
        tf.lite.TFLiteConverter.from_concrete_functions([concrete]).convert()
    )


IMAGE = tf.TensorSpec([1, 8, 8, 3])


def test_documented_operators_have_no_findings():
    kernel = tf.ones([3, 3, 3, 4])
    assert not findings(lambda x: tf.nn.relu6(tf.nn.conv2d(x, kernel, 2, "SAME")) + 0.5, IMAGE)


def test_each_refusal_names_its_operator_and_reason():
    indices = tf.TensorSpec([5, 4], tf.int32)
    free = tf.TensorSpec([None, 8, 8, 3])
    for expected, function, inputs in (
        ("GATHER_ND: no such operator on the GPU (1 x)", tf.gather_nd, (IMAGE, indices)),
        ("GATHER: indices of 2 axes, INT32 (1 x)", tf.gather, (tf.TensorSpec([9, 3]), indices)),
        (
            "MIRROR_PAD: mirrors the border itself (1 x)",
            lambda x: tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC"),
            (IMAGE,),
        ),
        ("CAST: from UINT8 to FLOAT32 (1 x)", cast_to_float, (tf.TensorSpec([3], tf.uint8),)),
        ("ADD: a tensor of INT32 (1 x)", lambda i: i + 1, (indices,)),
        ("RELU: a tensor of free size (1 x)", tf.nn.relu, (free,)),
        ("STRIDED_SLICE: drops or adds axes (shrinkAxisMask)", lambda x: x[:, 2], (IMAGE,)),
        ("TILE: a tensor of more than 4 axes (1 x)", tile_five_axes, (IMAGE,)),
        ("ADD: broadcasts [8, 3] to [1, 8, 8, 3] (1 x)", add_in_two_axes, (IMAGE,)),
    ):
        lines = findings(function, *inputs)
        assert any(expected in line for line in lines), (expected, lines)
        assert any("operators to the CPU" in line for line in lines)


def cast_to_float(x):
    return tf.cast(x, tf.float32)


def tile_five_axes(x):
    return tf.tile(tf.reshape(x, [1, 2, 4, 8, 3]), [1, 2, 1, 1, 1])


def add_in_two_axes(x):
    return x + tf.reshape(tf.range(24.0), [8, 3])


def test_versions_that_are_too_new_are_refused(monkeypatch):
    convolve = tf.ones([3, 3, 3, 3])
    transposed = (lambda x: tf.nn.conv2d_transpose(x, convolve, [1, 16, 16, 3], 2), IMAGE)
    assert not findings(*transposed)
    monkeypatch.setitem(gpu_delegate.MOST_VERSIONS, "TRANSPOSE_CONV", 0)
    assert "refuses TRANSPOSE_CONV: version" in findings(*transposed)[0]


def test_undocumented_operators_are_listed_but_not_counted_as_refused():
    lines = findings(lambda x: tf.nn.leaky_relu(tf.tile(x, [1, 2, 1, 1])), IMAGE)
    assert lines == [
        "not in the delegate's guide, old releases may refuse: TILE (1 x), LEAKY_RELU (1 x)"
    ]


def test_of_both_networks_integers_alone_are_refused(float_models):
    """LiteRT 2.x takes those; what it refuses as well is not there."""
    depth, flow = (gpu_delegate.findings(float_models[kind]) for kind in ("depth", "flow"))
    assert not any("refuses" in line for line in depth)
    refused = [line for line in flow if "refuses" in line]
    assert refused and all("a tensor of INT32" in line for line in refused)


def test_unpacking_of_half_size_weights_is_no_step(float_models, samples_of):
    halves = quantize(float_models["depth"], "float16", "depth", samples_of["depth"])
    assert gpu_delegate.findings(halves) == gpu_delegate.findings(float_models["depth"])


def test_results_in_eight_bits_are_reported(int8_models):
    assert any("results in 8 bits" in line for line in gpu_delegate.findings(int8_models["depth"]))
