import numpy as np
import pytest

from dfnet_tf.evaluation import moving_metrics


def test_overlap_by_hand():
    moving = np.array([[1, 1, 1, 0, 0, 0]]) > 0
    truth = np.array([[0, 1, 1, 1, 1, 0]]) > 0
    errors = moving_metrics.mask_errors(moving, moving.astype(float), truth)
    assert errors["iou"] == pytest.approx(2 / 5)
    assert errors["precision"] == pytest.approx(2 / 3)
    assert errors["recall"] == pytest.approx(2 / 4)
    assert (errors["both"], errors["said"], errors["true"]) == (2, 3, 4)


def test_average_precision_by_hand():
    # True, false, true, from the highest score down: precision 1 and 2/3 where recall rises.
    found = moving_metrics.average_precision(np.array([1.0, 3.0, 2.0]), np.array([1, 1, 0]) > 0)
    assert found == pytest.approx((1 + 2 / 3) / 2)


def test_average_precision_is_a_mean_over_all_thresholds():
    rng = np.random.default_rng(0)
    score, truth = rng.integers(0, 12, 200) / 4, rng.uniform(size=200) < 0.3  # Many ties.
    expected, recall = 0.0, 0.0
    for threshold in sorted(set(score), reverse=True):
        said = score >= threshold
        now = (said & truth).sum() / truth.sum()
        expected += (now - recall) * (said & truth).sum() / said.sum()
        recall = now
    assert moving_metrics.average_precision(score, truth) == pytest.approx(expected)


def test_a_constant_score_has_the_share_of_moving_pixels_as_precision():
    truth = np.arange(10) < 3
    assert moving_metrics.average_precision(np.zeros(10), truth) == pytest.approx(0.3)
    assert moving_metrics.average_precision(truth * 2.5, truth) == pytest.approx(1)


def test_the_average_pools_pixels_and_ranks_the_images_in_which_something_moves():
    still = np.zeros((1, 4), bool)
    some = np.array([[1, 1, 0, 0]]) > 0
    images = [
        moving_metrics.mask_errors(some, np.float32(some), some),
        moving_metrics.mask_errors(some, np.float32(some), still),
        moving_metrics.mask_errors(still, np.float32(still), still),
    ]
    assert images[1]["average_precision"] is images[2]["iou"] is None
    average = moving_metrics.average(images)
    assert average == {"iou": 0.5, "precision": 0.5, "recall": 1.0, "average_precision": 1.0}
    assert moving_metrics.average(images[2:]) == dict.fromkeys(average)
