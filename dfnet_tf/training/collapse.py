"""Ends a training whose depth has become constant: it does not recover, and its loss looks well."""

import sys
from collections.abc import Iterable
from typing import Any

import keras
import numpy as np

EVERY = 100  # Steps between two looks.
DEAD = 0.01  # Spread (standard deviation / mean) of disparity in an image; untrained: 0.1 and more.
PATIENCE = 3  # Looks in a row at constant depth that end the training.


class CollapsedError(ValueError):
    """A training whose depth is the same everywhere."""


def spread(disparities: np.ndarray) -> float:
    """Standard deviation / mean within an image; the mean over all images [..., H, W, 1]."""
    values = np.asarray(disparities)
    return float(np.mean(values.std(axis=(-3, -2, -1)) / values.mean(axis=(-3, -2, -1))))


def doubt(spreads: Iterable[float]) -> str:
    """A warning if depth was constant in every image of these `spreads`; else ""."""
    largest = max(spreads)
    if largest >= DEAD:
        return ""
    return (
        f"Warning: depth is constant: it varies by at most {largest:.1%} in an image. This depth "
        "network has collapsed; see doctor.md in its run folder."
    )


class StopOnCollapse(keras.callbacks.Callback):
    """Looks at the depth of a batch every EVERY steps; warns, and ends training after PATIENCE.

    A film in which the camera passes few textured things, such as a motorway, is explained best by
    a world that is infinitely far away. There the gradient of disparity is zero.

    Args:
      batch: the batch to look at, not augmented.
    """

    def __init__(self, batch: dict[str, Any]):
        super().__init__()
        self.batch, self.dead_looks = batch, 0

    def on_train_batch_end(self, batch, logs=None):  # noqa: ARG002 (Keras's signature)
        step = int(self.model.optimizer.iterations.numpy())
        if step % EVERY == 0 and "depth_net" in self.model.stage.trained:
            self._look(step)

    def _look(self, step: int) -> None:
        found = spread(self.model(self.batch, training=False)["disparities"][0])
        self.dead_looks = self.dead_looks + 1 if found < DEAD else 0
        if self.dead_looks == PATIENCE:
            since = step - (PATIENCE - 1) * EVERY
            raise CollapsedError(
                "Expected depth that varies within an image. Received: constant depth since step "
                f"{since}, which does not recover. These clips cannot teach untrained networks. "
                "Start from trained ones (--init_from=pretrained/mobile --stage=distil "
                "--teacher=film), or add films whose camera passes near things."
            )
        if self.dead_looks:
            left = (PATIENCE - self.dead_looks) * EVERY
            print(
                f"\nWarning: at step {step}, depth is constant: it varies by {found:.1%} in an "
                f"image. Training ends if it still is in {left} steps.",
                file=sys.stderr,
            )
