"""Training on one device, on all devices of a machine, or on several machines: `tf.distribute`.

Every strategy takes the same global batches and gives the same weights, up to the rounding of sums
in another order. So a run may be stopped under one strategy and resumed under another. No network
here normalises over a batch, so no other state needs synchronising.
"""

import json
import os
from collections.abc import Callable

import tensorflow as tf

from dfnet_tf.config import Config, ConfigError
from dfnet_tf.data.batches.pipeline import Part


def make(name: str) -> tf.distribute.Strategy:
    """Makes the strategy one, mirrored, multi_worker or auto. Call it before any computation.

    auto: multi_worker if TF_CONFIG is set, mirrored if there are several GPUs, otherwise one.

    Raises:
      ConfigError: TF_CONFIG is missing or malformed for multi_worker; or the name is unknown.
    """
    gpus = tf.config.list_physical_devices("GPU")
    if name == "auto":
        on_this_machine = "mirrored" if len(gpus) > 1 else "one"
        name = "multi_worker" if "TF_CONFIG" in os.environ else on_this_machine
    if name == "one":
        return tf.distribute.get_strategy()
    if name == "mirrored":
        devices = tf.config.list_logical_devices("GPU" if gpus else "CPU")
        return tf.distribute.MirroredStrategy([device.name for device in devices])
    if name == "multi_worker":
        _check_cluster(os.environ.get("TF_CONFIG", ""))
        return tf.distribute.MultiWorkerMirroredStrategy()
    raise ConfigError(
        f"Expected a strategy of one, mirrored, multi_worker, auto. Received: {name}."
    )


def _check_cluster(text: str) -> None:
    """Raises ConfigError unless `text` is a TF_CONFIG with the workers and this task."""
    try:
        settings = json.loads(text)
        kind, index = settings["task"]["type"], int(settings["task"]["index"])
        known = kind in ("chief", "worker") and index in range(len(settings["cluster"][kind]))
    except (ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise ConfigError(
            "Expected TF_CONFIG in the environment to name the workers and which this one is, as "
            '{"cluster": {"worker": ["host0:2222", "host1:2222"]}, '
            '"task": {"type": "worker", "index": 0}}. '
            f"Received: {text or 'none'}."
        )


def check_shares(strategy: tf.distribute.Strategy, config: Config) -> None:
    """Raises ConfigError if the devices cannot share the batches, a film's labels or a clock."""
    if config.training.teacher == "film" and strategy.cluster_resolver is not None:
        raise ConfigError(
            "Expected one machine, with any number of devices, for --teacher=film, because its "
            "labels are stored in --run_dir. Received: several workers."
        )
    if config.training.minutes and strategy.cluster_resolver is not None:
        raise ConfigError(
            "Expected one machine for --minutes, because the clocks of several would end different "
            "epochs. Received: several workers."
        )
    batch_size, devices = config.data.batch_size, strategy.num_replicas_in_sync
    if batch_size % devices:
        raise ConfigError(
            f"Expected a --batch_size that {devices} devices can share evenly. "
            f"Received: {batch_size}."
        )


def description(strategy: tf.distribute.Strategy, config: Config) -> str:
    """Describes the number of devices and their parts of the global batch."""
    batch_size, devices = config.data.batch_size, strategy.num_replicas_in_sync
    if devices == 1:
        return f"1 device. Global batch: {batch_size} clips."
    return f"{devices} devices. Global batch: {batch_size} clips, {batch_size // devices} on each."


def distributed(strategy: tf.distribute.Strategy, batches: Callable[..., tf.data.Dataset]):
    """The data set for `fit` under a strategy; `batches(part=...)` makes one worker's part."""
    if strategy.num_replicas_in_sync == 1:
        return batches()

    def of_worker(context: tf.distribute.InputContext) -> tf.data.Dataset:
        workers = context.num_input_pipelines
        replicas = context.num_replicas_in_sync // workers
        return batches(part=Part(context.input_pipeline_id, workers, replicas))

    return strategy.distribute_datasets_from_function(of_worker)
