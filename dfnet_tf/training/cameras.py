"""The learned intrinsics of a run's clips: first guesses, clip names and files."""

import dataclasses
import pathlib
from collections.abc import Sequence

import keras
import numpy as np

from dfnet_tf.config import DataConfig
from dfnet_tf.data.clip import Clip
from dfnet_tf.data.files.intrinsics_files import read_intrinsics, write_intrinsics
from dfnet_tf.geometry import camera
from dfnet_tf.program import outputs
from dfnet_tf.training import averaging
from dfnet_tf.training.checkpoints import RunError


def with_learned(clips: Sequence[Clip], run_dirs: Sequence[pathlib.Path]) -> list[Clip]:
    """The clips, with intrinsics learned by the runs; the last run that learned a clip wins."""
    learned = {}
    for run_dir in run_dirs:
        learned |= {path.stem: path for path in (run_dir / "intrinsics").glob("*.txt")}
    return [
        dataclasses.replace(
            clip,
            intrinsics=read_intrinsics(learned[clip.name], clip.size),
            intrinsics_guessed=False,
        )
        if clip.name in learned
        else clip
        for clip in clips
    ]


def claim_clips(run_dir: pathlib.Path, clips: Sequence[Clip]) -> None:
    """Writes the clip names of a new run to clips.txt, or checks them when a run is resumed.

    Checkpoints store cameras only by number.

    Raises:
      RunError: two clips have the same name, or the run was started with other clips.
    """
    names, path = [clip.name for clip in clips], run_dir / "clips.txt"
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise RunError(
            "Expected clips with different names, because each has its own learned intrinsics. "
            f"Received: several called {', '.join(twice)}."
        )
    if not path.exists():
        with outputs.whole_file(path) as new:
            new.write_text("\n".join(names))
    elif (before := path.read_text().splitlines()) != names:
        raise RunError(
            f"Expected the clips with which {run_dir} was started, in the same order, because it "
            f"has learned their intrinsics: {', '.join(before)}. Received: {', '.join(names)}."
        )


class IntrinsicsFiles(keras.callbacks.Callback):
    """Writes intrinsics/CLIP.txt after every epoch and logs the focal length.

    The files are 3x3 matrices in pixels of the clip's own images, like a clip's intrinsics.txt. The
    logged `focal_x` is the mean over the clips, in pixels of the training size.
    """

    def __init__(self, run_dir: pathlib.Path, clips: Sequence[Clip], config: DataConfig):
        super().__init__()
        self.folder = run_dir / "intrinsics"
        self.clips, self.config = clips, config

    def on_epoch_end(self, epoch, logs=None):  # noqa: ARG002 (Keras's signature)
        with averaging.averaged(self.model):  # The checkpoint's networks are averaged too.
            learned = np.array(self.model.cameras.matrices())
        logs["focal_x"] = learned[:, 0, 0].mean()
        for clip, intrinsics in zip(self.clips, learned, strict=True):
            trained_at = self.config.height, self.config.width
            own = camera.resized_intrinsics(intrinsics, trained_at, clip.size)
            with outputs.whole_file(self.folder / f"{clip.name}.txt") as new:
                write_intrinsics(new, own, clip.size)
