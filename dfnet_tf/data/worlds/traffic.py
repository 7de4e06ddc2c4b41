"""Vehicles on the lanes of a road: ahead, alongside, oncoming and parked."""

import numpy as np

from dfnet_tf.data.worlds.materials import Palette
from dfnet_tf.data.worlds.people import draw_cyclist
from dfnet_tf.data.worlds.photographs import Blot
from dfnet_tf.data.worlds.roads import Road
from dfnet_tf.data.worlds.shapes import Solid
from dfnet_tf.data.worlds.things import Thing
from dfnet_tf.data.worlds.vehicles import KINDS, draw_vehicle

USUAL = (0.34, 0.22, 0.18, 0.12, 0.05, 0.04, 0.05)  # Shares of the KINDS.
HEAVY = (0.22, 0.15, 0.1, 0.15, 0.13, 0.2, 0.05)
PARKED = (0.4, 0.28, 0.2, 0.12, 0, 0, 0)


class Traffic:
    """Places vehicles on a road; collects their solids and the dark places under them."""

    def __init__(self, palette: Palette, road: Road, camera_along: np.ndarray):
        self.palette, self.road, self.camera_along = palette, road, camera_along
        self.solids: list[Solid] = []
        self.blots: list[Blot] = []

    def drive(self, lane: float, own: float, shares, queues: bool) -> None:
        """Fills all lanes. In traffic that `queues`, vehicles ahead and alongside are close."""
        rng = self.palette.rng
        spacings = (1.5, 8) if queues else (12, 60)
        for across, direction in self.road.lanes:
            if direction < 0:
                self._flow(across, -rng.uniform(0.3, 1.2), rng.uniform(14, 60), shares)
            elif across == lane:
                self._lead(across, own, shares, queues)
            else:
                self._flow(across, own * rng.uniform(0.8, 1.2), rng.uniform(*spacings), shares)

    def cross(self, shares) -> None:
        """Vehicles that wait on the crossing road, beside ours."""
        rng, (opens, closes) = self.palette.rng, self.road.crossing
        for _ in range(rng.poisson(2.0)):
            side, towards = rng.choice([-1, 1]), rng.choice([-1, 1])
            across = side * (rng.uniform(1, 25) + (self.road.right - self.road.left) / 2)
            along = opens + rng.uniform(0.25, 0.75) * (closes - opens)
            self._place(self._drawn(shares), across, along, towards * np.pi / 2)

    def park(self, across: float, spacing: float) -> None:
        """A row of parked vehicles."""
        rng, along = self.palette.rng, -12 + self.palette.rng.uniform(0, 8)
        while along < 110:
            vehicle = self._drawn(PARKED)
            half = vehicle.half_length
            facing = np.pi * (rng.uniform() < 0.2) + rng.normal(0, 0.02)
            if not self.road.is_in_crossing(along + half, half):
                self._place(vehicle, across + rng.normal(0, 0.06), along + half, facing)
            along += 2 * half + rng.uniform(0.6, 1.5) + rng.exponential(spacing)

    def cycle(self, across: float, direction: int) -> None:
        """A cyclist at the edge of the road."""
        rng = self.palette.rng
        along = rng.uniform(6, 35) + direction * rng.uniform(0.15, 0.3) * np.arange(self._frames)
        turn = 0.0 if direction > 0 else np.pi
        self.solids += self.road.standing(draw_cyclist(self.palette), across, along, turn)

    @property
    def _frames(self) -> int:
        return len(self.camera_along)

    def _lead(self, across: float, own: float, shares, queues: bool) -> None:
        """Vehicles ahead of the camera in its lane; the first is often near."""
        rng, time = self.palette.rng, np.arange(self._frames)
        if rng.uniform() < 0.25 and not queues:
            return
        gap = rng.choice(
            [rng.uniform(4, 9), rng.uniform(8, 16), rng.uniform(14, 45)], p=[0.3, 0.35, 0.35]
        )
        slowest = -(gap - 3.5) / self._frames  # Still ahead of the camera in the last frame.
        drift = max(rng.normal(0, 0.08 * own), slowest) * time
        for _ in range(rng.integers(4, 9) if queues else rng.integers(1, 5)):
            vehicle = self._drawn(shares)
            along = self.camera_along + gap + vehicle.half_length + drift
            self._place(vehicle, across + rng.normal(0, 0.15), along)
            gap += 2 * vehicle.half_length + (rng.uniform(2, 6) if queues else rng.uniform(4, 25))

    def _flow(self, across: float, speed: float, spacing: float, shares) -> None:
        """Vehicles at random distances that all drive at one speed."""
        rng, time = self.palette.rng, np.arange(self._frames)
        along = -15 + rng.uniform(0, spacing)
        end = 110 + self.camera_along[-1] - min(0, speed * self._frames)
        while along < end:
            vehicle = self._drawn(shares)
            turn = 0.0 if speed > 0 else np.pi
            middle = along + vehicle.half_length + speed * time
            self._place(vehicle, across + rng.normal(0, 0.12), middle, turn)
            along += 2 * vehicle.half_length + 2 + rng.exponential(spacing)

    def _drawn(self, shares) -> Thing:
        kind = KINDS[self.palette.rng.choice(len(KINDS), p=shares)]
        return draw_vehicle(self.palette, kind)

    def _place(self, vehicle: Thing, across, along, turn=0.0) -> None:
        self.solids += self.road.standing(vehicle.parts, across, along, turn)
        place, heading = self.road.place(across, along)
        self.blots.append(
            Blot(
                np.atleast_2d(place),
                np.atleast_1d(heading + turn),
                vehicle.half_width,
                vehicle.half_length,
            )
        )
