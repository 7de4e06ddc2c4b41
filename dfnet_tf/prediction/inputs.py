"""The input of `predict`: a recording, an image or a pair of images."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files import intrinsics_files, video
from dfnet_tf.data.files.film_files import frame_interval, median_interval
from dfnet_tf.data.files.image_files import IMAGE_TYPES, ImageReader
from dfnet_tf.data.files.lens_metadata import film_focal_35mm, photograph_focal_35mm
from dfnet_tf.data.files.natural_order import seconds_in
from dfnet_tf.data.preparation.given_camera import GivenCamera
from dfnet_tf.data.sources import footage

FRAME_RATE = 10.0  # KITTI's rate, for images without time stamps.
FASTEST = 240.0  # Frames per second, of phones; a higher rate in a video's header is wrong.


@dataclass(frozen=True, eq=False)
class Input:
    """Frames of one camera in order, and their metadata."""

    timed: Callable[[], Iterator[tuple[float, np.ndarray]]]  # Seconds, uint8 RGB [H, W, 3].
    num_frames: int  # May be an estimate; 0 if unknown.
    size: tuple[int, int]  # (height, width) of every frame
    frame_rate: float = FRAME_RATE
    is_film: bool = True  # False for an image or a pair.
    intrinsics: np.ndarray | None = None  # [3, 3], in pixels of `size`; None: unknown.
    intrinsics_guessed: bool = False
    focal_35mm: float | None = None  # The 35 mm equivalent focal length in the files' metadata.
    remarks: tuple[str, ...] = ()  # Notes for the user.
    first: int = 0  # The number of the first frame in the file or folder.
    every: int = 1  # The step between the numbers of two frames.
    times: list[float] = field(default_factory=list)  # Seconds, of the frames read so far.

    def number(self, index: int) -> int:
        """The number in the file or folder of the frame with this index."""
        return self.first + index * self.every

    def frames(self) -> Iterator[np.ndarray]:
        """Yields every frame, uint8 RGB [H, W, 3], and appends its time to `times`."""
        self.times.clear()
        for seconds, image in self.timed():
            self.times.append(seconds)
            yield image


def open_input(
    paths: list[Path], camera: GivenCamera | None, frame_rate: float | None = None
) -> Input:
    """Opens an image, a pair of images, a folder of images, a clip, or a video file.

    Args:
      paths: the path of one of these; or the two images of a pair.
      camera: replaces the camera of a clip.
      frame_rate: frames per second; replaces the times of a film or of image names.

    Raises:
      ClipError, VideoError: the paths are something else, hold several recordings, or are
        unreadable.
    """
    opened = _open(paths)
    if frame_rate is not None:
        opened = _at_rate(opened, frame_rate)
    return opened if camera is None else with_camera(opened, camera)


def with_camera(source: Input, camera: GivenCamera) -> Input:
    """The frames as `camera` took them, without its lens's distortion."""

    def timed() -> Iterator[tuple[float, np.ndarray]]:
        return ((seconds, camera.straight(image)) for seconds, image in source.timed())

    return replace(
        source,
        timed=timed,
        intrinsics=camera.intrinsics(source.size),
        intrinsics_guessed=camera.is_guessed,
        remarks=(*source.remarks, *camera.remarks(source.size)),
    )


def selected(source: Input, frames: range | None, every: int = 1) -> Input:
    """Every n-th frame of `frames` (default: all) of a film or folder. Frames keep their times.

    Raises:
      ClipError: the input is an image or a pair; or, when it is read, has none of the frames.
    """
    if not source.is_film:
        raise ClipError("Expected a film or a folder with --frames or --every. Received: images.")
    first, end = (frames.start, frames.stop) if frames else (0, None)

    def timed() -> Iterator[tuple[float, np.ndarray]]:
        kept = itertools.islice(source.timed(), first, end, every)
        if (begun := next(kept, None)) is None:
            raise ClipError(
                f"Expected --frames that begin before the end of the input. Received: {first}."
            )
        yield from itertools.chain([begun], kept)

    num_frames = min(source.num_frames, end or source.num_frames) - first
    return replace(
        source,
        timed=timed,
        num_frames=max(0, -(-num_frames // every)),
        frame_rate=source.frame_rate / every,
        first=first,
        every=every,
    )


def _at_rate(source: Input, frame_rate: float) -> Input:
    def timed() -> Iterator[tuple[float, np.ndarray]]:
        return ((i / frame_rate, image) for i, (_, image) in enumerate(source.timed()))

    return replace(source, timed=timed, frame_rate=frame_rate)


def _open(paths: list[Path]) -> Input:
    for path in paths:
        if not path.exists():
            raise ClipError(f"{path}: expected images or a video. Received: no such path.")
    if len(paths) > 1 or paths[0].suffix.lower() in IMAGE_TYPES:
        return _open_images(paths, is_film=False)
    (path,) = paths
    if not path.is_dir():
        return _open_video(path)
    images = footage.images_in_order(path)
    return _open_images(images, is_film=True) if images else _open_clip(path)


def _open_images(files: list[Path], is_film: bool) -> Input:
    reader = ImageReader(files if is_film else ())
    size = reader.read(files[0]).shape[:2]
    times, rate = _times(files)

    def timed() -> Iterator[tuple[float, np.ndarray]]:
        for seconds, file in zip(times, files, strict=True):
            image = reader.read(file)
            if image.shape[:2] != size:
                raise ClipError(
                    f"{file}: expected the first image's size, {size[1]}x{size[0]}. "
                    f"Received: {image.shape[1]}x{image.shape[0]}."
                )
            yield seconds, image

    focal_35mm = photograph_focal_35mm(files[0])
    return Input(timed, len(files), size, rate, is_film, focal_35mm=focal_35mm)


def _times(files: list[Path]) -> tuple[list[float], float]:
    """Seconds of each image, from its name or else at FRAME_RATE; and frames per second."""
    times = [seconds for seconds in map(seconds_in, files) if seconds is not None]
    if len(times) < len(files) or (np.diff(times) <= 0).any():
        return [i / FRAME_RATE for i in range(len(files))], FRAME_RATE
    return times, _rate(median_interval(times))


def _rate(interval: float) -> float:
    return 1 / interval if interval >= 1 / FASTEST else FRAME_RATE  # `interval` may be NaN.


def _open_video(path: Path) -> Input:
    with video.VideoReader(path) as reader:
        rate = reader.frame_rate
        if not 0 < rate <= FASTEST:
            rate = _rate(frame_interval(path))
        remarks = tuple(f"{path}: {remark}" for remark in reader.remarks)
        num_frames, size = reader.num_frames, reader.size

    def timed() -> Iterator[tuple[float, np.ndarray]]:
        with video.VideoReader(path) as again:
            yield from again.whole()

    focal_35mm = film_focal_35mm(path)
    return Input(timed, num_frames, size, rate, focal_35mm=focal_35mm, remarks=remarks)


def _open_clip(path: Path) -> Input:
    clips = read_clips(path)
    if len(clips) > 1:
        raise ClipError(
            f"{path}: expected one recording, such as one of its clips. Received: {len(clips)} "
            "clips."
        )
    (one,) = clips
    times, rate = _times(list(one.images))

    def timed() -> Iterator[tuple[float, np.ndarray]]:
        return ((seconds, one.image(i)) for i, seconds in enumerate(times))

    doubt = intrinsics_files.doubt(one.intrinsics, one.size)
    return Input(
        timed,
        len(one),
        one.size,
        rate,
        intrinsics=one.intrinsics,
        intrinsics_guessed=one.intrinsics_guessed,
        remarks=(f"{one.folder}/intrinsics.txt: {doubt}",) if doubt else (),
    )


def told_gaps(times: list[float]) -> str:
    """A note for the user about gaps in `times`, in seconds; "" if there is no gap."""
    steps = np.diff(times)
    gaps = steps[steps > footage.FARTHEST * median_interval(times)]
    if not gaps.size:
        return ""
    return (
        f" Time gaps between frames: {gaps.size}, the longest {gaps.max():.3g} s; flow and motion "
        "across them are unreliable."
    )
