"""Checkpoints of a run: weights and optimizer in one file each, whole or not there at all.

A run folder holds `config.json` and `checkpoints/step_00001000.weights.h5`, Keras's own format,
which every backend reads.
"""

import os
import pathlib
import re
from collections.abc import Sequence

import keras

from dfnet_tf.config import Config
from dfnet_tf.model import DFNet

KEPT = 2  # The newest ones; the one before stays until the next is complete.


class RunError(ValueError):
    """A run folder that lacks what is asked of it, or that belongs to other settings."""


def save(model: DFNet, run_dir: pathlib.Path) -> pathlib.Path:
    """Writes the model's state as a new checkpoint, and deletes all but the newest."""
    folder = run_dir / "checkpoints"
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / "unfinished.weights.h5"
    model.save_weights(unfinished, overwrite=True)
    with open(unfinished, "rb") as file:
        os.fsync(file.fileno())
    path = folder / f"step_{int(model.optimizer.iterations.numpy()):08d}.weights.h5"
    os.replace(unfinished, path)
    for old in all_checkpoints(run_dir)[:-KEPT]:
        old.unlink()
    return path


def all_checkpoints(run_dir: pathlib.Path) -> list[pathlib.Path]:
    """The complete checkpoints of a run, oldest first."""
    return sorted((run_dir / "checkpoints").glob("step_*.weights.h5"))


def restore(model: DFNet, run_dir: pathlib.Path) -> int:
    """Loads the newest checkpoint, if there is one, and returns its step (0 without one).

    Raises:
      RunError: it is damaged.
    """
    paths = all_checkpoints(run_dir)
    if not paths:
        return 0
    _load(model, paths[-1])
    return step_of(paths[-1])


def step_of(path: pathlib.Path) -> int:
    """The training step that a checkpoint was written after."""
    return int(re.search(r"step_(\d+)", path.name)[1])


def load_trained(run_dir: pathlib.Path) -> DFNet:
    """The model of a run with its newest weights, in float32, ready to predict.

    Raises:
      ConfigError: the folder holds no readable config.json.
      RunError: it holds no finished checkpoint, or a damaged one.
    """
    _newest(run_dir)  # A folder without a run is told so, not that its settings are missing.
    config = Config.load(run_dir / "config.json")
    keras.config.set_dtype_policy("float32")
    model = DFNet(config)
    model.build()
    load_networks(model, run_dir)
    return model


def load_networks(model: DFNet, run_dir: pathlib.Path) -> None:
    """Gives a built, not yet compiled model the newest weights of a run of the same networks.

    Learned intrinsics stay: they are those of the other run's clips.

    Raises:
      RunError: the folder holds no finished checkpoint, or a damaged one, or other networks.
    """
    _load(model, _newest(run_dir), [model.cameras] if model.cameras else [])


def _newest(run_dir: pathlib.Path) -> pathlib.Path:
    paths = all_checkpoints(run_dir)
    if not paths:
        raise RunError(
            f"Expected a run folder with checkpoints/step_*.weights.h5. Received: {run_dir}."
        )
    return paths[-1]


def _load(model: DFNet, path: pathlib.Path, skipped: Sequence[keras.layers.Layer] = ()) -> None:
    try:
        model.load_weights(path, objects_to_skip=skipped)
    except (OSError, KeyError, ValueError) as error:  # Of h5py and Keras, without the path.
        raise RunError(
            f"{path}: expected a whole checkpoint of this run; delete it to go on from the one "
            f"before. Received: {error}"
        ) from error
