"""What the networks share: convolutions, input checks and scaling, nearest upsampling."""

import keras
from keras import ops


def conv(filters: int, kernel_size: int = 3, stride: int = 1, activation=None, **kwargs):
    """A SAME convolution with bias; He-normal, as no batch norm corrects the scale later."""
    kwargs = {"kernel_initializer": "he_normal", **kwargs}
    return keras.layers.Conv2D(
        filters, kernel_size, stride, padding="same", activation=activation, **kwargs
    )


def narrowed(filters: tuple[int, ...], width_multiplier: float) -> tuple[int, ...]:
    """So many times the filters in each layer (MobileNets, Howard et al., 2017), at least 1."""
    return tuple(max(1, round(width_multiplier * number)) for number in filters)


def head(filters: int, kernel_size: int = 3, **kwargs):
    """A linear output convolution, in float32 whatever the dtype policy."""
    return keras.layers.Conv2D(filters, kernel_size, padding="same", dtype="float32", **kwargs)


def leaky_relu(x):
    """Leaky ReLU with slope 0.1, as in FlowNet and PWC-Net."""
    return ops.leaky_relu(x, negative_slope=0.1)


def centred(images):
    """Moves images from [0, 1] to [-1, 1]."""
    return 2.0 * images - 1.0


def standardise(features):
    """Gives each channel of each image [N, H, W, C] mean 0 and variance 1.

    A correlation of such features is of order 1 at any contrast of the images and any moment of
    training (UFlow, Jonschkowski et al., ECCV 2020, takes the moments of all channels together).
    Channel by channel, a large constant one cannot drown the others: taught shifts of up to 12
    pixels, TinyFlowNet was 2.6 off after 400 steps; with common moments 6.6, with each pixel's 7.0.
    """
    return ops.layer_normalization(features, axis=(1, 2))


def check_size(images, multiple: int) -> None:
    """Raises ValueError unless height and width of `images` [..., H, W, C] divide by `multiple`."""
    height, width = images.shape[-3:-1]
    if height % multiple or width % multiple:
        raise ValueError(
            f"Expected a height and width that are multiples of {multiple}. "
            f"Received: {height} x {width}."
        )


def resize_nearest(features, height: int, width: int):
    """Nearest-neighbour resize of [B, H, W, C]; unlike UpSampling2D it is one op in TFLite."""
    if features.shape[1:3] == (height, width):
        return features
    return ops.image.resize(features, (height, width), interpolation="nearest")


def upsample(features):
    """Doubles the height and width of [B, H, W, C], nearest neighbour."""
    height, width = features.shape[1:3]
    return resize_nearest(features, 2 * height, 2 * width)
