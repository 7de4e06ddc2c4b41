"""Augmentation of a clip, as a pure function of random numbers drawn by the caller.

So it is the same on every backend, and a sample's augmentation is decided by its place in the data
alone: a resumed run sees what an uninterrupted one would have seen.
"""

from keras import ops

from dfnet_tf.config import DataConfig
from dfnet_tf.geometry import camera, sampling

NUM_CROP_DRAWS = 4  # Uniform in [0, 1): scale x, y; position x, y.
NUM_FLIP_DRAWS = 1  # Uniform in [0, 1).
NUM_COLOR_DRAWS = 5  # Uniform in [0, 1): contrast, gains of R, G, B, gamma.
NUM_OFFSET_DRAWS = 2  # Standard normal: brightness, noise.


def scale_and_crop(images, intrinsics, draws, config: DataConfig):
    """Enlarges by one factor per axis, crops back to the size, moves the intrinsics along.

    Args:
      images: [F, H, W, 3].
      intrinsics: [3, 3].
      draws: [4], uniform in [0, 1).
      config: `max_scale`.

    Returns:
      images [F, H, W, 3] and intrinsics [3, 3].
    """
    height, width = images.shape[1:3]
    scale = 1.0 + (config.max_scale - 1.0) * draws[:2]
    room = (scale - 1.0) * ops.convert_to_tensor([width, height], "float32")
    shift = 0.5 * scale - 0.5 - room * draws[2:]  # new = scale * old + shift
    pixels = (camera.pixel_grid(height, width) - shift) / scale
    cropped = sampling.bilinear_sample(images, ops.repeat(pixels[None], images.shape[0], axis=0))
    one, zero = ops.ones(()), ops.zeros(())
    scales = ops.stack([scale[0], scale[1], one])[:, None]
    shifts = ops.stack([shift[0], shift[1], zero])[:, None]
    return cropped, intrinsics * scales + shifts * intrinsics[2:]


def mirror(images, intrinsics, draw):
    """Exchanges left and right if `draw`, uniform in [0, 1), is below a half.

    x' = W - 1 - x, so the principal point moves to cx' = W - 1 - cx.

    Args:
      images: [F, H, W, 3].
      intrinsics: [3, 3].
      draw: a scalar.

    Returns:
      images [F, H, W, 3] and intrinsics [3, 3].
    """
    last = images.shape[2] - 1.0
    # Of all entries only cx - last is negative.
    turned = ops.abs(intrinsics - [[0, 0, last], [0, 0, 0], [0, 0, 0]])
    chosen = draw < 0.5
    return ops.where(chosen, images[:, :, ::-1], images), ops.where(chosen, turned, intrinsics)


def jitter_color(images, uniform, normal, config: DataConfig):
    """Changes colours, alike in all frames of a clip (UnFlow's photometric augmentation).

    Args:
      images: [F, H, W, 3] in [0, 1].
      uniform: [5] draws in [0, 1).
      normal: [2] standard normal draws.
      config: the ranges.

    Returns:
      [F, H, W, 3] in [0, 1].
    """
    signed = 2.0 * uniform - 1.0
    contrast = 1.0 + config.contrast * signed[0]
    gain = 1.0 + config.channel_gain * signed[1:4]
    gamma = 1.0 + config.gamma * signed[4]
    bright = (images * contrast + config.brightness * normal[0]) * gain
    # The power's derivative is infinite at 0, and black is common.
    toned = ops.power(ops.clip(bright, 1e-6, 1.0), 1.0 / gamma)
    return ops.clip(toned + config.noise * normal[1], 0.0, 1.0)
