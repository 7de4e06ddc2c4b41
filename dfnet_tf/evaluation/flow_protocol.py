"""Evaluates flow as in the papers, beside zero flow; writes submissions to benchmark servers."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from dfnet_tf.data.files.flo_files import write_flo
from dfnet_tf.data.files.truth_files import write_flow
from dfnet_tf.evaluation import flow_metrics
from dfnet_tf.evaluation.report import checked, summarise
from dfnet_tf.program.progress import progress

ASPECT_TOLERANCE = 0.05  # For sizes rounded to whole pixels; other crops differ by more.
WRITERS = {".png": write_flow, ".flo": write_flo}


def evaluate_flow(
    pairs: Iterable, predict_flow: Callable[[np.ndarray, np.ndarray], np.ndarray]
) -> dict:
    """Evaluates flow on pairs of images.

    Args:
      pairs: objects with `.name`, `.first()` and `.second()`, uint8 RGB [H, W, 3], and `.truth()`,
        {group: (flow [h, w, 2], valid [h, w])} (see `data.truth.flow_pairs`).
      predict_flow: (first, second) -> flow [h, w, 2], in pixels of its own size, which is free.

    Returns:
      A result (see `report`) with the groups of the truth. The trivial prediction is zero flow.

    Raises:
      ValueError: there is no truth; a truth is not finite or has another view than the images; the
        images differ in size; or a prediction is not [h, w, 2] and finite.
    """
    samples = []
    for pair in progress(list(pairs), "flow", "pair"):
        flow, size = prediction(pair, predict_flow)
        sample = {"name": pair.name, "ours": {}, "trivial": {}}
        for group, (truth, valid) in pair.truth().items():
            truth = _checked_truth(truth, valid, size, f"{pair.name}, true flow ({group})")
            if not valid.any():
                continue
            resized = flow_metrics.resized_flow(flow, *truth.shape[:2])
            sample["ours"][group] = flow_metrics.flow_errors(resized, truth, valid)
            sample["trivial"][group] = flow_metrics.flow_errors(0 * resized, truth, valid)
        samples.append(sample)
    if not any(sample["ours"] for sample in samples):
        raise ValueError("Expected image pairs with true flow. Received: none.")
    return summarise("flow", samples, lambda _, errors: flow_metrics.average(errors))


def write_submission(
    pairs: Iterable,
    predict_flow: Callable[[np.ndarray, np.ndarray], np.ndarray],
    folder: Path,
) -> None:
    """Writes the flow of each pair to `folder` / `pair.submission`: 16-bit PNG or .flo."""
    for pair in progress(list(pairs), "flow", "pair"):
        flow, size = prediction(pair, predict_flow)
        path = folder / pair.submission
        path.parent.mkdir(parents=True, exist_ok=True)
        flow = flow_metrics.resized_flow(flow, *size)
        WRITERS[path.suffix](path, flow, np.ones(size, np.float32))


def prediction(pair, predict_flow: Callable) -> tuple[np.ndarray, tuple[int, int]]:
    """A pair's predicted flow, float64 [h, w, 2] of its own size, and the images' (H, W)."""
    first, second = pair.first(), pair.second()
    if first.shape != second.shape:
        (height, width), (other_height, other_width) = first.shape[:2], second.shape[:2]
        raise ValueError(
            f"{pair.name}: expected two images of one size. "
            f"Received: {width}x{height} and {other_width}x{other_height}."
        )
    return checked(predict_flow(first, second), (None, None, 2), pair.name), first.shape[:2]


def _checked_truth(truth, valid, image_size, name):
    """`truth` as float64; ValueError unless it is finite where valid and has the images' view."""
    truth = checked(np.where(valid[..., None] > 0, truth, 0), (None, None, 2), name)
    (height, width), (image_height, image_width) = truth.shape[:2], image_size
    if abs(width / height * image_height / image_width - 1) > ASPECT_TOLERANCE:
        raise ValueError(
            f"{name}: expected the view of its {image_width}x{image_height} images. "
            f"Received: {width}x{height}."
        )
    return truth
