"""The camera's motion, solved from depth and flow instead of guessed from pictures."""

from typing import Any, NamedTuple

from keras import ops

from dfnet_tf.geometry import (
    camera,
    epipolar_motion,
    least_squares,
    optical_flow,
    rigid_motion,
    triangulation,
)
from dfnet_tf.geometry.quantiles import masked_quantile

INLIERS = 0.25  # Share of the pixels that get more than half of their weight.
SMALLEST_INLIER = 1e-4  # In focal lengths, some hundredths of a pixel: less is rounding.
# How much worse depth is known (as a share of it) than flow (in focal lengths): 0.4 and 0.3 pixels
# of a focal length of 55, for example. On odometry 00 half of it and three times as much do about
# as well.
DEPTH_DOUBT = 70.0
# Cosine of the angle between the directions of travel found with depth and without it, beyond which
# depth has misled: cars that drive alongside have a wrong depth, but the right epipolar lines.
AGREEMENT = 0.985  # 10 degrees.
LEAST_PARALLAX = 2e-3  # In focal lengths: how far translation must move a point to tell its length.
FEWEST = 0.1  # Share of the pixels that must tell the length.


class Way(NamedTuple):
    """A pair of frames, seen from one of the two."""

    flow: Any  # [B, H, W, 2], to the other frame, in pixels.
    disparity: Any  # [B, H, W, 1], of the frame the flow starts from.
    trusted: Any  # [B, H, W, 1], a weight of each pixel; 0 where the flow is not to be believed.


def refined(motion, there: Way, back: Way, intrinsics, steps: int = 16):
    """The motion, near a first guess, that explains the flow there and back best.

    Gauss-Newton on the residuals in focal lengths, target(x) - project(R ray + disparity t), of
    both ways in one system of six unknowns, with the motion field's derivatives by rotation and
    translation (Longuet-Higgins and Prazdny, 1980) and Cauchy's weights: moving things are
    outliers. A wrong depth shifts a point along its parallax alone, so the longer that is, the
    less the residual along it counts (see `_whitened`).

    Where the direction of travel differs from the one that flow tells without depth
    (`epipolar_motion`) by more than AGREEMENT, the latter is taken, with rotation; its length
    comes from depth as well, so lengths from pair to pair are always in the unit of depth.

    Args:
      motion: [B, 4, 4], second_from_first, its translation in the unit of 1 / disparity.
      there: of the first frame.
      back: of the second frame.
      intrinsics: [B, 3, 3], in pixels of H x W.
      steps: how often the problem is made linear and solved.

    Returns:
      [B, 4, 4]; `motion` itself where nothing is trusted.
    """
    points = [camera.backproject(1.0 / way.disparity, intrinsics) for way in (there, back)]
    ends = [_ends(way, intrinsics) for way in (there, back)]
    weight = ops.concatenate([_flat(way.trusted)[..., 0] for way in (there, back)], axis=1)

    def step(_, solved):
        return _improved(solved, points, ends, weight)

    solved = ops.fori_loop(0, steps, step, motion)
    depth_free, tells = _without_depth(motion, there, back, ends, weight, intrinsics)
    cosine = ops.sum(
        epipolar_motion.unit(solved[:, :3, 3]) * epipolar_motion.unit(depth_free[:, :3, 3]), axis=1
    )
    misled = ops.logical_and(cosine < AGREEMENT, tells)
    return ops.where(misled[:, None, None], depth_free, solved)


def _ends(way: Way, intrinsics):
    """Where the flow of a way ends, [B, H, W, 2], in focal lengths."""
    ends = optical_flow.end_points(way.flow)
    return camera.lift(ends, ops.ones_like(way.disparity), intrinsics)[..., :2]


def _improved(motion, points, ends, weight):
    """`motion` after one step; `points` and `ends` of both ways."""
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
    """Whitened derivatives [B, N, 2, 6] by the motion, and residuals [B, N, 2], of one way."""
    moved = rigid_motion.transform(points, motion)
    seen = _seen(moved)
    parallax = seen - _seen(moved - motion[:, None, None, :3, 3])
    u, v = seen[..., 0], seen[..., 1]
    nearness, none = 1.0 / ops.maximum(moved[..., 2], camera.MIN_DEPTH), ops.zeros_like(u)
    by_motion = [  # Derivatives of u, then of v: by tx, ty, tz, rx, ry, rz.
        ops.stack([nearness, none, -u * nearness, -u * v, 1 + u * u, -v], axis=-1),
        ops.stack([none, nearness, -v * nearness, -1 - v * v, u * v, u], axis=-1),
    ]
    rows = _whitened(ops.stack(by_motion, axis=-2), parallax)
    residual = _whitened((ends - seen)[..., None], parallax)
    return _flat(rows), _flat(residual)[..., 0]


def _seen(points):
    """Where points [..., 3] are seen, [..., 2], in focal lengths."""
    return points[..., :2] / ops.maximum(points[..., 2:], camera.MIN_DEPTH)


def _flat(maps):
    """[B, H, W, ...] -> [B, H * W, ...]."""
    return ops.reshape(maps, (-1, maps.shape[1] * maps.shape[2], *maps.shape[3:]))


def _whitened(columns, parallax):
    """Columns [B, H, W, 2, N] of (u, v), in units of what each direction is in doubt by.

    Across the parallax [B, H, W, 2] that is the flow's doubt, the unit; along it there is depth's
    as well: the root of 1 + (DEPTH_DOUBT |parallax|)^2.
    """
    square = ops.sum(ops.square(parallax), axis=-1)[..., None, None]
    shrink = (1.0 - ops.rsqrt(1.0 + DEPTH_DOUBT**2 * square)) / ops.maximum(square, 1e-12)
    along = ops.sum(parallax[..., None] * columns, axis=-2, keepdims=True)
    return columns - shrink * along * parallax[..., None]


def _without_depth(motion, there, back, ends, weight, intrinsics):
    """The motion [B, 4, 4] by epipolar lines, its length by depth; and whether that is known."""
    still = [way._replace(flow=ops.zeros_like(way.flow)) for way in (there, back)]
    starts = [_ends(way, intrinsics) for way in still]
    first, second = (
        ops.concatenate([_flat(a), _flat(b)], axis=1)
        for a, b in ((starts[0], ends[1]), (ends[0], starts[1]))
    )
    found = epipolar_motion.fitted(motion, first, second, weight)
    logarithms, counts = [], []
    for way, solved, here, end in (
        (there, found, starts[0], ends[0]),
        (back, rigid_motion.inverse(found), starts[1], ends[1]),
    ):
        near, parallax, _ = triangulation.of_matches(solved, _flat(here), _flat(end))
        shift = near * ops.norm(parallax, axis=-1)
        counts.append(_flat(way.trusted)[..., 0] * ops.cast(shift > LEAST_PARALLAX, "float32"))
        disparity = _flat(way.disparity)[..., 0]
        logarithms.append(ops.log(ops.maximum(near, 1e-9)) - ops.log(disparity))
    counts = ops.concatenate(counts, axis=1)
    length = masked_quantile(ops.concatenate(logarithms, axis=1), counts, 0.5)
    tells = ops.mean(ops.cast(counts > 0, "float32"), axis=1) > FEWEST
    length = ops.exp(ops.where(tells, length, 0.0))
    return rigid_motion.with_length(found, length), tells
