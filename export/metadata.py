"""The description of a .tflite file: JSON beside the file, and the same inside it.

Inside, it is stored in a metadata buffer, which every runtime ignores. export/README.md explains
the entries. The copy beside the model adds the file's name, size and SHA-256, which identify the
file it belongs to.
"""

import hashlib
import json
import struct
from collections.abc import Sequence
from pathlib import Path

from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils

from . import packing, recipe
from .signatures import Signature

FORMAT = 1
BUFFER = "dfnet"
IDENTIFIER = b"TFL3"  # Bytes 4 to 7 of every .tflite file.
INPUT_RANGES = {"uint8": [0, 255], "float32": [0, 1]}
# What reading a damaged flatbuffer ends in.
DAMAGES = (struct.error, IndexError, TypeError, ValueError, AttributeError, OverflowError)


class MetadataError(ValueError):
    """A file that is not a .tflite model, or that has no description in our format."""


def describe(
    name: str, signatures: Sequence[Signature], variant: str, origin: dict, quality: dict
) -> dict:
    """The description of a model, as stored inside the file.

    Args:
      name: of the file, without suffix.
      signatures: the file's signatures.
      variant: one of export.QUANTIZATIONS.
      origin: "trained" and "licence" (see `dfnet_tf.training.origin`).
      quality: errors by name, "against_keras" and optionally "against_truth".
    """
    return {
        "format": FORMAT,
        "name": name,
        "signatures": {one.name: _interface(one) for one in signatures},
        "quantization": {
            "variant": variant,
            "recipe": {
                one.name: recipe.to_json(recipe.read(one.name, variant)) for one in signatures
            },
        },
        "trained": origin["trained"],
        "quality": quality,
        "licence": origin["licence"],
    }


def beside(description: dict, content: bytes) -> dict:
    """The description as stored beside the file with this `content`."""
    file = {
        "file": f"{description['name']}.tflite",
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    return description | file


def embed(model: bytes, description: dict) -> bytes:
    """Stores the description in the model; replaces an older one."""
    parsed = flatbuffer_utils.read_model_from_bytearray(bytearray(model))
    parsed.buffers[_place(parsed)].data = json.dumps(description).encode()
    return packing.pack(parsed)


def read(model: Path | str | bytes) -> dict:
    """Reads the description inside a .tflite file, given its path or content.

    Raises:
      MetadataError: not a .tflite model, or one of another program or of a later version.
    """
    name = "model" if isinstance(model, bytes) else str(model)
    content = model if isinstance(model, bytes) else Path(model).read_bytes()
    if content[4:8] != IDENTIFIER:
        raise MetadataError(f"{name}: expected a .tflite model. Received: another kind of file.")
    try:
        found = _found(content)
    except DAMAGES as error:
        raise MetadataError(
            f"{name}: expected a whole .tflite model. Received: a damaged one ({error})."
        ) from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        received = found.get("format") if isinstance(found, dict) else "no description"
        raise MetadataError(
            f"{name}: expected a description of format {FORMAT} in its metadata `{BUFFER}`. "
            f"Received: {received}."
        )
    return found


def _place(parsed: schema.ModelT) -> int:
    """The index of the description's buffer; adds a buffer if there is none."""
    for entry in parsed.metadata or []:
        if entry.name == BUFFER.encode():
            return entry.buffer
    entry = schema.MetadataT()
    entry.name, entry.buffer = BUFFER, len(parsed.buffers)
    parsed.metadata = [*(parsed.metadata or []), entry]
    parsed.buffers.append(schema.BufferT())
    return entry.buffer


def _found(content: bytes):
    """The JSON in the metadata buffer; None without one."""
    model = schema.Model.GetRootAs(content)
    entries = [model.Metadata(i) for i in range(model.MetadataLength())]
    for entry in entries:
        if entry.Name() == BUFFER.encode():
            return json.loads(model.Buffers(entry.Buffer()).DataAsNumpy().tobytes())
    return None


def _interface(signature: Signature) -> dict:
    """Names, types, shapes, ranges and units of inputs and outputs."""
    height, width = signature.size
    inputs = [
        {
            "name": name,
            "dtype": signature.dtype,
            "shape": [1, height, width, 3],
            "range": INPUT_RANGES[signature.dtype],
            "unit": "RGB",
        }
        for name in signature.inputs
    ]
    outputs = [
        {
            "name": name,
            "dtype": "float32",
            "shape": [1, height, width, output.channels],
            "range": output.range and [_short(end) for end in output.range],
            "unit": output.unit,
        }
        for name, output in signature.outputs.items()
    ]
    return {"inputs": inputs, "outputs": outputs}


def _short(number: float) -> float:
    """Rounds to float32's number of digits."""
    return float(f"{number:.7g}")
