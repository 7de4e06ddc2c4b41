"""Broken frames in a large data set: passed over, named once, counted; too many end training."""

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

import tensorflow as tf

from dfnet_tf.data.errors import ClipError

LEAST_DRAWN = 1000  # Windows, or all if there are fewer, of which a share tells anything.
NAMED = 3  # Of what is broken, in the line that ends the training: all were named before.

T = TypeVar("T")


class BrokenFrames:
    """The windows with a frame that cannot be read, as far as they were met. Threads may share it.

    Args:
      num_windows: how many there are.
      share: up to which broken windows are passed over: of those that were drawn, or of
        LEAST_DRAWN, but of no more than there are. So of fewer than 1 / share windows none may be
        broken.
    """

    def __init__(self, num_windows: int, share: float):
        self.num_windows, self.share = num_windows, share
        self.too_many: ClipError | None = None  # What ended the training.
        self._errors: dict[str, None] = {}  # What was said of each broken frame, in this order.
        self._windows: set[int] = set()
        self._num_drawn = 0
        self._lock = threading.Lock()

    def first_whole(
        self, window: int, read: Callable[[int], T], num_windows: int | None = None
    ) -> tuple[int, T]:
        """Draws a window: its number and what `read` makes of it or, if broken, of the next whole.

        Which that is depends on the files alone, and not on what was drawn before. After the last
        of `num_windows` (default: as many as there are) comes the first.

        Raises:
          ClipError: too many windows are broken.
        """
        with self._lock:
            self._num_drawn += 1
        while True:
            try:
                return window, read(window)
            except ClipError as error:
                with self._lock:
                    self._pass_over(window, error)
            window = (window + 1) % (num_windows or self.num_windows)

    def summary(self) -> str:
        """How much was passed over, in a line; "" if nothing was."""
        if not self._windows:
            return ""
        return (
            f"Passed over broken frames: {len(self._errors)}, in {len(self._windows)} of "
            f"{self.num_windows} windows."
        )

    def _pass_over(self, window: int, error: ClipError) -> None:
        """Names a frame that was not met before; raises ClipError if windows are too many now."""
        if self.too_many:
            raise self.too_many
        self._windows.add(window)
        is_new = str(error) not in self._errors
        self._errors[str(error)] = None
        drawn = min(self.num_windows, max(self._num_drawn, LEAST_DRAWN))
        if len(self._windows) > self.share * drawn:
            self.too_many = ClipError(self._told(drawn))
            raise self.too_many from error
        if is_new:
            print(f"Passed over: {error}", file=sys.stderr)

    def _told(self, drawn: int) -> str:
        first, *others = self._errors
        also = ", ".join(error.partition(": expected")[0] for error in others[:NAMED])
        more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
        return (
            f"{first} {f'So are {also}{more}. ' if others else ''}That breaks {len(self._windows)} "
            f"of {drawn} windows of frames, a larger share than --broken_share={self.share:g}."
        )


@contextlib.contextmanager
def tolerated(num_windows: int, share: float) -> Iterator[BrokenFrames]:
    """Yields a new `BrokenFrames`, and tells in the end, in one line, what was passed over.

    Raises:
      ClipError: it was too much. TensorFlow's own error is a traceback of its threads.
    """
    broken = BrokenFrames(num_windows, share)
    try:
        yield broken
    except tf.errors.OpError:
        if broken.too_many is None:
            raise
        raise broken.too_many from None
    finally:
        if broken.too_many is None and (line := broken.summary()):
            print(line, file=sys.stderr)
