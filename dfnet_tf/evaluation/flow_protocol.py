"""Judges optical flow as the papers do, beside zero flow."""

from collections.abc import Callable, Iterable

import numpy as np

from dfnet_tf.evaluation import flow_metrics
from dfnet_tf.evaluation.report import checked, summarise
from dfnet_tf.progress import progress


def evaluate_flow(
    pairs: Iterable, predict_flow: Callable[[np.ndarray, np.ndarray], np.ndarray]
) -> dict:
    """Judges flow on pairs of images.

    Args:
      pairs: objects with `.name`, `.first()` and `.second()`, uint8 RGB [H, W, 3], and `.truth()`,
        {kind: (flow [H, W, 2], valid [H, W])}; kinds: "noc" (not occluded pixels), "occ" (all).
      predict_flow: (first, second) -> flow [h, w, 2], in pixels of its own size, which is free.

    Returns:
      A result (see `report`); its groups are the kinds of truth. The trivial answer is zero flow.

    Raises:
      ValueError: there is no truth, or a prediction is not [h, w, 2] and finite.
    """
    samples = []
    for pair in progress(list(pairs), "flow", "pair"):
        flow = checked(predict_flow(pair.first(), pair.second()), (None, None, 2), pair.name)
        sample = {"name": pair.name, "ours": {}, "trivial": {}}
        for kind, (truth, valid) in pair.truth().items():
            if not valid.any():
                continue
            resized = flow_metrics.resized_flow(flow, *truth.shape[:2])
            sample["ours"][kind] = flow_metrics.flow_errors(resized, truth, valid)
            sample["trivial"][kind] = flow_metrics.flow_errors(0 * resized, truth, valid)
        samples.append(sample)
    if not any(sample["ours"] for sample in samples):
        raise ValueError("Expected image pairs with true flow. Received: none.")
    return summarise("flow", samples, lambda _, errors: flow_metrics.average(errors))
