"""Measures where the time of `predict` goes: reading, networks, geometry, drawing, writing.

python -m benchmarks.predict_speed --run_dir=pretrained/mobile --input=drive.mp4

Each part runs by itself, after a warm-up, on the same frames; parts that need networks get stored
answers. At the end everything runs together, as in `predict`. Processor time counts all threads.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from absl import flags

from dfnet_tf.program import mains

_RUN_DIR = flags.DEFINE_string("run_dir", None, "The folder of a training run.", required=True)
_INPUT = flags.DEFINE_string("input", None, "A video, a clip or a folder of images.", required=True)
_FOV = flags.DEFINE_float("fov_degrees", 60.0, "Horizontal field of view.", 1.0, 179.0)
_NUM_FRAMES = flags.DEFINE_integer("num_frames", 60, "Number of frames.", lower_bound=24)

WARM_UP = 8  # Frames: the first ones compile functions.
ROWS = [["frame", "depth"], ["flow", "rigid_flow"], ["object_motion", "moving"]]


def main() -> None:
    mains.load_tensorflow()
    from dfnet_tf.data.preparation import given_camera
    from dfnet_tf.prediction import inputs
    from dfnet_tf.prediction.predictor import Predictor
    from dfnet_tf.training import checkpoints

    networks = "depth_net", "pose_net", "flow_net"
    predictor = Predictor(checkpoints.load_trained(Path(_RUN_DIR.value), networks))
    camera = given_camera.from_field_of_view(_FOV.value)
    film = inputs.selected(
        inputs.open_input([Path(_INPUT.value)], camera), range(_NUM_FRAMES.value)
    )
    (height, width), (rows, columns) = film.size, predictor.depth_size
    print(f"\nFrames of {height}x{width}, networks at {rows}x{columns}; ", end="")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    print("| ms a frame | processor time | time |\n|---|---|---|")
    for name, part in _parts(predictor, film).items():
        processor, elapsed = _seconds(part)
        print(f"| {name} | {1e3 * processor:.0f} | {1e3 * elapsed:.0f} |", flush=True)


class StoredAnswers:
    """A predictor's answers for consecutive frames."""

    def __init__(self, predictor, images: list[np.ndarray]):
        self.frames_before, self.frames_after = predictor.frames_before, predictor.frames_after
        self._predictor, self._motions = predictor, {}
        self._disparity = {id(image): predictor.disparity(image) for image in images}
        pairs = zip(images[:-1], images[1:], strict=True)
        self._flows = {id(first): predictor.flows(first, second) for first, second in pairs}

    def disparity(self, image: np.ndarray) -> np.ndarray:
        return self._disparity[id(image)]

    def flows(self, first: np.ndarray, _) -> np.ndarray:
        return self._flows[id(first)]

    def frame_from_next(self, images: list[np.ndarray], index: int, *camera) -> np.ndarray:
        """Stored when first asked for: few frames of a film need it."""
        key = id(images[index])
        if key not in self._motions:
            self._motions[key] = self._predictor.frame_from_next(images, index, *camera)
        return self._motions[key]


def _parts(predictor, film) -> dict[str, Callable[[int], object]]:
    """The parts by name; each takes a number of frames."""
    from dfnet_tf.film.depth import film_depths
    from dfnet_tf.prediction import inputs, pictures
    from dfnet_tf.prediction.views import views

    frames, camera = list(film.frames()), film.intrinsics
    stored = StoredAnswers(predictor, frames)
    seen = list(views(stored, frames, camera, film_depth=True))

    def drawn(count: int) -> None:
        painter = pictures.Painter()
        for view in seen[:count]:
            pictures.panel(view.image, painter.pictures(view), ROWS)

    def all_of_it(count: int) -> None:
        _write(film, views(predictor, film_start(count), camera, film_depth=True))

    def film_start(count: int) -> Iterable[np.ndarray]:
        return inputs.selected(film, range(count)).frames()

    return {
        "reading": lambda count: list(film_start(count)),
        "networks": lambda count: StoredAnswers(predictor, frames[:count]),
        "film geometry": lambda count: list(film_depths(frames[:count], stored.disparity, camera)),
        "film geometry and views": lambda count: list(
            views(stored, frames[:count], camera, film_depth=True)
        ),
        "drawing the panel": drawn,
        "drawing and writing": lambda count: _write(film, seen[:count]),
        "all": all_of_it,
    }


def _write(film, seen: Iterable) -> None:
    from dfnet_tf.prediction.folder import PredictionFolder

    with (
        tempfile.TemporaryDirectory() as folder,
        PredictionFolder(Path(folder), film, "none", ()) as writer,
    ):
        for view in seen:
            writer.add(view)


def _seconds(part: Callable[[int], object]) -> tuple[float, float]:
    """Processor seconds and seconds per frame, after a warm-up."""
    part(WARM_UP)
    start, processor_start = time.perf_counter(), time.process_time()
    part(_NUM_FRAMES.value)
    elapsed = time.perf_counter() - start, time.process_time() - processor_start
    return elapsed[1] / _NUM_FRAMES.value, elapsed[0] / _NUM_FRAMES.value


if __name__ == "__main__":
    mains.run(main)
