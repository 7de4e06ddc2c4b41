"""Averages over valid pixels."""

from keras import ops

EPSILON = 1e-3  # Added to the number of pixels, so that an empty mask gives 0.


def masked_mean(values, valid):
    """Sums `values` [N, H, W, C] over C and averages where `valid` [N, H, W, 1] is 1.

    Invalid values may be NaN: they reach neither the mean nor its derivative by `values`.
    Returns:
      [N], one average per sample: sum(valid * values) / (sum(valid) + 1e-3).
    """
    kept = ops.where(valid > 0, values, 0.0)
    return ops.sum(kept, axis=(1, 2, 3)) / (ops.sum(valid, axis=(1, 2, 3)) + EPSILON)
