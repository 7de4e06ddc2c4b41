"""Losses for clips with ground truth, for example rendered clips."""

from keras import ops

from dfnet_tf.geometry import optical_flow

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
        error = ops.sqrt(ops.sum(ops.square(flow - taught[..., :2]), axis=-1) + 1e-4)
        known = taught[..., 2]
        mean = ops.sum(known * error, axis=(1, 2)) / (ops.sum(known, axis=(1, 2)) + 1.0)
        total = total + weight * mean
    return total
