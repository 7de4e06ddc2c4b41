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
      config: the weights.

    Returns:
      The scalar total, and its summands by the names in `TERMS`.
    """
    terms = dict.fromkeys(TERMS, 0.0)
    for level, weight in enumerate(config.level_weights):
        if level:
            images = _halve(images)
            intrinsics = camera.scale_intrinsics(intrinsics, 0.5, 0.5)
        first, second = pairs.first_frames(images), pairs.second_frames(images)
        num_frames = images.shape[1]
        predicted = _view(
            optical_flow.resize_flow(predictions["flows"][level], *images.shape[2:4]),
            second,
            num_frames,
        )
        level_terms = _flow_terms(first, predicted, weight, config.census_radii[level], config)
        if level < DEPTH_LEVELS:
            disparity = predictions["disparities"][level]
            depth = 1.0 / disparity
            rigid = _rigid_view(depth, intrinsics, predictions["motions"], second)
            radius = config.census_radii[min(level + 1, len(config.census_radii) - 1)]
            level_terms |= {
                "rigid_photometric": weight
                * photometric.census(first, rigid.image, rigid.visible, radius),
                "depth_consistency": config.depth_consistency
                * consistency.depth_consistency(
                    pairs.first_frames(depth), rigid.depth, rigid.visible
                ),
                "depth_smoothness": config.depth_smoothness
                * smoothness.edge_aware_smoothness(_frames(disparity), _frames(images)),
                "cross_task": weight
                * config.cross_task
                * consistency.cross_task_consistency(
                    rigid.flow, predicted.flow, rigid.visible * predicted.visible
                ),
            }
        for name, values in level_terms.items():
            terms[name] += ops.sum(values) / ops.cast(ops.shape(images)[0], "float32")
    return sum(terms.values()), terms


def _flow_terms(first, predicted: FlowView, weight: float, radius: int, config: LossConfig):
    """The three terms of the flow network alone, [P] each."""
    return {
        "flow_photometric": weight
        * photometric.census(first, predicted.image, predicted.visible, radius),
        "flow_smoothness": weight
        * config.flow_smoothness
        * smoothness.second_order_smoothness(predicted.flow),
        "flow_consistency": weight
        * config.flow_consistency
        * consistency.flow_consistency(predicted.flow, predicted.backward, predicted.visible),
    }


def _rigid_view(depth, intrinsics, motions, second) -> FlowView:
    """The view by the flow that depth [B, F, H, W, 1] and motion induce."""
    num_frames = depth.shape[1]
    flow = optical_flow.rigid_flow(
        pairs.first_frames(depth),
        pairs.repeat_for_pairs(intrinsics, num_frames),
        rigid_motion.matrix_from_six_vector(pairs.motions_of_pairs(motions)),
    )
    return _view(flow, second, num_frames, pairs.second_frames(depth))


def _view(flow, second, num_frames: int, depth=None) -> FlowView:
    """Reads everything that `flow` points to in one pass."""
    backward = pairs.opposite(flow, num_frames)
    read = [backward, second] if depth is None else [backward, second, depth]
    warped = optical_flow.warp(ops.concatenate(read, axis=-1), flow)
    return FlowView(
        flow=flow,
        backward=warped[..., :2],
        image=warped[..., 2:5],
        visible=visibility.visible(flow, warped[..., :2]),
        depth=None if depth is None else warped[..., 5:],
    )


def _halve(frames):
    """Area-resizes [B, F, H, W, C] to half."""
    halved = ops.average_pool(_frames(frames), 2)
    return ops.reshape(halved, (-1, frames.shape[1], *halved.shape[1:]))


def _frames(clips):
    """[B, F, ...] as a batch of frames [B * F, ...]."""
    return ops.reshape(clips, (-1, *clips.shape[2:]))
