"""Flow is evaluated in the truth's pixels, by group; submissions hold the predictions."""

import json
from dataclasses import dataclass, field

import numpy as np
import pytest

from dfnet_tf.data.files.flo_files import read_flo
from dfnet_tf.data.files.truth_files import read_flow
from dfnet_tf.evaluation import flow_protocol

evaluate = flow_protocol.evaluate_flow


@dataclass
class Pair:
    name: str
    truths: dict = field(default_factory=dict)
    submission: str = ""
    second_size: tuple = (8, 10)

    def first(self):
        return np.zeros((8, 10, 3), np.uint8)

    def second(self):
        return np.ones((*self.second_size, 3), np.uint8)

    def truth(self):
        return self.truths


def uniform_flow(u, v, valid=80, size=(8, 10)):
    mask = np.arange(size[0] * size[1]).reshape(size) < valid
    return np.broadcast_to(np.float32([u, v]), (*size, 2)), mask.astype("float32")


def still(*_):
    return np.zeros((8, 10, 2), "float32")


def test_flow_is_judged_on_the_truths_grid_in_the_truths_pixels():
    # Half-size prediction of (1, -2) means (2, -4) pixels of the truth.
    pairs = [Pair("a", {"noc": uniform_flow(2, -4)})]
    prediction = np.broadcast_to(np.float32([1, -2]), (4, 5, 2))
    results = evaluate(pairs, lambda *_: prediction.astype("float16"))
    assert results["ours"]["noc"]["epe"] == pytest.approx(0, abs=1e-6)
    assert results["trivial"]["noc"]["epe"] == pytest.approx(np.sqrt(20))


def test_each_group_is_averaged_over_the_pairs_that_have_it():
    pairs = [
        Pair("a", {"noc": uniform_flow(3, 4, valid=20)}),
        Pair("b", {"noc": uniform_flow(0, 1, valid=60), "occ": uniform_flow(0, 1)}),
        Pair("c", {"noc": uniform_flow(9, 9, valid=0)}),
    ]
    results = evaluate(pairs, still)
    assert results["num_samples"] == {"noc": 2, "occ": 1}
    assert results["ours"] == results["trivial"]
    assert results["ours"]["noc"]["epe"] == pytest.approx((5 + 1) / 2)
    assert results["ours"]["noc"]["epe_pooled"] == pytest.approx((20 * 5 + 60 * 1) / 80)
    assert results["ours"]["occ"]["epe"] == pytest.approx(1)
    assert json.loads(json.dumps(results)) == results


def test_a_flow_that_is_not_finite_is_refused_by_name():
    prediction = np.zeros((4, 5, 2))
    prediction[0, 0, 0] = np.inf
    with pytest.raises(ValueError, match="my pair: expected finite numbers. Received: 1"):
        evaluate([Pair("my pair", {"noc": uniform_flow(1, 1)})], lambda *_: prediction)


def test_a_truth_must_be_finite_only_where_it_is_valid():
    flow, valid = uniform_flow(0, 0, valid=79)
    flow = flow.copy()
    flow[7, 9] = np.nan
    assert evaluate([Pair("a", {"noc": (flow, valid)})], still)["ours"]["noc"]["epe"] == 0
    flow[0, 0, 1] = np.nan
    with pytest.raises(ValueError, match=r"a, true flow \(noc\): expected finite.*Received: 1"):
        evaluate([Pair("a", {"noc": (flow, valid)})], still)


def test_images_of_two_sizes_are_refused_by_name():
    pairs = [Pair("a", {"noc": uniform_flow(0, 0)}, second_size=(8, 11))]
    with pytest.raises(ValueError, match="a: expected two images of one size.*10x8 and 11x8"):
        evaluate(pairs, still)


def test_a_truth_of_another_view_is_refused_by_name():
    larger = [Pair("a", {"noc": uniform_flow(0, 0, size=(16, 20))})]
    assert evaluate(larger, still)["ours"]["noc"]["epe"] == 0
    for size in ((7, 10), (8, 9)):
        cropped = [Pair("a", {"noc": uniform_flow(0, 0, size=size)})]
        with pytest.raises(ValueError, match=r"true flow \(noc\): expected the view of its 10x8"):
            evaluate(cropped, still)


def test_missing_truth_is_one_clear_line():
    for pairs in ([], [Pair("a", {})]):
        with pytest.raises(ValueError, match="Expected image pairs with true flow"):
            evaluate(pairs, still)


def test_a_submission_is_in_the_images_pixels_and_in_the_benchmarks_format(tmp_path):
    pairs = [Pair("a", submission="000000_10.png"), Pair("b", submission="clean/x/frame0001.flo")]
    prediction = np.broadcast_to(np.float32([1.5, -2.25]), (4, 5, 2))
    flow_protocol.write_submission(pairs, lambda *_: prediction, tmp_path)
    for flow, valid in (
        read_flow(tmp_path / "000000_10.png"),
        read_flo(tmp_path / "clean/x/frame0001.flo"),
    ):
        assert flow.shape == (8, 10, 2)
        assert (flow == (3.0, -4.5)).all()
        assert valid.all()
