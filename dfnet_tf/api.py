"""A run's networks in Python, for images and films; `dfnet_tf.load` loads them."""

import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dfnet_tf.data.preparation import given_camera
from dfnet_tf.evaluation.depth_metrics import depth_from_disparity
from dfnet_tf.evaluation.flow_metrics import resized_flow
from dfnet_tf.prediction import inputs
from dfnet_tf.prediction.depth_views import depth_views
from dfnet_tf.prediction.predictor import Predictor
from dfnet_tf.prediction.views import View, views
from dfnet_tf.program import locations
from dfnet_tf.training import checkpoints


class Networks:
    """The trained networks of a run. Images are uint8 RGB [H, W, 3] of any size.

    Depths and camera motions are relative: multiplied by one unknown number, they are in metres.

    Args:
      run_dir: a run folder, a published folder, or the name of published networks: `mobile`.

    Raises:
      ConfigError, RunError: the folder is not a run, or its checkpoints are damaged.
    """

    def __init__(self, run_dir: str | os.PathLike[str]):
        self.run_dir = locations.run_folder(Path(run_dir).expanduser())
        self.trained = checkpoints.trained_networks(self.run_dir)
        self._predictor = Predictor(checkpoints.load_trained(self.run_dir))

    def depth(self, image: np.ndarray) -> np.ndarray:
        """Depth along the optical axis, float32 [H, W], relative.

        Raises:
          ValueError: `image` is not uint8 [H, W, 3], or the run has no depth network.
        """
        self._require("depth_net")
        height, width = _size(image)
        return depth_from_disparity(self._predictor.disparity(image), height, width)

    def flow(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Optical flow, float32 [H, W, 2]: (u, v), right and down, in pixels of the images.

        The pixel (x, y) of `first` shows what `second` shows at (x + u, y + v).

        Raises:
          ValueError: the images are not uint8 [H, W, 3] of one size, or the run has no flow
            network.
        """
        self._require("flow_net")
        height, width = _size(first)
        if _size(second) != (height, width):
            raise ValueError(
                f"Expected two images of one size. Received: {first.shape} and {second.shape}."
            )
        return resized_flow(self._predictor.flow(first, second), height, width)

    def film(
        self, path: str | os.PathLike[str], fov_degrees: float | None = None
    ) -> Iterator[View]:
        """Yields a view of every frame, in order: depth, flow, the camera's pose and more.

        Arrays have the networks' resolution; depths and motions of the whole film have one scale.
        A run without a flow network gives depth alone, and each frame has its own scale.

        Args:
          path: of a film, a folder of images in order, a clip folder, or an image.
          fov_degrees: the camera's horizontal field of view; a clip folder has its own intrinsics.
            If it is unknown, views have no rigid flow, object motion, moving mask and scene flow.

        Raises:
          ValueError: `path` cannot be read, `fov_degrees` is not an angle in degrees, or the run
            has no depth network.
        """
        camera = None
        if fov_degrees is not None:
            if fov_degrees >= 180:
                raise ValueError(f"Expected a field of view below 180. Received: {fov_degrees}.")
            camera = given_camera.from_field_of_view(fov_degrees)
        source = inputs.open_input([Path(path).expanduser()], camera)
        for remark in source.remarks:
            warnings.warn(remark, stacklevel=2)
        return self.views(source)

    def views(self, source: inputs.Input, film_depth: bool = True) -> Iterator[View]:
        """Yields a view of every frame of an opened recording.

        Args:
          source: the recording.
          film_depth: for a film with known camera, fuse each frame's depth with its neighbours'.

        Raises:
          ValueError: the run has no depth network.
        """
        self._require("depth_net")
        if "flow_net" not in self.trained:
            return depth_views(self._predictor, source.frames())
        fuses = film_depth and source.is_film and source.intrinsics is not None
        return views(self._predictor, source.frames(), source.intrinsics, fuses)

    def _require(self, network: str) -> None:
        if network not in self.trained:
            raise ValueError(
                f"Expected a run that trained {network}. Received: {self.run_dir}, which trained "
                f"{', '.join(self.trained)}."
            )


def _size(image: np.ndarray) -> tuple[int, int]:
    """(height, width) of an image; raises ValueError for anything else."""
    is_array = isinstance(image, np.ndarray)
    if is_array and image.dtype == np.uint8 and image.ndim == 3:
        height, width, channels = image.shape
        if height and width and channels == 3:
            return height, width
    received = f"{image.dtype} {list(image.shape)}" if is_array else type(image).__name__
    raise ValueError(f"Expected an RGB image, uint8 [H, W, 3]. Received: {received}.")
