"""Evaluates scene flow like KITTI 2015, beside a static world of constant depth."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from dfnet_tf.data.truth.scene_flow_pairs import SceneFlow
from dfnet_tf.evaluation import depth_metrics, flow_metrics, scene_flow_metrics
from dfnet_tf.evaluation.depth_protocol import depth_from
from dfnet_tf.evaluation.report import checked, summarise
from dfnet_tf.geometry import camera, object_motion, rigid_motion, scene_flow
from dfnet_tf.program.progress import progress


def evaluate_scene_flow(
    pairs: Iterable,
    predict_disparity: Callable[[np.ndarray], np.ndarray],
    predict_flow: Callable[[np.ndarray, np.ndarray], np.ndarray],
    predict_motion: Callable[[list[np.ndarray], int, np.ndarray], np.ndarray],
) -> dict:
    """Evaluates depth, flow and camera motion together, as scene flow.

    One camera cannot know its scale: all lengths of a pair are scaled by the factor that gives the
    first depth map the median of the truth.

    Args:
      pairs: see `data.truth.scene_flow_pairs`.
      predict_disparity: uint8 RGB image [H, W, 3] -> positive disparity [h, w], of any size.
      predict_flow: (first, second) -> flow [h, w, 2], in pixels of its own size.
      predict_motion: (consecutive images, index, intrinsics) -> `frame_from_next` [4, 4], from
        image `index` + 1 to image `index`, its translation in the unit of 1 / disparity.

    Returns:
      A result (see `report`). Group "all": the second depth is the second image's, sampled where
      the flow points. Group "all + pose": only pixels that move by `object_motion.moving_mask` use
      this; the others use the first depth, moved with the camera. Groups "background" and
      "foreground", if there are masks of moving objects: only these pixels. In the trivial
      prediction nothing moves, and the depth is the true median everywhere.

    Raises:
      ValueError: there is no truth, or a prediction has a wrong shape, is not finite or not > 0.
    """
    samples = []
    for pair in progress(list(pairs), "scene flow", "pair"):
        truth = pair.truth()
        if (truth.depth > 0).any():
            answers = _answers(pair, truth, predict_disparity, predict_flow, predict_motion)
            samples.append(_judged(pair, truth, answers))
    if not any(sample["ours"] for sample in samples):
        raise ValueError("Expected pairs with true scene flow. Received: none.")
    average = scene_flow_metrics.average
    return summarise("scene_flow", samples, lambda _, errors: average(errors))


def _answers(pair, truth, predict_disparity, predict_flow, predict_motion):
    """The networks' scene flow [H, W], without and with the camera's motion, in metres."""
    images, index = pair.frames()
    first, second = images[index : index + 2]
    depth, next_depth = (
        depth_from(predict_disparity(image), truth.depth.shape, pair.name)
        for image in (first, second)
    )
    flow, backward = (
        flow_metrics.resized_flow(
            checked(predict_flow(*way), (None, None, 2), pair.name), *truth.depth.shape
        )
        for way in ((first, second), (second, first))
    )
    motion = predict_motion(images, index, pair.intrinsics)
    motion = np.linalg.inv(checked(motion, (4, 4), pair.name))
    known = truth.depth > 0
    scale = depth_metrics.median_scale(depth[known], truth.depth[known])
    depth, next_depth = scale * depth, scale * next_depth
    motion = np.block([[motion[:3, :3], scale * motion[:3, 3:]], [motion[3:]]])

    followed = _array(scene_flow.depth_at_end_points, next_depth[..., None], flow)[..., 0]
    answer = SceneFlow(depth, followed, flow, truth.intrinsics)
    with_pose = replace(answer, next_depth=_moved_with_camera(answer, backward, motion))
    return {"": answer, " + pose": with_pose}


def _moved_with_camera(answer, backward, motion):
    """The next depth [H, W]: Z of R p + t, except on moving pixels, where it does not change."""
    depth, intrinsics = answer.depth[..., None], answer.intrinsics
    points = _array(rigid_motion.transform, _array(camera.backproject, depth, intrinsics), motion)
    arrays = answer.flow, backward, depth, intrinsics, motion
    moving = _array(object_motion.moving_mask, *arrays)[..., 0]
    return np.where(moving > 0, answer.next_depth, np.maximum(points[..., 2], camera.MIN_DEPTH))


def _judged(pair, truth, answers):
    """A sample: the errors of every prediction, and of a static world, in every region."""
    constant = np.full_like(truth.depth, np.median(truth.depth[truth.depth > 0]))
    still = SceneFlow(constant, constant, np.zeros_like(truth.flow), truth.intrinsics)
    regions, moving = {"all": np.ones(constant.shape, bool)}, pair.moving()
    if moving is not None:
        if moving.shape != constant.shape:
            expected = f"a mask of what moves of {constant.shape}"
            raise ValueError(f"{pair.name}: expected {expected}. Received: {moving.shape}.")
        regions |= {"background": ~moving, "foreground": moving}
    sample = {"name": pair.name, "ours": {}, "trivial": {}}
    for name, region in regions.items():
        for kind, answer in answers.items():
            ours, trivial = (
                scene_flow_metrics.scene_flow_errors(who, truth, pair.baseline, region)
                for who in (answer, still)
            )
            if ours["d1_pixels"]:
                sample["ours"][name + kind], sample["trivial"][name + kind] = ours, trivial
    return sample


def _array(function, *arrays):
    """Applies a function of tensors [1, ...] to arrays without the batch axis."""
    return np.asarray(function(*(np.float32(array)[None] for array in arrays)))[0]
