"""Agreement between the two directions, and between the two tasks."""

from keras import ops

from dfnet_tf.losses.masking import masked_mean


def depth_consistency(depth, warped_depth, visible):
    """Forward-backward depth term: L1 gap of two depth maps [N, H, W, 1] where visible; [N]."""
    return masked_mean(ops.abs(warped_depth - depth), visible)


def flow_consistency(flow, warped_backward_flow, visible):
    """Forward-backward flow term (UnFlow): L1 of F(x) + F'(x + F(x)), [N, H, W, 2] each; [N]."""
    return masked_mean(ops.abs(flow + warped_backward_flow), visible)


def cross_task_consistency(rigid_flow, flow, visible):
    """DF-Net's cross-task term: L1 gap in pixels, `visible` in both flows; [N]."""
    return masked_mean(ops.abs(rigid_flow - flow), visible)
