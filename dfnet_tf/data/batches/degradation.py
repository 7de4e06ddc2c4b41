"""Grey, blurred and noisy images, such as other cameras take, as a pure function of draws."""

import cv2
import numpy as np

from dfnet_tf.config import DataConfig

NUM_DRAWS = 4  # Uniform in [0, 1): grey, blur, strength and seed of the grain.


def degrade(images: np.ndarray, draws, config: DataConfig) -> np.ndarray:
    """Makes a share of the clips grey, blurs half of them, and adds grain to half of them.

    The three are drawn independently. The grain differs from frame to frame; grey and blur are the
    same in all frames of a clip.

    Args:
      images: uint8 RGB [F, H, W, 3].
      draws: [NUM_DRAWS], uniform in [0, 1).
      config: the ranges `grey`, `blur` and `grain`.

    Returns:
      uint8 [F, H, W, 3].
    """
    grey, blur, grain, seed = draws
    if grey < config.grey:
        rows = images.reshape(-1, *images.shape[2:])  # OpenCV takes one image.
        rows = cv2.cvtColor(cv2.cvtColor(rows, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        images = rows.reshape(images.shape)
    if (spread := _upper_half(blur) * config.blur) > 0.0:
        images = np.stack([cv2.GaussianBlur(image, (0, 0), spread) for image in images])
    if (strength := _upper_half(grain) * config.grain) > 0.0:
        generator = np.random.default_rng(int(seed * 2**32))
        noise = generator.standard_normal(images.shape, dtype="float32")
        images = np.clip(np.rint(images + 255 * strength * noise), 0, 255).astype("uint8")
    return images


def _upper_half(draw: float) -> float:
    """Maps [0.5, 1) to [0, 1), and less than 0.5 to 0."""
    return max(0.0, 2.0 * draw - 1.0)
