"""Checks whether .tflite models can run on phones' GPUs, as far as possible without a GPU.

python -m export.check_gpu --run --model=out/models/flow_float16.tflite --clip=data/drive
(dfnet check_gpu ..., where it is installed)

Lists the operators that LiteRT 1.x refuses. --clip also lists the numbers that float16 cannot
represent, and how much rounding to float16 changes the outputs. --run runs LiteRT 2.x's own GPU
delegate on a software GPU. The command then ends with status 1 unless the delegate takes every
operator and agrees with the CPU. Drivers and speed can only be tested on a phone.
"""

from pathlib import Path

import numpy as np
from absl import flags
from ai_edge_litert.interpreter import Interpreter

from dfnet_tf.program import mains

from . import gpu_delegate, half_precision, runtimes, software_gpu

NUM_SAMPLES = 3
# Relative to the mean output. Float models differ by 3e-7. int8 models differ by up to 1 %, because
# a GPU computes in floats with their 8-bit weights.
MOST_APART = 0.05

_MODELS = flags.DEFINE_multi_string(
    "model", None, "A .tflite file. Can be given repeatedly.", required=True
)
_CLIP = flags.DEFINE_string(
    "clip", None, "A clip folder like what the models will see; needed to look at float16."
)
_RUN = flags.DEFINE_bool(
    "run",
    False,
    "Run each model on LiteRT's GPU delegate and a software GPU, on the first frames of --clip or "
    "random numbers. It takes a minute for each model, and needs Debian's package chromium.",
)


class GpuError(ValueError):
    """The GPU does not run the whole model, or its outputs differ too much from the CPU's."""


def main() -> None:
    failures = []
    for path in map(Path, _MODELS.value):
        signatures = runtimes.signatures(path)
        if (_CLIP.value or _RUN.value) and (len(signatures) != 1 or signatures == [None]):
            raise runtimes.ModelError(
                f"{path}: expected one signature, with --clip or --run. Received: {signatures}."
            )
        samples = _samples(path) if _CLIP.value else []
        lines = gpu_delegate.findings(path.read_bytes())
        if samples:
            lines += _in_float16(path.read_bytes(), samples)
        if _RUN.value:
            verdict = software_gpu.judge(path, signatures[0], samples[0] if samples else None)
            lines += _on_gpu(verdict)
            near = all(share <= MOST_APART for share in verdict.differences.values())  # Not NaN.
            if verdict.on_cpu or not near:
                failures.append(path.name)
        print(f"{path.name}:", *(f"  {line}" for line in lines or ["nothing found"]), sep="\n")
    if failures:
        raise GpuError(
            f"Expected models that run wholly on the GPU, at most {MOST_APART:.0%} from the CPU. "
            f"Received: {', '.join(failures)}."
        )


def _in_float16(model: bytes, samples: list[dict[str, np.ndarray]]) -> list[str]:
    """What float16 cannot hold, and how far it moves the outputs."""
    return half_precision.findings(model, samples) + [
        f"{name} moves by {share:.2%} of its mean in float16"
        for name, share in half_precision.differences(model, samples).items()
    ]


def _on_gpu(verdict: software_gpu.Verdict) -> list[str]:
    """What the delegate of LiteRT 2.x did, one line each."""
    division = f"LiteRT 2.x runs {verdict.on_gpu} operators on the GPU, {verdict.on_cpu} on the CPU"
    return [
        division,
        *(f"LiteRT 2.x refuses {refusal}" for refusal in verdict.refusals),
        *(
            f"{name} on the GPU is {share:.2g} of its mean from the CPU's"
            for name, share in verdict.differences.items()
        ),
    ]


def _samples(path: Path) -> list[dict[str, np.ndarray]]:
    """Frames, evenly spaced over the clip, as inputs by name; a second input is the next frame."""
    mains.load_tensorflow()
    from dfnet_tf.data.example_pairs import frame_pairs

    from .tflite_model import as_input, resized

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
