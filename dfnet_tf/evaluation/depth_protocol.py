"""Judges depth as the papers do, beside a constant."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from dfnet_tf.data.truth.depth_samples import DepthBenchmark
from dfnet_tf.evaluation import depth_metrics
from dfnet_tf.evaluation.report import checked, summarise
from dfnet_tf.program.progress import progress

Crop = tuple[float, float, float, float]


@dataclass(frozen=True)
class DepthRules:
    """What counts: depths up to each of `caps`, in metres, within `crop` of the truth."""

    crop: Crop | None
    caps: tuple[float, ...]


# By the names of `truth.depth_samples`. Improved truth is judged on the whole image, as Monodepth2
# (Godard et al., ICCV 2019) does; Make3D up to 70 m ("C1": Liu, Salzmann, He, CVPR 2014).
RULES = {
    "clips": DepthRules(depth_metrics.GARG_CROP, (80, 50)),
    "kitti_eigen": DepthRules(depth_metrics.GARG_CROP, (80, 50)),
    "kitti_improved": DepthRules(None, (80, 50)),
    "make3d": DepthRules(None, (70,)),
}


@dataclass(frozen=True, eq=False)
class _Judged:
    """The depths [N] of one image that count, up to the largest cap, and the true ones."""

    name: str
    depth: np.ndarray
    truth: np.ndarray

    @property
    def scale(self) -> float:
        return depth_metrics.median_scale(self.depth, self.truth)


def evaluate_benchmark(
    benchmark: DepthBenchmark,
    predict_disparity: Callable[[np.ndarray], np.ndarray],
    rules: DepthRules | None = None,
) -> dict:
    """Judges depth on a benchmark, by its own `RULES` unless others are given.

    Returns:
      As `evaluate_depth`, with "benchmark", its name, and a note if any of its images are missing.
    """
    rules = rules or RULES[benchmark.name]
    results = evaluate_depth(benchmark.samples, predict_disparity, rules.crop, rules.caps)
    notes = [*results["notes"], *missing_note(benchmark)]
    return {**results, "benchmark": benchmark.name, "notes": notes}


def missing_note(benchmark: DepthBenchmark) -> list[str]:
    """One line that says how much of the benchmark is not there; none if all of it is."""
    expected, missing = benchmark.num_expected, benchmark.num_expected - len(benchmark.samples)
    if missing <= 0:
        return []
    note = "MISSING: {} of the {} images of {}. No published number is comparable."
    return [note.format(missing, expected, benchmark.name)]


def evaluate_depth(
    samples: Iterable,
    predict_disparity: Callable[[np.ndarray], np.ndarray],
    crop: Crop | None = depth_metrics.GARG_CROP,
    caps: tuple[float, ...] = (80, 50),
) -> dict:
    """Judges depth on every sample that has a true depth, as on KITTI's Eigen split.

    Args:
      samples: objects with `.name`, `.image()`, uint8 RGB [H, W, 3], and `.truth()` [h, w], metres,
        0 = none, of any size (see `data.truth.depth_samples`).
      predict_disparity: uint8 RGB image [H, W, 3] -> positive disparity [h, w], of any size.
      crop: the part of the image that counts; None: all of it, as for rendered scenes.
      caps: the largest depths that are judged, in metres.

    Returns:
      A result (see `report`) with three groups for each cap: "80m", after per-image median scaling;
      "80m_one_scale", after scaling all images by one factor, the median of the images' own ones;
      "80m_unscaled". Also "scale", that factor and how far the images' own ones scatter (relative
      standard deviation). The trivial answer is a constant, the median image's true median.

    Raises:
      ValueError: there is no truth or one that is not finite, or a prediction is not [h, w], finite
        and positive.
    """
    judged = [
        found
        for sample in progress(list(samples), "depth", "image")
        if (found := _judged(sample, predict_disparity, crop, max(caps))) is not None
    ]
    if not judged:
        raise ValueError("Expected images with true depth. Received: none.")
    scales = np.array([image.scale for image in judged])
    one_scale = float(np.median(scales))
    constant = float(np.median([np.median(image.truth) for image in judged]))
    results = []
    for image in judged:
        trivial = _Judged(image.name, np.full_like(image.truth, constant), image.truth)
        ours, trivial = _errors(image, one_scale, caps), _errors(trivial, 1.0, caps)
        results.append({"name": image.name, "ours": ours, "trivial": trivial})
    scale = {"factor": one_scale, "relative_std": float(np.std(scales / one_scale))}
    summary = summarise("depth", results, lambda _, errors: depth_metrics.average(errors))
    note = "One scale for all images: {factor:.4g}; the images' own: std {relative_std:.1%} of it."
    return {**summary, "scale": scale, "notes": [note.format(**scale)]}


def prediction(sample, predict_disparity: Callable, truth: np.ndarray) -> np.ndarray:
    """The depth that is predicted for a sample, unscaled, in the grid of its truth [h, w]."""
    return depth_from(predict_disparity(sample.image()), truth.shape, sample.name)


def depth_from(disparity: np.ndarray, size: tuple[int, int], name: str) -> np.ndarray:
    """A predicted disparity [h, w] as depth of the truth's size; ValueError unless it is > 0."""
    disparity = checked(disparity, (None, None), name)
    if disparity.min() <= 0:
        raise ValueError(f"{name}: expected disparity > 0. Received: {disparity.min()}.")
    return depth_metrics.depth_from_disparity(disparity, *size)


def _judged(sample, predict_disparity, crop, cap) -> _Judged | None:
    """What counts of a sample; None if nothing does."""
    truth = checked(sample.truth(), (None, None), f"{sample.name}, true depth")
    counts = depth_metrics.judged_pixels(truth, cap, crop)
    if not counts.any():
        return None
    depth = prediction(sample, predict_disparity, truth)
    # In float32: these stay in memory until the scale of the whole set is known.
    return _Judged(sample.name, np.float32(depth[counts]), np.float32(truth[counts]))


def _errors(image: _Judged, one_scale: float, caps) -> dict:
    """{group: errors} of one image, up to each cap."""
    groups = {}
    for cap in caps:
        near = image.truth < cap
        if near.any():
            depth, truth = image.depth[near], image.truth[near]
            own_scale = depth_metrics.median_scale(depth, truth)
            scales = {"": own_scale, "_one_scale": one_scale, "_unscaled": 1.0}
            for name, scale in scales.items():
                errors = depth_metrics.depth_errors(scale * depth, truth, cap)
                groups[f"{cap:g}m{name}"] = errors
    return groups
