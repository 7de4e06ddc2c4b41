"""Which part of a recording's images becomes a clip, and how large: crop, resize, intrinsics."""

from dataclasses import dataclass

import cv2
import numpy as np

from dfnet_tf.data import image_limits


@dataclass(frozen=True)
class View:
    """A part of images of one size, and the size it is brought to; made by `central_view`."""

    input_size: tuple[int, int]  # (height, width) of the images as recorded
    rows: slice
    columns: slice
    height: int
    width: int

    def picture(self, image: np.ndarray) -> np.ndarray:
        """Crops and resizes an image [H, W, 3] of the input's size to [height, width, 3]."""
        part = image[self.rows, self.columns]
        shrinks = self.height <= part.shape[0] and self.width <= part.shape[1]
        mode = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR  # AREA enlarges in blocks.
        return cv2.resize(part, (self.width, self.height), interpolation=mode)

    def depth(self, depth: np.ndarray) -> np.ndarray:
        """The same part of a depth map [h, w] of any size, cropped to its nearest whole pixels.

        Not resized: between a near and a far surface an interpolated depth is that of neither.
        """
        rows, columns = (
            _in_other_pixels(part, size, other)
            for part, size, other in zip(
                (self.rows, self.columns), self.input_size, depth.shape, strict=True
            )
        )
        return depth[rows, columns]

    def intrinsics(self, original: np.ndarray) -> np.ndarray:
        """The input's [3, 3], in pixels, moved with the crop and the resize."""
        left, top = self.columns.start, self.rows.start
        scale_x = self.width / (self.columns.stop - left)
        scale_y = self.height / (self.rows.stop - top)
        # x' = (x - left + 0.5) * scale_x - 0.5: pixel centres are integers. In NumPy, unlike
        # geometry/camera.py, so that nothing here waits for TensorFlow.
        moved = [
            [scale_x, 0, (0.5 - left) * scale_x - 0.5],
            [0, scale_y, (0.5 - top) * scale_y - 0.5],
            [0, 0, 1],
        ]
        return np.array(moved) @ original


def central_view(
    size: tuple[int, int],
    height: int | None = None,
    width: int | None = None,
    kept_rows: float = 1.0,
) -> View:
    """The largest part of (height, width) images with the aspect asked for, about their centre.

    Args:
      size: of the images, in pixels.
      height: of the pictures to make; without `width` the aspect stays.
      width: as `height`.
      kept_rows: the share of the rows, from the top, to which the images are cut before.

    Raises:
      ImageSizeError: the pictures would be too large, being far from the aspect of those asked for.
    """
    kept = max(1, round(size[0] * kept_rows)), size[1]
    rows, columns = kept
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


def _in_other_pixels(part: slice, size: int, other: int) -> slice:
    """The `part` of a side of `size` pixels, on a side that shows the same in `other` pixels."""
    start = min(round(part.start * other / size), other - 1)
    return slice(start, max(start + 1, round(part.stop * other / size)))
