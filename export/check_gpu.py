"""Checks whether .tflite models can run on phones' GPUs, as far as possible without a GPU.

python -m export.check_gpu --model=out/models/depth_float16.tflite --clip=data/drive

Lists the operators that the GPU delegate refuses. On the frames of a clip, also lists the numbers
that float16 cannot represent, and how much rounding to float16 changes the outputs. Drivers and
speed can only be tested on a phone.
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
    """Frames, evenly spaced over the clip, as inputs by name; a second input is the next frame."""
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
