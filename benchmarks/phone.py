"""Compares our depth network with MiDaS v2.1 small, as .tflite models, and with the machine's peak.

python -m benchmarks.phone --run_dir=pretrained/mobile

Both take 256x256 pixels and use the same conversion and quantization. MiDaS has random weights,
which do not change the time. One thread; the models take turns, run by run.
"""

import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from absl import flags

from dfnet_tf.program import mains
from export import QUANTIZATIONS

SIZE = 256, 256  # MiDaS's input size.
OURS, MIDAS = "ours", "MiDaS"
ARITHMETICS = ("float32", "int8")
THREADS = 1
# Words in the profiler's names of operators. The first matching group counts.
GROUPS = {
    "depthwise": ("DWConv", "DEPTHWISE"),
    "convolutions": ("Convolution", "Fully Connected", "CONV_2D"),
    "to and from int8": ("Convert", "QUANTIZE"),
    "resizing": ("Resize", "RESIZE"),
    "others": ("",),
}

_RUN_DIR = flags.DEFINE_string("run_dir", None, "The folder of a training run.", required=True)
_RUNS = flags.DEFINE_integer("runs", 50, "Timed runs of every model.", lower_bound=1)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        models, chains = _models(Path(folder)), _chains(Path(folder))
        latencies = _latencies(models)
        peaks = _peaks(chains)
        print(_comparison(models, latencies), end="\n\n")
        print(_peak_table(peaks), end="\n\n")
        print(_floors(models, latencies, peaks))


def _models(folder: Path) -> dict[tuple[str, str], Path]:
    """The files of both networks, by (network, quantization)."""
    mains.load_tensorflow()
    from benchmarks import midas_small, variants
    from dfnet_tf.training import checkpoints
    from export import signatures

    model = checkpoints.load_trained(Path(_RUN_DIR.value), ("depth_net",))
    networks = {
        OURS: signatures.depth(model.depth_net, SIZE),
        MIDAS: variants.inverse_depth(midas_small.MidasSmall(), SIZE),
    }
    for whose, signature in networks.items():
        print(f"{whose}: {signature.network.count_params() / 1e6:.2f} million parameters")
    return {
        (whose, variant): path
        for whose, signature in networks.items()
        for variant, path in variants.write(signature, QUANTIZATIONS, folder / whose).items()
    }


def _chains(folder: Path) -> dict[tuple[str, str, str], Path]:
    """The files for measuring the peak, by (kind of operator, arithmetic, name)."""
    from benchmarks import machine_peak, variants

    found = {}
    for chain in machine_peak.CHAINS:
        signature = variants.inverse_depth(machine_peak.ChainNet(chain), machine_peak.SIZE)
        paths = variants.write(signature, ARITHMETICS, folder / chain.name)
        found |= {(chain.kind, name, chain.name): path for name, path in paths.items()}
    return found


def _latencies(models: dict[tuple, Path]) -> dict[tuple, np.ndarray]:
    """Milliseconds [runs] of each model."""
    from export import profile, runtimes

    cases = [
        profile.Case(path, THREADS, "interpreter", runtimes.signatures(path)[0])
        for path in models.values()
    ]
    return dict(zip(models, profile.latencies(cases, _RUNS.value).T, strict=True))


def _peaks(chains: dict[tuple, Path]) -> dict[tuple[str, str], float]:
    """Multiply-adds per millisecond, by (kind, arithmetic), of the fastest chain of each kind."""
    peaks = {}
    for (kind, arithmetic, name), times in _latencies(chains).items():
        work = sum(one.multiply_adds for one in _work(chains[kind, arithmetic, name]))
        peaks[kind, arithmetic] = max(work / np.median(times), peaks.get((kind, arithmetic), 0.0))
    return peaks


def _work(path: Path):
    from benchmarks import multiply_adds

    return multiply_adds.count(path.read_bytes())


def _comparison(models: dict[tuple, Path], latencies: dict[tuple, np.ndarray]) -> str:
    """Our network and MiDaS side by side, a row for each variant."""
    lines = [
        f"| | MB, {OURS} | {MIDAS} | ratio | ms, {OURS}: median, p95 | {MIDAS} | ratio |",
        "|---" * 7 + "|",
    ]
    for variant in QUANTIZATIONS:
        sizes = [models[who, variant].stat().st_size / 1e6 for who in (OURS, MIDAS)]
        times = [np.percentile(latencies[who, variant], (50, 95)) for who in (OURS, MIDAS)]
        lines.append(
            f"| {variant} | {sizes[0]:.2f} | {sizes[1]:.2f} | {sizes[0] / sizes[1]:.2f} "
            f"| {times[0][0]:.1f}, {times[0][1]:.1f} | {times[1][0]:.1f}, {times[1][1]:.1f} "
            f"| {times[0][0] / times[1][0]:.2f} |"
        )
    return "\n".join(lines)


def _peak_table(peaks: dict[tuple[str, str], float]) -> str:
    lines = ["| billion multiply-adds a second | float32 | int8 |", "|---|---|---|"]
    for kind in dict.fromkeys(kind for kind, _ in peaks):
        cells = " | ".join(f"{peaks[kind, arithmetic] / 1e6:.0f}" for arithmetic in ARITHMETICS)
        lines.append(f"| {kind} | {cells} |")
    return "\n".join(lines)


def _floors(
    models: dict[tuple, Path],
    latencies: dict[tuple, np.ndarray],
    peaks: dict[tuple[str, str], float],
) -> str:
    """Each model with its lower bound, and its time by groups of operators."""
    from benchmarks import machine_peak

    lines = [
        "| | million multiply-adds: float32, int8 | floor, ms | ms | of the peak "
        f"| ms in {' | '.join(GROUPS)} |",
        "|---" * (5 + len(GROUPS)) + "|",
    ]
    for (whose, variant), path in models.items():
        work, time = _work(path), np.median(latencies[whose, variant])
        floor = machine_peak.floor_ms(work, peaks)
        parts = ", ".join(f"{_millions(work, arithmetic):.0f}" for arithmetic in ARITHMETICS)
        groups = " | ".join(f"{ms:.1f}" for ms in _group_times(path).values())
        lines.append(
            f"| {whose}, {variant} | {parts} | {floor:.1f} | {time:.1f} | {floor / time:.0%} "
            f"| {groups} |"
        )
    return "\n".join(lines)


def _millions(work: Iterable, arithmetic: str) -> float:
    return sum(one.multiply_adds for one in work if one.arithmetic == arithmetic) / 1e6


def _group_times(path: Path) -> dict[str, float]:
    """Milliseconds of a model in each of GROUPS."""
    from export import op_times, profile, runtimes

    times = dict.fromkeys(GROUPS, 0.0)
    for op in op_times.measure(path, THREADS, profile.PROFILED_RUNS, runtimes.signatures(path)[0]):
        fitting = (name for name, words in GROUPS.items() if any(word in op.kind for word in words))
        times[next(fitting)] += 1000 * op.seconds
    return times


if __name__ == "__main__":
    mains.run(main)
