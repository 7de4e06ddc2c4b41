"""Shading of rendered pictures."""

import numpy as np
import pytest

from dfnet_tf.data.worlds import photographs


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([2, 2, 5, 5, 5, 9], [(2, slice(0, 2)), (5, slice(2, 5)), (9, slice(5, 6))]),
        ([0, 0], [(0, slice(0, 2))]),
        ([], []),  # A picture without edges: the camera sees one wall.
    ],
)
def test_runs_of_equal_values(values, expected):
    assert list(photographs._runs(np.array(values, int))) == expected
