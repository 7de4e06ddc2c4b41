"""Intrinsics that nobody knows, as variables that are trained with the networks.

Where the camera turns, the flow of the picture's corners tells the focal length: motion supervises
intrinsics too (Gordon, Li, Jonschkowski, Angelova, "Depth from Videos in the Wild", ICCV 2019).
"""

import keras
from keras import ops


@keras.saving.register_keras_serializable("dfnet")
class LearnedIntrinsics(keras.layers.Layer):
    """A pinhole camera for each of `num_clips` clips, in pixels of a `height` x `width` image.

    Three free numbers a, b, c of each, 0 at first, and its pixels' aspect r, which stays:

      fx = W e^(3a),  fy = r fx,  cx + 0.5 = W (0.5 + b),  cy + 0.5 = H (0.5 + c).

    The aspect is known of nearly every camera (square pixels, then resized), and a free fy would
    drift: of a car's motions, forward and turning left or right, none depends on it.

    Call: clips [B], integers in 0..num_clips-1.
    Returns: [B, 3, 3].
    """

    FOCAL_RATE = 3.0  # Adam moves every number alike, and guesses of focal lengths are far worse.

    def __init__(self, num_clips: int, height: int, width: int, dtype="float32", **kwargs):
        super().__init__(dtype=dtype, **kwargs)  # Not the policy's: bfloat16 has 3 digits.
        self.num_clips = num_clips
        self.height, self.width = height, width

    def build(self, input_shape=None):
        del input_shape
        self.free = self.add_weight(shape=(self.num_clips, 3), initializer="zeros", name="free")
        self.aspect = self.add_weight(
            shape=(self.num_clips,), initializer="ones", trainable=False, name="aspect"
        )
        self.built = True

    def call(self, clips):
        return ops.take(self.matrices(), clips, axis=0)

    def matrices(self):
        """The intrinsics of every clip, [num_clips, 3, 3]."""
        a, b, c = ops.unstack(ops.convert_to_tensor(self.free), 3, axis=1)
        zero, one = ops.zeros_like(a), ops.ones_like(a)
        focal = self.width * ops.exp(self.FOCAL_RATE * a)
        rows = [
            [focal, zero, self.width * (0.5 + b) - 0.5],
            [zero, self.aspect * focal, self.height * (0.5 + c) - 0.5],
            [zero, zero, one],
        ]
        return ops.stack([ops.stack(row, axis=-1) for row in rows], axis=-2)

    def assign(self, intrinsics):
        """Starts from these intrinsics [num_clips, 3, 3]. Inverse of `matrices`."""
        fx, fy, cx, cy = (intrinsics[:, i, j] for i, j in ((0, 0), (1, 1), (0, 2), (1, 2)))
        self.aspect.assign(fy / fx)
        a = ops.log(fx / self.width) / self.FOCAL_RATE
        b, c = (cx + 0.5) / self.width - 0.5, (cy + 0.5) / self.height - 0.5
        self.free.assign(ops.stack([a, b, c], axis=1))

    def get_config(self):
        settings = {"num_clips": self.num_clips, "height": self.height, "width": self.width}
        return {**super().get_config(), **settings}
