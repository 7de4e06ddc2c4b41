"""What a .tflite file holds: its operators and the bytes of its constants."""

from dataclasses import dataclass

from ai_edge_litert.tools import flatbuffer_utils

from export import packing


@dataclass(frozen=True)
class Operator:
    """One step of the program: the op's name in capitals, what it writes and what it holds."""

    name: str
    inputs: tuple[str, ...]  # Names of the tensors that it reads, without those left out.
    outputs: tuple[str, ...]  # Names of its tensors.
    channels: int  # Size of its first output's last axis; 1 for a scalar.
    weight_bytes: int  # Of its largest constant.


def operators(model: bytes, signature: str | None = None) -> list[Operator]:
    """All operators of one signature, or of the main program, in the order in which they run."""
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
    """How many bytes of weights and other constants a model holds."""
    parsed = flatbuffer_utils.read_model_from_bytearray(bytearray(model))
    return sum(_num_bytes(buffer) for buffer in parsed.buffers)


def with_fixed_axes(model: bytes) -> bytes:
    """The same model, its axes of free size being 1."""
    parsed = flatbuffer_utils.read_model_from_bytearray(bytearray(model))
    for program in parsed.subgraphs:
        for tensor in program.tensors:
            tensor.shapeSignature = None  # Where free axes are -1; in the shape itself they are 1.
    return packing.pack(parsed)


def _channels(outputs) -> int:
    """Of the first output; some operators have none, some tensors no known rank."""
    shape = outputs[0].shape if outputs else None
    return int(shape[-1]) if shape is not None and len(shape) else 1


def _num_bytes(buffer) -> int:
    return 0 if buffer.data is None else len(buffer.data)
