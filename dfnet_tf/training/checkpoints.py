"""Checkpoints of a run: weights, optimizer and averages of the epoch, in one file each.

A run folder holds `config.json` and `checkpoints/step_00001000.weights.h5`, see `weights_file`. One
that turns out to be damaged is passed over for the one before.
"""

import pathlib
import re
import sys
from collections.abc import Sequence

import keras

from dfnet_tf import stages
from dfnet_tf.config import Config
from dfnet_tf.models.dfnet import DFNet
from dfnet_tf.training import averaging, weights_file

KEPT = 2  # The newest ones; the one before stays until the next is complete.


class RunError(ValueError):
    """A run folder that lacks what is asked of it, or that belongs to other settings."""


def save(model: DFNet, run_dir: pathlib.Path) -> pathlib.Path:
    """Writes the model's state as a new checkpoint, and deletes all but the newest.

    Where the weights are averaged, the file's weights are the averages: what is predicted with.

    Raises:
      OSError: the disk is full, or otherwise refuses; the checkpoints before stay.
    """
    step = int(model.optimizer.iterations.numpy())
    path = run_dir / "checkpoints" / f"step_{step:08d}.weights.h5"
    path.parent.mkdir(parents=True, exist_ok=True)
    with averaging.averaged(model):
        weights_file.write(model, path)
    for old in all_checkpoints(run_dir)[:-KEPT]:
        old.unlink(missing_ok=True)
    return path


def all_checkpoints(run_dir: pathlib.Path) -> list[pathlib.Path]:
    """The complete checkpoints of a run, oldest first."""
    return sorted((run_dir / "checkpoints").glob("step_*.weights.h5"))


def restore(model: DFNet, run_dir: pathlib.Path) -> int:
    """Loads the newest checkpoint, if there is one, and returns its step (0 without one).

    Raises:
      RunError: each is damaged.
    """
    if not all_checkpoints(run_dir):
        return 0
    path = _load_newest(model, run_dir)
    averaging.exchange(model)
    return step_of(path)


def step_of(path: pathlib.Path) -> int:
    """The training step that a checkpoint was written after."""
    return int(re.search(r"step_(\d+)", path.name)[1])


def trained_networks(run_dir: pathlib.Path) -> tuple[str, ...]:
    """Which of depth_net, pose_net and flow_net a run trained; errors as of `load_trained`."""
    _require_one(run_dir)  # A folder without a run is told so, not that its settings are missing.
    return stages.of(Config.load(run_dir / "config.json").training).networks


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
    trained = trained_networks(run_dir)
    config = Config.load(run_dir / "config.json")
    if missing := [name for name in networks if name not in trained]:
        raise RunError(
            f"{run_dir}: expected a run that trained {', '.join(missing)}. Received: one of "
            f"--stage={config.training.stage}, which trained {', '.join(trained)}."
        )
    if stages.of(config.training).model != "DFNet":  # A student has the networks of a DFNet.
        config = config.replace(
            training__stage="joint", training__teacher="network", training__rounds=1
        )
    keras.config.set_dtype_policy("float32")
    model = DFNet(config)
    model.build()
    _load_networks(model, run_dir, stages.NETWORKS)
    return model


def publish(run_dir: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """Makes a run of the newest networks alone, in float16, in an empty `folder`.

    Returns:
      the file of its weights.

    Raises:
      ConfigError, RunError: as of `load_trained`.
    """
    model = load_trained(run_dir)
    Config.load(run_dir / "config.json").save(folder / "config.json")
    path = folder / "checkpoints" / all_checkpoints(run_dir)[-1].name
    path.parent.mkdir()
    weights_file.write(model, path, half=True)
    return path


def start_from(model: DFNet, run_dirs: Sequence[pathlib.Path]) -> set[str]:
    """Gives a built, not yet compiled model the networks that other runs trained.

    Of each run, the newest weights of the networks that both its stage and the model's have; of a
    network that several runs have, the last one's. Stage `distil` must be given all. Learned
    intrinsics stay: a run's are those of its own clips.

    Returns:
      the names of the networks given.

    Raises:
      ConfigError: a folder holds no readable config.json.
      RunError: a folder holds no finished checkpoint, or a damaged one, or other networks, or none
        that the model's stage has, or none but what later runs have too; or one is missing.
    """
    wanted, origin = model.stage.networks, {}
    for run_dir in run_dirs:
        _require_one(run_dir)
        config = Config.load(run_dir / "config.json")
        trained = stages.of(config.training).networks
        networks = [name for name in wanted if name in trained]
        if config.network.name != model.config.network.name or not networks:
            raise RunError(
                f"{run_dir}: expected a run that trained {' or '.join(wanted)} of preset "
                f"{model.config.network.name}. Received: one of {config.network.name} that trained "
                f"{', '.join(trained)}."
            )
        if "flow_net" in networks:
            _require_upsampling(run_dir, config, model.config)
        origin |= dict.fromkeys(networks, run_dir)
    missing = [name for name in wanted if name not in origin]
    if missing and model.stage.needs_trained_networks:
        raise RunError(
            f"Expected --init_from a run that trained {', '.join(missing)}, with "
            f"--stage={model.config.training.stage}. "
            f"Received: {', '.join(map(str, run_dirs)) or 'none'}."
        )
    for run_dir in run_dirs:
        networks = [name for name in origin if origin[name] == run_dir]
        if not networks:
            raise RunError(
                f"{run_dir}: expected a run with a network that none named after it trained. "
                f"Received: {', '.join(map(str, run_dirs))}, in this order."
            )
        _load_networks(model, run_dir, networks)
    return set(origin)


def _require_upsampling(run_dir: pathlib.Path, given: Config, wanted: Config) -> None:
    """Raises RunError where one of two flow networks enlarges its flow and the other does not."""
    found, expected = (config.network.flow_upsampling for config in (given, wanted))
    if found != expected:
        raise RunError(
            f"{run_dir}: expected a run with flow_upsampling {expected}. Received: one with "
            f"{found}; to start from it, give --flow_upsampling={found}."
        )


def _require_one(run_dir: pathlib.Path) -> None:
    if not all_checkpoints(run_dir):
        raise RunError(
            f"Expected a run folder with checkpoints/step_*.weights.h5. Received: {run_dir}."
        )


def _load_networks(model: DFNet, run_dir: pathlib.Path, networks: Sequence[str]) -> None:
    """Loads these networks alone: a run's cameras and teacher are its own affair."""
    _load_newest(model, run_dir, [layer for layer in model.layers if layer.name not in networks])


def _load_newest(
    model: DFNet, run_dir: pathlib.Path, skipped: Sequence[keras.layers.Layer] = ()
) -> pathlib.Path:
    """Loads the newest checkpoint that is whole, and says so if it is not the last one."""
    errors = []
    for path in reversed(all_checkpoints(run_dir)):
        try:
            weights_file.load(model, path, skipped)
        except weights_file.WeightsError as error:
            errors.append(error)
            continue
        if errors:
            reason = " ".join(str(errors[0]).split())
            print(f"Going back to step {step_of(path)}. {reason}", file=sys.stderr)
        return path
    raise RunError(str(errors[0])) from errors[0]
