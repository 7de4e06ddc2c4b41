"""Errors of masks of moving pixels: overlap with the truth, and average precision."""

import numpy as np


def mask_errors(moving: np.ndarray, score: np.ndarray, truth: np.ndarray) -> dict:
    """Compares predicted with true moving pixels, [H, W] each.

    Args:
      moving: bool, the predicted mask.
      score: the confidence of the prediction, in any unit; larger means more likely moving.
      truth: bool.

    Returns:
      iou: |both| / |either|; precision: |both| / |said|; recall: |both| / |true|; None for 0 / 0.
      average_precision: of `score`; None if nothing moves. both, said (predicted), true: numbers of
      pixels.
    """
    sums = {"both": moving & truth, "said": moving, "true": truth}
    counts = {name: int(pixels.sum()) for name, pixels in sums.items()}
    ranked = average_precision(score.ravel(), truth.ravel()) if truth.any() else None
    return _ratios(**counts) | {"average_precision": ranked} | counts


def average_precision(score: np.ndarray, truth: np.ndarray) -> float:
    """The mean precision over all thresholds of `score` [N], weighted by the gain in recall.

    sum_k (R_k - R_{k-1}) P_k, k over the distinct scores in descending order. It is the share of
    `truth` [N] for a constant score, and 1 for a score that ranks all true pixels first.
    """
    ranks = np.unique(-score, return_inverse=True)[1].ravel()
    true, said = np.cumsum(np.bincount(ranks, truth)), np.cumsum(np.bincount(ranks))
    return float(np.sum(np.diff(true, prepend=0.0) / true[-1] * true / said))


def average(images: list[dict]) -> dict:
    """Averages `mask_errors`: ratios are computed over the pixels of all images together.

    average_precision is the mean over the images in which something moves.
    """
    totals = {name: sum(errors[name] for errors in images) for name in ("both", "said", "true")}
    ranked = [errors["average_precision"] for errors in images if errors["true"]]
    return _ratios(**totals) | {"average_precision": float(np.mean(ranked)) if ranked else None}


def _ratios(both: int, said: int, true: int) -> dict:
    pixels = {"iou": said + true - both, "precision": said, "recall": true}
    return {name: both / count if count else None for name, count in pixels.items()}
