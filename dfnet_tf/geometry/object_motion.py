"""What moves by itself: where the flow is not the one that the camera's motion induces."""

from keras import ops

from dfnet_tf.geometry import visibility


def disagreement(flow, rigid_flow):
    """How far two flows are apart, in units of the gap that counts as agreement.

    |F - R|^2 / (0.01 (|F|^2 + |R|^2) + 0.5): the forward-backward check of `visibility.visible`,
    between two flows of the same direction. Longer flows may differ by more; short ones by 0.7 px.

    Args:
      flow: [..., 2], in pixels.
      rigid_flow: [..., 2], of the same pixels and resolution.

    Returns:
      [..., 1], without a unit; beyond 1 the two disagree.
    """
    gap = _squared_length(flow - rigid_flow)
    size = _squared_length(flow) + _squared_length(rigid_flow)
    return gap / (visibility.RELATIVE_TOLERANCE * size + visibility.ABSOLUTE_TOLERANCE)


def moving_mask(flow, rigid_flow):
    """1 where `flow` and `rigid_flow` [..., 2] disagree: something moves by itself; [..., 1].

    So does a hidden pixel, whose flow is a guess; and all that the depth or the motion has wrong.
    """
    return ops.cast(disagreement(flow, rigid_flow) > 1.0, "float32")


def _squared_length(vectors):
    return ops.sum(ops.square(vectors), axis=-1, keepdims=True)
