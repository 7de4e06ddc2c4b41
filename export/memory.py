"""How much memory a .tflite model takes while it runs."""

import resource
import sys
from pathlib import Path

from export import isolation, runtimes

RUNS = 2


def peak_bytes(path: Path, threads: int, runtime: str, signature: str | None) -> int:
    """By how much a process that had loaded no more than the runtime grows for a model to run.

    Resident memory at its peak: weights, the runtime's repacked copies of them, and all tensors
    that are alive at once. In a process of its own, so that nothing of another model is counted.

    Args: as those of `runtimes.load`.

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
    """The most memory, in bytes, that was ever resident of this process."""
    if sys.platform == "linux":  # Whose getrusage also counts the process that started this one.
        status = Path("/proc/self/status").read_text()
        kilobytes = next(row.split()[1] for row in status.splitlines() if row.startswith("VmHWM"))
        return 1024 * int(kilobytes)
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
