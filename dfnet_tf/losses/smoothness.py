"""Smoothness of depth and of flow."""

from keras import ops


def edge_aware_smoothness(disparity, images):
    """First-order smoothness that lets edges of the picture pass (Godard et al., 2017, eq. 3).

    mean(exp(-mean_c |dx I|) |dx d|) + the same in y.

    Args:
      disparity: [N, H, W, 1].
      images: [N, H, W, 3] in [0, 1].

    Returns:
      [N].
    """
    return sum(
        _mean(
            ops.exp(-ops.mean(ops.abs(step(images)), axis=-1, keepdims=True))
            * ops.abs(step(disparity))
        )
        for step in (_step_x, _step_y)
    )


def second_order_smoothness(flow):
    """Sum of the means of |second differences| (xx, xy, yx, yy) of `flow` [N, H, W, 2]; [N]."""
    steps = (_step_x, _step_y)
    return sum(_mean(ops.abs(outer(inner(flow)))) for inner in steps for outer in steps)


def _step_x(maps):
    return maps[:, :, 1:] - maps[:, :, :-1]


def _step_y(maps):
    return maps[:, 1:] - maps[:, :-1]


def _mean(maps):
    return ops.mean(maps, axis=(1, 2, 3))
