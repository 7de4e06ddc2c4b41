"""Writes results of tensorflow-addons for tests/networks/test_tfa_oracle.py.

`make tfa-oracle` runs it in its own environment (requirements-tfa.txt), the last one in which
tensorflow-addons works. The result is committed, so that nobody else needs that environment.
"""

import sys

import numpy as np
import tensorflow as tf
import tensorflow_addons as tfa

CORRELATIONS = {"4_1": ((2, 6, 10, 5), 4, 1), "20_2": ((1, 9, 12, 3), 20, 2)}


def golden() -> dict[str, np.ndarray]:
    """Inputs, outputs and gradients, by name."""
    rng = np.random.default_rng(0)
    arrays = {}
    for name, (shape, max_displacement, stride) in CORRELATIONS.items():
        cost = tfa.layers.CorrelationCost(
            kernel_size=1,
            max_displacement=max_displacement,
            stride_1=1,
            stride_2=stride,
            pad=max_displacement,
            data_format="channels_last",
        )
        inputs = [rng.normal(size=shape).astype("float32") for _ in range(2)]
        arrays |= recorded(f"correlation_{name}", lambda *pair, cost=cost: cost(pair), inputs, rng)
    image = rng.normal(size=(2, 7, 9, 3)).astype("float32")
    # Up to 4 pixels: some end beyond the border. The flow is (dy, dx) and is *subtracted*.
    flow = rng.uniform(-4, 4, (2, 7, 9, 2)).astype("float32")
    return arrays | recorded("warp", tfa.image.dense_image_warp, [image, flow], rng)


def recorded(name: str, function, inputs: list[np.ndarray], rng) -> dict[str, np.ndarray]:
    """`function(*inputs)`, and the gradients by both inputs for a random upstream gradient."""
    tensors = [tf.constant(value) for value in inputs]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        output = function(*tensors)
    upstream = rng.normal(size=output.shape).astype("float32")
    gradients = tape.gradient(output, tensors, tf.constant(upstream))
    values = [*inputs, output.numpy(), upstream, *(g.numpy() for g in gradients)]
    kinds = ("first", "second", "output", "upstream", "first_gradient", "second_gradient")
    return {f"{name}/{kind}": value for kind, value in zip(kinds, values, strict=True)}


if __name__ == "__main__":
    np.savez_compressed(sys.argv[1], **golden())
