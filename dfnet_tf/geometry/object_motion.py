"""What moves by itself: where the flow is not the one that the camera's motion induces."""

from keras import ops

from dfnet_tf.geometry import optical_flow, rigid_motion, visibility

DEPTH_FACTOR = 2.0  # Within so many times its value the predicted depth is trusted.


def disagreement(flow, rigid_flow):
    """How far two flows are apart, in units of the gap that counts as agreement.

    |F - R|^2 / (0.01 (|F|^2 + |R|^2) + 0.5): the forward-backward check of `visibility.visible`,
    between two flows of the same direction. Longer flows may differ by more; short ones by 0.7 px.

    Args:
      flow: [..., 2], in pixels.
      rigid_flow: [..., 2], of the same pixels and resolution.

    Returns:
      [..., 1], without a unit; beyond 1 the two disagree.
    """
    gap = _squared_length(flow - rigid_flow)
    size = _squared_length(flow) + _squared_length(rigid_flow)
    return gap / (visibility.RELATIVE_TOLERANCE * size + visibility.ABSOLUTE_TOLERANCE)


def motion_score(flow, backward, depth, intrinsics, motion):
    """How far the flow is from every flow that the camera's motion could induce.

    With F the flow, R the flow that the camera's rotation alone induces, and P the parallax, which
    the translation adds at the predicted depth: F - R should be P. Depth may be wrong by
    DEPTH_FACTOR, so along P every length from |P| / DEPTH_FACTOR to DEPTH_FACTOR |P| agrees. What
    is left of F - R - along P and across it - is compared with the doubt of the flow:

      (across^2 + beyond^2) / (0.01 (|F|^2 + |R + P|^2) + 0.5 + |F + F'|^2)

    F' is the flow back, read where F points: |F + F'| is the error that the flow admits. What moves
    along P, within these lengths, is not told from what stands nearer or farther.

    Args:
      flow, backward: [B, H, W, 2], to the next frame and from there, in pixels.
      depth: [B, H, W, 1].
      intrinsics: [B, 3, 3], in pixels of H x W.
      motion: [B, 4, 4], next_from_frame, in the unit of depth.

    Returns:
      [B, H, W, 1], without a unit; beyond 1 the two disagree.
    """
    rigid = optical_flow.rigid_flow(depth, intrinsics, motion)
    turned = rigid_motion.with_length(motion, ops.zeros_like(motion[:, 0, 0]))
    rotation = optical_flow.rigid_flow(depth, intrinsics, turned)
    parallax, seen = rigid - rotation, flow - rotation
    length = ops.sqrt(_squared_length(parallax) + 1e-6)
    along = ops.sum(seen * parallax, axis=-1, keepdims=True) / length
    across = ops.maximum(_squared_length(seen) - ops.square(along), 0.0)
    beyond = ops.maximum(length / DEPTH_FACTOR - along, along - DEPTH_FACTOR * length)
    beyond = ops.square(ops.maximum(beyond, 0.0))
    size = _squared_length(flow) + _squared_length(rigid)
    admitted = _squared_length(flow + optical_flow.warp(backward, flow))
    doubt = visibility.RELATIVE_TOLERANCE * size + visibility.ABSOLUTE_TOLERANCE + admitted
    return (across + beyond) / doubt


def moving_mask(flow, backward, depth, intrinsics, motion):
    """1 where `motion_score` of the same arguments is beyond 1: it moves by itself; [B, H, W, 1].

    So does a pixel whose depth is wrong by more than DEPTH_FACTOR. Unknown flow does not move.
    """
    return ops.cast(motion_score(flow, backward, depth, intrinsics, motion) > 1.0, "float32")


def _squared_length(vectors):
    return ops.sum(ops.square(vectors), axis=-1, keepdims=True)
