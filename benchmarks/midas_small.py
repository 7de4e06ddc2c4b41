"""MiDaS v2.1 small, untrained: the usual depth network on phones, for comparing speed with ours.

After isl-org/MiDaS, midas/midas_net_custom.py: EfficientNet-Lite3, and RefineNet's fusion blocks
(Lin et al., CVPR 2017), twice as wide at each coarser level. A network's speed depends on its
shapes, not on its weights. The shapes equal those of the published .tflite files: 73 convolutions,
24 of them depthwise, 27 additions, 7 single ReLUs, 5 bilinear resizes, 66.3 MB in float32
(litert-community/MiDaS-small and qualcomm/Midas-V2 on Hugging Face). Its 21 M published parameters
include a residual unit of the coarsest block, 4.7 M, that never runs and is left out here.
"""

import keras
from keras import ops

from dfnet_tf.networks import blocks, encoders
from dfnet_tf.networks.blocks import conv


class EfficientNetLite3(encoders.EfficientNetLite0):
    """Wider by 1.2 and deeper by 1.4 than Lite0 (tensorflow/tpu, efficientnet/lite).

    Call: [N, H, W, 3] -> features at 1/2 (24 channels), 1/4 (32), 1/8 (48), 1/16 (136), 1/32 (384).
    """

    STAGES = (
        (24, 3, 1, 1, 1),
        (32, 3, 2, 6, 3),
        (48, 5, 2, 6, 3),
        (96, 3, 2, 6, 5),
        (136, 5, 1, 6, 5),
        (232, 5, 2, 6, 6),
        (384, 3, 1, 6, 1),
    )


class MidasSmall(keras.Model):
    """Images [N, H, W, 3] in [0, 1] -> inverse depth [N, H, W, 1], not negative."""

    FILTERS = (64, 128, 256, 512)  # At 1/4, 1/8, 1/16, 1/32.
    size_multiple = 32

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        narrower = (self.FILTERS[0], *self.FILTERS[:-1])
        self.encoder = EfficientNetLite3()
        self.adapt = [conv(filters, use_bias=False) for filters in self.FILTERS]
        self.units = [ResidualUnit(filters) for filters in self.FILTERS[:-1]]
        self.fuse = [Fusion(*filters) for filters in zip(self.FILTERS, narrower, strict=True)]
        self.smooth = conv(self.FILTERS[0] // 2)
        self.hidden = conv(32, activation="relu")
        self.head = conv(1, 1, activation="relu")

    def call(self, images):
        blocks.check_size(images.shape[1:3], self.size_multiple)
        features = self.encoder(images)[1:]
        *skips, x = [adapt(x) for adapt, x in zip(self.adapt, features, strict=True)]
        x = self.fuse[-1](x)
        for fuse, unit, skip in zip(self.fuse[-2::-1], self.units[::-1], skips[::-1], strict=True):
            x = fuse(ops.add(x, unit(skip)))
        return self.head(self.hidden(upsample(self.smooth(x))))


class Fusion(keras.layers.Layer):
    """Refines features, doubles their resolution, and then, as published, narrows them."""

    def __init__(self, filters, narrower, **kwargs):
        super().__init__(**kwargs)
        self.unit = ResidualUnit(filters)
        self.narrow = conv(narrower, 1)

    def call(self, features):
        return self.narrow(upsample(self.unit(features)))


class ResidualUnit(keras.layers.Layer):
    """Adds two 3x3 convolutions, each after a ReLU."""

    def __init__(self, filters, **kwargs):
        super().__init__(**kwargs)
        self.first = conv(filters, activation="relu")
        self.second = conv(filters)

    def call(self, features):
        return ops.add(features, self.second(self.first(ops.relu(features))))


def upsample(features):
    """Doubles height and width bilinearly (the published one aligns corners: the same work)."""
    height, width = features.shape[1:3]
    return ops.image.resize(features, (2 * height, 2 * width), interpolation="bilinear")
