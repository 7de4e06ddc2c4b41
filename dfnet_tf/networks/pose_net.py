"""Pose networks: from a target frame and its sources to the camera motion between them."""

import keras
from keras import ops

from dfnet_tf.geometry import camera
from dfnet_tf.networks.blocks import centred, conv, head, leaky_relu, narrowed, standardise
from dfnet_tf.networks.correlation import correlation

OUTPUT_SCALE = 0.01  # Training starts near the identity motion (SfMLearner).


class PoseNet(keras.Model):
    """Base of all pose networks.

    Call: target [B, H, W, 3], sources [B, S, H, W, 3], in [0, 1].
    Returns: float32 [B, S, 2, 6]: [..., 0, :] is source_from_target, [..., 1, :] is
    target_from_source, each (tx, ty, tz, rx, ry, rz) in scene units and radians.
    """

    size_multiple = 1

    def build(self, target_shape, sources_shape):
        # Keras's own `build` records only one input shape: a saved network with two inputs would
        # load unbuilt, without its weights.
        self.compute_output_spec(keras.KerasTensor(target_shape), keras.KerasTensor(sources_shape))


@keras.saving.register_keras_serializable("dfnet")
class PaperPoseNet(PoseNet):
    """DF-Net's own pose network: stacks all frames in one image and predicts all motions at once.

    Args:
      num_sources: number of sources of every clip.
      width_multiplier: factor of every layer's channels, relative to the paper.
    """

    FILTERS = (16, 32, 64, 128, 256, 256, 256)
    KERNEL_SIZES = (7, 5, 3, 3, 3, 3, 3)

    def __init__(self, num_sources: int = 4, width_multiplier: float = 1.0, **kwargs):
        super().__init__(**kwargs)
        if num_sources < 1:
            raise ValueError(f"Expected num_sources >= 1. Received: {num_sources}.")
        self.num_sources, self.width_multiplier = num_sources, width_multiplier
        self.encoder = [
            conv(filters, size, 2, "relu", kernel_initializer="glorot_uniform")
            for filters, size in zip(
                narrowed(self.FILTERS, width_multiplier), self.KERNEL_SIZES, strict=True
            )
        ]
        self.head = head(12 * num_sources, 1)

    def call(self, target, sources):
        if sources.shape[1] != self.num_sources:
            raise ValueError(f"Expected {self.num_sources} sources. Received: {sources.shape[1]}.")
        frames = [target, *(sources[:, i] for i in range(self.num_sources))]
        x = centred(ops.concatenate(frames, axis=-1))
        for layer in self.encoder:
            x = layer(x)
        motion = OUTPUT_SCALE * ops.mean(self.head(x), axis=(1, 2))
        return ops.reshape(motion, (-1, self.num_sources, 2, 6))

    def get_config(self):
        settings = {"num_sources": self.num_sources, "width_multiplier": self.width_multiplier}
        return {**super().get_config(), **settings}


class PairPoseNet(PoseNet):
    """Camera motion of each (target, source) pair, from features computed once per frame.

    A correlation of the two frames shows how things moved, so the next layers need not learn to
    match. Takes any number of sources.
    """

    ENCODER = ()  # (filters, kernel size), each with stride 2.
    TRUNK = ()  # (filters, stride), each 3x3.
    MAX_DISPLACEMENT = 4

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.encoder = [conv(filters, size, 2, leaky_relu) for filters, size in self.ENCODER]
        self.trunk = [conv(filters, 3, stride, leaky_relu) for filters, stride in self.TRUNK]
        # A tenth of the usual weights: standardised features are larger than SfMLearner's at first.
        self.head = head(6, 1, kernel_initializer=keras.initializers.VarianceScaling(0.01))

    def call(self, target, sources):
        num_sources = sources.shape[1]
        frames = ops.concatenate([target[:, None], sources], axis=1)
        features = self._encode(ops.reshape(frames, (-1, *target.shape[1:])))
        shape = features.shape[1:]
        features = ops.reshape(features, (-1, 1 + num_sources, *shape))
        target = ops.reshape(ops.repeat(features[:, :1], num_sources, axis=1), (-1, *shape))
        sources = ops.reshape(features[:, 1:], (-1, *shape))
        motion = self._motion(
            ops.concatenate([target, sources], axis=0), ops.concatenate([sources, target], axis=0)
        )
        return ops.transpose(ops.reshape(motion, (2, -1, num_sources, 6)), (1, 2, 0, 3))

    def _encode(self, images):
        """[N, H, W, 3] -> standardised features [N, h, w, C]."""
        x = centred(images)
        for layer in self.encoder:
            x = layer(x)
        return standardise(x)

    def _motion(self, first, second):
        """The six-vectors [N, 6] of second_from_first, from features [N, h, w, C]."""
        cost = correlation(first, second, self.MAX_DISPLACEMENT)
        x = ops.concatenate([cost, first, second, _places(cost)], axis=-1)
        for layer in self.trunk:
            x = layer(x)
        return OUTPUT_SCALE * ops.mean(self.head(x), axis=(1, 2))


def _places(maps):
    """The position of each pixel of `maps` [N, H, W, C], (x, y) in [-1, 1], [N, H, W, 2].

    Positions matter: flow to the left means a turn in the middle of the image, but forward motion
    at its left side.
    """
    height, width = maps.shape[1:3]
    grid = camera.pixel_grid(height, width)
    center = ops.convert_to_tensor([(width - 1) / 2, (height - 1) / 2], "float32")
    places = ops.cast((grid - center) / (center + 0.5), maps.dtype)
    return ops.broadcast_to(places, (ops.shape(maps)[0], height, width, 2))


@keras.saving.register_keras_serializable("dfnet")
class MobilePoseNet(PairPoseNet):
    """The pose network of preset `mobile`: compares frames at 1/8, up to 32 pixels away."""

    ENCODER = ((16, 7), (32, 5), (64, 3))
    TRUNK = ((128, 1), (128, 2), (256, 2), (256, 2))


@keras.saving.register_keras_serializable("dfnet")
class TinyPoseNet(PairPoseNet):
    """The pose network of preset `tiny`: compares its small frames at 1/4, up to 16 pixels away.

    At 1/8, a camera rotation would be a quarter of a cell, and was hardly learned.
    """

    ENCODER = ((16, 7), (32, 5))
    TRUNK = ((48, 2), (64, 2), (64, 2))
