"""Judges depth as the papers do, beside a constant."""

from collections.abc import Callable, Iterable

import numpy as np

from dfnet_tf.data.clip import Clip
from dfnet_tf.evaluation import depth_metrics
from dfnet_tf.evaluation.report import checked, frame_name, summarise
from dfnet_tf.progress import progress


def evaluate_depth(
    clips: Iterable[Clip],
    predict_disparity: Callable[[np.ndarray], np.ndarray],
    frames: Iterable[int] | None = None,
    crop: tuple[float, float, float, float] | None = depth_metrics.GARG_CROP,
    caps: tuple[float, ...] = (80, 50),
) -> dict:
    """Judges depth on every frame that has a true depth map, as on KITTI's Eigen split.

    Args:
      clips: frames without true depth are passed over.
      predict_disparity: uint8 RGB image [H, W, 3] -> positive disparity [h, w], of any size.
      frames: which frames of each clip to judge; None: all.
      crop: the part of the image that counts; None: all of it, as for rendered scenes.
      caps: the largest depths that are judged, in metres.

    Returns:
      A result (see `report`), with a group "80m", after per-image median scaling, and a group
      "80m_unscaled" for each cap. The trivial answer is a constant: the image's true median.

    Raises:
      ValueError: there is no truth, or a prediction is not [h, w], finite and positive.
    """
    samples = []
    frames = None if frames is None else set(frames)
    images = [(c, i) for c in clips for i in range(len(c)) if frames is None or i in frames]
    for clip, i in progress(images, "depth", "image"):
        truth = clip.depth(i)
        if truth is None or not depth_metrics.judged_pixels(truth, max(caps), crop).any():
            continue
        name = frame_name(clip, i)
        disparity = checked(predict_disparity(clip.image(i)), (None, None), name)
        if disparity.min() <= 0:
            raise ValueError(f"{name}: expected disparity > 0. Received: {disparity.min()}.")
        depth = depth_metrics.depth_from_disparity(disparity, *truth.shape)
        constant = np.full_like(truth, np.median(truth[truth > 0]))
        ours, trivial = (_depth_errors(d, truth, crop, caps) for d in (depth, constant))
        samples.append({"name": name, "ours": ours, "trivial": trivial})
    if not samples:
        raise ValueError("Expected clips with true depth (depth/*.png). Received: none.")
    return summarise("depth", samples, lambda _, errors: depth_metrics.average(errors))


def _depth_errors(depth, truth, crop, caps):
    """{group: errors} of one image's depth [H, W], scaled and unscaled, up to each cap."""
    groups = {}
    for cap in caps:
        judged = depth_metrics.judged_pixels(truth, cap, crop)
        if judged.any():
            ours, true = depth[judged], truth[judged]
            scaled = ours * depth_metrics.median_scale(ours, true)
            groups[f"{cap:g}m"] = depth_metrics.depth_errors(scaled, true, cap)
            groups[f"{cap:g}m_unscaled"] = depth_metrics.depth_errors(ours, true, cap)
    return groups
