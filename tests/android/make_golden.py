"""Writes Python's results for the tests of the app's Kotlin code, and the app's colour tables.

`python tests/android/make_golden.py`; test_golden.py compares the files with current results.
"""

import sys
from pathlib import Path

import cv2
import matplotlib
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # The file is run by its path.

from dfnet_tf import visualize  # noqa: E402
from export.tflite_model import resized  # noqa: E402

CORE = ROOT / "android_demo" / "core" / "src"
GOLDEN = CORE / "test" / "resources" / "golden"
TABLES = CORE / "main" / "resources" / "org" / "dfnet" / "core"
COLOUR_MAPS = ("magma", "inferno", "viridis", "turbo", "gray")  # ColourMap.NAMES
# Width, height, row padding, pixel stride of chroma: usual camera frames, and unusual ones.
FRAMES = ((8, 6, 0, 1), (7, 5, 3, 1), (16, 10, 16, 2), (13, 9, 5, 2), (1, 1, 0, 2), (9, 4, 2, 3))
# Height and width of a picture and of a model: larger, smaller, wider, less wide, the same.
RESIZES = (
    ((45, 83), (16, 24)),
    ((45, 83), (13, 41)),
    ((48, 64), (24, 32)),
    ((9, 11), (20, 14)),
    ((12, 10), (12, 10)),
)


def golden_files() -> dict[str, dict[str, np.ndarray]]:
    """The arrays of each file of GOLDEN, by name."""
    files = {}
    files |= {f"frame_{i}": frame(*layout) for i, layout in enumerate(FRAMES)}
    files |= {f"resize_{i}": resize(*sizes) for i, sizes in enumerate(RESIZES)}
    return files | {"disparity": disparity(), "flow": flow(), "legend": legend()}


def color_tables() -> dict[str, np.ndarray]:
    """Each colour map of matplotlib as 256 rows of RGB, uint8."""
    colors = {name: matplotlib.colormaps[name](np.arange(256))[:, :3] for name in COLOUR_MAPS}
    return {name: np.rint(255 * table).astype(np.uint8) for name, table in colors.items()}


def frame(width: int, height: int, padding: int, pixel_stride: int) -> dict[str, np.ndarray]:
    """The planes of a camera's frame as bytes, their layout, and its RGB from OpenCV.

    OpenCV's YCrCb is JFIF's, like the cameras'. With interleaved chroma (pixel stride 2), the
    chroma planes share memory, V before U.
    """
    rng = np.random.default_rng(width)
    y = rng.integers(0, 256, [height, width], np.uint8)
    v, u = rng.integers(0, 256, [2, (height + 1) // 2, (width + 1) // 2], np.uint8)
    (y_bytes,), y_stride = in_memory([y], 1, padding)
    if pixel_stride == 1:
        ((v_bytes,), uv_stride), ((u_bytes,), _) = (in_memory([c], 1, padding) for c in (v, u))
    else:
        (v_bytes, u_bytes), uv_stride = in_memory([v, u], pixel_stride, padding)
    spread = [np.kron(c, np.ones([2, 2], np.uint8))[:height, :width] for c in (v, u)]
    return {
        "y": y_bytes,
        "u": u_bytes,
        "v": v_bytes,
        "strides": np.int32([y_stride, uv_stride, pixel_stride]),
        "rgb": cv2.cvtColor(np.stack([y, *spread], axis=-1), cv2.COLOR_YCrCb2RGB),
    }


def in_memory(planes, pixel_stride: int, padding: int) -> tuple[list[np.ndarray], int]:
    """Interleaves planes [H, W]: the bytes from first to last pixel of each, and the row stride."""
    height, width = planes[0].shape
    memory = np.full([height, pixel_stride * width + padding], 99, np.uint8)
    for i, plane in enumerate(planes):
        memory[:, i : pixel_stride * width : pixel_stride] = plane
    row_stride = memory.shape[1]
    length = (height - 1) * row_stride + (width - 1) * pixel_stride + 1
    return [memory.ravel()[i : i + length] for i in range(len(planes))], row_stride


def resize(size: tuple[int, int], new_size: tuple[int, int]) -> dict[str, np.ndarray]:
    """A picture with edges and noise, and its values in [0, 255] at the networks' input."""
    rng = np.random.default_rng(sum(size))
    image = rng.integers(0, 256, [*size, 3], np.uint8)
    image[: size[0] // 2, size[1] // 3 :] = 255
    return {"image": image, "resized": 255 * resized(image, new_size)[0]}


def disparity() -> dict[str, np.ndarray]:
    """Disparities with invalid pixels, their colours by given limits, and their percentiles."""
    values = np.random.default_rng(0).gamma(2, 0.5, [37, 41]).astype("float32")
    values[3, :6] = np.nan, np.inf, -np.inf, 0.0, -1.0, 1e-30
    valid = values[np.isfinite(values) & (values > 0)]
    limits = 0.25, 2.5
    return {
        "disparity": values,
        "limits": np.float32(limits),
        "colours": visualize.color_disparity(values, limits),
        "percentiles": np.float32(np.percentile(valid, (0, 2, 50, 98, 100))),
    }


def flow() -> dict[str, np.ndarray]:
    """Flow with invalid pixels, its colours, and the magnitude that has the full colour."""
    values = np.random.default_rng(1).normal(0, 4, [37, 41, 2]).astype("float32")
    values[0, :5] = [[0, 0], [np.nan, 1], [1, np.inf], [1e-9, 0], [-3, 0]]
    values[1] = np.stack([np.linspace(-5, 5, 41), np.zeros(41)], axis=-1)
    length = np.hypot(*np.moveaxis(values, -1, 0).astype("float64"))
    return {
        "flow": values,
        "colours": visualize.color_flow(values, 6.0),
        "magnitude_99": np.float32([np.percentile(length[np.isfinite(values).all(axis=-1)], 99)]),
    }


def legend() -> dict[str, np.ndarray]:
    """The colours of all directions and magnitudes up to 1 at the pixels of a square."""
    radius = 20
    steps = np.arange(-radius, radius + 1, dtype="float32") / radius
    return {"colours": visualize.color_flow(np.stack(np.meshgrid(steps, steps), axis=-1), 1.0)}


def main() -> None:
    for folder in (GOLDEN, TABLES):
        folder.mkdir(parents=True, exist_ok=True)
    for name, arrays in golden_files().items():
        np.savez_compressed(GOLDEN / f"{name}.npz", **arrays)
    for name, table in color_tables().items():
        (TABLES / f"{name}.rgb").write_bytes(table.tobytes())


if __name__ == "__main__":
    main()
