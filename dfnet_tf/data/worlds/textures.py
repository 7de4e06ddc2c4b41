"""Square textures: noise, and parts of pictures."""

from collections.abc import Sequence

import cv2
import numpy as np

FROM_PICTURES = 0.75  # Share of textures cut from `pictures`, if there are any.


def texture(rng, side: int, pictures: Sequence[np.ndarray]) -> np.ndarray:
    """A part of one of the `pictures` (uint8 RGB), or noise: uint8 [side, side, 3]."""
    if len(pictures) and rng.uniform() < FROM_PICTURES:
        return cut_out(rng, side, pictures[rng.integers(len(pictures))])
    return noise(rng, side)


def cut_out(rng, side: int, picture: np.ndarray) -> np.ndarray:
    """A square part of an image, randomly mirrored, turned and recoloured."""
    extent = int(min(picture.shape[:2]) * rng.uniform(0.4, 1.0))
    top, left = (rng.integers(0, n - extent + 1) for n in picture.shape[:2])
    part = picture[top : top + extent, left : left + extent]
    part = np.rot90(part[:, :: rng.choice([1, -1])], rng.choice(4, p=[0.7, 0.1, 0.1, 0.1]))
    mode = cv2.INTER_AREA if extent > side else cv2.INTER_CUBIC
    part = cv2.resize(np.ascontiguousarray(part), (side, side), interpolation=mode)
    gain = rng.uniform(0.5, 1.3, 3) if rng.uniform() < 0.5 else rng.uniform(0.7, 1.2)
    grain = 0.0
    if extent < 0.7 * side:  # An enlarged part is smooth: without grain, it would show no flow.
        grain = cv2.GaussianBlur(rng.normal(0, rng.uniform(0, 10), (side, side)), (0, 0), 0.7)
        grain = grain[..., None]
    return np.uint8(np.clip(part * gain + rng.uniform(-30, 30) + grain, 0, 255))


def noise(rng, side: int, smooth: float = 0.7) -> np.ndarray:
    """Noise of several octaves, grey or coloured, around a random colour.

    A part `smooth` of the octaves is smooth; the others are squares.
    """
    total = np.zeros((side, side, 3), np.float32)
    roughness, channels = rng.uniform(0.4, 1.0), rng.choice([1, 3], p=[0.15, 0.85])
    for cell in 2 ** np.arange(2, int(np.log2(side)) + 1):
        count = max(2, side // cell)
        coarse = rng.uniform(-1, 1, (count, count, channels)).astype(np.float32)
        mode = cv2.INTER_CUBIC if rng.uniform() < smooth else cv2.INTER_NEAREST
        octave = cv2.resize(coarse, (side, side), interpolation=mode).reshape(side, side, -1)
        total += (cell / side) ** roughness * octave
    total *= rng.uniform(25, 70) / max(total.std(), 1e-6)
    return np.uint8(np.clip(rng.uniform(40, 215, 3) + total, 0, 255))
