from dataclasses import replace

import numpy as np
import pytest

from dfnet_tf.data.truth.scene_flow_pairs import SceneFlow
from dfnet_tf.evaluation import scene_flow_metrics

# f * baseline = 100: a disparity of 100 / depth.
BASELINE = 0.5
INTRINSICS = np.float32([[200, 0, 1], [0, 200, 0.5], [0, 0, 1]])
WIDTH, HEIGHT = 4, 2


def still(depth):
    """A static world of constant depth."""
    depth = np.full((HEIGHT, WIDTH), depth, "float64")
    return SceneFlow(depth, depth, np.zeros((HEIGHT, WIDTH, 2)), INTRINSICS)


def errors(estimate, truth, region=None):
    return scene_flow_metrics.scene_flow_errors(estimate, truth, BASELINE, region)


@pytest.mark.parametrize("depth", [5, 0.5])
def test_the_truth_has_no_errors(depth):
    found = errors(still(depth), still(depth))
    assert [found[f"{name}_percent"] for name in scene_flow_metrics.OUTLIERS] == [0, 0, 0, 0]
    assert found["epe_3d"] == 0
    assert found["sf_pixels"] == 8


@pytest.mark.parametrize(
    ("true_disparity", "disparity", "percent"),
    [
        (10.0, 12.9, 0),  # 29 % off, but under 3 pixels.
        (10.0, 13.1, 100),
        (10.0, 6.9, 100),
        (80.0, 83.9, 0),  # Over 3 pixels, but under 5 %.
        (80.0, 84.1, 100),
    ],
)
def test_a_disparity_outlier_is_off_by_3_pixels_and_5_percent(true_disparity, disparity, percent):
    found = errors(still(100 / disparity), still(100 / true_disparity))
    assert found["d1_percent"] == found["d2_percent"] == found["sf_percent"] == percent
    assert found["fl_percent"] == 0


@pytest.mark.parametrize(
    ("u", "v", "percent"), [(2, 2, 0), (3, 1, 100), (43, 24, 0), (43.9, 26, 100)]
)
def test_a_flow_outlier_is_off_by_3_pixels_and_5_percent(u, v, percent):
    # Off from (0, 0), then from (40, 24), whose length is 46.6.
    truth = still(5)
    if u > 10:
        truth = replace(truth, flow=truth.flow + [40.0, 24.0])
    estimate = replace(truth, flow=np.broadcast_to([u, v], truth.flow.shape))
    found = errors(estimate, truth)
    assert found["fl_percent"] == found["sf_percent"] == percent
    assert found["d1_percent"] == found["d2_percent"] == 0


def test_scene_flow_is_wrong_where_any_of_the_three_is():
    truth = still(5)
    estimate = SceneFlow(truth.depth.copy(), truth.next_depth.copy(), truth.flow.copy(), INTRINSICS)
    estimate.depth[0, 0] = estimate.next_depth[0, 1] = 50
    estimate.flow[0, 2] = estimate.flow[0, 0] = 10
    found = errors(estimate, truth)
    counts = [found[f"{name}_percent"] / 100 * 8 for name in ("d1", "d2", "fl", "sf")]
    assert counts == pytest.approx([1, 1, 2, 3])


def test_each_error_is_of_the_pixels_whose_truth_is_known():
    truth, estimate = still(5), still(50)
    truth.depth[0, 0] = 0
    truth = replace(truth, next_depth=truth.depth.copy())
    truth.next_depth[0, 1] = 0
    truth.flow[0, 2] = np.nan
    found = errors(estimate, truth)
    assert [found[f"{name}_pixels"] for name in ("d1", "d2", "fl", "sf")] == [7, 6, 7, 5]
    assert found["d1_percent"] == found["sf_percent"] == 100
    assert found["fl_percent"] == 0
    assert np.isfinite(found["epe_3d"])


def test_a_region_without_truth_has_no_errors():
    truth = still(5)
    truth.depth[0, 0] = 0
    region = np.zeros((HEIGHT, WIDTH), bool)
    region[0, 0] = True
    found = errors(still(5), truth, region)
    assert found["d1_percent"] is found["sf_percent"] is found["epe_3d"] is None
    assert found["fl_percent"] == 0
    assert (found["d1_pixels"], found["fl_pixels"]) == (0, 1)


def test_the_3d_error_is_of_the_motion_not_of_the_place():
    # Both 1 m nearer in the next frame, at the image's centre line: P = 0 in X and Y.
    centre = np.float32([[200, 0, 0], [0, 200, 0], [0, 0, 1]])
    one = np.ones((1, 1))
    flow = np.zeros((1, 1, 2))
    near, far = (SceneFlow(d * one, (d - 1) * one, flow, centre) for d in (5, 9))
    assert errors(near, far)["epe_3d"] == pytest.approx(0, abs=1e-6)
    # 20 pixels to the right at 4 m are 20 / 200 * 4 = 0.4 m; 0.3 m farther: 0.5 m.
    other = SceneFlow(near.depth, near.next_depth + 0.3, flow, centre)
    moved = replace(near, next_depth=4 * one, flow=flow + [20.0, 0.0])
    assert errors(moved, near)["epe_3d"] == pytest.approx(0.4, rel=1e-5)
    assert errors(other, near)["epe_3d"] == pytest.approx(0.3, rel=1e-5)


@pytest.mark.parametrize(
    ("true", "error", "strict", "relaxed", "outlier"),
    [
        (0.0, 0.04, 1, 1, 1),  # By definition an outlier too: more than 10 % of no motion.
        (0.5, 0.04, 1, 1, 0),  # 8 %, but below 0.05 m.
        (0.95, 0.09, 0, 1, 0),  # 9.5 %, and below 0.1 m.
        (2.0, 0.09, 1, 1, 0),  # 4.5 % of 2 m.
        (2.0, 0.19, 0, 1, 0),  # 9.5 %.
        (2.0, 0.21, 0, 0, 1),  # 10.5 %: an outlier, although below 0.3 m.
        (8.0, 0.39, 1, 1, 1),  # Below 5 %, but above 0.3 m: both, by definition.
    ],
)
def test_accuracy_and_outliers_by_hand(true, error, strict, relaxed, outlier):
    # Points on the image's axis come nearer: P = 0 in X and Y, so the motion is the depth's change.
    centre = np.float32([[200, 0, 0], [0, 200, 0], [0, 0, 1]])
    one, flow = np.ones((1, 1)), np.zeros((1, 1, 2))
    truth = SceneFlow(20 * one, (20 - true) * one, flow, centre)
    found = errors(replace(truth, next_depth=truth.next_depth + error), truth)
    names = "acc_strict_percent", "acc_relaxed_percent", "outliers_3d_percent"
    assert [found[name] for name in names] == [100 * strict, 100 * relaxed, 100 * outlier]


def test_the_average_counts_each_pixel_the_same():
    outliers = [f"{name}_percent" for name in scene_flow_metrics.OUTLIERS]
    metrics = (*outliers, *scene_flow_metrics.MOTION_ERRORS)

    def image(error, pixels):
        counted = {f"{name}_pixels": pixels for name in scene_flow_metrics.OUTLIERS}
        return dict.fromkeys(metrics, error) | counted

    average = scene_flow_metrics.average([image(4.0, 10), image(0.0, 30), image(None, 0)])
    assert average == dict.fromkeys(metrics, 1.0)
    assert scene_flow_metrics.average([image(None, 0)])["sf_percent"] is None
