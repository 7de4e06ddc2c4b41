"""Grey, blurred and noisy images, such as other cameras take, as a pure function of draws."""

import cv2
import numpy as np

from dfnet_tf.config import DataConfig

NUM_DRAWS = 4  # Uniform in [0, 1): grey, blur, strength and seed of the grain.


def degrade(images: np.ndarray, draws, config: DataConfig) -> np.ndarray:
    """Makes the frames of a clip grey, or blurs them, or adds noise to them.

    Half of the clips are blurred and half get grain. The grain differs from frame to frame,
    everything else is the same in all frames.

    Args:
      images: uint8 RGB [F, H, W, 3].
      draws: [NUM_DRAWS], uniform in [0, 1).
      config: the ranges `grey`, `blur` and `grain`.

    Returns:
      uint8 [F, H, W, 3].
    """
    grey, blur, grain, seed = draws
    if grey < config.grey:
        images = np.repeat(_luma(images)[..., None], 3, axis=-1)
    if (spread := _upper_half(blur) * config.blur) > 0.0:
        images = np.stack([cv2.GaussianBlur(image, (0, 0), spread) for image in images])
    if (strength := _upper_half(grain) * config.grain) > 0.0:
        generator = np.random.default_rng(int(seed * 2**32))
        noise = generator.standard_normal(images.shape, dtype="float32")
        images = np.clip(np.rint(images + 255 * strength * noise), 0, 255).astype("uint8")
    return images


def _luma(images: np.ndarray) -> np.ndarray:
    """The brightness of uint8 RGB images [F, H, W, 3], uint8 [F, H, W]."""
    return np.stack([cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in images])


def _upper_half(draw: float) -> float:
    """Maps [0.5, 1) to [0, 1), and less than 0.5 to 0."""
    return max(0.0, 2.0 * draw - 1.0)
