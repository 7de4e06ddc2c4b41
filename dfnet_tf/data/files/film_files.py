"""Opens film files with FFmpeg, and says of those it cannot open what they are."""

import math
from pathlib import Path

import av
import numpy as np

from dfnet_tf.data.files import image_limits

# What a folder is searched for; a file that is named itself may end in anything.
VIDEO_TYPES = (
    *(".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm", ".mpg", ".mpeg"),
    *(".wmv", ".flv", ".3gp", ".ts", ".mts", ".m2ts", ".ogv"),
)

# Files come from strangers. FFmpeg takes nothing but a file, of no format that is only a list of
# other files, and makes no room for frames that `image_limits` would refuse.
_FORMATS = (
    "mov,matroska,avi,mpeg,mpegvideo,mpegts,asf,flv,ogg,h264,hevc,m4v,ivf,gif,yuv4mpegpipe,dv,mxf"
)
_LIMITS = {
    "protocol_whitelist": "file",
    "format_whitelist": _FORMATS,
    "max_pixels": str(image_limits.MOST_PIXELS),
}
# Brands of stills in the form of mp4: FFmpeg takes them for films, and of a large one shows a tile.
_PHOTOGRAPHS = {"heic", "heix", "heim", "heis", "mif1", "mif2", "avif"}


class VideoError(ValueError):
    """A video file that cannot be decoded, or not to its end, or cannot be written."""


def open_film(path: Path) -> tuple[av.container.InputContainer, av.VideoStream]:
    """Opens a film: the container, to be closed, and its stream of pictures.

    Raises VideoError: it is no film, or none that this FFmpeg can decode.
    """
    container = _opened(path)
    try:
        return container, _film_stream(path, container)
    except BaseException:
        container.close()
        raise


def converting(path: Path) -> str:
    """A command that makes a film of almost anything readable."""
    return f"ffmpeg -i {path} -c:v libx264 -pix_fmt yuv420p film.mp4"


def check_size(path: Path, width: int, height: int) -> None:
    """Raises VideoError if frames of this size are refused."""
    try:
        image_limits.check(width, height)
    except image_limits.ImageSizeError as error:
        raise VideoError(f"{path}: {error}") from error


def frame_interval(path: str | Path) -> float:
    """The usual time from a video's frame to the next, in seconds; NaN if not known.

    Decodes nothing: reads the time stamps of the file's packets. The rate that a file itself gives
    is no such measure, where phones and screen recorders record at a varying rate.
    """
    container, stream = open_film(Path(path))
    times = []
    with container:
        try:
            for packet in container.demux(stream):
                if packet.pts is not None and not packet.is_discard:
                    times.append(float(packet.pts * packet.time_base))
        except av.FFmpegError:
            pass  # The file is cut off: what came before tells as much.
    return median_interval(times)


def median_interval(times: list[float]) -> float:
    """The median time between neighbours, of times in any order; NaN if all are the same."""
    intervals = np.diff(np.unique(times))  # Packets come in the order of decoding.
    return float(np.median(intervals)) if intervals.size else math.nan


def _opened(path: Path) -> av.container.InputContainer:
    received = "no such file"
    if path.is_file():
        try:  # Without "file:" FFmpeg would take "12:30.mp4" for an address.
            return av.open(f"file:{path.absolute()}", options=_LIMITS, metadata_errors="replace")
        except (av.FFmpegError, UnicodeError):
            received = "one it cannot open: cut off, damaged, or no video"
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
            f"{path}: expected a video that FFmpeg can decode. Received: one whose codec it does "
            f"not know; this converts it: {converting(path)}"
        )
    check_size(path, stream.width, stream.height)
    # Of frames decoded by several threads, those behind a damaged one are lost at the end.
    stream.thread_type = "SLICE"
    return stream
