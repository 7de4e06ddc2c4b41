"""Photometric distances of two images: census, which ignores brightness, and SSIM with L1."""

from keras import ops

from dfnet_tf.losses.ssim import ssim_distance

GREY = (0.2989, 0.587, 0.114)


def census(first, second, valid, radius: int):
    """Soft ternary census distance of two images (Stein 2004; Meister et al., UnFlow, 2018).

    The descriptor of a pixel is t = d / sqrt(0.81 + d^2), d = neighbour - centre in grey levels
    0..255, over a (2 radius + 1)^2 window with zeros outside the image. The distance is
    D = sum of (t1 - t2)^2 / (0.1 + (t1 - t2)^2), its penalty (D^2 + 1e-6)^0.45.

    Args:
      first, second: [N, H, W, 3] in [0, 1].
      valid: [N, H, W, 1].
      radius: of the window, in pixels. The image's border of this width does not count.

    Returns:
      [N]: the sum over valid pixels divided by the number of *all* pixels.
    """
    gap = ops.square(_ternary(first, radius) - _ternary(second, radius))
    distance = ops.sum(gap / (0.1 + gap), axis=0)
    penalty = ops.power(ops.square(distance) + 1e-6, 0.45)
    inner = slice(radius, -radius or None)
    counted = ops.where(valid[..., 0] > 0, penalty, 0.0)[:, inner, inner]
    height, width = first.shape[1:3]
    return ops.sum(counted, axis=(1, 2)) / (height * width)


def ssim_l1(first, second, ssim: float = 0.85):
    """Photometric error of every pixel: ssim (1 - SSIM) / 2 + (1 - ssim) |difference|.

    Godard et al. (Monodepth, CVPR 2017; Monodepth2, ICCV 2019).

    Args:
      first, second: [N, H, W, 3] in [0, 1].
      ssim: the weight of the SSIM term, in [0, 1].

    Returns:
      [N, H, W, 1] in [0, 1], the mean over the colour channels.
    """
    error = ssim * ssim_distance(first, second) + (1.0 - ssim) * ops.abs(first - second)
    return ops.mean(error, axis=-1, keepdims=True)


def _ternary(images, radius: int):
    """Census descriptors [(2 radius + 1)^2, N, H, W]. Whole planes are the fastest layout."""
    height, width = images.shape[1:3]
    grey = 255.0 * sum(weight * images[..., c] for c, weight in enumerate(GREY))
    padded = ops.pad(grey, [[0, 0], [radius, radius], [radius, radius]])
    window = range(2 * radius + 1)
    neighbours = ops.stack(
        [padded[:, y : y + height, x : x + width] for y in window for x in window]
    )
    difference = neighbours - grey
    return difference / ops.sqrt(0.81 + ops.square(difference))
