"""Which operators of a network are quantized, and how: data, in recipes/{network}_{variant}.json.

A recipe is a list of rules. The last one that fits an operator counts; what none fits stays as it
is, in float32.

  {"ops": ["CONV_2D"], "reads": ["CONCATENATION"], "least_channels": 17, "method": "dynamic",
   "why": "..."}

litert-quantizer's own recipes choose operators by the names of tensors. Ours hold numbers that
Keras gives to layers in the order in which a program creates them; kinds, widths and neighbours are
the same in every program, and hold for every preset and size.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from ai_edge_litert.schema_py_generated import BuiltinOperator
from litert_quantizer.algorithm_manager import AlgorithmName
from litert_quantizer.recipe_manager import RecipeManager

from export import flatbuffer
from export.leaky_relu import HIDDEN_AS

FOLDER = Path(__file__).parent / "recipes"
METHODS = ("float16", "weights", "dynamic", "static")
# litert-quantizer 0.11 fails on larger weights (its chunks lose an axis); float16 works.
MOST_WEIGHT_BYTES = 32 * 2**20
# TFLite's names of operators, where litert-quantizer has its own.
THEIR_NAMES = {"TRANSPOSE_CONV": "CONV_2D_TRANSPOSE", "LEAKY_RELU": HIDDEN_AS}


class RecipeError(ValueError):
    """A recipe that is not of the format above, or asks for what litert-quantizer cannot do."""


@dataclass(frozen=True)
class Rule:
    """What becomes of some operators.

    Attributes:
      ops: kinds of operators, as TFLite names them.
      method: float16: weights halved, the same arithmetic; weights: 8-bit weights, made floats
        again when the model runs; dynamic: 8-bit weights, activations quantized as they come, sums
        made floats; static: all in 8 bits, with ranges that were found on pictures beforehand.
      least_channels: of what the operator writes (its last axis).
      reads: the operator must read what one of these kinds writes; empty: whatever it reads.
      why: for the reader.
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
        """Whether it is for `operator`; `writers`: the kind of operator that writes a tensor."""
        return (
            operator.name in self.ops
            and operator.channels >= self.least_channels
            and (not self.reads or any(writers.get(one) in self.reads for one in operator.inputs))
        )


Recipe = tuple[Rule, ...]


def read(network: str, variant: str) -> Recipe:
    """The recipe of a network (depth, flow) for one of export.QUANTIZATIONS; float32's is empty.

    Raises:
      RecipeError: there is none, or not one of this format.
    """
    if variant == "float32":
        return ()
    path = FOLDER / f"{network}_{variant}.json"
    if not path.is_file():
        names = ", ".join(sorted(one.stem for one in FOLDER.glob("*.json")))
        raise RecipeError(f"Expected a recipe of {names}. Received: {path.stem}.")
    return load(path)


def load(path: Path) -> Recipe:
    """A recipe from any file; RecipeError if it is not of this format."""
    try:
        return from_json(json.loads(path.read_text()))
    except (json.JSONDecodeError, AttributeError, TypeError, RecipeError) as error:
        raise RecipeError(f"{path}: expected a list of rules. Received: {error}") from error


def from_json(rules: list[dict]) -> Recipe:
    """A recipe from its JSON; inverse of `to_json`."""
    lists = ("ops", "reads")
    return tuple(
        Rule(**{key: tuple(value) if key in lists else value for key, value in rule.items()})
        for rule in rules
    )


def to_json(recipe: Recipe) -> list[dict]:
    """A recipe as lists and dictionaries, without what rules leave out; inverse of `from_json`."""
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
    """What a recipe means for a model, operator by operator, in litert-quantizer's own terms.

    Raises:
      RecipeError: litert-quantizer cannot do this to such an operator.
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
