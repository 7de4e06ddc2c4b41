"""Recordings: what a reader of a data set or film gives to `prepare`, frame by frame, unchanged.

Readers only know file layouts. Crops, sizes, static frames, clips and files are the same for all
readers and are handled in one place.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, eq=False)
class Frame:
    """A frame as recorded, with true depth and pose if the data set has them."""

    image: np.ndarray  # uint8 RGB [H, W, 3]
    depth: np.ndarray | None = None  # [h, w], metres, 0 = none; same view as the image, any size
    pose: np.ndarray | None = None  # [4, 4], camera-to-world, metres


@dataclass(frozen=True)
class Excluded:
    """Replaces a frame that is left out. The frames before and after it are no neighbours."""

    reason: str  # A few words, counted in dataset.json: "test scene", "cannot be decoded".
    detail: str = field(default="", compare=False)  # The error, shown if no frame is left.


@dataclass(frozen=True, eq=False)
class Recording:
    """The frames of one camera, in order.

    Attributes:
      name: the base name of the clips; unique in its data set, a valid folder name.
      num_frames: the number of frames that `read` yields, including excluded ones; 0 if unknown.
      intrinsics: [3, 3], in pixels of the images as read; None: unknown.
      read: opens the recording; yields a `Frame` or an `Excluded` for each point in time.
      kept_rows: the share of the rows, from the top, to keep: 0.75 cuts off a bonnet.
      focal_35mm: the 35 mm equivalent focal length in the files' metadata; None: not stated.
      note: a note for the user in dataset.json, for example about missing data; "": none.
    """

    name: str
    num_frames: int
    intrinsics: np.ndarray | None
    read: Callable[[], Iterator[Frame | Excluded]]
    kept_rows: float = 1.0
    focal_35mm: float | None = None
    note: str = ""
