"""A training run: starts or resumes, shows progress, stops on NaN."""

import dataclasses
import math
import pathlib
import sys
from collections.abc import Sequence

import keras
import tensorflow as tf

from dfnet_tf.config import Config, DataConfig
from dfnet_tf.data import pipeline
from dfnet_tf.data.clip import Clip
from dfnet_tf.model import STAGES, DFNet
from dfnet_tf.training import cameras, checkpoints, imagenet, schedule, summaries
from dfnet_tf.training.check_up import CheckUp


class DivergedError(ValueError):
    """A loss that is no longer a number."""


def train(
    config: Config,
    clips: Sequence[Clip],
    run_dir: pathlib.Path,
    init_from: Sequence[pathlib.Path] = (),
) -> DFNet:
    """Trains until the configured last epoch, from the run's newest checkpoint if it has one.

    Batches, and so the weights, do not depend on how often the run was stopped and resumed. A
    new run starts from the networks that the runs `init_from` trained.

    Raises:
      ClipError: an image cannot be read, or no clip is long enough.
      RunError: `run_dir` holds a run with other settings, or a damaged checkpoint; or one that
        learned the intrinsics of other clips; or the runs `init_from` cannot be started from.
      ImageNetError: the settings ask for ImageNet's weights, and they are not installed.
      DivergedError: a loss term became NaN or infinite; the last checkpoint stays.
    """
    # One of TensorFlow's graph optimizations fails on the gradient of leaky ReLU, and says so in a
    # line that looks like a broken training.
    tf.config.optimizer.set_experimental_options({"remapping": False})
    keras.utils.set_random_seed(config.training.seed)
    keras.config.set_dtype_policy(config.training.precision)
    learns_cameras = config.data.intrinsics == "learned"
    model = DFNet(config, num_cameras=len(clips) if learns_cameras else 0)
    model.build()
    if learns_cameras:
        model.cameras.assign(pipeline.intrinsics_at_training_size(clips, config.data))
    with pipeline.broken_images_named(clips):
        sample = pipeline.plain_batch(clips, config.data, _spread_places(clips, config.data))
        if not checkpoints.all_checkpoints(run_dir):
            _initialise(model, sample, init_from)
        schedule.compile_model(model)
        claim(run_dir, config)  # Only now: settings that cannot work must not bind the folder.
        if learns_cameras:
            cameras.claim_clips(run_dir, clips)
        _fit(model, clips, run_dir, sample)
    return model


def _spread_places(clips: Sequence[Clip], config: DataConfig) -> list[int]:
    """A batch of windows, evenly spread."""
    num_windows = len(pipeline.windows(clips, config)[0])
    return [i * num_windows // config.batch_size for i in range(config.batch_size)]


def _initialise(model: DFNet, sample: dict, init_from: Sequence[pathlib.Path]) -> None:
    """What a new run knows from elsewhere."""
    config = model.config
    if config.network.imagenet and "depth_net" in STAGES[config.training.stage]:
        imagenet.initialise(model.depth_net.encoder)
        frames = tf.concat(tf.unstack(sample["clean_images"]), axis=0)
        imagenet.normalise_features(model.depth_net.encoder, frames)
    checkpoints.start_from(model, init_from)


def _fit(model: DFNet, clips: Sequence[Clip], run_dir: pathlib.Path, sample: dict) -> None:
    """Goes on from the newest checkpoint to the last epoch; `sample` is what is looked at."""
    data, training = model.config.data, model.config.training
    step = checkpoints.restore(model, run_dir)
    if step:
        print(f"Resuming at step {step} of {training.epochs * training.steps_per_epoch}.")
    check_up = CheckUp(run_dir, sample)
    callbacks = [
        StopOnNaN(),
        *([cameras.IntrinsicsFiles(run_dir, clips, data)] if model.cameras else []),
        Checkpoint(run_dir),
        *summaries.callbacks(run_dir, {name: values[:1] for name, values in sample.items()}),
        check_up,
    ]
    try:
        model.fit(
            pipeline.training_batches(clips, data, training.seed, first_step=step),
            initial_epoch=step // training.steps_per_epoch,
            epochs=training.epochs,
            steps_per_epoch=training.steps_per_epoch,
            shuffle=False,  # The pipeline has its own order.
            verbose=1 if sys.stdout.isatty() else 2,  # A live bar, or an epoch's line in a log.
            callbacks=callbacks,
        )
    except (DivergedError, KeyboardInterrupt):
        check_up.report()
        raise


def claim(run_dir: pathlib.Path, config: Config) -> None:
    """Notes the settings in a new run folder, or checks them against those of the run in it.

    Only the number of epochs may differ, so that a finished run can be prolonged.
    """
    path = run_dir / "config.json"
    if path.exists():
        before = Config.load(path)
        prolonged = before.replace(training__epochs=config.training.epochs)
        if prolonged != config:
            raise checkpoints.RunError(
                f"Expected the settings that {run_dir} was begun with, or another --run_dir. "
                f"Received: {_differences(prolonged, config)}."
            )
    run_dir.mkdir(parents=True, exist_ok=True)
    config.save(path)


class Checkpoint(keras.callbacks.Callback):
    """Writes a checkpoint after every epoch."""

    def __init__(self, run_dir: pathlib.Path):
        super().__init__()
        self.run_dir = run_dir

    def on_epoch_end(self, epoch, logs=None):  # noqa: ARG002 (Keras's signature)
        checkpoints.save(self.model, self.run_dir)


class StopOnNaN(keras.callbacks.Callback):
    """Ends training at the first step whose loss is not finite, naming the step and the terms."""

    def on_train_batch_end(self, batch, logs=None):  # noqa: ARG002 (Keras's signature)
        broken = [name for name, value in logs.items() if not math.isfinite(value)]
        if broken:
            raise DivergedError(
                f"Expected finite losses. Received: NaN or infinity at step "
                f"{int(self.model.optimizer.iterations.numpy())} in {', '.join(broken)}. "
                "The last checkpoint is kept; try a lower --learning_rate."
            )


def _differences(before: Config, after: Config) -> str:
    """The settings that changed, `section.name: old -> new`."""
    changes = []
    for section in dataclasses.fields(Config):
        old, new = getattr(before, section.name), getattr(after, section.name)
        for field in dataclasses.fields(old):  # Another objective has settings of its own.
            pair = getattr(old, field.name), getattr(new, field.name, None)
            if pair[0] != pair[1] and hasattr(new, field.name):
                changes.append(f"{section.name}.{field.name}: {pair[0]} -> {pair[1]}")
    return ", ".join(changes)
