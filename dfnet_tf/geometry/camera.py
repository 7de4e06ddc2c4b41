"""The pinhole camera: pixels, rays and 3-D points."""

import numpy as np
from keras import ops

MIN_DEPTH = 1e-3  # Points with smaller depth, also behind the camera, project as at this depth.


def pixel_grid(height: int, width: int):
    """Returns the (x, y) of every pixel centre, float32 [H, W, 2]."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    return ops.convert_to_tensor(np.stack([x, y], axis=-1).astype("float32"))


def backproject(depth, intrinsics):
    """Lifts a depth map to 3-D points in its own camera frame.

    Inverse of `project`: P = z * K^-1 [x, y, 1]^T (Hartley & Zisserman, ch. 6).

    Args:
      depth: [B, H, W, 1], in any length unit.
      intrinsics: [B, 3, 3], in pixels of this H x W image, zero skew.

    Returns:
      [B, H, W, 3] points, in the unit of `depth`.
    """
    return lift(pixel_grid(*depth.shape[1:3]), depth, intrinsics)


def lift(pixels, depth, intrinsics):
    """Lifts any (x, y) `pixels` [..., H, W, 2] with `depth` [B, H, W, 1], like `backproject`."""
    focal, center = _focal_and_center(intrinsics)
    return ops.concatenate([(pixels - center) / focal * depth, depth], axis=-1)


def project(points, intrinsics):
    """Projects 3-D points [B, H, W, 3] in the camera frame to pixels [B, H, W, 2].

    Inverse of `backproject`. Depths below `MIN_DEPTH` count as `MIN_DEPTH`, so the result and its
    gradient stay finite for points at or behind the camera.
    """
    focal, center = _focal_and_center(intrinsics)
    depth = ops.maximum(points[..., 2:], MIN_DEPTH)
    return points[..., :2] / depth * focal + center


def scale_intrinsics(intrinsics, scale_x: float, scale_y: float):
    """Updates intrinsics [..., 3, 3] (array or tensor) for an image resized by these factors.

    Pixel centres are integers, so the principal point becomes c' = (c + 0.5) * scale - 0.5.
    """
    scale, shift = (scale_x, scale_y), (0.5 * scale_x - 0.5, 0.5 * scale_y - 0.5)
    return move_intrinsics(intrinsics, scale, shift)


def resized_intrinsics(intrinsics, size: tuple[int, int], new_size: tuple[int, int]):
    """Updates intrinsics [..., 3, 3] for an image resized from `size` to `new_size`, (H, W)."""
    (height, width), (new_height, new_width) = size, new_size
    return scale_intrinsics(intrinsics, new_width / width, new_height / height)


def move_intrinsics(intrinsics, scale: tuple[float, float], shift: tuple[float, float]):
    """Updates intrinsics [..., 3, 3] (array or tensor) for pixels new (x, y) = scale * old + shift.

    Computed element by element: a GPU's matrix product in TF32 is wrong by tenths of a pixel.
    """
    scale, shift = (np.array([[x], [y], [z]], "float32") for (x, y), z in ((scale, 1), (shift, 0)))
    return intrinsics * scale + shift * intrinsics[..., 2:, :]


def intrinsics_after(new_from_old, intrinsics):
    """Updates intrinsics for pixels new (x, y, 1) = new_from_old @ old (x, y, 1).

    A mirrored image (negative scale of x) becomes an image of the mirrored world, so that fx stays
    positive. Computed element by element, like `move_intrinsics`.

    Args:
      new_from_old: [..., 3, 3], diagonal except for its last column.
      intrinsics: [..., 3, 3].

    Returns:
      [..., 3, 3].
    """
    moved = ops.sum(new_from_old[..., None] * intrinsics[..., None, :, :], axis=-2)
    return of_mirrored_world(moved)


def of_mirrored_world(intrinsics):
    """Intrinsics [..., 3, 3] times diag(sign(fx), 1, 1): mirrors the X axis if fx is negative."""
    return ops.concatenate([ops.abs(intrinsics[..., :1]), intrinsics[..., 1:]], axis=-1)


def _focal_and_center(intrinsics):
    """Splits [B, 3, 3] into focal lengths and principal points, each [B, 1, 1, 2]."""
    focal = ops.diagonal(intrinsics, axis1=1, axis2=2)[:, None, None, :2]
    center = intrinsics[:, None, None, :2, 2]
    return focal, center
