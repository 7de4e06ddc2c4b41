"""Evaluates masks of moving pixels, beside a mask of all pixels."""

from collections.abc import Callable, Iterable

import numpy as np

from dfnet_tf.evaluation import flow_metrics, moving_metrics
from dfnet_tf.evaluation.depth_protocol import depth_from
from dfnet_tf.evaluation.report import checked, summarise
from dfnet_tf.geometry import object_motion
from dfnet_tf.program.progress import progress


def evaluate_moving(
    pairs: Iterable,
    predict_disparity: Callable[[np.ndarray], np.ndarray],
    predict_flow: Callable[[np.ndarray, np.ndarray], np.ndarray],
    predict_motion: Callable[[list[np.ndarray], int, np.ndarray], np.ndarray],
) -> dict:
    """Evaluates moving pixels: where the flow cannot come from the camera's motion.

    A pixel counts as moving if its `object_motion.motion_score` is above 1. The average precision
    ranks pixels by this score.

    Args:
      pairs: see `data.truth.scene_flow_pairs`; pairs without a mask are skipped.
      predict_disparity, predict_flow, predict_motion: see `scene_flow_protocol`.

    Returns:
      A result (see `report`) with the group "all". In the trivial prediction everything moves. (If
      nothing moved, the IoU would be 0.)

    Raises:
      ValueError: there is no truth, or its size differs from the image's; or a prediction has a
        wrong shape or is not finite.
    """
    samples = []
    for pair in progress(list(pairs), "moving objects", "pair"):
        truth = pair.moving()
        if truth is None:
            continue
        images, index = pair.frames()
        _check_size(truth.shape, images[index].shape[:2], pair.name)
        predictors = predict_disparity, predict_flow, predict_motion
        score = motion_score(images, index, pair.intrinsics, *predictors, name=pair.name)
        everything = np.ones(truth.shape)
        samples.append(
            {
                "name": pair.name,
                "ours": {"all": moving_metrics.mask_errors(score > 1, score, truth)},
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


def motion_score(
    images: list[np.ndarray],
    index: int,
    intrinsics: np.ndarray,
    predict_disparity: Callable,
    predict_flow: Callable,
    predict_motion: Callable,
    name: str = "",
) -> np.ndarray:
    """`object_motion.motion_score` of image `index`, in pixels of its size, float32 [H, W].

    Args:
      images: consecutive frames.
      index: index of the frame, not the last.
      intrinsics: [3, 3], in pixels of the images.
      predict_disparity, predict_flow, predict_motion: see `scene_flow_protocol`.
      name: of the pair, for errors.
    """
    first, second = images[index : index + 2]
    size = first.shape[:2]
    flow, backward = (
        flow_metrics.resized_flow(checked(predict_flow(*pair), (None, None, 2), name), *size)
        for pair in ((first, second), (second, first))
    )
    depth = depth_from(predict_disparity(first), size, name)[..., None]
    motion = np.linalg.inv(checked(predict_motion(images, index, intrinsics), (4, 4), name))
    arrays = (np.float32(array)[None] for array in (flow, backward, depth, intrinsics, motion))
    return np.asarray(object_motion.motion_score(*arrays))[0, ..., 0]
