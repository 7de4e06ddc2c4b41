"""Images of views, single and side by side on a page."""

import cv2
import numpy as np

from dfnet_tf import visualize
from dfnet_tf.prediction.views import View

LONGEST, LONGEST_TILE = 1280, 640  # Pixels of the longer side; smaller inputs keep their size.
SAMPLED = slice(None, None, 3), slice(None, None, 3)  # The pixels that give the colour ranges.
FLOWS = ("flow", "rigid_flow", "rotation_flow", "translation_flow", "object_motion")
TITLES = {
    "frame": "frame",
    "depth": "depth",
    "flow": "flow to the next frame",
    "rigid_flow": "rigid flow, from depth and camera motion",
    "object_motion": "flow minus rigid flow",
    "moving": "moving objects",
}


class Painter:
    """Draws views in colour ranges that change slowly, so that videos do not flicker."""

    INERTIA = 0.9

    def __init__(self):
        self._ranges: dict[str, np.ndarray] = {}

    def pictures(self, view: View) -> dict[str, np.ndarray]:
        """Images of the view's known fields, by field name: uint8 RGB, of the networks' sizes.

        All flows have the same colour range. `fitted` gives them the shape of the frame.
        """
        disparity = 1.0 / view.depth
        limits = self._smoothed("depth", np.percentile(disparity[SAMPLED], (2, 98)))
        pictures = {"depth": visualize.color_disparity(disparity, tuple(limits))}
        if view.flow is not None:
            # As a share of the width, because the flows' resolutions may differ.
            lengths = np.linalg.norm(view.flow[SAMPLED], axis=-1) / view.flow.shape[1]
            (longest,) = self._smoothed("flow", np.percentile(lengths, (99,)))
            for name in FLOWS:
                flow = getattr(view, name)
                if flow is not None:
                    pictures[name] = visualize.color_flow(flow, longest * flow.shape[1])
        if view.moving is not None:
            pictures["moving"] = visualize.color_mask(view.moving)
        return pictures

    def _smoothed(self, name: str, now: np.ndarray) -> np.ndarray:
        before = self._ranges.get(name, now)
        self._ranges[name] = self.INERTIA * before + (1 - self.INERTIA) * now
        return self._ranges[name]


def fitted(name: str, picture: np.ndarray, frame: np.ndarray, longest: int) -> np.ndarray:
    """A picture [h, w, 3] in the shape of `frame`, and in its size up to `longest` pixels.

    Resizing colours is faster than resizing numbers before they are coloured. Masks stay black and
    white.
    """
    height, width = frame.shape[:2]
    scale = min(1.0, longest / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    shrinks = size[0] <= picture.shape[1] and size[1] <= picture.shape[0]
    mode = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    picture = cv2.resize(picture, size, interpolation=mode)
    if name == "moving":
        _, picture = cv2.threshold(picture, 127, 255, cv2.THRESH_BINARY)
    return picture


def panel(frame: np.ndarray, pictures: dict[str, np.ndarray], rows: list[list[str]]) -> np.ndarray:
    """`frame` [H, W, 3] and its `pictures` on one page; missing images are white.

    `rows` holds keys of TITLES, from the upper left.
    """
    nothing = np.full((1, 1, 3), 255, np.uint8)
    pictures = {"frame": frame, **pictures}
    return visualize.panel(
        [
            [
                (TITLES[name], fitted(name, pictures.get(name, nothing), frame, LONGEST_TILE))
                for name in row
            ]
            for row in rows
        ]
    )
