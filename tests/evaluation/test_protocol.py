import json
from dataclasses import dataclass

import numpy as np
import pytest

from dfnet_tf.data.clip import ClipWriter, read_clip
from dfnet_tf.evaluation import depth_protocol, flow_protocol, odometry_protocol, report

INTRINSICS = np.array([[20, 0, 15.5], [0, 20, 7.5], [0, 0, 1]])


def make_clip(folder, count=7, depth=True, poses=True):
    """A clip whose images say in their red channel which frame they are; a curve as motion."""
    rng = np.random.default_rng(0)
    with ClipWriter(folder, image_type="png") as writer:
        writer.intrinsics = INTRINSICS
        for i in range(count):
            pose = np.eye(4)
            pose[:3, 3] = [0.05 * i**2, 0, i]
            writer.add(
                np.full((16, 32, 3), i, np.uint8),
                depth=np.round(rng.uniform(2, 90, (32, 64))) if depth else None,
                pose=pose if poses else None,
            )
    return read_clip(folder)


@dataclass
class Pair:
    name: str
    truths: dict

    def first(self):
        return np.zeros((8, 10, 3), np.uint8)

    def second(self):
        return np.ones((8, 10, 3), np.uint8)

    def truth(self):
        return self.truths


def uniform_flow(u, v, valid=80):
    mask = np.arange(80).reshape(8, 10) < valid
    return np.broadcast_to(np.float32([u, v]), (8, 10, 2)), mask.astype("float32")


def true_snippet(clip):
    poses = clip.poses()

    def predict(images):
        start = images[0][0, 0, 0]
        assert [image[0, 0, 0] for image in images] == list(range(start, start + 5))
        return 0.1 * (np.linalg.inv(poses[start]) @ poses[start : start + 5] - np.eye(4)) + np.eye(
            4
        )

    return predict


def perfect_disparity(clip, factor):
    def predict(image):
        truth = clip.depth(image[0, 0, 0])
        return factor / np.maximum(truth, 1)

    return predict


def test_the_true_depth_in_another_unit_is_perfect_once_scaled(tmp_path):
    clip = make_clip(tmp_path / "drive")
    results = depth_protocol.evaluate_depth([clip], perfect_disparity(clip, 4.0))
    assert results["ours"]["80m"]["abs_rel"] == pytest.approx(0, abs=1e-5)
    assert results["ours"]["50m"]["delta1"] == 1
    assert results["ours"]["80m_unscaled"]["abs_rel"] == pytest.approx(0.75, abs=1e-5)
    assert results["trivial"]["80m"]["abs_rel"] > 0.2
    assert results["num_samples"]["80m"] == 7
    assert [sample["name"] for sample in results["samples"]][:2] == ["drive/000000", "drive/000001"]


def test_constant_disparity_is_the_trivial_answer(tmp_path):
    results = depth_protocol.evaluate_depth(
        [make_clip(tmp_path / "drive")], lambda _: np.full((3, 5), 0.2, "float32"), crop=None
    )
    assert results["ours"]["80m"] == pytest.approx(results["trivial"]["80m"])


def test_the_trivial_depth_is_the_true_median_before_any_scaling(tmp_path):
    with ClipWriter(tmp_path / "drive") as writer:
        writer.intrinsics = INTRINSICS
        truth = np.repeat([[2.0, 10.0, 10.0, 20.0, 0.0]], 4, axis=0)
        writer.add(np.zeros((16, 32, 3), np.uint8), depth=truth)
    clip = read_clip(tmp_path / "drive")
    results = depth_protocol.evaluate_depth([clip], lambda _: np.ones((4, 4)), crop=None)
    expected = (8 / 2 + 0 + 0 + 10 / 20) / 4
    assert results["trivial"]["80m_unscaled"]["abs_rel"] == pytest.approx(expected)


def test_frames_choose_what_is_judged(tmp_path):
    clips = [make_clip(tmp_path / "a"), make_clip(tmp_path / "b", depth=False)]
    results = depth_protocol.evaluate_depth(clips, lambda _: np.ones((4, 4)), frames=range(5, 99))
    assert [sample["name"] for sample in results["samples"]] == ["a/000005", "a/000006"]


@pytest.mark.parametrize(
    ("prediction", "message"),
    [
        (np.full((4, 4), np.nan), "drive/000000: expected finite"),
        (np.zeros((4, 4)), "drive/000000: expected disparity > 0"),
        (np.ones((4, 4, 1)), "drive/000000: expected shape"),
    ],
)
def test_an_impossible_disparity_is_refused_by_name(tmp_path, prediction, message):
    with pytest.raises(ValueError, match=message):
        depth_protocol.evaluate_depth([make_clip(tmp_path / "drive")], lambda _: prediction)


def test_flow_is_judged_on_the_truths_grid_in_the_truths_pixels():
    # Half-size prediction of (1, -2) means (2, -4) pixels of the truth.
    pairs = [Pair("a", {"noc": uniform_flow(2, -4)})]
    prediction = np.broadcast_to(np.float32([1, -2]), (4, 5, 2))
    results = flow_protocol.evaluate_flow(pairs, lambda *_: prediction.astype("float16"))
    assert results["ours"]["noc"]["epe"] == pytest.approx(0, abs=1e-6)
    assert results["trivial"]["noc"]["epe"] == pytest.approx(np.sqrt(20))


def test_each_kind_of_truth_is_averaged_over_the_pairs_that_have_it():
    pairs = [
        Pair("a", {"noc": uniform_flow(3, 4, valid=20)}),
        Pair("b", {"noc": uniform_flow(0, 1, valid=60), "occ": uniform_flow(0, 1)}),
        Pair("c", {"noc": uniform_flow(9, 9, valid=0)}),
    ]
    results = flow_protocol.evaluate_flow(pairs, lambda *_: np.zeros((8, 10, 2), "float32"))
    assert results["num_samples"] == {"noc": 2, "occ": 1}
    assert results["ours"] == results["trivial"]
    assert results["ours"]["noc"]["epe"] == pytest.approx((5 + 1) / 2)
    assert results["ours"]["noc"]["epe_pooled"] == pytest.approx((20 * 5 + 60 * 1) / 80)
    assert results["ours"]["occ"]["epe"] == pytest.approx(1)


def test_a_flow_that_is_not_finite_is_refused_by_name():
    prediction = np.zeros((4, 5, 2))
    prediction[0, 0, 0] = np.inf
    with pytest.raises(ValueError, match="my pair: expected finite numbers. Received: 1"):
        flow_protocol.evaluate_flow(
            [Pair("my pair", {"noc": uniform_flow(1, 1)})], lambda *_: prediction
        )


def test_the_true_motion_in_another_unit_is_perfect(tmp_path):
    clip = make_clip(tmp_path / "drive")
    results = odometry_protocol.evaluate_odometry([clip], true_snippet(clip))
    assert results["ours"]["snippet"]["ate"] == pytest.approx(0, abs=1e-9)
    assert results["ours"]["trajectory"]["ate_sim3"] == pytest.approx(0, abs=1e-9)
    assert results["ours"]["trajectory"]["translation_percent"] is None  # 6 metres long.
    assert results["trivial"]["snippet"]["ate"] > 0.01
    assert results["num_samples"] == {"snippet": 3, "trajectory": 1}
    centres = results["trajectories"]["drive"]
    np.testing.assert_allclose(centres["ours"], centres["truth"], atol=1e-9)
    np.testing.assert_allclose(centres["truth"], clip.poses()[:, :3, 3])


def test_clips_without_poses_or_with_few_frames_are_passed_over(tmp_path):
    clips = [
        make_clip(tmp_path / "a", poses=False),
        make_clip(tmp_path / "b", count=4),
        make_clip(tmp_path / "c"),
    ]
    results = odometry_protocol.evaluate_odometry(clips, true_snippet(clips[2]))
    assert list(results["trajectories"]) == ["c"]


def test_motion_that_is_not_finite_is_refused_by_name(tmp_path):
    with pytest.raises(ValueError, match="drive/000000: expected finite"):
        odometry_protocol.evaluate_odometry(
            [make_clip(tmp_path / "drive")], lambda _: np.full((5, 4, 4), np.nan)
        )


def test_missing_truth_is_one_clear_line(tmp_path):
    bare = make_clip(tmp_path / "bare", depth=False, poses=False)
    with pytest.raises(ValueError, match="Expected clips with true depth"):
        depth_protocol.evaluate_depth([bare], lambda _: np.ones((4, 4)))
    with pytest.raises(ValueError, match="Expected clips with poses.txt"):
        odometry_protocol.evaluate_odometry([bare], lambda _: np.tile(np.eye(4), (5, 1, 1)))
    for pairs in ([], [Pair("a", {})]):
        with pytest.raises(ValueError, match="Expected image pairs with true flow"):
            flow_protocol.evaluate_flow(pairs, lambda *_: np.zeros((4, 5, 2)))


def test_the_table_shows_every_metric_beside_trivial_and_published_numbers(tmp_path):
    clip = make_clip(tmp_path / "drive")
    results = odometry_protocol.evaluate_odometry([clip], true_snippet(clip))
    lines = report.table(results).splitlines()
    assert lines[0].split() == ["odometry", "ours", "trivial", "paper", "09", "paper", "10"]
    assert lines[1] == "snippet (3 samples)"
    ate = lines[2].split()
    assert (ate[0], ate[1], ate[3:]) == ("ate", "0.0000", ["0.0170", "0.0150"])
    assert float(ate[2]) == pytest.approx(results["trivial"]["snippet"]["ate"], abs=1e-4)
    assert next(line.split() for line in lines if "translation" in line)[1:] == ["-"] * 4
    assert len({len(line) for line in lines if line.startswith("  ")} | {len(lines[0])}) == 1


def test_results_can_be_written_as_json(tmp_path):
    clip = make_clip(tmp_path / "drive")
    pair = Pair("a", {"noc": uniform_flow(1, 1)})
    for results in (
        depth_protocol.evaluate_depth([clip], perfect_disparity(clip, 4.0)),
        flow_protocol.evaluate_flow([pair], lambda *_: np.zeros((8, 10, 2), "float32")),
        odometry_protocol.evaluate_odometry([clip], true_snippet(clip)),
    ):
        assert json.loads(json.dumps(results)) == results
        assert report.table(results)
