"""Whether a .tflite model computes on ARM64 what it computes here.

arm64_parity.py cut MODEL CUT   writes the model with its 8-bit parts laid bare
arm64_parity.py run MODEL FILE.npz   runs a model, there, and keeps all outputs
arm64_parity.py compare MODEL CUT MODEL.npz CUT.npz   runs both here, and says how far they differ

Operators on whole numbers must give the same bits: in CUT whatever is quantized on the way is an
input, of random numbers, and every 8-bit result is an output. Of MODEL itself that cannot be asked:
sums of floats in another order differ in the last bit, and now and then such a bit decides to
which 8-bit step a float is rounded. Its outputs must be close on average. Exit status 1 otherwise.
"""

import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter

# For the mean difference, in parts of the mean. float: measured up to 3e-7. int8: 5e-8, and 8e-5
# where a bit decided about a step. dynamic: all 8-bit steps are found anew in each run; 5e-3.
TOLERANCES = {"float": 1e-6, "int8": 1e-3, "dynamic": 0.02}
CELL = 16  # pixels
SHIFT = 3  # pixels


def cut(model: str, bare: str) -> None:
    from ai_edge_litert import schema_py_generated as schema
    from ai_edge_litert.tools import flatbuffer_utils  # Which the other side lacks.

    def named(tensor: int) -> schema.TensorMapT:
        entry = schema.TensorMapT()
        entry.name, entry.tensorIndex = f"tensor_{tensor}", tensor
        return entry

    def quantizes(operator) -> bool:
        name = flatbuffer_utils.opcode_to_name(parsed, operator.opcodeIndex)
        return name == "QUANTIZE" and types[operator.inputs[0]] == schema.TensorType.FLOAT32

    parsed = flatbuffer_utils.read_model(model)
    for signature in parsed.signatureDefs:
        program = parsed.subgraphs[signature.subgraphIndex]
        types = [tensor.type for tensor in program.tensors]
        given = [int(one.outputs[0]) for one in program.operators if quantizes(one)]
        program.operators = [one for one in program.operators if not quantizes(one)]
        made = {int(i) for one in program.operators for i in one.outputs}.difference(
            program.outputs
        )
        shown = sorted(i for i in made if types[i] == schema.TensorType.INT8)
        program.inputs, program.outputs = [*program.inputs, *given], [*program.outputs, *shown]
        signature.inputs += [named(i) for i in given]
        signature.outputs += [named(i) for i in shown]
    flatbuffer_utils.write_model(parsed, bare)


def outputs_of(model: str) -> dict[str, np.ndarray]:
    """All outputs of all signatures, "signature/output", on made-up inputs."""
    interpreter = Interpreter(model, num_threads=1)
    found = {}
    for signature in interpreter.get_signature_list():
        runner = interpreter.get_signature_runner(signature)
        details = sorted(runner.get_input_details().items())
        inputs = {name: _input(i, wanted) for i, (name, wanted) in enumerate(details)}
        found.update({f"{signature}/{name}": value for name, value in runner(**inputs).items()})
    return found


def _input(place: int, wanted: dict) -> np.ndarray:
    """Random steps of 8 bits, or a picture; the same everywhere."""
    random = np.random.RandomState(place)  # The generator whose numbers never change.
    if wanted["dtype"] == np.int8:
        return random.randint(-128, 128, wanted["shape"]).astype(np.int8)
    return _picture(place, wanted)


def _picture(place: int, wanted: dict) -> np.ndarray:
    """Patches of random colour [1, H, W, 3]; of several inputs each a bit further."""
    _, height, width, channels = wanted["shape"]
    cells = height // CELL + 1, width // CELL + 1, channels
    patches = np.random.RandomState(0).rand(*cells)
    picture = np.kron(patches, np.ones((CELL, CELL, 1)))[None, :height, :width]
    picture = np.roll(picture, SHIFT * place, axis=2)
    scale = 255 if wanted["dtype"] == np.uint8 else 1
    return (scale * picture).astype(wanted["dtype"])


def compare(model: str, bare: str, whole_there: str, bare_there: str) -> int:
    here, there = outputs_of(model), np.load(whole_there)
    gaps = [np.abs(here[n] - there[n]).mean() / np.abs(here[n]).mean() for n in here]
    apart = np.max(gaps)  # NaN, if one is.
    here, there = outputs_of(bare), np.load(bare_there)
    steps = [name for name in here if here[name].dtype == np.int8]
    different = sum(int(np.sum(here[name] != there[name])) for name in steps)
    kind = "dynamic" if _is_dynamic(model) else "int8" if steps else "float"
    print(
        f"{different} of {sum(here[name].size for name in steps)} results differ in {len(steps)} "
        f"8-bit tensors; outputs by {apart:.1e} of their mean, {TOLERANCES[kind]:.0e} allowed"
    )
    return 0 if apart <= TOLERANCES[kind] and not different else 1


def _is_dynamic(model: str) -> bool:
    """Whether an operator takes floats and 8-bit weights at once."""
    from ai_edge_litert import schema_py_generated as schema
    from ai_edge_litert.tools import flatbuffer_utils

    both = {schema.TensorType.FLOAT32, schema.TensorType.INT8}
    return any(
        both <= {program.tensors[i].type for i in operator.inputs if i >= 0}
        for program in flatbuffer_utils.read_model(model).subgraphs
        for operator in program.operators
    )


def run(model: str, file: str) -> None:
    np.savez(file, **outputs_of(model))


if __name__ == "__main__":
    sys.exit({"cut": cut, "run": run, "compare": compare}[sys.argv[1]](*sys.argv[2:]))
