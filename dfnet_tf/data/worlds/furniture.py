"""Furniture and what lies on it. Units are metres.

Own frames: X to the side, Y down, Z to the front; the origin is on the floor under the middle.
"""

import numpy as np

from dfnet_tf.data.worlds.materials import Palette, Surface, between, painted
from dfnet_tf.data.worlds.plants import leaves
from dfnet_tf.data.worlds.shapes import BALL, BLOCK, DRUM, tapered
from dfnet_tf.data.worlds.things import Part, Thing

WOODS = (
    [0.62, 0.47, 0.32],
    [0.42, 0.29, 0.2],
    [0.8, 0.7, 0.55],
    [0.92, 0.91, 0.88],
    [0.2, 0.18, 0.17],
)


def draw_furniture(palette: Palette, kind: str) -> Thing:
    """A piece of furniture: one of AT_WALLS or FREE."""
    return (AT_WALLS | FREE)[kind](palette)


def draw_clutter(palette: Palette, top: float, half_width: float, half_length: float) -> list[Part]:
    """Small things on a surface at height `top`: books, cups, vases, boxes, a lamp."""
    rng, parts = palette.rng, []
    for _ in range(rng.poisson(3)):
        x, z = rng.uniform(-0.75, 0.75, 2) * [half_width, half_length]
        tall, wide = rng.uniform(0.04, 0.16), rng.uniform(0.03, 0.12)
        thing = palette.material(rng.uniform(0.1, 0.95, 3), scale=0.4, pictures=0.5)
        shape = palette.one_of(BLOCK, BLOCK, DRUM, BALL)
        size = (wide, tall, wide) if shape is DRUM else (wide, tall, rng.uniform(0.03, 0.12))
        parts.append(Part(shape, (x, -top - tall, z), size, thing))
    if rng.uniform() < 0.25:
        x = rng.uniform(-0.6, 0.6) * half_width
        parts += _lamp(palette, x, 0.0, top, rng.uniform(0.3, 0.5), 0.14)
    return parts


def _table(palette: Palette) -> Thing:
    """A table on four legs, with clutter and chairs under it."""
    rng, wood = palette.rng, _wood(palette)
    half_width, half_length, top = (
        rng.uniform(0.4, 1.0),
        rng.uniform(0.3, 0.5),
        rng.uniform(0.7, 0.76),
    )
    if rng.uniform() < 0.3:
        top = rng.uniform(0.35, 0.5)  # A coffee table.
    parts = _legs(half_width - 0.05, half_length - 0.05, top - 0.03, 0.03, wood)
    parts.append(_slab(top - 0.015, (half_width, 0.02, half_length), wood))
    parts += draw_clutter(palette, top, half_width, half_length)
    return Thing(parts, half_width, half_length)


def _desk(palette: Palette) -> Thing:
    """A desk with drawers and a screen."""
    rng, wood = palette.rng, _wood(palette)
    half_width, half_length, top = rng.uniform(0.5, 0.9), rng.uniform(0.3, 0.4), 0.74
    parts = _legs(half_width - 0.04, half_length - 0.04, top - 0.03, 0.03, wood)
    parts.append(_slab(top - 0.015, (half_width, 0.02, half_length), wood))
    drawers = palette.material(_of(palette, WOODS), contrast=0.3, paint=_drawers)
    parts.append(_box((half_width - 0.25, 0.35), (0.2, 0.3, half_length - 0.03), drawers))
    dark = palette.material([0.1] * 3)
    screen = palette.material([0.12, 0.13, 0.15], pictures=0.6, scale=0.6, glows=True)
    parts += [
        Part(BLOCK, (-0.1, -top - 0.28, -0.1), (0.3, 0.18, 0.015), dark),
        Part(BLOCK, (-0.1, -top - 0.28, -0.084), (0.285, 0.165, 0.002), screen),
        Part(BLOCK, (-0.1, -top - 0.06, -0.12), (0.03, 0.08, 0.02), dark),
        Part(BLOCK, (-0.1, -top - 0.012, 0.12), (0.2, 0.012, 0.07), dark),
    ]
    return Thing(parts + draw_clutter(palette, top, half_width, 0.1), half_width, half_length)


def _chair(palette: Palette) -> Thing:
    rng, wood = palette.rng, _wood(palette)
    seat, back = rng.uniform(0.42, 0.48), rng.uniform(0.38, 0.5)
    cloth = palette.material(rng.uniform(0.15, 0.8, 3), scale=0.5, pictures=0.2)
    parts = [
        *_legs(0.19, 0.19, seat, 0.02, wood),
        _slab(seat, (0.22, 0.025, 0.22), cloth),
        Part(BLOCK, (0, -seat - back / 2, -0.2), (0.2, back / 2, 0.02), wood),
    ]
    return Thing(parts, 0.24, 0.24)


def _sofa(palette: Palette) -> Thing:
    rng = palette.rng
    cloth = palette.material(rng.uniform(0.15, 0.75, 3), contrast=0.5, scale=0.8, pictures=0.15)
    half_width, seat, back = rng.uniform(0.45, 1.1), rng.uniform(0.38, 0.45), rng.uniform(0.7, 0.9)
    parts = [
        _box((0, seat / 2 + 0.03), (half_width, seat / 2 - 0.03, 0.42), cloth),
        Part(BLOCK, (0, -back / 2, -0.34), (half_width, back / 2, 0.1), cloth),
    ]
    for side in (-1, 1):
        x = side * (half_width - 0.09)
        parts.append(Part(BLOCK, (x, -0.3, 0), (0.09, 0.3, 0.43), cloth))
    for _ in range(rng.integers(0, 4)):
        cushion = palette.material(rng.uniform(0.1, 0.9, 3), scale=0.5, pictures=0.4)
        x = rng.uniform(-0.7, 0.7) * half_width
        parts.append(Part(BALL, (x, -seat - 0.17, -0.15), (0.22, 0.2, 0.1), cushion))
    return Thing(parts, half_width, 0.45)


def _bed(palette: Palette) -> Thing:
    rng, wood = palette.rng, _wood(palette)
    half_width = rng.uniform(0.45, 0.9)
    cover = palette.material(rng.uniform(0.2, 0.9, 3), contrast=0.6, scale=1.0, pictures=0.4)
    pillow = palette.material([0.9, 0.9, 0.88], contrast=0.2)
    parts = [
        _box((0, 0.17), (half_width, 0.12, 1.0), wood),
        _box((0, 0.4), (half_width - 0.03, 0.13, 0.97), cover),
        Part(BLOCK, (0, -0.45, -0.98), (half_width, 0.45, 0.03), wood),
        Part(BALL, (-0.45 * half_width, -0.57, -0.7), (0.4 * half_width, 0.09, 0.2), pillow),
        Part(BALL, (0.45 * half_width, -0.57, -0.7), (0.4 * half_width, 0.09, 0.2), pillow),
    ]
    return Thing(parts, half_width, 1.02)


def _shelf(palette: Palette) -> Thing:
    """Boards between two sides, with books and boxes."""
    rng, wood = palette.rng, _wood(palette)
    half_width, height, depth = rng.uniform(0.3, 0.8), rng.uniform(0.9, 2.1), rng.uniform(0.12, 0.2)
    parts = [
        Part(BLOCK, (side * half_width, -height / 2, 0), (0.012, height / 2, depth), wood)
        for side in (-1, 1)
    ]
    parts.append(Part(BLOCK, (0, -height / 2, -depth), (half_width, height / 2, 0.008), wood))
    levels = np.arange(0.06, height, rng.uniform(0.28, 0.4))
    for level in levels:
        parts.append(_slab(level, (half_width, 0.012, depth), wood))
        x = -half_width + 0.03
        while x < half_width - 0.2 and rng.uniform() < 0.85:
            wide, tall = rng.uniform(0.06, 0.2), rng.uniform(0.08, 0.13)
            books = palette.material(rng.uniform(0.1, 0.9, 3), contrast=0.3, paint=_spines)
            middle = (x + wide, -level - tall - 0.01, rng.uniform(-0.3, 0.1) * depth)
            parts.append(Part(BLOCK, middle, (wide, tall, 0.6 * depth), books))
            x += 2 * wide + rng.exponential(0.08)
    parts.append(_slab(height, (half_width, 0.012, depth), wood))
    return Thing(parts, half_width + 0.02, depth)


def _wardrobe(palette: Palette) -> Thing:
    rng = palette.rng
    half_width, height, depth = (
        rng.uniform(0.4, 1.1),
        rng.uniform(1.7, 2.15),
        rng.uniform(0.25, 0.3),
    )
    wood = palette.material(_of(palette, WOODS), contrast=0.4, scale=1.0, paint=_doors)
    parts = [_box((0, height / 2), (half_width, height / 2, depth), wood)]
    return Thing(parts, half_width, depth)


def _chest(palette: Palette) -> Thing:
    """A chest of drawers or a kitchen unit, with things on it."""
    rng = palette.rng
    half_width, height, depth = rng.uniform(0.3, 1.0), rng.uniform(0.6, 1.05), rng.uniform(0.2, 0.3)
    wood = palette.material(_of(palette, WOODS), contrast=0.35, scale=1.0, paint=_drawers)
    parts = [_box((0, height / 2), (half_width, height / 2, depth), wood)]
    return Thing(parts + draw_clutter(palette, height, half_width, depth), half_width, depth)


def _standing_lamp(palette: Palette) -> Thing:
    return Thing(_lamp(palette, 0, 0, 0, palette.rng.uniform(1.3, 1.7), 0.22), 0.22, 0.22)


def _plant(palette: Palette) -> Thing:
    """A plant in a pot."""
    rng, height = palette.rng, palette.rng.uniform(0.5, 1.4)
    pot = palette.material(rng.uniform(0.3, 0.8, 3), contrast=0.3)
    parts = [Part(DRUM, (0, -0.15, 0), (0.15, 0.15, 0.15), pot)]
    green = leaves(palette)
    for _ in range(rng.integers(2, 5)):
        x, z = rng.uniform(-0.12, 0.12, 2)
        size = rng.uniform(0.15, 0.3), rng.uniform(0.2, 0.5) * height, rng.uniform(0.15, 0.3)
        parts.append(Part(BALL, (x, -0.3 - size[1] * 0.9, z), size, green, holes=0.5))
    return Thing(parts, 0.3, 0.3)


def _carton(palette: Palette) -> Thing:
    rng = palette.rng
    wide, tall, long = rng.uniform(0.12, 0.35, 3)
    card = palette.material([0.62, 0.5, 0.36], contrast=0.3, scale=0.6, pictures=0.4)
    return Thing([_box((0, tall), (wide, tall, long), card)], wide, long)


def _lamp(palette: Palette, x, z, bottom, height, radius) -> list[Part]:
    steel = palette.material(palette.one_of([0.15] * 3, [0.7] * 3))
    shade = palette.material([0.95, 0.88, 0.7], contrast=0.1, glows=palette.rng.uniform() < 0.5)
    return [
        Part(DRUM, (x, -bottom - 0.012, z), (0.6 * radius, 0.012, 0.6 * radius), steel),
        Part(DRUM, (x, -bottom - height / 2, z), (0.012, height / 2, 0.012), steel),
        Part(
            tapered(0.5, 0.5, 0.5), (x, -bottom - height, z), (radius, 0.7 * radius, radius), shade
        ),
    ]


def _legs(half_width, half_length, height, thick, material) -> list[Part]:
    return [
        Part(
            BLOCK,
            (i * half_width, -height / 2, j * half_length),
            (thick, height / 2, thick),
            material,
        )
        for i in (-1, 1)
        for j in (-1, 1)
    ]


def _slab(height, sizes, material) -> Part:
    return Part(BLOCK, (0, -height, 0), sizes, material)


def _box(middle, sizes, material) -> Part:
    """A block in the middle of the depth; `middle`: X, and height over the floor."""
    return Part(BLOCK, (middle[0], -middle[1], 0), sizes, material)


def _wood(palette: Palette):
    return palette.material(_of(palette, WOODS), contrast=0.5, scale=0.9)


def _of(palette: Palette, choices):
    return choices[palette.rng.integers(len(choices))]


def _drawers(colour: np.ndarray, surface: Surface) -> np.ndarray:
    x, y, _ = surface.own.T
    front, fine = (surface.axis == 2) & surface.ahead, surface.footprint
    pitch = 2 * surface.sizes[1] / max(1, round(2 * surface.sizes[1] / 0.22))
    within = (y + surface.sizes[1]) % pitch - pitch / 2
    gap = 1 - between(np.abs(within), -1, pitch / 2 - 0.006, fine)
    knob = between(np.abs(x), -1, 0.05, fine) * between(np.abs(within), -1, 0.008, fine)
    return painted(colour, front * np.maximum(0.7 * gap, knob), (0.03, 0.03, 0.03))


def _doors(colour: np.ndarray, surface: Surface) -> np.ndarray:
    x, y, _ = surface.own.T
    front, fine = (surface.axis == 2) & surface.ahead, surface.footprint
    gap = between(np.abs(x), -1, 0.006, fine)
    knob = between(np.abs(np.abs(x) - 0.06), -1, 0.008, fine) * between(np.abs(y), -1, 0.08, fine)
    return painted(colour, front * np.maximum(0.8 * gap, knob), (0.04, 0.04, 0.04))


def _spines(colour: np.ndarray, surface: Surface) -> np.ndarray:
    """Books of different colours side by side."""
    book = np.floor(surface.own[:, 0] / 0.031)[:, None]
    book = book + 997 * surface.sizes[0]  # Other books on another shelf.
    tint = 0.5 + 0.5 * np.sin(book * [12.9, 78.2, 37.7])
    return np.float32(0.35 * colour + 0.65 * tint * colour.max(axis=1, keepdims=True))


AT_WALLS = {
    "shelf": _shelf,
    "wardrobe": _wardrobe,
    "chest": _chest,
    "sofa": _sofa,
    "bed": _bed,
    "desk": _desk,
}
FREE = {
    "table": _table,
    "chair": _chair,
    "lamp": _standing_lamp,
    "plant": _plant,
    "carton": _carton,
}
