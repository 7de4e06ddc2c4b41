"""Follows rays to the nearest surface: which shape each pixel shows, and where that point goes.

Rays have Z = 1 in the camera's frame, so the ray's parameter at a surface is its depth. A shape
offers `moves`, `corners`, `enter` and `moved` (see `shapes.Solid`). Only the rays within a shape's
outline in the picture are tested, and near shapes come first. Points and rays are [3, M] here.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dfnet_tf.data import pinhole
from dfnet_tf.data.worlds.shapes import NEAREST

SAME_SURFACE = 1e-5  # A surface hides a point if it is nearer by more, relatively.
_MARGIN = 1e-3  # Pixels around an outline, against rounding.
_EDGES = np.array(
    [[0, 1], [2, 3], [4, 5], [6, 7], [0, 2], [1, 3]]
    + [[4, 6], [5, 7]]
    + [[0, 4], [1, 5], [2, 6], [3, 7]]
).T  # Of a box: pairs of corners.


@dataclass(frozen=True)
class Hits:
    """The surface points that M rays hit."""

    points: np.ndarray  # [3, M], world
    depth: np.ndarray  # [M]
    shape: np.ndarray  # [M], index of the shape
    rays: np.ndarray  # [3, M], world


@dataclass(frozen=True)
class Outlines:
    """Rectangles [K] that hold what can be seen of K shapes, nearest first."""

    shape: np.ndarray
    nearest: np.ndarray  # The least ray parameter at the shape.
    left: np.ndarray
    top: np.ndarray
    right: np.ndarray
    bottom: np.ndarray


def first_hits(
    shapes, outlines: Outlines, pixels, origin, rays, frame: int, limit, any_will_do=False
):
    """The first surface along each ray.

    Args:
      outlines: of `shapes`, in the plane of `pixels`.
      pixels: [2, M], where the rays pierce that plane, in any order.
      origin: [3, 1] or [3, M]; rays: [3, M].
      limit: [M], ray parameters; surfaces from there on are not sought.
      any_will_do: True: any surface before the limit instead of the first.

    Returns:
      The ray parameter [M] (`limit`: no surface), and the index of the shape [M] (-1: none).
    """
    order = np.argsort(pixels[1], kind="stable")  # A shape meets neighbouring rows alone.
    x, y = pixels[:, order]
    rays, depth = rays[:, order], limit[order]
    origin = origin if origin.shape[1] == 1 else origin[:, order]
    owner = np.full(depth.shape, -1, np.int32)
    starts = np.searchsorted(y, outlines.top, "left")
    ends = np.searchsorted(y, outlines.bottom, "right")
    for i in np.flatnonzero((starts < ends) & (outlines.left <= outlines.right)):
        rows = slice(starts[i], ends[i])
        across = x[rows]
        may_meet = (across >= outlines.left[i]) & (across <= outlines.right[i])
        some = np.flatnonzero(may_meet & (depth[rows] > outlines.nearest[i])) + starts[i]
        if not len(some):
            continue
        start = origin if origin.shape[1] == 1 else origin[:, some]
        enter = shapes[outlines.shape[i]].enter(start, rays[:, some], frame)
        closer = enter < depth[some]
        some = some[closer]
        owner[some] = outlines.shape[i]
        depth[some] = -np.inf if any_will_do else enter[closer]
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return depth[back], owner[back]


class Film:
    """Shapes and the camera that moves past them."""

    def __init__(
        self,
        shapes: Sequence,
        camera_to_world: np.ndarray,
        field_of_view: float,
        size: tuple[int, int],
    ):
        self.shapes, self.camera_to_world = shapes, camera_to_world
        self.height, self.width = size
        self.focal = pinhole.focal_length(field_of_view, self.width)
        self.centre = np.array([[(self.width - 1) / 2], [(self.height - 1) / 2]])
        grid = np.meshgrid(np.arange(self.width), np.arange(self.height))
        self.pixels = np.stack(grid).reshape(2, -1)
        self.moves = np.array([shape.moves for shape in shapes])
        self._still = np.stack([shape.corners(0) for shape in shapes])
        self._outlines = functools.cache(self._outlines_at)
        self.seen = functools.cache(lambda frame: self.cast(self.pixels, frame))

    def cast(self, pixels: np.ndarray, frame: int) -> Hits:
        """Follows the rays of any (x, y) `pixels` [2, M] to the first surface."""
        rotation, origin = self.camera(frame)
        rays = rotation @ np.vstack([(pixels - self.centre) / self.focal, np.ones_like(pixels[:1])])
        limit = np.full(pixels.shape[1], np.inf)
        depth, shape = first_hits(
            self.shapes, self._outlines(frame), pixels, origin, rays, frame, limit
        )
        return Hits(origin + rays * depth, depth, shape, rays)

    def follow(self, frame: int, other: int) -> tuple[np.ndarray, np.ndarray]:
        """Finds the surface points of `frame`'s pixels in the `other` frame.

        Returns:
          Flow [H * W, 2], and whether the point is visible there [H * W]: it is in the image, and
          a ray to it hits nothing before it.
        """
        hits = self.seen(frame)
        moved = hits.points.copy()
        for k in np.unique(hits.shape):
            if self.moves[k]:
                some = hits.shape == k
                moved[:, some] = self.shapes[k].moved(moved[:, some], frame, other)
        pixels, depth = self.project(moved, other)
        limits = np.array([[self.width - 1], [self.height - 1]])
        visible = ((pixels >= 0) & (pixels <= limits)).all(axis=0) & (depth > NEAREST)
        there, far = pixels[:, visible], depth[visible]
        origin = self.camera(other)[1]
        rays = (moved[:, visible] - origin) / far
        outlines = self._outlines(other)
        limit = far * (1 - SAME_SURFACE)
        _, hider = first_hits(
            self.shapes, outlines, there, origin, rays, other, limit, any_will_do=True
        )
        visible[visible] = hider < 0
        return (pixels - self.pixels).T, visible

    def intrinsics(self) -> np.ndarray:
        return np.float32(pinhole.central(self.focal, (self.height, self.width)))

    def maps(self, flat: list[np.ndarray], *channels: int) -> np.ndarray:
        """Reshapes lists of per-pixel values to float32 [len(flat), H, W, *channels]."""
        return np.array(flat, np.float32).reshape(-1, self.height, self.width, *channels)

    def camera(self, frame: int) -> tuple[np.ndarray, np.ndarray]:
        """The camera's rotation [3, 3] and position [3, 1] in the world."""
        motion = self.camera_to_world[frame]
        return motion[:3, :3], motion[:3, 3:]

    def project(self, points: np.ndarray, frame: int) -> tuple[np.ndarray, np.ndarray]:
        """Pixels [2, M] and depths [M] of world points [3, M]."""
        rotation, origin = self.camera(frame)
        x, y, depth = rotation.T @ (points - origin)
        safe = np.where(np.abs(depth) > 1e-9, depth, 1e-9)
        return np.stack([x, y]) / safe * self.focal + self.centre, depth

    def corners(self, frame: int) -> np.ndarray:
        """The corners [K, 3, 8] of boxes around the shapes."""
        corners = self._still.copy()
        for k in np.flatnonzero(self.moves):
            corners[k] = self.shapes[k].corners(frame)
        return corners

    def _outlines_at(self, frame: int) -> Outlines:
        """The outlines of the shapes before the camera. Edges are cut where they get behind it."""
        corners = self.corners(frame).transpose(1, 0, 2)
        depth = self.project(corners.reshape(3, -1), frame)[1].reshape(corners.shape[1:])
        first, second = _EDGES
        with np.errstate(divide="ignore", invalid="ignore"):
            part = (NEAREST - depth[:, first]) / (depth[:, second] - depth[:, first])
            cuts = corners[..., first] + part * (corners[..., second] - corners[..., first])
            seen = np.concatenate([depth >= NEAREST, (part > 0) & (part < 1)], axis=1)
            ends = np.concatenate([corners, cuts], axis=2)
            pixels = self.project(ends.reshape(3, -1), frame)[0].reshape(2, *seen.shape)
        left, top = np.where(seen, pixels, np.inf).min(axis=2) - _MARGIN
        right, bottom = np.where(seen, pixels, -np.inf).max(axis=2) + _MARGIN
        nearest = np.maximum(depth.min(axis=1), NEAREST)
        in_image = (right >= -1) & (left <= self.width) & (bottom >= -1) & (top <= self.height)
        order = np.argsort(nearest, kind="stable")
        order = order[(seen.any(axis=1) & in_image)[order]]
        return Outlines(order, *(a[order] for a in (nearest, left, top, right, bottom)))
