import numpy as np
import pytest

from dfnet_tf.evaluation import flow_metrics


def flow_of(*vectors):
    return np.array([vectors], "float32")  # [1, N, 2]


def test_epe_by_hand_over_valid_pixels_only():
    flow, truth = flow_of((3, 4), (0, 0), (np.nan, 7)), flow_of((0, 0), (0, 1), (0, 0))
    errors = flow_metrics.flow_errors(flow, truth, np.array([[1, 1, 0]]))
    assert errors["epe"] == pytest.approx((5 + 1) / 2)
    assert errors["num_pixels"] == 2


def test_an_outlier_is_off_by_3_pixels_and_by_5_percent():
    truth = flow_of((100, 0), (100, 0), (10, 0), (10, 0))
    # 4 px of 100 is under 5 %; 6 px of 100 is over both; 2 px of 10 is under 3 px; 4 of 10 is over.
    flow = truth + flow_of((0, 4), (0, 6), (0, 2), (0, 4))
    errors = flow_metrics.flow_errors(flow, truth, np.ones((1, 4)))
    assert errors["f1_percent"] == pytest.approx(50.0)


def test_the_bounds_themselves_are_no_outliers():
    truth = flow_of((0, 0), (100, 0))
    flow = truth + flow_of((3, 0), (5, 0))
    assert flow_metrics.flow_errors(flow, truth, np.ones((1, 2)))["f1_percent"] == 0


def test_a_truth_without_a_valid_pixel_is_refused():
    with pytest.raises(ValueError, match="valid pixels"):
        flow_metrics.flow_errors(flow_of((0, 0)), flow_of((0, 0)), np.zeros((1, 1)))


def test_resizing_rescales_each_component_by_its_own_side():
    flow = np.broadcast_to(np.float32([2, -3]), (4, 5, 2))
    resized = flow_metrics.resized_flow(flow, height=12, width=10)
    assert resized.shape == (12, 10, 2)
    np.testing.assert_allclose(resized, np.broadcast_to([4, -9], (12, 10, 2)), rtol=1e-6)


@pytest.mark.parametrize("size", [(5, 7), (10, 14), (8, 9)])
def test_resizing_agrees_with_the_one_on_tensors(size):
    optical_flow = pytest.importorskip("dfnet_tf.geometry.optical_flow")
    flow = np.random.default_rng(0).normal(0, 5, (5, 7, 2)).astype("float32")
    expected = np.asarray(optical_flow.resize_flow(flow[None], *size))[0]
    np.testing.assert_allclose(flow_metrics.resized_flow(flow, *size), expected, atol=1e-4)


def test_average_per_image_and_pooled_over_pixels():
    images = [
        {"epe": 1.0, "f1_percent": 10.0, "num_pixels": 300},
        {"epe": 5.0, "f1_percent": 50.0, "num_pixels": 100},
    ]
    assert flow_metrics.average(images) == pytest.approx(
        {"epe": 3.0, "epe_pooled": 2.0, "f1_percent": 30.0, "f1_percent_pooled": 20.0}
    )
