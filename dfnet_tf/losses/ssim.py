"""Structural similarity (SSIM) of two images: their local means, contrasts and patterns."""

from keras import ops

MEAN_FLOOR = 0.01**2  # For intensities in [0, 1] (Wang et al., 2004).
CONTRAST_FLOOR = 0.03**2


def ssim_distance(first, second):
    """(1 - SSIM) / 2 over 3x3 windows, with reflected borders (Godard et al., CVPR 2017).

    SSIM = (2 m1 m2 + c1) (2 s12 + c2) / ((m1^2 + m2^2 + c1) (s1^2 + s2^2 + c2)), with m, s^2 and
    s12 the means, variances and covariance in each window (Wang et al., 2004).

    Args:
      first, second: [N, H, W, C] in [0, 1].

    Returns:
      [N, H, W, C] in [0, 1]; 0 where the windows are equal.
    """
    first, second = (_reflect(image) for image in (first, second))
    mean1, mean2 = _window_mean(first), _window_mean(second)
    variance1 = _window_mean(ops.square(first)) - ops.square(mean1)
    variance2 = _window_mean(ops.square(second)) - ops.square(mean2)
    covariance = _window_mean(first * second) - mean1 * mean2
    alike = (2.0 * mean1 * mean2 + MEAN_FLOOR) * (2.0 * covariance + CONTRAST_FLOOR)
    size = (ops.square(mean1) + ops.square(mean2) + MEAN_FLOOR) * (
        variance1 + variance2 + CONTRAST_FLOOR
    )
    return ops.clip(0.5 - 0.5 * alike / size, 0.0, 1.0)


def _reflect(images):
    return ops.pad(images, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="reflect")


def _window_mean(padded):
    """3x3 means, [N, H + 2, W + 2, C] -> [N, H, W, C], as sums of slices, which XLA fuses."""
    rows = padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]
    return (rows[:, :, :-2] + rows[:, :, 1:-1] + rows[:, :, 2:]) / 9.0
