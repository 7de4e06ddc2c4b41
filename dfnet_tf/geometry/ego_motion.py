"""The camera's motion solved for, from depth and flow, instead of guessed from pictures."""

from keras import ops

from dfnet_tf.geometry import camera, optical_flow, rigid_motion

INLIERS = 0.25  # The share of the pixels that count more than half.
SMALLEST_INLIER = 1e-4  # In focal lengths, some hundredths of a pixel: less is rounding.
# How much worse depth is known (a share of it) than flow (in focal lengths): 0.4 and 0.3 pixels of
# a focal length of 55, say. On odometry 00 half of it and three times as much do about as well.
DEPTH_DOUBT = 70.0
# Traffic that fills the picture moves it too, and then the guess is the better one. There (KITTI
# drive 0052) the residuals hardly ever fell so far; on streets with little of it (odometry 00), on
# three frames of four.
CLEARLY = 0.7
DAMPING = 1e-4  # Of each unknown's own weight, for those that the scene leaves open.


def refined(motion, flow, disparity, intrinsics, trusted, steps: int = 16):
    """The motion, near a first guess, whose rigid flow comes closest to `flow`.

    Gauss-Newton on the residuals in focal lengths, target(x) - project(R ray + disparity t), with
    the motion field's derivatives by rotation and translation (Longuet-Higgins and Prazdny, 1980)
    and Cauchy's weights, 1 / (1 + (length / scale)^2), the scale being the lengths' INLIERS
    quantile: moving things are outliers. A wrong depth shifts a point along its parallax alone, so
    the longer that is, the less the residual along it counts (see `_whitened`). The guess stays
    unless the residuals (their lengths' geometric mean, which a few large ones do not sway) fall
    CLEARLY.

    Args:
      motion: [B, 4, 4], second_from_first, its translation in the unit of 1 / disparity.
      flow: [B, H, W, 2], first -> second, in pixels.
      disparity: [B, H, W, 1] of the first frame.
      intrinsics: [B, 3, 3], in pixels of H x W.
      trusted: [B, H, W, 1], a weight of each pixel; 0 where the flow is not to be believed.
      steps: how often the problem is made linear and solved.

    Returns:
      [B, 4, 4]; `motion` itself where nothing is trusted, or nothing explains the flow clearly
      better.
    """
    points = camera.backproject(1.0 / disparity, intrinsics)
    ends = optical_flow.end_points(flow)
    target = camera.lift(ends, ops.ones_like(disparity), intrinsics)[..., :2]
    solved = motion
    for _ in range(steps):
        moved = rigid_motion.transform(points, solved)
        change = _change(moved, solved[:, None, None, :3, 3], target, trusted)
        solved = rigid_motion.compose(rigid_motion.matrix_from_six_vector(change), solved)
    before, after = (
        _misfit(rigid_motion.transform(points, one), target, trusted) for one in (motion, solved)
    )
    return ops.where((after < CLEARLY * before)[:, None, None], solved, motion)


def _seen(points):
    """Where points [..., 3] are seen, [..., 2], in focal lengths."""
    return points[..., :2] / ops.maximum(points[..., 2:], camera.MIN_DEPTH)


def _misfit(points, target, trusted):
    """The geometric mean [B] of the residuals' lengths, over what is trusted."""
    length = ops.norm(target - _seen(points), axis=-1, keepdims=True)
    logarithms = trusted * ops.log(ops.maximum(length, SMALLEST_INLIER))
    total = ops.maximum(ops.sum(trusted, axis=(1, 2, 3)), 1.0)
    return ops.exp(ops.sum(logarithms, axis=(1, 2, 3)) / total)


def _change(points, translation, target, trusted):
    """The small motion [B, 6] that brings moved points [B, H, W, 3] nearest to their targets."""
    seen = _seen(points)
    u, v = seen[..., 0], seen[..., 1]
    nearness, none = 1.0 / ops.maximum(points[..., 2], camera.MIN_DEPTH), ops.zeros_like(u)
    by_motion = [  # Derivatives of u, then of v: by tx, ty, tz, rx, ry, rz.
        ops.stack([nearness, none, -u * nearness, -u * v, 1 + u * u, -v], axis=-1),
        ops.stack([none, nearness, -v * nearness, -1 - v * v, u * v, u], axis=-1),
    ]
    parallax = seen - _seen(points - translation)
    rows = _whitened(ops.stack(by_motion, axis=-2), parallax)
    residual = _whitened((target - seen)[..., None], parallax)
    length = ops.norm(residual, axis=-2, keepdims=True)
    inlier = ops.quantile(length, INLIERS, axis=(1, 2), keepdims=True)
    inlier = ops.maximum(inlier, SMALLEST_INLIER)
    weighted = rows * trusted[..., None] / (1.0 + ops.square(length / inlier))

    rows, residual, weighted = (
        ops.reshape(maps, (-1, 2 * u.shape[1] * u.shape[2], maps.shape[-1]))
        for maps in (rows, residual, weighted)
    )
    weighted = ops.swapaxes(weighted, 1, 2)
    return _solution(weighted @ rows, weighted @ residual)


def _whitened(columns, parallax):
    """Columns [B, H, W, 2, N] of (u, v), in units of what each direction is in doubt by.

    Across the parallax [B, H, W, 2] that is the flow's doubt, the unit; along it there is depth's
    as well: the root of 1 + (DEPTH_DOUBT |parallax|)^2.
    """
    square = ops.sum(ops.square(parallax), axis=-1)[..., None, None]
    shrink = (1.0 - ops.rsqrt(1.0 + DEPTH_DOUBT**2 * square)) / ops.maximum(square, 1e-12)
    along = ops.sum(parallax[..., None] * columns, axis=-2, keepdims=True)
    return columns - shrink * along * parallax[..., None]


def _solution(normal, right):
    """Solves normal [B, 6, 6] x = right [B, 6, 1], every unknown in a unit of its own; [B, 6]."""
    unit = ops.sqrt(ops.diagonal(normal, axis1=1, axis2=2) + 1e-12)[..., None]
    scaled = normal / (unit * ops.swapaxes(unit, 1, 2)) + DAMPING * ops.eye(6)
    return (ops.solve(scaled, right / unit) / unit)[..., 0]
