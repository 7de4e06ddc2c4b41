"""Measures flicker: unexplained changes of depth of the same points between two frames."""

import cv2
import numpy as np
from keras import ops
from scipy import optimize

from dfnet_tf.geometry import optical_flow, visibility

OUTLIER = 0.02  # Of log depth; larger changes, as on moving objects, have less weight in the fit.


def tracked(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Tracks the pixels of one frame to the next with OpenCV's DIS (Kroeger et al., ECCV 2016).

    It does not depend on our networks, so that all of them are compared on the same points.

    Args:
      first, second: uint8 RGB [H, W, 3].

    Returns:
      flow [H, W, 2] in pixels; trusted [H, W], true where forward and backward flow agree and end
      inside the image.
    """
    grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (first, second)]
    dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flow, back = (dis.calc(*pair, None)[None] for pair in (grey, grey[::-1]))
    trusted = visibility.visible(flow, optical_flow.warp(back, flow))
    return flow[0], np.asarray(trusted)[0, ..., 0] > 0


def flicker(before: np.ndarray, after: np.ndarray, flow: np.ndarray, trusted: np.ndarray) -> float:
    """The mean |change of log depth - expected change|, which camera motion does not explain.

    Z and Z' are a point's depths in two frames. If the camera moves forward by t, Z' = Z - t, so

        log Z' - log Z = -(integral of 1 / Z from 0 to t) = -t (1 / Z + 1 / Z') / 2

    by the trapezoidal rule, which gives noise of Z and Z' the same weight. With 1 / Z instead of
    the mean, noise would look like motion. Each frame also has its own scale s. A robust fit to all
    points finds log s and t. A turn of a few degrees changes depth only a little (by its sine times
    the offset from the optical axis). This remains, like errors of flow and moving objects, and is
    the same for all models.

    Args:
      before, after: disparities (1 / Z) [H, W] of the two frames.
      flow: [H, W, 2], in pixels.
      trusted: [H, W], true for the points to use.
    """
    moved = ops.convert_to_numpy(optical_flow.warp(after[None, ..., None], flow[None]))[0, ..., 0]
    before, moved = before[trusted], moved[trusted]
    change = np.log(before) - np.log(moved)
    terms = np.stack([np.ones_like(before), -(before + moved) / 2], axis=-1)
    fit = optimize.least_squares(
        lambda unknowns: terms @ unknowns - change,
        x0=(0.0, 0.0),
        jac=lambda _: terms,
        loss="soft_l1",
        f_scale=OUTLIER,
    )
    return float(np.mean(np.abs(change - terms @ fit.x)))
