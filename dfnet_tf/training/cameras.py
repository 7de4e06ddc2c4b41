"""The learned intrinsics of a run's clips: first guesses, whose they are, and their files."""

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
    """The clips, with the intrinsics that the last of the runs to do so learned for them."""
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
    """Notes the clips of a new run in clips.txt, or checks them against those of the run in it.

    Checkpoints know cameras by their number alone.

    Raises:
      RunError: two clips have one name, or the run was begun with other clips.
    """
    names, path = [clip.name for clip in clips], run_dir / "clips.txt"
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise RunError(
            "Expected clips of different names, as each has learned intrinsics of its own. "
            f"Received: several called {', '.join(twice)}."
        )
    if not path.exists():
        with outputs.whole_file(path) as new:
            new.write_text("\n".join(names))
    elif (before := path.read_text().splitlines()) != names:
        raise RunError(
            f"Expected the clips that {run_dir} was begun with, in their order, whose intrinsics "
            f"it has learned: {', '.join(before)}. Received: {', '.join(names)}."
        )


class IntrinsicsFiles(keras.callbacks.Callback):
    """After every epoch, writes intrinsics/CLIP.txt and shows the focal length.

    The files are 3x3, in pixels of the clip's own images, as a clip's intrinsics.txt. `focal_x`, in
    the epoch's line and in TensorBoard, is the average over the clips, in pixels of the training
    size.
    """

    def __init__(self, run_dir: pathlib.Path, clips: Sequence[Clip], config: DataConfig):
        super().__init__()
        self.folder = run_dir / "intrinsics"
        self.clips, self.config = clips, config

    def on_epoch_end(self, epoch, logs=None):  # noqa: ARG002 (Keras's signature)
        with averaging.averaged(self.model):  # As in the checkpoint, whose networks they go with.
            learned = np.array(self.model.cameras.matrices())
        logs["focal_x"] = learned[:, 0, 0].mean()
        for clip, intrinsics in zip(self.clips, learned, strict=True):
            trained_at = self.config.height, self.config.width
            own = camera.resized_intrinsics(intrinsics, trained_at, clip.size)
            with outputs.whole_file(self.folder / f"{clip.name}.txt") as new:
                write_intrinsics(new, own, clip.size)
