"""The robust objective: methods published after DF-Net, each with its own weight.

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
    images, intrinsics = levels[0]
    chosen = zip(levels, config.depth_level_weights, predictions["disparities"], strict=False)
    for level, ((frames, _), weight, disparities) in enumerate(chosen):
        rough = weighted(
            weight * config.depth_smoothness / 2**level,
            smoothness.normalised_smoothness,
            as_frames(disparities),
            as_frames(frames),
        )
        parts.append(("depth_smoothness", rough))
        disparities = _enlarged(disparities, *images.shape[2:4])
        view = rigid_view(images, intrinsics, disparities, motions)
        seen = images, view, config
        error = weighted(weight * config.rigid_photometric, _rigid_photometric, *seen)
        parts.append(("rigid_photometric", error))
        views.append(view)
    there_and_back = weighted(
        config.motion_consistency,
        consistency.motion_consistency,
        motions[:, :, 0],
        motions[:, :, 1],
    )
    parts.append(("motion_consistency", there_and_back))
    return views[0], parts


def _rigid_photometric(images, rigid: FlowView, config: RobustLossConfig):
    """The mean error of the pixels that stay in the image, hidden ones too; [P].

    With `auto_mask`, the error of zero motion, which has no gradient, bounds that of each pixel.
    """
    first, second = clip_batch.first_frames(images), clip_batch.second_frames(images)
    error = photometric.ssim_l1(first, rigid.image, config.ssim)
    if config.auto_mask:
        standing = photometric.ssim_l1(first, second, config.ssim)
        error = ops.where(error < standing, error, standing)
    inside = visibility.in_image(optical_flow.end_points(rigid.flow), *rigid.flow.shape[1:3])
    return masked_mean(error, inside)


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
