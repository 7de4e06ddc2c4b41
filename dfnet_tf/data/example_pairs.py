"""A few pairs of consecutive frames, for trying a network or calibrating its ranges."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.errors import ClipError


def frame_pairs(folder: str | Path, most: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Up to `most` pairs of uint8 RGB frames [H, W, 3], evenly spread over one or many clips.

    Raises:
      ClipError: no clip has two frames.
    """
    places = [(one, i) for one in read_clips(folder) for i in range(len(one) - 1)]
    if not places:
        raise ClipError(f"{folder}: expected a clip of two or more frames. Received: one frame.")
    chosen = np.linspace(0, len(places) - 1, min(most, len(places))).round().astype(int)
    for one, i in (places[k] for k in chosen):
        yield one.image(i), one.image(i + 1)
