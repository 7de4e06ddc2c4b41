"""Measures the memory of a running .tflite model."""

import resource
import sys
from pathlib import Path

from . import isolation, runtimes

RUNS = 2


def peak_bytes(path: Path, threads: int, runtime: str, signature: str | None) -> int:
    """The growth of a process that loads and runs a model, over one with only the runtime.

    This is peak resident memory: weights, the runtime's repacked copies of them, and all tensors
    alive at the same time. A new process excludes the memory of other models.

    Args: as in `runtimes.load`.

    Raises:
      ModelError: the model cannot be run.
    """
    return isolation.call(_growth, path, threads, runtime, signature)


def _growth(path: Path, threads: int, runtime: str, signature: str | None) -> int:
    before = _peak()
    run = runtimes.load(path, threads, runtime, signature)
    for _ in range(RUNS):
        run()
    return _peak() - before


def _peak() -> int:
    """The peak resident memory of this process, in bytes."""
    if sys.platform == "linux":  # Whose getrusage also counts the process that started this one.
        status = Path("/proc/self/status").read_text()
        kilobytes = next(row.split()[1] for row in status.splitlines() if row.startswith("VmHWM"))
        return 1024 * int(kilobytes)
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
