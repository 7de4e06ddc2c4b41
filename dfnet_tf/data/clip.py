"""Clip: the one format that every reader produces and every tool accepts.

my_clip/images/000000.jpg ...   images (jpg, png ...) in natural order; one camera, one size
my_clip/intrinsics.txt          3x3, for that size
my_clip/poses.txt               optional: camera-to-world, 12 numbers per line (KITTI)
my_clip/depth/000000.png        optional: uint16, metres = value / 256, 0 = none; any size
my_clip/flow/000000.png         optional: KITTI 16-bit flow to the next frame
"""

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files.image_files import ImageReader
from dfnet_tf.data.files.intrinsics_files import size_text
from dfnet_tf.data.files.number_files import read_numbers
from dfnet_tf.data.files.stored_bytes import Stored
from dfnet_tf.data.files.truth_files import read_depth, read_flow


@dataclass(frozen=True, eq=False)
class Clip:
    """A video of one camera on disk, made by `read_clip`. Images are decoded on demand."""

    folder: Path
    images: tuple[Path, ...]
    size: tuple[int, int]  # (height, width) of every image
    intrinsics: np.ndarray  # float32 [3, 3], in pixels of that size
    intrinsics_guessed: bool = False  # True if the file's first line is "# guessed ...".
    label: str = ""  # A longer name if several clips read together have the same; see `name`.

    def __len__(self) -> int:
        return len(self.images)

    @property
    def name(self) -> str:
        """The folder's name. Clips with equal names read together get their parent's name too."""
        return self.label or self.folder.absolute().name

    @functools.cached_property
    def _reader(self) -> ImageReader:
        return ImageReader([self.stored("images", i) for i in range(len(self))])

    def stored(self, kind: str, i: int) -> Stored | None:
        """Frame i's file in the sub-folder `kind` (images, depth, flow, moving); None: no file."""
        if kind == "images":
            return Stored(self.images[i])
        path = self.folder / kind / f"{self.images[i].stem}.png"
        return Stored(path) if path.exists() else None

    def image(self, i: int) -> np.ndarray:
        """Frame i, uint8 RGB [H, W, 3]. Raises ClipError if undecodable or of another size."""
        stored = self.stored("images", i)
        image = self._reader.read(stored)
        if image.shape[:2] != self.size:
            raise ClipError(
                f"{stored}: expected the size of the clip's first image, "
                f"{size_text(self.size)}. Received: {size_text(image.shape)}."
            )
        return image

    def depth(self, i: int) -> np.ndarray | None:
        """True depth of frame i, float32 [h, w], metres, 0 = none; None without a file."""
        stored = self.stored("depth", i)
        return read_depth(stored) if stored else None

    def flow(self, i: int) -> tuple[np.ndarray, np.ndarray] | None:
        """True flow of frame i to i + 1: float32 [h, w, 2], valid [h, w]; None without a file."""
        stored = self.stored("flow", i)
        return read_flow(stored) if stored else None

    def poses(self) -> np.ndarray | None:
        """Camera-to-world motions, float64 [N, 4, 4]; None if there is no poses.txt."""
        path = self.folder / "poses.txt"
        if not path.exists():
            return None
        return checked_poses(read_numbers(path), len(self), path)


def checked_poses(rows: np.ndarray, num_images: int, where: Path) -> np.ndarray:
    """Converts rows of 12 numbers to motions, float64 [N, 4, 4]; raises ClipError otherwise."""
    if rows.shape != (num_images, 12) or not np.isfinite(rows).all():
        raise ClipError(
            f"{where}: expected one line of 12 finite numbers for each of the {num_images} "
            f"images. Received: {np.isfinite(rows).sum()} finite numbers on {len(rows)} lines."
        )
    poses = np.tile(np.eye(4), (num_images, 1, 1))
    poses[:, :3] = rows.reshape(-1, 3, 4)
    return poses
