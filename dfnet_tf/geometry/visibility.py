"""Which pixels of one frame are visible in another. No gradient passes these masks."""

from keras import ops

from dfnet_tf.geometry import optical_flow

# Sundaram, Brox, Keutzer, "Dense point trajectories", ECCV 2010, with UnFlow's constants.
RELATIVE_TOLERANCE = 0.01
ABSOLUTE_TOLERANCE = 0.5  # square pixels


def in_image(pixels, height: int, width: int):
    """1 where (x, y) `pixels` [..., 2] lie within the pixel centres of an image; [..., 1]."""
    limits = ops.convert_to_tensor([width - 1.0, height - 1.0])
    inside = ops.logical_and(pixels >= 0.0, pixels <= limits)
    return ops.cast(ops.all(inside, axis=-1, keepdims=True), "float32")


def visible(flow, warped_backward_flow):
    """1 where the pixel that `flow` points to is in the image and is not hidden.

    A pixel is hidden if the forward and the backward flow do not cancel:
    |F + F'|^2 > 0.01 (|F|^2 + |F'|^2) + 0.5, F' = the other direction's flow read at x + F(x).

    Args:
      flow: [B, H, W, 2], in pixels.
      warped_backward_flow: F', [B, H, W, 2].

    Returns:
      float32 [B, H, W, 1].
    """
    height, width = flow.shape[1:3]
    flow = ops.stop_gradient(flow)
    back = ops.stop_gradient(warped_backward_flow)
    gap = _squared_length(flow + back)
    bound = RELATIVE_TOLERANCE * (_squared_length(flow) + _squared_length(back))
    consistent = ops.cast(gap <= bound + ABSOLUTE_TOLERANCE, "float32")
    return consistent * in_image(optical_flow.end_points(flow), height, width)


def _squared_length(vectors):
    return ops.sum(ops.square(vectors), axis=-1, keepdims=True)
