"""Moving objects: pixels whose flow differs from the flow that the camera's motion induces."""

from keras import ops

from dfnet_tf.geometry import motion_field, optical_flow, visibility

DEPTH_FACTOR = 2.0  # The predicted depth is trusted up to this factor.


def disagreement(flow, rigid_flow):
    """Distance of two flows, in units of the tolerance for agreement.

    |F - R|^2 / (0.01 (|F|^2 + |R|^2) + 0.5): the forward-backward check of `visibility.visible`,
    for two flows of the same direction. The tolerance is 0.7 px for short flows and larger for
    long ones.

    Args:
      flow: [..., 2], in pixels.
      rigid_flow: [..., 2], of the same pixels and resolution.

    Returns:
      [..., 1], without a unit; values above 1 mean that the flows disagree.
    """
    gap = _squared_length(flow - rigid_flow)
    size = _squared_length(flow) + _squared_length(rigid_flow)
    return gap / (visibility.RELATIVE_TOLERANCE * size + visibility.ABSOLUTE_TOLERANCE)


def motion_score(flow, backward, depth, intrinsics, motion):
    """Distance of the flow from all flows that the camera's motion could induce.

    F is the flow, R the flow of the camera's rotation, and P the parallax, which the translation
    adds at the predicted depth. In a static world F - R = P. Depth may be wrong by DEPTH_FACTOR, so
    along P every length from |P| / DEPTH_FACTOR to DEPTH_FACTOR |P| agrees. The rest of F - R,
    along and across P, is compared with the uncertainty of the flow:

      (across^2 + beyond^2) / (0.01 (|F|^2 + |R + P|^2) + 0.5 + |F + F'|^2)

    F' is the backward flow, sampled where F points, so |F + F'| is the flow's own error. Motion
    along P within these lengths cannot be distinguished from another depth.

    Args:
      flow, backward: [B, H, W, 2], to the next frame and back from it, in pixels.
      depth: [B, H, W, 1].
      intrinsics: [B, 3, 3], in pixels of H x W.
      motion: [B, 4, 4], next_from_frame, in the unit of depth.

    Returns:
      [B, H, W, 1], without a unit; values above 1 mean that the pixel moves by itself.
    """
    rotation, parallax = motion_field.flows(depth, intrinsics, motion)
    seen = flow - rotation
    length = ops.sqrt(_squared_length(parallax) + 1e-6)
    along = ops.sum(seen * parallax, axis=-1, keepdims=True) / length
    across = ops.maximum(_squared_length(seen) - ops.square(along), 0.0)
    beyond = ops.maximum(length / DEPTH_FACTOR - along, along - DEPTH_FACTOR * length)
    beyond = ops.square(ops.maximum(beyond, 0.0))
    size = _squared_length(flow) + _squared_length(rotation + parallax)
    admitted = _squared_length(flow + optical_flow.warp(backward, flow))
    doubt = visibility.RELATIVE_TOLERANCE * size + visibility.ABSOLUTE_TOLERANCE + admitted
    return (across + beyond) / doubt


def moving_mask(flow, backward, depth, intrinsics, motion):
    """1 where `motion_score` of the same arguments is above 1: moving pixels; [B, H, W, 1].

    It is also 1 where depth is wrong by more than DEPTH_FACTOR, and 0 where the flow is unknown.
    """
    return ops.cast(motion_score(flow, backward, depth, intrinsics, motion) > 1.0, "float32")


def _squared_length(vectors):
    return ops.sum(ops.square(vectors), axis=-1, keepdims=True)
