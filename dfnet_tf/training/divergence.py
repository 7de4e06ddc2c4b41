"""When a training that skips steps without numbers gives up."""

import keras


class DivergedError(ValueError):
    """A training whose losses are too often no numbers."""


class StopOnSkipped(keras.callbacks.Callback):
    """Ends training once more steps of an epoch than `limit`, or all of them, were skipped.

    The model skips a step, and leaves its weights as they are, whose loss or gradient is NaN or
    infinite; `skipped_steps` of its logs counts them by epoch. One step may change the weights so
    that all that follow are skipped. The limit is then reached before a second epoch ends, so that
    of the two checkpoints that are kept at least one is older than that step.

    Args:
      limit: so many in an epoch are put up with.
      epoch_length: steps in an epoch.
    """

    def __init__(self, limit: int, epoch_length: int):
        super().__init__()
        self.limit = min(limit, epoch_length - 1)

    def on_train_batch_end(self, batch, logs=None):  # noqa: ARG002 (Keras's signature)
        skipped = int(logs["skipped_steps"])
        if skipped > self.limit:
            step = int(self.model.optimizer.iterations.numpy())
            raise DivergedError(
                f"Expected finite losses and gradients, but for at most {self.limit} steps of an "
                f"epoch (--max_skipped_steps). Received: NaN or infinity in {skipped} steps, the "
                f"last of them step {step}. Try a lower --learning_rate with --init_from this run; "
                "if its newest checkpoint predicts NaN too, delete that: the one before is kept."
            )
