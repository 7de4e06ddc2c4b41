"""What a network of depth alone says of every frame of a recording."""

from collections.abc import Iterable, Iterator

import numpy as np

from dfnet_tf.prediction.predictor import Predictor
from dfnet_tf.prediction.views import View


def depth_views(predictor: Predictor, frames: Iterable[np.ndarray]) -> Iterator[View]:
    """Yields the view of every frame, uint8 RGB [H, W, 3], with depth and nothing else.

    For runs that trained no flow, and so nothing that holds scale and motion together: each
    frame's depth has its own scale, and where its camera stands is None, not known.
    """
    for image in frames:
        yield View(image, 1.0 / predictor.disparity(image), 1.0, camera_to_first=None)
