"""Images of an evaluation: the best and worst samples with truth and error; trajectories."""

from collections.abc import Callable, Iterable, Iterator

import cv2
import numpy as np

from dfnet_tf import visualize
from dfnet_tf.evaluation import depth_metrics, depth_protocol, flow_metrics, flow_protocol

COUNT = 3  # Number of the best, and of the worst, samples.
MAX_DEPTH_ERROR = 0.5  # Share of the true depth that is drawn red.
SPARSE = 0.3  # Truth at fewer pixels than this share is drawn with thick dots.
LEAST_WIDTH = 480  # Pixels: narrower images are enlarged so that titles fit.

Picture = tuple[str, np.ndarray]  # File name, uint8 RGB [H, W, 3].


def depth_pictures(results: dict, samples: Iterable, predict_disparity: Callable) -> Iterator:
    """Draws the best and worst samples of `evaluate_depth`, by abs_rel; yields each `Picture`."""
    samples = {sample.name: sample for sample in samples}
    for file, name, value in extremes(results, "abs_rel"):
        sample = samples[name]
        truth = sample.truth()
        depth = depth_protocol.prediction(sample, predict_disparity, truth)
        title = f"{name}, abs_rel {value:.3f}"
        yield file, depth_panel(sample.image(), depth, truth, title)


def flow_pictures(results: dict, pairs: Iterable, predict_flow: Callable) -> Iterator:
    """Draws the best and worst samples of `evaluate_flow`, by EPE; yields each `Picture`."""
    pairs, group = {pair.name: pair for pair in pairs}, main_group(results)
    for file, name, value in extremes(results, "epe"):
        pair = pairs[name]
        truth, valid = pair.truth()[group]
        flow, _ = flow_protocol.prediction(pair, predict_flow)
        flow = flow_metrics.resized_flow(flow, *truth.shape[:2])
        title = f"{name}, EPE {value:.2f} px ({group})"
        yield file, flow_panel(pair.first(), flow, truth, valid, title)


def odometry_pictures(results: dict) -> Iterator:
    """Draws each clip's trajectory and error over distance from `evaluate_odometry`.

    Yields each `Picture`. Clips shorter than 100 m, KITTI's least length, have no error over
    distance.
    """
    labels = {"ours": "ours", "trivial": "straight ahead", "truth": "truth"}
    for name, centres in results["trajectories"].items():
        lines = {labels[who]: line for who, line in centres.items()}
        yield f"trajectory_{name}.png", visualize.trajectory_plot(lines)
    for name, errors in results["error_over_distance"].items():
        if errors["ours"]:
            rows = {labels[who]: of_lengths for who, of_lengths in errors.items()}
            yield f"error_over_distance_{name}.png", visualize.error_over_distance_plot(rows)


def main_group(results: dict) -> str:
    """The first of the groups with the most samples."""
    return max(results["ours"], key=results["num_samples"].get)


def extremes(results: dict, metric: str) -> list[tuple[str, str, float]]:
    """(file name, sample name, error) of the `COUNT` worst and `COUNT` best samples, disjoint."""
    group = main_group(results)
    errors = {s["name"]: s["ours"][group][metric] for s in results["samples"] if group in s["ours"]}
    ranked = sorted(errors, key=errors.get)
    num_best = min(COUNT, (len(ranked) + 1) // 2)
    chosen = {"worst": ranked[num_best:][::-1][:COUNT], "best": ranked[:num_best]}
    return [
        (f"{kind}_{place}_{name.replace('/', '_')}.png", name, errors[name])
        for kind, names in chosen.items()
        for place, name in enumerate(names, 1)
    ]


def depth_panel(image: np.ndarray, depth: np.ndarray, truth: np.ndarray, title: str) -> np.ndarray:
    """Draws depth [h, w], scaled to the true median, beside truth [h, w], 0 = none."""
    known = truth > depth_metrics.MIN_DEPTH
    depth = depth * depth_metrics.median_scale(depth[known], truth[known])
    near_far = tuple(np.percentile(truth[known], (2, 98)))
    error = np.where(known, np.abs(depth - truth) / np.where(known, truth, 1), np.nan)
    if known.mean() < SPARSE:
        truth = -np.nan_to_num(_thick(np.where(known, -truth, np.nan)), nan=0.0)  # Nearest on top.
        error = _thick(error)
    tiles = [
        (title, image),
        ("true depth", visualize.color_depth(truth, near_far)),
        ("depth, scaled to the true median", visualize.color_depth(depth, near_far)),
        (
            f"error: blue 0, red {MAX_DEPTH_ERROR:.0%} of the true depth",
            _with_scale(visualize.color_error(error, MAX_DEPTH_ERROR)),
        ),
    ]
    return _panel(tiles, image.shape)


def flow_panel(
    image: np.ndarray, flow: np.ndarray, truth: np.ndarray, valid: np.ndarray, title: str
) -> np.ndarray:
    """Draws flow [h, w, 2] beside the true flow, known where `valid` [h, w] is 1."""
    known = valid > 0
    longest = np.percentile(np.linalg.norm(truth[known], axis=-1), 99)
    error = np.where(known, np.linalg.norm(flow - truth, axis=-1), np.nan)
    most = max(flow_metrics.OUTLIER_PIXELS, np.percentile(error[known], 98))
    truth = np.where(known[..., None], truth, np.nan)
    tiles = [
        (title, image),
        ("true flow", visualize.color_flow(truth, longest)),
        ("flow", visualize.color_flow(flow, longest)),
        (
            f"error: blue 0, red {most:.1f} pixels",
            _with_scale(visualize.color_error(error, most)),
        ),
    ]
    return _panel(tiles, image.shape)


def _panel(tiles: list[tuple[str, np.ndarray]], shape: tuple[int, ...]) -> np.ndarray:
    """The tiles, two per row, resized to a multiple of the size of an image of `shape`."""
    factor = max(1, -(-LEAST_WIDTH // shape[1]))
    size = (shape[1] * factor, shape[0] * factor)
    tiles = [(title, cv2.resize(tile, size, interpolation=0)) for title, tile in tiles]
    return visualize.panel([tiles[:2], tiles[2:]])


def _thick(values: np.ndarray) -> np.ndarray:
    """Spreads each finite value [h, w] over 5 x 5 pixels; the largest value is on top."""
    known, square = np.isfinite(values), np.ones((5, 5), np.uint8)
    spread = cv2.dilate(np.where(known, values, -np.inf).astype(np.float32), square)
    return np.where(cv2.dilate(known.astype(np.uint8), square), spread, np.nan)


def _with_scale(error_image: np.ndarray) -> np.ndarray:
    """Adds a colour scale from 0 to the largest error at the lower edge of an error map."""
    height, width = error_image.shape[:2]
    scale = visualize.color_error(np.tile(np.linspace(0, 1, width), (max(1, height // 16), 1)), 1)
    return np.concatenate([error_image[: height - len(scale)], scale])
