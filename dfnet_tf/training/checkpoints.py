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
from dfnet_tf.model import STAGES, DFNet

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


def load_trained(run_dir: pathlib.Path, networks: Sequence[str] = ()) -> DFNet:
    """The model of a run with its newest weights, in float32, ready to predict.

    Args:
      run_dir: the run's folder.
      networks: which of depth_net, pose_net and flow_net must have been trained.

    Raises:
      ConfigError: the folder holds no readable config.json.
      RunError: it holds no finished checkpoint, or a damaged one; or its stage left out one of
        `networks`.
    """
    path = _newest(run_dir)  # A folder without a run is told so, not that its settings are missing.
    config = Config.load(run_dir / "config.json")
    trained = STAGES[config.training.stage]
    if missing := [name for name in networks if name not in trained]:
        raise RunError(
            f"{run_dir}: expected a run that trained {', '.join(missing)}. Received: one of "
            f"--stage={config.training.stage}, which trained {', '.join(trained)}."
        )
    keras.config.set_dtype_policy("float32")
    model = DFNet(config)
    model.build()
    _load_networks(model, path, STAGES["joint"])
    return model


def start_from(model: DFNet, run_dirs: Sequence[pathlib.Path]) -> None:
    """Gives a built, not yet compiled model the networks that other runs trained.

    Of each run, the newest weights of the networks that both its stage and the model's train.
    Learned intrinsics stay: a run's are those of its own clips.

    Raises:
      ConfigError: a folder holds no readable config.json.
      RunError: a folder holds no finished checkpoint, or a damaged one, or other networks, or none
        that the model's stage trains; or two trained the same network.
    """
    wanted, origin = STAGES[model.config.training.stage], {}
    for run_dir in run_dirs:
        path, config = _newest(run_dir), Config.load(run_dir / "config.json")
        trained = STAGES[config.training.stage]
        networks = [name for name in wanted if name in trained]
        if config.network.name != model.config.network.name or not networks:
            raise RunError(
                f"{run_dir}: expected a run that trained {' or '.join(wanted)} of preset "
                f"{model.config.network.name}. Received: one of {config.network.name} that trained "
                f"{', '.join(trained)}."
            )
        for name in networks:
            if name in origin:
                raise RunError(
                    f"Expected runs that trained different networks. Received: {origin[name]} and "
                    f"{run_dir}, both with a trained {name}."
                )
            origin[name] = run_dir
        _load_networks(model, path, networks)


def _newest(run_dir: pathlib.Path) -> pathlib.Path:
    paths = all_checkpoints(run_dir)
    if not paths:
        raise RunError(
            f"Expected a run folder with checkpoints/step_*.weights.h5. Received: {run_dir}."
        )
    return paths[-1]


def _load_networks(model: DFNet, path: pathlib.Path, networks: Sequence[str]) -> None:
    """Loads these networks alone: what else a run holds (cameras, trackers) is its own affair."""
    others = [getattr(model, name) for name in STAGES["joint"] if name not in networks]
    if model.cameras:
        others.append(model.cameras)
    _load(model, path, skipped=[*others, *model.term_trackers])


def _load(model: DFNet, path: pathlib.Path, skipped: Sequence[keras.layers.Layer] = ()) -> None:
    try:
        model.load_weights(path, objects_to_skip=skipped)
    except (OSError, KeyError, ValueError) as error:  # Of h5py and Keras, without the path.
        raise RunError(
            f"{path}: expected a whole checkpoint of this run; delete it to go on from the one "
            f"before. Received: {error}"
        ) from error
