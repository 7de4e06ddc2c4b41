"""Losses for clips with ground truth, for example rendered clips."""

from keras import ops

from dfnet_tf.geometry import optical_flow

SCALE = 0.5  # Share of the mean gap of log disparity that is no error (Eigen et al., NIPS 2014).
LEVEL_WEIGHTS = (1.0, 0.25, 0.1, 0.05, 0.03)  # Finest first; errors are in pixels of the images.


def flow_error(flows, labels):
    """Multi-level endpoint error (PWC-Net, Sun et al., CVPR 2018), sqrt(|error|^2 + 0.01^2).

    The finest flow is upsampled to the size of the labels, so that it learns motion boundaries. At
    a coarser level, each pixel is compared with the label at its middle.

    Args:
      flows: list, finest first, of [N, h, w, 2], in pixels of their own grid.
      labels: [N, H, W, 3], true flow in pixels and a weight; they get no gradient.

    Returns:
      [N], the weighted mean over the pixels, summed over the levels.
    """
    labels, total = ops.stop_gradient(labels), 0.0
    height, width = labels.shape[1:3]
    for level, (weight, flow) in enumerate(zip(LEVEL_WEIGHTS, flows, strict=False)):
        taught = labels
        if level == 0:
            flow = optical_flow.resize_flow(flow, height, width)
        else:
            factor = height // flow.shape[1]
            taught = labels[:, factor // 2 :: factor, factor // 2 :: factor]
            flow = flow * factor
        total = total + weight * endpoint_error(flow, taught[..., :2], taught[..., 2:])
    return total


def endpoint_error(flow, truth, weight):
    """The weighted mean of sqrt(|error|^2 + 0.01^2).

    Args:
      flow, truth: [N, H, W, 2], in pixels.
      weight: [N, H, W, 1], 0 or 1.

    Returns:
      [N]; 0 where no pixel has a weight.
    """
    error = ops.sqrt(ops.sum(ops.square(flow - truth), axis=-1, keepdims=True) + 1e-4)
    return _weighted_mean(error, weight)


def depth_error(disparities, log_disparity):
    """L1 error of log disparity, without half of its mean, summed over the levels.

    Eigen et al. (NIPS 2014) leave out a share of the mean gap, because one image shows scale badly.

    Args:
      disparities: list, finest first, of [N, h, w, 1].
      log_disparity: [N, H, W, 1], the truth.

    Returns:
      [N].
    """
    total = 0.0
    for disparity in disparities:
        factor = log_disparity.shape[1] // disparity.shape[1]
        taught = ops.average_pool(log_disparity, factor, strides=factor)
        gap = ops.log(disparity) - taught
        gap = gap - SCALE * ops.mean(gap, axis=(1, 2, 3), keepdims=True)
        total = total + ops.mean(ops.abs(gap), axis=(1, 2, 3))
    return total


def scene_flow_error(predicted, predicted_depth, truth, depth, weight):
    """L1 error of scene flow, each in units of its own mean depth (ZeroMSF, CVPR 2025).

    Args:
      predicted, truth: [N, H, W, 3], scene flow.
      predicted_depth, depth: [N, H, W, 1], of the first frame, in the same units.
      weight: [N, H, W, 1], 0 or 1.

    Returns:
      [N]; 0 where no pixel has a weight.
    """
    unit = ops.mean(predicted_depth, axis=(1, 2, 3), keepdims=True)
    true_unit = ops.mean(depth, axis=(1, 2, 3), keepdims=True)
    gap = ops.abs(predicted / unit - truth / true_unit)
    return _weighted_mean(ops.sum(gap, axis=-1, keepdims=True), weight)


def _weighted_mean(errors, weight):
    """Of errors and weights [N, H, W, 1]: [N]."""
    total, known = (ops.sum(maps, axis=(1, 2, 3)) for maps in (weight * errors, weight))
    return total / (known + 1.0)
