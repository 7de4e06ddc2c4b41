"""Labels of frames: how they are read, and how they move when their frames are augmented."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Labels:
    """A label for the first frame of each window.

    Attributes:
      read: (number of the clip, frame) -> float32 [H, W, C] at training size; the last channel is
        the pixel's weight, 0: unknown.
      num_frames: of a window: 1 for depth, 2 for flow.
      is_exact: the labels have true edges, which must not be blurred.
    """

    read: Callable[[int, int], np.ndarray]
    num_frames: int = 1
    is_exact: bool = False

    @property
    def num_channels(self) -> int:
        """Of a label: log disparity or flow, and the weight."""
        return self.num_frames + 1

    def moved(self, label: np.ndarray, new_from_old: np.ndarray) -> np.ndarray:
        """Moves a label as `augmentation.scale_and_crop` and `mirror` moved its frame.

        Flow is a difference of pixels, so its vectors are scaled along.

        Args:
          label: float32 [H, W, C].
          new_from_old: [2, 3], new (x, y) = new_from_old @ old (x, y, 1).
        """
        mode = cv2.INTER_NEAREST if self.is_exact else cv2.INTER_LINEAR
        border = cv2.BORDER_REPLICATE
        size = label.shape[1::-1]
        moved = cv2.warpAffine(label, new_from_old, size, flags=mode, borderMode=border)
        if self.num_frames == 2:
            moved[..., :2] = moved[..., :2] @ np.float32(new_from_old[:, :2].T)
        return moved
