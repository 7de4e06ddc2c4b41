"""3x3 intrinsics in NumPy, for code that must not load TensorFlow.

Pixel centres are integers, as everywhere: a crop that begins at pixel `first` and is resized by
`scale` moves x to (x - first + 0.5) * scale - 0.5.
"""

import numpy as np


def central(focal: float, size: tuple[int, int]) -> np.ndarray:
    """Intrinsics [3, 3] with square pixels and the optical axis at the centre of `size` (H, W)."""
    height, width = size
    return np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1]])


def focal_length(degrees: float, width: int) -> float:
    """The focal length in pixels of a horizontal field of view in degrees."""
    return width / (2 * np.tan(np.radians(degrees) / 2))


def field_of_view(focal: float, width: int) -> float:
    """The horizontal field of view in degrees. Inverse of `focal_length`."""
    return float(np.degrees(2 * np.arctan2(width / 2, focal)))


def new_from_old(scale, first, border=(0, 0)) -> np.ndarray:
    """Maps pixels (x, y, 1) of an image to those of its crop, resized; [3, 3].

    Args:
      scale: (x, y), new pixels per old pixel.
      first: (x, y), the first old pixel of the crop.
      border: (x, y), new pixels in front of the resized crop.
    """
    scale = np.asarray(scale, np.float64)
    x, y = (0.5 - np.asarray(first)) * scale - 0.5 + border
    return np.array([[scale[0], 0, x], [0, scale[1], y], [0, 0, 1]])
