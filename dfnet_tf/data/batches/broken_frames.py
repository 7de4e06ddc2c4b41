"""Broken frames in large data sets: skipped, reported once and counted; too many end training."""

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

import tensorflow as tf

from dfnet_tf.data.errors import ClipError

LEAST_DRAWN = 1000  # Fewest windows (or all, if there are fewer) on which a share is judged.
NAMED = 3  # Number of broken files in the final error; all were reported before.

T = TypeVar("T")


class BrokenFrames:
    """The windows with unreadable frames found so far. May be shared by threads.

    Args:
      num_windows: the number of windows.
      share: the largest accepted share of broken windows, relative to the windows drawn or to
        LEAST_DRAWN if fewer were drawn, but never to more than `num_windows`. With fewer than
        1 / share windows, no window may be broken.
    """

    def __init__(self, num_windows: int, share: float):
        self.num_windows, self.share = num_windows, share
        self.too_many: ClipError | None = None  # The error that ended training.
        self._errors: dict[str, None] = {}  # The messages about broken frames, in order.
        self._windows: set[int] = set()
        self._num_drawn = 0
        self._lock = threading.Lock()

    def first_whole(
        self, window: int, read: Callable[[int], T], num_windows: int | None = None
    ) -> tuple[int, T]:
        """Draws a window. Returns its number and `read` of it, or those of the next intact window.

        The result depends only on the files, not on earlier draws. After the last of `num_windows`
        (default: all windows), the search continues at the first.

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
        """A line about all skipped frames; "" if there are none."""
        if not self._windows:
            return ""
        return (
            f"Skipped broken frames: {len(self._errors)}, in {len(self._windows)} of "
            f"{self.num_windows} windows."
        )

    def _pass_over(self, window: int, error: ClipError) -> None:
        """Reports a new broken frame; raises ClipError if there are too many broken windows now."""
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
            print(f"Skipped: {error}", file=sys.stderr)

    def _told(self, drawn: int) -> str:
        first, *others = self._errors
        also = ", ".join(error.partition(": expected")[0] for error in others[:NAMED])
        more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
        return (
            f"{first} {f'The same holds for {also}{more}. ' if others else ''}That breaks "
            f"{len(self._windows)} of {drawn} windows of frames, a larger share than "
            f"--broken_share={self.share:g}."
        )


@contextlib.contextmanager
def tolerated(num_windows: int, share: float) -> Iterator[BrokenFrames]:
    """Yields a new `BrokenFrames`, and prints a line about all skipped frames at the end.

    Raises:
      ClipError: too many frames are broken. It replaces TensorFlow's error, a traceback of threads.
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
