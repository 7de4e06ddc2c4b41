"""How fast, large and hungry .tflite models are on this machine; any model, ours or not.

python -m export.benchmark --model=out/models/depth_int8.tflite --threads=1 --threads=2

Inputs are random, in the shapes and types that the model asks for (axes of free size: 1). Several
models take turns run by run, so that whatever else the machine does slows all of them alike.
"""

import resource
import sys
import time
from pathlib import Path

import numpy as np
from absl import app, flags
from ai_edge_litert import schema_py_generated
from ai_edge_litert.interpreter import Interpreter

from dfnet_tf import mains

WARM_UP_RUNS = 5
MEMORY_UNIT = 1 if sys.platform == "darwin" else 1024  # Of getrusage, in bytes.

_MODELS = flags.DEFINE_multi_string(
    "model", None, "A .tflite file. Can be given repeatedly.", required=True
)
_THREADS = flags.DEFINE_multi_integer(
    "threads", [1], "CPU threads. Can be given repeatedly.", lower_bound=1
)
_RUNS = flags.DEFINE_integer("runs", 50, "Timed runs of every model.", lower_bound=1)


class ModelError(ValueError):
    """A file that is no .tflite model, or one that the runtime cannot run."""


def main(argv: list[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"Expected flags alone. Received: {' '.join(argv[1:])}.")
    cases = [(Path(model), threads) for model in _MODELS.value for threads in _THREADS.value]
    latencies = measure([load(*case) for case in cases], _RUNS.value)
    peak = MEMORY_UNIT * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(table(cases, latencies))
    print(f"Peak memory of this process, all of these loaded: {peak / 1e6:.0f} MB.")


def load(path: Path, threads: int) -> Interpreter:
    """A model that has run once, its inputs random: floats in [0, 2), integers 0 or 1.

    Raises:
      ModelError: the file is missing, no model, or needs ops that the runtime lacks.
    """
    if not path.is_file():
        raise ModelError(f"{path}: expected a .tflite file. Received: no such file.")
    random = np.random.default_rng(0)
    try:
        interpreter = Interpreter(str(path), num_threads=threads)
        interpreter.allocate_tensors()
        for wanted in interpreter.get_input_details():
            values = 2 * random.random(wanted["shape"])
            interpreter.set_tensor(wanted["index"], values.astype(wanted["dtype"]))
        interpreter.invoke()
    except (ValueError, RuntimeError) as error:
        raise ModelError(
            f"{path}: expected a model that LiteRT can run. Received: {error}"
        ) from error
    return interpreter


def measure(interpreters: list[Interpreter], runs: int) -> np.ndarray:
    """Latencies [runs, len(interpreters)] in milliseconds; the interpreters take turns."""
    seconds = np.zeros((WARM_UP_RUNS + runs, len(interpreters)))
    for run in seconds:
        for i, interpreter in enumerate(interpreters):
            start = time.perf_counter()
            interpreter.invoke()
            run[i] = time.perf_counter() - start
    return 1000 * seconds[WARM_UP_RUNS:]


def table(cases: list[tuple[Path, int]], latencies: np.ndarray) -> str:
    """One aligned row for each (file, threads), whose latencies are a column [runs, cases]."""
    wide = max(len("model"), *(len(path.name) for path, _ in cases))
    lines = [f"{'model':<{wide}}{'MB':>8}{'ops':>6}{'threads':>9}{'median ms':>11}{'p95 ms':>9}"]
    for (path, threads), times in zip(cases, latencies.T, strict=True):
        median, p95 = np.percentile(times, (50, 95))
        content = path.read_bytes()
        operators = schema_py_generated.Model.GetRootAs(content).Subgraphs(0).OperatorsLength()
        lines.append(
            f"{path.name:<{wide}}{len(content) / 1e6:>8.2f}{operators:>6}{threads:>9}"
            f"{median:>11.3f}{p95:>9.3f}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    mains.run(main)
