"""Lengths in metres, from the height of the camera above the road."""

import collections
import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from dfnet_tf.film.depth import scaled_motion
from dfnet_tf.geometry import camera, ground
from dfnet_tf.prediction.views import View

MEMORY = 31  # Frames whose heights give the scale: their median changes slowly.
AREA = slice(0.6, 1.0), slice(1 / 3, 2 / 3)  # Of rows and columns, where the road is usually seen.
STEEP = 0.08  # Of rays down to the road, in focal lengths; flatter ones meet it far away.
FEWEST = 50  # Pixels.
STANDS = 0.02  # Shorter steps, in camera heights, have no direction; then the camera looks ahead.
AHEAD = np.array([0.0, 0.0, 1.0])


def in_metres(
    views: Iterable[View], intrinsics: np.ndarray, camera_height: float
) -> Iterator[View]:
    """Yields the views with all lengths in metres.

    The scale is the camera's height over its height above the road in each frame (see
    `height_above_ground`), as the median of the last MEMORY frames.

    Args:
      views: of consecutive frames, with lengths in any common unit.
      intrinsics: [3, 3], in pixels of the frames.
      camera_height: metres above the road.

    Raises:
      ValueError: no ray of the camera leads down to a road.
    """
    recent, camera_to_first = collections.deque(maxlen=MEMORY), np.eye(4)
    for view in views:
        height = _height(view, intrinsics)
        if math.isfinite(height) and height > 0:
            recent.append(camera_height / height)
        if not recent:
            raise ValueError(
                "Expected a level camera that sees the road in the image's lower middle. Received: "
                "a view without rays that lead down."
            )
        scale = float(np.median(recent))
        if view.camera_to_first is None:
            yield replace(view, depth=scale * view.depth, scale=scale * view.scale)
            continue
        yield scaled_view(view, scale, camera_to_first)
        if view.next_from_frame is not None:
            motion = scaled_motion(view.next_from_frame, scale)
            camera_to_first = camera_to_first @ np.linalg.inv(motion)


def scaled_view(view: View, scale: float, camera_to_first: np.ndarray) -> View:
    """The view with lengths multiplied by `scale`, and the camera placed at `camera_to_first`."""
    motion, scene_flow = view.next_from_frame, view.scene_flow
    return replace(
        view,
        depth=scale * view.depth,
        scale=scale * view.scale,
        camera_to_first=camera_to_first,
        next_from_frame=None if motion is None else scaled_motion(motion, scale),
        scene_flow=None if scene_flow is None else scale * scene_flow,
    )


def _height(view: View, intrinsics: np.ndarray) -> float:
    """The camera's height above the road, in the view's unit."""
    intrinsics = camera.resized_intrinsics(intrinsics, view.image.shape[:2], view.depth.shape)
    height = height_above_ground(view.depth, intrinsics, AHEAD)
    if view.next_from_frame is None:
        return height
    motion = view.next_from_frame
    travel = -motion[:3, :3].T @ motion[:3, 3]
    if not np.linalg.norm(travel) > STANDS * height:
        return height
    return height_above_ground(view.depth, intrinsics, travel)


def height_above_ground(depth, intrinsics, direction) -> float:
    """How far the camera is above the road that it drives on, in the unit of `depth`.

    The median over the image's lower middle, where most pixels show the road.

    Args:
      depth: [H, W].
      intrinsics: [3, 3], in pixels of H x W.
      direction: [3], of travel, in the camera's axes; of any length but 0.

    Returns:
      the height; NaN if no ray leads down to the road.
    """
    points = np.asarray(
        camera.backproject(np.float32(depth[None, ..., None]), np.float32(intrinsics[None]))
    )[0]
    (top, bottom), (left, right) = (
        (round(part.start * side), round(part.stop * side))
        for part, side in zip(AREA, depth.shape, strict=True)
    )
    below = points[top:bottom, left:right].reshape(-1, 3)
    rays = below / below[:, 2:]
    unit = np.float32(direction / np.linalg.norm(direction))
    slopes = np.asarray(ground.slopes(rays[None], unit[None]))[0]
    steep = slopes > STEEP
    if steep.sum() < FEWEST:
        return math.nan
    return float(np.median(slopes[steep] * below[steep, 2]))
