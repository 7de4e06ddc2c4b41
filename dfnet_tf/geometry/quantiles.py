"""Quantiles of masked values."""

from keras import ops


def masked_quantile(values, counted, share: float):
    """The `share` quantile of each row of `values` [B, N] where `counted` [B, N] > 0; [B].

    The nearest value from below, without interpolation. Infinity if nothing is counted.
    """
    is_counted = counted > 0
    in_order = ops.sort(ops.where(is_counted, values, float("inf")), axis=1)
    number = ops.sum(ops.cast(is_counted, "float32"), axis=1, keepdims=True)
    place = ops.cast(share * ops.maximum(number - 1.0, 0.0), "int32")
    return ops.take_along_axis(in_order, place, axis=1)[:, 0]
