"""Depth from motion and flow: the intersection of two rays, and its uncertainty."""

from keras import ops

LEAST_DEPTH_RATIO = 1e-2  # Second depth / first depth; points below are at or behind the camera.
FEWEST_VIEWS = 2
WORST_DOUBT = 1.0  # Relative standard deviation of inverse depth; above it a pixel is unknown.
WORST_DISAGREEMENT = 4.0  # Between views, in their own standard deviations.


def of_matches(motion, first, second):
    """Triangulates matched points of two frames.

    With q = R x1, a = t_xy - t_z x2 and b = x2 q_z - q_xy, the point R x1 Z + t projects to x2
    where a / Z = b, so the least-squares inverse depth is a . b / |a|^2. A shift of x2 changes b by
    that shift times q_z + t_z / Z, the ratio of the depths in the second and the first frame.

    Args:
      motion: [B, 4, 4], second_from_first.
      first: [B, N, 2], in focal lengths.
      second: [B, N, 2], the same points in the second frame.

    Returns:
      - inverse depth in the first frame [B, N], in 1 / the unit of t, negative behind the camera;
      - the parallax [B, N, 2]: the point's shift in the second frame per unit of inverse depth. A
        standard deviation s of `second` gives a deviation s / |parallax| of the inverse depth;
      - the distance of the match from its epipolar line [B, N], in focal lengths.
    """
    rotation, translation = motion[:, None, :3, :3], motion[:, None, :3, 3]
    one = ops.ones_like(first[..., :1])
    ray = ops.concatenate([first, one], axis=-1)
    turned = ops.sum(rotation * ray[..., None, :], axis=-1)
    line = translation[..., :2] - translation[..., 2:] * second
    shift = second * turned[..., 2:] - turned[..., :2]
    square = ops.sum(ops.square(line), axis=-1) + 1e-12
    inverse_depth = ops.sum(line * shift, axis=-1) / square
    across = ops.abs(line[..., 0] * shift[..., 1] - line[..., 1] * shift[..., 0])
    depth_ratio = turned[..., 2] + translation[..., 2] * inverse_depth
    depth_ratio = ops.maximum(depth_ratio, LEAST_DEPTH_RATIO)
    parallax = line / depth_ratio[..., None]
    return inverse_depth, parallax, across / ops.sqrt(square) / depth_ratio


def combined(inverse_depth, doubt, seen):
    """Averages several views' inverse depths of the same pixels, weighted by their precision.

    If the views disagree by more than their standard deviations, the joint deviation grows by the
    same factor.

    Args:
      inverse_depth: [V, ...] of V views, in one unit.
      doubt: [V, ...], their standard deviations.
      seen: [V, ...], 1 where a view counts.

    Returns:
      inverse depth [...]; its relative standard deviation [...]; and 1 where the pixel is known
      [...]. A known pixel is in front of the camera, is seen by at least FEWEST_VIEWS views that
      agree, and has a relative deviation below WORST_DOUBT.
    """
    precision = seen / ops.square(doubt)
    total = ops.maximum(ops.sum(precision, axis=0), 1e-9)
    mean = ops.sum(precision * inverse_depth, axis=0) / total
    gap = ops.abs(inverse_depth - mean) / doubt
    disagreement = ops.sum(precision * gap, axis=0) / total
    relative = ops.maximum(1.0, disagreement) / (ops.sqrt(total) * ops.maximum(mean, 1e-6))
    known = ops.logical_and(ops.sum(seen, axis=0) >= FEWEST_VIEWS, mean > 0)
    known = ops.logical_and(known, relative < WORST_DOUBT)
    known = ops.logical_and(known, disagreement < WORST_DISAGREEMENT)
    return mean, relative, ops.cast(known, "float32")
