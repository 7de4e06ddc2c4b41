"""Ends a training in which too many steps are skipped because of NaN or infinity."""

import keras


class DivergedError(ValueError):
    """A training with too many NaN or infinite losses."""


class StopOnSkipped(keras.callbacks.Callback):
    """Ends training when an epoch has more than `limit` skipped steps, or only skipped steps.

    The model skips a step whose loss or gradient is NaN or infinite and keeps its weights;
    `skipped_steps` in its logs counts the skipped steps of an epoch. One bad step may change the
    weights so that all later steps are skipped. Training then ends before a second epoch does, so
    at least one of the two kept checkpoints is older than the bad step.

    Args:
      limit: number of skipped steps allowed in an epoch.
      epoch_length: number of steps in an epoch.
    """

    def __init__(self, limit: int, epoch_length: int):
        super().__init__()
        self.limit = min(limit, epoch_length - 1)

    def on_train_batch_end(self, batch, logs=None):  # noqa: ARG002 (Keras's signature)
        skipped = int(logs["skipped_steps"])
        if skipped > self.limit:
            step = int(self.model.optimizer.iterations.numpy())
            raise DivergedError(
                f"Expected finite losses and gradients, except in at most {self.limit} steps of an "
                f"epoch (--max_skipped_steps). Received: NaN or infinity in {skipped} steps, the "
                f"last of them step {step}. Try a lower --learning_rate with --init_from this run. "
                "If its newest checkpoint predicts NaN too, delete that one: an older one is kept."
            )
