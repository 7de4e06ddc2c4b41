"""Writes films like those of phones, cameras and screen recorders, for tests."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

UNIT = Fraction(1, 60_000)


def moving_texture(num_frames: int, height: int = 96, width: int = 160, step: int = 6) -> list:
    """Pictures, uint8 RGB [height, width, 3], of a texture that moves `step` pixels to the left."""
    noise = np.random.default_rng(0).uniform(0, 255, (height, width + step * num_frames, 3))
    texture = cv2.GaussianBlur(noise, (0, 0), 3)
    texture = np.uint8(cv2.normalize(texture, None, 0, 255, cv2.NORM_MINMAX))
    return [np.ascontiguousarray(texture[:, step * i :][:, :width]) for i in range(num_frames)]


def write_film(
    path: Path,
    pictures: Iterable[np.ndarray],
    times: Iterable[float] | None = None,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    rotation: int = 0,
    pixel_aspect: Fraction | None = None,
    hidden: int = 0,
    audio: float = 0.0,
    options: dict | None = None,
    unit: Fraction = UNIT,
) -> Path:
    """Writes a film with FFmpeg and returns its path.

    Args:
      path: the suffix determines the container.
      pictures: uint8 RGB [H, W, 3], of one size.
      times: of each picture, in seconds; default: ten pictures per second.
      codec, pix_fmt, options: of FFmpeg's encoder.
      rotation: counterclockwise rotation in degrees that the file asks players for.
      pixel_aspect: width of a pixel divided by its height.
      hidden: number of first pictures that an edit list hides.
      audio: seconds of silence in an audio stream.
      unit: of the time stamps, in seconds; for AVI the time between frames.
    """
    pictures = list(pictures)
    times = [i / 10 for i in range(len(pictures))] if times is None else list(times)
    begin = times[hidden]
    with av.open(str(path), "w", options={"avoid_negative_ts": "disabled"}) as container:
        quiet = {"x265-params": "log-level=none"} if codec == "libx265" else {}
        stream = container.add_stream(codec, rate=10, options={**quiet, **(options or {})})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt, stream.time_base = pix_fmt, unit
        stream.codec_context.time_base = unit
        if rotation:
            stream.set_display_rotation(rotation)
        if pixel_aspect:
            stream.codec_context.sample_aspect_ratio = pixel_aspect
        sound = container.add_stream("aac", rate=16_000, layout="mono") if audio else None
        packets = []
        for picture, time in zip(pictures, times, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = round(time / unit), unit
            packets += stream.encode(frame)
        for packet in packets + stream.encode():
            packet.pts -= round(begin / unit)
            packet.dts -= round(begin / unit)
            container.mux(packet)
        if sound:
            silence = av.AudioFrame.from_ndarray(
                np.zeros((1, round(16_000 * audio)), np.float32), format="fltp", layout="mono"
            )
            silence.sample_rate, silence.pts = 16_000, 0
            container.mux(sound.encode(silence))
            container.mux(sound.encode())
    return path
