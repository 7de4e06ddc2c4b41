"""Both networks in one file."""

import pytest

from export import flatbuffer, merge
from export.tflite_model import TfliteModel


@pytest.mark.parametrize("order", [("depth", "flow"), ("flow", "depth")])
def test_each_signature_computes_the_same_to_the_bit(order, int8_models, samples_of):
    model = merge.merge([int8_models[kind] for kind in order])
    for kind in order:
        sample = samples_of[kind][0]
        expected = TfliteModel(int8_models[kind])(**sample)
        received = TfliteModel(model, signature=kind)(**sample)
        assert received.keys() == expected.keys()
        for name, values in expected.items():
            assert (received[name] == values).all()


def test_one_file_holds_the_weights_of_both_once(int8_models):
    together = merge.merge([int8_models["depth"], int8_models["flow"]])
    apart = sum(flatbuffer.constant_bytes(model) for model in int8_models.values())
    assert flatbuffer.constant_bytes(together) == apart


def test_which_signature_is_meant_must_be_said(float_models):
    model = merge.merge([float_models["depth"], float_models["flow"]])
    with pytest.raises(ValueError, match=r"one signature. Received: \['depth', 'flow'\]"):
        TfliteModel(model)
    with pytest.raises(ValueError, match="with pose. Received: one with .*depth"):
        TfliteModel(model, signature="pose")


def test_two_models_of_one_name_are_refused(float_models, int8_models):
    with pytest.raises(merge.MergeError, match=r"different names. Received: \['depth', 'depth'\]"):
        merge.merge([float_models["depth"], int8_models["depth"]])
