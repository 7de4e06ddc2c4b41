"""Derivatives by central differences, to check derivatives written by hand."""

import numpy as np


def central_differences(function, inputs, place: int, step: float):
    """The derivatives of `function(*inputs)` by every element of `inputs[place]`.

    Args:
      function: from arrays to one array or tensor.
      inputs: float arrays.
      place: which of them varies.
      step: to either side. In float32 the error is about the rounding of the result / step plus
        step^2 times the third derivative: 1e-2 suits smooth functions of order 1, and any step
        suits linear ones.

    Returns:
      [*inputs[place].shape, *result.shape], float64.
    """

    def at(index, offset):
        moved = [np.array(values) for values in inputs]
        moved[place][index] += offset
        return np.asarray(function(*moved), "float64")

    shape = np.shape(inputs[place])
    slopes = [(at(i, step) - at(i, -step)) / (2 * step) for i in np.ndindex(shape)]
    return np.reshape(slopes, (*shape, *np.shape(slopes[0])))
