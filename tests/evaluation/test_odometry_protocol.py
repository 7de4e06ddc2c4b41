"""Motion is evaluated up to scale, beside driving straight ahead."""

import json

import numpy as np
import pytest

from dfnet_tf.data.clip_writer import ClipWriter
from dfnet_tf.data.clips import read_clip, read_clips
from dfnet_tf.evaluation import odometry_protocol, report


def make_clip(folder, count=7, poses=True, unit=1.0):
    """A clip whose images encode the frame number in the red channel; the motion is a curve."""
    with ClipWriter(folder, image_type="png") as writer:
        writer.intrinsics = np.array([[20, 0, 15.5], [0, 20, 7.5], [0, 0, 1]])
        for i in range(count):
            pose = np.eye(4)
            pose[:3, 3] = unit * np.array([0.05 * i**2, 0, i])
            writer.add(np.full((16, 32, 3), i, np.uint8), pose=pose if poses else None)
    return read_clip(folder)


def true_snippet(clip):
    poses = clip.poses()

    def predict(images, intrinsics):
        np.testing.assert_array_equal(intrinsics, clip.intrinsics)
        start = images[0][0, 0, 0]
        assert [image[0, 0, 0] for image in images] == list(range(start, start + 5))
        return 0.1 * (np.linalg.inv(poses[start]) @ poses[start : start + 5] - np.eye(4)) + np.eye(
            4
        )

    return predict


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


def test_clips_without_poses_or_with_few_frames_are_skipped(tmp_path):
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
            [make_clip(tmp_path / "drive")], lambda *_: np.full((5, 4, 4), np.nan)
        )


def test_missing_truth_is_one_clear_line(tmp_path):
    bare = make_clip(tmp_path / "bare", poses=False)
    with pytest.raises(ValueError, match="Expected clips with poses.txt"):
        odometry_protocol.evaluate_odometry([bare], lambda *_: np.tile(np.eye(4), (5, 1, 1)))


def test_results_can_be_written_as_json_and_as_a_table(tmp_path):
    clip = make_clip(tmp_path / "drive")
    results = odometry_protocol.evaluate_odometry([clip], true_snippet(clip))
    assert json.loads(json.dumps(results)) == results
    assert "snippet (3 samples)" in report.table(results)


def straight_snippet(*_):
    poses = np.tile(np.eye(4), (5, 1, 1))
    poses[:, 2, 3] = np.arange(5)
    return poses


def test_straight_ahead_is_as_good_as_the_trivial_answer(tmp_path):
    results = odometry_protocol.evaluate_odometry([make_clip(tmp_path / "a")], straight_snippet)
    assert results["ours"] == results["trivial"]
    assert results["ours"]["snippet"]["ate"] > 0.01


def test_each_of_several_clips_has_groups_of_its_own(tmp_path):
    clips = [make_clip(tmp_path / "a"), make_clip(tmp_path / "b", count=9, unit=7.0)]
    both = odometry_protocol.evaluate_odometry(clips, straight_snippet)
    alone = {
        clip.folder.name: odometry_protocol.evaluate_odometry([clip], straight_snippet)
        for clip in clips
    }
    assert set(alone["a"]["ours"]) == {"snippet", "trajectory"}
    assert both["num_samples"] == {
        "snippet": 8,
        "trajectory": 2,
        "snippet a": 3,
        "trajectory a": 1,
        "snippet b": 5,
        "trajectory b": 1,
    }
    for who in ("ours", "trivial"):
        for name, own in alone.items():
            assert both[who][f"snippet {name}"] == own[who]["snippet"]
            assert both[who][f"trajectory {name}"] == own[who]["trajectory"]
    first, second = (alone[name]["ours"]["snippet"]["ate"] for name in "ab")
    assert both["ours"]["snippet"]["ate"] == pytest.approx((3 * first + 5 * second) / 8)
    assert "trajectory b (1 samples)" in report.table(both)


def test_errors_over_distance_are_reported_for_each_length_that_fits(tmp_path):
    clips = [make_clip(tmp_path / "long", count=24, unit=10.0), make_clip(tmp_path / "short")]
    results = odometry_protocol.evaluate_odometry(clips, true_snippet(clips[0]))
    distances = results["error_over_distance"]
    assert distances["short"] == {"ours": [], "trivial": []}
    ours, trivial = (distances["long"][who] for who in ("ours", "trivial"))
    assert [row["length"] for row in ours] == [100.0, 200.0, 300.0]
    whole = next(sample for sample in results["samples"] if sample["name"] == "long")
    num_segments = whole["ours"]["trajectory"]["num_segments"]
    assert sum(row["num_segments"] for row in ours) == num_segments
    assert all(row["translation_percent"] < 1e-6 for row in ours)
    assert all(row["translation_percent"] > 1 for row in trivial)


def test_clips_with_equal_names_are_all_evaluated(tmp_path):
    one = make_clip(tmp_path / "a/seq")
    make_clip(tmp_path / "b/seq")
    clips = read_clips(tmp_path)
    results = odometry_protocol.evaluate_odometry(clips, true_snippet(one))
    assert results["num_samples"]["snippet"] == 6
    assert list(results["trajectories"]) == ["a_seq", "b_seq"]
