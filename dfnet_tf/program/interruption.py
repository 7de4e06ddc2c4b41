"""The signals that ask a program to end: Ctrl-C, and SIGTERM of shells, Slurm and Kubernetes."""

import contextlib
import signal
import threading
from collections.abc import Iterator


class Interrupted(KeyboardInterrupt):
    """A signal that ended the program; `status` is what shells report of it, 128 + its number."""

    def __init__(self, number: int, message: str):
        super().__init__(message)
        self.number, self.status = number, 128 + number


class Request:
    """Whether a signal has asked the program to end: its number, or None."""

    number: int | None = None


@contextlib.contextmanager
def raised() -> Iterator[None]:
    """Within the block SIGTERM raises Interrupted, so that nothing half-written stays."""
    with _handled(_raise, signal.SIGTERM):
        yield


@contextlib.contextmanager
def noted() -> Iterator[Request]:
    """Within the block Ctrl-C and SIGTERM are noted only: the program ends where it does no harm.

    The second one does not wait: it raises Interrupted. Outside of the main thread, which alone
    sees signals, nothing is noted.
    """
    request = Request()

    def note(number, frame):
        if request.number is not None:
            _raise(number, frame)
        request.number = number

    with _handled(note, signal.SIGINT, signal.SIGTERM):
        yield request


def _raise(number, _) -> None:
    raise Interrupted(number, f"ended by {signal.Signals(number).name}.")


@contextlib.contextmanager
def _handled(handler, *numbers: signal.Signals) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
