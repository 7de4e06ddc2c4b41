"""People on foot and on bicycles. Units are metres; they face along Z."""

import numpy as np

from dfnet_tf.data.worlds.materials import Palette
from dfnet_tf.data.worlds.shapes import BALL, BLOCK, DRUM
from dfnet_tf.data.worlds.things import Part
from dfnet_tf.data.worlds.vehicles import SIDEWAYS

SKIN = [0.75, 0.58, 0.47], [0.5, 0.36, 0.27], [0.3, 0.21, 0.16]


def draw_person(palette: Palette, height: float) -> list[Part]:
    """A walking person: two legs apart, a trunk, arms and a head."""
    rng, tall = palette.rng, height / 1.75
    trousers = palette.material(rng.uniform(0.1, 0.4, 3), contrast=0.3)
    coat = palette.material(rng.uniform(0.1, 0.8, 3), contrast=0.5, scale=0.8, pictures=0.3)
    skin = palette.material(palette.one_of(*SKIN), contrast=0.2)
    hair = palette.material(palette.one_of([0.12] * 3, [0.3, 0.2, 0.12], [0.6, 0.5, 0.35]))
    stride = rng.uniform(0, 0.35)
    parts = []
    for side in (-1, 1):
        parts += [
            Part(
                DRUM,
                (0.1 * side, -0.43 * tall, 0),
                (0.085, 0.44 * tall, 0.085),
                trousers,
                turn=_pitched(side * stride),
            ),
            Part(
                DRUM,
                (0.25 * side, -1.12 * tall, 0),
                (0.05, 0.3 * tall, 0.05),
                coat,
                turn=_pitched(-side * stride),
            ),
        ]
    return [
        *parts,
        Part(BALL, (0, -1.15 * tall, 0), (0.22, 0.36 * tall, 0.14), coat),
        Part(BALL, (0, -1.62 * tall, 0), (0.085, 0.12, 0.1), skin),
        Part(BALL, (0, -1.66 * tall, -0.02), (0.095, 0.1, 0.1), hair),
    ]


def draw_cyclist(palette: Palette) -> list[Part]:
    """A rider on a bicycle."""
    rng = palette.rng
    frame = palette.material(rng.uniform(0.05, 0.6, 3))
    tyre = palette.material([0.1, 0.1, 0.1])
    coat = palette.material(rng.uniform(0.1, 0.9, 3), contrast=0.4, pictures=0.2)
    trousers = palette.material(rng.uniform(0.1, 0.4, 3))
    head = palette.material(rng.uniform(0.1, 0.9, 3))
    wheels = [
        Part(DRUM, (0, -0.34, along), (0.34, 0.02, 0.34), tyre, turn=SIDEWAYS)
        for along in (-0.52, 0.52)
    ]
    legs = [
        Part(
            DRUM,
            (0.1 * side, -0.65, 0.05),
            (0.075, 0.38, 0.075),
            trousers,
            turn=_pitched(0.3 * side + 0.15),
        )
        for side in (-1, 1)
    ]
    return [
        *wheels,
        *legs,
        Part(BLOCK, (0, -0.62, 0), (0.025, 0.2, 0.4), frame),
        Part(BLOCK, (0, -1.0, 0.45), (0.28, 0.02, 0.02), frame),
        Part(BALL, (0, -1.25, 0.08), (0.2, 0.36, 0.14), coat, turn=_pitched(-0.35)),
        Part(DRUM, (0.2, -1.2, 0.28), (0.045, 0.28, 0.045), coat, turn=_pitched(0.6)),
        Part(DRUM, (-0.2, -1.2, 0.28), (0.045, 0.28, 0.045), coat, turn=_pitched(0.6)),
        Part(BALL, (0, -1.68, 0.24), (0.1, 0.13, 0.12), head),
    ]


def _pitched(angle: float) -> np.ndarray:
    """Turns about X; a positive angle moves the lower end ahead."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]])
