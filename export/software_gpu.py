"""LiteRT's own GPU delegate on a GPU in software: which operators it takes, and what it computes.

ai_edge_litert brings the delegate of LiteRT 2.x for WebGPU, which wants a Vulkan driver. Debian's
package chromium has one that computes on the CPU, SwiftShader. A frame of flow takes it seconds and
its compilation half a minute, but the delegate decides as on any GPU. It computes in 32 bits:
for what 16 bits do see `half_precision`.
"""

import ctypes
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ai_edge_litert.compiled_model import CompiledModel
from ai_edge_litert.hardware_accelerator import HardwareAccelerator
from ai_edge_litert.options import Options

from export import flatbuffer, isolation, runtimes

CHROMIUM = Path("/usr/lib/chromium")
DRIVER = CHROMIUM / "vk_swiftshader_icd.json"
LOADER = CHROMIUM / "libvulkan.so.1"
# What the delegate says where it leaves something to the CPU.
DIVISION = re.compile(r"(\d+) operations will run on the GPU, and the remaining (\d+) operations")
ERRORS = re.compile(r"^ERROR: (.*)", re.MULTILINE)
REFUSALS = re.compile(r"operations are not supported by GPU delegate:\n((?:[A-Z0-9_]+:.*\n)+)")


class DriverError(OSError):
    """The Vulkan driver is not installed."""


@dataclass(frozen=True)
class Verdict:
    """What became of a model.

    Attributes:
      on_gpu: how many operators the delegate took.
      on_cpu: how many it left; 0: the model runs on the GPU as a whole.
      refusals: why, in the delegate's words: "GATHER: Only support 1D indices".
      differences: by output, mean |GPU's - CPU's| / mean |CPU's|.
    """

    on_gpu: int
    on_cpu: int
    refusals: tuple[str, ...]
    differences: dict[str, float]


def judge(
    path: Path, signature: str | None, inputs: dict[str, np.ndarray] | None = None
) -> Verdict:
    """Compiles a model for the GPU, runs it once, and compares with the CPU.

    Args:
      path: of a .tflite file of a single signature.
      signature: its name; None of a model without.
      inputs: by name; None: random ones.

    Raises:
      DriverError: the driver is not installed.
      ModelError: no model, or one that LiteRT cannot run.
    """
    for needed in (DRIVER, LOADER):
        if not needed.exists():
            raise DriverError(
                f"Expected {needed}, of the Vulkan driver SwiftShader. Received: no such file. "
                "On Debian: apt install chromium"
            )
    with runtimes.told_as_model_error(path):
        try:
            return isolation.call(_judge, path, signature, inputs)
        except isolation.CrashError:
            raise RuntimeError("one that crashed the GPU delegate.") from None


def _judge(path: Path, signature: str | None, inputs: dict[str, np.ndarray] | None) -> Verdict:
    """`judge` in a process of its own, whose environment and stderr it may take for itself."""
    os.environ["VK_ICD_FILENAMES"] = str(DRIVER)
    ctypes.CDLL(str(LOADER))  # The delegate opens it by its bare name, which the system may lack.
    with tempfile.TemporaryFile("w+") as told:
        os.dup2(told.fileno(), 2)
        try:
            model = _compiled(path, HardwareAccelerator.GPU | HardwareAccelerator.CPU)
        except RuntimeError as error:  # It names a line of its source; the reason is on stderr.
            raise RuntimeError("; ".join(ERRORS.findall(_all_of(told))) or str(error)) from error
        said = _all_of(told)
    on_gpu, on_cpu = _division(path, model, said)
    refusals = REFUSALS.search(said)
    received = runtimes.run_of(model, signature, inputs)()
    expected = runtimes.run_of(_compiled(path, HardwareAccelerator.CPU), signature, inputs)()
    return Verdict(
        on_gpu,
        on_cpu,
        tuple(line.rstrip(": ") for line in refusals[1].splitlines()) if refusals else (),
        {name: _difference(received[name], expected[name]) for name in expected},
    )


def _compiled(path: Path, accelerators: HardwareAccelerator) -> CompiledModel:
    return CompiledModel.from_file(str(path), options=Options(hardware_accelerators=accelerators))


def _all_of(told) -> str:
    told.seek(0)
    return told.read()


def _division(path: Path, model: CompiledModel, said: str) -> tuple[int, int]:
    """How many operators run on the GPU and on the CPU."""
    if model.is_fully_accelerated():
        return len(flatbuffer.operators(path.read_bytes())), 0
    division = DIVISION.search(said)
    if division is None:
        raise RuntimeError(f"a GPU delegate that does not tell its share, but: {said[-300:]}")
    return int(division[1]), int(division[2])


def _difference(received: np.ndarray, expected: np.ndarray) -> float:
    """Mean |difference| / mean |expected|."""
    gap = np.abs(received.astype("float64") - expected)
    return float(gap.mean() / np.abs(expected.astype("float64")).mean())
