"""Judges what the page computed by what Python computes of the same pictures.

`python web_demo/browser/compare.py record.json web_demo/models/192x320/depth_int8 .../flow_int8`:
exit status 1 if they are further apart than the bounds.
"""

import base64
import json
import sys
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # The file is run by its path.

from export.tflite_model import resized  # noqa: E402

# Greatest gap at a pixel and mean gap, in parts of the mean. In 8 bits the last bit of a float
# decides what is rounded up, and another machine's kernels sum in another order.
BOUNDS = {"int8": (0.05, 0.005), "float16": (0.01, 0.001)}
PIXELS = ((96, 160), (20, 300), (180, 10))  # Row and column, to be read by a person.


def main(record: Path, *models: Path) -> int:
    record = json.loads(record.read_text())
    frame, following = (picture(record[name]) for name in ("frame", "next"))
    failures = 0
    for model in models:
        info = json.loads(model.with_suffix(".json").read_text())
        (network,) = info["signatures"]
        pictures, output = {
            "depth": ({"image": frame}, "disparity"),
            "flow": ({"first": frame, "second": following}, "flow"),
        }[network]
        expected = run(model.with_suffix(".tflite"), network, pictures)[output][0]
        found = np.frombuffer(base64.b64decode(record[output]), "<f4").reshape(expected.shape)
        size = np.abs(expected).mean()
        gap = np.abs(found - expected) / size
        greatest, mean = BOUNDS[info["quantization"]["variant"]]
        is_equal = gap.max() <= greatest and gap.mean() <= mean
        print(
            f"{model.name}: at most {gap.max():.1e}, in the mean {gap.mean():.1e} of the mean"
            f" {size:.3f} apart: {'equal' if is_equal else 'NOT equal'} within {greatest}, {mean}"
        )
        for pixel in PIXELS:
            print(f"  pixel {pixel}: {found[pixel]}, Python {expected[pixel]}")
        failures += not is_equal
    return int(failures > 0)


def picture(entry: dict) -> np.ndarray:
    """A recorded RGBA picture, which has the shape of the networks' pictures."""
    rgba = np.frombuffer(base64.b64decode(entry["rgba"]), np.uint8)
    return rgba.reshape(entry["height"], entry["width"], 4)[..., :3]


def run(model: Path, network: str, pictures: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    runner = Interpreter(str(model)).get_signature_runner(network)
    inputs = {}
    for name, details in runner.get_input_details().items():
        values = 255 * resized(pictures[name], tuple(details["shape"][1:3]))
        values = np.floor(values + 0.5)  # As the page rounds.
        is_float = details["dtype"] == np.float32
        inputs[name] = (values / 255 if is_float else values).astype(details["dtype"])
    return runner(**inputs)


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
