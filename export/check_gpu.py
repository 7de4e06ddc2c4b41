"""Whether .tflite models can run on the GPUs of phones, as far as that can be told without one.

python -m export.check_gpu --model=out/models/depth_float16.tflite --clip=data/drive

Tells which operators the GPU delegate refuses, and on the frames of a clip which numbers float16
cannot hold and how far rounding to it moves the outputs. What is left to a phone: drivers, speed.
"""

from pathlib import Path

import numpy as np
from absl import flags
from ai_edge_litert.interpreter import Interpreter

from dfnet_tf.program import mains
from export import gpu_delegate, half_precision, runtimes

NUM_SAMPLES = 3

_MODELS = flags.DEFINE_multi_string(
    "model", None, "A .tflite file. Can be given repeatedly.", required=True
)
_CLIP = flags.DEFINE_string(
    "clip", None, "A clip folder like what the models will see; needed to look at float16."
)


def main() -> None:
    for path in map(Path, _MODELS.value):
        signatures = runtimes.signatures(path)
        if _CLIP.value and (len(signatures) != 1 or signatures == [None]):
            raise runtimes.ModelError(
                f"{path}: expected one signature, with --clip. Received: {signatures}."
            )
        model = path.read_bytes()
        print(f"{path.name}:")
        lines = gpu_delegate.findings(model)
        if _CLIP.value:
            samples = _samples(path)
            lines += half_precision.findings(model, samples)
            lines += [
                f"{name} moves by {share:.2%} of its mean in float16"
                for name, share in half_precision.differences(model, samples).items()
            ]
        print(*(f"  {line}" for line in lines or ["nothing found"]), sep="\n")


def _samples(path: Path) -> list[dict[str, np.ndarray]]:
    """Frames, evenly spread over the clip, as inputs by name; a second input is the next frame."""
    from dfnet_tf.data.example_pairs import (
        frame_pairs,  # After the flags: TensorFlow comes with it.
    )
    from export.tflite_model import as_input, resized

    wanted = sorted(Interpreter(str(path)).get_signature_runner().get_input_details().items())
    return [
        {
            name: as_input(
                resized(frame, tuple(details["shape"][1:3])), np.dtype(details["dtype"]).name
            )
            for (name, details), frame in zip(wanted, pair, strict=False)  # Depth takes the first.
        }
        for pair in frame_pairs(_CLIP.value, NUM_SAMPLES)
    ]


if __name__ == "__main__":
    mains.run(main)
