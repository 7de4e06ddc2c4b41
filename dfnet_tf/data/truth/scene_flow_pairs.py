"""Pairs of frames with true scene flow or masks of moving objects."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dfnet_tf.data.clip import Clip
from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files.image_files import read_rgb
from dfnet_tf.data.files.truth_files import read_depth, read_flow
from dfnet_tf.data.sources import kitti_files
from dfnet_tf.data.tfrecord_clip import INDEX_FILE
from dfnet_tf.geometry import camera, scene_flow

KITTI_BASELINE = 0.54  # metres between KITTI's colour cameras.
FIRST = 10  # Number of the frame with ground truth in KITTI 2015; 11 is the next frame.
REACH = 2  # Frames on either side that a network may need: windows have at most 5 frames.
SMOOTH_STEP = 1.1  # Neighbouring depths with a smaller ratio belong to one surface.


@dataclass(frozen=True, eq=False)
class SceneFlow:
    """For every pixel of a frame, the depth of its point now and in the next frame, and its flow.

    Ground truth has gaps: depth 0 and flow NaN where unknown.
    """

    depth: np.ndarray  # [H, W], metres
    next_depth: np.ndarray  # [H, W], metres from the next camera, at the *first* frame's pixels
    flow: np.ndarray  # [H, W, 2], pixels
    intrinsics: np.ndarray  # [3, 3], of both frames, in pixels of H x W


@dataclass(frozen=True, eq=False)
class KittiPair:
    """A pair of KITTI 2015's training set (Menze, Geiger, CVPR 2015), as in its devkit.

    Frames _10 and _11, with their neighbours if the multi-view extension is unpacked too.
    """

    root: Path  # .../training
    name: str  # "000000"

    def frames(self) -> tuple[list[np.ndarray], int]:
        """Consecutive uint8 RGB images [H, W, 3], and the index of the pair's first image."""
        around = range(FIRST - REACH, FIRST + 2 + REACH)
        numbers = [n for n in around if n in (FIRST, FIRST + 1) or self._image(n).is_file()]
        return [read_rgb(self._image(n)) for n in numbers], numbers.index(FIRST)

    @property
    def intrinsics(self) -> np.ndarray:
        """[3, 3], in pixels of the images."""
        return self._camera("P_rect_02")[0]

    @property
    def baseline(self) -> float:
        """Metres between the left and the right colour camera."""
        (_, left), (_, right) = (self._camera(key) for key in ("P_rect_02", "P_rect_03"))
        return float(left[0, 3] - right[0, 3])

    def truth(self) -> SceneFlow:
        """Scene flow of all pixels, also occluded ones, from disp_occ_0, disp_occ_1, flow_occ."""
        depths = (self._depth(kind) for kind in ("disp_occ_0", "disp_occ_1"))
        flow = _with_gaps(*read_flow(self._truth_path("flow_occ")))
        return SceneFlow(*depths, flow, self.intrinsics)

    def moving(self) -> np.ndarray | None:
        """True on moving objects, [H, W]; None without an obj_map."""
        path = self._truth_path("obj_map")
        return read_rgb(path)[..., 0] > 0 if path.is_file() else None

    def _depth(self, kind: str) -> np.ndarray:
        disparity = read_depth(self._truth_path(kind))  # Stored like depth: value / 256, 0 = none.
        reach = self.intrinsics[0, 0] * self.baseline
        return np.divide(reach, disparity, out=np.zeros_like(disparity), where=disparity > 0)

    def _camera(self, key: str) -> tuple[np.ndarray, np.ndarray]:
        calibration = self.root / "calib_cam_to_cam" / f"{self.name}.txt"
        return kitti_files.read_projection(calibration, key)

    def _image(self, number: int) -> Path:
        return self.root / "image_2" / f"{self.name}_{number:02d}.png"

    def _truth_path(self, kind: str) -> Path:
        return self.root / kind / f"{self.name}_{FIRST}.png"


@dataclass(frozen=True, eq=False)
class ClipPair:
    """Frame `i` of a clip and the next. Disparities assume a second camera, as in KITTI."""

    clip: Clip
    i: int
    baseline: float = KITTI_BASELINE

    @property
    def name(self) -> str:
        return f"{self.clip.name}/{self.clip.images[self.i].stem}"

    @property
    def intrinsics(self) -> np.ndarray:
        """[3, 3], in pixels of the images."""
        return self.clip.intrinsics

    def frames(self) -> tuple[list[np.ndarray], int]:
        """Consecutive uint8 RGB images [H, W, 3], and the index of the pair's first image."""
        start = max(self.i - REACH, 0)
        end = min(self.i + 2 + REACH, len(self.clip))
        return [self.clip.image(k) for k in range(start, end)], self.i - start

    def truth(self) -> SceneFlow:
        """Scene flow from depth/ of both frames, flow/ and, if it exists, visible/.

        The next frame's depth is known where the point is visible there and lies on a smooth
        surface. Without visible/, every pixel with a flow counts as visible.

        Raises:
          ClipError: the maps differ in size.
        """
        depth, next_depth = self.clip.depth(self.i), self.clip.depth(self.i + 1)
        flow, valid = self.clip.flow(self.i)
        visible = self._mask("visible")
        seen = valid > 0 if visible is None else visible
        sizes = [array.shape for array in (depth, next_depth, valid, seen)]
        if len(set(sizes)) > 1:
            expected = "depth, flow and visible of one size"
            raise ClipError(f"{self.name}: expected {expected}. Received: {sizes}.")
        intrinsics = camera.resized_intrinsics(self.intrinsics, self.clip.size, depth.shape)
        next_depth = _followed(next_depth, flow, seen & (valid > 0))
        return SceneFlow(depth, next_depth, _with_gaps(flow, valid), intrinsics)

    def moving(self) -> np.ndarray | None:
        """True on moving objects, [H, W]; None without a mask in moving/."""
        return self._mask("moving")

    def _mask(self, kind: str) -> np.ndarray | None:
        stored = self.clip.stored(kind, self.i)
        return read_rgb(stored)[..., 0] > 127 if stored else None


def read_scene_flow_pairs(folder: str | Path) -> list[KittiPair | ClipPair]:
    """The pairs of `folder` with true scene flow.

    `folder` is KITTI 2015's "training" folder or its parent (image_2, disp_occ_0, disp_occ_1,
    flow_occ, calib_cam_to_cam, obj_map), or a clip, or a folder of clips, with depth/ and flow/.

    Raises:
      ClipError: there are no such pairs.
    """
    pairs = _kitti_pairs(folder, "disp_occ_1") or _clip_pairs(folder, "flow")
    pairs = [pair for pair in pairs if isinstance(pair, KittiPair) or _has_depths(pair)]
    expected = "KITTI 2015's disp_occ_0, disp_occ_1 and flow_occ, or clips with depth/ and flow/"
    return _some(pairs, folder, expected)


def read_moving_pairs(folder: str | Path) -> list[KittiPair | ClipPair]:
    """The pairs of `folder` with masks of moving objects.

    `folder` is as in `read_scene_flow_pairs`, with obj_map/ or, in clips, moving/ (8-bit masks,
    255 = moves).

    Raises:
      ClipError: there are no such pairs.
    """
    pairs = _kitti_pairs(folder, "obj_map") or _clip_pairs(folder, "moving")
    return _some(pairs, folder, "KITTI 2015's obj_map, or clips with moving/")


def _kitti_pairs(folder: str | Path, truth: str) -> list[KittiPair]:
    for root in (Path(folder), Path(folder) / "training"):
        paths = sorted((root / truth).glob(f"*_{FIRST}.png"))
        if paths:
            return [KittiPair(root, path.name.removesuffix(f"_{FIRST}.png")) for path in paths]
    return []


def _clip_pairs(folder: str | Path, truth: str) -> list[ClipPair]:
    """Each frame except the last of every clip, if it has a file in the folder `truth`."""
    folder = Path(folder)
    marks = truth, f"*/{truth}", INDEX_FILE
    has_clips = any(path for mark in marks for path in folder.glob(mark))
    clips = read_clips(folder) if has_clips else []
    pairs = [ClipPair(clip, i) for clip in clips for i in range(len(clip) - 1)]
    return [pair for pair in pairs if pair.clip.stored(truth, pair.i)]


def _has_depths(pair: ClipPair) -> bool:
    return all(pair.clip.stored("depth", i) for i in (pair.i, pair.i + 1))


def _some(pairs: list, folder: str | Path, expected: str) -> list:
    if not pairs:
        received = "neither" if Path(folder).is_dir() else "no such folder"
        raise ClipError(f"{folder}: expected {expected}. Received: {received}.")
    return pairs


def _with_gaps(flow: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """`flow` [H, W, 2], with NaN where `valid` [H, W] is 0."""
    return np.where(valid[..., None] > 0, flow, np.nan)


def _followed(depth: np.ndarray, flow: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """The next frame's `depth` [H, W] where `flow` points; 0 if not `seen` or on an edge."""
    height, width = depth.shape
    column, row = np.floor(flow).astype(int).transpose(2, 0, 1)
    column, row = column + np.arange(width), row + np.arange(height)[:, None]
    inside = (column >= 0) & (column < width - 1) & (row >= 0) & (row < height - 1)
    column, row = column.clip(0, width - 2), row.clip(0, height - 2)
    corners = np.stack([depth[row + y, column + x] for y in (0, 1) for x in (0, 1)])
    smooth = (corners.min(0) > 0) & (corners.max(0) < SMOOTH_STEP * corners.min(0))
    known = depth[None, ..., None].clip(min=1e-3)  # Where `smooth`, holes are never read.
    there = scene_flow.depth_at_end_points(known, np.float32(flow[None]))
    return np.where(seen & inside & smooth, np.asarray(there)[0, ..., 0], 0)
