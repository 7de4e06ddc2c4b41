"""Films a random street by exact ray casting: images with true depth, flow, motion and occlusion.

Rays have Z = 1 in the camera's frame, so the ray's parameter at a surface is its depth.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dfnet_tf.data import pinhole
from dfnet_tf.data.clip import Clip
from dfnet_tf.data.clip_writer import ClipWriter
from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.sources.street import Scene, build_street

FIELD_OF_VIEW = 80.0  # degrees, horizontal
NEAREST = 0.05  # Nearer surfaces are not visible.
MAX_FRAMES = 300  # The end of a longer street would exceed the 256 units of a depth file.
SAME_SURFACE = 1e-5  # Two rays met the same point if their depths differ by less, relatively.


@dataclass(frozen=True)
class RenderedClip:
    """N frames of H x W and their ground truth. Masks are float32, 0 or 1.

    Flow and visibility have N - 1 entries. Entry i of `forward_*` is defined at the pixels of frame
    i and leads to frame i + 1; entry i of `backward_*` is defined at frame i + 1 and leads to i.
    """

    images: np.ndarray  # uint8 RGB [N, H, W, 3]
    depth: np.ndarray  # float32 [N, H, W], in units of the poses
    camera_to_world: np.ndarray  # float64 [N, 4, 4]
    intrinsics: np.ndarray  # float32 [3, 3]
    forward_flow: np.ndarray  # float32 [N - 1, H, W, 2], pixels
    backward_flow: np.ndarray
    forward_visible: (
        np.ndarray
    )  # [N - 1, H, W]: the pixel's surface point is visible in the other frame
    backward_visible: np.ndarray
    moving: np.ndarray  # [N, H, W]: the pixel belongs to a moving object


def render_clip(seed: int, num_frames: int, height: int, width: int) -> RenderedClip:
    """Draws the street of `seed` and films it; the same arguments give the same bytes.

    Raises:
      ValueError: `num_frames` is not in 1..MAX_FRAMES, or a side is under 2 pixels.
    """
    if not 1 <= num_frames <= MAX_FRAMES:
        raise ValueError(f"`num_frames` must be 1 to {MAX_FRAMES}. Received: {num_frames}.")
    if min(height, width) < 2:
        raise ValueError(f"Images must be at least 2x2. Received: {height}x{width}.")
    film = _Film(build_street(seed, num_frames), height, width)
    hits = [film.cast(film.pixels, i) for i in range(num_frames)]
    pairs = range(num_frames - 1)
    forward = [film.follow(hits[i], i, i + 1) for i in pairs]
    backward = [film.follow(hits[i + 1], i + 1, i) for i in pairs]
    return RenderedClip(
        images=np.stack([film.photograph(i) for i in range(num_frames)]),
        depth=film.maps([frame.depth for frame in hits]),
        camera_to_world=film.scene.camera_to_world,
        intrinsics=film.intrinsics(),
        forward_flow=film.maps([flow for flow, _ in forward], 2),
        backward_flow=film.maps([flow for flow, _ in backward], 2),
        forward_visible=film.maps([visible for _, visible in forward]),
        backward_visible=film.maps([visible for _, visible in backward]),
        moving=film.maps([film.moves[frame.box] for frame in hits]),
    )


def write_clip(rendered: RenderedClip, folder: str | Path, overwrite: bool = False) -> None:
    """Writes a clip folder with two more folders of 8-bit masks: visible/ and moving/ (255 = 1).

    All flow is marked valid, also where the next frame hides the point, because the truth is known
    there too. visible/ marks the visible points.
    """
    with ClipWriter(folder, overwrite, image_type="png") as writer:
        writer.intrinsics = rendered.intrinsics
        for i, image in enumerate(rendered.images):
            has_next = i < len(rendered.forward_flow)
            flow = rendered.forward_flow[i] if has_next else None
            writer.add(image, rendered.depth[i], flow, pose=rendered.camera_to_world[i])
            writer.add_mask("moving", rendered.moving[i])
            if has_next:
                writer.add_mask("visible", rendered.forward_visible[i])


def rendered_clips(
    folder: Path, seeds: range, num_frames: int, size: tuple[int, int]
) -> list[Clip]:
    """The clips of these seeds in `folder`, rendered if missing; `size` is (height, width)."""
    for seed in seeds:
        if not (folder / f"{seed:03d}").exists():
            print(f"Rendering {folder.name} clip {seed}", flush=True)
            write_clip(render_clip(seed, num_frames, *size), folder / f"{seed:03d}")
    return read_clips(folder)


@dataclass(frozen=True)
class _Hits:
    """The surface points that M rays hit."""

    points: np.ndarray  # [3, M], world
    depth: np.ndarray  # [M]
    box: np.ndarray  # [M], index of the box
    axis: np.ndarray  # [M], axis perpendicular to the face
    slant: np.ndarray  # [M], length of surface per length perpendicular to the ray


class _Film:
    """A scene and the camera that moves through it. Points and rays are [3, M] here."""

    def __init__(self, scene: Scene, height: int, width: int):
        self.scene = scene
        self.height, self.width = height, width
        self.focal = pinhole.focal_length(FIELD_OF_VIEW, width)
        self.centre = np.array([[(width - 1) / 2], [(height - 1) / 2]])
        self.pixels = np.stack(np.meshgrid(np.arange(width), np.arange(height))).reshape(2, -1)
        self.lower = np.array([box.lower for box in scene.boxes], np.float64)
        self.upper = np.array([box.upper for box in scene.boxes], np.float64)
        self.paths = np.stack([scene.path(k) for k in range(len(scene.boxes))], axis=1)
        self.moves = np.array([box.path is not None for box in scene.boxes])

    def cast(self, pixels: np.ndarray, frame: int) -> _Hits:
        """Follows the rays of any (x, y) `pixels` [2, M] to the first surface."""
        rotation, origin = self._camera(frame)
        rays = rotation @ np.vstack([(pixels - self.centre) / self.focal, np.ones_like(pixels[:1])])
        with np.errstate(divide="ignore"):  # A ray parallel to a face hits it at infinity.
            inverse = 1 / rays
        depth = np.full(pixels.shape[1], np.inf)
        box, axis = np.zeros(depth.shape, np.int16), np.zeros(depth.shape, np.int8)
        for k, nearest, (left, top, right, bottom) in self._outlines(frame):
            x, y = pixels
            may_meet = (x >= left) & (x <= right) & (y >= top) & (y <= bottom) & (depth > nearest)
            some = np.flatnonzero(may_meet)
            enter, face = self._enter(k, origin, inverse[:, some], frame)
            first = enter < depth[some]
            some = some[first]
            depth[some], box[some], axis[some] = enter[first], k, face[first]
        along = np.abs(np.take_along_axis(rays, axis[None].astype(np.intp), 0)[0])
        slant = np.linalg.norm(rays, axis=0) / along
        return _Hits(origin + rays * depth, depth, box, axis, slant)

    def follow(self, hits: _Hits, frame: int, other: int) -> tuple[np.ndarray, np.ndarray]:
        """Finds the surface points of `frame`'s pixels in the `other` frame.

        Returns:
          Flow [H * W, 2], and whether the point is visible there [H * W]: it is in the image, and
          a ray to it hits nothing before it.
        """
        moved = hits.points + (self.paths[other] - self.paths[frame])[hits.box].T
        pixels, depth = self._project(moved, other)
        limits = np.array([[self.width - 1], [self.height - 1]])
        inside = ((pixels >= 0) & (pixels <= limits)).all(axis=0) & (depth > NEAREST)
        there = self.cast(pixels[:, inside], other)
        visible = np.zeros(depth.shape, bool)
        same = np.abs(there.depth - depth[inside]) <= SAME_SURFACE * depth[inside]
        visible[inside] = same & (there.box == hits.box[inside])
        return (pixels - self.pixels).T, visible

    def photograph(self, frame: int) -> np.ndarray:
        """The image of a frame, uint8 [H, W, 3]; each pixel is the mean of two rays."""
        samples = np.array([-0.25, 0.25])[:, None]  # The same for x and y: on a diagonal.
        pixels = (self.pixels[:, None] + samples).reshape(2, -1)
        colours = self._colours(self.cast(pixels, frame), frame)
        image = colours.reshape(2, self.height, self.width, 3).mean(axis=0)
        return np.rint(255 * image).astype(np.uint8)

    def intrinsics(self) -> np.ndarray:
        return np.float32(pinhole.central(self.focal, (self.height, self.width)))

    def maps(self, flat: list[np.ndarray], *channels: int) -> np.ndarray:
        """Reshapes lists of per-pixel values to float32 [len(flat), H, W, *channels]."""
        return np.array(flat, np.float32).reshape(-1, self.height, self.width, *channels)

    def _colours(self, hits: _Hits, frame: int) -> np.ndarray:
        """The colour of every hit, float32 [M, 3]."""
        colours = np.empty((len(hits.depth), 3), np.float32)
        own = (hits.points - self.paths[frame][hits.box].T).T
        footprint = (hits.depth / self.focal * hits.slant).astype(np.float32)
        faces = 3 * hits.box + hits.axis
        order = np.argsort(faces, kind="stable")
        for some in np.split(order, np.flatnonzero(np.diff(faces[order])) + 1):
            k, axis = divmod(int(faces[some[0]]), 3)
            colours[some] = self.scene.colour(k, axis, own[some], footprint[some])
        return colours

    def _outlines(self, frame: int) -> list[tuple[int, float, tuple[float, ...]]]:
        """The boxes before the camera, nearest first: (k, least depth, (left, top, right, bottom)).

        Only rays of pixels in this rectangle can hit the box. It is infinite for a box that reaches
        behind the camera.
        """
        choice = np.stack(np.meshgrid([0, 1], [0, 1], [0, 1])).reshape(3, 8)
        found = []
        for k, shift in enumerate(self.paths[frame]):
            corners = np.where(choice, self.upper[k][:, None], self.lower[k][:, None])
            (x, y), depth = self._project(corners + shift[:, None], frame)
            if depth.min() > NEAREST:
                margin = 1e-3
                bounds = (x.min() - margin, y.min() - margin, x.max() + margin, y.max() + margin)
                found.append((k, depth.min(), bounds))
            elif depth.max() > NEAREST:
                found.append((k, NEAREST, (-np.inf, -np.inf, np.inf, np.inf)))
        return sorted(found, key=lambda outline: outline[1])

    def _enter(self, k: int, origin: np.ndarray, inverse: np.ndarray, frame: int):
        """Depths [M] at which rays (1 / ray [3, M]) enter box k (inf: they miss it), and the axis
        [M] of the face they enter by: the slab method of Kay & Kajiya, SIGGRAPH 1986."""
        one = ((self.lower[k] + self.paths[frame, k])[:, None] - origin) * inverse
        two = ((self.upper[k] + self.paths[frame, k])[:, None] - origin) * inverse
        (x, y, z), last = np.minimum(one, two), np.maximum(one, two)
        enter = np.maximum(np.maximum(x, y), z)
        leave = np.minimum(np.minimum(last[0], last[1]), last[2])
        axis = np.where(enter == z, 2, np.where(enter == y, 1, 0))
        return np.where((enter <= leave) & (enter > NEAREST), enter, np.inf), axis

    def _camera(self, frame: int) -> tuple[np.ndarray, np.ndarray]:
        """The camera's rotation [3, 3] and position [3, 1] in the world."""
        motion = self.scene.camera_to_world[frame]
        return motion[:3, :3], motion[:3, 3:]

    def _project(self, points: np.ndarray, frame: int) -> tuple[np.ndarray, np.ndarray]:
        """Pixels [2, M] and depths [M] of world points [3, M]."""
        rotation, origin = self._camera(frame)
        x, y, depth = rotation.T @ (points - origin)
        safe = np.where(np.abs(depth) > 1e-9, depth, 1e-9)
        return np.stack([x, y]) / safe * self.focal + self.centre, depth
