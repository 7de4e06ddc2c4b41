"""The road under the camera: nothing that stands still lies below it."""

from keras import ops

from dfnet_tf.geometry.quantiles import masked_quantile

LEAST_SLOPE = 0.05  # Of a ray towards the ground, in focal lengths: the rest meets it too far away.
GROUND = 0.8  # Quantile of depths below the camera at which the ground is taken to be.
MARGIN = 1.3  # How many times as deep as the ground a point must be to count as below it.


def slopes(rays, direction):
    """How steeply rays [B, N, 3] lead to the ground, per unit of depth; [B, N].

    The camera moves along the ground, and Y points down as far as that allows: the ground's
    normal is the part of Y across the `direction` of travel [B, 3], |t| = 1.
    """
    vertical = direction[:, 1:2]
    down = ops.concatenate(
        [-vertical * direction[:, :1], 1.0 - ops.square(vertical), -vertical * direction[:, 2:]],
        axis=-1,
    )
    down = down / ops.maximum(ops.norm(down, axis=-1, keepdims=True), 1e-6)
    return ops.sum(rays * down[:, None], axis=-1)


def below(slope, disparity, prior):
    """1 where a point of `disparity` lies below the ground that `prior` shows; [B, N].

    What drives along with the camera seems far away, and so lies below the road it stands on.

    Args:
      slope: [B, N], see `slopes`.
      disparity: [B, N], to be judged.
      prior: [B, N], disparities that show the ground, in the same unit.
    """
    leads_down = slope > LEAST_SLOPE
    camera_height = masked_quantile(slope / prior, ops.cast(leads_down, "float32"), GROUND)
    too_deep = slope > MARGIN * camera_height[:, None] * disparity
    return ops.cast(ops.logical_and(leads_down, too_deep), "float32")
