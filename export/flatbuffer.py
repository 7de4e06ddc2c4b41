"""Reads the operators of a .tflite file and the sizes of its constants."""

from dataclasses import dataclass

from ai_edge_litert.tools import flatbuffer_utils

from . import packing


@dataclass(frozen=True)
class Operator:
    """One operator: its name in capitals, its tensors and its constants."""

    name: str
    inputs: tuple[str, ...]  # Names of the tensors that it reads, without those left out.
    outputs: tuple[str, ...]  # Names of its tensors.
    channels: int  # Size of its first output's last axis; 1 for a scalar.
    weight_bytes: int  # Of its largest constant.


def operators(model: bytes, signature: str | None = None) -> list[Operator]:
    """The operators of a signature, or of the main program, in the order of execution."""
    parsed = flatbuffer_utils.read_model_from_bytearray(bytearray(model))
    places = {each.signatureKey.decode(): each.subgraphIndex for each in parsed.signatureDefs or ()}
    program = parsed.subgraphs[places.get(signature, 0)]
    constants = [_num_bytes(parsed.buffers[tensor.buffer]) for tensor in program.tensors]
    found = []
    for operator in program.operators:
        outputs = [program.tensors[i] for i in operator.outputs]
        found.append(
            Operator(
                name=flatbuffer_utils.opcode_to_name(parsed, operator.opcodeIndex),
                inputs=tuple(program.tensors[i].name.decode() for i in operator.inputs if i >= 0),
                outputs=tuple(tensor.name.decode() for tensor in outputs),
                channels=_channels(outputs),
                weight_bytes=max((constants[i] for i in operator.inputs if i >= 0), default=0),
            )
        )
    return found


def constant_bytes(model: bytes) -> int:
    """The number of bytes of weights and other constants in a model."""
    parsed = flatbuffer_utils.read_model_from_bytearray(bytearray(model))
    return sum(_num_bytes(buffer) for buffer in parsed.buffers)


def with_fixed_axes(model: bytes) -> bytes:
    """The same model with free axes of size 1."""
    parsed = flatbuffer_utils.read_model_from_bytearray(bytearray(model))
    for program in parsed.subgraphs:
        for tensor in program.tensors:
            tensor.shapeSignature = None  # Where free axes are -1; in the shape itself they are 1.
    return packing.pack(parsed)


def _channels(outputs) -> int:
    """The channels of the first output; 1 without outputs or with unknown rank."""
    shape = outputs[0].shape if outputs else None
    return int(shape[-1]) if shape is not None and len(shape) else 1


def _num_bytes(buffer) -> int:
    return 0 if buffer.data is None else len(buffer.data)
