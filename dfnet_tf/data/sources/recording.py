"""What a reader of somebody's data offers to `prepare`: recordings, frame by frame, as they are.

Readers know file layouts and nothing else; crops, sizes, static frames, clips and files are the
same for all of them and are decided in one place.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, eq=False)
class Frame:
    """A frame as recorded. Depth and pose are truth that came with it, if any did."""

    image: np.ndarray  # uint8 RGB [H, W, 3]
    depth: np.ndarray | None = None  # [h, w], metres, 0 = none; the view of the image, any size
    pose: np.ndarray | None = None  # [4, 4], camera-to-world, metres


@dataclass(frozen=True)
class Excluded:
    """In place of a frame that is left out: those before and after it are no neighbours."""

    reason: str  # A few words, counted in dataset.json: "test scene", "cannot be decoded".
    detail: str = field(default="", compare=False)  # What an error said, told where all is lost.


@dataclass(frozen=True, eq=False)
class Recording:
    """The frames of one camera, in their order.

    Attributes:
      name: of the clips made from it, unique in its data set, fit for a folder's name.
      num_frames: how many frames `read` will yield, excluded ones too; 0 if not known.
      intrinsics: [3, 3], in pixels of the images as read; None: not known.
      read: opens the recording; yields a `Frame`, or why there is none, for each place in time.
      kept_rows: the share of the rows, from the top, that shows the world: 0.75 cuts off a bonnet.
      note: what its user should know, for dataset.json: what could not be checked; "": nothing.
    """

    name: str
    num_frames: int
    intrinsics: np.ndarray | None
    read: Callable[[], Iterator[Frame | Excluded]]
    kept_rows: float = 1.0
    note: str = ""
