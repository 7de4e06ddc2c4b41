"""Pairs of frames with textured shapes that fly past each other, and their exact optical flow.

A background and some shapes form layers. Each is a textured plane that moves by its own homography
from the first frame to the second. Motions are large, edges are sharp, and some shapes are thin: a
flow network needs to see this, and films of streets lack it. Pairs without a common geometry are
the idea of FlyingChairs (Dosovitskiy et al., ICCV 2015). AutoFlow (Sun et al., CVPR 2021) found
that layers and textures this simple suffice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from dfnet_tf.data import pinhole
from dfnet_tf.data.clip_writer import ClipWriter
from dfnet_tf.data.worlds import textures

MOST_SHAPES = 13
SPEEDS, SHARES = (2, 6, 14, 30), (0.25, 0.35, 0.25, 0.15)  # Mean shift in a pair, width / 448.
SHAPES, SHAPE_SHARES = ("polygon", "ellipse", "blob", "bars"), (0.4, 0.15, 0.25, 0.2)
LARGEST_TEXTURE = 512  # Pixels, of a shape.


@dataclass(frozen=True)
class FlyingPair:
    """Two frames of H x W and their ground truth."""

    first: np.ndarray  # uint8 RGB [H, W, 3]
    second: np.ndarray
    flow: np.ndarray  # float32 [H, W, 2], first -> second, in pixels
    visible: np.ndarray  # float32 [H, W], 1 where the point is visible in the second frame


def render_pair(
    seed: int, height: int, width: int, pictures: Sequence[np.ndarray] = ()
) -> FlyingPair:
    """Draws the pair of `seed`; the same arguments give the same bytes.

    Args:
      seed: of all random choices.
      height, width: of the frames.
      pictures: uint8 RGB [h, w, 3], of any sizes; most textures are parts of them.

    Raises:
      ValueError: a side is under 32 pixels.
    """
    if min(height, width) < 32:
        raise ValueError(f"Frames must be at least 32x32. Received: {width}x{height}.")
    rng = np.random.default_rng(seed)
    pair = _Canvas(height, width)
    usual = rng.choice(SPEEDS, p=SHARES) * width / 448
    camera = _shift(rng, usual / 2)  # The same for all layers.
    pair.add(_background(rng, height, width, camera, pictures))
    for _ in range(rng.integers(3, MOST_SHAPES + 1)):
        pair.add(_shape(rng, height, width, camera + _shift(rng, usual), pictures))
    first, second = _photographed(rng, *pair.frames)
    return FlyingPair(first, second, pair.flow, pair.visible())


def write_pair(
    seed: int, height: int, width: int, pictures: Sequence[np.ndarray], folder: Path
) -> np.ndarray:
    """Writes a pair as a clip folder with flow/ and visible/; arguments as in `render_pair`.

    Returns:
      the clip's intrinsics [3, 3], which are arbitrary: the shapes have no camera.
    """
    pair = render_pair(seed, height, width, pictures)
    with ClipWriter(folder, image_type="png") as writer:
        writer.intrinsics = pinhole.central(width, (height, width))
        writer.intrinsics_note = "guessed: flying shapes have no camera"
        writer.add(pair.first, flow=pair.flow)
        writer.add_mask("visible", pair.visible)
        writer.add(pair.second)
        return writer.intrinsics


@dataclass(frozen=True)
class _Layer:
    """A textured plane.

    Attributes:
      texture: uint8 [n, n, 3].
      mask: uint8 [n, n], 255 inside the shape; None: the layer is infinite.
      place: [3, 3], maps pixels of the texture to pixels of the first frame.
      move: [3, 3], maps pixels of the first frame to pixels of the second.
    """

    texture: np.ndarray
    mask: np.ndarray | None
    place: np.ndarray
    move: np.ndarray


class _Canvas:
    """Both frames while layers are added, from far to near."""

    def __init__(self, height: int, width: int):
        self.frames = tuple(np.zeros((height, width, 3), np.float32) for _ in range(2))
        self.flow = np.zeros((height, width, 2), np.float32)
        self._owners = tuple(np.zeros((height, width), np.int32) for _ in range(2))  # Layers.
        self._count = 0

    def add(self, layer: _Layer) -> None:
        """Paints a layer into both frames, and its flow into the flow of the first."""
        self._count += 1
        places = layer.place, layer.move @ layer.place
        for frame, owner, place in zip(self.frames, self._owners, places, strict=True):
            self._paint(layer, frame, owner, place)
        rows, columns = np.nonzero(self._owners[0] == self._count)
        pixels = np.stack([columns, rows], axis=-1).astype(np.float64)
        self.flow[rows, columns] = _mapped(layer.move, pixels) - pixels

    def visible(self) -> np.ndarray:
        """1 where the flow leads to a pixel of the same layer inside the second frame."""
        height, width = self.flow.shape[:2]
        y, x = np.mgrid[:height, :width]
        ends = np.rint(np.stack([x, y], axis=-1) + self.flow).astype(np.int64)
        inside = ((ends >= 0) & (ends < [width, height])).all(axis=-1)
        column, row = np.clip(ends, 0, [width - 1, height - 1]).transpose(2, 0, 1)
        same = self._owners[1][row, column] == self._owners[0]
        return np.float32(inside & same)

    def _paint(self, layer: _Layer, frame, owner, place) -> None:
        """Blends a layer into `frame` and records in `owner` where it is the nearest."""
        height, width = owner.shape
        if layer.mask is None:
            warped = _warped(layer.texture, place, (width, height), cv2.BORDER_REFLECT)
            frame[...], owner[...] = warped, self._count
            return
        part, place = _box(layer, place, height, width)
        size = part[1].stop - part[1].start, part[0].stop - part[0].start
        if min(size) < 2:
            return
        image = _warped(layer.texture, place, size, cv2.BORDER_REPLICATE)
        mask = _warped(layer.mask, place, size, cv2.BORDER_CONSTANT)[..., None] / np.float32(255)
        frame[part] += mask * (image - frame[part])
        owner[part][mask[..., 0] > 0.5] = self._count


def _box(layer: _Layer, place, height: int, width: int) -> tuple[tuple[slice, slice], np.ndarray]:
    """The part of a frame that a layer can cover, and `place` in pixels of that part."""
    end = layer.texture.shape[0]
    corners = _mapped(place, np.array([[0, 0], [end, 0], [end, end], [0, end]], np.float64))
    low = np.clip(np.floor(corners.min(axis=0)) - 1, 0, [width, height]).astype(int)
    high = np.clip(np.ceil(corners.max(axis=0)) + 2, low, [width, height]).astype(int)
    to_part = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]], np.float64)
    return (slice(low[1], high[1]), slice(low[0], high[0])), to_part @ place


def _background(rng, height: int, width: int, shift, pictures) -> _Layer:
    side = int(1.5 * width)
    offset = np.array([width - side, height - side]) / 2
    centre = np.array([width, height]) / 2
    turned = _homography(centre, turn=rng.uniform(-0.5, 0.5), tilt=rng.normal(0, 0.18 / width, 2))
    move = _motion(rng, centre, shift, liveliness=0.4, tilt=0.14 / width)
    return _Layer(textures.texture(rng, side, pictures), None, turned @ _scaled(1.0, offset), move)


def _shape(rng, height: int, width: int, shift, pictures) -> _Layer:
    extent = height * np.exp(rng.uniform(np.log(0.13), np.log(1.2)))  # Pixels of the frame.
    side = int(np.clip(extent, 24, LARGEST_TEXTURE))
    centre = rng.uniform(0, 1, 2) * [width, height]
    turned = _homography(centre, rng.uniform(-np.pi, np.pi), tilt=rng.normal(0, 0.18 / width, 2))
    move = _motion(rng, centre, shift, liveliness=1.0, tilt=0.09 / width)
    place = turned @ _scaled(extent / side, centre - extent / 2)
    return _Layer(textures.texture(rng, side, pictures), _outline(rng, side), place, move)


def _shift(rng, usual: float) -> np.ndarray:
    """A random shift [2] in pixels, more horizontal than vertical, of mean length `usual`."""
    angle = rng.uniform(0, 2 * np.pi)
    direction = np.array([np.cos(angle), np.sin(angle) * rng.uniform(0.3, 1)])
    return rng.exponential(usual) * direction


def _motion(rng, centre, shift, liveliness: float, tilt: float) -> np.ndarray:
    """A homography near a shift, with some zoom and shear and, often, a small turn and tilt."""
    return _homography(
        centre,
        turn=rng.normal(0, 0.06 * liveliness) * (rng.uniform() < 0.6),
        zoom=np.exp(rng.normal(0, 0.05 * liveliness)),
        tilt=rng.normal(0, tilt, 2) * (rng.uniform() < 0.6),
        shear=rng.normal(0, 0.05 * liveliness, 2),
        shift=shift,
    )


def _homography(centre, turn=0.0, zoom=1.0, tilt=(0, 0), shear=(0, 0), shift=(0, 0)):
    """[3, 3]: turns, zooms, tilts and shears pixels about `centre`, then shifts them."""
    cosine, sine = zoom * np.cos(turn), zoom * np.sin(turn)
    about = np.array([[cosine, -sine, 0], [sine, cosine, 0], [*tilt, 1]])
    sheared = np.array([[1, shear[0], 0], [0, 1 + shear[1], 0], [0, 0, 1]])
    return _scaled(1.0, np.add(centre, shift)) @ about @ sheared @ _scaled(1.0, np.negative(centre))


def _scaled(scale: float, offset) -> np.ndarray:
    return np.array([[scale, 0, offset[0]], [0, scale, offset[1]], [0, 0, 1]], np.float64)


def _mapped(homography: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Applies a homography to points [..., 2]."""
    moved = points @ homography[:, :2].T + homography[:, 2]
    return moved[..., :2] / moved[..., 2:]


def _warped(image, place, size: tuple[int, int], border: int) -> np.ndarray:
    return cv2.warpPerspective(image, place, size, flags=cv2.INTER_LINEAR, borderMode=border)


def _outline(rng, side: int) -> np.ndarray:
    """The mask of a random shape, uint8 [side, side], smooth at its edge."""
    mask, middle = np.zeros((side, side), np.uint8), side / 2
    kind = rng.choice(SHAPES, p=SHAPE_SHARES)
    if kind == "polygon":
        corners = rng.integers(3, 9)
        angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
        radii = rng.uniform(0.2, 0.5, corners) * side
        points = middle + radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
        cv2.fillPoly(mask, [np.int32(16 * points)], 255, cv2.LINE_AA, shift=4)
    elif kind == "ellipse":
        axes = tuple(map(int, rng.uniform(0.1, 0.48, 2) * side))
        centre = int(middle), int(middle)
        cv2.ellipse(mask, centre, axes, rng.uniform(0, 180), 0, 360, 255, -1, cv2.LINE_AA)
    elif kind == "blob":
        coarse = rng.uniform(-1, 1, [rng.integers(3, 8)] * 2).astype(np.float32)
        bumps = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
        away = np.hypot(*(np.mgrid[:side, :side] / middle - 1))
        mask = np.uint8(255 * np.clip((0.8 * bumps + 0.6 - 1.4 * away) * side / 4 + 0.5, 0, 1))
    else:
        for _ in range(rng.integers(1, 6)):
            angle, centre = rng.uniform(0, np.pi), rng.uniform(0, side, 2)
            half = rng.uniform(0.3, 0.6) * side * np.array([np.cos(angle), np.sin(angle)])
            ends = (tuple(map(int, centre + sign * half)) for sign in (-1, 1))
            cv2.line(mask, *ends, 255, max(2, int(rng.uniform(0.01, 0.08) * side)), cv2.LINE_AA)
    return mask


def _photographed(rng, first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Makes both frames look like photographs: blur, exposure drift, noise; sometimes grey."""
    blur = rng.uniform(0.4, 0.9) if rng.uniform() < 0.3 else 0.0
    gain, gamma, noise = rng.uniform(0.8, 1.2, 3), rng.uniform(0.8, 1.25), rng.uniform(0, 4)
    is_grey, frames = rng.uniform() < 0.3, []
    for image, drift in ((first, 0.0), (second, 1.0)):
        if blur:
            image = cv2.GaussianBlur(image, (0, 0), blur)
        exposure = gain * (1 + drift * rng.normal(0, 0.03))
        lit = np.clip(image * exposure + drift * rng.normal(0, 3), 0, 255) / 255
        image = 255 * lit ** (gamma * (1 + drift * rng.normal(0, 0.03)))
        image = image + rng.normal(0, noise, image.shape)
        if is_grey:
            image = np.repeat(image.mean(axis=-1, keepdims=True), 3, axis=-1)
        frames.append(np.uint8(np.clip(np.rint(image), 0, 255)))
    return frames[0], frames[1]
