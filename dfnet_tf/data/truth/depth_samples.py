"""Images with true depth, in several file layouts."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from dfnet_tf.data.clip import Clip
from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files.image_files import read_rgb
from dfnet_tf.data.files.truth_files import read_depth
from dfnet_tf.data.sources import kitti, kitti_splits
from dfnet_tf.data.truth import make3d, velodyne

NUM_IMPROVED = 652  # Number of images with improved depth in Eigen's test split, of 697.
ASPECT_TOLERANCE = 0.05  # For sizes rounded to whole pixels; other crops differ by more.


@dataclass(frozen=True, eq=False)
class DepthSample:
    """An image and its true depth, decoded on demand.

    Attributes:
      name: unique among the samples read together.
      image: () -> uint8 RGB [H, W, 3].
      truth: () -> float32 [h, w], metres, 0 = none; the view of the image, in any size.
    """

    name: str
    image: Callable[[], np.ndarray]
    truth: Callable[[], np.ndarray]


@dataclass(frozen=True, eq=False)
class DepthBenchmark:
    """The samples of one benchmark.

    Attributes:
      name: "clips", "kitti_eigen" (velodyne depth), "kitti_improved" or "make3d".
      samples: the samples found.
      num_expected: the number of samples in the full benchmark.
    """

    name: str
    samples: list[DepthSample]
    num_expected: int


def read_depth_samples(
    folder: str | Path,
    improved_depth: str | Path | None = None,
    frames: Iterable[int] | None = None,
) -> DepthBenchmark:
    """Finds every image with true depth in `folder`, without decoding any.

    `folder` is one of: a clip with depth/, or a folder of clips; KITTI raw as unpacked
    (2011_09_26/...), from which the 697 images of Eigen's test split are taken, with velodyne
    depth; Make3D's test set (see `make3d`).

    Args:
      improved_depth: KITTI's data_depth_annotated (Uhrig et al., 3DV 2017), which replaces the
        velodyne depth of KITTI raw.
      frames: the frames of each clip to take; None: all.

    Raises:
      ClipError: no images with true depth, or an argument that does not fit the layout.
    """
    folder = Path(folder)
    is_raw = any(folder.glob("20[0-9][0-9]_[0-9][0-9]_[0-9][0-9]"))
    if improved_depth is not None and not is_raw:
        raise ClipError(f"{folder}: expected KITTI's raw data, to which improved depth belongs.")
    if frames is not None and (is_raw or make3d.is_make3d(folder)):
        raise ClipError(f"{folder}: expected clips, of which frames can be chosen.")
    if is_raw:
        benchmark = _eigen_test(folder, improved_depth and Path(improved_depth))
    elif make3d.is_make3d(folder):
        benchmark = _make3d_test(folder)
    else:
        samples = clip_samples(read_clips(folder), frames)
        benchmark = DepthBenchmark("clips", samples, len(samples))
    if not benchmark.samples:
        expected = "clips with true depth (depth/*.png), KITTI's raw data or Make3D's test set"
        raise ClipError(f"{folder}: expected {expected}. Received: no image with true depth.")
    return benchmark


def clip_samples(clips: Iterable[Clip], frames: Iterable[int] | None = None) -> list[DepthSample]:
    """The frames of `clips` that have a depth map; `frames` limits the frame numbers."""
    frames = None if frames is None else set(frames)
    samples = []
    for clip in clips:
        for i, image in enumerate(clip.images):
            if (frames is None or i in frames) and clip.stored("depth", i) is not None:
                truth = partial(_clip_truth, clip, i)
                name = f"{clip.name}/{image.stem}"
                samples.append(DepthSample(name, partial(clip.image, i), truth))
    return samples


def _clip_truth(clip: Clip, i: int) -> np.ndarray:
    truth = clip.depth(i)
    (height, width), (image_height, image_width) = truth.shape, clip.size
    if abs(width / height * image_height / image_width - 1) > ASPECT_TOLERANCE:
        raise ClipError(
            f"{clip.images[i]}: expected a depth map of the image's view, {image_width}x"
            f"{image_height} or in that proportion. Received: {width}x{height}."
        )
    return truth


def _make3d_test(folder: Path) -> DepthBenchmark:
    samples = [
        DepthSample(name, partial(make3d.read_image, image), partial(make3d.read_depth, depth))
        for name, image, depth in make3d.test_files(folder)
    ]
    return DepthBenchmark("make3d", samples, make3d.NUM_IMAGES)


def _eigen_test(root: Path, improved_depth: Path | None) -> DepthBenchmark:
    """The images of Eigen's test split for which both image and truth exist."""
    samples = []
    images = kitti_splits.eigen_test()
    for drive, camera, frame in images:
        image = kitti.raw_image_path(root, drive, camera, frame)
        if improved_depth is None:
            truth_path = kitti.velodyne_path(root, drive, frame)
            truth = partial(_velodyne_depth, truth_path, root / drive[:10], camera)
        else:
            truth_path = kitti.improved_depth_path(improved_depth, drive, camera, frame)
            truth = partial(read_depth, truth_path)
        if image is not None and truth_path.is_file():
            name = f"{drive}/{camera:02d}/{frame:010d}"
            samples.append(DepthSample(name, partial(read_rgb, image), truth))
    if improved_depth is None:
        return DepthBenchmark("kitti_eigen", samples, len(images))
    return DepthBenchmark("kitti_improved", samples, NUM_IMPROVED)


def _velodyne_depth(scan: Path, day: Path, camera: int) -> np.ndarray:
    seen_by = kitti.raw_calibration(day)[camera]
    points = velodyne.read_points(scan)
    return velodyne.depth_map(
        points, seen_by.intrinsics, seen_by.camera_from_velodyne, seen_by.size
    )
