"""The motion field: how the image of a static world moves with the camera.

Longuet-Higgins, Prazdny, "The interpretation of a moving retinal image", 1980.
"""

from keras import ops

from dfnet_tf.geometry import optical_flow, rigid_motion


def rows(seen, nearness):
    """Derivatives of projected points by a small motion (v, w) of the points, p + v + w x p.

    A point seen at (x, y) moves by A v / Z + B w, with A = [[1, 0, -x], [0, 1, -y]] and
    B = [[-xy, 1 + x^2, -y], [-(1 + y^2), xy, x]]. (The paper moves the camera instead of the
    points, which changes all signs.)

    Args:
      seen: [..., 2], the points' (x, y), in focal lengths.
      nearness: [...], their 1 / Z, in 1 / the unit of v.

    Returns:
      [..., 2, 6]: rows for x and y; columns for v in the unit of Z, then w in radians.
    """
    x, y, none = seen[..., 0], seen[..., 1], ops.zeros_like(nearness)
    by_motion = [
        ops.stack([nearness, none, -x * nearness, -x * y, 1 + x * x, -y], axis=-1),
        ops.stack([none, nearness, -y * nearness, -1 - y * y, x * y, x], axis=-1),
    ]
    return ops.stack(by_motion, axis=-2)


def flows(depth, intrinsics, motion):
    """The flow of a static world by the camera's rotation, and the rest, by its translation.

    The rotation flow project(R ray) - x does not depend on depth. A rotation of the image by a
    stabiliser can remove it. The translation flow is the parallax: it is 0 at infinity, and its
    direction does not depend on depth.

    Args:
      depth: [B, H, W, 1].
      intrinsics: [B, 3, 3], in pixels of H x W.
      motion: [B, 4, 4], second_from_first, in the unit of depth.

    Returns:
      two flows [B, H, W, 2], in pixels. Their sum is `optical_flow.rigid_flow`.
    """
    turn = rigid_motion.with_length(motion, ops.zeros_like(motion[:, 0, 0]))
    rotation = optical_flow.rigid_flow(depth, intrinsics, turn)
    return rotation, optical_flow.rigid_flow(depth, intrinsics, motion) - rotation
