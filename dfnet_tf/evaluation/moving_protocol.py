"""Judges which pixels are said to move by themselves, beside saying so of all."""

from collections.abc import Callable, Iterable

import numpy as np

from dfnet_tf.evaluation import flow_metrics, moving_metrics
from dfnet_tf.evaluation.report import checked, summarise
from dfnet_tf.geometry import object_motion
from dfnet_tf.program.progress import progress


def evaluate_moving(
    pairs: Iterable,
    predict_flow: Callable[[np.ndarray, np.ndarray], np.ndarray],
    predict_rigid_flow: Callable[[list[np.ndarray], int, np.ndarray], np.ndarray],
) -> dict:
    """Judges what moves by itself: where the flow is not what the camera's motion induces.

    A pixel is said to move by `object_motion.moving_mask`, both flows in pixels of the truth; its
    `disagreement` is the score that is ranked for the average precision.

    Args:
      pairs: see `data.truth.scene_flow_pairs`; those without a mask are passed over.
      predict_flow: (first, second) -> flow [h, w, 2], in pixels of its own size.
      predict_rigid_flow: (consecutive images, index, intrinsics [3, 3] of the images) -> the flow
        [h, w, 2] from image `index` to the next that depth and motion induce, in its own pixels.

    Returns:
      A result (see `report`) with the group "all". The trivial answer says that everything moves;
      that nothing does has an IoU of 0.

    Raises:
      ValueError: there is no truth, or it has not its image's size; or a prediction is not
        [h, w, 2] and finite.
    """
    samples = []
    for pair in progress(list(pairs), "moving objects", "pair"):
        truth = pair.moving()
        if truth is None:
            continue
        images, index = pair.frames()
        _check_size(truth.shape, images[index].shape[:2], pair.name)
        flows = (
            predict_flow(*images[index : index + 2]),
            predict_rigid_flow(images, index, pair.intrinsics),
        )
        ours, everything = _said(flows, truth.shape, pair.name), np.ones(truth.shape)
        samples.append(
            {
                "name": pair.name,
                "ours": {"all": moving_metrics.mask_errors(*ours, truth)},
                "trivial": {"all": moving_metrics.mask_errors(everything > 0, everything, truth)},
            }
        )
    if not samples:
        raise ValueError("Expected pairs with masks of what moves. Received: none.")
    return summarise("moving_objects", samples, lambda _, errors: moving_metrics.average(errors))


def _check_size(size, image_size, name):
    if size != image_size:
        expected = f"a mask of what moves of its image's size, {list(image_size)}"
        raise ValueError(f"{name}: expected {expected}. Received: {list(size)}.")


def _said(flows, size, name):
    """What is said to move, and its score, [H, W] of the truth's size."""
    flow, rigid_flow = (
        np.float32(flow_metrics.resized_flow(checked(f, (None, None, 2), name), *size))
        for f in flows
    )
    moving = object_motion.moving_mask(flow, rigid_flow)
    score = object_motion.disagreement(flow, rigid_flow)
    return np.asarray(moving)[..., 0] > 0, np.asarray(score)[..., 0]
