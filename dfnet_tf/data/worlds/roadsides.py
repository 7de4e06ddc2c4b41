"""What stands beside a road: kerbs, pavements, walls, hedges, houses, trees, poles and people."""

import numpy as np

from dfnet_tf.data.worlds.buildings import draw_house
from dfnet_tf.data.worlds.materials import Palette, Surface, between, painted
from dfnet_tf.data.worlds.people import draw_person
from dfnet_tf.data.worlds.plants import draw_bush, draw_tree, leaves
from dfnet_tf.data.worlds.roads import AHEAD, BEHIND, Road
from dfnet_tf.data.worlds.shapes import BALL, BLOCK, DRUM, Solid
from dfnet_tf.data.worlds.things import Part

SIGNS = (
    [0.75, 0.04, 0.04],
    [0.05, 0.15, 0.55],
    [0.8, 0.8, 0.78],
    [0.85, 0.6, 0.05],
    [0.02, 0.3, 0.1],
)


class Roadside:
    """Fills one side of a road, from the asphalt outwards. `side`: -1 left, 1 right."""

    def __init__(self, palette: Palette, road: Road, side: int, frames: int):
        self.palette, self.rng, self.road, self.side = palette, palette.rng, road, side
        self.frames = frames
        self.out = abs(road.left if side < 0 else road.right)  # Filled so far.
        self.solids: list[Solid] = []

    def pavement(self, width: float) -> None:
        """A raised pavement with its kerb, lamps, signs and people."""
        height = self.rng.uniform(0.08, 0.15)
        kerb = self.palette.material([0.6, 0.59, 0.57], contrast=0.3)
        slabs = self.palette.material([0.55, 0.54, 0.52], contrast=0.4, paint=_slabs)
        self._bank(0, 0.15, height, kerb)
        self._bank(0.15, width, height, slabs)
        self.poles(0.5, self.rng.uniform(18, 40))
        for _ in range(self.rng.poisson(2.5)):
            self._person(self.rng.uniform(0.5, max(0.6, width - 0.4)), height)
        if self.rng.uniform() < 0.4:
            self.trees(0.8, self.rng.uniform(8, 18), (4, 9))
        self.out += width

    def verge(self, width: float) -> None:
        """Grass, sometimes with lamp posts."""
        if self.rng.uniform() < 0.6:
            self.poles(width * 0.5, self.rng.uniform(25, 50))
        self.out += width

    def boundary(self) -> None:
        """A wall, a fence, a hedge, or nothing."""
        kind = self.palette.one_of("wall", "fence", "hedge", "hedge", "none")
        {"wall": self.wall, "fence": self.fence, "hedge": self.hedge}.get(kind, lambda: None)()

    def wall(self) -> None:
        colour = self.palette.one_of([0.55, 0.35, 0.28], [0.6, 0.58, 0.52], [0.75, 0.73, 0.68])
        material = self.palette.material(colour, contrast=0.5, pictures=0.2)
        height = self.rng.uniform(0.5, 2.0)
        for start, end in self._pieces(12, 30):
            self._bank(0, 0.22, height, material, start=start, end=end)
        self.out += 0.25

    def fence(self) -> None:
        """Boards, or posts with rails."""
        wood = self.palette.material([0.42, 0.33, 0.25], contrast=0.6, paint=_boards)
        height = self.rng.uniform(0.9, 1.9)
        is_open = self.rng.uniform() < 0.5
        for start, end in self._pieces(10, 40):
            if not is_open:
                self._bank(0.03, 0.07, height, wood, start=start, end=end)
                continue
            for level in (0.45, 0.95):
                self._bank(
                    0.03,
                    0.07,
                    level * height + 0.05,
                    wood,
                    bottom=level * height - 0.05,
                    start=start,
                    end=end,
                )
            for along in np.arange(start, end, 2.5):
                self._stand(
                    [Part(BLOCK, (0, -height / 2, 0), (0.06, height / 2, 0.06), wood)], 0.05, along
                )
        self.out += 0.2

    def hedge(self) -> None:
        """Solid inside, with holes at the surface."""
        green, height = leaves(self.palette), self.rng.uniform(0.8, 2.4)
        width = self.rng.uniform(0.5, 1.3)
        for start, end in self._pieces(8, 50):
            self._bank(0.15, width - 0.15, height - 0.15, green, start=start + 0.1, end=end - 0.1)
            self._bank(0, width, height, green, holes=0.4, start=start, end=end)
        self.out += width

    def barrier(self) -> None:
        """A guard rail, or a wall of concrete."""
        steel = self.palette.material([0.6, 0.61, 0.62], contrast=0.2)
        if self.rng.uniform() < 0.35:
            self._bank(0, 0.4, self.rng.uniform(0.8, 1.1), steel)
        else:
            self._bank(0, 0.06, 0.75, steel, bottom=0.45)
            for along in np.arange(BEHIND, 70, 4.0):
                self._stand([Part(BLOCK, (0, -0.35, 0), (0.05, 0.35, 0.04), steel)], 0.12, along)
        self.out += 0.5

    def houses(self, terrace: bool) -> None:
        """A row of houses: detached with gardens, or wall to wall, with shops."""
        rng = self.rng
        garden = rng.uniform(0, 1.5) if terrace else rng.uniform(2, 9)
        depth, along = rng.uniform(8, 12), BEHIND + rng.uniform(-8, 4)
        shops = terrace and rng.uniform() < 0.5
        floors = int(rng.choice([1, 2, 3, 4], p=[0.1, 0.6, 0.2, 0.1]))
        while along < 0.75 * AHEAD:
            width = rng.uniform(5, 9) if terrace else rng.uniform(8, 15)
            high = max(1, floors + rng.integers(-1, 2) * (rng.uniform() < 0.4))
            if rng.uniform() < 0.06:
                high, width = rng.integers(4, 8), rng.uniform(14, 25)  # Flats.
            parts = draw_house(self.palette, width, depth, high, flat=high > 3, shop=shops)
            near = garden + (0 if terrace else rng.uniform(0, 2.5))
            facing = self.side * np.pi / 2 + (0 if terrace else rng.normal(0, 0.03))
            if rng.uniform() > (0.05 if terrace else 0.12):
                middle = along + width / 2
                self._stand(parts, near + depth / 2, middle, facing, half=width / 2 + 1)
            gap = 0.0 if terrace and rng.uniform() < 0.8 else rng.uniform(1.5, 7)
            if not terrace:
                self._garden(near, along + width + gap / 2, width)
            along += width + gap
        self.out += garden + depth
        self.trees(3.0, 14, (6, 13), jitter=4.0)

    def trees(self, away: float, spacing: float, heights, jitter: float = 0.3) -> None:
        """A row of trees, `away` from what is filled."""
        rng, along = self.rng, BEHIND + self.rng.uniform(0, spacing)
        while along < 0.7 * AHEAD:
            tree = draw_tree(self.palette, rng.uniform(*heights))
            self._stand(tree, away + rng.uniform(0, jitter), along, rng.uniform(0, 6))
            along += spacing * rng.uniform(0.6, 1.5)

    def bushes(self, away: float, spacing: float) -> None:
        along = BEHIND
        while along < 0.5 * AHEAD:
            bush = draw_bush(self.palette, self.rng.uniform(0.6, 2.2))
            self._stand(bush, away + self.rng.uniform(0.8, 3), along)
            along += self.rng.exponential(spacing) + 1

    def poles(self, away: float, spacing: float) -> None:
        """Lamp posts, and signs between them."""
        rng, along = self.rng, BEHIND + self.rng.uniform(0, spacing)
        steel = self.palette.material(self.palette.one_of([0.4] * 3, [0.62] * 3, [0.35, 0.27, 0.2]))
        height, arm = rng.uniform(5, 10), rng.uniform(0.5, 2)
        while along < 0.6 * AHEAD:
            radius = rng.uniform(0.05, 0.12)
            pole = [Part(DRUM, (0, -height / 2, 0), (radius, height / 2, radius), steel)]
            lamp = (-self.side * arm / 2, -height, 0), (arm / 2, 0.05, 0.07)
            self._stand([*pole, Part(BLOCK, *lamp, steel)], away, along)
            if rng.uniform() < 0.5:
                self._stand(self._sign(), away + 0.2, along + spacing * rng.uniform(0.3, 0.7))
            along += spacing

    def _sign(self) -> list[Part]:
        rng, height = self.rng, self.rng.uniform(1.9, 2.8)
        steel = self.palette.material([0.55] * 3)
        face = self.palette.material(
            np.sqrt(self.palette.one_of(*SIGNS)), pictures=0.3, scale=0.7, paint=_rimmed
        )
        size = rng.uniform(0.3, 0.45)
        plate = (size, size * rng.uniform(0.7, 1.4), 0.015)
        turn = None
        if rng.uniform() < 0.5:  # A disc.
            plate, turn = (size, 0.015, size), np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
        return [
            Part(DRUM, (0, -height / 2, 0.05), (0.035, height / 2, 0.035), steel),
            Part(DRUM if turn is not None else BLOCK, (0, -height, 0), plate, face, turn=turn),
        ]

    def _person(self, away: float, level: float) -> None:
        rng = self.rng
        parts = draw_person(self.palette, rng.uniform(1.5, 1.9) if rng.uniform() < 0.9 else 1.2)
        along, direction = rng.uniform(2, 45), rng.choice([-1, 1])
        if rng.uniform() < 0.75:
            along = along + direction * rng.uniform(0.06, 0.15) * np.arange(self.frames)
        turn = 0.0 if direction > 0 else np.pi
        self._stand(parts, away, along, turn + rng.normal(0, 0.1), level)

    def _garden(self, near: float, along: float, width: float) -> None:
        rng = self.rng
        for _ in range(rng.poisson(1.3)):
            place = rng.uniform(0.5, max(near - 0.5, 0.6)), along + rng.uniform(-0.5, 0.5) * width
            self._stand(draw_bush(self.palette, rng.uniform(0.5, 1.8)), *place)
        if near > 4 and rng.uniform() < 0.4:
            self._stand(
                draw_tree(self.palette, rng.uniform(4, 9)), rng.uniform(1.5, near - 2), along
            )

    def _pieces(self, shortest: float, longest: float):
        """(start, end) of pieces along the road with gaps between them."""
        start = BEHIND - self.rng.uniform(0, 5)
        while start < 0.8 * AHEAD:
            end = start + self.rng.uniform(shortest, longest)
            yield start, end
            start = end + self.rng.uniform(0, 4)

    def _bank(
        self, low, high, top, material, bottom=0.0, start=BEHIND, end=AHEAD, **others
    ) -> None:
        near, far = self.side * (self.out + low), self.side * (self.out + high)
        across = min(near, far), max(near, far)
        opens, closes = self.road.crossing
        for first, last in ((start, min(end, opens)), (max(start, closes), end)):
            if last > first:
                self.solids += self.road.bank(
                    *across, top, bottom, material, start=first, end=last, **others
                )

    def _stand(self, parts, away, along, turn=0.0, level=0.0, half=0.0) -> None:
        """Places a thing, `half` as long along the road, unless it would stand in a crossing."""
        if not self.road.is_in_crossing(along, half):
            across = self.side * (self.out + away)
            self.solids += self.road.standing(parts, across, along, turn, level)


def draw_bridge(palette: Palette, road: Road) -> list[Solid]:
    """A bridge over the road."""
    rng = palette.rng
    concrete = palette.material([0.6, 0.59, 0.56], contrast=0.3, scale=4)
    along, half, clear = rng.uniform(25, 100), rng.uniform(2, 7), rng.uniform(4.8, 5.8)
    parts = [
        Part(BLOCK, (0, -clear - 0.6, 0), (45, 0.6, half), concrete),
        Part(BLOCK, (0, -clear - 1.6, -half), (45, 0.5, 0.1), concrete),
    ]
    for across in (road.left - 2.5, road.right + 2.5):
        parts.append(Part(BLOCK, (across, -clear / 2, 0), (0.5, clear / 2, half - 0.5), concrete))
    return road.standing(parts, 0.0, along, rng.normal(0, 0.15))


def far_wood(palette: Palette, road: Road, side: int, away: float) -> list[Solid]:
    """A wood's edge as a row of large crowns."""
    rng, solids, along = palette.rng, [], -10.0
    while along < 130:
        height = rng.uniform(8, 14)
        size = rng.uniform(3, 6), height / 2, rng.uniform(3, 5)
        part = Part(BALL, (0, -height / 2 + 0.3, 0), size, leaves(palette), holes=0.25)
        solids += road.standing([part], side * (away + rng.uniform(0, 10)), along)
        along += rng.uniform(4, 9)
    return solids


def _slabs(colour: np.ndarray, surface: Surface) -> np.ndarray:
    joint = 1 - between(np.abs(surface.own[:, 2] % 0.9 - 0.45), -1, 0.44, surface.footprint)
    return colour * (1 - 0.35 * joint * (surface.axis == 1))[:, None]


def _boards(colour: np.ndarray, surface: Surface) -> np.ndarray:
    joint = 1 - between(np.abs(surface.own[:, 2] % 0.15 - 0.075), -1, 0.068, surface.footprint)
    return colour * (1 - 0.6 * joint)[:, None]


def _rimmed(colour: np.ndarray, surface: Surface) -> np.ndarray:
    away = np.abs(surface.own[:, :2] / surface.sizes[:2]).max(axis=1)
    return painted(colour, between(away, 0.8, 2, 0.05), (0.75, 0.75, 0.75))
