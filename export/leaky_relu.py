"""Renames LEAKY_RELU to RELU for the quantizer, and back.

litert-quantizer 0.11 supports RELU but not LEAKY_RELU, and would place a DEQUANTIZE and a QUANTIZE
around it. It treats RELU as one input and one output, each with its own range, which is also what
TFLite's quantization specification requires for LEAKY_RELU. The operator's options (its slope)
stay; they distinguish a renamed operator from a true RELU.
"""

from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils

from . import packing

HIDDEN_AS = "RELU"
INT8_VERSION = 2  # Of the operator, the first that computes in 8 bits.


def hide(model: bytes) -> bytes:
    """Renames the LEAKY_RELU operators of a model to RELU; the result must not be run."""
    return _renamed(model, schema.BuiltinOperator.RELU)


def reveal(model: bytes) -> bytes:
    """Restores the LEAKY_RELU operators; inverse of `hide`."""
    return _renamed(model, schema.BuiltinOperator.LEAKY_RELU)


def _renamed(model: bytes, kind: int) -> bytes:
    """Changes the kind of all operators that have the options of LEAKY_RELU."""
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
