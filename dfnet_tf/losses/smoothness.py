"""Smoothness of depth and of flow."""

from keras import ops

FLOW_EDGES = 150.0  # How strongly image edges switch off the smoothness of flow (UFlow).


def edge_aware_smoothness(disparity, images):
    """First-order smoothness, weaker at image edges (Godard et al., 2017, eq. 3).

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


def normalised_smoothness(disparity, images):
    """`edge_aware_smoothness` of the disparity divided by its mean (Monodepth2, ICCV 2019).

    Without the division, a smaller disparity costs less, and depth degenerates (Wang et al., CVPR
    2018). Arguments and result are those of `edge_aware_smoothness`.
    """
    mean = ops.mean(disparity, axis=(1, 2, 3), keepdims=True)
    return edge_aware_smoothness(disparity / (mean + 1e-7), images)


def edge_aware_flow_smoothness(flow, images):
    """Second-order smoothness, weaker at image edges (UFlow, ECCV 2020).

    Half of mean(exp(-mean_c |150 dI|) sqrt(d2F^2 + 0.001^2)) in x plus the same in y. dI is the
    difference of the two pixels on either side of the second difference d2F.

    Args:
      flow: [N, H, W, 2].
      images: [N, H, W, 3] in [0, 1], at the flow's resolution.

    Returns:
      [N].
    """
    return 0.5 * sum(
        _mean(
            ops.exp(-FLOW_EDGES * ops.mean(ops.abs(across(images)), axis=-1, keepdims=True))
            * ops.sqrt(ops.square(step(step(flow))) + 1e-6)
        )
        for step, across in ((_step_x, _across_x), (_step_y, _across_y))
    )


def _across_x(maps):
    return maps[:, :, 2:] - maps[:, :, :-2]


def _across_y(maps):
    return maps[:, 2:] - maps[:, :-2]


def _step_x(maps):
    return maps[:, :, 1:] - maps[:, :, :-1]


def _step_y(maps):
    return maps[:, 1:] - maps[:, :-1]


def _mean(maps):
    return ops.mean(maps, axis=(1, 2, 3))
