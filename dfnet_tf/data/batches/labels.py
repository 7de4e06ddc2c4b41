"""Labels of frames: how to read them, and how to move them with augmented frames."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

# What a pixel of a label holds: d log disparity, x and y flow in pixels, w a weight (0: unknown).
# scene: depth here and in the next frame, flow, whether the next frame shows it, whether it stands
# still.
CHANNELS = {"depth": "dw", "flow": "xyw", "scene": "ddxyww"}


@dataclass(frozen=True)
class Labels:
    """A label for the first frame of each window.

    Attributes:
      read: (index of the clip, frame) -> float32 [H, W, C] at training size.
      kind: depth, flow or scene, a key of CHANNELS.
    """

    read: Callable[[int, int], np.ndarray]
    kind: str = "depth"

    @property
    def num_frames(self) -> int:
        """Frames per window."""
        return 1 if self.kind == "depth" else 2

    @property
    def num_channels(self) -> int:
        """The channels of a label."""
        return len(CHANNELS[self.kind])

    def moved(self, label: np.ndarray, new_from_old: np.ndarray) -> np.ndarray:
        """Moves a label like its frame in `augmentation.scale_and_crop` and `mirror`.

        The vectors of flow are scaled too, and its edges are not blurred. An enlarged thing looks
        nearer by the same factor, the geometric mean of those of the two axes.

        Args:
          label: float32 [H, W, C].
          new_from_old: [2, 3], new (x, y) = new_from_old @ old (x, y, 1).
        """
        mode = cv2.INTER_LINEAR if self.kind == "depth" else cv2.INTER_NEAREST
        border = cv2.BORDER_REPLICATE
        size, scale = label.shape[1::-1], new_from_old[:, :2]
        moved = cv2.warpAffine(label, new_from_old, size, flags=mode, borderMode=border)
        nearer = np.log(np.abs(np.linalg.det(scale))) / 2
        is_depth = np.array([channel == "d" for channel in CHANNELS[self.kind]])
        return _scaled(moved, *np.diag(scale), self.kind) + np.float32(nearer * is_depth)


def resized(label: np.ndarray, size: tuple[int, int], kind: str) -> np.ndarray:
    """A label [h, w, C] at `size` = (H, W); float32 [H, W, C]. Flow is in pixels of that size.

    Takes the nearest pixels, because a mean of two motions or two depths is neither.
    """
    nearest = cv2.resize(np.float32(label), size[::-1], interpolation=cv2.INTER_NEAREST)
    return _scaled(nearest, size[1] / label.shape[1], size[0] / label.shape[0], kind)


def _scaled(label: np.ndarray, x: float, y: float, kind: str) -> np.ndarray:
    """A label whose flow is multiplied by (x, y)."""
    factors = {"x": x, "y": y}
    return label * np.float32([factors.get(channel, 1.0) for channel in CHANNELS[kind]])
