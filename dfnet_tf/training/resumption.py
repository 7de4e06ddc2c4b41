"""Resuming: a training stopped at any step continues as if it had not been stopped."""

import pathlib
from collections.abc import Iterator

import keras

from dfnet_tf.config import TrainingConfig
from dfnet_tf.program.interruption import Interrupted, Request
from dfnet_tf.training import checkpoints


def round_ends(training: TrainingConfig) -> list[int]:
    """The epochs at which the rounds of teacher `film` end, including the last epoch."""
    return [(i + 1) * training.epochs // training.rounds for i in range(training.rounds)]


def legs(step: int, training: TrainingConfig) -> Iterator[tuple[int, dict[str, int]]]:
    """The remaining work after `step` batches, as calls of Keras's `fit`.

    A half-finished epoch gets its own call, because `fit` has epochs of one length only. So does
    each round, because its batches have their own labels.

    Yields:
      the first step of a call, and its arguments initial_epoch, epochs, steps_per_epoch.
    """
    length = training.steps_per_epoch
    epoch, done = divmod(step, length)
    if done:
        yield step, {"initial_epoch": epoch, "epochs": epoch + 1, "steps_per_epoch": length - done}
        epoch += 1
    for end in (end for end in round_ends(training) if end > epoch):
        yield epoch * length, {"initial_epoch": epoch, "epochs": end, "steps_per_epoch": length}
        epoch = end


class Checkpoint(keras.callbacks.Callback):
    """Writes a checkpoint after every epoch, and when a signal asks to stop.

    Must be the last callback, so that everything a checkpoint counts as done has been logged.

    Args:
      run_dir: the run's folder.
      request: set by the signal.
    """

    def __init__(self, run_dir: pathlib.Path, request: Request):
        super().__init__()
        self.run_dir, self.request = run_dir, request

    def on_train_batch_end(self, batch, logs=None):  # noqa: ARG002 (Keras's signature)
        if self.request.number is not None and batch + 1 < self.params["steps"]:
            self._end(checkpoints.save(self.model, self.run_dir))

    def on_epoch_end(self, epoch, logs=None):  # noqa: ARG002 (Keras's signature)
        path = checkpoints.save(self.model, self.run_dir)
        if self.request.number is not None and epoch + 1 < self.model.config.training.epochs:
            self._end(path)

    def _end(self, path: pathlib.Path) -> None:
        step = checkpoints.step_of(path)
        message = f"stopped after step {step}; run the same command to continue."
        raise Interrupted(self.request.number, message)


class EpochBegun(keras.callbacks.Callback):
    """Restores the averages of a half-finished epoch, which `fit` clears.

    Args:
      model: the restored model.
    """

    def __init__(self, model: keras.Model):
        super().__init__()
        self.values = [variable.numpy() for variable in model.metrics_variables]

    def on_epoch_begin(self, epoch, logs=None):  # noqa: ARG002 (Keras's signature)
        for variable, value in zip(self.model.metrics_variables, self.values, strict=True):
            variable.assign(value)
        self.values = []
