"""Errors of a flow field: end-point error and KITTI's F1 (Fl).

Menze, Geiger, "Object scene flow for autonomous vehicles", CVPR 2015.
"""

import cv2
import numpy as np

OUTLIER_PIXELS = 3.0
OUTLIER_FRACTION = 0.05  # Relative to the length of the true flow.


def resized_flow(flow: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resizes `flow` [h, w, 2] bilinearly to [height, width, 2] and rescales (u, v).

    The same as `geometry.optical_flow.resize_flow`, for arrays.
    """
    old_height, old_width = flow.shape[:2]
    resized = cv2.resize(flow, (width, height), interpolation=cv2.INTER_LINEAR)
    return resized * np.array([width / old_width, height / old_height], flow.dtype)


def flow_errors(flow: np.ndarray, truth: np.ndarray, valid: np.ndarray) -> dict:
    """Compares two flows [H, W, 2] of one image where `valid` [H, W] is 1.

    An outlier has an error of more than 3 pixels *and* of more than 5 % of the true flow's length.

    Returns:
      epe: mean end-point error in pixels; f1_percent: share of outliers; num_pixels: number of
      valid pixels.

    Raises:
      ValueError: no pixel is valid.
    """
    valid = valid > 0
    if not valid.any():
        raise ValueError("Expected a true flow with valid pixels. Received: none.")
    truth = truth[valid].astype("float64")
    error = np.linalg.norm(flow[valid] - truth, axis=-1)
    relative_bound = OUTLIER_FRACTION * np.linalg.norm(truth, axis=-1)
    outlier = (error > OUTLIER_PIXELS) & (error > relative_bound)
    return {
        "epe": float(error.mean()),
        "f1_percent": float(100.0 * outlier.mean()),
        "num_pixels": int(valid.sum()),
    }


def average(images: list[dict]) -> dict:
    """Averages `flow_errors` over images in two common ways.

    `epe`, `f1_percent`: each image has the same weight (DF-Net's program). `..._pooled`: each valid
    pixel has the same weight (KITTI's server).
    """
    pixels = [errors["num_pixels"] for errors in images]
    summary = {}
    for name in ("epe", "f1_percent"):
        values = [errors[name] for errors in images]
        summary[name] = float(np.mean(values))
        summary[f"{name}_pooled"] = float(np.average(values, weights=pixels))
    return summary
