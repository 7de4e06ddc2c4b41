"""The positions of constants in a written model."""

import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils

from export import packing
from export.tflite_model import TfliteModel


def packed(model):
    return packing.pack(flatbuffer_utils.read_model_from_bytearray(bytearray(model)))


def constants(model):
    """(position in the file, bytes) of every constant inside the flatbuffer, without a parser."""
    whole = schema.Model.GetRootAs(model)
    buffers = [whole.Buffers(i) for i in range(whole.BuffersLength())]
    assert not any(buffer.Offset() for buffer in buffers), "Behind the flatbuffer."
    filled = [buffer for buffer in buffers if not buffer.DataIsNone()]
    return [(one._tab.Vector(one._tab.Offset(4)), one.DataAsNumpy().tobytes()) for one in filled]


@pytest.mark.parametrize("made", ["float_models", "int8_models"])
def test_every_constant_is_inside_and_aligned(made, request):
    model = packed(request.getfixturevalue(made)["depth"])
    found = constants(model)
    assert len(found) > 30
    for place, data in found:
        assert place % 16 == 0
        assert model[place : place + len(data)] == data


@pytest.mark.parametrize("made", ["float_models", "int8_models"])
def test_a_packed_model_computes_the_same_to_the_bit(made, request, samples_of):
    model = request.getfixturevalue(made)["flow"]
    sample = samples_of["flow"][0]
    expected = TfliteModel(model)(**sample)["flow"]
    assert (TfliteModel(packed(model))(**sample)["flow"] == expected).all()


def test_packing_twice_changes_nothing_more(int8_models):
    once = packed(int8_models["depth"])
    assert packed(once) == once
