"""Lets functions called by TensorFlow's threads finish before Python exits."""

import atexit
import threading
import time
from collections.abc import Callable

QUIET = 0.05  # After so many seconds without a call, no further call is expected.


class FinishedBeforeExit:
    """Decorates a function that TensorFlow's threads call: its last call ends before Python does.

    tf.data works ahead in threads that do not know when Python exits. If such a thread is inside
    OpenCV at that moment, it then waits for the interpreter's lock and is killed, and the process
    dies with it ("terminate called without an active exception", exit status 134). So the exit
    waits for running calls, and for the few calls that begin later, which fail at once.
    """

    def __init__(self, function: Callable):
        self._function = function
        self._lock = threading.Lock()
        self._begun = self._running = 0
        self._is_ending = False
        atexit.register(self._end)

    def __call__(self, *arguments):
        with self._lock:
            self._begun += 1
            self._running += 1
        try:
            if self._is_ending:
                raise RuntimeError("Python is about to exit.")
            return self._function(*arguments)
        finally:
            with self._lock:
                self._running -= 1

    def _end(self) -> None:
        self._is_ending = True
        seen = 0
        while self._running or self._begun != seen:
            seen = self._begun
            time.sleep(QUIET)
