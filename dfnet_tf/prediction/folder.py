"""The output folder of `predict`: images, raw arrays, camera trajectory, point clouds."""

import collections
import contextlib
import json
from collections.abc import Container
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from dfnet_tf import visualize
from dfnet_tf.data.files import ply_files, trajectory_files, video
from dfnet_tf.data.files.image_files import write_rgb
from dfnet_tf.data.files.truth_files import write_depth, write_flow
from dfnet_tf.prediction import pictures, point_cloud
from dfnet_tf.prediction.inputs import Input
from dfnet_tf.prediction.views import View

WAITING = 2  # Number of views that may wait to be written.
MATRICES = ("scale", "camera_to_first", "next_from_frame")  # In float64; maps are in float16.
UNITS = {
    "depth": "[h, w], along the optical axis, in metadata.json's unit of length",
    "scale": "factor by which the network's depth and translation were multiplied",
    "camera_to_first": "[4, 4], translation in the unit of depth",
    "next_from_frame": "[4, 4], translation in the unit of depth",
    "flow": "[h, w, 2], (u, v) to the next frame, in pixels of h x w",
    "rigid_flow": "[h, w, 2], (u, v) of a static world, in pixels of h x w",
    "rotation_flow": "[h, w, 2], rigid flow by the camera's rotation, in pixels of h x w",
    "translation_flow": "[h, w, 2], rigid flow minus rotation flow, in pixels of h x w",
    "object_motion": "[h, w, 2], flow minus rigid flow, in pixels of h x w",
    "moving": "[h, w], 1 where the flow cannot come from the camera's motion",
    "scene_flow": "[h, w, 3], motion of each point relative to the camera, in the unit of depth",
}
# JPEG takes an eighth of PNG's time; a mask stays exact.
PICTURE_TYPES = {**dict.fromkeys(["depth", *pictures.FLOWS], "jpg"), "moving": "png"}
UNKNOWN_SCALE = (
    "Lengths are known up to one factor: multiply depth, translation, scene flow and points by the "
    "same number to turn them into metres."
)
METRES = "Lengths are in metres, from a camera {:g} m above the road."
PNG_LENGTH = 16  # Stores depth in 1/16 units; in whole units, depths near 0.1 would have 25 steps.
PNG_UNITS = {
    "raw/depth": f"uint16 = depth * {PNG_LENGTH} * 256 (KITTI's format); 65535: that or more",
    "raw/flow": "uint16 RGB (KITTI): u, v = (value - 32768) / 64, in pixels of the file's size; "
    "B: valid",
}


class PredictionFolder:
    """Writes the views of an input, one by one, to an existing empty folder.

        with PredictionFolder(folder, source, raw="npz", clouds=range(0, 300, 50)) as writer:
            for view in views(...):
                writer.add(view)

    Files about all frames are written when the block ends without an exception.

    Args:
      folder: to write to.
      source: the input of the views.
      raw: "npz", one file per frame with every array of a view; "png", depth and flow in KITTI's
        16-bit formats; or "none".
      clouds: numbers of the frames that get a point cloud; needs intrinsics.
      film_depth: whether each frame's depth is fused with its neighbouring frames.
      camera_height: metres above the road that made the views metric; None: the unit is unknown.
    """

    def __init__(
        self,
        folder: Path,
        source: Input,
        raw: str,
        clouds: Container[int],
        film_depth: bool = False,
        camera_height: float | None = None,
    ):
        self.folder, self.source, self.raw, self.clouds = folder, source, raw, clouds
        self.film_depth = film_depth
        is_metric = camera_height is not None
        self.unit = "metres" if is_metric else "unknown unit"
        self.unit_of_length = METRES.format(camera_height) if is_metric else UNKNOWN_SCALE
        self.rows = [["frame"], ["depth"], ["flow"]]
        if source.intrinsics is not None:
            self.rows = [["frame", "depth"], ["flow", "rigid_flow"], ["object_motion", "moving"]]
        self._painter = pictures.Painter()
        self._poses: list[np.ndarray | None] = []
        self._scales: list[float] = []
        self._under_way: collections.deque[Future] = collections.deque()

    def __enter__(self) -> "PredictionFolder":
        self._open = contextlib.ExitStack()
        if self.source.is_film:
            writer = video.VideoWriter(self.folder / "panel.mp4", self.source.frame_rate)
            self._film = self._open.enter_context(writer)
        self._thread = ThreadPoolExecutor(1)
        # Ends before the film closes: a closed encoder must not get a frame.
        self._open.callback(self._thread.shutdown, cancel_futures=True)
        return self

    def __exit__(self, *exception) -> None:
        with self._open:
            if exception[1] is not None:
                raise exception[1]
            self._finish(waiting=0)
            self._write_path()
            self._write_metadata()

    @property
    def num_frames(self) -> int:
        """The number of views added."""
        return len(self._poses)

    def add(self, view: View) -> None:
        """Writes the files of one frame, beside the caller's work.

        Errors are raised by a later call, or when the block ends.
        """
        if self.num_frames == 0 and view.flow is None:  # Then no view has flow.
            self.rows = [["frame"], ["depth"]]
        self._under_way.append(self._thread.submit(self._write, self.num_frames, view))
        self._poses.append(view.camera_to_first)
        self._scales.append(view.scale)
        self._finish(waiting=WAITING)

    def _finish(self, waiting: int) -> None:
        """Waits until at most `waiting` views are not written; raises the errors of the others."""
        while len(self._under_way) > waiting:
            self._under_way.popleft().result()

    def _write(self, index: int, view: View) -> None:
        number = self.source.number(index)
        drawn = self._painter.pictures(view)
        for name, picture in drawn.items():
            picture = pictures.fitted(name, picture, view.image, pictures.LONGEST)
            write_rgb(self._file(name, number, PICTURE_TYPES[name]), picture)
        self._add_to_panel(index, pictures.panel(view.image, drawn, self.rows))
        if self.raw == "npz":
            self._write_arrays(self._file("raw", number, "npz"), view)
        elif self.raw == "png":
            write_depth(self._file("raw/depth", number, "png"), PNG_LENGTH * view.depth)
            if view.flow is not None:
                everywhere = np.ones(view.flow.shape[:2])
                write_flow(self._file("raw/flow", number, "png"), view.flow, everywhere)
        if number in self.clouds:
            self._write_cloud(self._file("point_clouds", number, "ply"), view)

    def _write_arrays(self, path: Path, view: View) -> None:
        arrays = {name: getattr(view, name) for name in UNITS}
        arrays = {
            name: np.float64(array) if name in MATRICES else _halved(array)
            for name, array in arrays.items()
            if array is not None
        }
        units = json.dumps({name: f"{UNITS[name]}; {arrays[name].dtype}" for name in arrays})
        np.savez_compressed(path, **arrays, units=units)

    def _file(self, kind: str, number: int, suffix: str) -> Path:
        """The path of a frame's file in the sub-folder `kind`, which is created if missing."""
        (self.folder / kind).mkdir(parents=True, exist_ok=True)
        return self.folder / kind / f"{number:06d}.{suffix}"

    def _add_to_panel(self, index: int, page: np.ndarray) -> None:
        """Adds a page to the film; for images, writes the first page only."""
        if self.source.is_film:
            self._film.add(page)
        elif index == 0:
            write_rgb(self.folder / "panel.png", page)

    def _write_cloud(self, path: Path, view: View) -> None:
        comment = f"the first camera's axes: x right, y down, z ahead; {self.unit}"
        points, colours = point_cloud.points(view, self.source.intrinsics)
        ply_files.write_ply(path, points, colours, comment)

    def _write_path(self) -> None:
        """Writes the camera's trajectory, if known, in two formats and as a plot."""
        if len(self._poses) == 1 or self._poses[0] is None:
            return
        poses = np.stack(self._poses)
        trajectory_files.write_kitti(self.folder / "trajectory_kitti.txt", poses)
        times = np.array(self.source.times[: len(poses)])
        trajectory_files.write_tum(self.folder / "trajectory_tum.txt", poses, times)
        plot = visualize.trajectory_plot({"camera": poses[:, :3, 3]}, unit=self.unit)
        write_rgb(self.folder / "trajectory.png", plot)

    def _write_metadata(self) -> None:
        intrinsics = self.source.intrinsics
        metadata = {
            "frames": len(self._poses),
            "frame_numbers": [self.source.number(i) for i in range(len(self._poses))],
            "frame_rate": self.source.frame_rate,
            "seconds": self.source.times[: len(self._poses)],
            "image_size": {"height": self.source.size[0], "width": self.source.size[1]},
            "intrinsics": None if intrinsics is None else np.asarray(intrinsics).tolist(),
            "intrinsics_guessed": self.source.intrinsics_guessed,
            "film_depth": self.film_depth,
            "unit_of_length": self.unit_of_length,
            "units": {"npz": UNITS, "png": PNG_UNITS, "none": {}}[self.raw],
            "point_clouds": f"no points beyond {point_cloud.FARTHEST:g} medians of the depth",
            "scales": self._scales,
        }
        (self.folder / "metadata.json").write_text(json.dumps(metadata, indent=1) + "\n")


def _halved(array: np.ndarray) -> np.ndarray:
    """Half precision: errors below 0.05 %. The largest number stands for all larger ones."""
    largest = np.finfo(np.float16).max
    return np.clip(array, -largest, largest).astype(np.float16)
