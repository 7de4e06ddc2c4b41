"""Loads any .tflite model for either runtime of LiteRT.

interpreter: `Interpreter`, used by the app in android_demo. compiled: its successor
`CompiledModel`. Both compute on the CPU, with XNNPACK wherever possible.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from ai_edge_litert.compiled_model import CompiledModel
from ai_edge_litert.hardware_accelerator import HardwareAccelerator
from ai_edge_litert.interpreter import Interpreter
from ai_edge_litert.options import CpuOptions, Options
from ai_edge_litert.tensor_buffer import TensorBuffer

Run = Callable[[], dict[str, np.ndarray]]


class ModelError(ValueError):
    """A file that is not a .tflite model, or that the runtime cannot run."""


def load(path: Path, threads: int, runtime: str, signature: str | None) -> Run:
    """Loads a model as a function that runs it once and returns its outputs.

    Like an app for a frame, the function copies inputs in, runs the network, and copies outputs
    out. Inputs are random, with the model's shapes and types (free axes have size 1): floats in
    [0, 2), integers 0 or 1.

    Args:
      path: of the .tflite file.
      threads: of the CPU.
      runtime: one of RUNTIMES.
      signature: one of `signatures(path)`.

    Raises:
      ModelError: the file is missing, not a model, or needs ops that the runtime lacks.
    """
    with told_as_model_error(path):
        run = RUNTIMES[runtime](path, threads, signature)
        run()
    return run


def signatures(path: Path) -> list[str | None]:
    """The names of a model's signatures; [None] for a model without signatures.

    Raises:
      ModelError: the file is missing or not a model.
    """
    with told_as_model_error(path):
        return list(Interpreter(str(path)).get_signature_list()) or [None]


@contextlib.contextmanager
def told_as_model_error(path: Path) -> Iterator[None]:
    """Raises what the runtime says of the model in `path` as a ModelError, in one line."""
    if not path.is_file():
        raise ModelError(f"{path}: expected a .tflite file. Received: no such file.")
    try:
        yield
    except (ValueError, RuntimeError) as error:
        raise ModelError(
            f"{path}: expected a model that LiteRT can run. Received: {error}"
        ) from error


def _interpreter(path: Path, threads: int, signature: str | None) -> Run:
    interpreter = Interpreter(str(path), num_threads=threads)
    if signature is not None:
        runner = interpreter.get_signature_runner(signature)
        inputs = {name: _random(wanted) for name, wanted in runner.get_input_details().items()}
        return lambda: runner(**inputs)
    interpreter.allocate_tensors()
    values = [(wanted["index"], _random(wanted)) for wanted in interpreter.get_input_details()]
    outputs = {given["name"]: given["index"] for given in interpreter.get_output_details()}

    def run() -> dict[str, np.ndarray]:
        for index, value in values:
            interpreter.set_tensor(index, value)
        interpreter.invoke()
        return {name: interpreter.get_tensor(index) for name, index in outputs.items()}

    return run


def _compiled(path: Path, threads: int, signature: str | None) -> Run:
    options = Options(
        hardware_accelerators=HardwareAccelerator.CPU, cpu_options=CpuOptions(num_threads=threads)
    )
    return run_of(CompiledModel.from_file(str(path), options=options), signature)


def run_of(
    model: CompiledModel, signature: str | None, inputs: dict[str, np.ndarray] | None = None
) -> Run:
    """A model, compiled for any hardware, as a function that runs it and returns its outputs.

    Args:
      model: of a single signature or several.
      signature: which; None: the first.
      inputs: by name; None: random ones, as `load` has them.
    """
    index = 0 if signature is None else model.get_signature_index(signature)
    names = model.get_signature_by_index(index)
    details = model.get_input_tensor_details(names["key"])
    values = [inputs[name] if inputs else _random(details[name]) for name in names["inputs"]]
    for i, (name, value) in enumerate(zip(names["inputs"], values, strict=True)):
        if (np.asarray(details[name]["shape"]) < 1).any():
            model.resize_input_tensor(i, value.shape, index)
    details = model.get_output_tensor_details(names["key"])
    buffers, results = model.create_input_buffers(index), model.create_output_buffers(index)

    def run() -> dict[str, np.ndarray]:
        for buffer, value in zip(buffers, values, strict=True):
            buffer.write(value)
        model.run_by_index(index, buffers, results)
        return {
            name: _read(buffer, details[name])
            for name, buffer in zip(names["outputs"], results, strict=True)
        }

    return run


RUNTIMES = {"interpreter": _interpreter, "compiled": _compiled}


def _read(buffer: TensorBuffer, details: dict) -> np.ndarray:
    return buffer.read(np.prod(details["shape"]), details["dtype"]).reshape(details["shape"])


def _random(details: dict) -> np.ndarray:
    shape = np.maximum(details["shape"], 1)
    return np.asarray(2 * np.random.default_rng(0).random(shape), details["dtype"])
