"""Masked quantiles, and the robust step."""

import numpy as np

from dfnet_tf.geometry import least_squares
from dfnet_tf.geometry.quantiles import masked_quantile


def test_a_quantile_is_of_the_values_that_count():
    values = np.float32([[5, 1, 4, 2, 3], [9, 8, 7, 6, 5]])
    counted = np.float32([[1, 1, 1, 1, 1], [0, 1, 0, 1, 1]])
    np.testing.assert_array_equal(masked_quantile(values, counted, 0.5), [3, 6])
    np.testing.assert_array_equal(masked_quantile(values, counted, 1.0), [5, 8])
    np.testing.assert_array_equal(masked_quantile(values, counted, 0.0), [1, 5])


def test_a_quantile_of_nothing_is_infinite():
    assert masked_quantile(np.ones((1, 3), "float32"), np.zeros((1, 3)), 0.5)[0] == np.inf


def test_at_the_scale_a_weight_is_halved():
    lengths, weight = np.float32([[0.1, 0.2, 0.4, 0.8]]), np.float32([[1, 1, 1, 3]])
    weights = least_squares.cauchy_weights(lengths, weight, 0.5, 1e-3)
    np.testing.assert_allclose(weights, [[1 / 1.25, 1 / 2, 1 / 5, 3 / 17]], rtol=1e-5)


def test_the_scale_has_a_floor_and_comes_from_what_counts():
    lengths, weight = np.float32([[0.0, 0.0, 0.0, 0.1]]), np.float32([[0, 0, 1, 1]])
    weights = least_squares.cauchy_weights(lengths, weight, 0.5, 0.1)
    np.testing.assert_allclose(weights, [[0, 0, 1, 0.5]], rtol=1e-5)
    nothing = least_squares.cauchy_weights(lengths, 0 * weight, 0.5, 0.1)
    np.testing.assert_array_equal(nothing, np.zeros((1, 4)))


def test_a_step_solves_a_weighted_linear_problem():
    rng = np.random.default_rng(0)
    rows, x = rng.normal(size=(2, 50, 4)).astype("float32"), rng.normal(size=(2, 4, 1))
    weight = rng.uniform(0.1, 1, (2, 50)).astype("float32")
    residual = np.float32((rows @ x)[..., 0])
    residual[:, :5] += 9.0
    weight[:, :5] = 0.0
    found = least_squares.solution(*least_squares.normal_equations(rows, residual, weight))
    np.testing.assert_allclose(found, x[..., 0], rtol=1e-2, atol=1e-3)


def test_an_unknown_without_data_does_not_change():
    rows = np.zeros((1, 5, 2), "float32")
    rows[..., 0] = 1.0
    found = least_squares.solution(
        *least_squares.normal_equations(rows, np.full((1, 5), 2.0, "f4"), np.ones((1, 5), "f4"))
    )
    np.testing.assert_allclose(found, [[2.0, 0.0]], atol=1e-3)


def test_damping_shortens_the_step():
    rows, residual, weight = (
        np.ones((1, 5, 1), "f4"),
        np.full((1, 5), 2.0, "f4"),
        np.ones((1, 5), "f4"),
    )
    found = least_squares.solution(*least_squares.normal_equations(rows, residual, weight))
    np.testing.assert_allclose(found, [[2.0 / (1 + least_squares.DAMPING)]], rtol=1e-5)
