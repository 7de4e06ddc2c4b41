"""The coloured points of a view, in the axes of the first camera."""

import cv2
import numpy as np

from dfnet_tf.geometry import camera
from dfnet_tf.prediction.views import View

FARTHEST = 5.0  # Depths beyond this many medians are omitted: mostly noise and sky.


def points(view: View, intrinsics: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points [N, 3], in the view's unit of length, and their colours, uint8 RGB [N, 3].

    All clouds of a recording fit together.

    Args:
      view: of a frame.
      intrinsics: [3, 3], in pixels of the frame.
    """
    height, width = view.depth.shape
    intrinsics = camera.resized_intrinsics(intrinsics, view.image.shape[:2], view.depth.shape)
    depth, intrinsics = view.depth[None, ..., None], np.float32(intrinsics[None])
    near = view.depth <= FARTHEST * np.median(view.depth)
    places = np.asarray(camera.backproject(depth, intrinsics)[0])[near]
    motion = np.eye(4) if view.camera_to_first is None else view.camera_to_first
    colours = cv2.resize(view.image, (width, height), interpolation=cv2.INTER_AREA)[near]
    return places @ motion[:3, :3].T + motion[:3, 3], colours
