"""Writes camera trajectories as text in KITTI's and TUM's formats (evo reads both)."""

from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation


def write_kitti(path: str | Path, camera_to_world: np.ndarray) -> None:
    """Writes poses [N, 4, 4]: per line the 12 numbers of [R t], row by row."""
    np.savetxt(path, camera_to_world[:, :3].reshape(-1, 12), "%.9g")


def write_tum(path: str | Path, camera_to_world: np.ndarray, times: np.ndarray) -> None:
    """Writes poses [N, 4, 4] at `times` [N], seconds: `timestamp tx ty tz qx qy qz qw` per line."""
    places = camera_to_world[:, :3, 3]
    quaternions = Rotation.from_matrix(camera_to_world[:, :3, :3]).as_quat()  # Scalar last.
    rows = np.column_stack([times, places, quaternions])
    np.savetxt(path, rows, ["%.6f", *["%.9g"] * 7], header="timestamp tx ty tz qx qy qz qw")
