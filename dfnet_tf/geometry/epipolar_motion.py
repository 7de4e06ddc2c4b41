"""Camera motion from matched points only, without their depth."""

from keras import ops

from dfnet_tf.geometry import least_squares, rigid_motion, triangulation

INLIERS = 0.2  # Share of the matches that get more than half of their weight.
SMALLEST_INLIER = 1e-5  # In focal lengths: less is rounding error.


def fitted(motion, first, second, weight, steps: int = 20):
    """Fits the rotation and the direction of travel to matched points.

    Gauss-Newton with Cauchy weights on the Sampson distance of the epipolar constraint
    x2 . (t x R x1) = 0 (Hartley and Zisserman, section 11.4.3), |t| = 1: five unknowns. The list
    may mix matches from the forward and the backward flow, because the distance is symmetric in the
    two frames. Cars driving alongside seem to have a wrong depth, but they lie on the same epipolar
    lines as the street. The fit does not use depth, so these cars do not bias the motion.

    Args:
      motion: [B, 4, 4], the initial second_from_first; without translation, straight ahead.
      first: [B, N, 2], matched points of the first frame, in focal lengths.
      second: [B, N, 2], the same points in the second frame.
      weight: [B, N], of each match; 0 excludes the match.
      steps: number of Gauss-Newton steps.

    Returns:
      [B, 4, 4], |t| = 1. The sign of t puts most points in front of the camera.
    """
    rotation, direction = motion[:, :3, :3], motion[:, :3, 3]
    ahead = ops.convert_to_tensor([0.0, 0.0, -1.0])
    stands = ops.norm(direction, axis=-1, keepdims=True) < 1e-6
    direction = ops.where(stands, ahead, unit(direction))
    first3, second3 = _rays(first), _rays(second)

    def step(_, solved):
        rotation, direction = solved
        turned = _rotated(first3, rotation)
        rows, distance = _linearised(turned, second3, rotation, direction)
        weights = least_squares.cauchy_weights(ops.abs(distance), weight, INLIERS, SMALLEST_INLIER)
        change = least_squares.solution(*least_squares.normal_equations(rows, -distance, weights))
        turn = ops.concatenate([ops.zeros_like(change[:, :3]), change[:, :3]], axis=-1)
        turn = rigid_motion.matrix_from_six_vector(turn)[:, :3, :3]
        return rigid_motion.compose(turn, rotation), unit(direction + change[:, 3:])

    rotation, direction = ops.fori_loop(0, steps, step, (rotation, direction))
    found = ops.concatenate([rotation, direction[..., None]], axis=-1)
    found = ops.concatenate([found, motion[:, 3:]], axis=1)
    return rigid_motion.with_length(found, _forward_sign(found, first, second, weight))


def distances(motion, first, second):
    """The Sampson distances of matched points from their epipolar lines, for any motion.

    The arguments are as in `fitted`; the length of the translation, if not 0, does not matter.

    Returns:
      [B, N], in focal lengths, not negative.
    """
    rotation, direction = motion[:, :3, :3], unit(motion[:, :3, 3])
    turned = _rotated(_rays(first), rotation)
    return ops.abs(_linearised(turned, _rays(second), rotation, direction)[1])


def unit(vectors):
    """Normalises vectors [..., 3] to length 1; 0 stays 0."""
    return vectors / ops.maximum(ops.norm(vectors, axis=-1, keepdims=True), 1e-12)


def _linearised(turned, second, rotation, direction):
    """The Sampson distance [B, N] and its derivatives [B, N, 6], by rotation and direction.

    `turned` and `second` are [B, N, 3]. With q = R x1, the derivative of x2 . (t x q) by the
    rotation is q x (x2 x t), and by t it is q x x2. Only the part of the latter perpendicular to t
    counts, because |t| = 1.
    """
    along = direction[:, None] + ops.zeros_like(turned)
    across_second = ops.cross(along, turned)
    across_first = _rotated(ops.cross(along, second), ops.swapaxes(rotation, 1, 2))
    square = ops.square(across_second[..., :2]) + ops.square(across_first[..., :2])
    size = ops.sqrt(ops.sum(square, axis=-1, keepdims=True) + 1e-18)
    distance = ops.sum(second * across_second, axis=-1, keepdims=True) / size
    by_rotation = ops.cross(turned, ops.cross(second, along))
    by_direction = ops.cross(turned, second)
    by_direction -= ops.sum(by_direction * along, axis=-1, keepdims=True) * along
    rows = ops.concatenate([by_rotation, by_direction], axis=-1) / size
    return rows, distance[..., 0]


def _forward_sign(motion, first, second, weight):
    """Factors 1 or -1 [B] for t that make most inverse depths positive."""
    inverse_depth, _, _ = triangulation.of_matches(motion, first, second)
    return ops.where(ops.sum(weight * ops.sign(inverse_depth), axis=1) < 0, -1.0, 1.0)


def _rays(points):
    """Points [B, N, 2] as rays [B, N, 3] with Z = 1."""
    return ops.concatenate([points, ops.ones_like(points[..., :1])], axis=-1)


def _rotated(points, rotation):
    """R p for points [B, N, 3], R [B, 3, 3]; element by element, see `rigid_motion.transform`."""
    return ops.sum(rotation[:, None] * points[:, :, None, :], axis=-1)
