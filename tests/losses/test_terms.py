import numpy as np
import pytest

from dfnet_tf.losses.terms import summed, weighted


def test_a_term_has_its_weight():
    np.testing.assert_array_equal(weighted(0.5, np.subtract, np.array([5.0, 3.0]), 1.0), [2, 1])


def test_a_term_of_weight_0_is_not_computed():
    def term():
        raise AssertionError("computed")

    np.testing.assert_array_equal(weighted(0.0, term), [0])


def test_terms_are_summed_over_levels_and_pairs_and_averaged_over_clips():
    parts = [("a", np.float32([1, 2])), ("b", np.float32([4])), ("a", np.float32([3]))]
    total, terms = summed(parts, num_clips=2)
    assert {name: float(value) for name, value in terms.items()} == {"a": 3, "b": 2}
    assert float(total) == pytest.approx(5)
