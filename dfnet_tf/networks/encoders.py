"""Image encoders: from an image in [-1, 1] to feature maps of decreasing resolution."""

import math

import keras
from keras import ops

from dfnet_tf.networks.blocks import conv, leaky_relu, narrowed


@keras.saving.register_keras_serializable("dfnet")
class ConvEncoder(keras.layers.Layer):
    """Two 3x3 convolutions with leaky ReLU per level: small enough for a CPU (preset `tiny`).

    Call: [N, H, W, 3] -> features at 1/2, 1/4, 1/8, 1/16, 1/32.
    """

    FILTERS = (16, 24, 32, 48, 64)

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.down = [conv(filters, stride=2, activation=leaky_relu) for filters in self.FILTERS]
        self.refine = [conv(filters, activation=leaky_relu) for filters in self.FILTERS]

    def call(self, images):
        features, x = [], images
        for down, refine in zip(self.down, self.refine, strict=True):
            x = refine(down(x))
            features.append(x)
        return features


@keras.saving.register_keras_serializable("dfnet")
class ResNet50Elu(keras.layers.Layer):
    """The ResNet-50 of DF-Net's depth network: ELU, no batch norm.

    Two differences from He et al.: the *last* unit of each group has the stride, and *every* unit
    has a convolution in its shortcut.

    Call: [N, H, W, 3] -> features at 1/2 (64 channels), 1/4 (64, pooled), 1/8 (256), 1/16 (512),
    1/32 (1024), 1/64 (2048). Sizes are rounded up.

    Args:
      width_multiplier: factor of every layer's channels.
    """

    FILTERS = (64, 128, 256, 512)  # Of the groups; the stem has as many as the first group.
    UNITS = (3, 4, 6, 3)

    def __init__(self, width_multiplier: float = 1.0, **kwargs):
        super().__init__(**kwargs)
        filters = narrowed(self.FILTERS, width_multiplier)
        self.stem = conv(filters[0], 7, 2, "elu", kernel_initializer="glorot_uniform")
        self.pool = keras.layers.MaxPooling2D(3, 2, padding="same")
        self.groups = [
            keras.Sequential([*(Bottleneck(n, 1) for _ in range(units - 1)), Bottleneck(n, 2)])
            for n, units in zip(filters, self.UNITS, strict=True)
        ]

    def call(self, images):
        stem = self.stem(images)
        features = [stem, self.pool(stem)]
        for group in self.groups:
            features.append(group(features[-1]))
        return features


@keras.saving.register_keras_serializable("dfnet")
class Bottleneck(keras.layers.Layer):
    """A ResNet unit: 1x1 n, 3x3 n with stride, 1x1 4n; plus a 1x1 shortcut with stride; ELU."""

    def __init__(self, filters, stride, **kwargs):
        super().__init__(**kwargs)
        xavier = {"kernel_initializer": "glorot_uniform"}
        self.reduce = conv(filters, 1, 1, "elu", **xavier)
        self.filter = conv(filters, 3, stride, "elu", **xavier)
        self.expand = conv(4 * filters, 1, **xavier)
        self.shortcut = conv(4 * filters, 1, stride, **xavier)

    def call(self, inputs):
        residual = self.expand(self.filter(self.reduce(inputs)))
        return ops.elu(self.shortcut(inputs) + residual)


@keras.saving.register_keras_serializable("dfnet")
class EfficientNetLite0(keras.layers.Layer):
    """EfficientNet-Lite0 (Tan & Le, ICML 2019, without squeeze-excite) up to its 320 channels.

    There is no batch norm: ImageNet weights are loaded with their batch norms folded into each
    convolution and bias. `stem` and `blocks` (with `expand`, `depthwise`, `project`) follow the
    original order, so that weights can be loaded.

    Call: [N, H, W, 3] -> features at 1/2 (16 channels), 1/4 (24), 1/8 (40), 1/16 (112), 1/32 (320).
    """

    STEM_FILTERS = 32
    # (filters, kernel size, stride of the first block, expansion, number of blocks).
    STAGES = (
        (16, 3, 1, 1, 1),
        (24, 3, 2, 6, 2),
        (40, 5, 2, 6, 2),
        (80, 3, 2, 6, 3),
        (112, 5, 1, 6, 3),
        (192, 5, 2, 6, 4),
        (320, 3, 1, 6, 1),
    )

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.stem = conv(self.STEM_FILTERS, stride=2, activation="relu6", name="stem")
        self.blocks = []
        in_filters = self.STEM_FILTERS
        for filters, kernel_size, first_stride, expansion, repeats in self.STAGES:
            for stride in (first_stride, *(repeats - 1) * (1,)):
                block = InvertedResidual(in_filters, filters, kernel_size, stride, expansion)
                self.blocks.append(block)
                in_filters = filters

    def call(self, images):
        features, x = [], self.stem(images)
        for block in self.blocks:
            if block.stride == 2:
                features.append(x)  # The last map of this resolution.
            x = block(x)
        return [*features, x]


@keras.saving.register_keras_serializable("dfnet")
class InvertedResidual(keras.layers.Layer):
    """MobileNetV2's block: 1x1 expansion, depthwise filter, linear 1x1 projection; ReLU6."""

    RESIDUAL_GAIN = 0.1  # Variance added by a residual at the start; no batch norm bounds it.

    def __init__(self, in_filters, filters, kernel_size, stride, expansion, **kwargs):
        super().__init__(**kwargs)
        self.stride = stride
        self.residual = stride == 1 and in_filters == filters
        self.expand = conv(expansion * in_filters, 1, activation="relu6") if expansion > 1 else None
        self.depthwise = depthwise(kernel_size, stride)
        gain = self.RESIDUAL_GAIN if self.residual else 1.0
        self.project = conv(filters, 1, kernel_initializer=keras.initializers.VarianceScaling(gain))

    def call(self, inputs):
        x = inputs if self.expand is None else self.expand(inputs)
        x = self.project(self.depthwise(x))
        return ops.add(inputs, x) if self.residual else x


def depthwise(kernel_size: int, stride: int):
    """A depthwise ReLU6 convolution. Keras's own He-normal would also divide by the channels."""
    he_normal = keras.initializers.RandomNormal(stddev=math.sqrt(2.0) / kernel_size)
    return keras.layers.DepthwiseConv2D(
        kernel_size, stride, padding="same", activation="relu6", depthwise_initializer=he_normal
    )
