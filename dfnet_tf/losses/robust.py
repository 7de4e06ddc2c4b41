"""The robust objective: methods published after DF-Net, each with its own weight or switch.

As in `objective`, this file weights the terms and chooses the levels. Values of pairs and frames
are summed over a clip and averaged over clips.
"""

from typing import Any

from keras import ops

from dfnet_tf import clip_batch
from dfnet_tf.clip_batch import as_clips, as_frames
from dfnet_tf.config import RobustLossConfig
from dfnet_tf.geometry import optical_flow, visibility
from dfnet_tf.losses import consistency, photometric, smoothness, teaching
from dfnet_tf.losses.distillation import flow_distillation
from dfnet_tf.losses.flow_views import FlowView, predicted_view, pyramid, rigid_view
from dfnet_tf.losses.masking import masked_mean
from dfnet_tf.losses.terms import summed, weighted

OUTSIDE = 2.0  # Error of pixels outside the image: larger than any real error.


def objective(images, intrinsics, predictions, config: RobustLossConfig) -> tuple[Any, dict]:
    """The robust training loss; `RobustLossConfig` names the source of each part.

    Args:
      images: clean frames [B, F, H, W, 3].
      intrinsics: [B, 3, 3] of those frames.
      predictions: as for `losses.objective.objective`. If flow is distilled, also `crop_flows`
        [B * 2 * S, h, w, 2], the flow of the frames cropped by `distillation.crop`. Without flows,
        or without disparities and motions, the terms that need them are left out.
      config: the weights and switches.

    Returns:
      The scalar total, and its terms by name (see `stages`).
    """
    parts, has_flow, has_depth = [], "flows" in predictions, "disparities" in predictions
    levels = pyramid(images, intrinsics, len(config.census_radii))
    if has_flow:
        predicted, flow_parts = _flow_parts(levels, predictions, config)
        parts += flow_parts
    if has_depth:
        rigid, depth_parts = _depth_parts(levels, predictions, config)
        parts += depth_parts
    if has_flow and has_depth:
        gap = weighted(config.cross_task, _cross_task, images, rigid, predicted)
        parts.append(("cross_task", gap))
    return summed(parts, ops.shape(images)[0])


def _flow_parts(levels, predictions, config: RobustLossConfig):
    """Returns the finest `FlowView` of the predicted flow, and the flow terms, (name, values)."""
    flows, parts, views = predictions["flows"], [], []
    chosen = zip(levels, config.flow_level_weights, config.census_radii, flows, strict=False)
    for (frames, _), weight, radius, flow in chosen:
        # Each flow is compared in pixels of its own level. Upsampled, a flow that is one pixel
        # wrong fails its forward-backward check everywhere, costs nothing, and stays wrong.
        view = predicted_view(frames, flow)
        seen = clip_batch.first_frames(frames), view.image, view.visible
        error = weighted(weight * config.flow_photometric, photometric.census, *seen, radius)
        parts.append(("flow_photometric", error))
        views.append(view)
    (images, _), finest = levels[0], views[0]
    small = clip_batch.reduced(images, images.shape[2] // flows[0].shape[1])
    bends = weighted(
        config.flow_smoothness,
        smoothness.edge_aware_flow_smoothness,
        flows[0],
        clip_batch.first_frames(small),
    )
    parts.append(("flow_smoothness", bends))
    gap = weighted(
        config.flow_distillation,
        flow_distillation,
        finest.flow,
        finest.visible,
        predictions.get("crop_flows"),
        images.shape[1],
    )
    parts.append(("flow_distillation", gap))
    return finest, parts


def _depth_parts(levels, predictions, config: RobustLossConfig):
    """Returns the finest `FlowView` of the rigid flow, and the depth terms, (name, values)."""
    motions, parts, views = predictions["motions"], [], []
    chosen = zip(levels, config.depth_level_weights, predictions["disparities"], strict=False)
    for level, ((frames, intrinsics), weight, disparities) in enumerate(chosen):
        rough = weighted(
            weight * config.depth_smoothness / 2**level,
            smoothness.normalised_smoothness,
            as_frames(disparities),
            as_frames(frames),
        )
        parts.append(("depth_smoothness", rough))
        if config.full_resolution:
            frames, intrinsics = levels[0]
            disparities = _enlarged(disparities, *frames.shape[2:4])
        view = rigid_view(frames, intrinsics, disparities, motions)
        parts += _rigid_parts(frames, view, weight, config)
        views.append(view)
    there_and_back = weighted(
        config.motion_consistency,
        consistency.motion_consistency,
        motions[:, :, 0],
        motions[:, :, 1],
    )
    parts.append(("motion_consistency", there_and_back))
    return views[0], parts


def _rigid_parts(images, rigid: FlowView, weight: float, config: RobustLossConfig):
    """The photometric error (see below) and SC-SfMLearner's depth inconsistency of each pair."""
    # Hidden pixels count here: the minimum over sources and the weights handle them.
    inside = visibility.in_image(optical_flow.end_points(rigid.flow), *rigid.flow.shape[1:3])
    gap = consistency.depth_inconsistency(rigid.depth_there, rigid.depth)
    seen = images, rigid, inside, ops.stop_gradient(1.0 - gap), config
    error = weighted(weight * config.rigid_photometric, _rigid_photometric, *seen)
    apart = weighted(weight * config.depth_consistency, masked_mean, gap, inside)
    return [("rigid_photometric", error), ("depth_consistency", apart)]


def _rigid_photometric(images, rigid: FlowView, inside, consistent, config: RobustLossConfig):
    """Monodepth2's error of each frame, or of each pair without `minimum_over_sources`; [.].

    A pixel's error is the error of the source that explains it best. `auto_mask` bounds the error
    by that of zero motion, which has no gradient. `consistency_mask` weights each pixel by
    `consistent`, the agreement of the depths.
    """
    first, num_frames = clip_batch.first_frames(images), images.shape[1]

    def least(values):
        chosen = config.minimum_over_sources
        return clip_batch.least_over_partners(values, num_frames) if chosen else values

    error = photometric.ssim_l1(first, rigid.image, config.ssim)
    error = least(ops.where(inside > 0, error, OUTSIDE))
    seen = ops.cast(error < OUTSIDE, "float32")
    if config.auto_mask:
        second = clip_batch.second_frames(images)
        standing = least(photometric.ssim_l1(first, second, config.ssim))
        error = ops.where(error < standing, error, standing)
    if config.consistency_mask:
        error = -least(-consistent) * error
    return masked_mean(error, seen)


def _cross_task(images, rigid: FlowView, predicted: FlowView):
    """`teaching.taught_gap` with the photometric errors of both flows; [P]."""
    first = clip_batch.first_frames(images)
    rigid_error = photometric.ssim_l1(first, rigid.image)
    flow_error = photometric.ssim_l1(first, predicted.image)
    return teaching.taught_gap(rigid, predicted, rigid_error, flow_error)


def _enlarged(clips, height: int, width: int):
    """Resizes [B, F, h, w, C] bilinearly."""
    enlarged = ops.image.resize(as_frames(clips), (height, width))
    return as_clips(enlarged, clips.shape[1])
