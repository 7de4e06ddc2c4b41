"""The one number per task, for the truth and for trivial predictions."""

import dataclasses

import numpy as np
import pytest
from true_predictor import TruePredictor

from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.sources import synthetic
from dfnet_tf.data.truth.flow_pairs import FlowPair
from dfnet_tf.evaluation import headline


@pytest.fixture(scope="module")
def film():
    return synthetic.render_clip(0, 6, 32, 64)


@pytest.fixture(scope="module")
def clips(film, tmp_path_factory):
    folder = tmp_path_factory.mktemp("street") / "clip"
    synthetic.write_clip(film, folder)
    return read_clips(folder)


def test_true_depth_in_another_unit_has_no_error_and_constant_depth_has(film, clips):
    predictor = TruePredictor(film, np.full(6, 1 / 3))
    errors = headline.depth_error(clips, predictor.disparity, crop=None)
    assert errors["ours"] == pytest.approx(0, abs=1e-3)
    assert errors["trivial"] > 0.2


def test_depth_beyond_80_metres_is_not_evaluated(film, tmp_path):
    farther = dataclasses.replace(film, depth=film.depth * (120 / film.depth.max()))
    synthetic.write_clip(farther, tmp_path / "clip")
    predictor = TruePredictor(farther)

    def wrong_if_far(image):
        disparity = predictor.disparity(image)
        return np.where(disparity < 1 / 80, 0.8 * disparity, disparity)

    clips = read_clips(tmp_path / "clip")
    assert headline.depth_error(clips, wrong_if_far, crop=None)["ours"] < 1e-3


def flow_pair(groups):
    """A pair whose flow is (3, 4) times a factor in each group."""
    image = np.zeros((8, 10, 3), np.uint8)
    truth = {
        group: (np.full((8, 10, 2), np.float32([3, 4])) * factor, np.ones((8, 10), "float32"))
        for group, factor in groups.items()
    }
    return FlowPair("pair", lambda: image, lambda: image, lambda: truth)


@pytest.mark.parametrize(("groups", "trivial"), [({"occ": 2, "noc": 1}, 5), ({"occ": 2}, 10)])
def test_flow_is_evaluated_without_occluded_pixels_if_the_truth_has_masks(groups, trivial):
    ahead = np.full((8, 10, 2), np.float32([3, 4]))
    errors = headline.flow_error([flow_pair(groups)], lambda *_: ahead)
    assert errors == pytest.approx({"ours": trivial - 5, "trivial": trivial})


def test_true_motion_in_another_unit_has_no_error(film, clips):
    poses = film.camera_to_world

    def snippet(images, _):
        start = next(i for i in range(6) if np.array_equal(film.images[i], images[0]))
        found = np.linalg.inv(poses[start]) @ poses[start : start + 5]
        found[:, :3, 3] *= 0.1
        return found

    errors = headline.motion_error(clips, snippet)
    assert errors["ours"] == pytest.approx(0, abs=1e-4)
    assert errors["trivial"] > 10 * errors["ours"]
