"""The camera's motion solved for, from depth and flow, instead of guessed from pictures."""

from keras import ops

from dfnet_tf.geometry import camera, optical_flow, rigid_motion

INLIERS = 0.25  # The share of the pixels that count more than half.
SMALLEST_INLIER = 1e-4  # In focal lengths, some hundredths of a pixel: less is rounding.
DAMPING = 1e-4  # Of each unknown's own weight, for those that the scene leaves open.


def refined(motion, flow, disparity, intrinsics, trusted, steps: int = 8):
    """The motion, near a first guess, whose rigid flow comes closest to `flow`.

    Gauss-Newton on the residuals in focal lengths, |target(x) - project(R ray + disparity t)|, with
    the motion field's derivatives by rotation and translation (Longuet-Higgins and Prazdny, 1980)
    and Cauchy's weights, 1 / (1 + (residual / scale)^2), the scale being their INLIERS quantile:
    moving things are outliers.

    Args:
      motion: [B, 4, 4], second_from_first, its translation in the unit of 1 / disparity.
      flow: [B, H, W, 2], first -> second, in pixels.
      disparity: [B, H, W, 1] of the first frame.
      intrinsics: [B, 3, 3], in pixels of H x W.
      trusted: [B, H, W, 1], a weight of each pixel; 0 where the flow is not to be believed.
      steps: how often the problem is made linear and solved.

    Returns:
      [B, 4, 4]; `motion` itself where nothing is trusted.
    """
    height, width = flow.shape[1:3]
    ones = ops.ones_like(disparity)
    rays = camera.backproject(ones, intrinsics)
    target = camera.lift(optical_flow.end_points(flow), ones, intrinsics)[..., :2]
    listed = [
        ops.reshape(maps, (-1, height * width, maps.shape[-1]))
        for maps in (rays, target, disparity, trusted)
    ]
    for _ in range(steps):
        motion = _step(motion, *listed)
    return motion


def _step(motion, rays, target, disparity, trusted):
    """One solution of the linear problem around `motion`; lists of N pixels, [B, N, .]."""
    points = rays @ ops.swapaxes(motion[:, :3, :3], 1, 2) + disparity * motion[:, None, :3, 3]
    depth = ops.maximum(points[..., 2:], camera.MIN_DEPTH)
    seen = points[..., :2] / depth
    residual = target - seen
    length = ops.sqrt(ops.sum(ops.square(residual), axis=-1, keepdims=True))
    inlier = ops.quantile(length, INLIERS, axis=1, keepdims=True)
    weight = trusted / (1.0 + ops.square(length / ops.maximum(inlier, SMALLEST_INLIER)))

    u, v, nearness = seen[..., 0], seen[..., 1], (disparity / depth)[..., 0]
    none = ops.zeros_like(u)
    by_motion = ops.concatenate(  # Of u, then of v: by tx, ty, tz, rx, ry, rz.
        [
            ops.stack([nearness, none, -u * nearness, -u * v, 1 + u * u, -v], axis=-1),
            ops.stack([none, nearness, -v * nearness, -1 - v * v, u * v, u], axis=-1),
        ],
        axis=1,
    )
    weighted = ops.swapaxes(by_motion * ops.concatenate([weight, weight], axis=1), 1, 2)
    normal = weighted @ by_motion
    residual = ops.concatenate([residual[..., :1], residual[..., 1:]], axis=1)
    return _moved(motion, _solution(normal, weighted @ residual))


def _solution(normal, right):
    """Solves normal [B, 6, 6] x = right [B, 6, 1], every unknown in a unit of its own; [B, 6]."""
    unit = ops.sqrt(ops.diagonal(normal, axis1=1, axis2=2) + 1e-12)[..., None]
    scaled = normal / (unit * ops.swapaxes(unit, 1, 2)) + DAMPING * ops.eye(6)
    return (ops.solve(scaled, right / unit) / unit)[..., 0]


def _moved(motion, change):
    """`motion` followed by the small motion (tx, ty, tz, rx, ry, rz) [B, 6]."""
    return rigid_motion.matrix_from_six_vector(change) @ motion
