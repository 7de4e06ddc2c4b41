"""JAX gives the same results as TensorFlow. `make test-jax` runs this with Keras on JAX."""

from pathlib import Path

import computed
import keras
import numpy as np
import pytest

REFERENCE = Path(__file__).parents[2] / "out" / "tensorflow.npz"
TOLERANCE = 1e-5  # Relative to the largest element.
# Losses and networks have kinks (|x|, leaky ReLU, minima, masks, bilinear reads), and rounding may
# move a pixel to the other side of a kink. There a gradient jumps: by a loss's inputs at few
# pixels, but by a network's inputs and weights everywhere by a little.
AT_KINKS = 0.02  # Share of a gradient's elements that may differ: SSIM spreads each jump.
THROUGH_NETWORKS = {"networks", "paper_training_step", "robust_training_step"}
LENGTH_TOLERANCE = 2e-3  # Length of such a gradient's error, relative to the gradient's length.

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "jax", reason="Keras does not run on JAX here; see `make test-jax`."
)


@pytest.mark.parametrize("case", computed.CASES)
def test_values_and_gradients_are_those_of_tensorflow(case):
    reference = np.load(REFERENCE)
    ours = computed.computed(case)
    assert set(ours) == {name for name in reference.files if name.split("/")[0] == case}
    for name, values in ours.items():
        expected = reference[name]
        error = np.abs(values - expected) / max(np.abs(expected).max(), 1e-30)
        if "/gradients/" not in name:
            assert error.max() <= TOLERANCE, name
        elif case in THROUGH_NETWORKS:
            gap = np.linalg.norm(values - expected)
            assert gap <= LENGTH_TOLERANCE * np.linalg.norm(expected), name
        else:
            assert np.mean(error > TOLERANCE) <= AT_KINKS, name


def test_fit_lowers_the_loss():
    model, batch = computed.model_and_batch("paper", stage="flow")  # Compiles three times as fast.
    model.compile(keras.optimizers.Adam(1e-3))
    losses = model.fit(batch, batch_size=computed.CLIPS, epochs=8, verbose=0).history["loss"]
    assert losses[-1] < 0.9 * losses[0]
