"""Multiply-adds counted from a file, compared with products computed by hand."""

import numpy as np
import pytest
import tensorflow as tf

from benchmarks import multiply_adds
from benchmarks.multiply_adds import Work

IMAGE = tf.TensorSpec([1, 8, 10, 4])


def weights(*shape):
    return tf.constant(np.random.default_rng(0).random(shape, np.float32))


def converted(function, optimizations=(), types=()):
    concrete = tf.function(function, input_signature=[IMAGE]).get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete])
    converter.optimizations = list(optimizations)
    converter.target_spec.supported_types = list(types)
    return converter.convert()


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        # 4 x 5 outputs of 6 channels, each of 3 x 3 x 4 products.
        (
            lambda x: tf.nn.conv2d(x, weights(3, 3, 4, 6), 2, "SAME"),
            ("CONV_2D", 4 * 5 * 6 * 36),
        ),
        # Without padding 4 x 6 outputs are left, of 4 channels with 5 x 5 products each.
        (
            lambda x: tf.nn.depthwise_conv2d(x, weights(5, 5, 4, 1), [1, 1, 1, 1], "VALID"),
            ("DEPTHWISE_CONV_2D", 4 * 6 * 4 * 25),
        ),
        # Each of 8 x 10 x 4 inputs is spread over 3 x 3 pixels of 7 channels.
        (
            lambda x: tf.nn.conv2d_transpose(x, weights(3, 3, 7, 4), [1, 16, 20, 7], 2, "SAME"),
            ("TRANSPOSE_CONV", 8 * 10 * 4 * 9 * 7),
        ),
        (
            lambda x: tf.matmul(tf.reshape(x, [1, 320]), weights(320, 11)),
            ("FULLY_CONNECTED", 320 * 11),
        ),
    ],
)
def test_an_operator_counts_its_products(function, expected):
    kind, products = expected
    assert multiply_adds.count(converted(function)) == [Work(kind, "float32", products)]


def test_arithmetic_is_that_of_the_weights_as_they_arrive():
    def function(x):
        return tf.nn.conv2d(x, weights(3, 3, 4, 64), 1, "SAME")

    default = [tf.lite.Optimize.DEFAULT]
    (in_bytes,) = multiply_adds.count(converted(function, default))
    (in_halves,) = multiply_adds.count(converted(function, default, [tf.float16]))
    assert in_bytes.arithmetic == "int8"
    assert in_halves.arithmetic == "float32"  # Only stored as float16.
    assert in_bytes.multiply_adds == in_halves.multiply_adds == 8 * 10 * 64 * 36


def test_other_operators_count_for_nothing():
    assert multiply_adds.count(converted(lambda x: tf.nn.relu(tf.sin(x) + x))) == []
