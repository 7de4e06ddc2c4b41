"""What surfaces look like: a base colour, a texture from the clip's tiles, and painted detail."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from dfnet_tf.data.worlds import textures

SIDE = 256  # Pixels of a tile.
LEVELS = 7  # Of halved tiles: 256 to 4 pixels.
NUM_NOISE = 12  # Tiles of noise in a clip.
NUM_CUT_OUTS = 10  # Tiles cut from pictures, if there are any.
GAMMA = 1.8  # Light is a photograph's brightness to this power.
LIBRARY = 40  # Tiles of noise from which a clip takes some.


@dataclass(frozen=True)
class Surface:
    """M points on solids.

    Attributes:
      own: [M, 3], units along the solid's own axes from its centre.
      world: [M, 3].
      axis: [M], the own axis that the surface faces most (0, 1, 2).
      ahead: [M], whether it faces the positive end of that axis.
      footprint: [M], the length of surface that one pixel covers; finer detail is left out.
      relief: [M, 3], the texture's factor around 1; for `Material.paint`.
      sizes: [3], half the sizes of the only solid; for `Material.paint`.
    """

    own: np.ndarray
    world: np.ndarray
    axis: np.ndarray
    ahead: np.ndarray
    footprint: np.ndarray
    relief: np.ndarray | None = None
    sizes: np.ndarray | None = None

    def part(self, some: slice, relief: np.ndarray, sizes: np.ndarray) -> "Surface":
        """The points of one solid."""
        arrays = (self.own, self.world, self.axis, self.ahead, self.footprint)
        return Surface(*(array[some] for array in arrays), relief, sizes)


@dataclass(frozen=True, eq=False)
class Material:
    """A kind of surface.

    Attributes:
      colour: [3] in [0, 1], of full light.
      tile: which texture; its number modulo the number of tiles.
      scale: units that one tile covers.
      contrast: how strongly the texture changes the colour.
      paint: changes colours [M, 3] of a `Surface`; None: plain.
      glows: True if light and shadow leave it alone (the sky, lamps).
      casts: False if it throws no shadow (the walls around a room).
    """

    colour: np.ndarray
    tile: int = 0
    scale: float = 2.0
    contrast: float = 0.5
    paint: Callable[[np.ndarray, Surface], np.ndarray] | None = None
    glows: bool = False
    casts: bool = True


class Palette:
    """Draws materials: colours vary, textures are noise or, for some, parts of pictures."""

    def __init__(self, rng: np.random.Generator, pictures: Sequence[np.ndarray]):
        self.rng = rng
        chosen = rng.choice(LIBRARY, NUM_NOISE, replace=False)
        cut = [
            textures.cut_out(rng, SIDE, pictures[rng.integers(len(pictures))]) / 255
            for _ in range(NUM_CUT_OUTS * bool(len(pictures)))
        ]
        cut = [np.uint8(255 * part**GAMMA) for part in cut]
        self.tiles = Tiles([*(_library()[i] for i in chosen), *cut])
        self.num_cut = len(cut)

    def material(self, colour, spread=0.06, contrast=0.5, scale=2.0, pictures=0.0, **others):
        """A material around `colour`, as a photograph shows it.

        With the chance `pictures` it is a part of a picture. `others` are of `Material`.
        """
        rng = self.rng
        if self.num_cut and rng.uniform() < pictures:
            tile = NUM_NOISE + int(rng.integers(self.num_cut))
            tint = rng.uniform(0.35, 0.6) * rng.uniform(0.9, 1.1, 3)
            return Material(tint, tile, scale * rng.uniform(1, 2.5), 1.0, **others)
        tint = np.asarray(colour) + rng.normal(0, spread) + rng.normal(0, spread / 3, 3)
        light = np.clip(tint, 0.05, 1) ** GAMMA
        contrast, scale = contrast * rng.uniform(0.6, 1.4), scale * rng.uniform(0.6, 1.6)
        return Material(light, int(rng.integers(NUM_NOISE)), scale, contrast, **others)

    def one_of(self, *choices):
        return choices[self.rng.integers(len(choices))]


class Tiles:
    """T tiles with their reductions, in one image; they continue by reflection."""

    def __init__(self, tiles: Sequence[np.ndarray]):
        self.count = len(tiles)
        self.atlas = np.zeros((SIDE * self.count, 2 * SIDE, 3), np.uint8)
        for number, tile in enumerate(tiles):
            left = 0
            for level in range(LEVELS):
                side = SIDE >> level
                if level:
                    tile = cv2.resize(tile, (side, side), interpolation=cv2.INTER_AREA)
                self.atlas[SIDE * number : SIDE * number + side, left : left + side] = tile
                left += side

    def look_up(self, tile: np.ndarray, x, y, footprint) -> np.ndarray:
        """Colours [M, 3] in [0, 1] at (x, y) [M]; one is the length of a tile, as of `footprint`.

        Blends the two reductions whose pixels are as large as the footprint.
        """
        level = np.clip(np.log2(np.maximum(footprint * SIDE, 1)), 0, LEVELS - 1.001)
        lower = level.astype(np.int32)
        part = (level - lower).astype(np.float32)[:, None]
        first = self._at(tile, x, y, lower)
        return (first + part * (self._at(tile, x, y, lower + 1) - first)) / 255

    def _at(self, tile, x, y, level) -> np.ndarray:
        side = SIDE >> level
        left = 2 * SIDE - 2 * side
        column, row = (np.clip(_folded(along) * side - 0.5, 0, side - 1) for along in (x, y))
        count = len(x)
        shape = -(-count // 1024), 1024
        maps = np.zeros((2, shape[0] * 1024), np.float32)
        maps[0, :count], maps[1, :count] = left + column, SIDE * (tile % self.count) + row
        read = cv2.remap(self.atlas, *maps.reshape(2, *shape), cv2.INTER_LINEAR)
        return read.reshape(-1, 3)[:count].astype(np.float32)


def _folded(along: np.ndarray) -> np.ndarray:
    """A tile's coordinate in [0, 1]; every second tile is mirrored, so that edges fit."""
    return 1 - np.abs(along % 2 - 1)


@functools.cache
def _library() -> tuple[np.ndarray, ...]:
    """Grey tiles of noise with mean 0.5, the same in every clip."""
    rng, tiles = np.random.default_rng(20), []
    for _ in range(LIBRARY):
        grey = textures.noise(rng, SIDE, smooth=0.95).mean(axis=-1)
        if rng.uniform() < 0.3:  # Streaks: wood, render, worn roads.
            grey = cv2.blur(grey, (31, 1))
        grey = 127 + (grey - grey.mean()) * 45 / max(grey.std(), 1)
        tiles.append(np.repeat(np.uint8(np.clip(grey, 0, 255))[..., None], 3, axis=-1))
    return tuple(tiles)


def bars(along, period, width, footprint) -> np.ndarray:
    """1 on bars of `width` every `period`, with edges one pixel wide; nearly flat if far finer."""
    away = np.abs((along / period) % 1 - 0.5) * period  # Distance from the middle of a bar.
    return np.clip((width / 2 - away) / footprint + 0.5, 0, 1)


def between(along, low, high, footprint) -> np.ndarray:
    """1 from `low` to `high`, with edges one pixel wide."""
    return np.clip((along - low) / footprint + 0.5, 0, 1) * np.clip(
        (high - along) / footprint + 0.5, 0, 1
    )


def painted(colour, amount, paint) -> np.ndarray:
    """Blends `paint` [3] over colours [M, 3] where `amount` [M] is 1."""
    return colour + amount[:, None] * (np.asarray(paint, np.float32) - colour)
