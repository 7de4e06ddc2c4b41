"""Errors of a depth map: the protocols of KITTI's Eigen split and of Make3D.

Eigen, Puhrsch, Fergus, NIPS 2014, with the crop of Garg et al., ECCV 2016, and the median scaling
of Zhou et al. (SfMLearner), CVPR 2017. Depths in metres, 0 = no truth.
"""

import cv2
import numpy as np

MIN_DEPTH = 1e-3
GARG_CROP = (0.40810811, 0.99189189, 0.03594771, 0.96405229)  # Top, bottom, left, right: fractions.
METRICS = ("abs_rel", "sq_rel", "rmse", "rmse_log", "delta1", "delta2", "delta3", "log10")


def depth_from_disparity(disparity: np.ndarray, height: int, width: int) -> np.ndarray:
    """Converts `disparity` [h, w], positive, to a depth map of the truth's size [height, width].

    Resizes the disparity bilinearly, not the depth, as in Monodepth. Between a near and a far
    surface, the mean of the depths would be a point in empty space.
    """
    return 1.0 / cv2.resize(disparity, (width, height), interpolation=cv2.INTER_LINEAR)


def judged_pixels(
    truth: np.ndarray, max_depth: float, crop: tuple[float, float, float, float] | None = None
) -> np.ndarray:
    """True where `truth` [H, W] lies between MIN_DEPTH and `max_depth` and within `crop`."""
    judged = (truth > MIN_DEPTH) & (truth < max_depth)
    if crop is not None:
        height, width = truth.shape
        top, bottom, left, right = (np.array(crop) * [height, height, width, width]).astype(int)
        inside = np.zeros_like(judged)
        inside[top:bottom, left:right] = True
        judged &= inside
    return judged


def median_scale(depth: np.ndarray, truth: np.ndarray) -> float:
    """The factor that gives `depth` the median of `truth`, both at the evaluated pixels [N]."""
    return float(np.median(truth) / np.median(depth))


def depth_errors(depth: np.ndarray, truth: np.ndarray, max_depth: float = 80.0) -> dict:
    """Compares depths [N] with true depths [N] at the evaluated pixels of one image.

    `depth` is first clipped to [MIN_DEPTH, max_depth], the range of the truth.

    Returns:
      abs_rel and sq_rel (relative to the truth), rmse (metres), rmse_log (root mean square
      difference of the natural logarithms); delta1-3: the fractions of pixels with
      max(depth / truth, truth / depth) below 1.25^1, 2, 3; log10: the mean absolute difference of
      the decimal logarithms, used on Make3D (Karsch, Liu, Kang, ECCV 2012).
    """
    depth = np.clip(depth.astype("float64"), MIN_DEPTH, max_depth)
    truth = truth.astype("float64")
    gap, log_gap = depth - truth, np.log(depth / truth)
    ratio = np.maximum(depth / truth, truth / depth)
    values = (
        np.mean(np.abs(gap) / truth),
        np.mean(gap**2 / truth),
        np.sqrt(np.mean(gap**2)),
        np.sqrt(np.mean(log_gap**2)),
        *(np.mean(ratio < 1.25**power) for power in (1, 2, 3)),
        np.mean(np.abs(log_gap)) / np.log(10),
    )
    return dict(zip(METRICS, map(float, values), strict=True))


def average(images: list[dict]) -> dict:
    """The mean of each of the `depth_errors` over images, with equal weights."""
    return {name: float(np.mean([errors[name] for errors in images])) for name in METRICS}
