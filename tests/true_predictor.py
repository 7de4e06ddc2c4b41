"""Replaces networks by the truth about a rendered clip, with another scale for every frame."""

import numpy as np

from dfnet_tf.data.sources.synthetic import RenderedClip
from dfnet_tf.geometry import optical_flow


class TruePredictor:
    """Predicts like `prediction.predictor.Predictor`; identifies the film's frames by their pixels.

    Depth of frame i, and the translation from it to the next, are multiplied by `factors[i]`.
    """

    def __init__(self, film: RenderedClip, factors=None, frames_before: int = 1):
        self.film = film
        self.factors = np.ones(len(film.images)) if factors is None else factors
        self.frames_before, self.frames_after = frames_before, 1
        self._numbers = {image.tobytes(): i for i, image in enumerate(film.images)}

    def disparity(self, image):
        i = self._numbers[image.tobytes()]
        return np.float32(1.0 / (self.factors[i] * self.film.depth[i]))

    def flow(self, first, second):
        i, j = (self._numbers[image.tobytes()] for image in (first, second))
        assert abs(i - j) == 1
        return self.film.forward_flow[i] if j > i else self.film.backward_flow[j]

    def flows(self, first, second):
        return np.stack([self.flow(first, second), self.flow(second, first)])

    def frame_from_next(self, images, index, intrinsics=None):  # noqa: ARG002 (of the real one)
        i = self._numbers[images[index].tobytes()]
        poses = self.film.camera_to_world
        motion = np.linalg.inv(poses[i]) @ poses[i + 1]
        motion[:3, 3] *= self.factors[i]
        return motion

    def rigid_flow(self, images, index, intrinsics):
        np.testing.assert_allclose(intrinsics, self.film.intrinsics, atol=1e-4)
        depth = 1 / self.disparity(images[index])
        motion = np.linalg.inv(self.frame_from_next(images, index))
        arrays = (np.float32(array)[None] for array in (depth[..., None], intrinsics, motion))
        return np.asarray(optical_flow.rigid_flow(*arrays))[0]
