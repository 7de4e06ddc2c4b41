"""Consistency terms: between the two directions, and between depth and flow."""

from keras import ops

from dfnet_tf.geometry import rigid_motion
from dfnet_tf.losses.masking import masked_mean

SHORTEST = 0.01  # Scene units. A lower bound of the mean length: motions are near 0 at first.


def depth_consistency(depth, warped_depth, visible):
    """Forward-backward depth term: L1 gap of two depth maps [N, H, W, 1] where `visible`; [N]."""
    return masked_mean(ops.abs(warped_depth - depth), visible)


def flow_consistency(flow, warped_backward_flow, visible):
    """Forward-backward flow term (UnFlow): L1 of F(x) + F'(x + F(x)), [N, H, W, 2] each; [N]."""
    return masked_mean(ops.abs(flow + warped_backward_flow), visible)


def cross_task_consistency(rigid_flow, flow, visible):
    """DF-Net's cross-task term: L1 gap in pixels where `visible` in both flows; [N]."""
    return masked_mean(ops.abs(rigid_flow - flow), visible)


def motion_consistency(there, back):
    """Distance of T_there T_back from the identity: going there and back must end at the start.

    The sum of the angle (as a chord, 2 sin(a / 2), in radians) and the translation divided by the
    mean length of the two motions; after Gordon et al. (ICCV 2019). The mean length gets no
    gradient, which would make the motions longer.

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
