"""LEAKY_RELU under the name of RELU, and back.

litert-quantizer 0.11 knows RELU but not LEAKY_RELU, around which it would place a DEQUANTIZE and a
QUANTIZE. It treats RELU as one input and one output, each with a range of its own, which is what
TFLite's quantization specification says of LEAKY_RELU. The operator's options (its slope) stay, and
tell the hidden from the true.
"""

from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils

from export import packing

HIDDEN_AS = "RELU"
INT8_VERSION = 2  # Of the operator, the first that computes in 8 bits.


def hide(model: bytes) -> bytes:
    """A model whose LEAKY_RELU operators pass for RELU; it must not be run."""
    return _renamed(model, schema.BuiltinOperator.RELU)


def reveal(model: bytes) -> bytes:
    """The model with its LEAKY_RELU operators again; inverse of `hide`."""
    return _renamed(model, schema.BuiltinOperator.LEAKY_RELU)


def _renamed(model: bytes, kind: int) -> bytes:
    """The model with another kind of all operators that have the options of LEAKY_RELU."""
    parsed = flatbuffer_utils.read_model_from_bytearray(bytearray(model))
    codes = {
        operator.opcodeIndex
        for subgraph in parsed.subgraphs
        for operator in subgraph.operators
        if operator.builtinOptionsType == schema.BuiltinOptions.LeakyReluOptions
    }
    for code in (parsed.operatorCodes[i] for i in codes):
        code.builtinCode = code.deprecatedBuiltinCode = kind
        code.version = max(code.version, INT8_VERSION)
    return packing.pack(parsed)
