"""Answers with the truth about a rendered clip, in a unit of length of its own."""

import numpy as np

from dfnet_tf.data.synthetic import RenderedClip
from dfnet_tf.geometry import optical_flow

UNIT = 3.0  # Metres; depth and motion are told in it.


class PerfectPredictor:
    """As `inference.Predictor`, told by an image which frame it is asked about."""

    def __init__(self, rendered: RenderedClip):
        self.truth = rendered

    def disparity(self, image):
        return UNIT / self.truth.depth[self._frame(image)]

    def flow(self, first, second):
        assert self._frame(second) == self._frame(first) + 1
        return self.truth.forward_flow[self._frame(first)]

    def frame_from_next(self, images, index):
        frame = self._frame(images[index])
        poses = self.truth.camera_to_world
        motion = np.linalg.inv(poses[frame]) @ poses[frame + 1]
        motion[:3, 3] /= UNIT
        return motion

    def rigid_flow(self, images, index, intrinsics):
        np.testing.assert_allclose(intrinsics, self.truth.intrinsics, atol=1e-4)
        depth = 1 / self.disparity(images[index])
        motion = np.linalg.inv(self.frame_from_next(images, index))
        arrays = depth[..., None], intrinsics, motion
        return np.asarray(optical_flow.rigid_flow(*(np.float32(array)[None] for array in arrays)))[
            0
        ]

    def _frame(self, image):
        (frame,) = np.flatnonzero((self.truth.images == image).all(axis=(1, 2, 3)))
        return frame
