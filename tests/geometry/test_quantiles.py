"""Quantiles, compared with sorting."""

import numpy as np
import pytest

from dfnet_tf.geometry.quantiles import masked_quantile


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9, 1.0])
def test_a_quantile_is_the_value_at_its_place_whatever_the_range(share):
    rng = np.random.default_rng(0)
    values = np.float32(rng.normal(size=(3, 200)) * 10.0 ** rng.normal(0, 8, (3, 200)))
    values[0, :4] = 0.0, -np.inf, np.inf, 7.0
    counted = np.float32(rng.random((3, 200)) > 0.3)
    found = masked_quantile(values, counted, share)
    for row, is_counted, one in zip(values, counted > 0, found, strict=True):
        in_order = np.sort(row[is_counted])
        assert one == in_order[int(np.float32(share) * np.float32(len(in_order) - 1))]
