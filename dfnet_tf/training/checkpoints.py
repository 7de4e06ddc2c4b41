"""Checkpoints of a run: one file per epoch with weights, optimizer state and averages.

A run folder holds `config.json` and `checkpoints/step_00001000.weights.h5`, see `weights_file`. If
the newest checkpoint is damaged, the one before it is used.
"""

import pathlib
import re
import sys
from collections.abc import Sequence

import keras

from dfnet_tf import stages
from dfnet_tf.config import Config
from dfnet_tf.models.dfnet import DFNet
from dfnet_tf.training import averaging, runtime, weights_file

KEPT = 2  # Number of checkpoints kept; the previous one stays until the new one is complete.


class RunError(ValueError):
    """A run folder that lacks something, or that was started with other settings."""


def save(model: DFNet, run_dir: pathlib.Path) -> pathlib.Path:
    """Writes the model's state as a new checkpoint and deletes old checkpoints.

    If the weights are averaged, the file's weights are the averages, which predict best.

    Raises:
      OSError: the disk is full or cannot be written; earlier checkpoints stay.
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
    """Loads the newest checkpoint and returns its step, or 0 if there is none.

    Raises:
      RunError: all checkpoints are damaged.
    """
    if not all_checkpoints(run_dir):
        return 0
    path = _load_newest(model, run_dir)
    averaging.exchange(model)
    return step_of(path)


def step_of(path: pathlib.Path) -> int:
    """The training step after which a checkpoint was written."""
    return int(re.search(r"step_(\d+)", path.name)[1])


def trained_networks(run_dir: pathlib.Path) -> tuple[str, ...]:
    """The networks (depth_net, pose_net, flow_net) that a run has; errors as in `load_trained`."""
    _require_one(run_dir)  # First: for a folder without a run, this message is the clearest.
    return stages.of(Config.load(run_dir / "config.json").training).networks


def load_trained(run_dir: pathlib.Path, networks: Sequence[str] = ()) -> DFNet:
    """The model of a run with its newest weights, in float32, ready to predict.

    Args:
      run_dir: the run's folder.
      networks: the networks that must be trained, of depth_net, pose_net and flow_net.

    Raises:
      ConfigError: the folder holds no readable config.json.
      RunError: the folder holds no checkpoint or only damaged ones, or the run lacks one of
        `networks`.
    """
    trained = trained_networks(run_dir)
    config = Config.load(run_dir / "config.json")
    if missing := [name for name in networks if name not in trained]:
        raise RunError(
            f"{run_dir}: expected a run that trained {', '.join(missing)}. Received: a run with "
            f"--stage={config.training.stage}, which trained {', '.join(trained)}."
        )
    if stages.of(config.training).model != "DFNet":  # A student has the networks of a DFNet.
        config = config.replace(
            training__stage="joint", training__teacher="network", training__rounds=1
        )
    with runtime.dtype_policy("float32"):
        model = DFNet(config)
        model.build()
    _load_networks(model, run_dir, stages.NETWORKS)
    return model


def publish(model: DFNet, run_dir: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """Writes a run with only its networks, in float16, to an empty `folder`.

    Args:
      model: the networks.
      run_dir: the run whose settings and number of steps the folder gets.
      folder: to write to.

    Returns:
      the path of the weights file.

    Raises:
      ConfigError: `run_dir` holds no readable config.json.
    """
    Config.load(run_dir / "config.json").save(folder / "config.json")
    path = folder / "checkpoints" / all_checkpoints(run_dir)[-1].name
    path.parent.mkdir()
    weights_file.write(model, path, half=True)
    return path


def start_from(model: DFNet, run_dirs: Sequence[pathlib.Path]) -> set[str]:
    """Loads networks that other runs trained into a built, not yet compiled model.

    Each run gives the networks that both its stage and the model's stage have. If several runs
    trained a network, the last run wins. Stage `distil` needs all networks. Learned intrinsics are
    not loaded, because they belong to the run's own clips.

    Returns:
      the names of the loaded networks.

    Raises:
      ConfigError: a folder holds no readable config.json.
      RunError: a folder holds no intact checkpoint, networks of another preset, no network of the
        model's stage, or only networks that later runs have too; or a needed network is missing.
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
                f"{model.config.network.name}. Received: a run of preset {config.network.name} "
                f"that trained {', '.join(trained)}."
            )
        if "flow_net" in networks:
            _require_upsampling(run_dir, config, model.config)
        origin |= dict.fromkeys(networks, run_dir)
    missing = [name for name in wanted if name not in origin]
    if missing and model.stage.needs_trained_networks:
        raise RunError(
            f"Expected --init_from with a run that trained {', '.join(missing)}, for "
            f"--stage={model.config.training.stage}. "
            f"Received: {', '.join(map(str, run_dirs)) or 'none'}."
        )
    for run_dir in run_dirs:
        networks = [name for name in origin if origin[name] == run_dir]
        if not networks:
            raise RunError(
                f"{run_dir}: expected a run with a network that no later --init_from has. "
                f"Received: {', '.join(map(str, run_dirs))}, in this order."
            )
        _load_networks(model, run_dir, networks)
    return set(origin)


def _require_upsampling(run_dir: pathlib.Path, given: Config, wanted: Config) -> None:
    """Raises RunError if two flow networks upsample differently."""
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
    """Loads only these networks, not the run's cameras or teacher."""
    _load_newest(model, run_dir, [layer for layer in model.layers if layer.name not in networks])


def _load_newest(
    model: DFNet, run_dir: pathlib.Path, skipped: Sequence[keras.layers.Layer] = ()
) -> pathlib.Path:
    """Loads the newest intact checkpoint; prints a message if newer ones are damaged."""
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
