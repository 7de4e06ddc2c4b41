"""Measures speed, size and memory of any .tflite models on this machine.

python -m export.benchmark --model=out/models/depth_int8.tflite --threads=1 --threads=2 --profile
(dfnet benchmark ..., where it is installed)

A run is what an app does for a frame: copy inputs in, run the network, copy outputs out. Inputs are
random, with the model's shapes and types (free axes have size 1). The cases take turns, so that
other work on the machine slows them all equally. Peak memory is the growth of a new process
compared with a process that has only loaded the runtime.
"""

from pathlib import Path

import numpy as np
from absl import flags

from dfnet_tf.program import mains

from . import flatbuffer, memory, op_times, profile, runtimes

COSTLIEST = 8  # Rows of a profile's second table.

_MODELS = flags.DEFINE_multi_string(
    "model", None, "A .tflite file. Can be given repeatedly.", required=True
)
_THREADS = flags.DEFINE_multi_integer(
    "threads", [1], "CPU threads. Can be given repeatedly.", lower_bound=1
)
_RUNS = flags.DEFINE_integer("runs", 50, "Timed runs of every model.", lower_bound=1)
_RUNTIME = flags.DEFINE_enum(
    "runtime",
    "interpreter",
    [*runtimes.RUNTIMES, "both"],
    "LiteRT's Interpreter, which the Android app uses, or its successor CompiledModel.",
)
_PROFILE = flags.DEFINE_bool(
    "profile", False, "Also tell which operators take the time, in CompiledModel."
)


def main() -> None:
    cases = _cases()
    print(table(cases, profile.latencies(cases, _RUNS.value)))
    if _PROFILE.value:
        for case in cases:
            if case.runtime == cases[0].runtime:  # Both runtimes share their operators.
                print(f"\n{_profile(case)}")


def _cases() -> list[profile.Case]:
    both = list(runtimes.RUNTIMES)
    return [
        profile.Case(path, threads, runtime, signature)
        for path in map(Path, _MODELS.value)
        for signature in runtimes.signatures(path)
        for threads in _THREADS.value
        for runtime in (both if _RUNTIME.value == "both" else [_RUNTIME.value])
    ]


def _name(case: profile.Case) -> str:
    return case.path.name + (f":{case.signature}" if case.signature else "")


def table(cases: list[profile.Case], latencies: np.ndarray) -> str:
    """One row for each case; `latencies` [runs, cases] are in milliseconds."""
    wide = max(len("model"), *(len(_name(case)) for case in cases))
    lines = [
        f"{'model':<{wide}}{'MB':>8}{'ops':>6}  {'runtime':<11}{'threads':>9}"
        f"{'median ms':>11}{'p95 ms':>9}{'peak MB':>9}"
    ]
    for case, times in zip(cases, latencies.T, strict=True):
        median, p95 = np.percentile(times, (50, 95))
        content = case.path.read_bytes()
        peak = memory.peak_bytes(*case)
        lines.append(
            f"{_name(case):<{wide}}{len(content) / 1e6:>8.2f}"
            f"{len(flatbuffer.operators(content, case.signature)):>6}  {case.runtime:<11}"
            f"{case.threads:>9}{median:>11.3f}{p95:>9.3f}{peak / 1e6:>9.1f}"
        )
    return "\n".join(lines)


def _profile(case: profile.Case) -> str:
    """The kinds of operators by their share of time, then the costliest single operators."""
    ops = op_times.measure(case.path, case.threads, profile.PROFILED_RUNS, case.signature)
    outside = profile.outside_delegate_share(ops)
    lines = [
        f"{_name(case)}, {case.threads} threads: {len(ops)} steps, "
        f"{1000 * sum(op.seconds for op in ops):.3f} ms, {outside:.1%} outside of XNNPACK",
        f"{'share':>7}{'count':>7}  kind",
        *(f"{one.share:>7.1%}{one.count:>7}  {one.kind}" for one in profile.shares(ops)),
        f"{'ms':>7}{'step':>7}  the costliest",
    ]
    for step in sorted(range(len(ops)), key=lambda i: -ops[i].seconds)[:COSTLIEST]:
        lines.append(f"{1000 * ops[step].seconds:>7.3f}{step:>7}  {ops[step].kind}")
    return "\n".join(lines)


if __name__ == "__main__":
    mains.run(main)
