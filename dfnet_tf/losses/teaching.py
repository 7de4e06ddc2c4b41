"""Cross-task consistency in which the better of the two flows supervises the other."""

from keras import ops

from dfnet_tf.geometry import object_motion
from dfnet_tf.losses.masking import masked_mean

MARGIN = 0.01  # Smaller differences of errors (0 to 1) are ties, for example without texture.
OUTLIER = 3.0  # A moving object disagrees by more than this many times the image's mean.


def taught_gap(rigid, predicted, rigid_error, flow_error):
    """L1 gap of the predicted and the rigid flow, with a gradient only for the worse of the two.

    R is the rigid and F the predicted flow, e_R and e_F their photometric errors, D the
    disagreement of `object_motion`. For each pixel:

      moving      = e_F < e_R - MARGIN  and  D > max(1, OUTLIER * mean of D)
      R teaches F:  R visible,  not moving,  e_R <= e_F + MARGIN
      F teaches R:  F visible,  not moving,  e_F <  e_R - MARGIN

    Ties go to R, which is smooth and complete: without evidence, the world counts as static.
    Moving objects, which depth and motion cannot explain, are excluded. They are outliers relative
    to the *mean* disagreement, because early in training everything disagrees.

    Args:
      rigid, predicted: FlowViews [P, H, W, .].
      rigid_error, flow_error: [P, H, W, 1] in [0, 1]; they get no gradient.

    Returns:
      [P], averages in pixels over the pixels at which one flow teaches the other.
    """
    rigid_teaches, flow_teaches = teachers(rigid, predicted, rigid_error, flow_error)
    gap = ops.where(
        rigid_teaches > 0,
        ops.abs(ops.stop_gradient(rigid.flow) - predicted.flow),
        ops.abs(rigid.flow - ops.stop_gradient(predicted.flow)),
    )
    return masked_mean(gap, rigid_teaches + flow_teaches)


def teachers(rigid, predicted, rigid_error, flow_error):
    """Where R teaches and where F teaches: two disjoint masks [P, H, W, 1]."""
    better = ops.stop_gradient(flow_error) < ops.stop_gradient(rigid_error) - MARGIN
    gap = object_motion.disagreement(*map(ops.stop_gradient, (predicted.flow, rigid.flow)))
    usual = OUTLIER * ops.mean(gap, axis=(1, 2, 3), keepdims=True)
    static = ops.logical_not(ops.logical_and(better, gap > ops.maximum(usual, 1.0)))
    rigid_teaches = ops.logical_and(static, ops.logical_not(better))
    flow_teaches = ops.logical_and(static, better)
    return (
        ops.cast(rigid_teaches, "float32") * rigid.visible,
        ops.cast(flow_teaches, "float32") * predicted.visible,
    )
