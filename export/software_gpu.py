"""Runs a .tflite model on LiteRT's own GPU delegate, on a software GPU.

The package ai_edge_litert contains the WebGPU delegate of LiteRT 2.x. The delegate needs a Vulkan
driver. Debian's package chromium contains SwiftShader, a Vulkan driver that computes on the CPU. It
compiles a flow network in half a minute and takes seconds for a frame. The delegate takes the same
operators as on a real GPU. SwiftShader computes in 32 bits; `half_precision` looks at 16 bits.
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

from . import flatbuffer, isolation, runtimes

CHROMIUM = Path("/usr/lib/chromium")
DRIVER = CHROMIUM / "vk_swiftshader_icd.json"
LOADER = CHROMIUM / "libvulkan.so.1"
# The delegate prints these lines where it leaves operators to the CPU.
DIVISION = re.compile(r"(\d+) operations will run on the GPU, and the remaining (\d+) operations")
ERRORS = re.compile(r"^ERROR: (.*)", re.MULTILINE)
REFUSALS = re.compile(r"operations are not supported by GPU delegate:\n((?:[A-Z0-9_]+:.*\n)+)")


class DriverError(OSError):
    """The Vulkan driver is not installed."""


@dataclass(frozen=True)
class Verdict:
    """What the delegate did with a model.

    Attributes:
      on_gpu: how many operators the delegate took.
      on_cpu: how many it left to the CPU; 0: the whole model runs on the GPU.
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
    """Does the work of `judge` in its own process: it changes the environment and stderr."""
    os.environ["VK_ICD_FILENAMES"] = str(DRIVER)
    ctypes.CDLL(str(LOADER))  # The delegate opens it by name; the system may lack it.
    with tempfile.TemporaryFile("w+") as stderr:
        os.dup2(stderr.fileno(), 2)
        try:
            model = _compiled(path, HardwareAccelerator.GPU | HardwareAccelerator.CPU)
        except RuntimeError as error:  # It names a line of its source; the reason is on stderr.
            raise RuntimeError("; ".join(ERRORS.findall(_all_of(stderr))) or str(error)) from error
        said = _all_of(stderr)
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


def _all_of(stderr) -> str:
    stderr.seek(0)
    return stderr.read()


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
