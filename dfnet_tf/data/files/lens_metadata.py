"""The focal length that cameras and phones store in films and photographs."""

import contextlib
import math
from pathlib import Path

from PIL import ExifTags, Image

from dfnet_tf.data.files.film_files import open_film

# Apple's key is com.apple.quicktime.camera.focal_length.35mm_equivalent.
FILM_KEY = "focal_length.35mm_equivalent"
POSSIBLE = 5.0, 1000.0  # Millimetres; EXIF writers store 0 for an unknown focal length.


def film_focal_35mm(path: Path) -> float | None:
    """The 35 mm equivalent focal length stored in a film, in millimetres; None if there is none.

    Raises VideoError if the film cannot be opened.
    """
    container, stream = open_film(path)
    with container:
        stored = {**container.metadata, **stream.metadata}
    return next((_possible(stored[key]) for key in stored if key.lower().endswith(FILM_KEY)), None)


def photograph_focal_35mm(path: Path) -> float | None:
    """EXIF's FocalLengthIn35mmFilm of an image, in millimetres; None if there is none."""
    with contextlib.suppress(OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        with Image.open(path) as image:
            exif = image.getexif().get_ifd(ExifTags.IFD.Exif)
        return _possible(exif.get(ExifTags.Base.FocalLengthIn35mmFilm))
    return None


def _possible(value: object) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) and POSSIBLE[0] <= number <= POSSIBLE[1] else None
