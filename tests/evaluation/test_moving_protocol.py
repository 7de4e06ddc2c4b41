import json

import numpy as np
import pytest
from kitti_2015_tree import write_2015_tree
from true_predictor import TruePredictor

from dfnet_tf.data.sources import synthetic
from dfnet_tf.data.truth.scene_flow_pairs import read_moving_pairs
from dfnet_tf.evaluation import moving_protocol, report


@pytest.fixture(scope="module")
def rendered():
    return synthetic.render_clip(seed=7, num_frames=3, height=64, width=208)


@pytest.fixture(scope="module")
def pairs(rendered, tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips") / "street"
    synthetic.write_clip(rendered, folder)
    return read_moving_pairs(folder)


@pytest.fixture
def perfect(rendered):
    """Predicts lengths in units of 3 metres."""
    return TruePredictor(rendered, np.full(len(rendered.images), 1 / 3))


def evaluate(pairs, predictor):
    return moving_protocol.evaluate_moving(
        pairs, predictor.disparity, predictor.flow, predictor.frame_from_next
    )


def test_true_flows_find_what_moves(pairs, perfect, rendered):
    results = evaluate(pairs, perfect)
    ours, trivial = results["ours"]["all"], results["trivial"]["all"]
    assert ours["iou"] > 0.4  # The rest moves along the parallax, or by less than the threshold.
    assert ours["precision"] == 1
    assert ours["average_precision"] > 0.5
    share = rendered.moving[:2].mean()
    assert trivial["iou"] == trivial["precision"] == pytest.approx(share)
    assert trivial["average_precision"] == pytest.approx(share, rel=0.05)
    assert trivial["recall"] == 1
    assert results["num_samples"] == {"all": 2}
    assert json.loads(json.dumps(results)) == results
    assert "average_precision" in report.table(results)


def test_a_wrong_camera_motion_spoils_the_mask(pairs, perfect):
    true_motion = perfect.frame_from_next
    perfect.frame_from_next = lambda *window: np.linalg.inv(true_motion(*window))
    ours = evaluate(pairs, perfect)["ours"]["all"]
    assert ours["iou"] < 0.3
    assert ours["average_precision"] < 0.5


def test_flows_of_the_networks_size_are_compared_in_pixels_of_the_truth(pairs, perfect):
    # A gap of 0.25 pixel at a quarter of the size is 1 pixel of the truth: all moves.
    def still(flow):
        perfect.frame_from_next = lambda *_: np.eye(4)
        perfect.flow = lambda first, second: flow if _is_forward(perfect, first, second) else -flow

    still(np.full((16, 52, 2), [0.25, 0]))
    ours = evaluate(pairs, perfect)["ours"]["all"]
    assert ours["recall"] == 1
    assert ours["precision"] == pytest.approx(evaluate(pairs, perfect)["trivial"]["all"]["iou"])
    still(np.full((16, 52, 2), [0.15, 0]))
    assert evaluate(pairs, perfect)["ours"]["all"]["recall"] == 0


def _is_forward(predictor, first, second):
    numbers = predictor._numbers
    return numbers[first.tobytes()] < numbers[second.tobytes()]


def test_kittis_object_map_is_the_true_mask(tmp_path, rendered, perfect, pairs):
    write_2015_tree(tmp_path, rendered, rendered.depth[0])
    (sample,) = evaluate(read_moving_pairs(tmp_path), perfect)["samples"]
    (expected,) = evaluate(pairs[:1], perfect)["samples"]
    assert sample["ours"]["all"] == pytest.approx(expected["ours"]["all"], rel=1e-3)


def test_flows_that_are_not_finite_are_refused_by_name(pairs, perfect):
    perfect.flow = lambda *_: np.full((16, 52, 2), np.inf)
    with pytest.raises(ValueError, match="street/000000: expected finite"):
        evaluate(pairs, perfect)
    with pytest.raises(ValueError, match="Expected pairs with masks of what moves"):
        evaluate([], perfect)
