"""Views of a recording for runs with depth but without flow."""

from collections.abc import Iterable, Iterator

import numpy as np

from dfnet_tf.prediction.predictor import Predictor
from dfnet_tf.prediction.views import View


def depth_views(predictor: Predictor, frames: Iterable[np.ndarray]) -> Iterator[View]:
    """Yields a view with only depth for every frame, uint8 RGB [H, W, 3].

    For runs without a flow network. Nothing ties the scales of the frames together, so each frame's
    depth has its own scale, and the camera's pose is None (unknown).
    """
    for image in frames:
        yield View(image, 1.0 / predictor.disparity(image), 1.0, camera_to_first=None)
