"""Reads and writes video files frame by frame."""

import collections
import contextlib
import itertools
import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from dfnet_tf.data.files import film_files
from dfnet_tf.data.files.film_files import VideoError
from dfnet_tf.program import outputs

# The frame count in a container may be an estimate, so a few frames may be missing at the end.
TOLERATED_FRAMES, TOLERATED_SHARE = 3, 0.02


class VideoReader:
    """Decodes a video file once, from its first frame to its last, as a player would show it.

        with VideoReader("drive.mp4") as video:
            for frame in video:  # uint8 RGB [H, W, 3]
                ...

    Frames are rotated by the file's metadata, resized to square pixels, and cut by its edit list.
    An interlaced frame holds two moments; only one of them is shown.

    Attributes:
      frame_rate: frames per second, on average; 0 if unknown.
      num_frames: the number of frames according to the file, sometimes an estimate; 0 if unknown.
      size: (height, width) of every frame.
      remarks: short notes about the film for the user.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self._container, self._stream = film_files.open_film(self.path)
        try:
            self.frame_rate = float(self._stream.average_rate or 0)
            self.num_frames = self._count()
            self._refuse_short_file()
            self._num_packets = 0  # Undamaged packets of the film so far.
            self._reached = 0.0  # Seconds after the start, from all streams' packets so far.
            self._decoded = self._decode()
            self._begun = self._to_the_first_frame()
        except BaseException:
            self._container.close()
            raise

    def _count(self) -> int:
        """The number of frames to show."""
        if not self._is_counted:
            return round(self._duration * self.frame_rate)
        if not self._is_mp4:
            return self._stream.frames
        # An edit list hides frames, for example when a phone trims a film.
        return sum(not entry.is_discard for entry in self._stream.index_entries)

    @property
    def _is_mp4(self) -> bool:
        return "mp4" in self._container.format.name

    @property
    def _is_avi(self) -> bool:
        return self._container.format.name == "avi"

    @property
    def _is_counted(self) -> bool:
        """True if the file states the number of its frames, not only its duration."""
        return self._stream.frames > 0

    @property
    def _duration(self) -> float:
        """The stream's duration in seconds if the file states it, else the container's; else 0."""
        if self._is_avi:  # FFmpeg reports a shorter duration for a truncated file.
            return float(self._stream.frames * self._stream.time_base)
        if self._is_counted and self._stream.duration:
            return float(self._stream.duration * self._stream.time_base)
        return (self._container.duration or 0) / av.time_base

    def _to_the_first_frame(self) -> list[tuple[float, av.VideoFrame | None]]:
        """Decodes up to the first intact frame, which determines the size."""
        begun = []
        for seconds, frame in self._decoded:
            begun.append((seconds, frame))
            if frame is not None:
                break
        else:
            raise VideoError(
                f"{self.path}: expected a video that FFmpeg can decode. Received: one without any "
                "decodable frame; unless the film is damaged, this converts it: "
                f"{film_files.converting(self.path)}"
            )
        self._coded_size = frame.height, frame.width
        self._stretched = self._square_pixels(frame)
        width, height = self._stretched
        film_files.check_size(self.path, width, height)
        is_turned = frame.rotation % 180 != 0
        self.size = (width, height) if is_turned else (height, width)
        self.remarks = self._remarks(frame)
        return begun

    def _square_pixels(self, frame: av.VideoFrame) -> tuple[int, int]:
        """(width, height) with square pixels; resizing to it only enlarges."""
        aspect = self._stream.sample_aspect_ratio or 1
        if aspect > 1:
            return round(frame.width * aspect), frame.height
        return frame.width, round(frame.height / aspect)

    def _remarks(self, frame: av.VideoFrame) -> list[str]:
        remarks = []
        if self._stretched != (frame.width, frame.height):
            size = f"{self.size[1]}x{self.size[0]}"
            remarks.append(f"its pixels are not square: resized to {size}, as players show it")
        if frame.interlaced_frame:
            remarks.append("interlaced: every other row is interpolated")
        return remarks

    def __enter__(self) -> "VideoReader":
        return self

    def __exit__(self, *_) -> None:
        self._decoded.close()
        self._container.close()

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yields every frame; raises VideoError at a damaged frame or if the film is truncated."""
        for _, frame in self.whole():
            yield frame

    def whole(self) -> Iterator[tuple[float, np.ndarray]]:
        """Yields (time in seconds, frame) like `timed`, but without damaged frames.

        Raises VideoError at a damaged frame, and at the end if the video ended early.
        """
        timed = self.timed()
        for count, (seconds, frame) in enumerate(timed):
            if frame is None:
                for _ in timed:  # Raises a clearer error if the film is truncated here.
                    pass
                raise VideoError(
                    f"{self.path}: expected frames that FFmpeg can decode. "
                    f"Received: a damaged one, frame {count}."
                )
            yield seconds, frame

    def timed(self) -> Iterator[tuple[float, np.ndarray | None]]:
        """Yields (time in seconds, frame), or (NaN, None) for a frame that cannot be decoded.

        Times start at the first frame. Many decoders hide damage: frames are partly wrong, or
        missing for a while, which shows in their times. Raises VideoError at a frame of another
        size than the first, and after the last frame if the video ended early.
        """
        start = None
        count = lost = 0  # A failure before the end is damage: it counts once a frame follows.
        for seconds, frame in itertools.chain(self._begun, self._decoded):
            if frame is None:
                lost += 1
                continue
            start = seconds if start is None else start
            yield from itertools.repeat((math.nan, None), lost)
            yield seconds - start, self._picture(frame)
            count, lost = count + lost + 1, 0
        self._refuse_early_end(count)

    def _decode(self) -> Iterator[tuple[float, av.VideoFrame | None]]:
        """Yields (time in seconds, frame) from FFmpeg; the frame is None if damaged."""
        count, decoding_times = 0, collections.deque()  # Of packets not decoded yet.
        for packet in self._packets():
            if packet.dts is not None:
                decoding_times.append(float(packet.dts * packet.time_base))
            try:
                frames = packet.decode()
            except av.FFmpegError:
                frames = [] if packet.is_discard else [None]
            for frame in frames:
                count += 1
                decoding_time = decoding_times.popleft() if decoding_times else None
                if frame is None or frame.is_corrupt:
                    yield math.nan, None
                else:
                    yield self._time(frame, decoding_time, count), frame

    def _time(self, frame: av.VideoFrame, decoding_time: float | None, count: int) -> float:
        """A frame's time in seconds. AVI stores only decoding times, so those are used."""
        if self._is_avi and decoding_time is not None:
            return decoding_time
        if frame.time is not None:
            return frame.time
        return count / (self.frame_rate or 1)  # Raw streams have no times.

    def _packets(self) -> Iterator[av.Packet]:
        """Yields the film's packets; counts them and records the time that all streams reach."""
        streams = [self._stream] if self._is_counted else list(self._container.streams)
        start = min(self._container.start_time or 0, 0) / av.time_base
        with contextlib.suppress(av.FFmpegError):  # At the end of a truncated file.
            for packet in self._container.demux(streams):
                if packet.pts is not None:
                    end = (packet.pts + (packet.duration or 0)) * packet.time_base
                    self._reached = max(self._reached, float(end) - start)
                if packet.stream is self._stream:
                    is_shown = packet.size and not (packet.is_corrupt or packet.is_discard)
                    self._num_packets += bool(is_shown)
                    yield packet

    def _picture(self, frame: av.VideoFrame) -> np.ndarray:
        """Converts a frame for display, uint8 RGB [H, W, 3]."""
        if (frame.height, frame.width) != self._coded_size:
            height, width = self._coded_size
            raise VideoError(
                f"{self.path}: expected frames of {width}x{height}, like the first. "
                f"Received: one of {frame.width}x{frame.height}."
            )
        try:
            picture = frame.to_ndarray(format="rgb24")
        except (av.FFmpegError, ValueError) as error:
            raise VideoError(
                f"{self.path}: expected pixels that FFmpeg can turn into RGB. Received: "
                f"{frame.format.name}; this converts it: {film_files.converting(self.path)}"
            ) from error
        if frame.interlaced_frame:
            picture = _upper_field(picture)
        if self._stretched != (frame.width, frame.height):
            picture = cv2.resize(picture, self._stretched, interpolation=cv2.INTER_LINEAR)
        return np.ascontiguousarray(np.rot90(picture, frame.rotation // 90))

    def _refuse_short_file(self) -> None:
        """Checks an mp4's table of frame positions, to report a truncated file before any work."""
        if self._is_mp4:
            size = self.path.stat().st_size
            shown = [entry for entry in self._stream.index_entries if not entry.is_discard]
            missing = sum(entry.pos + entry.size > size for entry in shown)
            if missing > self._tolerated * self.num_frames:
                raise self._early_end(len(shown) - missing)

    def _refuse_early_end(self, count: int) -> None:
        """The frame count is exact only in mp4; elsewhere the time reached must be short too."""
        missing = self.num_frames - self._num_packets
        missing_seconds = self._duration - self._reached
        if missing > self._tolerated * self.num_frames and (
            self._is_mp4 or missing_seconds > self._tolerated * self._duration
        ):
            raise self._early_end(count)

    @property
    def _tolerated(self) -> float:
        """The share of frames that may be missing."""
        return max(TOLERATED_SHARE, TOLERATED_FRAMES / max(self.num_frames, 1))

    def _early_end(self, count: int) -> VideoError:
        return VideoError(
            f"{self.path}: expected {self.num_frames} frames, as the file says. "
            f"Received: {count}; it is truncated or damaged at frame {count}."
        )


def _upper_field(woven: np.ndarray) -> np.ndarray:
    """Keeps rows 0, 2, 4 ... of an interlaced frame [H, W, 3]; interpolates the rows between.

    The other rows show another moment.
    """
    picture = woven.copy()
    above, below = woven[:-2:2], woven[2::2]
    picture[1:-1:2] = cv2.addWeighted(above, 0.5, below, 0.5, 0)[: len(picture[1:-1:2])]
    if len(woven) % 2 == 0:
        picture[-1] = woven[-2]
    return picture


class VideoWriter:
    """Writes an mp4 file (H.264, which browsers play), whole or not at all; replaces an older one.

        with VideoWriter("depth.mp4", frame_rate=10) as video:
            video.add(frame)  # uint8 RGB [H, W, 3], of one size

    The file is written to a hidden folder beside the target and moved when the block ends without
    an exception. The codec needs even sizes: the last column or row of an odd size is repeated.
    """

    QUALITY = "18"  # x264's constant rate factor: visually almost lossless.
    PRESET = "ultrafast"  # A quarter of the time of "veryfast", for files 1.8 times as large.

    def __init__(self, path: str | Path, frame_rate: float):
        self.path = Path(path)
        self.frame_rate = frame_rate
        self._container: av.container.OutputContainer | None = None
        self._shape: tuple[int, ...] | None = None
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
            if exception[1] is not None:
                with contextlib.suppress(av.FFmpegError):
                    self._close()
                raise exception[1]
            if self._container is None:
                raise VideoError(f"{self.path}: expected at least one frame. Received: none.")
            with self._told():
                self._container.mux(self._stream.encode())
                self._close()

    def add(self, frame: np.ndarray) -> None:
        """Appends a frame, uint8 RGB [H, W, 3]. Raises VideoError if its size differs."""
        self._shape = self._shape or frame.shape
        if frame.dtype != np.uint8 or frame.shape != (*self._shape[:2], 3):
            raise VideoError(
                f"{self.path}: expected uint8 frames of shape {[*self._shape[:2], 3]}. "
                f"Received: {frame.dtype} of shape {list(frame.shape)}."
            )
        height, width = frame.shape[:2]
        even = cv2.copyMakeBorder(frame, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
        with self._told():
            if self._container is None:
                self._open(even.shape[1], even.shape[0])
            picture = av.VideoFrame.from_ndarray(even, format="rgb24")
            self._container.mux(self._stream.encode(picture))

    def _open(self, width: int, height: int) -> None:
        self._container = av.open(str(self._new), "w")
        rate = Fraction(self.frame_rate).limit_denominator(1001)
        options = {"crf": self.QUALITY, "preset": self.PRESET}
        self._stream = self._container.add_stream("libx264", rate=rate, options=options)
        self._stream.width, self._stream.height = width, height
        self._stream.pix_fmt = "yuv420p"

    def _close(self) -> None:
        if self._container is not None:
            self._container.close()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Turns FFmpeg's errors into OSErrors that name the target file."""
        try:
            yield
        except av.FFmpegError as error:
            raise OSError(error.errno, error.strerror, str(self.path)) from error
