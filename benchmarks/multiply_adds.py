"""Counts the multiply-adds of a .tflite model, from the shapes in the file."""

from typing import NamedTuple

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils

# The input with an op's weights, and the weights' axes that are multiplied with each output (of
# TRANSPOSE_CONV: each input). Weights are [out, height, width, in], depthwise [1, h, w, out].
WEIGHTED = {
    "CONV_2D": (1, (1, 2, 3)),
    "DEPTHWISE_CONV_2D": (1, (1, 2)),
    "FULLY_CONNECTED": (1, (-1,)),
    "TRANSPOSE_CONV": (1, (0, 1, 2)),
}


class Work(NamedTuple):
    """The work of one operator."""

    kind: str  # CONV_2D
    arithmetic: str  # int8 if the weights are 8-bit integers, else float32.
    multiply_adds: int


def count(model: bytes) -> list[Work]:
    """The work of each convolution and fully connected layer of a model, in the order of the file.

    As in papers, biases and all other operators are not counted.

    Args:
      model: a .tflite file's content without free axes.
    """
    parsed = flatbuffer_utils.read_model_from_bytearray(bytearray(model))
    found = []
    for program in parsed.subgraphs:
        for operator in program.operators:
            kind = flatbuffer_utils.opcode_to_name(parsed, operator.opcodeIndex)
            if kind in WEIGHTED:
                found.append(_work(kind, operator, program.tensors))
    return found


def _work(kind: str, operator, tensors) -> Work:
    place, axes = WEIGHTED[kind]
    weights = tensors[operator.inputs[place]]
    each = tensors[operator.inputs[2] if kind == "TRANSPOSE_CONV" else operator.outputs[0]]
    multiply_adds = np.prod(each.shape) * np.prod([weights.shape[axis] for axis in axes])
    arithmetic = "int8" if weights.type == schema.TensorType.INT8 else "float32"
    return Work(kind, arithmetic, int(multiply_adds))
