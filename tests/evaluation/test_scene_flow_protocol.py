import json

import numpy as np
import pytest
from kitti_2015_tree import write_2015_tree
from true_predictor import TruePredictor

from dfnet_tf.data.sources import synthetic
from dfnet_tf.data.truth.scene_flow_pairs import read_scene_flow_pairs
from dfnet_tf.evaluation import report, scene_flow_protocol

REGIONS = ("all", "background", "foreground")


@pytest.fixture(scope="module")
def rendered():
    return synthetic.render_clip(seed=3, num_frames=3, height=48, width=160)


@pytest.fixture(scope="module")
def pairs(rendered, tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips") / "street"
    synthetic.write_clip(rendered, folder)
    return read_scene_flow_pairs(folder)


@pytest.fixture
def perfect(rendered):
    """Predicts lengths in units of 3 metres."""
    return TruePredictor(rendered, np.full(len(rendered.images), 1 / 3))


def evaluate(pairs, predictor):
    return scene_flow_protocol.evaluate_scene_flow(
        pairs, predictor.disparity, predictor.flow, predictor.frame_from_next
    )


def test_the_truth_in_another_unit_is_perfect(pairs, perfect):
    results = evaluate(pairs, perfect)
    ours, trivial = results["ours"], results["trivial"]
    assert set(ours) == {region + kind for region in REGIONS for kind in ("", " + pose")}
    for group, errors in ours.items():
        assert [errors[f"{name}_percent"] for name in ("d1", "d2", "fl", "sf")] == [0] * 4, group
    # The rest is the error of the truth: depth in steps of 1/256 m, interpolated between pixels.
    assert ours["all"]["epe_3d"] < 0.02 * trivial["all"]["epe_3d"]
    assert ours["background + pose"]["epe_3d"] < 0.1 * trivial["background"]["epe_3d"]
    assert trivial["all"]["sf_percent"] > 15
    assert results["num_samples"] == dict.fromkeys(ours, 2)
    assert json.loads(json.dumps(results)) == results
    assert "foreground + pose (2 samples)" in report.table(results)


def test_the_trivial_answer_is_a_world_that_stands_still(pairs, perfect):
    truth = pairs[0].truth()
    trivial = evaluate(pairs[:1], perfect)["samples"][0]["trivial"]["all"]
    motion = np.linalg.norm(truth.flow, axis=-1)
    assert trivial["fl_percent"] == pytest.approx(100 * (motion > 3).mean())
    reach = truth.intrinsics[0, 0] * 0.54
    gap = np.abs(reach / np.median(truth.depth) - reach / truth.depth)
    expected = 100 * ((gap > 3) & (gap > 0.05 * reach / truth.depth)).mean()
    assert trivial["d1_percent"] == pytest.approx(expected)


def test_a_still_prediction_misses_the_motion(pairs, perfect):
    perfect.flow = lambda *_: np.zeros((48, 160, 2))
    results = evaluate(pairs, perfect)
    ours, trivial = results["ours"]["all"], results["trivial"]["all"]
    assert ours["d1_percent"] == 0
    assert ours["fl_percent"] == trivial["fl_percent"] > 10
    assert ours["sf_percent"] > 10
    assert ours["epe_3d"] > 0.1


def test_the_second_depth_is_read_where_the_flow_points(pairs, perfect):
    sharp = evaluate(pairs, perfect)["ours"]["all"]["epe_3d"]
    true_flow = perfect.flow
    perfect.flow = lambda first, second: -true_flow(first, second)
    astray = evaluate(pairs, perfect)["ours"]["all"]
    assert astray["d2_percent"] > 1
    assert astray["epe_3d"] > 10 * sharp


def test_the_cameras_motion_replaces_the_second_depth_of_static_pixels(pairs, perfect):
    true_disparity = perfect.disparity
    first = pairs[0].frames()[0][0]

    def only_the_first_is_right(image):
        return true_disparity(image) * (1 if (image == first).all() else 0.25)

    perfect.disparity = only_the_first_is_right
    ours = evaluate(pairs[:1], perfect)["ours"]
    assert ours["background"]["d2_percent"] > 20
    assert ours["background + pose"]["d2_percent"] == 0
    assert ours["foreground + pose"]["epe_3d"] > 1  # Moving points do not follow the camera.
    backward = perfect.frame_from_next
    perfect.frame_from_next = lambda *window: np.linalg.inv(backward(*window))
    wrong = evaluate(pairs[:1], perfect)["ours"]
    assert wrong["background + pose"]["epe_3d"] > 5 * ours["background + pose"]["epe_3d"]


def test_one_scale_is_taken_for_both_frames(pairs, perfect):
    true_disparity = perfect.disparity
    first = pairs[0].frames()[0][0]
    perfect.disparity = lambda image: true_disparity(image) * (2 if (image == first).all() else 1)
    ours = evaluate(pairs[:1], perfect)["ours"]["all"]
    assert ours["d1_percent"] == 0
    assert ours["epe_3d"] > 5  # The second depth is twice the true depth.


def test_kitti_2015_is_judged_like_a_clip(tmp_path, rendered, pairs, perfect):
    write_2015_tree(tmp_path, rendered, pairs[0].truth().next_depth)
    kitti = read_scene_flow_pairs(tmp_path)
    perfect.frame_from_next = lambda *_: (
        np.linalg.inv(rendered.camera_to_world[0]) @ (rendered.camera_to_world[1])
    )
    results = evaluate(kitti, perfect)
    assert results["ours"]["all"]["sf_percent"] == 0
    trivial = evaluate(pairs[:1], perfect)["trivial"]["all"]
    assert results["trivial"]["all"] == pytest.approx(trivial, rel=1e-2)


@pytest.mark.parametrize(
    ("name", "prediction", "message"),
    [
        ("disparity", np.zeros((4, 5)), "street/000000: expected disparity > 0"),
        ("disparity", np.full((4, 5), np.nan), "street/000000: expected finite"),
        ("flow", np.zeros((4, 5)), "street/000000: expected shape"),
        ("frame_from_next", np.eye(3), "street/000000: expected shape"),
    ],
)
def test_an_impossible_prediction_is_refused_by_name(pairs, perfect, name, prediction, message):
    setattr(perfect, name, lambda *_: prediction)
    with pytest.raises(ValueError, match=message):
        evaluate(pairs, perfect)


def test_a_mask_of_another_size_is_refused_by_name(pairs, perfect):
    class Pair(type(pairs[0])):
        def moving(self):
            return np.zeros((3, 4), bool)

    with pytest.raises(ValueError, match="street/000000: expected a mask of what moves of"):
        evaluate([Pair(pairs[0].clip, 0)], perfect)


def test_no_pairs_are_one_clear_line(perfect):
    with pytest.raises(ValueError, match="Expected pairs with true scene flow. Received: none."):
        evaluate([], perfect)
