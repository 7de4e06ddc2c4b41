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
      are_flow: True for flow, False for log disparity.
    """

    read: Callable[[int, int], np.ndarray]
    are_flow: bool = False

    @property
    def num_frames(self) -> int:
        """Frames per window."""
        return 2 if self.are_flow else 1

    @property
    def num_channels(self) -> int:
        """The channels of a label: log disparity or flow, and the weight."""
        return self.num_frames + 1

    def moved(self, label: np.ndarray, new_from_old: np.ndarray) -> np.ndarray:
        """Moves a label like its frame in `augmentation.scale_and_crop` and `mirror`.

        The vectors of flow are scaled too, and its edges are not blurred. An enlarged thing looks
        nearer by the same factor, the geometric mean of those of the two axes.

        Args:
          label: float32 [H, W, C].
          new_from_old: [2, 3], new (x, y) = new_from_old @ old (x, y, 1).
        """
        mode = cv2.INTER_NEAREST if self.are_flow else cv2.INTER_LINEAR
        border = cv2.BORDER_REPLICATE
        size = label.shape[1::-1]
        moved = cv2.warpAffine(label, new_from_old, size, flags=mode, borderMode=border)
        scale = new_from_old[:, :2]
        if self.are_flow:
            moved[..., :2] = moved[..., :2] @ np.float32(scale.T)
        else:
            moved[..., 0] += np.float32(np.log(np.abs(np.linalg.det(scale))) / 2)
        return moved


def resized_flow(label: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Flow in pixels and weight [h, w, 3], at `size` = (H, W) and in its pixels; float32 [H, W, 3].

    Takes the nearest pixels, because a mean of two motions is neither.
    """
    height, width = label.shape[:2]
    nearest = cv2.resize(np.float32(label), size[::-1], interpolation=cv2.INTER_NEAREST)
    return nearest * np.float32([size[1] / width, size[0] / height, 1])
