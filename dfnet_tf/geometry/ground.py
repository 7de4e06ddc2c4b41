"""The road under the camera. No static point lies below it."""

from keras import ops

from dfnet_tf.geometry.quantiles import masked_quantile

LEAST_SLOPE = 0.05  # Of a ray towards the ground, in focal lengths: flatter rays meet it too far.
GROUND = 0.8  # The camera's height is this quantile of the depths of points below the camera.
MARGIN = 1.3  # A point is below the ground if its depth exceeds the ground's by this factor.


def slopes(rays, direction):
    """How steeply rays [B, N, 3] go down to the ground, per unit of depth; [B, N].

    The camera moves along the ground and is held upright. So the ground's normal is the part of the
    Y axis perpendicular to the `direction` of travel [B, 3], |t| = 1.
    """
    vertical = direction[:, 1:2]
    down = ops.concatenate(
        [-vertical * direction[:, :1], 1.0 - ops.square(vertical), -vertical * direction[:, 2:]],
        axis=-1,
    )
    down = down / ops.maximum(ops.norm(down, axis=-1, keepdims=True), 1e-6)
    return ops.sum(rays * down[:, None], axis=-1)


def below(slope, disparity, prior):
    """1 where a point with `disparity` lies below the ground that `prior` shows; [B, N].

    A vehicle driving along with the camera seems far away, and so seems to lie below its road.

    Args:
      slope: [B, N], see `slopes`.
      disparity: [B, N], disparities to check.
      prior: [B, N], disparities that show the ground, in the same unit.
    """
    leads_down = slope > LEAST_SLOPE
    camera_height = masked_quantile(slope / prior, ops.cast(leads_down, "float32"), GROUND)
    too_deep = slope > MARGIN * camera_height[:, None] * disparity
    return ops.cast(ops.logical_and(leads_down, too_deep), "float32")
