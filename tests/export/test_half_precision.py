"""Effects of float16 on a model, compared with NumPy's float16 and numbers by hand."""

import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from keras import ops

from dfnet_tf.networks import blocks
from export import half_precision


def convert(function) -> bytes:
    """A model of one input x [1, 4] and one output y, with a signature."""
    module = tf.Module()
    spec = tf.TensorSpec([1, 4], name="x")
    module.run = tf.function(lambda x: {"y": function(x)}, input_signature=[spec])
    concrete = module.run.get_concrete_function()
    return tf.lite.TFLiteConverter.from_concrete_functions([concrete], module).convert()


def sample(*values: float) -> list[dict[str, np.ndarray]]:
    return [{"x": np.array([values], "float32")}]


def test_what_exceeds_float16_is_named_with_its_size():
    model = convert(lambda x: tf.sqrt(tf.square(x)))
    (line,) = half_precision.findings(model, sample(1, 2, 3, 300))  # 300^2 = 90000.
    assert "9e+04, where float16 ends at 65504" in line
    assert not half_precision.findings(model, sample(1, 2, 3, 250))


def test_nan_results_are_named():
    model = convert(lambda x: tf.math.log(x) * 2.0)
    lines = half_precision.findings(model, sample(1, 2, 3, -1))
    assert lines and all("nan" in line for line in lines)


def test_a_mean_is_judged_by_its_sum():
    model = convert(lambda x: tf.reduce_mean(x, axis=1))
    (line,) = half_precision.findings(model, sample(2e4, 2e4, 2e4, 2e4))
    assert "of a sum of 8e+04" in line
    assert not half_precision.findings(model, sample(1e4, 1e4, 1e4, 1e4))


def test_results_so_small_that_bits_are_lost_are_named():
    model = convert(lambda x: x * 1e-5)
    (line,) = half_precision.findings(model, sample(1, 2, 3, 4))
    assert "4e-05 at most" in line


def test_standardised_features_fit_where_the_plain_formula_does_not():
    def formula(function):
        return convert(lambda x: function(tf.reshape(x, [1, 2, 2, 1])))

    features = sample(0, 0, 800, 800)  # 400^2 = 160000.
    plain = formula(lambda x: ops.layer_normalization(x, axis=(1, 2)))
    assert half_precision.findings(plain, features)
    assert not half_precision.findings(formula(blocks.standardise), features)


def test_rounding_is_that_of_numpy_at_every_step():
    model = half_precision.rounded(convert(lambda x: tf.exp(x * 1.2345) * 0.777))
    random = np.random.default_rng(0)
    for values in random.random([20, 1, 4], np.float32):  # Roundings of few might cancel.
        product = half(half(values) * half(1.2345))
        expected = half(half(np.exp(product)) * half(0.777))
        np.testing.assert_array_equal(run(model, values), expected)


def half(values: np.ndarray | float) -> np.ndarray:
    return np.float32(values).astype(np.float16).astype(np.float32)


def run(model: bytes, values: np.ndarray) -> np.ndarray:
    interpreter = Interpreter(model_content=model)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], values)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def test_an_overflow_shows_in_the_output():
    model = convert(lambda x: tf.square(x) / 1000.0)
    (difference,) = half_precision.differences(model, sample(300, 1, 1, 1)).values()
    assert not np.isfinite(difference)


def test_the_networks_outputs_hardly_change_in_float16(float_models, samples_of):
    for kind, bound in (("depth", 0.01), ("flow", 0.1)):
        found = half_precision.differences(float_models[kind], samples_of[kind][:1])
        assert found and all(0 < difference < bound for difference in found.values()), found


def test_a_model_of_several_signatures_is_refused():
    module = tf.Module()
    module.one = tf.function(tf.nn.relu, input_signature=[tf.TensorSpec([4])])
    concrete = module.one.get_concrete_function()
    model = tf.lite.TFLiteConverter.from_concrete_functions([concrete]).convert()  # No signature.
    with pytest.raises(ValueError, match="one program with one signature. Received: 1 with 0"):
        half_precision.findings(model, [])
