"""Signs of a camera's angles. X points right, Y down, Z ahead."""

import numpy as np
import pytest

from dfnet_tf.data.worlds.camera_paths import camera_path


@pytest.mark.parametrize(
    ("angles", "own", "world"),
    [
        ((np.pi / 2, 0, 0), [0, 0, 1], [1, 0, 0]),  # Turned right, it looks along X.
        ((0, np.pi / 2, 0), [0, 0, 1], [0, -1, 0]),  # Tilted up, it looks up.
        ((0, 0, np.pi / 2), [1, 0, 0], [0, 1, 0]),  # Turned clockwise, its right is down.
    ],
)
def test_a_camera_turns_right_up_and_clockwise(angles, own, world):
    motion = camera_path(np.array([[1.0, 2, 3]]), *(np.array([angle]) for angle in angles))
    np.testing.assert_allclose(motion[0] @ [*own, 0], [*world, 0], atol=1e-12)
    np.testing.assert_array_equal(motion[0, :, 3], [1, 2, 3, 1])
