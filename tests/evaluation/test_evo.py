"""Comparison with evo (github.com/MichaelGrupp/evo), and with KITTI's definition written out.

KITTI's devkit measures segments of 100, 200 ... 800 m that start at every tenth frame.
"""

import numpy as np
import pytest
from evo.core import metrics, trajectory
from scipy.spatial.transform import Rotation

from dfnet_tf.evaluation import pose_metrics


def poses_of(rotations, positions):
    poses = np.tile(np.eye(4), (len(positions), 1, 1))
    poses[:, :3, :3], poses[:, :3, 3] = rotations.as_matrix(), positions
    return poses


def random_pair():
    """Two unrelated trajectories."""
    rng = np.random.default_rng(0)
    return [poses_of(Rotation.random(60, rng), rng.normal(0, 10, (60, 3))) for _ in range(2)]


def drive_pair(count=950, step=1.001):
    """A drifting estimate in another unit and world, and the truth: a car on winding roads."""
    rng = np.random.default_rng(1)
    yaw = np.cumsum(0.01 * np.sin(np.arange(count) / 40) + 0.004)
    pitch = 0.03 * np.sin(np.arange(count) / 90)
    rotations = Rotation.from_euler("yx", np.stack([yaw, pitch], axis=1))
    steps = rotations.apply([0, 0, step])
    truth = poses_of(rotations, np.cumsum(steps, axis=0))
    estimate = [np.eye(4)]
    for motion in np.linalg.inv(truth[:-1]) @ truth[1:]:
        motion = motion.copy()
        motion[:3, :3] @= Rotation.from_rotvec(rng.normal(1e-4, 1e-3, 3)).as_matrix()
        motion[:3, 3] *= 0.04 * rng.normal(1, 0.05)
        estimate.append(estimate[-1] @ motion)
    return np.stack(estimate), truth


def evo_path(poses):
    return trajectory.PosePath3D(poses_se3=list(poses))


def evo_errors(metric, estimate, truth):
    metric.process_data((evo_path(truth), evo_path(estimate)))
    return metric.error


@pytest.mark.parametrize("pair", [random_pair, drive_pair])
def test_alignment_and_ate_are_evos(pair):
    estimate, truth = pair()
    theirs = evo_path(estimate)
    theirs.align(evo_path(truth), correct_scale=True)
    ours = pose_metrics.aligned(estimate, truth)
    np.testing.assert_allclose(ours, np.stack(theirs.poses_se3), atol=1e-6)
    gaps = evo_errors(metrics.APE(metrics.PoseRelation.translation_part), theirs.poses_se3, truth)
    ate = pose_metrics.trajectory_errors(estimate, truth)["ate_sim3"]
    assert ate == pytest.approx(np.sqrt(np.mean(np.square(gaps))))
    assert ate > 0.1


@pytest.mark.parametrize(
    ("relation", "column"),
    [(metrics.PoseRelation.translation_part, 1), (metrics.PoseRelation.rotation_angle_deg, 2)],
)
def test_segments_are_evos_relative_errors(relation, column):
    # At 1.001 m per frame, the first frame beyond 100 m is 100 frames away, beyond 300 m, 300.
    estimate, truth = drive_pair()
    estimate = pose_metrics.aligned(estimate, truth)
    segments = pose_metrics.segment_errors(estimate, truth)
    for length in (100, 300, 800):
        every = metrics.RPE(relation, delta=length, delta_unit=metrics.Unit.frames, all_pairs=True)
        expected = evo_errors(every, estimate, truth)[::10] / length * 100
        ours = segments[segments[:, 0] == length][:, column]
        np.testing.assert_allclose(ours, expected, rtol=1e-6, atol=1e-6)


def kitti_errors(estimate, truth):
    """Mean translation error, %, and rotation error, degrees per 100 m, without our code."""
    travelled = [0.0]
    for here, there in zip(truth, truth[1:], strict=False):
        travelled.append(travelled[-1] + float(np.linalg.norm(there[:3, 3] - here[:3, 3])))
    shifts, turns = [], []
    for first in range(0, len(truth), 10):
        for length in range(100, 801, 100):
            beyond = [i for i, way in enumerate(travelled) if way > travelled[first] + length]
            if not beyond:
                continue
            # The last camera, relative to the first, by both trajectories.
            places = [
                Rotation.from_matrix(poses[first, :3, :3]).inv()
                * Rotation.from_matrix(poses[beyond[0], :3, :3])
                for poses in (estimate, truth)
            ]
            ways = [
                poses[first, :3, :3].T @ (poses[beyond[0], :3, 3] - poses[first, :3, 3])
                for poses in (estimate, truth)
            ]
            turns.append((places[0].inv() * places[1]).magnitude() / length)
            shifts.append(np.linalg.norm(ways[1] - ways[0]) / length)
    return 100 * np.mean(shifts), 100 * np.degrees(np.mean(turns)), len(turns)


@pytest.mark.parametrize("step", [1.001, 0.6137])
def test_official_errors_are_kittis_definition(step):
    estimate, truth = drive_pair(step=step)
    found = pose_metrics.trajectory_errors(estimate, truth)
    translation, rotation, count = kitti_errors(pose_metrics.aligned(estimate, truth), truth)
    assert found["num_segments"] == count > 100
    assert found["translation_percent"] == pytest.approx(translation)
    assert found["rotation_deg_per_100m"] == pytest.approx(rotation)
    assert translation > 0.5
