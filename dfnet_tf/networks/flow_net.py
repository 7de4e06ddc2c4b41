"""Flow networks: from two images to the optical flow between them, at several resolutions."""

import keras
from keras import ops

from dfnet_tf.geometry import optical_flow
from dfnet_tf.networks.blocks import (
    centred,
    check_size,
    conv,
    head,
    leaky_relu,
    narrowed,
    standardise,
)
from dfnet_tf.networks.convex_upsampling import ConvexUpsampling
from dfnet_tf.networks.correlation import correlation


class FlowNet(keras.Model):
    """Base of all flow networks: encodes each image once, then compares pairs of encodings.

    Subclasses define `size_multiple`, `num_levels`, `encode` and `estimate`.

    Call: first and second images [N, H, W, 3] in [0, 1].
    Returns: `num_levels` flows first -> second, float32 [N, h, w, 2], finest first: at 1/4 of the
    images' size (at full size with learned upsampling), 1/8, and so on, each in pixels of its own
    grid.
    """

    def build(self, first_images_shape, second_images_shape):
        # Keras's own `build` records only one input shape: a saved network with two inputs would
        # load unbuilt, without its weights.
        self.compute_output_spec(
            keras.KerasTensor(first_images_shape), keras.KerasTensor(second_images_shape)
        )

    def call(self, first_images, second_images):
        features = self.encode(ops.concatenate([first_images, second_images], axis=0))
        first, second = zip(*(ops.split(level, 2, axis=0) for level in features), strict=True)
        return self.estimate(first, second)


@keras.saving.register_keras_serializable("dfnet")
class FlowNetC(FlowNet):
    """DF-Net's own flow network: FlowNet-C (Dosovitskiy et al., ICCV 2015), 1/4 ... 1/64.

    Args:
      width_multiplier: factor of every layer's channels, relative to the paper.
    """

    MEAN_COLOUR = (104.920005 / 255, 110.1753 / 255, 114.785955 / 255)
    FEATURE_FILTERS = (64, 128, 256)  # Of each image, down to 1/8.
    REDIRECT_FILTERS = (32,)
    CONTRACT_FILTERS = (512, 512, 1024)  # Of a pair, down to 1/64.
    DECODER_FILTERS = (512, 256, 128, 64)  # From 1/32 up to 1/4.
    OUTPUT_SCALE = 5.0  # Each head predicts a fifth of the flow, in pixels of its own grid.
    num_levels = 5
    size_multiple = 64

    def __init__(self, width_multiplier: float = 1.0, **kwargs):
        super().__init__(**kwargs)
        self.width_multiplier = width_multiplier
        leaky = {"activation": leaky_relu}
        first, second, third = narrowed(self.FEATURE_FILTERS, width_multiplier)
        contract = narrowed(self.CONTRACT_FILTERS, width_multiplier)
        self.conv1 = conv(first, 7, 2, **leaky)
        self.conv2 = conv(second, 5, 2, **leaky)
        self.conv3 = conv(third, 5, 2, **leaky)
        self.redirect = conv(*narrowed(self.REDIRECT_FILTERS, width_multiplier), 1, **leaky)
        self.conv3_1 = conv(third, **leaky)
        self.down = [conv(filters, stride=2, **leaky) for filters in contract]
        self.refine = [conv(filters, **leaky) for filters in contract]
        self.up = [
            deconv(filters, **leaky) for filters in narrowed(self.DECODER_FILTERS, width_multiplier)
        ]
        self.up_flow = [deconv(2) for _ in self.DECODER_FILTERS]
        self.heads = [head(2, kernel_initializer="he_normal") for _ in range(self.num_levels)]

    def encode(self, images):
        """Images [N, H, W, 3] -> features at 1/4 (128 channels) and 1/8 (256)."""
        check_size(images.shape[1:3], self.size_multiple)
        mean = ops.convert_to_tensor(self.MEAN_COLOUR, dtype=images.dtype)
        conv2 = self.conv2(self.conv1(images - mean))
        return [conv2, self.conv3(conv2)]

    def estimate(self, first, second):
        """Flows from features of the first and the second images."""
        *skips, x = self._contract(first, second)
        flow = self.heads[0](x)
        flows = [flow]
        for level, skip in enumerate(reversed(skips)):
            up_flow = self.up_flow[level](flow)
            x = ops.concatenate([skip, self.up[level](x), up_flow], axis=-1)
            flow = self.heads[level + 1](x)
            flows.insert(0, flow)
        return [self.OUTPUT_SCALE * flow for flow in flows]

    def _contract(self, first, second):
        """The decoder's inputs, at 1/4, 1/8, ..., 1/64."""
        conv2, conv3 = first
        cost = correlation(conv3, second[-1], max_displacement=20, stride=2)
        x = self.conv3_1(ops.concatenate([self.redirect(conv3), cost], axis=-1))
        maps = [conv2, x]
        for down, refine in zip(self.down, self.refine, strict=True):
            maps.append(refine(down(maps[-1])))
        return maps

    def get_config(self):
        return {**super().get_config(), "width_multiplier": self.width_multiplier}


def deconv(filters: int, activation=None):
    """A transposed 4x4 convolution that doubles the resolution."""
    return keras.layers.Conv2DTranspose(
        filters, 4, 2, "same", activation=activation, kernel_initializer="he_normal"
    )


class PwcFlowNet(FlowNet):
    """Coarse to fine: warps the second features by the current flow, compares, refines.

    PWC-Net (Sun et al., CVPR 2018), with what UFlow (Jonschkowski et al., ECCV 2020) found
    important without labels: standardised features and one decoder for all levels.

    Args:
      upsampling: how the finest flow, at 1/4, is upsampled to the images' size: "bilinear", by the
        caller, or "learned", by the network itself (see `ConvexUpsampling`).
    """

    ENCODER_FILTERS = ()  # From 1/2 on; flow is estimated at all levels except the first.
    DECODER_FILTERS = ()
    CONTEXT_FILTERS = 32
    MAX_DISPLACEMENT = 4

    def __init__(self, upsampling: str = "bilinear", **kwargs):
        super().__init__(**kwargs)
        self.upsampling = upsampling
        self.num_levels = len(self.ENCODER_FILTERS) - 1
        self.size_multiple = 2 ** len(self.ENCODER_FILTERS)
        self.down = [conv(f, stride=2, activation=leaky_relu) for f in self.ENCODER_FILTERS]
        self.refine = [conv(f, activation=leaky_relu) for f in self.ENCODER_FILTERS]
        self.context = [conv(self.CONTEXT_FILTERS, 1) for _ in range(self.num_levels)]
        self.decoder = [conv(f, activation=leaky_relu) for f in self.DECODER_FILTERS]
        # Small weights: training starts near zero flow, at whatever level the decoder is applied.
        self.head = head(2, kernel_initializer=keras.initializers.VarianceScaling(1e-4))
        self.enlarge = ConvexUpsampling(4) if upsampling == "learned" else None

    def encode(self, images):
        """Images [N, H, W, 3] -> standardised features at 1/4, 1/8, ..."""
        check_size(images.shape[1:3], self.size_multiple)
        x, features = centred(images), []
        for down, refine in zip(self.down, self.refine, strict=True):
            x = refine(down(x))
            features.append(x)
        return [standardise(x) for x in features[1:]]

    def estimate(self, first, second):
        """Flows from features of the first and the second images."""
        flow = ops.zeros_like(first[-1][..., :2], dtype="float32")
        flows = []
        for level in reversed(range(self.num_levels)):
            flow = optical_flow.resize_flow(flow, *first[level].shape[1:3])
            warped = optical_flow.warp(second[level], flow)
            cost = correlation(first[level], warped, self.MAX_DISPLACEMENT)
            context = self.context[level](first[level])
            decoded = self._decoded(cost, context, flow)
            flow = flow + self.head(decoded)
            flows.insert(0, flow)
        if self.enlarge:
            features = ops.concatenate([decoded, context], axis=-1)  # Of the finest level.
            flows[0] = self.enlarge(flow, features)
        return flows

    def _decoded(self, cost, context, flow):
        """The decoder's features, the input of the head."""
        x = ops.concatenate([leaky_relu(cost), context, ops.cast(flow, cost.dtype)], axis=-1)
        for layer in self.decoder:
            x = layer(x)
        return x

    def get_config(self):
        return {**super().get_config(), "upsampling": self.upsampling}


@keras.saving.register_keras_serializable("dfnet")
class MobileFlowNet(PwcFlowNet):
    """The flow network of preset `mobile`: 5 levels, 1/4 ... 1/64."""

    ENCODER_FILTERS = (16, 32, 64, 96, 128, 160)
    DECODER_FILTERS = (96, 64, 64, 32)


@keras.saving.register_keras_serializable("dfnet")
class TinyFlowNet(PwcFlowNet):
    """The flow network of preset `tiny`: 4 levels, 1/4 ... 1/32."""

    ENCODER_FILTERS = (16, 24, 32, 48, 64)
    DECODER_FILTERS = (64, 48, 32)
