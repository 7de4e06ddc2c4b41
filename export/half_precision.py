"""Simulates a .tflite model in float16, the arithmetic of phones' GPUs.

float16 ends at 65504 and loses bits below 6.1e-5 (IEEE 754). This module measures how large a
model's numbers become on given inputs, and its outputs when every input, weight and intermediate
result is rounded to float16. Sums inside an operator stay in float32 here. GPUs that sum in float16
may overflow earlier, so means and sums are checked before the division.
"""

import copy
from collections.abc import Sequence

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from ai_edge_litert.tools import flatbuffer_utils

from . import packing

LARGEST = float(np.finfo(np.float16).max)
SMALLEST_NORMAL = float(np.finfo(np.float16).smallest_normal)
SUMS = ("MEAN", "SUM")
FLOAT32, FLOAT16 = schema.TensorType.FLOAT32, schema.TensorType.FLOAT16

Samples = Sequence[dict[str, np.ndarray]]


def findings(model: bytes, samples: Samples) -> list[str]:
    """Lists the intermediate results that float16 cannot represent, one line each.

    Args:
      model: a .tflite file's content, with one program and one signature.
      samples: its inputs, by name.

    Raises:
      ValueError: there are several programs, or no signature.
    """
    lines = []
    for name, (largest, total) in magnitudes(model, samples).items():
        if not largest <= LARGEST:  # Or NaN.
            lines.append(f"{name}: up to {largest:.3g}, where float16 ends at {LARGEST:.0f}")
        elif total > LARGEST:
            lines.append(f"{name}: of a sum of {total:.3g}, where float16 ends at {LARGEST:.0f}")
        elif 0 < largest < SMALLEST_NORMAL:
            lines.append(f"{name}: {largest:.3g} at most, where float16 loses bits")
    return lines


def magnitudes(model: bytes, samples: Samples) -> dict[str, tuple[float, float]]:
    """The largest magnitude of every float result and, for a mean, of the sum behind it.

    Args and raises: as in `findings`.
    """
    parsed = flatbuffer_utils.read_model_from_bytearray(bytearray(model))
    if len(parsed.subgraphs) != 1 or len(parsed.signatureDefs or ()) != 1:
        raise ValueError(
            "Expected a model of one program with one signature. "
            f"Received: {len(parsed.subgraphs)} with {len(parsed.signatureDefs or ())}."
        )
    (program,) = parsed.subgraphs
    interpreter = Interpreter(
        model_content=model,
        # XNNPACK keeps to itself what passes between its operators.
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        experimental_preserve_all_tensors=True,
    )
    runner = interpreter.get_signature_runner()
    found: dict[str, tuple[float, float]] = {}
    for sample in samples:
        runner(**sample)
        for operator in program.operators:
            is_sum = flatbuffer_utils.opcode_to_name(parsed, operator.opcodeIndex) in SUMS
            for i in operator.outputs:
                if program.tensors[i].type != FLOAT32:
                    continue
                result = np.abs(interpreter.get_tensor(i))
                terms = np.abs(interpreter.get_tensor(operator.inputs[0])) if is_sum else result
                name = program.tensors[i].name.decode().split(";")[0]
                largest, total = found.get(name, (0.0, 0.0))
                found[name] = (
                    float(np.maximum(largest, result.max())),  # NaN stays.
                    float(np.maximum(total, terms.sum() / result.size if is_sum else 0.0)),
                )
    return found


def differences(model: bytes, samples: Samples) -> dict[str, float]:
    """How much rounding to float16 changes each output: mean |difference| / mean |output|.

    NaN or infinite if something overflows. Args: as in `findings`.
    """
    runners = [
        Interpreter(model_content=each).get_signature_runner() for each in (model, rounded(model))
    ]
    apart: dict[str, list[float]] = {}
    for sample in samples:
        exact, coarse = (runner(**sample) for runner in runners)
        for name, value in exact.items():
            gap = np.abs(coarse[name] - value).mean() / np.abs(value).mean()
            apart.setdefault(name, []).append(float(gap))
    return {name: float(np.mean(each)) for name, each in apart.items()}


def rounded(model: bytes) -> bytes:
    """The same model with every float32 input, constant and result rounded to float16."""
    parsed = flatbuffer_utils.read_model_from_bytearray(bytearray(model))
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CAST
    code.version = 1
    parsed.operatorCodes.append(code)
    for program in parsed.subgraphs:
        _round_constants(parsed, program)
        _round_results(program, cast=len(parsed.operatorCodes) - 1)
    return packing.pack(parsed)


def _round_constants(parsed: schema.ModelT, program: schema.SubGraphT) -> None:
    for tensor in program.tensors:
        buffer = parsed.buffers[tensor.buffer]
        if tensor.type == FLOAT32 and buffer.data is not None:
            values = np.frombuffer(bytes(buffer.data), np.float32)
            with np.errstate(over="ignore"):  # Infinite then, as on the GPU.
                halves = values.astype(np.float16).astype(np.float32)
            buffer.data = np.frombuffer(halves.tobytes(), np.uint8)


def _round_results(program: schema.SubGraphT, cast: int) -> None:
    """Inserts casts to float16 and back behind all inputs and operators with float results."""
    steps = []
    replaced = {}
    for i in program.inputs:
        if program.tensors[i].type == FLOAT32:
            replaced[i] = _copy(program, i, FLOAT32)
            steps += _casts(program, i, replaced[i], cast)
    for operator in program.operators:
        operator.inputs = [replaced.get(i, i) for i in operator.inputs]
        made = list(operator.outputs)
        floats = [i for i in made if program.tensors[i].type == FLOAT32]
        exact = {i: _copy(program, i, FLOAT32) for i in floats}
        operator.outputs = [exact.get(i, i) for i in made]
        steps.append(operator)
        for i in floats:
            steps += _casts(program, exact[i], i, cast)
    program.operators = steps


def _casts(program: schema.SubGraphT, source: int, target: int, cast: int) -> list:
    half = _copy(program, source, FLOAT16)
    steps = []
    for read, written in ((source, half), (half, target)):
        step = schema.OperatorT()
        step.opcodeIndex, step.inputs, step.outputs = cast, [read], [written]
        steps.append(step)
    return steps


def _copy(program: schema.SubGraphT, tensor: int, type_: int) -> int:
    """Adds a tensor of the same shape; returns its index."""
    new = copy.copy(program.tensors[tensor])
    new.name = new.name + f"/{len(program.tensors)}".encode()
    new.type, new.buffer = type_, 0  # The schema's empty buffer.
    program.tensors.append(new)
    return len(program.tensors) - 1
