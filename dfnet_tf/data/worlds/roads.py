"""A road of lanes along a circular arc: its coordinates, its markings, and what runs beside it."""

from dataclasses import dataclass

import numpy as np

from dfnet_tf.data.worlds.materials import Surface, bars, between, painted
from dfnet_tf.data.worlds.shapes import BLOCK, Solid
from dfnet_tf.data.worlds.things import Part, standing

BEHIND, AHEAD = -12.0, 150.0  # Units along the road, around the camera's start.
NOWHERE = np.inf, np.inf  # The crossing of a road that no other road crosses.
_SAG = 0.05  # Units; how far a straight piece may leave the arc.


@dataclass(frozen=True)
class Line:
    """A painted line: where it is across the road, and its dashes (0: solid)."""

    across: float
    width: float
    period: float = 0.0
    dash: float = 0.0
    paint: tuple[float, float, float] = (0.75, 0.75, 0.72)


@dataclass(frozen=True)
class Road:
    """A road in coordinates (across, along): across grows to the right, along ahead.

    Attributes:
      curve: 1 / radius, positive to the right; not 0.
      left, right: where the asphalt ends.
      bays: the width of the parking bays within these ends, left and right.
      lanes: (across, direction) of each lane's middle; direction 1: the camera's, -1: oncoming.
      lines: its markings.
      asphalt: [3], its colour.
      raggedness: how far the edge of the asphalt wanders, in units.
      crossing: from where to where along it another road crosses; or NOWHERE.
    """

    curve: float
    left: float
    right: float
    bays: tuple[float, float]
    lanes: tuple[tuple[float, int], ...]
    lines: tuple[Line, ...]
    asphalt: np.ndarray
    raggedness: float
    crossing: tuple[float, float] = NOWHERE

    def is_in_crossing(self, along, half: float = 0.0) -> bool:
        """True for a thing at `along` that is twice `half` long along the road."""
        opens, closes = self.crossing
        return bool(np.all((along > opens - half) & (along < closes + half)))

    def place(self, across, along) -> tuple[np.ndarray, np.ndarray]:
        """The point on the ground [..., 3] and the road's heading there, in radians."""
        heading = np.asarray(along, np.float64) * self.curve
        sine, cosine = np.sin(heading), np.cos(heading)
        x = (1 - cosine) / self.curve + across * cosine
        z = sine / self.curve - across * sine
        return np.stack(np.broadcast_arrays(x, 0.0, z), axis=-1), heading

    def coordinates(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(across, along) of points [M, 3]; the inverse of `place`."""
        radius, side = 1 / self.curve, np.sign(self.curve)
        x, z = points[:, 0].astype(np.float64) - radius, points[:, 2].astype(np.float64)
        return radius - side * np.hypot(x, z), radius * np.arctan2(side * z, -side * x)

    def paint(self, colour: np.ndarray, surface: Surface) -> np.ndarray:
        """Asphalt and markings on the ground."""
        across, along = self.coordinates(surface.world)
        footprint, relief = surface.footprint, surface.relief
        wander = self.raggedness * (relief[:, 0] - 1)
        covered = between(across + wander, self.left, self.right, footprint)
        if self.crossing != NOWHERE:
            covered = np.maximum(covered, between(along + wander, *self.crossing, footprint))
        colour = colour + covered[:, None] * (self.asphalt * relief - colour)
        for line in self.lines:
            amount = between(
                across, line.across - line.width / 2, line.across + line.width / 2, footprint
            ) * np.minimum(1, line.width / footprint)
            if line.period:
                amount = amount * bars(along, line.period, line.dash, footprint)
            worn = np.clip(0.2 + 0.8 * relief[:, 0], 0, 1)
            colour = painted(colour, amount * worn, line.paint)
        return colour.astype(np.float32)

    def standing(self, parts: list[Part], across, along, turn=0.0, level=0.0) -> list[Solid]:
        """A thing beside or on the road, turned by `turn` radians, on a pavement of height `level`.

        It moves if `along` is an array.
        """
        place, heading = self.place(across, along)
        place[..., 1] = -level
        return standing(parts, place, heading + turn)

    def bank(self, low, high, top, bottom, material, holes=0.0, start=BEHIND, end=AHEAD):
        """A bank along the road: from `low` to `high` across, heights `bottom` to `top`."""
        longest = np.sqrt(8 * _SAG / abs(self.curve))
        count = int(np.ceil((end - start) / longest))
        solids, length = [], (end - start) / count
        for i in range(count):
            middle = start + (i + 0.5) * length
            half = length / 2 * (1 + max(abs(low), abs(high)) * abs(self.curve))
            part = Part(
                BLOCK,
                ((low + high) / 2, -(top + bottom) / 2, 0),
                ((high - low) / 2, (top - bottom) / 2, half),
                material,
                holes=holes,
            )
            solids += self.standing([part], 0.0, middle)
        return solids
