"""Reads frames from image files."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files import image_files
from dfnet_tf.data.sources.recording import Excluded, Frame


def read_frames(
    paths: Iterable[Path | None], size: tuple[int, int] | None = None
) -> Iterator[Frame | Excluded]:
    """Yields a frame for each file, rotated by its EXIF orientation; None marks a missing frame.

    Raises ClipError if an image's (height, width) differs from `size`, the size of the calibration;
    default: the size of the first decodable image.
    """
    paths = list(paths)
    reader = image_files.ImageReader([path for path in paths if path is not None])
    whose = "first image's" if size is None else "calibration's"
    for path in paths:
        if path is None:
            yield Excluded("missing frame")
            continue
        try:
            image = reader.read(path)
        except ClipError as error:
            yield Excluded("cannot be decoded", str(error))
            continue
        size = size or image.shape[:2]
        if image.shape[:2] != size:
            raise ClipError(
                f"{path}: expected the {whose} size, {size[1]}x{size[0]}. "
                f"Received: {image.shape[1]}x{image.shape[0]}."
            )
        yield Frame(image)
