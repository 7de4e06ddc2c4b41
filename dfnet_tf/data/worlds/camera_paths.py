"""Smooth motions of a camera."""

import numpy as np

from dfnet_tf.data.worlds.things import heading_turns


def sway(rng: np.random.Generator, time: np.ndarray, size: float, period) -> np.ndarray:
    """A sine of `time` [N]; its period is drawn from a range, its phase is random."""
    return size * np.sin(2 * np.pi * (time / rng.uniform(*period) + rng.uniform()))


def camera_path(place: np.ndarray, yaw, pitch, roll) -> np.ndarray:
    """Camera-to-world [N, 4, 4] at `place` [N, 3]; angles [N] in radians.

    Yaw turns right, pitch tilts the camera up, roll turns it clockwise.
    """
    motion = np.tile(np.eye(4), (len(place), 1, 1))
    pitched = heading_turns(pitch)[:, [1, 0, 2]][:, :, [1, 0, 2]]  # About X instead of Y.
    rolled = heading_turns(roll)[:, [0, 2, 1]][:, :, [0, 2, 1]]  # About Z.
    motion[:, :3, :3] = heading_turns(yaw) @ pitched.transpose(0, 2, 1) @ rolled.transpose(0, 2, 1)
    motion[:, :3, 3] = place
    return motion
