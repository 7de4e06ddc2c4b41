"""DF-Net's objective: seven terms, over pyramid levels, sources and both directions.

Here, and only here, terms are weighted, levels chosen and gradients stopped. Per-sample averages
are summed over the pairs of a clip and averaged over clips, so that a batch split over devices
gives the same total.
"""

import dataclasses
from typing import Any

from keras import ops

from dfnet_tf.config import LossConfig
from dfnet_tf.geometry import camera, optical_flow, rigid_motion, visibility
from dfnet_tf.losses import consistency, pairs, photometric, smoothness
from dfnet_tf.losses.frames import as_frames, reduced

DEPTH_LEVELS = 4
TERMS = (
    "rigid_photometric",
    "flow_photometric",
    "depth_smoothness",
    "flow_smoothness",
    "depth_consistency",
    "flow_consistency",
    "cross_task",
)
# What is left when one of the predictions is missing, in the stages that train networks apart.
STAGE_TERMS = {
    "flow": ("flow_photometric", "flow_smoothness", "flow_consistency"),
    "depth": ("rigid_photometric", "depth_smoothness", "depth_consistency"),
    "joint": TERMS,
}


@dataclasses.dataclass
class FlowView:
    """What a flow, rigid or predicted, says of each pair: all [P, H, W, .], P = B * 2 * S."""

    flow: Any
    backward: Any  # The opposite direction's flow, read where `flow` points.
    image: Any  # The second frame, read where `flow` points.
    visible: Any
    depth: Any = None  # Of the second frame, read where `flow` points.


def objective(images, intrinsics, predictions, config: LossConfig) -> tuple[Any, dict[str, Any]]:
    """The training loss of DF-Net (section 3 of the paper).

    Args:
      images: clean frames [B, F, H, W, 3].
      intrinsics: [B, 3, 3] of those frames.
      predictions: what `DFNet.call` returns: `disparities`, a list of [B, F, H / 2^s, W / 2^s, 1];
        `motions` [B, S, 2, 6]; `flows`, a list of [B * 2 * S, h, w, 2] in pixels of their own grid.
        Without flows, or without disparities and motions, the terms that need them are left out.
      config: the weights.

    Returns:
      The scalar total, and its summands by the names in `TERMS`.
    """
    terms, has_flow, has_depth = {}, "flows" in predictions, "disparities" in predictions
    for level, weight in enumerate(config.level_weights):
        if level:
            images = reduced(images, 2)
            intrinsics = camera.scale_intrinsics(intrinsics, 0.5, 0.5)
        level_terms = {}
        if has_flow:
            predicted = predicted_view(images, predictions["flows"][level])
            radius = config.census_radii[level]
            level_terms |= _flow_terms(images, predicted, weight, radius, config)
        if has_depth and level < DEPTH_LEVELS:
            disparities = predictions["disparities"][level]
            rigid = rigid_view(
                images, intrinsics, disparities, predictions["motions"], config.rigid_occlusions
            )
            radius = config.census_radii[min(level + 1, len(config.census_radii) - 1)]
            level_terms |= _depth_terms(images, disparities, rigid, weight, radius, config)
            if has_flow:
                level_terms["cross_task"] = (weight * config.cross_task) * (
                    consistency.cross_task_consistency(
                        rigid.flow, predicted.flow, rigid.visible * predicted.visible
                    )
                )
        for name, values in level_terms.items():
            summand = ops.sum(values) / ops.cast(ops.shape(images)[0], "float32")
            terms[name] = terms.get(name, 0.0) + summand
    terms = {name: terms[name] for name in TERMS if name in terms}
    return sum(terms.values()), terms


def predicted_view(images, flows) -> FlowView:
    """What the flow network's `flows` [P, h, w, 2] say of the frames [B, F, H, W, 3]."""
    flow = optical_flow.resize_flow(flows, *images.shape[2:4])
    backward = optical_flow.warp(pairs.opposite(flow, images.shape[1]), flow)
    image = optical_flow.warp(pairs.second_frames(images), flow)
    return FlowView(flow, backward, image, visibility.visible(flow, backward))


def rigid_view(images, intrinsics, disparities, motions, occlusions: bool = True) -> FlowView:
    """What depth (disparities [B, F, H, W, 1]) and motions [B, S, 2, 6] say of the frames.

    Without `occlusions`, all that stays in the image counts as visible.
    """
    num_frames, depth = images.shape[1], 1.0 / disparities
    flow = optical_flow.rigid_flow(
        pairs.first_frames(depth),
        pairs.repeat_for_pairs(intrinsics, num_frames),
        rigid_motion.matrix_from_six_vector(pairs.motions_of_pairs(motions)),
    )
    # Only the mask asks for the way back: without its gradient, the costliest part is saved.
    backward = ops.stop_gradient(pairs.opposite(flow, num_frames))
    read = ops.concatenate([backward, pairs.second_frames(images)], axis=-1)
    warped = optical_flow.warp(read, flow)
    backward, image = warped[..., :2], warped[..., 2:]
    if occlusions:
        visible = visibility.visible(flow, backward)
    else:
        visible = visibility.in_image(optical_flow.end_points(flow), *flow.shape[1:3])
    return FlowView(
        flow, backward, image, visible, optical_flow.warp(pairs.second_frames(depth), flow)
    )


def _flow_terms(images, predicted: FlowView, weight: float, radius: int, config: LossConfig):
    """The three terms of the flow network alone, [P] each."""
    first = pairs.first_frames(images)
    return {
        "flow_photometric": (weight * config.flow_photometric)
        * photometric.census(first, predicted.image, predicted.visible, radius),
        "flow_smoothness": (weight * config.flow_smoothness)
        * smoothness.second_order_smoothness(predicted.flow),
        "flow_consistency": (weight * config.flow_consistency)
        * consistency.flow_consistency(predicted.flow, predicted.backward, predicted.visible),
    }


def _depth_terms(
    images, disparities, rigid: FlowView, weight: float, radius: int, config: LossConfig
):
    """The three terms of depth and motion alone: [P], and [B * F] for the smoothness."""
    first = pairs.first_frames(images)
    first_depth = pairs.first_frames(1.0 / disparities)
    return {
        "rigid_photometric": (weight * config.rigid_photometric)
        * photometric.census(first, rigid.image, rigid.visible, radius),
        "depth_consistency": config.depth_consistency
        * consistency.depth_consistency(first_depth, rigid.depth, rigid.visible),
        "depth_smoothness": config.depth_smoothness
        * smoothness.edge_aware_smoothness(as_frames(disparities), as_frames(images)),
    }
