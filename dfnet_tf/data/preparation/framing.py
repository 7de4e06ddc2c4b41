"""Which part of a recording's images becomes a clip, and how large: crop, resize, intrinsics."""

from dataclasses import dataclass

import cv2
import numpy as np

from dfnet_tf.data.files import image_limits


@dataclass(frozen=True)
class View:
    """A part of images of one size, and the size it is brought to; made by `central_view`."""

    input_size: tuple[int, int]  # (height, width) of the images as recorded
    rows: slice
    columns: slice
    height: int
    width: int
    border: tuple[int, int] = (0, 0)  # Rows above and below, columns on each side: black.

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
        """The share of the images' pixels that is seen."""
        rows, columns = self.rows.stop - self.rows.start, self.columns.stop - self.columns.start
        return rows * columns / (self.input_size[0] * self.input_size[1])

    @property
    def _size_within(self) -> tuple[int, int]:
        """(height, width) of the picture within the border."""
        top, left = self.border
        return self.height - 2 * top, self.width - 2 * left

    def depth(self, depth: np.ndarray) -> np.ndarray:
        """The same part of a depth map [h, w] of any size, cropped to its nearest whole pixels.

        Of views without a border: depth maps have the view of their pictures.

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
        height, width = self._size_within
        scale_x = width / (self.columns.stop - left)
        scale_y = height / (self.rows.stop - top)
        # x' = (x - left + 0.5) * scale_x - 0.5: pixel centres are integers. In NumPy, unlike
        # geometry/camera.py, so that nothing here waits for TensorFlow.
        moved = [
            [scale_x, 0, (0.5 - left) * scale_x - 0.5 + self.border[1]],
            [0, scale_y, (0.5 - top) * scale_y - 0.5 + self.border[0]],
            [0, 0, 1],
        ]
        return np.array(moved) @ original


def central_view(
    size: tuple[int, int],
    height: int | None = None,
    width: int | None = None,
    kept_rows: float = 1.0,
    fit: str = "crop",
) -> View:
    """What is seen of (height, width) images in pictures of the size asked for.

    "crop": the largest part with their aspect, about the centre; "pad": all, in a black border.

    Args:
      size: of the images, in pixels.
      height: of the pictures to make; without `width` the aspect stays.
      width: as `height`.
      kept_rows: the share of the rows, from the top, to which the images are cut before.
      fit: "crop" or "pad", where both height and width are asked for.

    Raises:
      ImageSizeError: the pictures would be too large, being far from the aspect of those asked for.
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
    """The `part` of a side of `size` pixels, on a side that shows the same in `other` pixels."""
    start = min(round(part.start * other / size), other - 1)
    return slice(start, max(start + 1, round(part.stop * other / size)))
