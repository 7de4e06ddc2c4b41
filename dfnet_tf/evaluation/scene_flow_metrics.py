"""Errors of scene flow: KITTI's outliers, and the errors of the 3-D motion.

Menze, Geiger, "Object scene flow for autonomous vehicles", CVPR 2015; Gu, Wang, Wu, Lee, Wang,
"HPLFlowNet", CVPR 2019.
"""

import numpy as np

from dfnet_tf.data.truth.scene_flow_pairs import SceneFlow
from dfnet_tf.evaluation.flow_metrics import OUTLIER_FRACTION, OUTLIER_PIXELS
from dfnet_tf.geometry import scene_flow

OUTLIERS = ("d1", "d2", "fl", "sf")
# An error of the 3-D motion in metres, and as a share of the true motion's length: below one of the
# two, the motion is accurate, strictly or relaxed; above one of the two, it is an outlier.
STRICT, RELAXED, OUTLIER_3D = (0.05, 0.05), (0.1, 0.1), (0.3, 0.1)
MOTION_ERRORS = ("epe_3d", "acc_strict_percent", "acc_relaxed_percent", "outliers_3d_percent")


def scene_flow_errors(
    estimate: SceneFlow,
    truth: SceneFlow,
    baseline: float,
    region: np.ndarray | None = None,
) -> dict:
    """Compares two scene flows of one image where the truth is known.

    An outlier has an error of more than 3 pixels *and* of more than 5 % of the truth, in disparity
    f * baseline / depth or in the length of the flow.

    Args:
      estimate: without gaps.
      truth: of the same size H x W.
      baseline: metres between the two cameras of the disparities.
      region: [H, W], True for the pixels to evaluate; None: all.

    Returns:
      d1_percent, d2_percent, fl_percent: outliers of depth, next depth and flow among the pixels
      where it is known; sf_percent: pixels with any of the three wrong, where all are known.
      epe_3d: metres, mean |(p2 - p1) - true (p2 - p1)| where all are known, p1 and p2 each in the
      camera frame of its time. acc_strict_percent, acc_relaxed_percent: pixels where this error is
      below 0.05 m or 5 % (0.1 m or 10 %) of the true p2 - p1; outliers_3d_percent: pixels where it
      is above 0.3 m or 10 %.
      d1_pixels ...: numbers of pixels; without any, the error is None.
    """
    region = np.ones(truth.depth.shape, bool) if region is None else region
    reach = truth.intrinsics[0, 0] * baseline
    gaps, sizes, known = {}, {}, {}
    for name, ours, true in (
        ("d1", estimate.depth, truth.depth),
        ("d2", estimate.next_depth, truth.next_depth),
    ):
        known[name] = true > 0
        sizes[name] = reach / np.where(known[name], true, np.inf)
        gaps[name] = np.abs(reach / ours - sizes[name])
    known["fl"] = np.isfinite(truth.flow).all(axis=-1)
    sizes["fl"] = np.linalg.norm(truth.flow, axis=-1)
    gaps["fl"] = np.linalg.norm(estimate.flow - truth.flow, axis=-1)
    wrong = {
        name: (gap > OUTLIER_PIXELS) & (gap > OUTLIER_FRACTION * sizes[name])
        for name, gap in gaps.items()
    }
    known["sf"] = known["d1"] & known["d2"] & known["fl"]
    wrong["sf"] = wrong["d1"] | wrong["d2"] | wrong["fl"]
    errors = {f"{name}_percent": _mean(100.0 * wrong[name], known[name] & region) for name in wrong}
    errors |= _motion_errors(_motion(estimate), _motion(truth), known["sf"] & region)
    return errors | {f"{name}_pixels": int((known[name] & region).sum()) for name in wrong}


def average(images: list[dict]) -> dict:
    """Averages `scene_flow_errors` with the same weight for each pixel, like KITTI's server.

    None for metrics without any known pixel.
    """
    counted_by = {f"{name}_percent": f"{name}_pixels" for name in OUTLIERS}
    counted_by |= dict.fromkeys(MOTION_ERRORS, "sf_pixels")
    summary = {}
    for metric, count in counted_by.items():
        judged = [errors for errors in images if errors[count]]
        values, weights = ([errors[name] for errors in judged] for name in (metric, count))
        summary[metric] = float(np.average(values, weights=weights)) if judged else None
    return summary


def _motion_errors(motion, truth, judged):
    """MOTION_ERRORS of `motion` against `truth`, [H, W, 3], in metres, where `judged` [H, W]."""
    gap, size = np.linalg.norm(motion - truth, axis=-1), np.linalg.norm(truth, axis=-1)
    strict, relaxed = ((gap < metres) | (gap < share * size) for metres, share in (STRICT, RELAXED))
    metres, share = OUTLIER_3D
    outliers = (gap > metres) | (gap > share * size)
    values = gap, 100.0 * strict, 100.0 * relaxed, 100.0 * outliers
    return {name: _mean(each, judged) for name, each in zip(MOTION_ERRORS, values, strict=True)}


def _motion(flow: SceneFlow):
    """p2 - p1 [H, W, 3] of every pixel, metres."""
    arrays = flow.depth[..., None], flow.next_depth[..., None], flow.flow, flow.intrinsics
    motion = scene_flow.scene_flow(*(np.float32(array)[None] for array in arrays))
    return np.asarray(motion)[0]


def _mean(values, judged):
    return float(values[judged].mean()) if judged.any() else None
