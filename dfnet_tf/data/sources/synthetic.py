"""Films random worlds by exact ray casting: images with true depth, flow, motion and occlusion."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dfnet_tf.data.clip import Clip
from dfnet_tf.data.clip_writer import ClipWriter
from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.sources.street import Scene, build_street
from dfnet_tf.data.worlds.photographs import World
from dfnet_tf.data.worlds.ray_casting import Film
from dfnet_tf.data.worlds.room import build_room
from dfnet_tf.data.worlds.town import build_town


@dataclass(frozen=True)
class _Kind:
    """A kind of world: what builds it, and its longest film, whose end a depth file can hold."""

    build: Callable[..., Scene | World]
    most_frames: int
    takes_pictures: bool = True


WORLDS = {
    "street": _Kind(build_street, 300, takes_pictures=False),
    "town": _Kind(build_town, 60),
    "room": _Kind(build_room, 300),
}


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


def render_clip(
    seed: int,
    num_frames: int,
    height: int,
    width: int,
    world: str = "street",
    pictures: Sequence[np.ndarray] = (),
) -> RenderedClip:
    """Draws the world of `seed` and films it; the same arguments give the same bytes.

    Args:
      seed: of all random choices.
      num_frames, height, width: of the film.
      world: one of WORLDS.
      pictures: uint8 RGB [h, w, 3], of any sizes; parts of them are textures of some surfaces. A
        street has none.

    Raises:
      ValueError: `num_frames` is less than 1 or too many for the world, or a side is under 2
        pixels.
    """
    most = WORLDS[world].most_frames
    if not 1 <= num_frames <= most:
        raise ValueError(f"`num_frames` must be 1 to {most}. Received: {num_frames}.")
    if min(height, width) < 2:
        raise ValueError(f"Images must be at least 2x2. Received: {height}x{width}.")
    pictures = [pictures] * WORLDS[world].takes_pictures
    return rendered(WORLDS[world].build(seed, num_frames, *pictures), height, width)


def rendered(scene: Scene | World, height: int, width: int) -> RenderedClip:
    """Films what is built already."""
    num_frames = len(scene.camera_to_world)
    film = Film(scene.shapes, scene.camera_to_world, scene.field_of_view, (height, width))
    hits = [film.seen(i) for i in range(num_frames)]
    pairs = range(num_frames - 1)
    forward = [film.follow(i, i + 1) for i in pairs]
    backward = [film.follow(i + 1, i) for i in pairs]
    return RenderedClip(
        images=np.stack([scene.photograph(film, i) for i in range(num_frames)]),
        depth=film.maps([frame.depth for frame in hits]),
        camera_to_world=scene.camera_to_world,
        intrinsics=film.intrinsics(),
        forward_flow=film.maps([flow for flow, _ in forward], 2),
        backward_flow=film.maps([flow for flow, _ in backward], 2),
        forward_visible=film.maps([visible for _, visible in forward]),
        backward_visible=film.maps([visible for _, visible in backward]),
        moving=film.maps([film.moves[frame.shape] for frame in hits]),
    )


def write_clip(clip: RenderedClip, folder: str | Path, overwrite: bool = False) -> None:
    """Writes a clip folder with two more folders of 8-bit masks: visible/ and moving/ (255 = 1).

    All flow is marked valid, also where the next frame hides the point, because the truth is known
    there too. visible/ marks the visible points.
    """
    with ClipWriter(folder, overwrite, image_type="png") as writer:
        writer.intrinsics = clip.intrinsics
        for i, image in enumerate(clip.images):
            has_next = i < len(clip.forward_flow)
            flow = clip.forward_flow[i] if has_next else None
            writer.add(image, clip.depth[i], flow, pose=clip.camera_to_world[i])
            writer.add_mask("moving", clip.moving[i])
            if has_next:
                writer.add_mask("visible", clip.forward_visible[i])


def rendered_clips(
    folder: Path, seeds: range, num_frames: int, size: tuple[int, int]
) -> list[Clip]:
    """The clips of these seeds in `folder`, rendered if missing; `size` is (height, width)."""
    for seed in seeds:
        if not (folder / f"{seed:03d}").exists():
            print(f"Rendering {folder.name} clip {seed}", flush=True)
            write_clip(render_clip(seed, num_frames, *size), folder / f"{seed:03d}")
    return read_clips(folder)
