"""Merges several models to one file with a signature for each."""

from collections.abc import Sequence

from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils

from . import packing


class MergeError(ValueError):
    """Models that cannot be merged to one file."""


def merge(models: Sequence[bytes]) -> bytes:
    """Merges the programs and signatures of all models; each computes the same as alone.

    Raises:
      MergeError: two models have a signature of the same name, or one has several subgraphs.
    """
    parsed = [flatbuffer_utils.read_model_from_bytearray(bytearray(model)) for model in models]
    names = [signature.signatureKey.decode() for one in parsed for signature in one.signatureDefs]
    # Several subgraphs come with control flow, whose operators name them by their place.
    if len(set(names)) < len(names) or any(len(one.subgraphs) != 1 for one in parsed):
        raise MergeError(
            "Expected models of one subgraph each and signatures of different names. "
            f"Received: {names}, subgraphs: {[len(one.subgraphs) for one in parsed]}."
        )
    whole = parsed[0]
    for one in parsed[1:]:
        _append(whole, one)
    return packing.pack(whole)


def _append(whole: schema.ModelT, one: schema.ModelT) -> None:
    """Appends all parts of a model to `whole` and updates its references."""
    (subgraph,) = one.subgraphs
    for tensor in subgraph.tensors:
        tensor.buffer += len(whole.buffers)
    for operator in subgraph.operators:
        operator.opcodeIndex += len(whole.operatorCodes)
    for signature in one.signatureDefs:
        signature.subgraphIndex += len(whole.subgraphs)
    whole.buffers += one.buffers
    whole.operatorCodes += one.operatorCodes
    whole.subgraphs += one.subgraphs
    whole.signatureDefs += one.signatureDefs
