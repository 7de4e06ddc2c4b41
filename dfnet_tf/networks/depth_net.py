"""Depth networks: from one image to disparity (inverse depth) at four resolutions."""

import keras
from keras import ops

from dfnet_tf.networks import blocks, encoders
from dfnet_tf.networks.blocks import centred, conv, leaky_relu

NUM_SCALES = 4


def disparity(logits):
    """10 * sigmoid + 0.01 (SfMLearner): depth = 1 / disparity lies between 0.1 and 100 units."""
    return 10.0 * ops.sigmoid(logits) + 0.01


@keras.saving.register_keras_serializable("dfnet")
class PaperDepthNet(keras.Model):
    """DF-Net's own depth network: ResNet-50 and a decoder that reuses each coarser disparity.

    Call: images [N, H, W, 3] in [0, 1].
    Returns: 4 disparities, float32, finest first: [N, H, W, 1], [N, H/2, W/2, 1], 1/4, 1/8.

    Args:
      width_multiplier: factor of every layer's channels, relative to the paper.
    """

    DECODER_FILTERS = (512, 256, 128, 64, 32, 16)  # From 1/32 up to 1/1.
    size_multiple = 8

    def __init__(self, width_multiplier: float = 1.0, **kwargs):
        super().__init__(**kwargs)
        self.width_multiplier = width_multiplier
        xavier = {"activation": "elu", "kernel_initializer": "glorot_uniform"}
        decoder = blocks.narrowed(self.DECODER_FILTERS, width_multiplier)
        self.encoder = encoders.ResNet50Elu(width_multiplier)
        self.widen = [conv(filters, **xavier) for filters in decoder]
        self.fuse = [conv(filters, **xavier) for filters in decoder]
        self.heads = [blocks.head(1) for _ in range(NUM_SCALES)]  # Coarsest first.

    def call(self, images):
        blocks.check_size(images.shape[1:3], self.size_multiple)
        *skips, x = self.encoder(centred(images))
        disparities = []
        for stage, skip in enumerate([*skips[::-1], None]):
            x = self.widen[stage](blocks.upsample(x))
            x = self.fuse[stage](_join(x, skip, disparities[:1]))
            if stage >= len(self.fuse) - NUM_SCALES:
                to_logits = self.heads[stage - len(self.fuse)]
                disparities.insert(0, disparity(to_logits(x)))
        return disparities

    def get_config(self):
        return {**super().get_config(), "width_multiplier": self.width_multiplier}


def _join(x, skip, coarser):
    """Concatenates x, the coarser disparity and the skip, if any, at the resolution of `skip`."""
    if skip is not None:
        x = blocks.resize_nearest(x, *skip.shape[1:3])
    coarser = [ops.cast(ops.image.resize(d, x.shape[1:3]), x.dtype) for d in coarser]
    return ops.concatenate([x, *coarser, *([] if skip is None else [skip])], axis=-1)


class DepthNet(keras.Model):
    """A U-Net: an encoder down to 1/32 and a light decoder up to the image's resolution.

    Each decoder stage narrows *before* it upsamples, which takes a quarter of the work of `paper`,
    which upsamples first.

    Call: images [N, H, W, 3] in [0, 1].
    Returns: 4 disparities, float32, finest first: [N, H, W, 1], [N, H/2, W/2, 1], 1/4, 1/8.
    """

    ENCODER = None  # A layer: images -> features at 1/2, 1/4, 1/8, 1/16, 1/32.
    DECODER_FILTERS = ()  # From 1/16 up to 1/1.
    size_multiple = 32

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.encoder = self.ENCODER()
        # Not ReLU: in such thin layers, all channels died over near ground, and its disparity then
        # stayed at the head's bias forever.
        self.narrow = [conv(filters, activation=leaky_relu) for filters in self.DECODER_FILTERS]
        self.fuse = [conv(filters, activation=leaky_relu) for filters in self.DECODER_FILTERS]
        self.heads = [blocks.head(1) for _ in range(NUM_SCALES)]  # Finest first.

    def call(self, images):
        blocks.check_size(images.shape[1:3], self.size_multiple)
        *skips, x = self.encoder(centred(images))
        decoded = []
        for narrow, fuse, skip in zip(self.narrow, self.fuse, [*skips[::-1], None], strict=True):
            x = blocks.upsample(narrow(x))
            x = fuse(x if skip is None else ops.concatenate([x, skip], axis=-1))
            decoded.insert(0, x)
        finest = decoded[:NUM_SCALES]
        return [disparity(head(x)) for head, x in zip(self.heads, finest, strict=True)]


@keras.saving.register_keras_serializable("dfnet")
class MobileDepthNet(DepthNet):
    """The depth network of preset `mobile`."""

    ENCODER = encoders.EfficientNetLite0
    DECODER_FILTERS = (128, 64, 40, 24, 16)


@keras.saving.register_keras_serializable("dfnet")
class TinyDepthNet(DepthNet):
    """The depth network of preset `tiny`."""

    ENCODER = encoders.ConvEncoder
    DECODER_FILTERS = (48, 32, 24, 16, 8)
