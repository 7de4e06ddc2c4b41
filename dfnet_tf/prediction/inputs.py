"""What `predict` is given to look at: one recording, or still pictures."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dfnet_tf.data import clip, footage, video
from dfnet_tf.data.given_camera import GivenCamera

FRAME_RATE = 10.0  # Of images, which do not say theirs: KITTI's.
FASTEST = 1000.0  # Frames a second; a video that claims more does not know its rate.


@dataclass(frozen=True, eq=False)
class Input:
    """Frames of one camera, in their order, and what is known about them."""

    frames: Callable[[], Iterator[np.ndarray]]  # uint8 RGB [H, W, 3]
    num_frames: int  # Perhaps estimated; 0 if not known.
    size: tuple[int, int]  # (height, width) of every frame
    frame_rate: float = FRAME_RATE
    is_film: bool = True  # Not an image or a pair.
    intrinsics: np.ndarray | None = None  # [3, 3], in pixels of `size`; None: not known.
    intrinsics_guessed: bool = False


def open_input(paths: list[Path], camera: GivenCamera | None) -> Input:
    """Opens an image, a pair of images, a folder of images, a clip, or a video file.

    Args:
      paths: one of these; or the two images of a pair.
      camera: counts in place of what a clip says of its camera.

    Raises:
      ClipError, VideoError: it is something else, or several recordings, or cannot be read.
    """
    opened = _open(paths)
    if camera is None:
        return opened
    return replace(opened, intrinsics=camera.intrinsics(opened.size), intrinsics_guessed=False)


def _open(paths: list[Path]) -> Input:
    for path in paths:
        if not path.exists():
            raise clip.ClipError(f"{path}: expected images or a video. Received: no such path.")
    if len(paths) > 1 or paths[0].suffix.lower() in clip.IMAGE_TYPES:
        return _open_images(paths, is_film=False)
    (path,) = paths
    if not path.is_dir():
        return _open_video(path)
    images = footage.images_in_order(path)
    return _open_images(images, is_film=True) if images else _open_clip(path)


def _open_images(files: list[Path], is_film: bool) -> Input:
    size = clip.read_rgb(files[0]).shape[:2]
    frames = functools.partial(_images_of_one_size, files, size)
    return Input(frames, len(files), size, is_film=is_film)


def _images_of_one_size(files: list[Path], size: tuple[int, int]) -> Iterator[np.ndarray]:
    for file in files:
        image = clip.read_rgb(file)
        if image.shape[:2] != size:
            raise clip.ClipError(
                f"{file}: expected the first image's size, {size[1]}x{size[0]}. "
                f"Received: {image.shape[1]}x{image.shape[0]}."
            )
        yield image


def _open_video(path: Path) -> Input:
    with video.VideoReader(path) as reader:
        rate = reader.frame_rate if 0 < reader.frame_rate <= FASTEST else FRAME_RATE
        return Input(functools.partial(_frames_of, path), reader.num_frames, reader.size, rate)


def _frames_of(path: Path) -> Iterator[np.ndarray]:
    with video.VideoReader(path) as reader:
        yield from reader


def _open_clip(path: Path) -> Input:
    clips = clip.read_clips(path)
    if len(clips) > 1:
        raise clip.ClipError(
            f"{path}: expected one recording; name one of its clips. Received: {len(clips)} clips."
        )
    (one,) = clips

    def frames() -> Iterator[np.ndarray]:
        return (one.image(i) for i in range(len(one)))

    return Input(
        frames,
        len(one),
        one.size,
        intrinsics=one.intrinsics,
        intrinsics_guessed=one.intrinsics_guessed,
    )
