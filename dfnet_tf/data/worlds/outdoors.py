"""Daylight and sky: sun, clouds, haze, and hills far away."""

import numpy as np

from dfnet_tf.data.worlds.materials import NUM_NOISE, Material, Palette, Surface
from dfnet_tf.data.worlds.photographs import Light
from dfnet_tf.data.worlds.shapes import BALL, BLOCK, DOME, Solid
from dfnet_tf.data.worlds.things import Part, standing

SKY = 190.0  # Radius of the sky, in units; depth files end at 256.


def draw_daylight(rng: np.random.Generator) -> tuple[Light, Material]:
    """A sunny or overcast sky: its light, and the material of the dome."""
    angle, height = rng.uniform(0, 2 * np.pi), rng.uniform(0.25, 1.25)
    sun = np.array(
        [np.cos(height) * np.sin(angle), -np.sin(height), np.cos(height) * np.cos(angle)]
    )
    sunny = rng.uniform() < 0.55
    warmth = np.array([1.0, 0.95, 0.86]) ** rng.uniform(0, 2)
    if sunny:
        zenith = np.array([0.16, 0.32, 0.62]) * rng.uniform(0.7, 1.3)
        horizon = np.array([0.62, 0.74, 0.88]) * rng.uniform(0.85, 1.1)
        clouds = rng.uniform(0, 0.8)
        light = Light(
            sun,
            rng.uniform(0.7, 1.3) * warmth,
            rng.uniform(0.3, 0.55) * np.array([0.9, 0.96, 1.08]),
            horizon,
            rng.uniform(150, 900),
        )
    else:
        grey = rng.uniform(0.6, 1.1) * rng.uniform(0.97, 1.03, 3)
        zenith, horizon, clouds = grey, grey, rng.uniform(0, 0.4)
        light = Light(sun, np.zeros(3), rng.uniform(0.7, 1.1) * grey, grey, rng.uniform(60, 500))

    def paint(_colour: np.ndarray, surface: Surface) -> np.ndarray:
        rise = np.clip(-surface.own[:, 1] / (0.6 * SKY), 0, 1)[:, None] ** 0.6
        cover = np.clip(0.5 + 2.2 * (surface.relief - 1) + clouds - 0.5, 0, 1) * min(1, 2 * clouds)
        return np.float32(horizon + rise * (zenith - horizon) + cover * (0.95 - zenith) * rise)

    tile = int(rng.integers(NUM_NOISE))
    return light, Material(np.ones(3), tile, scale=160.0, contrast=0.99, paint=paint, glows=True)


def dome(material: Material, middle: np.ndarray) -> Solid:
    return Solid(DOME, SKY * np.eye(3)[None], np.array([middle]), material)


def ground(material: Material) -> Solid:
    """The plane Y = 0, the top of a large block."""
    return Solid(BLOCK, np.diag([900.0, 5.0, 900.0])[None], np.array([[0.0, 5.0, 0.0]]), material)


def draw_hills(palette: Palette, middle: np.ndarray) -> list[Solid]:
    """Wooded or bare hills near the horizon."""
    rng, hills = palette.rng, []
    for _ in range(rng.integers(2, 7)):
        angle, away = rng.uniform(-1.3, 1.3), rng.uniform(115, 165)
        size = rng.uniform(25, 70), rng.uniform(4, 22), rng.uniform(15, 30)
        material = palette.material([0.28, 0.33, 0.2], contrast=0.8, scale=25)
        place = middle + [away * np.sin(angle), 0, away * np.cos(angle)]
        hills += standing([Part(BALL, (0, 0, 0), size, material)], place, angle)
    return hills
