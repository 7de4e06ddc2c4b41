"""Lists the operators of a .tflite model that LiteRT 1.x's GPU delegate refuses, and why.

The rules come from the delegate's public source, google-ai-edge/LiteRT,
tflite/delegates/gpu/common/model_builder.cc (operators, types and ranks) and
tflite/tools/versioning/gpu_compatibility.cc (parameters). TensorFlow's own analyzer has the same
rules, but its Python builds call every model "compatible".

These rules explain refusals. `Interpreter` has this delegate; the delegate of LiteRT 2.x takes
more, such as integers: `software_gpu` runs it. Both take only large connected parts. The CPU does
the rest, and every change between the two costs time.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils

MOST_AXES = 4
MOST_VERSIONS = {"TRANSPOSE_CONV": 3}  # Operators of whose versions some are too new for it.


def _names(text: str) -> set[str]:
    return set(text.split())


# In the guide to the delegate (developers.google.com/edge/litert/performance/gpu): any release.
DOCUMENTED = _names("""
  ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D EXP FULLY_CONNECTED LOGICAL_AND
  LOGISTIC LSTM MAX_POOL_2D MAXIMUM MINIMUM MUL PAD PRELU RELU RELU6 RESHAPE RESIZE_BILINEAR SOFTMAX
  STRIDED_SLICE SUB TRANSPOSE_CONV
""")
COMPARISONS = _names("EQUAL GREATER GREATER_EQUAL LESS LESS_EQUAL NOT_EQUAL")
REDUCTIONS = _names("MEAN REDUCE_MAX REDUCE_MIN REDUCE_PROD SUM")
OTHERS = _names("""
  ABS ADD_N BATCH_MATMUL CAST COS CUMSUM DENSIFY DEPTH_TO_SPACE DEQUANTIZE DIV ELU FLOOR FLOOR_DIV
  FLOOR_MOD GATHER GELU HARD_SWISH LEAKY_RELU LOG MIRROR_PAD NEG ONE_HOT PACK PADV2 POW QUANTIZE
  RELU_0_TO_1 RELU_N1_TO_1 RESIZE_NEAREST_NEIGHBOR RSQRT SELECT SELECT_V2 SIGN SIN SLICE
  SPACE_TO_DEPTH SPLIT SPLIT_V SQRT SQUARE SQUARED_DIFFERENCE TANH TILE TRANSPOSE UNPACK
""")
SUPPORTED = DOCUMENTED | COMPARISONS | REDUCTIONS | OTHERS
TYPES = {"FLOAT32", "FLOAT16", "INT8", "UINT8"}
EIGHT_BITS = {"INT8", "UINT8"}
MORE_INPUT_TYPES = {
    "CAST": {"BOOL", "INT32"},
    "GATHER": {"INT32"},
    "LOGICAL_AND": {"BOOL"},
    "ONE_HOT": {"INT32"},
    "SELECT": {"BOOL"},
    "SELECT_V2": {"BOOL"},
}
MORE_OUTPUT_TYPES = {
    "CAST": {"BOOL", "INT32"},
    "LOGICAL_AND": {"BOOL"},
    **{name: {"BOOL"} for name in COMPARISONS},
}
CASTS = {("BOOL", "FLOAT16"), ("BOOL", "FLOAT32"), ("FLOAT16", "BOOL"), ("FLOAT32", "BOOL")} | {
    (one, other) for one in ("FLOAT32", "INT32") for other in ("FLOAT32", "INT32")
}


@dataclass(frozen=True)
class Tensor:
    """The properties of a tensor that matter to the delegate."""

    type: str  # FLOAT32
    shape: tuple[int, ...]
    is_constant: bool
    is_free: bool  # Of a size that is known only when the model runs.


@dataclass(frozen=True)
class Step:
    """One operator with its tensors, without omitted inputs."""

    name: str
    version: int
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    options: object | None  # The schema's, such as StridedSliceOptionsT.


def findings(model: bytes) -> list[str]:
    """Lists what prevents a .tflite model from running on LiteRT 1.x's GPU delegate, one line each.

    First the operators that the delegate refuses, then those it takes although its guide does not
    list them, which older releases may refuse.
    """
    found = list(steps(model))
    refused, undocumented = Counter(), Counter()
    for step in found:
        reason = refusal(step)
        if reason:
            refused[f"{step.name}: {reason}"] += 1
        elif step.name not in DOCUMENTED:
            undocumented[step.name] += 1
    lines = [f"LiteRT 1.x refuses {name} ({count} x)" for name, count in refused.most_common()]
    if refused:
        lines.append(
            f"LiteRT 1.x leaves at least {refused.total()} of {len(found)} operators to the CPU"
        )
    eight_bits = sum(any(one.type in EIGHT_BITS for one in step.outputs) for step in found)
    if eight_bits:
        lines.append(
            f"{eight_bits} results in 8 bits, which the GPU turns into floats: no gain there"
        )
    if undocumented:
        names = ", ".join(f"{name} ({count} x)" for name, count in undocumented.most_common())
        lines.append(f"not in the delegate's guide, old releases may refuse: {names}")
    return lines


def steps(model: bytes) -> Iterator[Step]:
    """All operators of all programs of a model, except those that only unpack constants."""
    parsed = flatbuffer_utils.read_model_from_bytearray(bytearray(model))
    for program in parsed.subgraphs:
        tensors = [_tensor(parsed, each) for each in program.tensors]
        for operator in program.operators:
            step = Step(
                flatbuffer_utils.opcode_to_name(parsed, operator.opcodeIndex),
                parsed.operatorCodes[operator.opcodeIndex].version,
                tuple(tensors[i] for i in operator.inputs if i >= 0),
                tuple(tensors[i] for i in operator.outputs),
                operator.builtinOptions,
            )
            if step.name != "DEQUANTIZE" or not step.inputs[0].is_constant:
                yield step


def _tensor(parsed: schema.ModelT, each: schema.TensorT) -> Tensor:
    return Tensor(
        flatbuffer_utils.type_to_name(each.type),
        () if each.shape is None else tuple(map(int, each.shape)),
        parsed.buffers[each.buffer].data is not None,
        each.shapeSignature is not None and min(each.shapeSignature, default=0) < 0,
    )


def refusal(step: Step) -> str | None:
    """Why the delegate leaves an operator to the CPU; None if it takes the operator."""
    if step.name not in SUPPORTED:
        return "no such operator on the GPU"
    if step.version > MOST_VERSIONS.get(step.name, step.version):
        return f"version {step.version}, of at most {MOST_VERSIONS[step.name]}"
    tensors = step.inputs + step.outputs
    if any(len(tensor.shape) > MOST_AXES for tensor in tensors):
        return f"a tensor of more than {MOST_AXES} axes"
    if any(tensor.is_free for tensor in tensors):
        return "a tensor of free size"
    for side, more in ((step.inputs, MORE_INPUT_TYPES), (step.outputs, MORE_OUTPUT_TYPES)):
        allowed = TYPES | more.get(step.name, set())
        types = {tensor.type for tensor in side if not tensor.is_constant}
        if types - allowed:
            return f"a tensor of {min(types - allowed)}"
    return CHECKS[step.name](step) if step.name in CHECKS else None


def _addition(step: Step) -> str | None:
    if len(step.inputs) != 2:
        return "other than two inputs"
    short, long = sorted((tensor.shape for tensor in step.inputs), key=len)
    if len(short) < 2 or len(short) == len(long):
        return None
    batch_and_channels = len(short) == 2 and short == (long[0], long[-1])
    ones = len(short) == 2 and short == (1, 1) and long[0] == 1
    if len(long) == 4 and (batch_and_channels or ones or (len(short) == 3 and long[0] == 1)):
        return None
    return f"broadcasts {list(short)} to {list(long)}"


def _cast(step: Step) -> str | None:
    types = step.inputs[0].type, step.outputs[0].type
    return None if types in CASTS else f"from {types[0]} to {types[1]}"


def _gather(step: Step) -> str | None:
    indices = step.inputs[1]
    is_list = len(indices.shape) == 1 and indices.type == "INT32"
    return None if is_list else f"indices of {len(indices.shape)} axes, {indices.type}"


def _padding(step: Step) -> str | None:
    if step.name == "MIRROR_PAD" and step.options.mode != schema.MirrorPadMode.REFLECT:
        return "mirrors the border itself"
    shape = step.inputs[1].shape
    return None if shape in ((3, 2), (4, 2)) else f"padding of shape {list(shape)}"


def _reduction(step: Step) -> str | None:
    axes = step.inputs[1]
    return None if axes.is_constant and axes.type == "INT32" else "axes that are not constant"


def _select(step: Step) -> str | None:
    whole = step.outputs[0].shape
    fits = all(one.shape == whole or one.shape in ((), (1,)) for one in step.inputs[1:])
    return None if fits else "chooses between tensors that have to be broadcast"


def _slice(step: Step) -> str | None:
    if step.name == "STRIDED_SLICE":
        for mask in ("ellipsisMask", "newAxisMask", "shrinkAxisMask"):
            if getattr(step.options, mask):
                return f"drops or adds axes ({mask})"
    axes = len(step.inputs[0].shape)
    return None if axes in (3, 4) else f"of {axes} axes"


CHECKS = {
    "ADD": _addition,
    "MUL": _addition,
    "CAST": _cast,
    "GATHER": _gather,
    "MIRROR_PAD": _padding,
    "PAD": _padding,
    "PADV2": _padding,
    **{name: _reduction for name in REDUCTIONS},
    "SELECT": _select,
    "SELECT_V2": _select,
    "SLICE": _slice,
    "STRIDED_SLICE": _slice,
}
