"""Make3D's test set: photographs and laser depth (Saxena, Sun, Ng, PAMI 2009).

Test134/img-NAME.jpg                          134 upright images, 2272 rows of 1704 pixels
Gridlaserdata/depth_sph_corr-NAME.mat         Position3DGrid [55, 305, 4]: Y, X, Z, distance; metres

Both cover the same view, although the laser's cells are far from square. As in the evaluations of
Monodepth and Monodepth2 (Godard et al., CVPR 2017, ICCV 2019), only a central part is used that is
twice as wide as high: 852 rows of an image and 21 of its depth. The true depth is the distance in
the fourth channel.
"""

from pathlib import Path

import numpy as np

from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files.image_files import read_rgb
from dfnet_tf.data.files.mat_files import read_array

NUM_IMAGES = 134
IMAGE_ASPECT = 1704 / 2272  # Width by height of the view, for images and depth grids alike.
CROP_ASPECT = 2.0
GRID = "Position3DGrid"
DEPTH_FOLDERS = ("Gridlaserdata", "Test134Depth/Gridlaserdata", "Test134Depth")


def is_make3d(folder: Path) -> bool:
    """True if `folder` holds Make3D's test images."""
    return (folder / "Test134").is_dir()


def test_files(folder: Path) -> list[tuple[str, Path, Path]]:
    """(name, image, depth) of every test image with depth, sorted by name."""
    found = []
    for image in sorted((folder / "Test134").glob("img-*.jpg")):
        name = image.stem.removeprefix("img-")
        candidates = (folder / sub / f"depth_sph_corr-{name}.mat" for sub in DEPTH_FOLDERS)
        depth = next((path for path in candidates if path.is_file()), None)
        if depth is not None:
            found.append((name, image, depth))
    return found


def read_image(path: Path) -> np.ndarray:
    """The central part of an image, uint8 RGB [H, W, 3]."""
    return central_rows(read_rgb(path))


def read_depth(path: Path) -> np.ndarray:
    """The central part of the laser's depth, float32 [21, 305], metres.

    Raises:
      ClipError: the file is not a .mat file with a Position3DGrid [h, w, 4].
    """
    grid = read_array(path, GRID)
    if grid.ndim != 3 or grid.shape[2] != 4:
        expected = f"{GRID} [55, 305, 4]"
        raise ClipError(f"{path}: expected {expected}. Received: {grid.dtype} {list(grid.shape)}.")
    with np.errstate(over="ignore"):
        depth = grid[..., 3].astype(np.float32)
    return central_rows(np.where(np.isfinite(depth), depth, np.float32(0)))


def central_rows(view: np.ndarray) -> np.ndarray:
    """The central rows of `view` [H, W, ...], CROP_ASPECT times as wide as high."""
    height = len(view)
    kept = round(height * IMAGE_ASPECT / CROP_ASPECT)
    top = (height - kept) // 2
    return view[top : top + kept]
