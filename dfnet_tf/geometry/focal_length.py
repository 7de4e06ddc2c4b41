"""The focal length of a turning camera, from matched points of several pairs of frames.

NumPy in float64: a few thousand unknowns once per film, for programs that must not load TensorFlow.
Points are (x, y) from the image's centre, in units of its longer side; so are focal lengths.

A vehicle that drives along an arc and looks along its path tells nothing about the focal length:
every focal length f' explains its matches with another angle, tan(a' / 2) f' = tan(a / 2) f. The
focal length follows from what differs from such an arc, such as a camera in front of the rear axle,
a pan, or a bump. These differences are as small as the effect of an unknown principal point.
So the principal point is an unknown too, with a prior at the image's centre.
"""

from dataclasses import dataclass

import numpy as np

STARTS = 0.5, 0.8, 1.2, 1.9  # Focal lengths from which the fit starts: views of 90 to 30 degrees.
NOISE = 1.6e-4  # Of a good match: 0.1 of 640 pixels.
CENTER_DOUBT = 0.014  # Standard deviation of the principal point; KITTI's is 0.010 off the centre.
ALONE, TOGETHER = 6, 25  # Gauss-Newton steps of the motions alone, then with the camera.
LONGEST = 0.2  # Largest change of log focal length, of an angle or of a direction in a step.
CONVERGED = 1e-4  # Last change of the log focal length.
FARTHER = 1.25  # Factor between focal lengths whose costs are compared.
HELD = 1e15  # Information that keeps a focal length.
DAMPING = 1e-6  # Relative to the mean weight of a pair's unknowns.
DIFFERENCE = 1e-5  # Step of the central differences.
DRAWS = 300  # Of the bootstrap.
MODEL_DOUBT = 0.08  # Standard deviation of log focal length on KITTI's turns, beyond the bootstrap.
TYPICAL = 0.8  # A focal length good enough to see which pairs turn.


@dataclass(frozen=True, eq=False)
class Found:
    """A fitted camera and the motion of each of P pairs."""

    focal: float  # In longer sides.
    center: np.ndarray  # [2], the principal point.
    rotation: np.ndarray  # [P, 3, 3], second_from_first.
    direction: np.ndarray  # [P, 3], |t| = 1.
    cost: float  # Cauchy's robust cost, with the prior.
    information: np.ndarray  # [P, 3, 3], of each pair, about log focal length and center.
    gradient: np.ndarray  # [P, 3], of each pair's cost by them.

    @property
    def angles(self) -> np.ndarray:
        """The angle of each pair's rotation, in degrees; [P]."""
        return _angles(self.rotation)


def fitted(first: np.ndarray, second: np.ndarray, weight: np.ndarray) -> Found:
    """Fits focal length, principal point, and each pair's rotation and direction of travel.

    Minimises Cauchy's robust cost of each second point's distance from its epipolar line by
    Gauss-Newton steps, from several focal lengths (Hartley and Zisserman, section 11.4). The
    motions are eliminated by the Schur complement.

    Args:
      first: [P, N, 2], points of P pairs' first frames, exact by definition: features tracked from
        there.
      second: [P, N, 2], the same points in the second frames.
      weight: [P, N], 0 excludes a match.
    """
    tried = [_fitted_from(focal, first, second, weight) for focal in STARTS]
    best = min(tried, key=lambda found: found.cost)
    again = _fitted_from(best.focal, first, second, weight)
    return min(best, again, key=lambda found: found.cost)


def turns(first: np.ndarray, second: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """About how far each pair's camera turns, in degrees; [P]. Arguments as in `fitted`."""
    motions = _first_motions(np.array([np.log(TYPICAL), 0.0, 0.0]), first, second, weight)
    return _angles(motions[0])


def clarity(found: Found, first: np.ndarray, second: np.ndarray, weight: np.ndarray) -> float:
    """How much the cost rises, at least, at focal lengths FARTHER away; arguments as in `fitted`.

    Near 0 if the motion tells nothing. `interval` cannot see that: with noise, its linear model
    of the cost has curvature in every direction.
    """
    others = found.focal * FARTHER, found.focal / FARTHER
    refitted = [_fitted_from(focal, first, second, weight, holds=True) for focal in others]
    return min(other.cost for other in refitted) - found.cost


def interval(found: Found) -> tuple[float, float]:
    """The focal length's 5 and 95 % quantiles.

    Over resampled pairs (bootstrap), drawn prior means of the principal point, and MODEL_DOUBT.
    """
    random = np.random.default_rng(0)
    prior, camera = _prior(), np.array([np.log(found.focal), *found.center])
    logs = []
    for _ in range(DRAWS):
        drawn = random.integers(0, len(found.gradient), len(found.gradient))
        offset = np.array([0, *(found.center - random.normal(0, CENTER_DOUBT, 2))])
        gradient = found.gradient[drawn].sum(0) + prior @ offset
        change = np.linalg.solve(found.information[drawn].sum(0) + prior, gradient)
        logs.append(camera[0] - change[0] + random.normal(0, MODEL_DOUBT))
    low, high = np.exp(np.percentile(logs, [5, 95]))
    return float(low), float(high)


def _fitted_from(focal: float, first, second, weight, holds: bool = False) -> Found:
    """The fit that starts from, or `holds`, a focal length."""
    prior = _prior(HELD if holds else 0.0)
    camera = np.array([np.log(focal), 0.0, 0.0])
    motions = _first_motions(camera, first, second, weight)
    for _ in range(TOGETHER):
        inverse, coupling, information, own, gradient = _system(
            *motions, camera, first, second, weight
        )
        normal = information.sum(0) + prior
        right = gradient.sum(0) + prior @ [0, *camera[1:]]
        change = -np.linalg.solve(normal, right)
        change *= min(1.0, LONGEST / abs(change[0]) if change[0] else 1.0)
        step = -(inverse @ (own + coupling @ change)[..., None])[..., 0]
        motions, camera = _moved(*motions, step), camera + change
        if abs(change[0]) < CONVERGED and not holds:
            break
    _, _, information, _, gradient = _system(*motions, camera, first, second, weight)
    cost = _costs(*motions, camera, first, second, weight).sum()
    cost += camera[1:] @ camera[1:] / CENTER_DOUBT**2
    return Found(float(np.exp(camera[0])), camera[1:], *motions, cost, information, gradient)


def _first_motions(camera, first, second, weight):
    """Motions for a fixed camera: each pair's better fit of two starts."""
    ahead = np.tile(np.eye(3), (len(first), 1, 1)), np.tile([0.0, 0.0, -1.0], (len(first), 1))
    tried = []
    for motions in (ahead, _linear_motions(camera, first, second, weight)):
        for _ in range(ALONE):
            inverse, _, _, own, _ = _system(*motions, camera, first, second, weight)
            motions = _moved(*motions, -(inverse @ own[..., None])[..., 0])
        tried.append((_costs(*motions, camera, first, second, weight), *motions))
    (cost, *straight), (linear_cost, *linear) = tried
    better = linear_cost < cost
    return tuple(
        np.where(better.reshape(-1, *[1] * (a.ndim - 1)), b, a)
        for a, b in zip(straight, linear, strict=True)
    )


def _linear_motions(camera, first, second, weight):
    """Motions by the eight-point algorithm (Hartley and Zisserman, sections 11.1 and 9.6.2).

    Of the two possible rotations, the smaller one.
    """
    x1, x2 = _rays(first, camera), _rays(second, camera)
    rows = (x2[..., :, None] * x1[..., None, :]).reshape(*weight.shape, 9) * weight[..., None]
    _, vectors = np.linalg.eigh(rows.swapaxes(1, 2) @ rows)
    left, _, right = np.linalg.svd(vectors[..., 0].reshape(-1, 3, 3))
    quarter = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    both = np.stack([left @ turn @ right for turn in (quarter, quarter.T)])
    both *= np.sign(np.linalg.det(both))[..., None, None]
    smaller = np.trace(both, axis1=2, axis2=3).argmax(0)
    return both[smaller, np.arange(len(first))], left[..., 2]


def _system(rotation, direction, camera, first, second, weight):
    """Each pair's weighted normal equations, in units of NOISE, with the motions eliminated.

    Returns:
      the inverse of the motion's normal matrix [P, 5, 5]; its coupling to the camera [P, 5, 3]; the
      camera's information [P, 3, 3]; the gradient by the motion [P, 5] and by the camera [P, 3].
    """

    def difference(by_motion, by_camera):
        there, back = (
            _distance(*_moved(rotation, direction, s * by_motion), camera + s * by_camera,
                      first, second)
            for s in (DIFFERENCE, -DIFFERENCE)
        )  # fmt: skip
        return (there - back) / (2 * DIFFERENCE)

    unknowns = np.eye(8)
    rows = np.stack(
        [difference(np.tile(unit[:5], (len(first), 1)), unit[5:]) for unit in unknowns], axis=-1
    )
    rows /= NOISE
    residual = _distance(rotation, direction, camera, first, second) / NOISE
    weighted = (rows * (weight / (1 + residual**2))[..., None]).swapaxes(1, 2)
    normal, right = weighted @ rows, (weighted @ residual[..., None])[..., 0]
    motion, coupling = normal[:, :5, :5], normal[:, :5, 5:]
    damping = DAMPING * np.trace(motion, axis1=1, axis2=2) + 1e-9
    inverse = np.linalg.inv(motion + damping[:, None, None] * np.eye(5))
    across = coupling.swapaxes(1, 2) @ inverse
    information = normal[:, 5:, 5:] - across @ coupling
    gradient = right[:, 5:] - (across @ right[:, :5, None])[..., 0]
    return inverse, coupling, information, right[:, :5], gradient


def _costs(rotation, direction, camera, first, second, weight):
    """Cauchy's robust cost of each pair, [P]."""
    residual = _distance(rotation, direction, camera, first, second) / NOISE
    return (weight * np.log1p(residual**2)).sum(1)


def _distance(rotation, direction, camera, first, second):
    """The signed distance of each second point from its epipolar line, in longer sides; [P, N]."""
    turned = _rays(first, camera) @ rotation.swapaxes(1, 2)
    line = np.cross(direction[:, None], turned)
    size = np.sqrt((line[..., :2] ** 2).sum(-1) + 1e-18)
    return np.exp(camera[0]) * (_rays(second, camera) * line).sum(-1) / size


def _rays(points, camera):
    """Points [P, N, 2] as rays [P, N, 3] with Z = 1; camera [3]: log focal length and center."""
    scaled = (points - camera[1:]) / np.exp(camera[0])
    return np.concatenate([scaled, np.ones_like(scaled[..., :1])], axis=-1)


def _moved(rotation, direction, step):
    """Motions changed by step [P, 5]: a rotation vector, and two steps across the direction."""
    across = np.where(np.abs(direction[:, :1]) < 0.7, [[1.0, 0, 0]], [[0, 1.0, 0]])
    across = np.cross(direction, across)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    other = np.cross(direction, across)
    length = np.linalg.norm(step, axis=1, keepdims=True)
    step = step * np.minimum(1.0, LONGEST / np.maximum(length, 1e-12))
    direction = direction + step[:, 3:4] * across + step[:, 4:] * other
    direction = direction / np.linalg.norm(direction, axis=1, keepdims=True)
    return _rotations(step[:, :3]) @ rotation, direction


def _angles(rotation):
    """The angles of rotations [P, 3, 3], in degrees; [P]."""
    cosine = (np.trace(rotation, axis1=1, axis2=2) - 1) / 2
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def _rotations(vectors):
    """Rodrigues' formula: rotation vectors [P, 3] as matrices [P, 3, 3]."""
    angle = np.linalg.norm(vectors, axis=1)[:, None, None] + 1e-15
    x, y, z = (vectors / angle[:, 0]).T
    zero = np.zeros_like(x)
    cross = np.array([[zero, -z, y], [z, zero, -x], [-y, x, zero]]).transpose(2, 0, 1)
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def _prior(of_focal: float = 0.0):
    """The prior information [3, 3] about log focal length and the principal point."""
    return np.diag([of_focal, CENTER_DOUBT**-2, CENTER_DOUBT**-2])
