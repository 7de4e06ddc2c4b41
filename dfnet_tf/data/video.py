"""Video files, read and written frame by frame."""

import contextlib
import itertools
import math
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from dfnet_tf import outputs
from dfnet_tf.data import image_limits

# A container may only estimate its frame count: this much of it may be missing at the end.
TOLERATED_FRAMES, TOLERATED_SHARE = 3, 0.02
MOST_LOST = 10_000  # Frames in a row that cannot be decoded: a file may promise 2^60 of them.


class VideoError(ValueError):
    """A video file that cannot be decoded, or not to its end, or cannot be written."""


class VideoReader:
    """Decodes a video file once, from its first frame to its last.

        with VideoReader("drive.mp4") as video:
            for frame in video:  # uint8 RGB [H, W, 3], turned as the file's metadata says
                ...

    Attributes:
      frame_rate: frames a second.
      num_frames: the container's own count, sometimes an estimate; 0 if it has none.
      size: (height, width) of every frame.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self._capture = self._open()
        self._capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
        self.frame_rate = self._capture.get(cv2.CAP_PROP_FPS)
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.num_frames = int(count) if 0 < count < math.inf else 0
        height, width = cv2.CAP_PROP_FRAME_HEIGHT, cv2.CAP_PROP_FRAME_WIDTH
        self.size = int(self._capture.get(height)), int(self._capture.get(width))
        self._check_size()

    def _open(self) -> cv2.VideoCapture:
        received = "no such file"
        if self.path.is_file():
            capture = cv2.VideoCapture(str(self.path.absolute()), cv2.CAP_FFMPEG)
            if capture.isOpened():
                return capture
            received = "one it cannot open"
        raise VideoError(
            f"{self.path}: expected a video that OpenCV can decode. Received: {received}."
        )

    def _check_size(self) -> None:
        try:
            image_limits.check(*self.size[::-1])
        except image_limits.ImageSizeError as error:
            raise VideoError(f"{self.path}: {error}") from error

    def __enter__(self) -> "VideoReader":
        return self

    def __exit__(self, *_) -> None:
        self._capture.release()

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yields every frame; raises VideoError at a damaged one, and in the end if any is missing.

        A container may only estimate its number of frames: a few at the end may be missing.
        """
        count = 0
        for _, frame in self.timed():
            if frame is None:
                raise VideoError(
                    f"{self.path}: expected frames that OpenCV can decode. "
                    f"Received: a damaged one, frame {count}."
                )
            yield frame
            count += 1
        self._refuse_early_end(count)

    def timed(self) -> Iterator[tuple[float, np.ndarray | None]]:
        """Yields (its time in seconds, the frame); (NaN, None) for one that cannot be decoded.

        Many a decoder hides damage instead: by frames in part wrong, or by none for a while, which
        their times tell. Raises VideoError after the last frame if the video ended early, or at a
        frame of another size than the file says.
        """
        seconds = 0.0
        count = lost = 0  # A failure may be damage or the end: a later frame tells.
        while not lost or (count + lost <= self.num_frames and lost <= MOST_LOST):
            decoded, frame = self._capture.read()
            if not decoded:
                lost += 1
                continue
            self._refuse_other_size(frame)
            yield from itertools.repeat((math.nan, None), lost)
            seconds = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
            yield seconds, cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
            count, lost = count + lost + 1, 0
        reached = 1 + round(seconds * self.frame_rate) if count else 0
        self._refuse_early_end(max(count, reached))

    def _refuse_other_size(self, frame: np.ndarray) -> None:
        if frame.shape[:2] != self.size:
            (height, width), received = self.size, frame.shape
            raise VideoError(
                f"{self.path}: expected frames of {width}x{height}, as the file says. "
                f"Received: one of {received[1]}x{received[0]}."
            )

    def _refuse_early_end(self, count: int) -> None:
        tolerated = max(TOLERATED_FRAMES, TOLERATED_SHARE * self.num_frames)
        if count == 0 or self.num_frames - count > tolerated:
            raise VideoError(
                f"{self.path}: expected {self.num_frames} frames, as the file says. "
                f"Received: {count}; it is cut off or damaged at frame {count}."
            )


def frame_interval(path: str | Path) -> float:
    """The usual time from a video's frame to the next, in seconds; NaN if not known.

    Decodes nothing: reads the time stamps of the file's packets. The rate that a file itself gives
    is no such measure, where phones and screen recorders record at a varying rate.
    """
    file = str(Path(path).absolute())  # FFmpeg would take "12:30.mp4" for an address.
    packets = cv2.VideoCapture(file, cv2.CAP_FFMPEG, [cv2.CAP_PROP_FORMAT, -1])
    seconds = []
    while packets.grab():
        seconds.append(packets.get(cv2.CAP_PROP_POS_MSEC) / 1000)
    packets.release()
    return median_interval(seconds)


def median_interval(times: list[float]) -> float:
    """The median time between neighbours, of times in any order; NaN if all are the same."""
    intervals = np.diff(np.unique(times))  # Packets come in the order of decoding.
    return float(np.median(intervals)) if intervals.size else math.nan


class VideoWriter:
    """Writes an mp4 file (MPEG-4 part 2), whole or not at all; replaces an older file.

        with VideoWriter("depth.mp4", frame_rate=10) as video:
            video.add(frame)  # uint8 RGB [H, W, 3], of one size

    The file is written in a hidden folder beside the target and moved there when the block ends
    cleanly. The codec wants even sizes: the last column or row of an odd one is repeated.
    """

    def __init__(self, path: str | Path, frame_rate: float):
        self.path = Path(path)
        self.frame_rate = frame_rate
        self._writer: cv2.VideoWriter | None = None
        self._shape: tuple[int, ...] | None = None
        self._count = 0
        if self.path.suffix.lower() != ".mp4":
            raise VideoError(f"{path}: expected a file name that ends in .mp4. Received: another.")
        if not (math.isfinite(frame_rate) and frame_rate > 0):
            raise VideoError(f"{path}: expected a positive frame rate. Received: {frame_rate}.")

    def __enter__(self) -> "VideoWriter":
        self._writing = contextlib.ExitStack()
        self._new = self._writing.enter_context(outputs.whole_file(self.path))
        return self

    def __exit__(self, *exception) -> None:
        with self._writing:
            if self._writer is not None:
                self._writer.release()
            if exception[1] is not None:
                raise exception[1]
            self._check_written()

    def add(self, frame: np.ndarray) -> None:
        """Appends a frame, uint8 RGB [H, W, 3]. Raises VideoError if its size is a new one."""
        self._shape = self._shape or frame.shape
        if frame.dtype != np.uint8 or frame.shape != (*self._shape[:2], 3):
            raise VideoError(
                f"{self.path}: expected uint8 frames of shape {[*self._shape[:2], 3]}. "
                f"Received: {frame.dtype} of shape {list(frame.shape)}."
            )
        height, width = frame.shape[:2]
        even = cv2.copyMakeBorder(frame, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
        if self._writer is None:
            self._writer = self._open(even.shape[1], even.shape[0])
        self._writer.write(cv2.cvtColor(even, cv2.COLOR_RGB2BGR))
        self._count += 1

    def _open(self, width: int, height: int) -> cv2.VideoWriter:
        codec = cv2.VideoWriter_fourcc(*"mp4v")
        writer = cv2.VideoWriter(str(self._new), codec, self.frame_rate, (width, height))
        if not writer.isOpened():
            raise VideoError(
                f"{self.path}: expected an OpenCV that can encode mp4v. "
                f"Received: a refusal of {width}x{height} at {self.frame_rate:g} frames a second."
            )
        return writer

    def _check_written(self) -> None:
        """OpenCV reports no failed write (a full disk), so the file itself is asked."""
        if self._count == 0:
            raise VideoError(f"{self.path}: expected at least one frame. Received: none.")
        with VideoReader(self._new) as video:
            if video.num_frames != self._count:
                raise VideoError(
                    f"{self.path}: expected {self._count} frames to be written. "
                    f"Received: {video.num_frames}; is the disk full?"
                )
