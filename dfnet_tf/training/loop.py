"""A training run: starts or resumes it, shows progress, and stops it safely."""

import contextlib
import dataclasses
import functools
import json
import pathlib
import sys
from collections.abc import Sequence

import tensorflow as tf

from dfnet_tf.config import Config
from dfnet_tf.data.batches import broken_frames, pipeline
from dfnet_tf.data.clip import Clip
from dfnet_tf.models.depth_student import DepthStudent
from dfnet_tf.models.dfnet import DFNet
from dfnet_tf.models.kinds import model_of
from dfnet_tf.program import interruption, outputs
from dfnet_tf.training import (
    averaging,
    cameras,
    checkpoints,
    film_teacher,
    imagenet,
    provenance,
    resumption,
    run_lock,
    runtime,
    schedule,
    strategies,
    summaries,
    truth_teacher,
    workers,
)
from dfnet_tf.training.check_up import CheckUp
from dfnet_tf.training.collapse import CollapsedError, StopOnCollapse
from dfnet_tf.training.divergence import DivergedError, StopOnSkipped
from dfnet_tf.training.time_limit import TimeLimit

# Settings that may change when a run is resumed: (section, name).
FREE = (
    ("training", "epochs"),
    ("training", "max_skipped_steps"),
    ("training", "minutes"),
    ("data", "broken_share"),
)


def train(
    config: Config,
    clips: Sequence[Clip],
    run_dir: pathlib.Path,
    init_from: Sequence[pathlib.Path] = (),
    strategy: tf.distribute.Strategy | None = None,
    shared_labels: pathlib.Path | None = None,
) -> DFNet:
    """Trains until the last configured epoch, from the run's newest checkpoint if there is one.

    With `training.minutes`, training may end after an earlier epoch; the same call continues.

    Batches and weights do not depend on how often and where a run was stopped and resumed. A new
    run starts from the networks that the runs `init_from` trained. Ctrl-C and SIGTERM stop
    training after the current step, with a checkpoint.

    `strategy` is one of `strategies` (None: one device). It changes the weights only by the
    rounding of sums. With several workers, only the chief reads and writes `run_dir`.

    `shared_labels` is a folder for the labels of teacher `film` that several runs share (None:
    they lie in `run_dir`).

    Raises:
      ConfigError: the devices cannot share the batches evenly.
      WorkersError: workers have different settings or clips, or a worker is lost.
      ClipError: more images than `broken_share` allows cannot be read, or no clip is long enough.
      RunError: `run_dir` holds a run with other settings or other clips with learned intrinsics, or
        only damaged checkpoints, or another process trains in it; or the networks of `init_from` do
        not fit.
      ImageNetError: the settings ask for ImageNet weights, which are not installed.
      DivergedError: too many steps were skipped for NaN or infinity; the checkpoints stay.
      CollapsedError: depth became constant; the checkpoints stay.
      Interrupted: a signal stopped training; the same call continues from that step.
      OSError: the disk is full or cannot be written; the checkpoints stay.
    """
    time_limit = TimeLimit(config.training.minutes)  # First: labels count too.
    runtime.prepare(config.training)
    strategy = strategy or tf.distribute.get_strategy()
    strategies.check_shares(strategy, config)
    learns_cameras = config.data.intrinsics == "learned"
    with strategy.scope():
        model = model_of(config, num_cameras=len(clips) if learns_cameras else 0)
        model.build()
    if learns_cameras:
        model.cameras.assign(pipeline.intrinsics_at_training_size(clips, config.data))
    num_windows = len(pipeline.windows(clips, config.data)[0])
    with (
        broken_frames.tolerated(num_windows, config.data.broken_share) as broken,
        workers.lost_ones_told(strategy),
    ):
        workers.check_same(
            strategy,
            settings=lambda: json.dumps(config.to_dict()),
            clips=lambda: provenance.fingerprint(clips),
        )
        places = _spread_places(num_windows, config.data.batch_size)
        sample = pipeline.plain_batch(clips, config.data, places, broken)
        chief = workers.is_chief(strategy)
        if chief and not checkpoints.all_checkpoints(run_dir):
            _initialise(model, sample, init_from)
        with strategy.scope():
            schedule.compile_model(model)
        with run_lock.held(run_dir) if chief else contextlib.nullcontext():
            if chief:
                claim(run_dir, config)  # After all checks: wrong settings must not bind the folder.
            if chief and learns_cameras:
                cameras.claim_clips(run_dir, clips)
            with interruption.noted() as request:
                _fit(model, clips, run_dir, sample, request, broken, time_limit, shared_labels)
    return model


def _spread_places(num_windows: int, batch_size: int) -> list[int]:
    """The indices of a batch of evenly spaced windows."""
    return [i * num_windows // batch_size for i in range(batch_size)]


def _initialise(model: DFNet, sample: dict, init_from: Sequence[pathlib.Path]) -> None:
    """Loads weights from other runs and ImageNet into the model of a new run."""
    given = checkpoints.start_from(model, init_from)
    unknown = set(model.stage.networks) - given
    if model.config.network.imagenet and "depth_net" in unknown:
        imagenet.initialise(model.depth_net.encoder)
        frames = tf.concat(tf.unstack(sample["clean_images"]), axis=0)
        imagenet.normalise_features(model.depth_net.encoder, frames)
    if isinstance(model, DepthStudent):
        model.take_teacher()


def _fit(
    model: DFNet,
    clips: Sequence[Clip],
    run_dir: pathlib.Path,
    sample: dict,
    request: interruption.Request,
    broken: broken_frames.BrokenFrames,
    time_limit: TimeLimit,
    shared_labels: pathlib.Path | None,
) -> None:
    """Trains from the newest checkpoint to the last epoch; `sample` is the batch to observe."""
    data, training = model.config.data, model.config.training
    strategy = model.distribute_strategy
    chief = workers.is_chief(strategy)
    if chief:
        checkpoints.restore(model, run_dir)
    step = workers.take_chiefs_state(strategy, model)
    if step:
        print(f"Resuming at step {step} of {training.epochs * training.steps_per_epoch}.")
    check_up = CheckUp(run_dir, sample, step // training.steps_per_epoch)
    check_up.set_model(model)  # If no step is left, `fit` is not called and sets no model.
    callbacks = [StopOnSkipped(training.max_skipped_steps, training.steps_per_epoch), time_limit]
    if chief:
        provenance.note_start(run_dir, clips, step)
        callbacks += [
            *([cameras.IntrinsicsFiles(run_dir, clips, data)] if model.cameras else []),
            *summaries.callbacks(run_dir, {name: values[:1] for name, values in sample.items()}),
            check_up,
            StopOnCollapse(sample),
            resumption.Checkpoint(run_dir, request),
        ]
    try:
        for first_step, epochs in resumption.legs(step, training):
            begun = [resumption.EpochBegun(model)] if first_step % training.steps_per_epoch else []
            shown, labels = clips, None
            if training.teacher == "film":
                shown, labels = film_teacher.lesson(
                    model, clips, run_dir, first_step, request, shared_labels
                )
            elif training.teacher == "truth":
                shown, labels = truth_teacher.lesson(clips, model.flow_size, model.stage.labels)
            batches = functools.partial(
                pipeline.training_batches,
                shown,
                data,
                training.seed,
                first_step,
                broken=broken,
                labels=labels,
            )
            model.fit(
                strategies.distributed(strategy, batches),
                shuffle=False,  # The pipeline has its own order.
                verbose=_verbosity() if chief else 0,
                callbacks=[*begun, *callbacks],
                **epochs,
            )
            if time_limit.is_over:
                break
    except (DivergedError, CollapsedError, KeyboardInterrupt):
        if chief:
            check_up.report()
        raise
    averaging.exchange(model)  # The report and the caller get the averaged weights.
    if chief:
        check_up.report()


def _verbosity() -> int:
    """For Keras's `fit`: a live bar on a terminal, one line per epoch in a log."""
    return 1 if sys.stdout.isatty() else 2


def claim(run_dir: pathlib.Path, config: Config) -> None:
    """Writes the settings to a new run folder, or checks them against an existing run.

    Only the settings in FREE may differ: the number of epochs, so that a finished run can be
    continued, and the limits of skipped steps and broken frames.
    """
    path = run_dir / "config.json"
    if path.exists():
        before = Config.load(path)
        free = {f"{part}__{name}": getattr(getattr(config, part), name) for part, name in FREE}
        if (prolonged := before.replace(**free)) != config:
            raise checkpoints.RunError(
                f"Expected the settings with which {run_dir} was started, or another --run_dir. "
                f"Received: {_differences(prolonged, config)}."
            )
    with outputs.whole_file(path) as new:
        config.save(new)


def _differences(before: Config, after: Config) -> str:
    """The changed settings, as `section.name: old -> new`."""
    changes = []
    for section in dataclasses.fields(Config):
        old, new = getattr(before, section.name), getattr(after, section.name)
        for field in dataclasses.fields(old):  # Another objective has other settings.
            pair = getattr(old, field.name), getattr(new, field.name, None)
            if pair[0] != pair[1] and hasattr(new, field.name):
                changes.append(f"{section.name}.{field.name}: {pair[0]} -> {pair[1]}")
    return ", ".join(changes)
