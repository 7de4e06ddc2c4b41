"""Opens film files with FFmpeg, and explains why a file cannot be opened."""

import math
from pathlib import Path

import av
import numpy as np

from dfnet_tf.data.files import image_limits

# Suffixes searched for in a folder; a file named directly may have any suffix.
VIDEO_TYPES = (
    *(".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm", ".mpg", ".mpeg"),
    *(".wmv", ".flv", ".3gp", ".ts", ".mts", ".m2ts", ".ogv"),
)

# Files are untrusted. FFmpeg may open only local files, no formats that are lists of other files,
# and no frames larger than `image_limits` allows.
_FORMATS = (
    "mov,matroska,avi,mpeg,mpegvideo,mpegts,asf,flv,ogg,h264,hevc,m4v,ivf,gif,yuv4mpegpipe,dv,mxf"
)
_LIMITS = {
    "protocol_whitelist": "file",
    "format_whitelist": _FORMATS,
    "max_pixels": str(image_limits.MOST_PIXELS),
}
# Brands of photographs in mp4 containers. FFmpeg treats them as films; of a large photograph, it
# shows one tile.
_PHOTOGRAPHS = {"heic", "heix", "heim", "heis", "mif1", "mif2", "avif"}


class VideoError(ValueError):
    """A video file that cannot be decoded, or not to its end, or cannot be written."""


def open_film(path: Path) -> tuple[av.container.InputContainer, av.VideoStream]:
    """Opens a film. Returns the container, which the caller must close, and its video stream.

    Raises VideoError if the file is not a film or cannot be decoded.
    """
    container = _opened(path)
    try:
        return container, _film_stream(path, container)
    except BaseException:
        container.close()
        raise


def converting(path: Path) -> str:
    """A command that converts almost any readable film."""
    return f"ffmpeg -i {path} -c:v libx264 -pix_fmt yuv420p film.mp4"


def check_size(path: Path, width: int, height: int) -> None:
    """Raises VideoError if frames of this size are refused."""
    try:
        image_limits.check(width, height)
    except image_limits.ImageSizeError as error:
        raise VideoError(f"{path}: {error}") from error


def frame_interval(path: str | Path) -> float:
    """The usual time between frames of a video, in seconds; NaN if unknown.

    Reads only the time stamps of the file's packets. The frame rate in the file is unreliable if a
    phone or screen recorder recorded at a varying rate.
    """
    container, stream = open_film(Path(path))
    times = []
    with container:
        try:
            for packet in container.demux(stream):
                if packet.pts is not None and not packet.is_discard:
                    times.append(float(packet.pts * packet.time_base))
        except av.FFmpegError:
            pass  # The file is truncated; the packets before suffice.
    return median_interval(times)


def median_interval(times: list[float]) -> float:
    """The median interval of unordered times; NaN if all times are equal."""
    intervals = np.diff(np.unique(times))  # Packets come in the order of decoding.
    return float(np.median(intervals)) if intervals.size else math.nan


def _opened(path: Path) -> av.container.InputContainer:
    received = "no such file"
    if path.is_file():
        try:  # Without "file:", FFmpeg would take "12:30.mp4" for a URL.
            return av.open(f"file:{path.absolute()}", options=_LIMITS, metadata_errors="replace")
        except (av.FFmpegError, UnicodeError):
            received = "one it cannot open: truncated, damaged, or not a video"
    raise VideoError(f"{path}: expected a video that FFmpeg can decode. Received: {received}.")


def _film_stream(path: Path, container: av.container.InputContainer) -> av.VideoStream:
    if container.metadata.get("major_brand", "").strip() in _PHOTOGRAPHS:
        raise VideoError(
            f"{path}: expected a film. Received: a HEIC or AVIF photograph; convert photographs to "
            "JPEG or PNG, and give them, or their folder, as images."
        )
    stream = container.streams.best("video")
    if stream is None or stream.disposition & av.stream.Disposition.attached_pic:
        raise VideoError(
            f"{path}: expected a video that FFmpeg can decode. Received: a file without moving "
            "pictures."
        )
    if stream.codec_context is None:
        raise VideoError(
            f"{path}: expected a video that FFmpeg can decode. Received: a video with an unknown "
            f"codec; this converts it: {converting(path)}"
        )
    check_size(path, stream.width, stream.height)
    # With frame threading, FFmpeg loses frames after a damaged one at the end of the file.
    stream.thread_type = "SLICE"
    return stream
