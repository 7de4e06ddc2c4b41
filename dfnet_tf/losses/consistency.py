"""Agreement between the two directions, and between the two tasks."""

from keras import ops

from dfnet_tf.geometry import rigid_motion
from dfnet_tf.losses.masking import masked_mean

SHORTEST = 0.01  # Scene units; motions shorter than this, as at first, are measured as this long.


def depth_consistency(depth, warped_depth, visible):
    """Forward-backward depth term: L1 gap of two depth maps [N, H, W, 1] where visible; [N]."""
    return masked_mean(ops.abs(warped_depth - depth), visible)


def flow_consistency(flow, warped_backward_flow, visible):
    """Forward-backward flow term (UnFlow): L1 of F(x) + F'(x + F(x)), [N, H, W, 2] each; [N]."""
    return masked_mean(ops.abs(flow + warped_backward_flow), visible)


def cross_task_consistency(rigid_flow, flow, visible):
    """DF-Net's cross-task term: L1 gap in pixels, `visible` in both flows; [N]."""
    return masked_mean(ops.abs(rigid_flow - flow), visible)


def depth_inconsistency(depth_there, warped_depth):
    """|a - b| / (a + b) of two positive depths [N, H, W, 1]: alike in every unit of length.

    Bian et al. (SC-SfMLearner, NeurIPS 2019): a of the first frame's points in the second camera,
    b what that camera's own depth says of them.

    Returns:
      [N, H, W, 1] in [0, 1).
    """
    return ops.abs(depth_there - warped_depth) / (depth_there + warped_depth)


def motion_consistency(there, back):
    """How far going there and back is from standing still: the gap of T_there T_back to I.

    The angle (radians; its chord, 2 sin(a / 2)) plus the distance relative to the mean length of
    the two ways; after Gordon et al. (ICCV 2019). No gradient goes to that length, which the motion
    would otherwise stretch.

    Args:
      there, back: six-vectors [..., 6].

    Returns:
      [...].
    """
    first, second = (rigid_motion.matrix_from_six_vector(motion) for motion in (there, back))
    both = rigid_motion.compose(first, second)
    angle = _length(both[..., :3, :3] - ops.eye(3), axis=(-2, -1)) / 2**0.5
    mean_length = 0.5 * (_length(there[..., :3], axis=-1) + _length(back[..., :3], axis=-1))
    mean_length = ops.stop_gradient(ops.maximum(mean_length, SHORTEST))
    return angle + _length(both[..., :3, 3], axis=-1) / mean_length


def _length(vectors, axis):
    """The 2-norm over `axis`, with a finite derivative at 0."""
    return ops.sqrt(ops.sum(ops.square(vectors), axis=axis) + 1e-12)
