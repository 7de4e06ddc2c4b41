"""Optical flow: flow from depth and motion, resizing, and warping."""

from keras import ops

from dfnet_tf.geometry import camera, rigid_motion, sampling


def rigid_flow(depth, intrinsics, source_from_target):
    """The flow that camera motion alone induces on a static world (SfMLearner, eq. 2).

    Args:
      depth: [B, H, W, 1] of the target frame.
      intrinsics: [B, 3, 3], in pixels of this H x W image.
      source_from_target: [B, 4, 4], its translation in the unit of `depth`.

    Returns:
      [B, H, W, 2] in pixels, target -> source.
    """
    height, width = depth.shape[1:3]
    points = rigid_motion.transform(camera.backproject(depth, intrinsics), source_from_target)
    return camera.project(points, intrinsics) - camera.pixel_grid(height, width)


def warp(images, flow):
    """Samples source `images` [B, H, W, C] where `flow` [B, H, W, 2] of the target points."""
    return sampling.bilinear_sample(images, end_points(flow))


def end_points(flow):
    """The pixel that each pixel's `flow` [B, H, W, 2] points to, [B, H, W, 2]."""
    height, width = flow.shape[1:3]
    return camera.pixel_grid(height, width) + flow


def resize_flow(flow, height: int, width: int):
    """Resizes `flow` [B, h, w, 2] bilinearly to [B, height, width, 2] and rescales (u, v)."""
    old_height, old_width = flow.shape[1:3]
    if (old_height, old_width) == (height, width):
        return flow
    scale = ops.convert_to_tensor([width / old_width, height / old_height], dtype=flow.dtype)
    return ops.image.resize(flow, (height, width), interpolation="bilinear") * scale
