"""Unknown intrinsics as variables that are trained with the networks.

When the camera turns, the flow of the image corners determines the focal length, so motion also
supervises the intrinsics (Gordon, Li, Jonschkowski, Angelova, "Depth from Videos in the Wild", ICCV
2019).
"""

import keras
from keras import ops


@keras.saving.register_keras_serializable("dfnet")
class LearnedIntrinsics(keras.layers.Layer):
    """A pinhole camera for each of `num_clips` clips, in pixels of a `height` x `width` image.

    Each camera has three trainable numbers a, b, c, initially 0, and a fixed pixel aspect r:

      fx = W e^(3a),  fy = r fx,  cx + 0.5 = W (0.5 + b),  cy + 0.5 = H (0.5 + c).

    The aspect of nearly every camera is known (square pixels, then resized). A free fy would drift,
    because a car's motions (forward, turning left or right) do not determine it.

    Call: clips [B], integers in 0..num_clips-1.
    Returns: [B, 3, 3].
    """

    FOCAL_RATE = 3.0  # Adam moves all numbers equally; guesses of focal lengths are far worse.

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
        """Sets the intrinsics [num_clips, 3, 3] to start from. Inverse of `matrices`."""
        fx, fy, cx, cy = (intrinsics[:, i, j] for i, j in ((0, 0), (1, 1), (0, 2), (1, 2)))
        self.aspect.assign(fy / fx)
        a = ops.log(fx / self.width) / self.FOCAL_RATE
        b, c = (cx + 0.5) / self.width - 0.5, (cy + 0.5) / self.height - 0.5
        self.free.assign(ops.stack([a, b, c], axis=1))

    def get_config(self):
        settings = {"num_clips": self.num_clips, "height": self.height, "width": self.width}
        return {**super().get_config(), **settings}
