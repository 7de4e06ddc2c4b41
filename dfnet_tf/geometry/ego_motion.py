"""Camera motion, solved from depth and flow instead of predicted from images."""

from typing import Any, NamedTuple

from keras import ops

from dfnet_tf.geometry import (
    camera,
    epipolar_motion,
    least_squares,
    motion_field,
    optical_flow,
    rigid_motion,
    triangulation,
)
from dfnet_tf.geometry.quantiles import masked_quantile

INLIERS = 0.25  # Share of the pixels that get more than half of their weight.
SMALLEST_INLIER = 1e-4  # In focal lengths, some hundredths of a pixel: less is rounding error.
# Relative error of depth divided by the error of flow in focal lengths. Example: 0.4, and 0.3
# pixels at a focal length of 55. On odometry 00, half and three times this value do about as well.
DEPTH_DOUBT = 70.0
# If the directions of travel found with and without depth differ by more than this angle (as a
# cosine), depth is considered wrong. Cars driving alongside have a wrong depth but lie on the right
# epipolar lines.
AGREEMENT = 0.985  # 10 degrees.
LEAST_PARALLAX = 2e-3  # In focal lengths: minimum shift by translation for a point to give length.
FEWEST = 0.1  # Minimum share of pixels that give the length.


class Way(NamedTuple):
    """The flow from one frame of a pair to the other."""

    flow: Any  # [B, H, W, 2], to the other frame, in pixels.
    disparity: Any  # [B, H, W, 1], of the frame at which the flow starts.
    trusted: Any  # [B, H, W, 1], a weight for each pixel; 0 where the flow is not reliable.


def refined(motion, there: Way, back: Way, intrinsics, steps: int = 16):
    """Refines a motion so that it best explains the flow in both directions.

    Gauss-Newton on the residuals target(x) - project(R ray + disparity t), in focal lengths, of
    both directions in one system with six unknowns. The derivatives are the rows of the
    `motion_field`. Cauchy weights treat moving objects as outliers. A wrong depth shifts a point
    only along its parallax, so a longer parallax reduces the weight of the residual along it (see
    `_whitened`).

    If the direction of travel differs by more than AGREEMENT from the direction found without
    depth (`epipolar_motion`), and the latter leaves the points nearer to their epipolar lines, the
    motion found without depth replaces the refined one. Depth still gives its length, so the
    lengths of all pairs are in the unit of depth.

    Args:
      motion: [B, 4, 4], the initial second_from_first, translation in the unit of 1 / disparity.
      there: from the first frame to the second.
      back: from the second frame to the first.
      intrinsics: [B, 3, 3], in pixels of H x W.
      steps: number of Gauss-Newton steps.

    Returns:
      [B, 4, 4]; `motion` itself if no pixel is trusted.
    """
    points = [camera.backproject(1.0 / way.disparity, intrinsics) for way in (there, back)]
    ends = [_ends(way, intrinsics) for way in (there, back)]
    weight = ops.concatenate([_flat(way.trusted)[..., 0] for way in (there, back)], axis=1)

    def step(_, solved):
        return _improved(solved, points, ends, weight)

    solved = ops.fori_loop(0, steps, step, motion)
    first, second = _matches(there, back, ends, intrinsics)
    depth_free, tells = _without_depth(motion, there, back, first, second, weight)
    cosine = ops.sum(
        epipolar_motion.unit(solved[:, :3, 3]) * epipolar_motion.unit(depth_free[:, :3, 3]), axis=1
    )
    # A fit without depth from a bad guess may end in a false minimum, for example in a sharp turn.
    gap, own_gap = (
        masked_quantile(epipolar_motion.distances(found, first, second), weight, 0.5)
        for found in (depth_free, solved)
    )
    misled = ops.logical_and(ops.logical_and(cosine < AGREEMENT, tells), gap < own_gap)
    return ops.where(misled[:, None, None], depth_free, solved)


def _ends(way: Way, intrinsics):
    """The end points of a way's flow, [B, H, W, 2], in focal lengths."""
    ends = optical_flow.end_points(way.flow)
    return camera.lift(ends, ops.ones_like(way.disparity), intrinsics)[..., :2]


def _improved(motion, points, ends, weight):
    """`motion` after one step; `points` and `ends` hold both directions."""
    inverse = rigid_motion.inverse(motion)
    adjoint = rigid_motion.adjoint(inverse)[:, None]
    rows_there, residual_there = _linearised(points[0], motion, ends[0])
    rows_back, residual_back = _linearised(points[1], inverse, ends[1])
    # M^-1 exp(-d) = exp(-Ad(M^-1) d) M^-1.
    rows_back = -ops.sum(rows_back[..., None] * adjoint[:, :, None], axis=-2)
    rows = ops.concatenate([rows_there, rows_back], axis=1)
    residual = ops.concatenate([residual_there, residual_back], axis=1)
    length = ops.norm(residual, axis=-1)
    weight = least_squares.cauchy_weights(length, weight, INLIERS, SMALLEST_INLIER)
    count = 2 * weight.shape[1]
    change = least_squares.solution(
        *least_squares.normal_equations(
            ops.reshape(rows, (-1, count, 6)),
            ops.reshape(residual, (-1, count)),
            ops.repeat(weight, 2, axis=1),
        )
    )
    return rigid_motion.compose(rigid_motion.matrix_from_six_vector(change), motion)


def _linearised(points, motion, ends):
    """One direction's whitened derivatives [B, N, 2, 6] by the motion and residuals [B, N, 2]."""
    moved = rigid_motion.transform(points, motion)
    seen = _seen(moved)
    parallax = seen - _seen(moved - motion[:, None, None, :3, 3])
    nearness = 1.0 / ops.maximum(moved[..., 2], camera.MIN_DEPTH)
    rows = _whitened(motion_field.rows(seen, nearness), parallax)
    residual = _whitened((ends - seen)[..., None], parallax)
    return _flat(rows), _flat(residual)[..., 0]


def _seen(points):
    """Projects points [..., 3] to [..., 2], in focal lengths."""
    return points[..., :2] / ops.maximum(points[..., 2:], camera.MIN_DEPTH)


def _flat(maps):
    """[B, H, W, ...] -> [B, H * W, ...]."""
    return ops.reshape(maps, (-1, maps.shape[1] * maps.shape[2], *maps.shape[3:]))


def _whitened(columns, parallax):
    """Divides the components of columns [B, H, W, 2, N] of (u, v) by their standard deviations.

    Perpendicular to the parallax [B, H, W, 2] this is the flow's deviation, which is 1. Along the
    parallax the deviation of depth is added: sqrt(1 + (DEPTH_DOUBT |parallax|)^2).
    """
    square = ops.sum(ops.square(parallax), axis=-1)[..., None, None]
    shrink = (1.0 - ops.rsqrt(1.0 + DEPTH_DOUBT**2 * square)) / ops.maximum(square, 1e-12)
    along = ops.sum(parallax[..., None] * columns, axis=-2, keepdims=True)
    return columns - shrink * along * parallax[..., None]


def _matches(there, back, ends, intrinsics):
    """The points of both ways in the first and in the second frame, [B, N, 2] each."""
    still = [way._replace(flow=ops.zeros_like(way.flow)) for way in (there, back)]
    starts = [_ends(way, intrinsics) for way in still]
    return (
        ops.concatenate([_flat(a), _flat(b)], axis=1)
        for a, b in ((starts[0], ends[1]), (ends[0], starts[1]))
    )


def _without_depth(motion, there, back, first, second, weight):
    """The epipolar motion [B, 4, 4] with length from depth; and whether that length is known."""
    found = epipolar_motion.fitted(motion, first, second, weight)
    (start, back_end), (end, back_start) = (ops.split(each, 2, axis=1) for each in (first, second))
    logarithms, counts = [], []
    for way, *matched in (
        (there, found, start, end),
        (back, rigid_motion.inverse(found), back_start, back_end),
    ):
        near, parallax, _ = triangulation.of_matches(*matched)
        shift = near * ops.norm(parallax, axis=-1)
        counts.append(_flat(way.trusted)[..., 0] * ops.cast(shift > LEAST_PARALLAX, "float32"))
        disparity = _flat(way.disparity)[..., 0]
        logarithms.append(ops.log(ops.maximum(near, 1e-9)) - ops.log(disparity))
    counts = ops.concatenate(counts, axis=1)
    length = masked_quantile(ops.concatenate(logarithms, axis=1), counts, 0.5)
    tells = ops.mean(ops.cast(counts > 0, "float32"), axis=1) > FEWEST
    length = ops.exp(ops.where(tells, length, 0.0))
    return rigid_motion.with_length(found, length), tells
