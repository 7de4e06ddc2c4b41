"""Recipes as data, and the operators that their rules select."""

import pytest

from export import NETWORKS, QUANTIZATIONS, flatbuffer, recipe
from export.recipe import RecipeError, Rule


def methods(rules, model):
    """The number of operators of `model` with each method, from litert-quantizer's own recipe."""
    found = {}
    for one in recipe.for_quantizer(rules, model).get_quantization_recipe():
        found.setdefault(one["operation"], []).append(one["op_config"]["compute_precision"])
    return found


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("variant", QUANTIZATIONS[1:])
def test_every_variant_has_a_recipe_that_survives_json(network, variant):
    rules = recipe.read(network, variant)
    assert rules
    assert recipe.from_json(recipe.to_json(rules)) == rules


def test_json_leaves_out_what_a_rule_leaves_out():
    assert recipe.to_json((Rule(("ADD",), "static"),)) == [{"ops": ["ADD"], "method": "static"}]


def test_only_static_rules_need_pictures():
    needing = [
        (network, variant)
        for network in NETWORKS
        for variant in QUANTIZATIONS[1:]
        if any(rule.method == "static" for rule in recipe.read(network, variant))
    ]
    assert needing == [("depth", "int8"), ("flow", "int8")]


def test_the_last_rule_that_fits_counts(float_models):
    first, last = Rule(("CONV_2D",), "dynamic"), Rule(("CONV_2D",), "weights", least_channels=17)
    words = methods((first, last), float_models["depth"])["CONV_2D"]
    narrow = [
        one
        for one in flatbuffer.operators(float_models["depth"])
        if one.name == "CONV_2D" and one.channels < 17
    ]
    assert words.count("INTEGER") == len(narrow) > 0
    assert words.count("FLOAT") == len(words) - len(narrow) > 0
    assert set(methods((last, first), float_models["depth"])["CONV_2D"]) == {"INTEGER"}


def test_a_rule_can_ask_what_an_operator_reads(float_models):
    after = Rule(("LEAKY_RELU",), "static", reads=("CONCATENATION",))
    every = Rule(("LEAKY_RELU",), "static")
    assert len(methods((after,), float_models["flow"])["RELU"]) == 4  # One correlation per level.
    assert len(methods((every,), float_models["flow"])["RELU"]) > 10


def test_unknown_methods_keys_and_recipes_are_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(recipe, "FOLDER", tmp_path)
    texts = {
        "method": '[{"ops": ["ADD"], "method": "int4"}]',
        "operator": '[{"ops": ["CONV2D"], "method": "static"}]',
        "letters": '[{"ops": "ADD", "method": "static"}]',
        "number": "[1]",
        "key": '[{"ops": ["ADD"], "method": "static", "most_channels": 3}]',
        "text": "[",
        "other": "7",
    }
    for name, text in texts.items():
        (tmp_path / f"depth_{name}.json").write_text(text)
        with pytest.raises(RecipeError, match=f"depth_{name}.json: expected a list of rules"):
            recipe.read("depth", name)
    with pytest.raises(RecipeError, match="Received: depth_int8"):
        recipe.read("depth", "int8")


@pytest.mark.parametrize(("kind", "method"), [("LOGISTIC", "dynamic"), ("LEAKY_RELU", "float16")])
def test_what_the_quantizer_cannot_do_is_refused(kind, method, float_models):
    model = float_models["depth"]
    with pytest.raises(RecipeError, match=f"can become {method}. Received: {kind}"):
        recipe.for_quantizer((Rule((kind,), method),), model)
