import numpy as np
import pytest

from dfnet_tf.evaluation import depth_metrics


def test_depth_errors_of_two_pixels_by_hand():
    # 4 m instead of 2 m, and 10 m instead of 10 m.
    errors = depth_metrics.depth_errors(np.array([4.0, 10.0]), np.array([2.0, 10.0]))
    assert errors["abs_rel"] == pytest.approx((2 / 2 + 0) / 2)
    assert errors["sq_rel"] == pytest.approx((4 / 2 + 0) / 2)
    assert errors["rmse"] == pytest.approx(np.sqrt(4 / 2))
    assert errors["rmse_log"] == pytest.approx(np.log(2) / np.sqrt(2))
    assert [errors[f"delta{i}"] for i in (1, 2, 3)] == [0.5, 0.5, 0.5]


def test_deltas_count_ratios_both_ways_round():
    truth = np.full(6, 10.0)
    depth = truth * [1.2, 1 / 1.2, 1.5, 1 / 1.5, 1.9, 1 / 1.9]
    errors = depth_metrics.depth_errors(depth, truth)
    expected = [2 / 6, 4 / 6, 6 / 6]
    np.testing.assert_allclose([errors[f"delta{i}"] for i in (1, 2, 3)], expected)


def test_depth_beyond_the_cap_counts_as_the_cap():
    errors = depth_metrics.depth_errors(np.array([1e6, 0.0]), np.array([40.0, 1.0]), max_depth=50)
    assert errors["rmse"] == pytest.approx(np.sqrt((10**2 + (1 - 1e-3) ** 2) / 2))


def test_median_scale_undoes_any_factor():
    truth = np.random.default_rng(0).uniform(2, 70, 101)
    assert depth_metrics.median_scale(truth / 7.3, truth) == pytest.approx(7.3)


def test_median_scale_is_not_drawn_by_outliers():
    assert depth_metrics.median_scale(np.array([1, 2, 99.0]), np.array([4, 6, 8.0])) == 3


def test_judged_pixels_are_those_with_truth_in_range_and_in_the_crop():
    truth = np.full((100, 1000), 10.0)
    truth[50, 500:503] = [0.0, 79.9, 80.0]
    judged = depth_metrics.judged_pixels(truth, 80)
    assert np.argwhere(~judged).tolist() == [[50, 500], [50, 502]]
    cropped = depth_metrics.judged_pixels(truth, 80, depth_metrics.GARG_CROP)
    rows, columns = np.nonzero(cropped)
    # 40.81 .. 99.19 of 100 rows, 35.95 .. 964.05 of 1000 columns, cut down to integers.
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (40, 98, 35, 963)


def test_disparity_is_what_is_resized():
    depth = depth_metrics.depth_from_disparity(np.array([[1.0, 0.1]]), 1, 4)
    # Half-pixel centres: at -0.25, 0.25, 0.75, 1.25 of the two pixels.
    np.testing.assert_allclose(depth, 1 / np.array([[1.0, 0.775, 0.325, 0.1]]), rtol=1e-6)


def test_average_counts_each_image_the_same():
    images = [dict.fromkeys(depth_metrics.METRICS, value) for value in (0.0, 1.0, 5.0)]
    assert depth_metrics.average(images) == dict.fromkeys(depth_metrics.METRICS, 2.0)
