"""Scene flow: the 3-D motion of each point between two frames, relative to the camera."""

from keras import ops

from dfnet_tf.geometry import camera, optical_flow


def scene_flow(depth, next_depth, flow, intrinsics):
    """The 3-D motion of every pixel's point, p2 - p1 (Menze, Geiger, CVPR 2015).

    p1 is the point in the first camera's frame, p2 the same point in the next camera's frame. Scene
    flow includes the camera's motion: if the camera moves, a static world has scene flow.

    Args:
      depth: [B, H, W, 1] of the first frame.
      next_depth: [B, H, W, 1], the depth of the *same points* in the next frame, at the first
        frame's pixels; see `depth_at_end_points`.
      flow: [B, H, W, 2] to the next frame, in pixels.
      intrinsics: [B, 3, 3], in pixels of this H x W image, for both frames.

    Returns:
      [B, H, W, 3], in the unit of `depth`.
    """
    there = camera.lift(optical_flow.end_points(flow), next_depth, intrinsics)
    return there - camera.backproject(depth, intrinsics)


def depth_at_end_points(depth, flow):
    """Samples the next frame's `depth` [B, H, W, 1], all > 0, where `flow` [B, H, W, 2] points.

    Interpolates the inverse depth bilinearly, because the inverse depth of a plane is linear in the
    pixels.
    """
    return 1.0 / optical_flow.warp(ops.reciprocal(depth), flow)
