"""What a .tflite file holds: its operators and the bytes of its constants."""

from dataclasses import dataclass

from ai_edge_litert.tools import flatbuffer_utils


@dataclass(frozen=True)
class Operator:
    """One step of the program: the op's name in capitals, what it writes and what it holds."""

    name: str
    outputs: tuple[str, ...]  # Names of its tensors.
    channels: int  # Size of its first output's last axis; 1 for a scalar.
    weight_bytes: int  # Of its largest constant.


def operators(model: bytes) -> list[Operator]:
    """All operators of a model's main program, in the order in which they run."""
    parsed = flatbuffer_utils.read_model_from_bytearray(bytearray(model))
    program = parsed.subgraphs[0]
    constants = [_num_bytes(parsed.buffers[tensor.buffer]) for tensor in program.tensors]
    found = []
    for operator in program.operators:
        outputs = [program.tensors[i] for i in operator.outputs]
        found.append(
            Operator(
                name=flatbuffer_utils.opcode_to_name(parsed, operator.opcodeIndex),
                outputs=tuple(tensor.name.decode() for tensor in outputs),
                channels=int([1, *outputs[0].shape][-1]),
                weight_bytes=max((constants[i] for i in operator.inputs if i >= 0), default=0),
            )
        )
    return found


def constant_bytes(model: bytes) -> int:
    """How many bytes of weights and other constants a model holds."""
    parsed = flatbuffer_utils.read_model_from_bytearray(bytearray(model))
    return sum(_num_bytes(buffer) for buffer in parsed.buffers)


def _num_bytes(buffer) -> int:
    return 0 if buffer.data is None else len(buffer.data)
