"""A run folder's lock: one training at a time."""

import contextlib
import fcntl
import os
import pathlib
import socket
from collections.abc import Iterator

from dfnet_tf.training.checkpoints import RunError

FILE = ".training"  # In the run folder; names the process that trains, or the last one that did.


@contextlib.contextmanager
def held(run_dir: pathlib.Path) -> Iterator[None]:
    """Keeps other trainings out of `run_dir`, which is created, until the `with` block ends.

    The system releases the lock of a process that crashes. File systems without locks let every
    training in.

    Raises:
      RunError: another training holds the lock.
    """
    run_dir.mkdir(parents=True, exist_ok=True)
    with open(run_dir / FILE, "a+") as file:  # "w" would delete what the other training wrote.
        with contextlib.suppress(OSError):
            _lock(file, run_dir)
        yield


def _lock(file, run_dir: pathlib.Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        raise RunError(
            f"Expected a --run_dir in which no other training runs. Received: {run_dir}, of "
            f"{file.read()}."
        ) from None
    file.truncate(0)
    file.write(f"process {os.getpid()} on {socket.gethostname()}")
    file.flush()
