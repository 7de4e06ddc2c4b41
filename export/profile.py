"""Measures a .tflite model on this machine: time, memory, and the costliest operators."""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from . import isolation, memory, op_times, runtimes

WARM_UP_RUNS = 5
PROFILED_RUNS = 10


class Case(NamedTuple):
    """A case to measure: the arguments of `runtimes.load`."""

    path: Path
    threads: int
    runtime: str
    signature: str | None


class OpShare(NamedTuple):
    """The share of all operators of one kind."""

    kind: str
    count: int
    share: float  # Of the time of all operators.


@dataclass(frozen=True)
class Profile:
    """Costs of one run: copy inputs in, run the network, copy outputs out."""

    median_ms: float
    p95_ms: float
    peak_bytes: int  # As `memory.peak_bytes` counts.
    ops: tuple[OpShare, ...]  # The costliest kind first.
    outside_delegate_share: float  # Of the operators' time: what XNNPACK left to LiteRT itself.


def profile(path: Path, threads: int, runs: int = 50, signature: str | None = None) -> Profile:
    """Measures a model in the interpreter, and its operators with LiteRT's profiler.

    Args:
      path: of the .tflite file.
      threads: of the CPU.
      runs: number of timed runs.
      signature: a signature of the file; None: the first.

    Raises:
      ModelError: the file is missing, not a model, or the runtime cannot run it.
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
    """Milliseconds [runs, len(cases)], measured in one process.

    The cases take turns, so that other work on the machine slows them all equally.
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
    """The number of operators of each kind, and their share of the time of all operators."""
    seconds = defaultdict(list)
    for op in ops:
        seconds[op.kind].append(op.seconds)
    found = [OpShare(kind, len(each), sum(each) / _sum(ops)) for kind, each in seconds.items()]
    return tuple(sorted(found, key=lambda one: -one.share))


def outside_delegate_share(ops: Sequence[op_times.OpTime]) -> float:
    """The share of all operators' time spent outside XNNPACK."""
    return sum(op.seconds for op in ops if not op.in_delegate) / _sum(ops)


def _sum(ops: Sequence[op_times.OpTime]) -> float:
    """The total time; positive even if a model is too fast for the profiler, for divisions."""
    return max(sum(op.seconds for op in ops), 1e-9)
