"""What a camera makes of light: exposure, blur, noise, compression; varied from clip to clip."""

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Lens:
    """A clip's camera after the lens.

    Attributes:
      gain: [3], of red, green and blue.
      gamma: exponent of brightness.
      blur: sigma in pixels, 0 = none.
      noise: sigma in grey values.
      vignette: the loss of light in the corners.
      quality: of JPEG; 0: no compression.
      is_grey: True: no colours.
      seed: of the noise.
    """

    gain: np.ndarray
    gamma: float
    blur: float
    noise: float
    vignette: float
    quality: int
    is_grey: bool
    seed: int

    def exposed(self, light: np.ndarray, frame: int) -> np.ndarray:
        """The photograph uint8 [H, W, 3] of linear `light` float32 [H, W, 3], 1 = white."""
        rng = np.random.default_rng((self.seed, frame))
        height, width = light.shape[:2]
        y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
        light = light * self.gain * (1 - self.vignette * (x * x + y * y) / 2)[..., None]
        light = light / (1 + np.maximum(light - 0.8, 0))  # Bright parts saturate softly.
        image = 255 * np.clip(light, 0, 1).astype(np.float32) ** np.float32(self.gamma)
        if self.blur:
            image = cv2.GaussianBlur(image, (0, 0), self.blur)
        if self.is_grey:
            image = np.repeat(image.mean(axis=-1, keepdims=True), 3, axis=-1)
        if self.noise:
            channels = 1 if self.is_grey else 3
            image = image + rng.normal(0, self.noise, (height, width, channels))
        image = np.uint8(np.clip(np.rint(image), 0, 255))
        if not self.quality:
            return image
        _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, self.quality])
        return cv2.imdecode(packed, cv2.IMREAD_COLOR)


def draw_lens(rng: np.random.Generator) -> Lens:
    """A random camera: most are good, some blur, are noisy, compress strongly or see no colour."""
    return Lens(
        gain=np.float32(rng.lognormal(0, 0.2) * rng.uniform(0.93, 1.07, 3)),
        gamma=rng.uniform(0.45, 0.65),
        blur=rng.choice([0, rng.uniform(0.3, 0.6), rng.uniform(0.6, 1)], p=[0.4, 0.4, 0.2]),
        noise=rng.choice([rng.uniform(0, 2), rng.uniform(2, 6)], p=[0.7, 0.3]),
        vignette=rng.uniform(0, 0.3),
        quality=int(rng.choice([0, rng.integers(75, 96), rng.integers(40, 75)], p=[0.3, 0.5, 0.2])),
        is_grey=bool(rng.uniform() < 0.1),
        seed=int(rng.integers(2**31)),
    )
