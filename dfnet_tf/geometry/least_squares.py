"""Robust, weighted least squares: one Gauss-Newton step for a batch of problems."""

from keras import ops

from dfnet_tf.geometry.quantiles import masked_quantile

DAMPING = 1e-4  # Relative to each unknown's own weight: unknowns without data do not change.


def cauchy_weights(length, weight, inliers: float, smallest: float):
    """Cauchy weights of residuals: weight / (1 + (length / scale)^2).

    The scale is the `inliers` quantile of the lengths whose weight is not 0.

    Args:
      length: [B, N], lengths of the residuals.
      weight: [B, N], each residual's weight; 0 excludes the residual.
      inliers: share of the residuals that get more than half of their weight.
      smallest: lower bound of the scale.

    Returns:
      [B, N].
    """
    scale = masked_quantile(length, weight, inliers)[:, None]
    scale = ops.maximum(ops.where(scale < float("inf"), scale, 1.0), smallest)
    return weight / (1.0 + ops.square(length / scale))


def normal_equations(rows, residual, weight):
    """J^T W J [B, K, K] and J^T W r [B, K, 1] of rows [B, N, K], residual and weight [B, N]."""
    weighted = ops.swapaxes(rows * weight[..., None], 1, 2)
    return weighted @ rows, weighted @ residual[..., None]


def solution(normal, right):
    """Solves normal [B, K, K] x = right [B, K, 1], damped; [B, K].

    Each unknown is scaled to a unit diagonal first, so the damping treats all unknowns alike.
    """
    unit = ops.sqrt(ops.diagonal(normal, axis1=1, axis2=2) + 1e-12)[..., None]
    scaled = normal / (unit * ops.swapaxes(unit, 1, 2)) + DAMPING * ops.eye(normal.shape[-1])
    return (ops.solve(scaled, right / unit) / unit)[..., 0]
