"""Ends a training after a given time, with a whole epoch."""

import time

import keras


class TimeLimit(keras.callbacks.Callback):
    """Ends `fit` with the epoch in which the time is over.

    Args:
      minutes: from the creation of this callback; 0: no limit.
    """

    def __init__(self, minutes: float):
        super().__init__()
        self._end = time.monotonic() + 60.0 * minutes if minutes else float("inf")

    @property
    def is_over(self) -> bool:
        """True after the end of the time."""
        return time.monotonic() > self._end

    def on_epoch_end(self, epoch, logs=None):  # noqa: ARG002 (Keras's signature)
        self.model.stop_training = self.is_over
