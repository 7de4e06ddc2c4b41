"""Signals that ask a program to stop: Ctrl-C, and SIGTERM from shells, Slurm and Kubernetes."""

import contextlib
import signal
import threading
from collections.abc import Iterator


class Interrupted(KeyboardInterrupt):
    """A signal ended the program; `status` is 128 + the signal's number, as in shells."""

    def __init__(self, number: int, message: str):
        super().__init__(message)
        self.number, self.status = number, 128 + number


class Request:
    """The number of the signal that asked the program to stop, or None."""

    number: int | None = None


@contextlib.contextmanager
def raised() -> Iterator[None]:
    """Makes SIGTERM raise Interrupted in the `with` block, so that unfinished files are removed."""
    with _handled(_raise, signal.SIGTERM):
        yield


@contextlib.contextmanager
def noted() -> Iterator[Request]:
    """Records Ctrl-C and SIGTERM in the `with` block, so that the program can stop at a safe point.

    A second signal raises Interrupted at once. Only the main thread receives signals; in other
    threads nothing is recorded.
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
