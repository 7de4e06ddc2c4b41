"""Recipes, recipes/{network}_{variant}.json: which operators are quantized, and how.

A recipe is a list of rules. For each operator, the last rule that fits applies. An operator that
fits no rule stays in float32.

  {"ops": ["CONV_2D"], "reads": ["CONCATENATION"], "least_channels": 17, "method": "dynamic",
   "why": "..."}

litert-quantizer's own recipes select operators by tensor names. Our tensor names contain numbers
that Keras assigns in the order of creation. Kinds, widths and neighbours of operators are the same
in every program, so our recipes hold for every preset and size.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from ai_edge_litert.schema_py_generated import BuiltinOperator
from litert_quantizer.algorithm_manager import AlgorithmName
from litert_quantizer.recipe_manager import RecipeManager

from . import flatbuffer
from .leaky_relu import HIDDEN_AS

FOLDER = Path(__file__).parent / "recipes"
METHODS = ("float16", "weights", "dynamic", "static")
# litert-quantizer 0.11 fails on larger weights (its chunks lose an axis); float16 works.
MOST_WEIGHT_BYTES = 32 * 2**20
# TFLite's names of operators, where litert-quantizer has its own.
THEIR_NAMES = {"TRANSPOSE_CONV": "CONV_2D_TRANSPOSE", "LEAKY_RELU": HIDDEN_AS}


class RecipeError(ValueError):
    """A recipe in another format, or one that litert-quantizer cannot follow."""


@dataclass(frozen=True)
class Rule:
    """How some operators are quantized.

    Attributes:
      ops: kinds of operators, by their TFLite names.
      method: float16: weights in half the size, same arithmetic; weights: 8-bit weights, converted
        to float at run time; dynamic: 8-bit weights, activations quantized at run time, sums
        converted to float; static: all in 8 bits, with activation ranges calibrated beforehand.
      least_channels: minimum channels of the operator's output (its last axis).
      reads: the operator must read the output of one of these kinds; empty: no condition.
      why: a comment for the reader.
    """

    ops: tuple[str, ...]
    method: str
    least_channels: int = 1
    reads: tuple[str, ...] = ()
    why: str = ""

    def __post_init__(self):
        if self.method not in METHODS:
            raise RecipeError(f"Expected a method of {METHODS}. Received: {self.method!r}.")
        unknown = [name for name in self.ops + self.reads if not hasattr(BuiltinOperator, name)]
        if unknown:
            raise RecipeError(f"Expected TFLite's names of operators. Received: {unknown}.")

    def fits(self, operator: flatbuffer.Operator, writers: dict[str, str]) -> bool:
        """True if the rule fits `operator`; `writers`: the kind of operator by output tensor."""
        return (
            operator.name in self.ops
            and operator.channels >= self.least_channels
            and (not self.reads or any(writers.get(one) in self.reads for one in operator.inputs))
        )


Recipe = tuple[Rule, ...]


def read(network: str, variant: str) -> Recipe:
    """The recipe of a network (depth, flow) for one of export.QUANTIZATIONS; float32's is empty.

    Raises:
      RecipeError: there is no such recipe, or its format is wrong.
    """
    if variant == "float32":
        return ()
    path = FOLDER / f"{network}_{variant}.json"
    if not path.is_file():
        names = ", ".join(sorted(one.stem for one in FOLDER.glob("*.json")))
        raise RecipeError(f"Expected a recipe of {names}. Received: {path.stem}.")
    return load(path)


def load(path: Path) -> Recipe:
    """Reads a recipe from any file; RecipeError if its format is wrong."""
    try:
        return from_json(json.loads(path.read_text()))
    except (json.JSONDecodeError, AttributeError, TypeError, RecipeError) as error:
        raise RecipeError(f"{path}: expected a list of rules. Received: {error}") from error


def from_json(rules: list[dict]) -> Recipe:
    """Builds a recipe from its JSON; inverse of `to_json`."""
    lists = ("ops", "reads")
    return tuple(
        Rule(**{key: tuple(value) if key in lists else value for key, value in rule.items()})
        for rule in rules
    )


def to_json(recipe: Recipe) -> list[dict]:
    """A recipe as lists and dictionaries without default values; inverse of `from_json`."""
    defaults = vars(Rule((), METHODS[0]))
    return [
        {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in vars(rule).items()
            if value != defaults[key] or key == "method"
        }
        for rule in recipe
    ]


def for_quantizer(recipe: Recipe, model: bytes) -> RecipeManager:
    """Translates a recipe for a model, operator by operator, to litert-quantizer's own terms.

    Raises:
      RecipeError: litert-quantizer cannot quantize such an operator this way.
    """
    operators = flatbuffer.operators(model)
    writers = {tensor: each.name for each in operators for tensor in each.outputs}
    manager = RecipeManager()
    for operator in operators:
        fitting = [rule.method for rule in recipe if rule.fits(operator, writers)]
        if fitting:
            large = operator.weight_bytes > MOST_WEIGHT_BYTES
            _add(manager, operator, "float16" if large else fitting[-1])
    return manager


def _add(manager: RecipeManager, operator: flatbuffer.Operator, method: str) -> None:
    name = THEIR_NAMES.get(operator.name, operator.name)
    place = f"^{re.escape(operator.outputs[0])};", name
    try:
        match method:
            case "float16":
                casting = AlgorithmName.FLOAT_CASTING
                manager.add_weight_only_config(*place, 16, algorithm_key=casting)
            case "weights":
                manager.add_weight_only_config(*place, 8)
            case "dynamic":
                manager.add_dynamic_config(*place, 8)
            case "static":
                manager.add_static_config(*place, 8, 8)
    except ValueError as error:
        raise RecipeError(
            f"Expected an operator that can become {method}. Received: {operator.name}."
        ) from error
