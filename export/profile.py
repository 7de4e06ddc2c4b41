"""What a .tflite model costs on this machine: time, memory, and which operators take the time."""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from export import isolation, memory, op_times, runtimes

WARM_UP_RUNS = 5
PROFILED_RUNS = 10


class Case(NamedTuple):
    """What is measured; the arguments of `runtimes.load`."""

    path: Path
    threads: int
    runtime: str
    signature: str | None


class OpShare(NamedTuple):
    """All operators of one kind."""

    kind: str
    count: int
    share: float  # Of the time of all operators.


@dataclass(frozen=True)
class Profile:
    """Of one run: inputs copied in, the network run, outputs copied out."""

    median_ms: float
    p95_ms: float
    peak_bytes: int  # As `memory.peak_bytes` counts.
    ops: tuple[OpShare, ...]  # The costliest kind first.
    outside_delegate_share: float  # Of the operators' time: what XNNPACK left to LiteRT itself.


def profile(path: Path, threads: int, runs: int = 50, signature: str | None = None) -> Profile:
    """Measures a model in the interpreter, its operators by LiteRT's profiler.

    Args:
      path: of the .tflite file.
      threads: of the CPU.
      runs: how many are timed.
      signature: which function of the file; the first if None.

    Raises:
      ModelError: the file is missing, no model, or one that the runtime cannot run.
    """
    name = signature or runtimes.signatures(path)[0]
    case = Case(path, threads, "interpreter", name)
    median, p95 = np.percentile(latencies([case], runs), (50, 95))
    ops = op_times.measure(path, threads, PROFILED_RUNS, name)
    return Profile(
        median_ms=float(median),
        p95_ms=float(p95),
        peak_bytes=memory.peak_bytes(*case),
        ops=shares(ops),
        outside_delegate_share=outside_delegate_share(ops),
    )


def latencies(cases: Sequence[Case], runs: int) -> np.ndarray:
    """Milliseconds [runs, len(cases)], in one process.

    The cases take turns run by run, so that whatever else the machine does slows all of them alike.
    """
    return isolation.call(_latencies, cases, runs)


def _latencies(cases: Sequence[Case], runs: int) -> np.ndarray:
    loaded = [runtimes.load(*case) for case in cases]
    seconds = np.zeros((WARM_UP_RUNS + runs, len(cases)))
    for row in seconds:
        for i, run in enumerate(loaded):
            start = time.perf_counter()
            run()
            row[i] = time.perf_counter() - start
    return 1000 * seconds[WARM_UP_RUNS:]


def shares(ops: Sequence[op_times.OpTime]) -> tuple[OpShare, ...]:
    """How often each kind of operator runs, and which part of the time of all it takes."""
    seconds = defaultdict(list)
    for op in ops:
        seconds[op.kind].append(op.seconds)
    found = [OpShare(kind, len(each), sum(each) / _sum(ops)) for kind, each in seconds.items()]
    return tuple(sorted(found, key=lambda one: -one.share))


def outside_delegate_share(ops: Sequence[op_times.OpTime]) -> float:
    """The part of all operators' time that passes outside of XNNPACK."""
    return sum(op.seconds for op in ops if not op.in_delegate) / _sum(ops)


def _sum(ops: Sequence[op_times.OpTime]) -> float:
    """Of a model too small for the profiler's microseconds: not 0, since it is divided by."""
    return max(sum(op.seconds for op in ops), 1e-9)
