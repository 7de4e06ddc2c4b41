"""The table of quantization recipes."""

import pathlib

import pytest

import benchmarks
from benchmarks import relative_table
from export import NETWORKS, QUANTIZATIONS, recipe

TRIED = pathlib.Path(benchmarks.__file__).parent / "recipes"


def test_the_table_compares_errors_and_times_with_the_first_row():
    rows = {
        "float32": {"MB": 15.208, "against Keras": 0.0, "against truth": 0.3, "ms": 60.0},
        "int8": {"MB": 4.4235, "against Keras": 0.02051, "against truth": 0.297, "ms": 30.0},
    }
    assert relative_table.table(rows).splitlines() == [
        "| recipe | MB | against Keras | against truth | ms |",
        "|---|---|---|---|---|",
        "| float32 | 15.21 | 0.0000 | 0.3000 (+0.0%) | 60.0 (1.00x) |",
        "| int8 | 4.42 | 0.0205 | 0.2970 (-1.0%) | 30.0 (0.50x) |",
    ]


@pytest.mark.parametrize("network", NETWORKS)
def test_what_was_tried_are_other_recipes_than_those_of_the_export(network):
    tried = [recipe.load(path) for path in TRIED.glob(f"{network}_*.json")]
    ours = [recipe.read(network, variant) for variant in QUANTIZATIONS[1:]]
    assert len(tried) >= 5
    assert len({str(recipe.to_json(one)) for one in [*tried, *ours]}) == len(tried) + len(ours)
