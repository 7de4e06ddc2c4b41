"""Solids that rays meet in closed form: convex polyhedra, ellipsoids and cylinders.

A solid is a unit shape under an affine map, `world = axes @ own + centre`. The map takes a ray to a
ray and keeps its parameter, so every intersection is computed in the solid's own coordinates.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

NEAREST = 0.05  # Nearer surfaces are not visible.
HOLE_CELLS = 0.05, 0.23  # Units; cells of the two noises that cut holes into foliage.
CUBE = np.stack(np.meshgrid([-1.0, 1.0], [-1.0, 1.0], [-1.0, 1.0])).reshape(3, 8)


@dataclass(frozen=True, eq=False)
class Convex:
    """The points p with `normals` [P, 3] @ p <= 1; it must lie in [-1, 1]^3."""

    normals: np.ndarray

    def cross(self, origin: np.ndarray, rays: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Ray parameters [M] where rays enter and leave (enter > leave: they miss).

        The slab method of Kay & Kajiya, SIGGRAPH 1986, for any planes. `origin` is [3, 1] or
        [3, M], `rays` [3, M].
        """
        towards = self.normals @ rays + 0.0  # No -0.0, whose quotient had the wrong sign.
        with np.errstate(divide="ignore", invalid="ignore"):
            meet = (1 - self.normals @ origin) / towards
        inward = towards < 0
        enter = np.where(inward, meet, -np.inf).max(axis=0)
        return enter, np.where(inward, np.inf, meet).min(axis=0)

    def normal(self, points: np.ndarray) -> np.ndarray:
        """Outward normals [3, M], of any length, at surface points [3, M]."""
        return self.normals[np.argmax(self.normals @ points, axis=0)].T


class Ball:
    """The unit ball."""

    def cross(self, origin: np.ndarray, rays: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return _roots((rays**2).sum(0), (origin * rays).sum(0), (origin**2).sum(0) - 1)

    def normal(self, points: np.ndarray) -> np.ndarray:
        return points


class Dome(Ball):
    """The unit ball seen from inside: a ray enters it where it would leave the ball."""

    def cross(self, origin: np.ndarray, rays: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        leave = super().cross(origin, rays)[1]
        return leave, leave

    def normal(self, points: np.ndarray) -> np.ndarray:
        return -points


class Drum:
    """The unit cylinder about Y, closed at y = -1 and y = 1."""

    def cross(self, origin: np.ndarray, rays: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        (x, y, z), (dx, dy, dz) = origin, rays
        enter, leave = _roots(dx * dx + dz * dz, x * dx + z * dz, x * x + z * z - 1)
        with np.errstate(divide="ignore"):
            one, two = (-1 - y) / dy, (1 - y) / dy
        return np.maximum(enter, np.minimum(one, two)), np.minimum(leave, np.maximum(one, two))

    def normal(self, points: np.ndarray) -> np.ndarray:
        x, y, z = points
        is_cap = np.abs(y) > np.hypot(x, z)
        return np.where(is_cap, [0 * x, y, 0 * z], [x, 0 * y, z])


def _roots(a, half_b, c) -> tuple[np.ndarray, np.ndarray]:
    """The roots of a t^2 + 2 half_b t + c; (inf, -inf) if there are none."""
    a = np.maximum(a, 1e-300)  # A ray along a cylinder has a = half_b = 0; inside, c < 0.
    square = half_b * half_b - a * c
    with np.errstate(invalid="ignore"):
        root = np.sqrt(square)
    first, second = (-half_b - root) / a, (-half_b + root) / a
    meets = square > 0
    return np.where(meets, first, np.inf), np.where(meets, second, -np.inf)


def prism(corners: Sequence[tuple[float, float]]) -> Convex:
    """A convex polygon with `corners` (z, y) in [-1, 1], drawn out along X.

    The corners go round (0, 0), which lies inside: clockwise as seen with z right and y down.
    """
    start = np.array(corners, np.float64)
    edge = np.roll(start, -1, axis=0) - start
    outward = np.stack([edge[:, 1], -edge[:, 0]], axis=1)
    outward /= (outward * start).sum(axis=1, keepdims=True)
    sides = np.stack([0 * outward[:, 0], outward[:, 1], outward[:, 0]], axis=1)
    return Convex(np.concatenate([sides, [[1, 0, 0], [-1, 0, 0]]]))


def tapered(front: float, back: float, side: float) -> Convex:
    """A cube whose top (y = -1) is shorter by these parts of its half sizes; the base is full."""
    slants = [[0, -front / 2, 1], [0, -back / 2, -1], [1, -side / 2, 0], [-1, -side / 2, 0]]
    inside = [1 - front / 2, 1 - back / 2, 1 - side / 2, 1 - side / 2]
    walls = np.array(slants, np.float64) / np.array(inside)[:, None]
    return Convex(np.concatenate([walls, [[0, 1, 0], [0, -1, 0]]]))


BLOCK = Convex(np.concatenate([np.eye(3), -np.eye(3)]))
BALL, DOME, DRUM = Ball(), Dome(), Drum()
GABLE = prism([(0, -1), (1, 1), (-1, 1)])  # A roof whose ridge runs along X.


@dataclass(frozen=True, eq=False)
class Solid:
    """A shape in the world, in each of N frames.

    Attributes:
      shape: in own coordinates, within [-1, 1]^3.
      axes: [1 or N, 3, 3], maps own vectors to the world; one entry: it stands still.
      centre: [1 or N, 3], in the world.
      material: what its surface looks like; only photographs read it.
      holes: the share of its surface that noise cuts away (foliage).
    """

    shape: Convex | Ball | Drum
    axes: np.ndarray
    centre: np.ndarray
    material: object = None
    holes: float = 0.0

    @property
    def moves(self) -> bool:
        return len(self.axes) > 1

    @functools.cached_property
    def own_axes(self) -> np.ndarray:
        """The inverse of `axes`."""
        return np.linalg.inv(self.axes)

    @functools.cached_property
    def sizes(self) -> np.ndarray:
        """Half its sizes in units along its own axes, [3]."""
        return np.linalg.norm(self.axes[0], axis=0)

    def at(self, frame: int) -> int:
        """The entry of a frame in `axes` and `centre`."""
        return frame if self.moves else 0

    def place(self, frame: int) -> np.ndarray:
        """Its centre [3, 1] in a frame."""
        return self.centre[self.at(frame)][:, None]

    def corners(self, frame: int) -> np.ndarray:
        """The corners [3, 8] of a box around it, in the world."""
        return self.axes[self.at(frame)] @ CUBE + self.place(frame)

    def enter(self, origin: np.ndarray, rays: np.ndarray, frame: int) -> np.ndarray:
        """Parameters [M] of rays [3, M] from `origin` [3, 1 or M] at its surface (inf: none)."""
        i = self.at(frame)
        own_origin = self.own_axes[i] @ (origin - self.place(frame))
        own_rays = self.own_axes[i] @ rays
        enter, leave = self.shape.cross(own_origin, own_rays)
        met = enter <= leave
        enter = np.where(met & (enter > NEAREST), enter, np.inf)
        if not self.holes:
            return enter
        leave = np.where(met & (leave > NEAREST), leave, np.inf)
        for surface in (enter, leave):
            some = np.flatnonzero(np.isfinite(surface))
            start = own_origin if own_origin.shape[1] == 1 else own_origin[:, some]
            surface[some[self._is_hole(start + own_rays[:, some] * surface[some])]] = np.inf
        return np.minimum(enter, leave)

    def moved(self, points: np.ndarray, frame: int, other: int) -> np.ndarray:
        """Where its points [3, M] of a frame are in another frame."""
        i, j = self.at(frame), self.at(other)
        own = self.own_axes[i] @ (points - self.place(frame))
        return self.axes[j] @ own + self.place(other)

    def _is_hole(self, own: np.ndarray) -> np.ndarray:
        """Whether own points [3, M] are in a hole: a small or a large one."""
        share = 1 - np.sqrt(1 - self.holes)
        place = own * self.sizes[:, None] + self.centre[:1].T
        noise = _hole_noise()
        open_in = [
            noise[tuple(np.floor(place / cell).astype(np.int32) & 63)] < share
            for cell in HOLE_CELLS
        ]
        return open_in[0] | open_in[1]


@functools.cache
def _hole_noise() -> np.ndarray:
    """Periodic noise [64, 64, 64]; its values are ranks, uniform in [0, 1]."""
    noise = np.random.default_rng(0).normal(size=(64, 64, 64)).astype(np.float32)
    for axis in range(3):
        noise = sum(np.roll(noise, shift, axis) for shift in range(4))
    return noise.ravel().argsort().argsort().reshape(noise.shape) / np.float32(noise.size)
