import numpy as np
import pytest

from dfnet_tf.evaluation import pose_metrics


def yaw(angle):
    """[4, 4], a turn about the camera's Y axis."""
    matrix = np.eye(4)
    matrix[0, 0] = matrix[2, 2] = np.cos(angle)
    matrix[0, 2], matrix[2, 0] = np.sin(angle), -np.sin(angle)
    return matrix


def straight(count, step=1.0):
    poses = np.tile(np.eye(4), (count, 1, 1))
    poses[:, 2, 3] = step * np.arange(count)
    return poses


def winding(count, seed=0):
    """A drive with turns, climbs and changes of speed."""
    rng = np.random.default_rng(seed)
    poses = [np.eye(4)]
    for _ in range(count - 1):
        step = yaw(rng.normal(0, 0.1))
        step[:3, 3] = rng.normal(0, 0.1, 3) + [0, 0, rng.uniform(0.5, 1.5)]
        poses.append(poses[-1] @ step)
    return np.stack(poses)


def moved(poses, scale=3.0):
    """The same drive in another unit of length, place and direction of the world."""
    poses = poses.copy()
    poses[:, :3, 3] *= scale
    world = yaw(1.0) @ np.array([[1, 0, 0, 5], [0, 0, -1, 6], [0, 1, 0, 7], [0, 0, 0, 1.0]])
    return world @ poses


def test_snippet_errors_of_a_sidestep_by_hand():
    truth = straight(5)
    truth[4, 0, 3] = 5.0
    # sum(p q) = sum(p p): the scale is 1, one frame is off by 5 m.
    errors = pose_metrics.snippet_errors(straight(5), truth)
    assert errors["rmse"] == pytest.approx(np.sqrt(25 / 5))
    assert errors["ate"] == pytest.approx(5 / 5)  # SfMLearner divides outside the root.


def test_snippet_scale_is_least_squares():
    truth = straight(3)
    truth[2, 2, 3] = 7.0  # q = 0, 1, 7 and p = 0, 1, 2: s = (1 + 14) / (1 + 4) = 3.
    errors = pose_metrics.snippet_errors(straight(3), truth)
    assert errors["rmse"] == pytest.approx(np.sqrt((2**2 + 1**2) / 3))


def test_a_snippet_is_seen_from_its_own_first_camera():
    truth = winding(30)[12:17]
    for estimate in (truth, moved(truth), np.linalg.inv(truth[0]) @ truth):
        assert pose_metrics.snippet_errors(estimate, truth)["rmse"] == pytest.approx(0, abs=1e-9)


def test_an_estimate_that_stands_still_has_finite_errors():
    still, truth = np.tile(np.eye(4), (5, 1, 1)), straight(5)
    errors = pose_metrics.snippet_errors(still, truth)
    assert errors["rmse"] == pytest.approx(np.sqrt((1 + 4 + 9 + 16) / 5))
    centred = np.sqrt((4 + 1 + 0 + 1 + 4) / 5)
    assert pose_metrics.trajectory_errors(still, truth)["ate_sim3"] == pytest.approx(centred)


def test_average_of_snippets_is_mean_and_standard_deviation():
    average = pose_metrics.average_snippets([{"ate": 1.0, "rmse": 4.0}, {"ate": 3.0, "rmse": 4.0}])
    assert average == {"ate": 2.0, "ate_std": 1.0, "rmse": 4.0, "rmse_std": 0.0}


@pytest.mark.parametrize("count", [5, 6, 20])
def test_chaining_the_snippets_of_a_trajectory_returns_it(count):
    poses = winding(count)
    snippets = [np.linalg.inv(poses[i]) @ poses[i : i + 5] for i in range(count - 4)]
    np.testing.assert_allclose(pose_metrics.chain(np.stack(snippets)), poses, atol=1e-9)


def test_chaining_takes_each_motion_from_the_middle_of_a_snippet():
    snippets = np.stack([straight(5, step) for step in (1.0, 10.0, 100.0)])
    chained = pose_metrics.chain(snippets)
    steps = np.diff(chained[:, 2, 3])
    np.testing.assert_allclose(steps, [1, 1, 1, 10, 100, 100])


def test_similarity_finds_scale_rotation_and_translation():
    points = winding(20)[:, :3, 3]
    rotation = yaw(2.0)[:3, :3]
    scale, found, translation = pose_metrics.similarity(
        points, 0.5 * points @ rotation.T + [1, 2, 3]
    )
    assert scale == pytest.approx(0.5)
    np.testing.assert_allclose(found, rotation, atol=1e-9)
    np.testing.assert_allclose(translation, [1, 2, 3], atol=1e-9)


def test_trajectory_errors_ignore_the_estimates_own_world_and_unit():
    truth = winding(400)
    errors = pose_metrics.trajectory_errors(moved(truth), truth)
    assert errors["num_segments"] > 0
    for name in ("ate_sim3", "translation_percent", "rotation_deg_per_100m"):
        assert errors[name] == pytest.approx(0, abs=1e-5), name


def test_a_mirrored_trajectory_is_not_aligned():
    truth = winding(50)
    mirrored = truth.copy()
    mirrored[:, 0, 3] *= -1
    mirrored[:, 1, 3] += np.sin(np.arange(50))  # Not flat: a rotation could turn a flat one over.
    truth[:, 1, 3] += np.sin(np.arange(50))
    rotation = pose_metrics.similarity(mirrored[:, :3, 3], truth[:, :3, 3])[1]
    assert np.linalg.det(rotation) == pytest.approx(1)
    assert pose_metrics.trajectory_errors(mirrored, truth)["ate_sim3"] > 0.1


def test_similarity_to_a_mirror_image_by_hand():
    points = np.array([(3, 0, 0), (-3, 0, 0), (0, 2, 0), (0, -2, 0), (0, 0, 1), (0, 0, -1.0)])
    scale, rotation, _ = pose_metrics.similarity(points, points * [1, 1, -1])
    # No rotation can invert the shortest axis; the scale compensates: (9 + 4 - 1) / (9 + 4 + 1).
    np.testing.assert_allclose(rotation, np.eye(3), atol=1e-9)
    assert scale == pytest.approx(12 / 14)


def test_trajectory_ate_by_hand():
    truth = np.tile(np.eye(4), (4, 1, 1))
    truth[:, :3, 3] = [(1, 0, 0), (-1, 0, 0), (0, 0, 1), (0, 0, -1)]
    estimate = truth.copy()
    estimate[:, :3, 3] = [(3, 0, 0), (-3, 0, 0), (0, 0, 1), (0, 0, -1)]
    # Best factor: sum(p q) / sum(p p) = 8 / 20 = 0.4: two are off by 0.2, two by 0.6.
    errors = pose_metrics.trajectory_errors(estimate, truth)
    assert errors["ate_sim3"] == pytest.approx(np.sqrt((2 * 0.2**2 + 2 * 0.6**2) / 4))


def test_steps_1_percent_too_long_are_1_percent_of_translation():
    # A "100 m" segment of 0.1 m steps ends at the first frame beyond 100 m: 100.1 m.
    truth, estimate = straight(1200, 0.0999), straight(1200, 0.0999 * 1.01)
    errors = pose_metrics.segment_errors(estimate, truth)
    np.testing.assert_allclose(errors[:, 1], 1.0, rtol=2e-3)
    np.testing.assert_allclose(errors[:, 2], 0.0, atol=1e-5)


def test_a_segment_ends_beyond_its_length_and_is_divided_by_it():
    errors = pose_metrics.segment_errors(straight(102, 1.01), straight(102))
    # Frame 101 is the first at *more* than 100 m; only frame 0 starts a segment that fits.
    np.testing.assert_allclose(errors, [[100, 100 * 0.01 * 101 / 100, 0.0]], atol=1e-5)


def test_steady_yaw_drift_is_degrees_per_100_m():
    truth = straight(302)
    drift = np.stack([yaw(np.radians(0.02 * i)) for i in range(302)])
    errors = pose_metrics.segment_errors(truth @ drift, truth)
    # 101, 201 and 301 frames of 0.02 degrees over 100, 200 and 300 m.
    expected = {100 * 0.02 * frames / (frames - 1) for frames in (101, 201, 301)}
    found = {round(value, 6) for value in errors[:, 2]}
    assert found == {round(value, 6) for value in expected}


def test_segments_start_every_tenth_frame_for_each_length_that_fits():
    errors = pose_metrics.segment_errors(straight(231), straight(231))
    # 100 m: starts 0, 10 .. 120 (the end, 221, exists; 130 would end at 231); 200 m: 0, 10, 20.
    assert len(errors) == 13 + 3


def test_a_trajectory_under_100_m_has_no_kitti_errors():
    errors = pose_metrics.trajectory_errors(straight(50), straight(50))
    assert errors["translation_percent"] is None
    assert errors["rotation_deg_per_100m"] is None
    assert pose_metrics.average_trajectories([errors])["translation_percent"] is None


def test_average_of_trajectories_counts_each_segment_the_same():
    def errors(ate, translation, segments):
        return {
            "ate_sim3": ate,
            "translation_percent": translation,
            "rotation_deg_per_100m": translation,
            "num_segments": segments,
        }

    average = pose_metrics.average_trajectories(
        [errors(1.0, 1.0, 30), errors(2.0, 5.0, 10), errors(6.0, None, 0)]
    )
    assert average["ate_sim3"] == 3.0
    assert average["translation_percent"] == average["rotation_deg_per_100m"] == 2.0


def test_errors_over_distance_are_means_of_each_length():
    segments = np.array([[200, 5.0, 0.5], [100, 1.0, 0.1], [100, 3.0, 0.3]])
    assert pose_metrics.errors_over_distance(segments) == [
        {
            "length": 100.0,
            "translation_percent": pytest.approx(2.0),
            "rotation_deg_per_100m": pytest.approx(0.2),
            "num_segments": 2,
        },
        {
            "length": 200.0,
            "translation_percent": 5.0,
            "rotation_deg_per_100m": 0.5,
            "num_segments": 1,
        },
    ]
    short = pose_metrics.segment_errors(straight(50), straight(50))
    assert pose_metrics.errors_over_distance(short) == []
