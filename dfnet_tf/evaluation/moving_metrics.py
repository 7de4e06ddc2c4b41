"""How well moving pixels are found: the mask's overlap, and the ranking behind it."""

import numpy as np


def mask_errors(moving: np.ndarray, score: np.ndarray, truth: np.ndarray) -> dict:
    """Compares what is said to move with what does, [H, W] each.

    Args:
      moving: bool, the answer.
      score: the larger, the more surely it moves; any unit.
      truth: bool.

    Returns:
      iou: |both| / |either|; precision: |both| / |said|; recall: |both| / |true|; None for 0 / 0.
      average_precision: of `score`, see there; None if nothing moves. both, said, true: pixels.
    """
    sums = {"both": moving & truth, "said": moving, "true": truth}
    counts = {name: int(pixels.sum()) for name, pixels in sums.items()}
    ranked = average_precision(score.ravel(), truth.ravel()) if truth.any() else None
    return _ratios(**counts) | {"average_precision": ranked} | counts


def average_precision(score: np.ndarray, truth: np.ndarray) -> float:
    """The mean precision over all thresholds of `score` [N], each weighed by the recall it adds.

    sum_k (R_k - R_{k-1}) P_k, k over the distinct scores from the highest down: the share of
    `truth` [N] for a score that says nothing, 1 for one that ranks all that is true first.
    """
    ranks = np.unique(-score, return_inverse=True)[1].ravel()
    true, said = np.cumsum(np.bincount(ranks, truth)), np.cumsum(np.bincount(ranks))
    return float(np.sum(np.diff(true, prepend=0.0) / true[-1] * true / said))


def average(images: list[dict]) -> dict:
    """Averages `mask_errors`: the ratios over the pixels of all images together.

    average_precision is the mean over the images in which something moves.
    """
    totals = {name: sum(errors[name] for errors in images) for name in ("both", "said", "true")}
    ranked = [errors["average_precision"] for errors in images if errors["true"]]
    return _ratios(**totals) | {"average_precision": float(np.mean(ranked)) if ranked else None}


def _ratios(both: int, said: int, true: int) -> dict:
    pixels = {"iou": said + true - both, "precision": said, "recall": true}
    return {name: both / count if count else None for name, count in pixels.items()}
