"""Builds a furnished room and a hand-held camera that moves in it."""

from collections.abc import Sequence

import numpy as np

from dfnet_tf.data.worlds.camera_paths import camera_path, sway
from dfnet_tf.data.worlds.furniture import AT_WALLS, FREE, draw_furniture
from dfnet_tf.data.worlds.lens import draw_lens
from dfnet_tf.data.worlds.materials import Palette, Surface, between, painted
from dfnet_tf.data.worlds.people import draw_person
from dfnet_tf.data.worlds.photographs import Light, World
from dfnet_tf.data.worlds.shapes import BLOCK, Solid
from dfnet_tf.data.worlds.things import Part, Thing, standing

WALLS = [0.9, 0.89, 0.85], [0.85, 0.8, 0.7], [0.75, 0.8, 0.82], [0.8, 0.72, 0.68], [0.6, 0.68, 0.62]
FLOORS = (
    [0.6, 0.45, 0.3],
    [0.45, 0.33, 0.24],
    [0.6, 0.58, 0.55],
    [0.5, 0.45, 0.42],
    [0.75, 0.7, 0.6],
)
CLEARANCE = 0.45  # Units between the camera's path and furniture.


def build_room(seed: int, num_frames: int, pictures: Sequence[np.ndarray] = ()) -> World:
    """Draws a room, its furniture and a film of `num_frames` frames."""
    rng = np.random.default_rng(seed)
    palette = Palette(rng, pictures)
    size = np.array([rng.uniform(2.6, 6.5), rng.uniform(2.25, 3.1), rng.uniform(3.0, 7.5)])
    camera_to_world = _hand_held(rng, size, num_frames)
    room = _Room(palette, size, camera_to_world)
    room.build()
    slope = np.array([rng.uniform(-0.7, 0.7), -1, rng.uniform(-0.7, 0.7)])
    tint = np.array([1.0, 0.95, 0.85]) ** rng.uniform(-0.3, 1.5)
    return World(
        shapes=room.solids,
        camera_to_world=camera_to_world,
        field_of_view=rng.uniform(45, 90),
        light=Light(
            sun=slope / np.linalg.norm(slope),
            sun_colour=rng.uniform(0.2, 0.9) * tint,
            ambient=rng.uniform(0.3, 0.65) * tint,
            haze=np.zeros(3),
            haze_length=1e6,
        ),
        lens=draw_lens(rng),
        tiles=palette.tiles,
        blots=[],
    )


def _hand_held(rng: np.random.Generator, size: np.ndarray, num_frames: int) -> np.ndarray:
    """Camera-to-world [N, 4, 4] of a camera in one half of the room that turns and sways."""
    time = np.arange(num_frames)
    middle = rng.uniform(-0.2, 0.2, 2) * size[[0, 2]]
    reach = rng.uniform(0.05, 0.5, 3) * [1, 0.25, 1]
    place = np.stack([sway(rng, time, part, (25, 60)) for part in reach], axis=1)
    place += [middle[0], -rng.uniform(0.9, 1.75), middle[1]]
    # Towards the far side of the room, or anywhere.
    yaw = np.arctan2(-middle[0], -middle[1]) + rng.normal(0, 0.6)
    if rng.uniform() < 0.3:
        yaw = rng.uniform(-np.pi, np.pi)
    lively = rng.uniform(0.02, 0.4)
    yaw = yaw + sway(rng, time, lively, (35, 70))
    pitch = rng.normal(-0.15, 0.15) + sway(rng, time, 0.3 * lively, (25, 60))
    roll = rng.normal(0, 0.05) + sway(rng, time, 0.2 * lively, (25, 60))
    return camera_path(place, yaw, pitch, roll)


class _Room:
    """Walls around (0, 0), and furniture that leaves room for the camera."""

    def __init__(self, palette: Palette, size: np.ndarray, camera_to_world: np.ndarray):
        self.palette, self.rng = palette, palette.rng
        self.half_x, self.height, self.half_z = size[0] / 2, size[1], size[2] / 2
        self.solids: list[Solid] = []
        path = camera_to_world[:, :3, 3]
        low, high = path.min(axis=0), path.max(axis=0)
        self.ahead = np.sign(camera_to_world[0, 2, 2])  # Which half the camera faces.
        self.taken = [
            (low[0] - CLEARANCE, low[2] - CLEARANCE, high[0] + CLEARANCE, high[2] + CLEARANCE)
        ]
        self.frames = len(path)

    def build(self) -> None:
        self._shell()
        if self.rng.uniform() < 0.4:
            self._person()
        for wall in range(4):
            self._on_wall(wall)
            for _ in range(6):
                self._against(wall, draw_furniture(self.palette, self._any(AT_WALLS)))
        for _ in range(self.rng.integers(6, 18)):
            self._anywhere(draw_furniture(self.palette, self._any(FREE)))

    def _shell(self) -> None:
        """The floor, the ceiling and four walls."""
        rng, palette = self.rng, self.palette
        boards = rng.uniform() < 0.5
        shell = {"casts": False}
        floor = palette.material(
            self._of(FLOORS),
            contrast=0.5,
            scale=1.2,
            pictures=0.15,
            **shell,
            paint=_planks if boards else _shaded,
        )
        ceiling = palette.material([0.9, 0.9, 0.89], contrast=0.1, paint=_shaded, **shell)
        x, z, up = self.half_x, self.half_z, self.height / 2
        self._put(Part(BLOCK, (0, 0.1, 0), (x + 0.2, 0.1, z + 0.2), floor))
        self._put(Part(BLOCK, (0, -self.height - 0.1, 0), (x + 0.2, 0.1, z + 0.2), ceiling))
        colour = self._of(WALLS)
        for side in (-1, 1):
            for middle, sizes in (
                ((side * (x + 0.1), -up, 0), (0.1, up, z)),
                ((0, -up, side * (z + 0.1)), (x, up, 0.1)),
            ):
                wall = palette.material(
                    colour,
                    spread=0.03,
                    contrast=0.15,
                    scale=2.0,
                    pictures=0.2,
                    paint=_shaded,
                    **shell,
                )
                self._put(Part(BLOCK, middle, sizes, wall))
        if rng.uniform() < 0.5:
            rug = palette.material(rng.uniform(0.2, 0.8, 3), contrast=0.7, pictures=0.6)
            wide, long = rng.uniform(0.5, 0.9) * x, rng.uniform(0.4, 0.8) * z
            self._put(Part(BLOCK, (0, -0.005, 0), (wide, 0.008, long), rug))

    def _on_wall(self, wall: int) -> None:
        """A door or a window, pictures, and a radiator."""
        rng, palette = self.rng, self.palette
        length = self._length(wall)
        frame = palette.material([0.88, 0.88, 0.86], contrast=0.15)
        along = rng.uniform(-0.5, 0.5) * length
        if rng.uniform() < 0.4:
            door = palette.material(palette.one_of([0.9] * 3, [0.5, 0.35, 0.22]), paint=_panels)
            self._hang(wall, along, 1.02, (0.5, 1.05, 0.03), frame)
            self._hang(wall, along, 1.0, (0.43, 1.0, 0.045), door)
        elif rng.uniform() < 0.6:
            wide, tall = rng.uniform(0.4, min(1.2, 0.4 * length)), rng.uniform(0.45, 0.7)
            sky = palette.material(
                [0.9, 0.95, 1.0], contrast=0.4, scale=1.5, pictures=0.7, glows=True, paint=_bars
            )
            self._hang(wall, along, 1.5, (wide + 0.07, tall + 0.07, 0.04), frame)
            self._hang(wall, along, 1.5, (wide, tall, 0.05), sky)
            if rng.uniform() < 0.5:
                cloth = palette.material(rng.uniform(0.3, 0.9, 3), paint=_folds, pictures=0.2)
                for side in (-1, 1):
                    self._hang(wall, along + side * (wide + 0.15), 1.25, (0.2, 1.1, 0.08), cloth)
            if rng.uniform() < 0.5:
                self._hang(
                    wall,
                    along,
                    0.45,
                    (0.8 * wide, 0.25, 0.06),
                    palette.material([0.92] * 3, paint=_folds),
                )
        count = rng.poisson(2)
        for i in range(count):
            wide, tall = rng.uniform(0.1, 0.45, 2)
            picture = palette.material(
                rng.uniform(0.1, 0.9, 3), contrast=0.9, scale=0.6, pictures=0.9
            )
            along = (1.6 * (i + rng.uniform(0.3, 0.7)) / count - 0.8) * length
            height = rng.uniform(1.4, 1.7)
            edge = palette.material(palette.one_of([0.1] * 3, [0.9] * 3, [0.5, 0.35, 0.2]))
            self._hang(wall, along, height, (wide + 0.025, tall + 0.025, 0.012), edge)
            self._hang(wall, along, height, (wide, tall, 0.016), picture)

    def _length(self, wall: int) -> float:
        """Half the length of a wall."""
        return self.half_x if wall % 2 == 0 else self.half_z

    def _facing(self, wall: int) -> float:
        """The heading from a wall into the room: wall 0 is at -Z, 1 at -X, 2 at Z, 3 at X."""
        return wall * np.pi / 2

    def _hang(self, wall: int, along: float, height: float, sizes, material) -> None:
        away = self.half_z if wall % 2 == 0 else self.half_x
        part = Part(BLOCK, (along, -height, -away), sizes, material)
        self.solids += standing([part], np.zeros(3), self._facing(wall))

    def _against(self, wall: int, thing: Thing) -> None:
        length, away = self._length(wall), self.half_z if wall % 2 == 0 else self.half_x
        room = length - thing.half_width
        if room <= 0:
            return
        along = self.rng.uniform(-room, room)
        heading = self._facing(wall)
        back = -away + thing.half_length + 0.02
        sine, cosine = np.sin(heading), np.cos(heading)
        x, z = along * cosine + back * sine, back * cosine - along * sine
        self._stand(thing, x, z, heading, turned=wall % 2 == 1)

    def _anywhere(self, thing: Thing) -> None:
        reach = max(thing.half_width, thing.half_length)
        x = self.rng.uniform(-1, 1) * (self.half_x - reach)
        z = self.rng.uniform(-1, 1) * (self.half_z - reach)
        quarter = int(self.rng.integers(4))
        self._stand(thing, x, z, quarter * np.pi / 2 + self.rng.normal(0, 0.1), quarter % 2 == 1)

    def _stand(self, thing: Thing, x, z, heading, turned: bool) -> None:
        """Places a thing unless the place is taken."""
        half = thing.half_width, thing.half_length
        wide, long = half[::-1] if turned else half
        if self._take(x - wide, z - long, x + wide, z + long):
            self.solids += standing(thing.parts, [x, 0, z], heading)

    def _take(self, left, near, right, far) -> bool:
        """Takes a rectangle of the floor; False: a part of it is taken already."""
        is_free = all(
            right <= t[0] or t[2] <= left or far <= t[1] or t[3] <= near for t in self.taken
        )
        self.taken += [(left, near, right, far)] * is_free
        return is_free

    def _person(self) -> None:
        """Someone who walks along the wall before the camera, if there is room."""
        rng, time = self.rng, np.arange(self.frames)
        x = rng.uniform(-0.5, 0.5) * self.half_x + sway(rng, time, 0.4, (40, 60))
        z = self.ahead * (self.half_z - 0.4)
        if self._take(x.min() - 0.35, z - 0.35, x.max() + 0.35, z + 0.35):
            points = np.stack([x, 0 * x, 0 * x + z], axis=1)
            parts = draw_person(self.palette, rng.uniform(1.5, 1.9))
            self.solids += standing(parts, points, rng.choice([-1, 1]) * np.pi / 2)

    def _put(self, part: Part) -> None:
        self.solids += standing([part], np.zeros(3), 0.0)

    def _any(self, kinds) -> str:
        return str(self.rng.choice(list(kinds)))

    def _of(self, choices):
        return choices[self.rng.integers(len(choices))]


def _shaded(colour: np.ndarray, surface: Surface) -> np.ndarray:
    """Darker towards the edges, where less light comes in."""
    away = np.sort(surface.sizes - np.abs(surface.own), axis=1)[
        :, 1
    ]  # The other two are 0, or far.
    return colour * (1 - 0.4 * np.exp(-np.maximum(away - 0.1, 0) / 0.3))[:, None]


def _planks(colour: np.ndarray, surface: Surface) -> np.ndarray:
    x, _, z = surface.own.T
    row = np.floor(x / 0.14)
    tone = np.sin(row * 12.9898 + np.floor((z + 0.7 * row) / 1.3) * 78.233) * 43758.5453 % 1
    joint = 1 - between(np.abs(x % 0.14 - 0.07), -1, 0.067, surface.footprint)
    return _shaded(colour * (0.75 + 0.4 * tone - 0.4 * joint)[:, None].astype(np.float32), surface)


def _panels(colour: np.ndarray, surface: Surface) -> np.ndarray:
    x, y, _ = surface.own.T
    fine, wide, tall = surface.footprint, surface.sizes[0], surface.sizes[1]
    inner = between(np.abs(x), 0.1 * wide, 0.8 * wide, fine)
    inner = inner * between(np.abs(np.abs(y) - 0.5 * tall), -1, 0.4 * tall, fine)
    knob = between(np.hypot(x - 0.85 * wide, y), -1, 0.03, fine)
    return painted(colour * (1 - 0.15 * inner)[:, None], knob, (0.3, 0.28, 0.2))


def _bars(colour: np.ndarray, surface: Surface) -> np.ndarray:
    """The bars of a window."""
    x, y, _ = surface.own.T
    bar = np.maximum(
        between(np.abs(x), -1, 0.025, surface.footprint),
        between(np.abs(y + 0.15), -1, 0.02, surface.footprint),
    )
    return painted(colour, bar, (0.6, 0.6, 0.6))


def _folds(colour: np.ndarray, surface: Surface) -> np.ndarray:
    return colour * (0.8 + 0.2 * np.sin(surface.own[:, :1] * 75))
