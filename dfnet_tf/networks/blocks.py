"""Building blocks of all networks: convolutions, input checks and scaling, upsampling."""

import keras
from keras import ops


def conv(filters: int, kernel_size: int = 3, stride: int = 1, activation=None, **kwargs):
    """A SAME convolution with bias; He-normal, because no batch norm corrects the scale later."""
    kwargs = {"kernel_initializer": "he_normal", **kwargs}
    return keras.layers.Conv2D(
        filters, kernel_size, stride, padding="same", activation=activation, **kwargs
    )


def narrowed(filters: tuple[int, ...], width_multiplier: float) -> tuple[int, ...]:
    """Multiplies the filters of each layer (MobileNets, Howard et al., 2017), to at least 1."""
    return tuple(max(1, round(width_multiplier * number)) for number in filters)


def head(filters: int, kernel_size: int = 3, **kwargs):
    """A linear output convolution, always in float32."""
    return keras.layers.Conv2D(filters, kernel_size, padding="same", dtype="float32", **kwargs)


def leaky_relu(x):
    """Leaky ReLU with slope 0.1, as in FlowNet and PWC-Net."""
    return ops.leaky_relu(x, negative_slope=0.1)


def centred(images):
    """Moves images from [0, 1] to [-1, 1]."""
    return 2.0 * images - 1.0


def standardise(features):
    """Gives each channel of each image [N, H, W, C] mean 0 and variance 1.

    The correlation of such features is of order 1 at any image contrast and at any stage of
    training. UFlow (Jonschkowski et al., ECCV 2020) takes the moments of all channels together.
    With separate moments, a large constant channel cannot drown the others: TinyFlowNet, trained
    for 400 steps on shifts of up to 12 pixels, had an error of 2.6 pixels. With common moments the
    error was 6.6, with moments of each pixel 7.0.
    """
    # An eighth, with an epsilon to match, has the same result. GPUs of phones compute in float16,
    # which ends at 65504: squares of features have reached 200 000.
    return ops.layer_normalization(features / 8, axis=(1, 2), epsilon=keras.config.epsilon() / 64)


def check_size(size: tuple[int, int], multiple: int) -> None:
    """Raises ValueError unless height and width, `size`, are multiples of `multiple`."""
    height, width = size
    if height % multiple or width % multiple:
        raise ValueError(
            f"Expected a height and width that are multiples of {multiple}. "
            f"Received: {height} x {width}."
        )


def resize_nearest(features, height: int, width: int):
    """Nearest-neighbour resize of [B, H, W, C]; one op in TFLite, unlike UpSampling2D."""
    if features.shape[1:3] == (height, width):
        return features
    return ops.image.resize(features, (height, width), interpolation="nearest")


def upsample(features):
    """Doubles the height and width of [B, H, W, C], nearest neighbour."""
    height, width = features.shape[1:3]
    return resize_nearest(features, 2 * height, 2 * width)
