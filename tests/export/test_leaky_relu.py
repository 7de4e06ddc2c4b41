"""LEAKY_RELU renamed to RELU, and back."""

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from export import flatbuffer, leaky_relu


def kinds(model):
    return [one.name for one in flatbuffer.operators(model)]


def test_hidden_leaky_relus_come_back_and_true_relus_stay(float_models, samples_of):
    model = float_models["flow"]
    hidden = leaky_relu.hide(model)
    revealed = leaky_relu.reveal(hidden)
    assert {"LEAKY_RELU", "RELU"} <= set(kinds(model))
    assert [kind.replace("LEAKY_", "") for kind in kinds(model)] == kinds(hidden)
    assert kinds(revealed) == kinds(model)
    flows = [
        Interpreter(model_content=one).get_signature_runner("flow")(**samples_of["flow"][0])["flow"]
        for one in (model, revealed)
    ]
    np.testing.assert_array_equal(*flows)
