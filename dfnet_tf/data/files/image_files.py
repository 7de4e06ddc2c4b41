"""Reads and writes image files of all usual cameras as 8-bit RGB."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files import image_limits
from dfnet_tf.data.files.natural_order import natural_key
from dfnet_tf.data.files.stored_bytes import Stored

IMAGE_TYPES = (
    *(".jpg", ".jpeg", ".png", ".bmp", ".webp"),
    *(".tif", ".tiff", ".ppm", ".pgm"),
)
SENSOR_BITS = 10, 12, 14, 16  # Number of bits that cameras use of 16.
MOST_SAMPLED = 16  # Number of images sampled to find a recording's bits.


class ImageReader:
    """Reads the images of one recording with a common brightness scale.

    16-bit images, for example of thermal and machine-vision cameras, often use only 10 to 14 bits.
    The largest value in a sample of `sources` determines the number of bits. Without sources, each
    image determines its own.
    """

    def __init__(self, sources: Sequence[Path | Stored] = ()):
        self.sources = sources
        self._white: int | None = None  # The 16-bit value that becomes 255.

    def read(self, source: str | Path | Stored) -> np.ndarray:
        """Reads any image as uint8 RGB [H, W, 3]; grey becomes three equal channels."""
        image = _decode_colour(source)
        if image.dtype == np.uint16:
            image = cv2.convertScaleAbs(image, alpha=255 / self._white_of(image))
        return cv2.cvtColor(image, cv2.COLOR_BGR2RGB, dst=image)

    def _white_of(self, image: np.ndarray) -> int:
        if not self.sources:
            return _white([image])
        if self._white is None:
            step = -(-len(self.sources) // MOST_SAMPLED)
            self._white = _white(_decodable(self.sources[::step]) or [image])
        return self._white


def read_rgb(source: str | Path | Stored) -> np.ndarray:
    """Reads any image as uint8 RGB [H, W, 3]; grey becomes three equal channels."""
    return ImageReader().read(source)


def write_rgb(path: str | Path, image: np.ndarray) -> None:
    """Writes uint8 RGB [H, W, 3] in the format of the file's suffix. Inverse of `read_rgb`."""
    encode(path, image[..., ::-1])


def image_files(folder: Path) -> list[Path]:
    """The images directly in a folder, in natural order; none if the folder does not exist."""
    found = (path for path in folder.glob("[!.]*") if path.suffix.lower() in IMAGE_TYPES)
    return sorted(found, key=natural_key)


def decode(
    source: str | Path | Stored, mode: int, most_pixels: int = image_limits.MOST_PIXELS
) -> np.ndarray:
    """Decodes an image, in OpenCV's channel order, after checking the size in its header."""
    stored = source if isinstance(source, Stored) else Stored(Path(source))
    image = None
    try:
        content = stored.read()
        if size := image_limits.header_size(content):
            image_limits.check(*size, most_pixels)
            image = cv2.imdecode(np.frombuffer(content, np.uint8), mode)
    except image_limits.ImageSizeError as error:
        raise ClipError(f"{stored}: {error}") from error
    except (OSError, ValueError, cv2.error):  # ValueError: an impossible file name.
        pass
    if image is None:
        raise ClipError(f"{stored}: expected an image file. Received: one that cannot be decoded.")
    return image


def encode(path: str | Path, image: np.ndarray) -> None:
    """Writes an image, in OpenCV's channel order, in the format of the file's suffix."""
    _, data = cv2.imencode(Path(path).suffix, image)  # JPEG: OpenCV's default quality, 95.
    Path(path).write_bytes(data.tobytes())


def _decode_colour(source: str | Path | Stored) -> np.ndarray:
    """Decodes uint8 or uint16 BGR [H, W, 3], rotated by the EXIF orientation."""
    image = decode(source, cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
    if image.dtype not in (np.uint8, np.uint16):
        raise ClipError(f"{source}: expected an image of 8 or 16 bits. Received: {image.dtype}.")
    return image


def _decodable(sources: Sequence[Path | Stored]) -> list[np.ndarray]:
    found = []
    for source in sources:
        try:
            found.append(_decode_colour(source).max())
        except ClipError:
            continue
    return found


def _white(values: Sequence[np.ndarray]) -> int:
    """The largest value of the smallest number of bits that holds all `values`."""
    largest = max(int(np.max(value)) for value in values)
    return next(2**bits - 1 for bits in SENSOR_BITS if largest < 2**bits)
