"""Labels of frames: how to read them, and how to move them with augmented frames."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Labels:
    """A label for the first frame of each window.

    Attributes:
      read: (index of the clip, frame) -> float32 [H, W, C] at training size. The last channel is
        the pixel's weight, 0: unknown.
      num_frames: frames per window: 1 for depth, 2 for flow.
      is_exact: True if the labels have true edges, which must not be blurred.
    """

    read: Callable[[int, int], np.ndarray]
    num_frames: int = 1
    is_exact: bool = False

    @property
    def num_channels(self) -> int:
        """The channels of a label: log disparity or flow, and the weight."""
        return self.num_frames + 1

    def moved(self, label: np.ndarray, new_from_old: np.ndarray) -> np.ndarray:
        """Moves a label like its frame in `augmentation.scale_and_crop` and `mirror`.

        The vectors of flow are scaled too.

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
