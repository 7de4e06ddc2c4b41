"""Houses, blocks of flats and shops. Units are metres.

Their own frame: X along the street, Y down, Z away from the street; the origin is on the ground in
the middle.
"""

from dataclasses import dataclass

import numpy as np

from dfnet_tf.data.worlds.materials import Palette, Surface, between, painted
from dfnet_tf.data.worlds.shapes import BLOCK, GABLE
from dfnet_tf.data.worlds.things import Part

WALLS = (
    [0.58, 0.34, 0.26],
    [0.66, 0.42, 0.32],
    [0.85, 0.82, 0.74],
    [0.8, 0.75, 0.62],
    [0.62, 0.62, 0.6],
    [0.9, 0.9, 0.88],
    [0.75, 0.6, 0.45],
    [0.5, 0.52, 0.55],
)
ROOFS = [0.35, 0.2, 0.16], [0.3, 0.3, 0.32], [0.45, 0.27, 0.2], [0.2, 0.2, 0.22]
FLOOR = 2.8  # Height of a storey.


@dataclass(frozen=True)
class Facade:
    """Painted windows, a door, and sometimes a shop.

    Attributes:
      spacing: between windows; pane: [2], a window's width and height.
      frame: colour of window frames; door: its colour; shop: colour of the sign, None: no shop.
    """

    spacing: float
    pane: tuple[float, float]
    frame: np.ndarray
    door: np.ndarray
    shop: np.ndarray | None = None

    def __call__(self, colour: np.ndarray, surface: Surface) -> np.ndarray:
        half = surface.sizes
        fine, is_front = surface.footprint, (surface.axis == 2) & ~surface.ahead
        side = surface.axis == 0
        x = np.where(side, surface.own[:, 2], surface.own[:, 0])
        reach = np.where(side, half[2], half[0])
        height = half[1] - surface.own[:, 1]
        columns = np.maximum(np.round(2 * reach / self.spacing), 1)
        floors = max(np.round(2 * half[1] / FLOOR), 1)
        pitch, storey = 2 * reach / columns, 2 * half[1] / floors
        column, floor = np.floor((x + reach) / pitch), np.floor(height / storey)
        dx = (x + reach) - (column + 0.5) * pitch
        dy = height - (floor + 0.52) * storey
        chance = np.sin(column * 12.9898 + floor * 78.233 + columns * 3.7) * 43758.5453 % 1
        wide, tall = self.pane[0] / 2, self.pane[1] / 2
        is_door = is_front & (floor == 0) & (column == columns // 2)
        is_wall = ((surface.axis == 2) | (side & (chance > 0.6))) & ~is_door
        frame = is_wall * _box(dx, dy, wide + 0.09, tall + 0.09, fine)
        glass = is_wall * _box(dx, dy, wide, tall, fine)
        mullion = between(np.abs(dx), -1, 0.03, fine) * (wide > 0.5)
        colour = painted(colour, frame, self.frame)
        glow = np.float32([0.02, 0.025, 0.035]) + 0.18 * (chance[:, None] ** 3)
        colour = colour + (glass * (1 - mullion))[:, None] * (glow - colour)
        entrance = is_door * _box(dx, height - 1.03, 0.55, 1.1, fine)
        colour = painted(colour, entrance, self.frame)
        colour = painted(colour, is_door * _box(dx, height - 1.0, 0.46, 1.02, fine), self.door)
        if self.shop is not None:
            window = is_front * between(height, 0.4, 2.5, fine)
            window = window * (1 - between(np.abs(x % 2.6 - 1.3), 1.22, 2, fine))
            colour = painted(colour, window, (0.05, 0.055, 0.06))
            colour = painted(colour, is_front * between(height, 2.6, 3.2, fine), self.shop)
        return colour


def _box(x, y, half_width, half_height, fine) -> np.ndarray:
    return between(np.abs(x), -1, half_width, fine) * between(np.abs(y), -1, half_height, fine)


def draw_house(palette: Palette, width: float, depth: float, floors: int, flat=False, shop=False):
    """The parts of a house; a row of them with equal `depth` makes a terrace."""
    rng = palette.rng
    height = floors * FLOOR + rng.uniform(0, 0.4)
    facade = Facade(
        spacing=rng.uniform(1.9, 3.2),
        pane=(rng.uniform(0.8, 1.5), rng.uniform(1.1, 1.6)),
        frame=np.float32(palette.one_of([0.75] * 3, [0.7, 0.68, 0.6], [0.12] * 3)),
        door=np.float32(rng.uniform(0.02, 0.35, 3)),
        shop=np.float32(rng.uniform(0.02, 0.6, 3)) if shop else None,
    )
    colour = WALLS[rng.integers(len(WALLS))]
    walls = palette.material(colour, contrast=0.35, scale=2.5, pictures=0.15, paint=facade)
    roof = palette.material(ROOFS[rng.integers(len(ROOFS))], contrast=0.5, scale=1.5)
    parts = [Part(BLOCK, (0, -height / 2, 0), (width / 2, height / 2, depth / 2), walls)]
    if flat:
        parts.append(
            Part(BLOCK, (0, -height - 0.15, 0), (width / 2 + 0.1, 0.2, depth / 2 + 0.1), roof)
        )
        return parts
    rise = depth * rng.uniform(0.25, 0.45)
    size = (width / 2 + 0.25, rise / 2, depth / 2 + 0.35)
    turn, eaves = None, 0.12
    if rng.uniform() < 0.25 and width < 1.3 * depth:  # The gable faces the street.
        turn = np.array([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]])
        size = (depth / 2 + 0.25, rise / 2, width / 2 + 0.35)
    parts.append(Part(GABLE, (0, -height - rise / 2 + eaves, 0), size, roof, turn=turn))
    if rng.uniform() < 0.6:
        x = width * rng.uniform(-0.4, 0.4)
        parts.append(
            Part(
                BLOCK,
                (x, -height - 0.8 * rise, 0),
                (0.35, 0.5 * rise + 0.3, 0.35),
                palette.material(colour),
            )
        )
    return parts
