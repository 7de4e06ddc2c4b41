"""A rendered street as a clip of frames alone, and a network that knows its truth."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from dfnet_tf.data.clip import Clip
from dfnet_tf.data.clip_writer import ClipWriter
from dfnet_tf.data.clips import read_clip
from dfnet_tf.data.sources.synthetic import RenderedClip


def written(images: Iterable[np.ndarray], intrinsics: np.ndarray, folder: Path) -> Clip:
    """Writes the images as a lossless clip and opens it."""
    with ClipWriter(folder, image_type="png") as writer:
        writer.intrinsics = intrinsics
        for image in images:
            writer.add(image)
    return read_clip(folder)


def true_disparity(film: RenderedClip) -> Callable[[np.ndarray], np.ndarray]:
    """The renderer's disparity of each frame, in 1 / metres, looked up by the frame's pixels."""
    known = {image.tobytes(): depth for image, depth in zip(film.images, film.depth, strict=True)}
    return lambda image: 1.0 / known[np.ascontiguousarray(image).tobytes()]
