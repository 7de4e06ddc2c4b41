"""Trajectory files, read by evo."""

import numpy as np
import pytest
from evo.tools import file_interface
from scipy.spatial.transform import Rotation

from dfnet_tf.data.files import trajectory_files


@pytest.fixture
def poses():
    rng = np.random.default_rng(0)
    poses = np.tile(np.eye(4), (20, 1, 1))
    poses[:, :3, :3] = Rotation.random(20, rng=rng).as_matrix()
    poses[:, :3, 3] = rng.normal(0, 100, (20, 3))
    return poses


def test_evo_reads_the_kitti_form(poses, tmp_path):
    trajectory_files.write_kitti(tmp_path / "kitti.txt", poses)
    read = file_interface.read_kitti_poses_file(tmp_path / "kitti.txt")
    np.testing.assert_allclose(read.poses_se3, poses, rtol=1e-7, atol=1e-7)


def test_evo_reads_the_tum_form(poses, tmp_path):
    times = np.arange(20) / 7
    trajectory_files.write_tum(tmp_path / "tum.txt", poses, times)
    read = file_interface.read_tum_trajectory_file(tmp_path / "tum.txt")
    np.testing.assert_allclose(read.poses_se3, poses, atol=1e-6)
    np.testing.assert_allclose(read.timestamps, times, atol=1e-6)


def test_a_line_by_hand(tmp_path):
    """A quarter turn about y: quaternion (0, sin 45 deg, 0, cos 45 deg)."""
    pose = np.array([[0, 0, 1, 5], [0, 1, 0, 6], [-1, 0, 0, 7], [0, 0, 0, 1.0]])
    trajectory_files.write_kitti(tmp_path / "kitti.txt", pose[None])
    assert (tmp_path / "kitti.txt").read_text() == "0 0 1 5 0 1 0 6 -1 0 0 7\n"
    trajectory_files.write_tum(tmp_path / "tum.txt", pose[None], np.array([0.5]))
    half = np.sqrt(0.5)
    np.testing.assert_allclose(
        np.loadtxt(tmp_path / "tum.txt"), [0.5, 5, 6, 7, 0, half, 0, half], atol=1e-6
    )
