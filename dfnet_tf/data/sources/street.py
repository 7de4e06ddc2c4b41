"""A small random street of textured boxes; `synthetic` films it.

World: X right, Y down, Z along the street, in units of about a metre. Every surface, also the
ground and the sky, is a face of an axis-aligned box, and boxes can only be translated. So each ray,
motion and brightness has a closed form. The kind of world does not depend on the seed (camera
height, sizes of things, scale of textures), so that networks trained on some streets work on
others. The seed determines places, sizes, colours, light, speed and turns.
"""

from dataclasses import dataclass

import numpy as np

from dfnet_tf.data.worlds.ray_casting import Film, Hits
from dfnet_tf.data.worlds.shapes import CUBE, NEAREST

CAMERA_HEIGHT = 1.5
FIELD_OF_VIEW = 80.0  # degrees, horizontal
BEYOND = 45.0  # Distance from the last camera to the sky.
OCTAVES = 2.0 ** np.arange(3, -5, -1)  # Cell sizes of the noise texture, 8 to 1/16 units.
ROAD = (-7.4, 4.8)  # X of the road's edges; the camera drives near 0.
ONCOMING = -3.6  # X of oncoming cars.
WHITE = np.array([0.92, 0.91, 0.86])
NOISE_SIZE = 128


@dataclass(frozen=True)
class Box:
    """A box: corners [3] in its own coordinates, two colours [2, 3] in [0, 1], a pattern, and a
    `path` [N, 3], the box's translation in each frame (None: static)."""

    lower: tuple[float, float, float]
    upper: tuple[float, float, float]
    colours: np.ndarray
    pattern: str = "plain"
    path: np.ndarray | None = None

    @property
    def moves(self) -> bool:
        return self.path is not None

    def shift(self, frame: int) -> np.ndarray:
        """Its translation [3, 1] in a frame."""
        return np.zeros((3, 1)) if self.path is None else self.path[frame][:, None]

    def corners(self, frame: int) -> np.ndarray:
        """Its corners [3, 8] in the world."""
        lower, upper = np.reshape(self.lower, (3, 1)), np.reshape(self.upper, (3, 1))
        return np.where(CUBE > 0, upper, lower) + self.shift(frame)

    def enter(self, origin: np.ndarray, rays: np.ndarray, frame: int) -> np.ndarray:
        """Parameters [M] at which rays [3, M] enter it (inf: they miss it): the slab method of
        Kay & Kajiya, SIGGRAPH 1986."""
        with np.errstate(divide="ignore"):  # A ray parallel to a face hits it at infinity.
            inverse = 1 / rays
        one = (np.reshape(self.lower, (3, 1)) + self.shift(frame) - origin) * inverse
        two = (np.reshape(self.upper, (3, 1)) + self.shift(frame) - origin) * inverse
        first, last = np.minimum(one, two), np.maximum(one, two)
        enter = np.maximum(np.maximum(first[0], first[1]), first[2])
        leave = np.minimum(np.minimum(last[0], last[1]), last[2])
        return np.where((enter <= leave) & (enter > NEAREST), enter, np.inf)

    def moved(self, points: np.ndarray, frame: int, other: int) -> np.ndarray:
        """Where its points [3, M] of a frame are in another frame."""
        return points + (self.shift(other) - self.shift(frame))

    def axis(self, own: np.ndarray) -> np.ndarray:
        """The axis [M] perpendicular to the face on which points [3, M] lie, in own coordinates."""
        lower, upper = np.reshape(self.lower, (3, 1)), np.reshape(self.upper, (3, 1))
        return np.argmin(np.minimum(np.abs(own - lower), np.abs(own - upper)), axis=0)


@dataclass(frozen=True)
class Scene:
    """K boxes over N frames, and the camera that drives past them."""

    field_of_view = FIELD_OF_VIEW

    boxes: list[Box]
    camera_to_world: np.ndarray  # [N, 4, 4]
    noise: np.ndarray  # [NOISE_SIZE, NOISE_SIZE] in [-1, 1], periodic
    brightness: np.ndarray  # [3]: of faces perpendicular to X, Y and Z

    @property
    def shapes(self) -> list[Box]:
        return self.boxes

    def photograph(self, film: Film, frame: int) -> np.ndarray:
        """The image of a frame, uint8 [H, W, 3]; each pixel is the mean of two rays."""
        samples = np.array([-0.25, 0.25])[:, None]  # The same for x and y: on a diagonal.
        pixels = (film.pixels[:, None] + samples).reshape(2, -1)
        colours = self._colours(film.cast(pixels, frame), film.focal, frame)
        image = colours.reshape(2, film.height, film.width, 3).mean(axis=0)
        return np.rint(255 * image).astype(np.uint8)

    def _colours(self, hits: Hits, focal: float, frame: int) -> np.ndarray:
        """The colour of every hit, float32 [M, 3]."""
        colours = np.empty((len(hits.depth), 3), np.float32)
        lengths = np.linalg.norm(hits.rays, axis=0)
        for k in np.unique(hits.shape):
            of_box = np.flatnonzero(hits.shape == k)
            own = hits.points[:, of_box] - self.boxes[k].shift(frame)
            axes = self.boxes[k].axis(own)
            for axis in np.unique(axes):
                some, points = of_box[axes == axis], own[:, axes == axis].T
                slant = lengths[some] / np.abs(hits.rays[axis, some])
                footprint = (hits.depth[some] / focal * slant).astype(np.float32)
                colours[some] = self.colour(int(k), axis, points, footprint)
        return colours

    def colour(self, k: int, axis: int, points: np.ndarray, footprint: np.ndarray) -> np.ndarray:
        """The colour of points on the faces of box k perpendicular to `axis`.

        Args:
          points: [M, 3], in the box's own coordinates.
          footprint: [M], the length of surface that one pixel covers; finer detail is left out.

        Returns:
          [M, 3] in [0, 1]. A point's brightness does not depend on the camera.
        """
        x, y = np.delete(points, axis, axis=1).T.astype(np.float32)
        if axis == 0:
            x, y = y, x  # On all walls, y is the height.
        box = self.boxes[k]
        texture = self._texture(x + 37.3 * k, y + 11.9 * k, footprint)  # Differs for each box.
        mix = np.clip(0.5 + 0.35 * texture, 0, 1)
        first, second = box.colours.astype(np.float32)
        colour = first + mix[:, None] * (second - first)
        if box.pattern != "plain":
            colour = PATTERNS[box.pattern](colour, x, y, footprint)
        return np.clip(colour * self.brightness[axis], 0, 1)

    def _texture(self, x: np.ndarray, y: np.ndarray, footprint: np.ndarray) -> np.ndarray:
        """Octaves of value noise; an octave fades out before its cells are smaller than a pixel."""
        total = np.zeros_like(x)
        for cell in OCTAVES.astype(np.float32):
            weight = np.clip(cell / footprint - 0.5, 0, 1)
            seen = np.flatnonzero(weight)
            total[seen] += weight[seen] * self._value_noise(x[seen] / cell, y[seen] / cell)
        return total

    def _value_noise(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Interpolates the noise table smoothly at (x, y) [M]."""
        column, row = np.floor(x), np.floor(y)
        x, y = _smooth_step(x - column), _smooth_step(y - row)
        left, upper = column.astype(np.int32) % NOISE_SIZE, row.astype(np.int32) % NOISE_SIZE
        right, lower = (left + 1) % NOISE_SIZE, (upper + 1) % NOISE_SIZE
        above = self.noise[upper, left] * (1 - x) + self.noise[upper, right] * x
        below = self.noise[lower, left] * (1 - x) + self.noise[lower, right] * x
        return above * (1 - y) + below * y


def build_street(seed: int, num_frames: int) -> Scene:
    """Draws a street, its traffic and a drive of `num_frames` frames."""
    rng = np.random.default_rng(seed)
    camera_to_world = _drive(rng, num_frames)
    forward = camera_to_world[:, 2, 3]
    end = forward[-1] + BEYOND
    boxes = [
        Box((-999, 0, -50), (999, 9, end + 9), _pair(rng, [0.38, 0.38, 0.4], 0.22), "road"),
        Box((-999, -999, end), (999, 9, end + 9), np.array([[0.45, 0.62, 0.88], WHITE]), "sky"),
        *_buildings(rng, ROAD[0], -1, end),
        *_buildings(rng, ROAD[1], 1, end),
        *_roadside(rng, ROAD[0], -1, end),
        *_roadside(rng, ROAD[1], 1, end),
        *_traffic(rng, forward),
    ]
    noise = rng.uniform(-1, 1, (NOISE_SIZE, NOISE_SIZE)).astype(np.float32)
    brightness = rng.uniform(0.85, 1.1) * np.array([rng.uniform(0.7, 1), 1, rng.uniform(0.7, 1)])
    return Scene(boxes, camera_to_world, noise, brightness.astype(np.float32))


def _drive(rng: np.random.Generator, num_frames: int) -> np.ndarray:
    """Camera-to-world [N, 4, 4]: forward motion with slight sway, turns and pitch."""
    speed = rng.uniform(0.36, 0.5) + _sway(rng, num_frames, (0.02, 0.08), (20, 60))
    yaw = _sway(rng, num_frames, (0.02, 0.05), (30, 60))
    pitch = _sway(rng, num_frames, (0.003, 0.01), (12, 30))
    motion = np.tile(np.eye(4), (num_frames, 1, 1))
    motion[:, :3, :3] = _turn(yaw, 0, 2) @ _turn(pitch, 2, 1)
    motion[:, 0, 3] = _sway(rng, num_frames, (0.2, 0.5), (40, 80))
    motion[:, 1, 3] = -CAMERA_HEIGHT  # The ground is Y = 0.
    motion[:, 2, 3] = np.cumsum(speed)
    return motion


def _buildings(rng: np.random.Generator, edge: float, side: int, end: float) -> list[Box]:
    """A row of houses behind a pavement on one side (-1: left, 1: right) of the road."""
    boxes = []
    start = rng.uniform(-8, 0)
    while start < end:
        length, height, width = rng.uniform(6, 14), rng.uniform(5, 11), 12
        near = edge + side * rng.uniform(1.2, 4)
        wall = np.array([[0.72, 0.5, 0.36], [0.75, 0.7, 0.55], [0.5, 0.55, 0.6]])[rng.integers(3)]
        centre = near + side * width / 2
        colours = _pair(rng, wall, 0.24)
        boxes.append(_standing(centre, start, width, height, length, colours, "windows"))
        start += length + rng.choice([0, rng.uniform(1, 4)])
    return boxes


def _roadside(rng: np.random.Generator, edge: float, side: int, end: float) -> list[Box]:
    """Cars parked along one edge of the road, and posts on the pavement."""
    boxes = []
    start = rng.uniform(-5, 5)
    while start < end:
        boxes += _car(rng, edge - side * rng.uniform(0.95, 1.1), start)
        start += rng.uniform(5, 14)
    start = rng.uniform(-5, 5)
    while start < end:
        width = rng.uniform(0.18, 0.35)
        colours = _pair(rng, rng.uniform(0.15, 0.5, 3), 0.25)
        boxes.append(
            _standing(edge + side * 0.5, start, width, rng.uniform(2.5, 5), width, colours)
        )
        start += rng.uniform(8, 18)
    return boxes


def _traffic(rng: np.random.Generator, forward: np.ndarray) -> list[Box]:
    """A car that weaves ahead of the camera, and oncoming cars."""
    num_frames = len(forward)
    path = np.zeros((num_frames, 3))
    path[:, 0] = _sway(rng, num_frames, (0.4, 0.65), (14, 22))
    path[:, 2] = forward + rng.uniform(6, 9) + _sway(rng, num_frames, (0.5, 1.5), (20, 40))
    boxes = _car(rng, 0.0, 0.0, path)
    start = forward[0] + rng.uniform(8, 30)
    speed = rng.uniform(0.12, 0.3)  # The same for all, so that they do not collide.
    while start < forward[-1] + BEYOND + speed * num_frames:
        path = np.zeros((num_frames, 3))
        path[:, 2] = -speed * np.arange(num_frames)
        boxes += _car(rng, ONCOMING, start, path)
        start += rng.uniform(15, 40)
    return boxes


def _car(
    rng: np.random.Generator, centre: float, start: float, path: np.ndarray | None = None
) -> list[Box]:
    """A body and a cabin; `start` is the Z of the rear bumper."""
    width, length = rng.uniform(1.6, 1.8), rng.uniform(3.4, 4.4)
    paint = _pair(rng, rng.uniform(0.1, 0.9, 3), 0.24)
    glass = _pair(rng, [0.16, 0.2, 0.26], 0.22)
    cabin = rng.uniform(1.35, 1.6)
    return [
        _standing(centre, start, width, 0.8, length, paint, path=path),
        _standing(centre, start + 0.2 * length, width - 0.2, cabin, 0.5 * length, glass, path=path),
    ]


def _standing(centre, start, width, height, length, colours, pattern="plain", path=None) -> Box:
    """A box on the ground that begins at Z = `start`, centred at X = `centre`."""
    lower = (centre - width / 2, -height, start)
    return Box(lower, (centre + width / 2, 0.0, start + length), colours, pattern, path)


def _pair(rng: np.random.Generator, colour, contrast: float) -> np.ndarray:
    """The two colours [2, 3] that a texture mixes: one darker, one lighter, with random tints."""
    colour = np.asarray(colour) + rng.uniform(-0.08, 0.08, 3)
    change = contrast + rng.uniform(-0.06, 0.06, 3)
    return np.clip([colour - change, colour + change], 0, 1)


def _sway(rng: np.random.Generator, num_frames: int, size, period) -> np.ndarray:
    """A sine over the frames [N]; its amplitude and period are drawn from the two ranges."""
    phase = np.arange(num_frames) / rng.uniform(*period) + rng.uniform()
    return rng.uniform(*size) * np.sin(2 * np.pi * phase)


def _turn(angle: np.ndarray, first: int, second: int) -> np.ndarray:
    """Rotations [N, 3, 3] by `angle` [N] in the plane of two axes."""
    rotation = np.tile(np.eye(3), (len(angle), 1, 1))
    rotation[:, first, first] = rotation[:, second, second] = np.cos(angle)
    rotation[:, first, second], rotation[:, second, first] = np.sin(angle), -np.sin(angle)
    return rotation


def _smooth_step(x: np.ndarray) -> np.ndarray:
    return x * x * (3 - 2 * x)


def _bars(x: np.ndarray, period: float, width: float, footprint: np.ndarray) -> np.ndarray:
    """1 on bars of `width` every `period`, with edges one pixel wide; nearly flat if far finer."""
    away = np.abs((x / period) % 1 - 0.5) * period  # Distance from the middle of a bar.
    return np.clip((width / 2 - away) / footprint + 0.5, 0, 1)


def _paint(colour: np.ndarray, amount: np.ndarray, paint) -> np.ndarray:
    """Blends `paint` [3] over `colour` [M, 3] where `amount` [M] is 1."""
    return colour + amount[:, None] * (np.asarray(paint, np.float32) - colour)


def _road(colour, x, y, footprint):
    """Lane lines between pavements."""
    middle, width = (ROAD[0] + ROAD[1]) / 2, ROAD[1] - ROAD[0]
    beside = np.clip((np.abs(x - middle) - width / 2) / footprint + 0.5, 0, 1)
    colour = colour + 0.22 * beside[:, None]
    line = np.clip((0.09 - np.abs(x - ONCOMING / 2)) / footprint + 0.5, 0, 1)
    line = line * np.minimum(1, 0.18 / footprint)  # A line thinner than a pixel is fainter.
    return _paint(colour, line * _bars(y, 4, 2, footprint), WHITE)


def _windows(colour, x, y, footprint):
    """Window panes on the walls, in rows and columns."""
    panes = _bars(x, 2.5, 1.2, footprint) * _bars(y, 2.8, 1.5, footprint)
    return _paint(colour, 0.8 * panes, [0.14, 0.17, 0.24])


def _sky(colour, x, y, footprint):
    """Clouds above hills."""
    ridge = -5 - 1.5 * np.sin(x / 7) - np.sin(x / 3.1)
    hills = np.clip((y - ridge) / footprint + 0.5, 0, 1)
    return colour - hills[:, None] * np.array([0.3, 0.25, 0.55], np.float32) * colour


PATTERNS = {"road": _road, "windows": _windows, "sky": _sky}
