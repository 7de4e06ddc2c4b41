"""Chooses the part of a recording's images for a clip, and its size: crop, resize, intrinsics."""

from dataclasses import dataclass

import cv2
import numpy as np

from dfnet_tf.data import pinhole
from dfnet_tf.data.files import image_limits


@dataclass(frozen=True)
class View:
    """A part of images of one size, and the size it is resized to; made by `central_view`."""

    input_size: tuple[int, int]  # (height, width) of the images as recorded
    rows: slice
    columns: slice
    height: int
    width: int
    border: tuple[int, int] = (0, 0)  # Black rows above and below, black columns on each side.

    def picture(self, image: np.ndarray) -> np.ndarray:
        """Crops and resizes an image [H, W, 3] of the input's size to [height, width, 3]."""
        part, (height, width) = image[self.rows, self.columns], self._size_within
        shrinks = height <= part.shape[0] and width <= part.shape[1]
        mode = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR  # AREA enlarges in blocks.
        picture = cv2.resize(part, (width, height), interpolation=mode)
        if not any(self.border):
            return picture
        whole = np.zeros((self.height, self.width, 3), np.uint8)
        top, left = self.border
        whole[top : top + height, left : left + width] = picture
        return whole

    @property
    def kept(self) -> float:
        """The share of the images' pixels in the view."""
        rows, columns = self.rows.stop - self.rows.start, self.columns.stop - self.columns.start
        return rows * columns / (self.input_size[0] * self.input_size[1])

    @property
    def _size_within(self) -> tuple[int, int]:
        """(height, width) of the picture within the border."""
        top, left = self.border
        return self.height - 2 * top, self.width - 2 * left

    def depth(self, depth: np.ndarray) -> np.ndarray:
        """Crops a depth map [h, w] of any size to the same part, in whole pixels.

        Only for views without a border.

        Depth is not resized: between a near and a far surface, interpolated depth would be wrong.
        """
        rows, columns = (
            _in_other_pixels(part, size, other)
            for part, size, other in zip(
                (self.rows, self.columns), self.input_size, depth.shape, strict=True
            )
        )
        return depth[rows, columns]

    def intrinsics(self, original: np.ndarray) -> np.ndarray:
        """Updates the input's intrinsics [3, 3] for the crop and the resize."""
        left, top = self.columns.start, self.rows.start
        height, width = self._size_within
        scale_x = width / (self.columns.stop - left)
        scale_y = height / (self.rows.stop - top)
        return pinhole.new_from_old((scale_x, scale_y), (left, top), self.border[::-1]) @ original


def central_view(
    size: tuple[int, int],
    height: int | None = None,
    width: int | None = None,
    kept_rows: float = 1.0,
    fit: str = "crop",
) -> View:
    """The view of (height, width) images for clips of a given size.

    "crop": the largest central part with the clips' aspect; "pad": all, with a black border.

    Args:
      size: of the images, in pixels.
      height: of the clips; without `width` the aspect stays.
      width: of the clips, like `height`.
      kept_rows: the share of the rows, from the top, that remains before all else.
      fit: "crop" or "pad", for a given height and width.

    Raises:
      ImageSizeError: the clips would be too large because of an extreme aspect.
    """
    kept = max(1, round(size[0] * kept_rows)), size[1]
    rows, columns = kept
    if height and width and fit == "pad":
        return _padded(size, kept, height, width)
    if height and width:
        rows = max(1, min(kept[0], round(kept[1] * height / width)))
        columns = max(1, min(kept[1], round(kept[0] * width / height)))
    elif height:
        width = max(1, round(kept[1] * height / kept[0]))
    elif width:
        height = max(1, round(kept[0] * width / kept[1]))
    image_limits.check(width or kept[1], height or kept[0])
    top, left = (kept[0] - rows) // 2, (kept[1] - columns) // 2
    rows, columns = slice(top, top + rows), slice(left, left + columns)
    return View(size, rows, columns, height or kept[0], width or kept[1])


def _padded(size: tuple[int, int], kept: tuple[int, int], height: int, width: int) -> View:
    image_limits.check(width, height)
    scale = min(height / kept[0], width / kept[1])
    top = round((height - kept[0] * scale) / 2)
    left = round((width - kept[1] * scale) / 2)
    top, left = min(top, (height - 1) // 2), min(left, (width - 1) // 2)
    return View(size, slice(0, kept[0]), slice(0, kept[1]), height, width, (top, left))


def _in_other_pixels(part: slice, size: int, other: int) -> slice:
    """Converts a `part` of a side from `size` to `other` pixels."""
    start = min(round(part.start * other / size), other - 1)
    return slice(start, max(start + 1, round(part.stop * other / size)))
