"""Our correlation and warp, compared with tensorflow-addons (tests/make_tfa_golden.py)."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from dfnet_tf.geometry import optical_flow
from dfnet_tf.networks.correlation import correlation


def subtracting_warp(images, backward):
    """Our warp with tensorflow-addons' arguments: (dy, dx), subtracted."""
    return optical_flow.warp(images, -backward[..., ::-1])


FUNCTIONS = {
    "correlation_4_1": lambda first, second: correlation(first, second, 4),
    "correlation_20_2": lambda first, second: correlation(first, second, 20, 2),
    "warp": subtracting_warp,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_and_gradients_are_those_of_tensorflow_addons(name):
    golden = np.load(Path(__file__).parent / "tfa_golden.npz")
    inputs = [tf.constant(golden[f"{name}/{kind}"]) for kind in ("first", "second")]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        output = FUNCTIONS[name](*inputs)
    upstream = tf.constant(golden[f"{name}/upstream"])
    ours = [output, *tape.gradient(output, inputs, upstream)]
    for kind, value in zip(("output", "first_gradient", "second_gradient"), ours, strict=True):
        expected = golden[f"{name}/{kind}"]
        np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-5, err_msg=kind)
