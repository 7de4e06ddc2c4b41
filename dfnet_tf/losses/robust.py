"""The robust objective: what was found after DF-Net, each part with a weight or switch of its own.

As in `objective.py`, terms are weighted, levels chosen and gradients stopped here alone; the values
of pairs and frames are summed over a clip and averaged over the clips.
"""

from typing import Any

from keras import ops

from dfnet_tf.config import RobustLossConfig
from dfnet_tf.geometry import camera, optical_flow, rigid_motion, visibility
from dfnet_tf.losses import consistency, pairs, photometric, smoothness, teaching
from dfnet_tf.losses.distillation import flow_distillation
from dfnet_tf.losses.frames import as_clips, as_frames, reduced
from dfnet_tf.losses.masking import masked_mean
from dfnet_tf.losses.objective import FlowView, predicted_view, rigid_view

FLOW_TERMS = ("flow_photometric", "flow_smoothness", "flow_distillation")
DEPTH_TERMS = ("rigid_photometric", "depth_smoothness", "depth_consistency", "motion_consistency")
TERMS = (*DEPTH_TERMS, *FLOW_TERMS, "cross_task")
# What is left when one of the predictions is missing, in the stages that train networks apart.
STAGE_TERMS = {"flow": FLOW_TERMS, "depth": DEPTH_TERMS, "joint": TERMS}
OUTSIDE = 2.0  # In place of an error: larger than any.


def objective(images, intrinsics, predictions, config: RobustLossConfig) -> tuple[Any, dict]:
    """The robust training loss; `RobustLossConfig` names the source of each part.

    Args:
      images: clean frames [B, F, H, W, 3].
      intrinsics: [B, 3, 3] of those frames.
      predictions: as for `losses.objective.objective`; where flow is distilled also `crop_flows`
        [B * 2 * S, h, w, 2], the flow of `distillation.crop` of the frames. Without flows, or
        without disparities and motions, the terms that need them are left out.
      config: the weights and switches.

    Returns:
      The scalar total, and its summands by the names in `TERMS`.
    """
    parts, has_flow, has_depth = [], "flows" in predictions, "disparities" in predictions
    if has_flow:
        predicted, flow_parts = _flow_parts(images, predictions, config)
        parts += flow_parts
    if has_depth:
        rigid, depth_parts = _depth_parts(images, intrinsics, predictions, config)
        parts += depth_parts
    if has_flow and has_depth:
        parts.append(("cross_task", config.cross_task * _cross_task(images, rigid, predicted)))
    terms, num_clips = {}, ops.cast(ops.shape(images)[0], "float32")
    for name, values in parts:
        terms[name] = terms.get(name, 0.0) + ops.sum(values) / num_clips
    return sum(terms.values()), terms


def _flow_parts(images, predictions, config: RobustLossConfig):
    """What the flow network says at the finest level; parts of its own terms, (name, values)."""
    flows, parts, views = predictions["flows"], [], []
    levels = zip(config.flow_level_weights, config.census_radii, flows, strict=False)
    for level, (weight, radius, flow) in enumerate(levels):
        # In pixels of its own level: seen finely, a flow that is wrong by a pixel is hidden all
        # over by its forward-backward check, costs nothing, and stays wrong.
        frames = reduced(images, 2**level)
        view = predicted_view(frames, flow)
        error = photometric.census(pairs.first_frames(frames), view.image, view.visible, radius)
        parts.append(("flow_photometric", weight * config.flow_photometric * error))
        views.append(view)
    finest, gap = views[0], 0.0
    small = reduced(images, images.shape[2] // flows[0].shape[1])
    bends = smoothness.edge_aware_flow_smoothness(flows[0], pairs.first_frames(small))
    parts.append(("flow_smoothness", config.flow_smoothness * bends))
    if config.flow_distillation:
        crop_flows = predictions["crop_flows"]
        gap = flow_distillation(finest.flow, finest.visible, crop_flows, images.shape[1])
    parts.append(("flow_distillation", config.flow_distillation * gap))
    return finest, parts


def _depth_parts(images, intrinsics, predictions, config: RobustLossConfig):
    """What depth and motion say at the finest level; parts of their own terms, (name, values)."""
    motions, parts, views = predictions["motions"], [], []
    levels = zip(config.depth_level_weights, predictions["disparities"], strict=False)
    for level, (weight, disparities) in enumerate(levels):
        frames = reduced(images, 2**level)
        rough = smoothness.normalised_smoothness(as_frames(disparities), as_frames(frames))
        parts.append(("depth_smoothness", weight * config.depth_smoothness / 2**level * rough))
        if config.full_resolution:
            frames, disparities = images, _enlarged(disparities, *images.shape[2:4])
        scale = frames.shape[2] / images.shape[2]
        scaled = camera.scale_intrinsics(intrinsics, scale, scale)
        view = rigid_view(frames, scaled, disparities, motions)
        error, gap = _rigid_errors(frames, view, _depth_there(disparities, scaled, motions), config)
        parts.append(("rigid_photometric", weight * config.rigid_photometric * error))
        parts.append(("depth_consistency", weight * config.depth_consistency * gap))
        views.append(view)
    there_and_back = consistency.motion_consistency(motions[:, :, 0], motions[:, :, 1])
    parts.append(("motion_consistency", config.motion_consistency * there_and_back))
    return views[0], parts


def _rigid_errors(images, rigid: FlowView, depth_there, config: RobustLossConfig):
    """The photometric error (see below) and, of each pair, SC-SfMLearner's depth inconsistency."""
    # Hidden pixels count: the minimum and the weights deal with them.
    inside = visibility.in_image(optical_flow.end_points(rigid.flow), *rigid.flow.shape[1:3])
    gap = consistency.depth_inconsistency(depth_there, rigid.depth)
    error = _rigid_photometric(images, rigid, inside, ops.stop_gradient(1.0 - gap), config)
    return error, masked_mean(gap, inside)


def _rigid_photometric(images, rigid: FlowView, inside, consistent, config: RobustLossConfig):
    """Monodepth2's error of each frame (of each pair, without `minimum_over_sources`); [.].

    A pixel's error is that of the source that explains it best, or that of a standing camera if
    that is less: then it has no gradient. It weighs as much as the depths are `consistent`.
    """
    first = pairs.first_frames(images)
    error = photometric.ssim_l1(first, rigid.image, config.ssim)
    error = ops.where(inside > 0, error, OUTSIDE)
    standing = photometric.ssim_l1(first, pairs.second_frames(images), config.ssim)
    if config.minimum_over_sources:
        num_frames = images.shape[1]
        error, standing = (pairs.least_over_partners(e, num_frames) for e in (error, standing))
        consistent = -pairs.least_over_partners(-consistent, num_frames)
    seen = ops.cast(error < OUTSIDE, "float32")
    if config.auto_mask:
        error = ops.where(error < standing, error, standing)
    if config.consistency_mask:
        error = consistent * error
    return masked_mean(error, seen)


def _cross_task(images, rigid: FlowView, predicted: FlowView):
    """`teaching.taught_gap` by the photometric errors of both flows; [P]."""
    first = pairs.first_frames(images)
    rigid_error = photometric.ssim_l1(first, rigid.image)
    flow_error = photometric.ssim_l1(first, predicted.image)
    return teaching.taught_gap(rigid, predicted, rigid_error, flow_error)


def _depth_there(disparities, intrinsics, motions):
    """The depth of each pair's first frame's points in its second camera, [P, H, W, 1]."""
    num_frames = disparities.shape[1]
    points = camera.backproject(
        pairs.first_frames(1.0 / disparities), pairs.repeat_for_pairs(intrinsics, num_frames)
    )
    motion = rigid_motion.matrix_from_six_vector(pairs.motions_of_pairs(motions))
    return ops.maximum(rigid_motion.transform(points, motion)[..., 2:], camera.MIN_DEPTH)


def _enlarged(clips, height: int, width: int):
    """Resizes [B, F, h, w, C] bilinearly."""
    enlarged = ops.image.resize(as_frames(clips), (height, width))
    return as_clips(enlarged, clips.shape[1])
