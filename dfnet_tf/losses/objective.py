"""DF-Net's objective: seven terms, over pyramid levels, sources and both directions.

This file weights the terms and chooses the levels; the terms have files of their own. Averages of
single pairs are summed over the pairs of a clip and averaged over clips, so that a batch split over
devices gives the same total.
"""

from typing import Any

from keras import ops

from dfnet_tf import clip_batch
from dfnet_tf.clip_batch import as_frames
from dfnet_tf.config import LossConfig
from dfnet_tf.losses import consistency, photometric, smoothness
from dfnet_tf.losses.flow_views import FlowView, predicted_view, pyramid, rigid_view
from dfnet_tf.losses.terms import summed, weighted

DEPTH_LEVELS = 4


def objective(images, intrinsics, predictions, config: LossConfig) -> tuple[Any, dict[str, Any]]:
    """The training loss of DF-Net (section 3 of the paper).

    Args:
      images: clean frames [B, F, H, W, 3].
      intrinsics: [B, 3, 3] of those frames.
      predictions: the result of `DFNet.call`: `disparities`, a list of [B, F, H / 2^s, W / 2^s, 1];
        `motions` [B, S, 2, 6]; `flows`, a list of [B * 2 * S, h, w, 2] in pixels of their own grid.
        Without flows, or without disparities and motions, the terms that need them are left out.
      config: the weights.

    Returns:
      The scalar total, and its terms by name (see `stages`).
    """
    parts, has_flow, has_depth = [], "flows" in predictions, "disparities" in predictions
    levels = pyramid(images, intrinsics, len(config.level_weights))
    for level, (frames, scaled) in enumerate(levels):
        weight = config.level_weights[level]
        if has_flow:
            predicted = predicted_view(frames, predictions["flows"][level])
            parts += _flow_terms(frames, predicted, weight, config.census_radii[level], config)
        if has_depth and level < DEPTH_LEVELS:
            disparities, motions = predictions["disparities"][level], predictions["motions"]
            rigid = rigid_view(frames, scaled, disparities, motions, config.rigid_occlusions)
            radius = config.census_radii[min(level + 1, len(config.census_radii) - 1)]
            parts += _depth_terms(frames, disparities, rigid, weight, radius, config)
            if has_flow:
                gap = weighted(
                    weight * config.cross_task,
                    consistency.cross_task_consistency,
                    rigid.flow,
                    predicted.flow,
                    rigid.visible * predicted.visible,
                )
                parts.append(("cross_task", gap))
    return summed(parts, ops.shape(images)[0])


def _flow_terms(images, predicted: FlowView, weight: float, radius: int, config: LossConfig):
    """The three terms that need only flow, [P] each."""
    first, flow, visible = clip_batch.first_frames(images), predicted.flow, predicted.visible
    photometric_weight = weight * config.flow_photometric
    return [
        (
            "flow_photometric",
            weighted(
                photometric_weight, photometric.census, first, predicted.image, visible, radius
            ),
        ),
        (
            "flow_smoothness",
            weighted(weight * config.flow_smoothness, smoothness.second_order_smoothness, flow),
        ),
        (
            "flow_consistency",
            weighted(
                weight * config.flow_consistency,
                consistency.flow_consistency,
                flow,
                predicted.backward,
                visible,
            ),
        ),
    ]


def _depth_terms(
    images, disparities, rigid: FlowView, weight: float, radius: int, config: LossConfig
):
    """The three terms that need only depth and motion: [P], and [B * F] for the smoothness."""
    first, visible = clip_batch.first_frames(images), rigid.visible
    first_depth = clip_batch.first_frames(1.0 / disparities)
    photometric_weight = weight * config.rigid_photometric
    return [
        (
            "rigid_photometric",
            weighted(photometric_weight, photometric.census, first, rigid.image, visible, radius),
        ),
        (
            "depth_smoothness",
            weighted(
                config.depth_smoothness,
                smoothness.edge_aware_smoothness,
                as_frames(disparities),
                as_frames(images),
            ),
        ),
        (
            "depth_consistency",
            weighted(
                config.depth_consistency,
                consistency.depth_consistency,
                first_depth,
                rigid.depth,
                visible,
            ),
        ),
    ]
