"""Evaluates depth as in the papers, beside constant depth."""

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
    """The evaluated pixels: depths up to each of `caps`, in metres, within `crop`."""

    crop: Crop | None
    caps: tuple[float, ...]


# By the names in `truth.depth_samples`. Improved depth is evaluated on the whole image, as in
# Monodepth2 (Godard et al., ICCV 2019); Make3D up to 70 m ("C1": Liu, Salzmann, He, CVPR 2014).
RULES = {
    "clips": DepthRules(depth_metrics.GARG_CROP, (80, 50)),
    "kitti_eigen": DepthRules(depth_metrics.GARG_CROP, (80, 50)),
    "kitti_improved": DepthRules(None, (80, 50)),
    "make3d": DepthRules(None, (70,)),
}


@dataclass(frozen=True, eq=False)
class _Judged:
    """The predicted and true depths [N] of one image's evaluated pixels, up to the largest cap."""

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
    """Evaluates depth on a benchmark, by its own `RULES` unless `rules` are given.

    Returns:
      The result of `evaluate_depth`, the benchmark's name under "benchmark", and a note if images
      are missing.
    """
    rules = rules or RULES[benchmark.name]
    results = evaluate_depth(benchmark.samples, predict_disparity, rules.crop, rules.caps)
    notes = [*results["notes"], *missing_note(benchmark)]
    return {**results, "benchmark": benchmark.name, "notes": notes}


def missing_note(benchmark: DepthBenchmark) -> list[str]:
    """A line that states how much of the benchmark is missing; empty if it is complete."""
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
    """Evaluates depth on every sample with true depth, as on KITTI's Eigen split.

    Args:
      samples: objects with `.name`, `.image()`, uint8 RGB [H, W, 3], and `.truth()` [h, w], metres,
        0 = none, of any size (see `data.truth.depth_samples`).
      predict_disparity: uint8 RGB image [H, W, 3] -> positive disparity [h, w], of any size.
      crop: the part of the image to evaluate; None: all of it, as for rendered scenes.
      caps: the largest evaluated depths, in metres.

    Returns:
      A result (see `report`) with three groups for each cap: "80m": after median scaling of each
      image; "80m_one_scale": after scaling all images by one factor, the median of their own
      scales; "80m_unscaled". "scale" holds that factor and the relative standard deviation of the
      images' own scales. The trivial prediction is constant: the median of the images' true
      medians.

    Raises:
      ValueError: there is no truth; a truth is not finite; or a prediction is not [h, w], finite
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
    """The unscaled predicted depth of a sample, at the resolution of its truth [h, w]."""
    return depth_from(predict_disparity(sample.image()), truth.shape, sample.name)


def depth_from(disparity: np.ndarray, size: tuple[int, int], name: str) -> np.ndarray:
    """Converts a disparity [h, w] to depth of the truth's size; ValueError unless all are > 0."""
    disparity = checked(disparity, (None, None), name)
    if disparity.min() <= 0:
        raise ValueError(f"{name}: expected disparity > 0. Received: {disparity.min()}.")
    return depth_metrics.depth_from_disparity(disparity, *size)


def _judged(sample, predict_disparity, crop, cap) -> _Judged | None:
    """The evaluated pixels of a sample; None if there are none."""
    truth = checked(sample.truth(), (None, None), f"{sample.name}, true depth")
    counts = depth_metrics.judged_pixels(truth, cap, crop)
    if not counts.any():
        return None
    depth = prediction(sample, predict_disparity, truth)
    # float32 saves memory: all depths are kept until the common scale is known.
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
