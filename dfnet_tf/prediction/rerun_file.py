"""A recording for the 3-D viewer Rerun: frames, depth, points and the camera's path."""

from pathlib import Path

import numpy as np

from dfnet_tf.geometry import camera
from dfnet_tf.prediction import point_cloud
from dfnet_tf.prediction.inputs import Input
from dfnet_tf.prediction.views import View
from dfnet_tf.program import outputs

try:
    import rerun
except ImportError as error:
    raise ValueError(
        "Expected the package rerun-sdk with --rerun; `pip install rerun-sdk` installs it. "
        f"Received: {error}."
    ) from error

FEWER = 4  # Every fourth point is shown.
JPEG_QUALITY = 90


class RerunFile:
    """Writes views, one by one, to a file that `rerun FILE.rrd` shows; whole or not at all.

        with RerunFile(path, source) as writer:
            for view in views(...):
                writer.add(view)

    Args:
      path: of the file.
      source: the input of the views, with intrinsics.
    """

    def __init__(self, path: Path, source: Input):
        self.path, self.source = path, source
        self._places: list[np.ndarray] = []

    def __enter__(self) -> "RerunFile":
        self._whole = outputs.whole_file(self.path)
        self._recording = rerun.RecordingStream("dfnet_tf")
        self._recording.save(self._whole.__enter__())
        self._recording.log("world", rerun.ViewCoordinates.RDF, static=True)
        return self

    def __exit__(self, *exception) -> None:
        self._recording.disconnect()  # Writes what is still held in memory.
        self._whole.__exit__(*exception)

    def add(self, view: View) -> None:
        """Adds the frame, its depth, its points and the path up to it."""
        index = len(self._places)
        self._recording.set_time("frame", sequence=self.source.number(index))
        self._recording.set_time("time", duration=self.source.times[index])
        motion = np.eye(4) if view.camera_to_first is None else view.camera_to_first
        self._places.append(motion[:3, 3])
        points, colours = point_cloud.points(view, self.source.intrinsics)
        picture = rerun.Image(view.image).compress(jpeg_quality=JPEG_QUALITY)
        for name, content in {
            "camera": rerun.Transform3D(translation=motion[:3, 3], mat3x3=motion[:3, :3]),
            "camera/frame": self._pinhole(view.image.shape[:2]),
            "camera/frame/picture": picture,
            "camera/depth": self._pinhole(view.depth.shape),
            "camera/depth/picture": rerun.DepthImage(view.depth, meter=1.0),
            "points": rerun.Points3D(points[::FEWER], colors=colours[::FEWER]),
            "path": rerun.LineStrips3D([np.stack(self._places)]),
        }.items():
            self._recording.log(f"world/{name}", content)

    def _pinhole(self, size: tuple[int, int]) -> "rerun.Pinhole":
        intrinsics = camera.resized_intrinsics(self.source.intrinsics, self.source.size, size)
        return rerun.Pinhole(image_from_camera=intrinsics, resolution=size[::-1])
