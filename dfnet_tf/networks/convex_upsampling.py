"""Upsamples a flow so that its edges follow the image (RAFT, Teed and Deng, ECCV 2020)."""

import keras
import numpy as np
from keras import ops

from dfnet_tf.networks.blocks import conv, head, leaky_relu

HIDDEN_FILTERS = 64
NEIGHBOURS = [(y, x) for y in range(3) for x in range(3)]


@keras.saving.register_keras_serializable("dfnet")
class ConvexUpsampling(keras.layers.Layer):
    """Each fine pixel gets a weighted mean of the 3x3 coarse flows around it.

    Two convolutions compute the weights from features. The weights are positive and sum to 1;
    before training, they are those of bilinear interpolation. All tensors have four axes, as the
    GPUs of phones require.

    Call: flow float32 [N, h, w, 2] in pixels of its grid, features [N, h, w, C].
    Returns: float32 [N, factor * h, factor * w, 2] in pixels of the fine grid.

    Args:
      factor: number of fine pixels per coarse pixel, along each axis.
    """

    def __init__(self, factor: int, **kwargs):
        super().__init__(autocast=False, **kwargs)  # Else a mixed policy would round the flow.
        self.factor = factor
        self.hidden = conv(HIDDEN_FILTERS, activation=leaky_relu)
        self.scores = head(
            len(NEIGHBOURS) * factor**2,
            kernel_size=1,
            kernel_initializer=keras.initializers.VarianceScaling(1e-2),
            bias_initializer=_log_bilinear,
        )

    def build(self, flow_shape, features_shape):
        del flow_shape
        self.hidden.build(features_shape)
        self.scores.build((*features_shape[:-1], HIDDEN_FILTERS))

    def call(self, flow, features):
        height, width = flow.shape[1:3]
        scores = ops.split(self.scores(self.hidden(features)), len(NEIGHBOURS), axis=-1)
        most = scores[0]
        for score in scores[1:]:
            most = ops.maximum(most, score)
        weights = [ops.exp(score - most) for score in scores]
        total = sum(weights)
        padded = _with_border(self.factor * flow)
        shifted = [padded[:, y : y + height, x : x + width] for y, x in NEIGHBOURS]
        fine = []
        for axis in range(2):
            parts = zip(weights, (part[..., axis : axis + 1] for part in shifted), strict=True)
            mean = sum(weight * part for weight, part in parts) / total
            fine.append(ops.depth_to_space(mean, self.factor))
        return ops.concatenate(fine, axis=-1)

    def compute_output_shape(self, flow_shape, features_shape):
        del features_shape
        batch, height, width, channels = flow_shape
        return batch, self.factor * height, self.factor * width, channels

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


def _with_border(maps):
    """Repeats the border: [N, h, w, C] -> [N, h + 2, w + 2, C]. Phone GPUs have no such padding."""
    rows = ops.concatenate([maps[:, :1], maps, maps[:, -1:]], axis=1)
    return ops.concatenate([rows[:, :, :1], rows, rows[:, :, -1:]], axis=2)


def _log_bilinear(shape, dtype=None):
    """The logarithms [9 * factor^2] of the weights of bilinear interpolation."""
    factor = round((shape[0] / len(NEIGHBOURS)) ** 0.5)
    middle = (np.arange(factor) + 0.5) / factor - 0.5  # Fine pixel centres, in coarse pixels.
    line = np.maximum(0.0, 1.0 - np.abs(middle - np.arange(-1, 2)[:, None]))  # [3, factor]
    plane = line[:, None, :, None] * line[None, :, None, :]  # [3, 3, factor, factor]
    return ops.convert_to_tensor(np.log(plane.reshape(-1) + 1e-3), dtype)
