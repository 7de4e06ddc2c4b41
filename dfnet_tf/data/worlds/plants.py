"""Trees, bushes and hedges: ellipsoids with holes in them, and trunks. Units are metres."""

import numpy as np

from dfnet_tf.data.worlds.materials import Palette
from dfnet_tf.data.worlds.shapes import BALL, DRUM, tapered
from dfnet_tf.data.worlds.things import Part, heading_turns

_SPIRE = tapered(0.96, 0.96, 0.96)  # A pyramid of branches.
GREENS = (
    [0.2, 0.3, 0.12],
    [0.27, 0.36, 0.16],
    [0.33, 0.38, 0.2],
    [0.16, 0.24, 0.13],
    [0.42, 0.36, 0.16],
    [0.45, 0.3, 0.15],
)


def leaves(palette: Palette):
    """The material of leaves: mostly green, sometimes yellow or brown."""
    shares = [0.27, 0.27, 0.18, 0.18, 0.06, 0.04]
    colour = GREENS[palette.rng.choice(len(GREENS), p=shares)]
    return palette.material(colour, spread=0.04, contrast=0.8, scale=1.2)


def draw_tree(palette: Palette, height: float) -> list[Part]:
    """A broad tree, a slim one, a conifer or, sometimes, a nearly bare tree."""
    rng = palette.rng
    kind = rng.choice(["broad", "slim", "conifer"], p=[0.65, 0.15, 0.2])
    bark = palette.material([0.3, 0.25, 0.2], contrast=0.7, scale=0.8)
    green, holes = leaves(palette), rng.uniform(0.3, 0.55)
    if rng.uniform() < 0.12:
        holes = rng.uniform(0.75, 0.85)
    bare = {"broad": rng.uniform(0.2, 0.35), "slim": 0.15, "conifer": 0.08}[kind] * height
    top = 0.6 * height
    radius = 0.018 * height + rng.uniform(0.03, 0.1)
    parts = [Part(DRUM, (0, -top / 2, 0), (radius, top / 2, radius), bark)]
    if kind == "conifer":
        rise = (height - bare) / 4
        for level in range(4):
            wide = 0.22 * height * (1 - 0.2 * level)
            middle, turn = bare + (level + 0.75) * rise, heading_turns(rng.uniform(0, 2, 1))[0]
            size = wide, 0.75 * rise, wide
            parts.append(Part(_SPIRE, (0, -middle, 0), size, green, turn=turn, holes=holes))
        return parts
    if kind == "slim":
        middle, size = (height + bare) / 2, (0.13 * height, (height - bare) / 2, 0.13 * height)
        return [*parts, Part(BALL, (0, -middle, 0), size, green, holes=holes)]
    crown = (height - bare) / 2
    wide = crown * rng.uniform(0.7, 1.15)
    core = 0.7 * wide, 0.8 * crown, 0.7 * wide
    parts.append(Part(BALL, (0, -bare - crown, 0), core, green, holes=holes))
    for angle in np.arange(rng.integers(5, 9)) * 2.4 + rng.uniform(0, 6):  # Lumps around it.
        rise, size = rng.uniform(-0.6, 0.8), rng.uniform(0.28, 0.5)
        reach = (1 - 0.8 * size) * np.sqrt(1 - rise * rise) * wide
        middle = (reach * np.cos(angle), -bare - crown * (1 + rise * 0.8), reach * np.sin(angle))
        lump = size * wide, size * crown * rng.uniform(0.7, 1.1), size * wide
        parts.append(Part(BALL, middle, lump, green, holes=holes))
    return parts


def draw_bush(palette: Palette, height: float) -> list[Part]:
    rng = palette.rng
    wide, deep = height * rng.uniform(0.4, 0.9, 2)
    size = wide, height / 2, deep
    return [Part(BALL, (0, -0.46 * height, 0), size, leaves(palette), holes=0.3)]
