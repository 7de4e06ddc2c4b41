"""Photographs of a world: what rays hit gets its texture, sunlight or shadow, and haze."""

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dfnet_tf.data.worlds.lens import Lens
from dfnet_tf.data.worlds.materials import NUM_NOISE, Material, Surface, Tiles
from dfnet_tf.data.worlds.ray_casting import Film, Hits, Outlines, first_hits
from dfnet_tf.data.worlds.shapes import Solid

OFFSETS = np.array([[-0.35, 0.35], [-0.2, 0.2]])  # Pixels (x, y), from the centre.
_PATCHES = 2.7, 0.35  # The scale of a second look at a texture, and its contrast.


@dataclass(frozen=True)
class Light:
    """The light of a clip.

    Attributes:
      sun: [3], unit vector towards the sun.
      sun_colour: [3]; 0: an overcast day.
      ambient: [3], light from above; from below comes a part of it.
      haze: [3], the colour that distance takes on.
      haze_length: units, after which 1 / e of the light is left.
    """

    sun: np.ndarray
    sun_colour: np.ndarray
    ambient: np.ndarray
    haze: np.ndarray
    haze_length: float


@dataclass(frozen=True)
class Blot:
    """The soft dark place under a vehicle: half sizes along and across, on the ground."""

    place: np.ndarray  # [1 or N, 3]
    heading: np.ndarray  # [1 or N]
    half_width: float
    half_length: float


@dataclass(frozen=True, eq=False)
class World:
    """Solids, light and the camera that moves past them.

    Attributes:
      field_of_view: degrees, horizontal.
      blots: dark places on the ground.
    """

    shapes: list[Solid]
    camera_to_world: np.ndarray
    field_of_view: float
    light: Light
    lens: Lens
    tiles: Tiles
    blots: list[Blot]

    def photograph(self, film: Film, frame: int) -> np.ndarray:
        """The image of a frame, uint8 [H, W, 3]: a ray a pixel, and two more at edges."""
        shader = _Shader(self, film, frame)
        colours, labels = shader.shade(film.seen(frame))
        edges = np.flatnonzero(_borders(labels.reshape(film.height, film.width)))
        pixels = (film.pixels[:, edges, None] + OFFSETS[:, None]).reshape(2, -1)
        finer, _ = shader.shade(film.cast(pixels, frame))
        colours[edges] = (colours[edges] + finer.reshape(-1, 2, 3).sum(axis=1)) / 3
        return self.lens.exposed(colours.reshape(film.height, film.width, 3), frame)

    @functools.cached_property
    def looks(self) -> dict[str, np.ndarray]:
        """The solids' materials as arrays over solids."""
        materials: list[Material] = [solid.material for solid in self.shapes]
        return {
            "colour": np.array([m.colour for m in materials], np.float32),
            "tile": np.array([m.tile for m in materials]),
            "scale": np.array([m.scale for m in materials], np.float32),
            "contrast": np.array([m.contrast for m in materials], np.float32),
            "glows": np.array([m.glows for m in materials]),
            "casts": np.array([m.casts and not m.glows for m in materials]),
            "shift": np.float32(0.37 * np.arange(len(materials)) % 2),
        }


class _Shader:
    """Gives the hits of one frame their colours."""

    def __init__(self, world: World, film: Film, frame: int):
        self.world, self.film, self.frame = world, film, frame

    def shade(self, hits: Hits) -> tuple[np.ndarray, np.ndarray]:
        """Light [M, 3] that reaches the camera, and labels [M] that differ between surfaces."""
        order = np.argsort(hits.shape, kind="stable")  # A solid's hits become neighbours.
        hits = Hits(
            hits.points[:, order], hits.depth[order], hits.shape[order], hits.rays[:, order]
        )
        k, light = hits.shape, self.world.light
        surface, normal, facing = self._surface(hits)
        colours, glows = self._albedo(surface, k), self.world.looks["glows"][k]
        normal = np.where(facing > 0, -normal, normal)  # The inside of foliage.
        toward_sun = np.float32(light.sun @ normal)
        lit = (toward_sun > 0) & ~glows & bool(np.any(light.sun_colour))
        lit[lit] = ~self._shadowed(hits.points[:, lit], normal[:, lit])
        sky = 1 - 0.75 * self._blots(hits.points, normal[1] < -0.8)
        sky *= np.float32(0.725 - 0.275 * normal[1])
        received = sky[:, None] * np.float32(light.ambient)
        received += (lit * toward_sun)[:, None] * np.float32(light.sun_colour)
        left = np.exp(-hits.depth / light.haze_length).astype(np.float32)[:, None]
        haze = np.float32(light.haze)
        hazy = haze + left * (colours * received - haze)
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        labels = (4 * k + surface.axis) * 2 + lit
        return np.where(glows[:, None], colours, hazy)[back], labels[back]

    def _surface(self, hits: Hits) -> tuple[Surface, np.ndarray, np.ndarray]:
        """Where the hits lie on their solids; outward unit normals [3, M]; their product with
        the rays [M]."""
        own, normal = np.empty((2, *hits.points.shape))
        steepness = np.empty_like(own)
        for number, some in _runs(hits.shape):
            solid = self.world.shapes[number]
            own_axes, centre = solid.own_axes[solid.at(self.frame)], solid.place(self.frame)
            unit = own_axes @ (hits.points[:, some] - centre)
            own_normal = solid.shape.normal(unit)
            own[:, some] = unit * solid.sizes[:, None]
            steepness[:, some] = own_normal / solid.sizes[:, None]
            normal[:, some] = own_axes.T @ own_normal
        normal /= np.sqrt((normal**2).sum(axis=0))
        facing = (normal * hits.rays).sum(axis=0)
        axis = np.argmax(np.abs(steepness), axis=0)
        lengths = np.sqrt((hits.rays**2).sum(axis=0))
        # Between a pixel's length along the slope and its width across it.
        slant = np.sqrt(lengths / np.maximum(np.abs(facing), 0.01 * lengths))
        surface = Surface(
            own=own.T.astype(np.float32),
            world=hits.points.T,
            axis=axis,
            ahead=np.take_along_axis(steepness, axis[None], 0)[0] > 0,
            footprint=(hits.depth / self.film.focal * slant).astype(np.float32),
        )
        return surface, normal, facing

    def _albedo(self, surface: Surface, k: np.ndarray) -> np.ndarray:
        """The surfaces' colours [M, 3] in white light; k [M] is in order."""
        looks, own = self.world.looks, surface.own
        scale, tile, contrast = looks["scale"][k], looks["tile"][k], looks["contrast"][k][:, None]
        x = np.where(surface.axis == 0, own[:, 2], own[:, 0]) / scale + looks["shift"][k]
        y = np.where(surface.axis == 1, own[:, 2], own[:, 1]) / scale + looks["shift"][k]
        footprint, tiles = surface.footprint / scale, self.world.tiles
        relief = 1 + contrast * (2 * tiles.look_up(tile, x, y, footprint) - 1)
        wide, weight = _PATCHES
        patches = tiles.look_up(
            (tile + 1) % NUM_NOISE,
            (0.8 * x + 0.6 * y) / wide,
            (0.8 * y - 0.6 * x) / wide,
            footprint / wide,
        )[:, :1]
        relief *= 1 + np.where(contrast < 1, weight * contrast, 0) * (2 * patches - 1)
        colours = looks["colour"][k] * relief
        for number, some in _runs(k):
            solid = self.world.shapes[number]
            if solid.material.paint:
                part = surface.part(some, relief[some], solid.sizes.astype(np.float32))
                colours[some] = solid.material.paint(colours[some], part)
        return np.clip(colours, 0, 1)

    def _shadowed(self, points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        """Whether something stands between points [3, M] and the sun."""
        sun = self.world.light.sun
        across = np.cross(sun, [0.0, 0.0, 1.0])
        plane = np.stack([across, np.cross(sun, across)])
        start = points + 0.02 * normals
        rays = np.broadcast_to(sun[:, None], start.shape)
        limit = np.full(start.shape[1], 60.0)
        shapes, outlines = self.world.shapes, self._sun_outlines(plane)
        _, hider = first_hits(
            shapes, outlines, plane @ start, start, rays, self.frame, limit, any_will_do=True
        )
        return hider >= 0

    def _sun_outlines(self, plane: np.ndarray) -> Outlines:
        """The shapes' outlines as the sun sees them."""
        corners = np.einsum("pi,kic->pkc", plane, self.film.corners(self.frame))
        left, top = corners.min(axis=2)
        right, bottom = corners.max(axis=2)
        casts = np.flatnonzero(self.world.looks["casts"] & (bottom - top < 60))
        nothing = np.full(len(casts), -np.inf)
        return Outlines(casts, nothing, *(a[casts] for a in (left, top, right, bottom)))

    def _blots(self, points: np.ndarray, is_flat: np.ndarray) -> np.ndarray:
        """How much of the sky's light vehicles take from points [3, M] on the ground, [M]."""
        dark = np.zeros(points.shape[1], np.float32)
        low = np.flatnonzero(is_flat & (points[1] > -0.2))
        x, z = points[0, low], points[2, low]
        for blot in self.world.blots:
            i = self.frame if len(blot.place) > 1 else 0
            place, heading = blot.place[i], blot.heading[i]
            near = np.flatnonzero(
                np.abs(x - place[0]) + np.abs(z - place[2]) < 1.5 * blot.half_length + 2
            )
            dx, dz = x[near] - place[0], z[near] - place[2]
            sine, cosine = np.sin(heading), np.cos(heading)
            across = np.abs(cosine * dx - sine * dz) - blot.half_width
            along = np.abs(sine * dx + cosine * dz) - blot.half_length
            away = np.hypot(np.maximum(across, -0.3) + 0.3, np.maximum(along, -0.3) + 0.3)
            dark[low[near]] = np.maximum(dark[low[near]], np.clip(1 - away / 0.8, 0, 1))
        return dark


def _runs(k: np.ndarray) -> Iterator[tuple[int, slice]]:
    """The distinct values of sorted `k`, which may be empty, and where each lies."""
    starts = np.flatnonzero(np.diff(k, prepend=-1))
    for start, end in zip(starts, np.append(starts, len(k))[1:], strict=True):
        yield int(k[start]), slice(start, end)


def _borders(labels: np.ndarray) -> np.ndarray:
    """Pixels [H, W] beside which another label lies."""
    found = np.zeros(labels.shape, bool)
    across, down = labels[:, 1:] != labels[:, :-1], labels[1:] != labels[:-1]
    found[:, 1:] |= across
    found[:, :-1] |= across
    found[1:] |= down
    found[:-1] |= down
    return found
