"""Cars, vans, lorries and buses: a few solids each, with painted windows, lights and wheels.

Their own frame: X right, Y down, Z ahead; the origin is on the ground under the middle. Units are
metres.
"""

from dataclasses import dataclass

import numpy as np

from dfnet_tf.data.worlds.materials import Palette, Surface, between, painted
from dfnet_tf.data.worlds.shapes import BLOCK, DRUM, prism, tapered
from dfnet_tf.data.worlds.things import Part, Thing

SIDEWAYS = np.array([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]])  # A drum's axis becomes X.
LENGTHWAYS = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])  # It becomes Z.
LARGE_WHEEL = 0.48  # Radius, of lorries and buses.
PAINTS = (
    [0.9, 0.9, 0.9],
    [0.12, 0.12, 0.13],
    [0.45, 0.46, 0.48],
    [0.68, 0.69, 0.7],
    [0.15, 0.22, 0.45],
    [0.6, 0.1, 0.1],
    [0.3, 0.36, 0.3],
    [0.75, 0.55, 0.15],
)
PAINT_SHARES = (0.22, 0.18, 0.18, 0.16, 0.1, 0.09, 0.04, 0.03)
GLASS, DARK = (0.03, 0.035, 0.045), (0.012, 0.012, 0.014)
RED, WHITE, YELLOW = (0.5, 0.02, 0.02), (0.85, 0.85, 0.8), (0.8, 0.6, 0.1)
KINDS = ("hatchback", "estate", "tall", "van", "lorry", "trailer", "bus")

_BONNET = prism([(-1, -1), (0.35, -1), (0.97, -0.55), (1, 0.7), (0.93, 1), (-0.95, 1), (-1, 0.7)])
_VAN = prism([(-1, -0.95), (-0.97, -1), (0.45, -1), (0.75, -0.25), (1, 0.0), (1, 1), (-1, 1)])
_CAB = prism([(-1, -1), (0.6, -1), (0.95, -0.6), (1, 0.2), (1, 1), (-1, 1)])


def draw_vehicle(palette: Palette, kind: str) -> Thing:
    """A vehicle of one of the KINDS, of random sizes and colours."""
    others = {"van": _van, "lorry": _lorry, "trailer": _trailer, "bus": _bus}
    return others[kind](palette) if kind in others else _car(palette, kind)


def _car(palette: Palette, kind: str) -> Thing:
    rng = palette.rng
    length, height, cabin_length, back = {
        "hatchback": (rng.uniform(3.6, 4.3), rng.uniform(1.42, 1.56), 0.58, 0.3),
        "estate": (rng.uniform(4.4, 4.9), rng.uniform(1.4, 1.5), rng.uniform(0.5, 0.66), 0.35),
        "tall": (rng.uniform(4.2, 4.8), rng.uniform(1.6, 1.85), 0.64, 0.2),
    }[kind]
    width, waist = rng.uniform(1.66, 1.88), 0.6 * height
    wheel, paint = rng.uniform(0.29, 0.34), _paint(palette)
    floor, axle = 0.2, 0.31 * length
    body_middle = (waist + floor) / 2
    coat = _Coat(wheel, (axle, -axle), body_middle)
    body = _coloured(palette, paint, coat)
    glass = _coloured(palette, paint, _cabin)
    half = cabin_length * length / 2
    rear = -length / 2 + half + rng.choice([0.05, 0.45 * (kind == "estate")])
    slope = rng.uniform(0.7, 1.0) / half
    parts = [
        Part(_BONNET, (0, -body_middle, 0), (width / 2, (waist - floor) / 2, length / 2), body),
        Part(
            tapered(slope, back / half, 0.22),
            (0, -(waist + height) / 2, rear),
            (width / 2 - 0.04, (height - waist) / 2, half),
            glass,
        ),
        *_wheels(palette, width, (axle, -axle), wheel),
    ]
    return Thing(parts, width / 2, length / 2)


def _van(palette: Palette) -> Thing:
    rng = palette.rng
    small = rng.uniform() < 0.4
    length = rng.uniform(4.2, 4.7) if small else rng.uniform(5.0, 6.2)
    height = rng.uniform(1.8, 1.95) if small else rng.uniform(2.2, 2.7)
    width, floor, wheel = rng.uniform(1.8, 2.05), 0.25, 0.33
    axles, middle = (0.33 * length, -0.3 * length), (height + floor) / 2
    coat = _Coat(wheel, axles, middle, glazing="van")
    paint = [0.85, 0.85, 0.85] if rng.uniform() < 0.5 else _paint(palette)
    body = _coloured(palette, paint, coat)
    parts = [Part(_VAN, (0, -middle, 0), (width / 2, (height - floor) / 2, length / 2), body)]
    return Thing(parts + _wheels(palette, width, axles, wheel), width / 2, length / 2)


def _lorry(palette: Palette) -> Thing:
    rng = palette.rng
    length, height, width = rng.uniform(6.5, 9.5), rng.uniform(3.0, 3.7), rng.uniform(2.3, 2.55)
    axles = (length / 2 - 1.2, -length / 2 + 1.8, -length / 2 + 1.8 - 1.3 * rng.integers(2))
    return _with_load(palette, length, height, width, set(axles))


def _trailer(palette: Palette) -> Thing:
    rng = palette.rng
    length, height, width = rng.uniform(14.5, 16.5), rng.uniform(3.7, 4.1), 2.55
    back = -length / 2
    axles = (length / 2 - 1.4, length / 2 - 4.8, back + 1.8, back + 3.1, back + 4.4)
    return _with_load(palette, length, height, width, axles)


def _with_load(palette: Palette, length, height, width, axles) -> Thing:
    """A cab, a frame and its load: a box of goods or a tarpaulin, a tank, or crates."""
    rng, cab_length = palette.rng, palette.rng.uniform(2.0, 2.4)
    cab_height = min(height, rng.uniform(2.6, 3.7))
    cab_z = (length - cab_length) / 2
    cab = _coloured(palette, _paint(palette), _Coat(LARGE_WHEEL, (), (cab_height + 0.5) / 2, "cab"))
    load = length - cab_length - 0.4
    frame = palette.material([0.16, 0.16, 0.17])
    bar = palette.material([0.2, 0.2, 0.2], paint=_Coat(LARGE_WHEEL, (), 0.75))
    back = -length / 2
    parts = [
        Part(
            _CAB,
            (0, -(cab_height + 0.5) / 2, cab_z),
            (width / 2 - 0.05, (cab_height - 0.5) / 2, cab_length / 2),
            cab,
        ),
        Part(BLOCK, (0, -0.85, -0.2), (0.5, 0.25, length / 2 - 0.3), frame),
        Part(BLOCK, (0, -0.75, back + 0.1), (width / 2 - 0.1, 0.2, 0.06), bar),
        *_wheels(palette, width, axles, LARGE_WHEEL),
        *rng.choice([_box, _tank, _crates], p=[0.65, 0.2, 0.15])(
            palette, width, height, back, load
        ),
    ]
    if rng.uniform() < 0.6:  # Side guards.
        guard = (0, -0.75, back + 0.45 * load), (width / 2 - 0.05, 0.3, 0.2 * load)
        parts.append(Part(BLOCK, *guard, frame))
    return Thing(parts, width / 2, length / 2)


def _box(palette: Palette, width, height, back, length) -> list[Part]:
    """A box of goods or a tarpaulin, from `back` to `back + length`."""
    paint = [0.8, 0.8, 0.8] if palette.rng.uniform() < 0.4 else _paint(palette)
    coat = _Coat(LARGE_WHEEL, (), (height + 1.1) / 2, "load")
    material = palette.material(paint, pictures=0.4, contrast=0.25, scale=4, paint=coat)
    sizes = width / 2, (height - 1.1) / 2, length / 2
    return [Part(BLOCK, (0, -(height + 1.1) / 2, back + length / 2), sizes, material)]


def _tank(palette: Palette, width, height, back, length) -> list[Part]:
    """A tank of steel, often bright, with bands around it."""
    rng, high = palette.rng, min(height, palette.rng.uniform(2.9, 3.6))
    paint = [0.75, 0.76, 0.78] if rng.uniform() < 0.6 else _paint(palette)
    steel = palette.material(paint, contrast=0.3, scale=3, pictures=0.2)
    band = palette.material([0.3, 0.3, 0.32])
    middle, across, up = -(high + 1.0) / 2, rng.uniform(0.8, 1.0) * width / 2, (high - 1.0) / 2
    parts = [
        Part(DRUM, (0, middle, back + length / 2), (across, length / 2, up), steel, turn=LENGTHWAYS)
    ]
    for share in np.arange(0.5, rng.integers(2, 6)) / 5:
        place = (0, middle, back + share * length)
        parts.append(Part(DRUM, place, (across + 0.03, 0.05, up + 0.03), band, turn=LENGTHWAYS))
    walk = (0, -high - 0.05, back + length / 2), (0.25, 0.06, 0.4 * length)
    return [*parts, Part(BLOCK, *walk, band)]


def _crates(palette: Palette, width, height, back, length) -> list[Part]:
    """A platform with crates, machines or nothing on it."""
    rng, level = palette.rng, palette.rng.uniform(1.0, 1.3)
    wood = palette.material([0.4, 0.3, 0.22], contrast=0.5)
    sizes = width / 2, 0.08, length / 2
    parts, along = [Part(BLOCK, (0, -level, back + length / 2), sizes, wood)], back + 0.1
    while along < back + length - 1.5:
        half, high = rng.uniform(0.4, 1.2), rng.uniform(0.4, height - 1.4)
        if rng.uniform() < 0.7:
            material = palette.material(_paint(palette), pictures=0.3)
            sizes = rng.uniform(0.5, 0.95) * width / 2, high / 2, half
            parts.append(Part(BLOCK, (0, -level - high / 2, along + half), sizes, material))
        along += 2 * half + rng.uniform(0.05, 1.0)
    return parts


def _bus(palette: Palette) -> Thing:
    rng = palette.rng
    length, width = rng.uniform(9, 12.5), 2.55
    height = 4.3 if rng.uniform() < 0.2 else rng.uniform(2.9, 3.3)
    axles, middle = (0.27 * length, -0.25 * length), (height + 0.3) / 2
    coat = _Coat(LARGE_WHEEL, axles, middle, "bus")
    body = palette.material(_paint(palette), contrast=0.15, scale=5, paint=coat)
    parts = [Part(BLOCK, (0, -middle, 0), (width / 2, (height - 0.3) / 2, length / 2), body)]
    return Thing(parts + _wheels(palette, width, axles, LARGE_WHEEL), width / 2, length / 2)


def _wheels(palette: Palette, width, axles, radius) -> list[Part]:
    tyre = palette.material([0.12, 0.12, 0.12], spread=0.02, contrast=0.2, paint=_rim)
    return [
        Part(
            DRUM,
            (side * (width / 2 - 0.1), -radius, along),
            (radius, 0.12, radius),
            tyre,
            turn=SIDEWAYS,
        )
        for along in axles
        for side in (-1, 1)
    ]


def _paint(palette: Palette):
    return PAINTS[palette.rng.choice(len(PAINTS), p=PAINT_SHARES)]


def _coloured(palette: Palette, colour, paint):
    return palette.material(colour, contrast=0.12, scale=4, paint=paint)


def _rim(colour: np.ndarray, surface: Surface) -> np.ndarray:
    x, _, z = surface.own.T
    disc = between(np.hypot(x, z) / surface.sizes[0], -1, 0.62, 0.1)
    return painted(colour, disc * (surface.axis == 1), (0.22, 0.22, 0.23))


def _cabin(colour: np.ndarray, surface: Surface) -> np.ndarray:
    """Windows all round, with pillars, under a roof."""
    x, y, z = surface.own.T
    half_width, half_height, half_length = surface.sizes
    fine = surface.footprint
    window = between(y, -half_height + 0.07, half_height - 0.03, fine)
    of_side = between(np.abs(z), 0.05, half_length - 0.2, fine)
    across = between(np.abs(x), -1, half_width - 0.16, fine)
    amount = window * np.where(surface.axis == 0, of_side, across)
    shine = 1 + 2.5 * np.clip(0.5 - 0.5 * y / half_height, 0, 1)[:, None]
    return colour + amount[:, None] * (np.float32(GLASS) * shine - colour)


@dataclass(frozen=True)
class _Coat:
    """The painted detail of a body: wheel arches, lights, number plates, windows.

    Attributes:
      wheel: radius; axles: Z of wheels; middle: height of the body's centre over the ground.
      glazing: which windows it has.
    """

    wheel: float
    axles: tuple[float, ...]
    middle: float
    glazing: str = "none"

    def __call__(self, colour: np.ndarray, surface: Surface) -> np.ndarray:
        x, y, z = surface.own.T
        fine, height = surface.footprint, self.middle - y
        half_width, half_height, half_length = surface.sizes
        side, end = surface.axis == 0, surface.axis == 2
        colour = self._windows(colour, surface, height)
        for axle in self.axles:
            away = np.hypot(z - axle, height - self.wheel)
            colour = painted(colour, side * between(away, -1, self.wheel + 0.06, fine), DARK)
        base = self.middle - half_height
        sill = between(height, -1, base + 0.12, fine)
        colour = painted(colour, 0.8 * sill * (surface.axis != 1), DARK)
        if self.glazing == "load":
            return colour
        corner = end * between(np.abs(x), 0.66 * half_width, 0.96 * half_width, fine)
        tall = np.minimum(0.55 * 2 * half_height, 0.7)
        lamps = corner * between(height, base + tall - 0.09, base + tall + 0.09, fine)
        plate = (
            end
            * between(np.abs(x), -1, 0.26, fine)
            * between(height, base + 0.6 * tall - 0.06, base + 0.6 * tall + 0.06, fine)
        )
        colour = painted(colour, lamps * ~surface.ahead, RED)
        colour = painted(colour, lamps * surface.ahead, WHITE)
        colour = painted(colour, plate, WHITE)
        grille = end * surface.ahead * between(np.abs(x), -1, 0.5 * half_width, fine)
        grille = grille * between(height, base + tall - 0.1, base + tall + 0.06, fine)
        return painted(colour, 0.9 * grille, DARK)

    def _windows(self, colour, surface: Surface, height) -> np.ndarray:
        x, y, z = surface.own.T
        fine = surface.footprint
        half_width, half_height, half_length = surface.sizes
        level = y / half_height  # -1 at the roof.
        side, end = surface.axis == 0, surface.axis == 2
        forward = z / half_length
        inner = between(np.abs(x), -1, half_width - 0.12, fine)
        if self.glazing == "van":
            screen = between(forward, 0.47, 0.75, 0.01) * between(level, -0.92, -0.2, 0.02) * ~side
            of_side = side * between(forward, 0.3, 0.56, 0.01) * between(level, -0.7, -0.2, 0.02)
            rear = end * ~surface.ahead * between(level, -0.75, -0.3, 0.02)
            rear = rear * between(np.abs(x), 0.06, half_width - 0.2, fine)
            return painted(colour, np.maximum(np.maximum(screen * inner, of_side), rear), GLASS)
        if self.glazing == "cab":
            glass = between(level, -0.75, -0.1, 0.02)
            front = glass * inner * (forward > 0.62) * ~side
            of_side = side * glass * between(forward, -0.1, 0.75, 0.02)
            return painted(colour, np.maximum(front, of_side), GLASS)
        if self.glazing == "load":
            seam = end * between(np.abs(x), -1, 0.025, fine)
            return painted(colour, 0.6 * seam, DARK)
        if self.glazing == "bus":
            panes = 1 - between(np.abs(z % 1.5 - 0.75), 0.68, 1, fine)
            glass = between(height, 1.35, 2.4, fine) + between(height, 3.1, 3.9, fine)
            ends = end * inner * between(height, 1.2, 2.6, fine)
            return painted(colour, np.maximum(side * panes * glass, ends), GLASS)
        return colour
