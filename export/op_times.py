"""Measures the time of each operator of a .tflite model with LiteRT's own profiler.

LiteRT's Python package cannot start the profiler, but the C library in the package can. Functions
and structures follow the headers of google-ai-edge/LiteRT, litert/c/, for the release that
requirements.txt names.
"""

import ctypes
from ctypes import byref, c_char_p, c_int, c_size_t, c_uint64, c_void_p
from dataclasses import dataclass
from pathlib import Path

import ai_edge_litert
import numpy as np

from . import flatbuffer, isolation, runtimes

LIBRARY = Path(ai_edge_litert.__file__).with_name("libLiteRt.so")
CPU = 1  # kLiteRtHwAcceleratorCpu
WRITE = 1  # kLiteRtTensorBufferLockModeWrite
# LiteRtProfilerEventType: an operator of the runtime, or one inside of a delegate.
OUTSIDE, INSIDE, PROFILED_INSIDE = 2, 4, 8
# Their time is that of the operators of another program, which are told as well.
CONTAINERS = {"CALL", "CALL_ONCE", "IF", "STABLEHLO_COMPOSITE", "WHILE"}
WARM_UP_RUNS = 3


@dataclass(frozen=True)
class OpTime:
    """One operator in a run. XNNPACK fuses operators and names them by their algorithm."""

    kind: str  # CONV_2D, or in XNNPACK: Convolution (NHWC, F32) IGEMM.
    in_delegate: bool
    seconds: float  # Mean of the runs.


class _Event(ctypes.Structure):
    """ProfiledEventData; each tflite::profiling::memory::MemoryUsage is three words."""

    _fields_ = [
        ("tag", c_char_p),
        ("type", c_int),
        ("start_us", c_uint64),
        ("elapsed_us", c_uint64),
        ("memory", c_uint64 * 6),
        ("metadata", c_uint64 * 2),
        ("source", c_int),
    ]


def measure(path: Path, threads: int, runs: int, signature: str | None) -> list[OpTime]:
    """Measures the operators of a model on zeros, in the order of execution.

    Args:
      path: a .tflite file that LiteRT can run; free axes get size 1.
      threads: of the CPU.
      runs: number of runs to average.
      signature: one of `runtimes.signatures(path)`.

    Raises:
      ModelError: LiteRT refuses the model.
    """
    return isolation.call(_measure, path, threads, runs, signature)


def _measure(path: Path, threads: int, runs: int, signature: str | None) -> list[OpTime]:
    model = _ProfiledModel(path, threads, signature)
    sums = sum(model.profiled_run() for _ in range(runs))
    return [
        OpTime(kind, in_delegate, float(microseconds) / runs / 1e6)
        for (kind, in_delegate), microseconds in zip(model.steps, sums, strict=True)
    ]


class _ProfiledModel:
    """A compiled model with its profiler and buffers; exists until the process ends."""

    def __init__(self, path: Path, threads: int, signature: str | None):
        self._path = path
        self._content = flatbuffer.with_fixed_axes(path.read_bytes())  # The library keeps no copy.
        self._library = ctypes.CDLL(str(LIBRARY))
        self._environment = self._made("LiteRtCreateEnvironment", 0, None)
        model = self._made(
            "LiteRtCreateModelFromBuffer",
            self._environment,
            self._content,
            c_size_t(len(self._content)),
        )
        options = self._options(threads)
        self._compiled = self._made("LiteRtCreateCompiledModel", self._environment, model, options)
        self._profiler = self._made("LiteRtCompiledModelGetProfiler", self._compiled)
        index, subgraph = self._program(model, signature)
        inputs = self._buffers("Input", subgraph, index)
        outputs = self._buffers("Output", subgraph, index)
        self._arguments = (c_size_t(index), *inputs, *outputs)
        for _ in range(WARM_UP_RUNS):
            self._run()
        self.steps: list[tuple[str, bool]] = []

    def profiled_run(self) -> np.ndarray:
        """Microseconds of each operator; the operators are the same in every run."""
        self._call("LiteRtResetProfiler", self._profiler)
        self._call("LiteRtStartProfiler", self._profiler)
        self._run()
        self._call("LiteRtStopProfiler", self._profiler)
        count = c_int()
        self._call("LiteRtGetNumProfilerEvents", self._profiler, byref(count))
        events = (_Event * count.value)()
        self._call("LiteRtGetProfilerEvents", self._profiler, count, events)
        wanted = [
            (event.tag.decode(), event.type != OUTSIDE, event.elapsed_us)
            for event in events
            if event.type in (OUTSIDE, INSIDE, PROFILED_INSIDE)
        ]
        wanted = [one for one in wanted if one[0] not in CONTAINERS]
        self.steps = [(kind, in_delegate) for kind, in_delegate, _ in wanted]
        return np.array([elapsed for *_, elapsed in wanted], float)

    def _run(self) -> None:
        self._call("LiteRtRunCompiledModel", self._compiled, *self._arguments)

    def _options(self, threads: int) -> c_void_p:
        """Options in the library's format: a name, and TOML text that the library frees."""
        libc = ctypes.CDLL(None)
        libc.strdup.restype = c_void_p
        free = ctypes.cast(libc.free, c_void_p)
        options = self._made("LiteRtCreateOptions")
        self._call("LiteRtSetOptionsHardwareAccelerators", options, CPU)
        for name, text in (
            ("runtime_options_string", "enable_profiling = true\n"),
            ("xnnpack", f"num_threads = {threads}\n"),
        ):
            payload = c_void_p(libc.strdup(text.encode()))
            one = self._made("LiteRtCreateOpaqueOptions", name.encode(), payload, free)
            self._call("LiteRtAddOpaqueOptions", options, one)
        return options

    def _program(self, model: c_void_p, name: str | None) -> tuple[int, c_void_p]:
        """A signature's index and program; without signatures, the model's only program."""
        count = c_size_t()
        self._call("LiteRtGetNumModelSignatures", model, byref(count))
        for index in range(count.value):
            signature = self._made("LiteRtGetModelSignature", model, c_size_t(index))
            key = c_char_p()
            self._call("LiteRtGetSignatureKey", signature, byref(key))
            if name in (None, key.value.decode()):
                return index, self._made("LiteRtGetSignatureSubgraph", signature)
        raise runtimes.ModelError(
            f"{self._path}: expected one of the model's signatures. Received: {name}."
        )

    def _buffers(self, side: str, subgraph: c_void_p, signature: int):
        """Buffers of zeros for a program's inputs or outputs: their number, and an array."""
        count = c_size_t()
        self._call(f"LiteRtGetNumSubgraph{side}s", subgraph, byref(count))
        buffers = (c_void_p * count.value)()
        for i in range(count.value):
            tensor = self._made(f"LiteRtGetSubgraph{side}", subgraph, c_size_t(i))
            ranked = (ctypes.c_int32 * 64)()  # A LiteRtRankedTensorType, and room to spare.
            self._call("LiteRtGetRankedTensorType", tensor, ranked)
            requirements = self._made(
                f"LiteRtGetCompiledModel{side}BufferRequirements",
                self._compiled,
                c_size_t(signature),
                c_size_t(i),
            )
            create = "LiteRtCreateManagedTensorBufferFromRequirements"
            buffer = self._made(create, self._environment, ranked, requirements)
            self._clear(buffer)
            buffers[i] = buffer.value
        return count, buffers

    def _clear(self, buffer: c_void_p) -> None:
        size, address = c_size_t(), c_void_p()
        self._call("LiteRtGetTensorBufferSize", buffer, byref(size))
        self._call("LiteRtLockTensorBuffer", buffer, byref(address), WRITE)
        ctypes.memset(address, 0, size.value)
        self._call("LiteRtUnlockTensorBuffer", buffer)

    def _made(self, function: str, *arguments) -> c_void_p:
        """Calls a function whose last argument receives the new handle; returns the handle."""
        handle = c_void_p()
        self._call(function, *arguments, byref(handle))
        return handle

    def _call(self, function: str, *arguments) -> None:
        status = getattr(self._library, function)(*arguments)
        if status:
            raise runtimes.ModelError(
                f"{self._path}: expected a model that LiteRT can profile. "
                f"Received: status {status} of {function}."
            )
