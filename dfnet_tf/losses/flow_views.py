"""Pairs of frames warped by a flow, for each level of an image pyramid."""

import dataclasses
from typing import Any

from keras import ops

from dfnet_tf import clip_batch
from dfnet_tf.clip_batch import reduced
from dfnet_tf.geometry import camera, optical_flow, rigid_motion, visibility


@dataclasses.dataclass
class FlowView:
    """Pairs of frames and their rigid or predicted flow: [P, H, W, .], P = B * 2 * S."""

    flow: Any
    backward: Any  # The flow of the opposite direction, sampled where `flow` points.
    image: Any  # The second frame, sampled where `flow` points.
    visible: Any
    depth: Any = None  # The second frame's depth, sampled where `flow` points.


def pyramid(images, intrinsics, num_levels: int) -> list[tuple[Any, Any]]:
    """Frames [B, F, H / 2^s, W / 2^s, 3] and their intrinsics [B, 3, 3], for each level s."""
    levels = [(images, intrinsics)]
    for _ in range(num_levels - 1):
        images = reduced(images, 2)
        intrinsics = camera.scale_intrinsics(intrinsics, 0.5, 0.5)
        levels.append((images, intrinsics))
    return levels


def predicted_view(images, flows) -> FlowView:
    """The frames [B, F, H, W, 3] with the flow network's `flows` [P, h, w, 2]."""
    flow = optical_flow.resize_flow(flows, *images.shape[2:4])
    opposite = clip_batch.opposite(flow, images.shape[1])
    read = ops.concatenate([opposite, clip_batch.second_frames(images)], axis=-1)
    warped = optical_flow.warp(read, flow)
    backward, image = warped[..., :2], warped[..., 2:]
    return FlowView(flow, backward, image, visibility.visible(flow, backward))


def rigid_view(images, intrinsics, disparities, motions, occlusions: bool = True) -> FlowView:
    """The frames with the rigid flow of depth and motion.

    Args:
      images: [B, F, H, W, 3].
      intrinsics: [B, 3, 3] of those frames.
      disparities: [B, F, H, W, 1].
      motions: [B, S, 2, 6].
      occlusions: if False, every point that stays in the image counts as visible.
    """
    num_frames, depth = images.shape[1], 1.0 / disparities
    intrinsics = clip_batch.repeat_for_pairs(intrinsics, num_frames)
    motion = rigid_motion.matrix_from_six_vector(clip_batch.motions_of_pairs(motions))
    points = camera.backproject(clip_batch.first_frames(depth), intrinsics)
    ends = camera.project(rigid_motion.transform(points, motion), intrinsics)
    flow = ends - camera.pixel_grid(*images.shape[2:4])
    # Only the mask needs the backward flow. Its gradient would be the costliest and is stopped.
    opposite = ops.stop_gradient(clip_batch.opposite(flow, num_frames))
    second = clip_batch.second_frames(images), clip_batch.second_frames(depth)
    warped = optical_flow.warp(ops.concatenate([opposite, *second], axis=-1), flow)
    backward, image, second_depth = warped[..., :2], warped[..., 2:5], warped[..., 5:]
    if occlusions:
        visible = visibility.visible(flow, backward)
    else:
        visible = visibility.in_image(ends, *flow.shape[1:3])
    return FlowView(flow, backward, image, visible, second_depth)
